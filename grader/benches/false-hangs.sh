#!/usr/bin/env bash
# Whether a run is ever called hung that is not: right programs, and programs that look hung for a while, on a busy machine. Every one must
# end by itself; the first one that does not is shown, and the script fails.
#
#   TIMES=200 NEAR=10 JOBS=4 LOAD=4 grader/benches/false-hangs.sh
#
# The slowest reference programs run TIMES times each, as they are, and held or delayed by the tracer; programs that sleep, wait for
# timers, for the clock, or for a third process that acts late, NEAR times each. JOBS runs go on at once,
# beside LOAD processes that keep the processors busy. Why each run ended, and when, goes to target/false-hangs.txt.
set -euo pipefail
self=$(realpath "$0")
cd "$(dirname "$0")/../.."

# One run by the grader's runner: the folder, a label, the program, what the request has beside the usual, arguments.
if [ "${1:-}" = --one ]; then
    IFS=$'\t' read -r label program extra arguments <<<"$2"
    run=$(mktemp -d "$FOLDER/run-XXXXXX")
    list=
    # shellcheck disable=SC2086 # the arguments are words
    set -f; for argument in $arguments; do list+=",\"${argument//\\/\\\\}\""; done; set +f
    request="{\"program\":\"$program\",\"args\":[${list#,}],\"stdin\":\"\",\"folder\":\"$run\",\"expected_orphans\":0,
        \"wall_ms\":60000,\"cpu_seconds\":60,\"output_bytes\":1048576,\"processes\":128,\"descriptors\":256,
        \"file_bytes\":67108864,\"memory_bytes\":8589934592,\"disk_bytes\":268435456,\"hidden\":[],$extra${EXTRA:-}}"
    mkfifo "$run.in"
    "$GRADER" __run <"$run.in" >"$run.json" &
    runner=$!
    exec 9>"$run.in"
    printf '%s\n' "${request//$'\n'/}" >&9
    wait "$runner" || true
    exec 9>&-
    ending=$(grep -oE '"ending":\{[^}]*\}' "$run.json" | head -n 1 || true)
    printf '%s\t%s\t%s\n' "$label" "$ending" "$(grep -oE '"wall_us":[0-9]+' "$run.json" || true)" >>"$TIMES_FILE"
    case $ending in
    *'"how":"exited","code":0'* | *'"how":"signaled","signal":14'*) rm -rf "$run" "$run.in" "$run.json" ;;
    *)
        { echo "$label: $ending"; head -c 20000 "$run.json"; echo; } >&2
        exit 255
        ;;
    esac
    exit 0
fi

times=${TIMES:-200}
near=${NEAR:-10}
profile=${PROFILE:-dev}
target=${CARGO_TARGET_DIR:-$PWD/target}
if [ -z "${GRADER:-}" ]; then
    cargo build --quiet --package grader --profile "$profile"
    GRADER=$target/$([ "$profile" = dev ] && echo debug || echo "$profile")/grader
fi
FOLDER=$(mktemp -d)
# Programs run as somebody else where the grader is run by root.
chmod 755 "$FOLDER"
TIMES_FILE=$target/false-hangs.txt
export GRADER FOLDER TIMES_FILE
load=()
finish() {
    [ ${#load[@]} -eq 0 ] || kill "${load[@]}" 2>/dev/null || true
    rm -rf "$FOLDER"
}
trap finish EXIT
: >"$TIMES_FILE"
CARGO_TARGET_DIR=$target/solutions cargo build --quiet --locked --bins --manifest-path solutions/Cargo.toml
for name in naps hang_pipes hang_sockets hang_words hang_waits; do
    rustc --edition 2024 -o "$FOLDER/$name" "grader/tests/programs/$name.rs"
done

answers=$target/solutions/debug
off='"data":false' on='"data":true'
held() {
    printf '"data":true,"plan":{"interventions":[{"process":"%s","call":"%s","nth":%s,"act":{"hold":{"secs":0,"nanos":%s}}}]}' "$@"
}
jobs=$FOLDER/jobs
job() {
    local count=$1
    shift
    for _ in $(seq "$count"); do
        local IFS=$'\t'
        echo "$*"
    done >>"$jobs"
}
job "$times" sieve "$answers/prime-sieve" "$off" 200
job "$times" sieve-traced "$answers/prime-sieve" "$on" 60
job "$times" factorials "$answers/factorial-pipeline" "$on" 2000 1999 1998 1997
job "$times" pipeline "$answers/shell-pipeline" "$off" 'seq 20000 | sort -rn | tail -n 3 | cat -n'
job "$times" message-held "$answers/hello-pipe" "$(held main/1 write 1 200000000)" 204800
job "$times" reader-held "$answers/hello-pipe" "$(held main read 1 200000000)" 204800
job "$times" waiter-held "$answers/request-reply" "$(held main waitpid 1 200000000)" 7 6 5
for what in nanosleep poll select epoll condition receive sigtimedwait alarm alarm-kills alarm-waited-for alarm-read timer \
    timer-descriptor relay continue; do
    job "$near" "$what" "$FOLDER/naps" "$off" "$what"
done
for what in third parent-keeps sibling-keeps full both-read both-write splice fifo-open fifo-crossed fifo-read; do
    job "$near" "$what" "$FOLDER/hang_pipes" "$off" "$what near"
done
for what in pair packets timeout long-timeout full tcp-accept tcp-unaccepted tcp tcp-late tcp-full tcp-connect \
    connect datagram udp; do
    job "$near" "$what" "$FOLDER/hang_sockets" "$on" "$what near"
done
for what in shared not-woken private mutexes; do
    job "$near" "$what" "$FOLDER/hang_words" "$on" "$what near"
done
for what in child any-child child-by-id vfork process pause blocked sigwait signalfd poll select epoll poll-two event flock fcntl \
    stopped clock; do
    job "$near" "$what" "$FOLDER/hang_waits" "$off" "$what near"
done

for _ in $(seq "${LOAD:-4}"); do
    while :; do :; done &
    load+=($!)
done
shuf --random-source=<(yes) "$jobs" | xargs -d '\n' -P "${JOBS:-4}" -n 1 "$self" --one
echo "$(wc -l <"$TIMES_FILE") runs of $(cut -f1 "$TIMES_FILE" | sort -u | wc -l) kinds, ${JOBS:-4} at once, ${LOAD:-4} busy processes beside:"
cut -f2 "$TIMES_FILE" | sort | uniq -c
echo "slowest: $(awk -F'\t' '{ sub(/.*:/, "", $3); print $3 / 1000 " ms", $1 }' "$TIMES_FILE" | sort -rn | head -n 1)"
