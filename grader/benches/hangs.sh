#!/usr/bin/env bash
# How soon a hang is explained, measured on this machine: from the last event of the run (the call that begins last) to the record
# that says who waits for whom, every process of the run ended. Every mistake of labs 00 to 02 that hangs takes its turn, ROUNDS
# times (default 10); the median over all of them must be at most 300 ms.
#
#   ROUNDS=2 LOAD=4 grader/benches/hangs.sh [MISTAKE]...
#
# LOAD processes keep the processors busy meanwhile. PROFILE=release measures an optimised grader; a student has a debug
# build. Raw times, in microseconds, go to target/hangs.txt. With STRICT=1 a median above the bar is an error.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${ROUNDS:-10}
profile=${PROFILE:-dev}
target=${CARGO_TARGET_DIR:-$PWD/target}
bar=300000

# Exercise, mistake, whether data is traced, arguments.
table='spawn-workers not-parallel false 5 6 7 8
hello-pipe write-end-left-open true
hello-pipe waited-before-reading true 204800
factorial-pipeline write-end-left-open false
factorial-pipeline waited-before-reading false 2000 1999 1998 1997 1996 1995 1994 1993 1992 1991 1990 1989 1988 1987 1986
request-reply write-end-left-open false
request-reply deadlock-both-reading false 7 6 5
shell-pipeline write-end-left-open false tr a-z A-Z | sort | uniq
shell-pipeline stages-run-in-turn false head -c 204800 /dev/zero | wc -c
shell-pipeline writer-blocked-full-pipe false yes | head -1
prime-sieve write-end-left-open false 30'

if [ -z "${GRADER:-}" ]; then
    cargo build --quiet --package grader --profile "$profile"
    GRADER=$target/$([ "$profile" = dev ] && echo debug || echo "$profile")/grader
fi
folder=$(mktemp -d)
# Programs run as somebody else where the grader is run by root.
chmod 755 "$folder"
load=()
finish() {
    [ ${#load[@]} -eq 0 ] || kill "${load[@]}" 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
git clone -q --no-hardlinks . "$folder/course"
times=$target/hangs.txt
mkdir -p "$target"
: >"$times"

selected() { [ $# -eq 1 ] || [[ " ${*:2} " == *" $1 "* ]]; }

# The programs: each mistake is built in the place of the reference answer.
while read -r exercise mistake _; do
    selected "$mistake" "$@" || continue
    source=$(echo "$folder"/course/solutions/*/mistakes/"$exercise"/"$mistake".rs)
    lab=${source%/mistakes/*}
    cp "$source" "$lab/src/bin/$exercise.rs"
    CARGO_TARGET_DIR=$target/solutions cargo build --quiet --locked \
        --manifest-path "$folder/course/solutions/Cargo.toml" --bin "$exercise"
    cp "$target/solutions/debug/$exercise" "$folder/$exercise.$mistake"
done <<<"$table"

for _ in $(seq "${LOAD:-0}"); do
    while :; do :; done &
    load+=($!)
done

# One run by the grader's runner; prints the microseconds from the last event to the record.
hang() {
    local run arguments=() argument request reply runner last ending
    run=$(mktemp -d "$folder/run-XXXX")
    for argument in "${@:4}"; do
        arguments+=("\"${argument//\\/\\\\}\"")
    done
    request="{\"program\":\"$folder/$1.$2\",\"args\":[$(IFS=,; echo "${arguments[*]}")],\"stdin\":\"\",\"folder\":\"$run\",
        \"data\":$3,\"expected_orphans\":0,\"wall_ms\":10000,\"cpu_seconds\":10,\"output_bytes\":1048576,\"processes\":128,
        \"descriptors\":256,\"file_bytes\":67108864,\"memory_bytes\":8589934592,\"disk_bytes\":268435456,\"hidden\":[]${EXTRA:-}}"
    mkfifo "$run.in"
    "$GRADER" __run <"$run.in" >"$run.json" &
    runner=$!
    exec 9>"$run.in"
    printf '%s\n' "${request//$'\n'/}" >&9
    wait "$runner"
    exec 9>&-
    reply=$(cat "$run.json")
    [[ $reply == *'"ending":{"how":"hung"}'* ]] || { echo "$1 $2 did not hang: ${reply:0:400}" >&2; return 1; }
    last=$(grep -oE '"(at|until)":[0-9]+' "$run.json" | cut -d: -f2 | sort -n | tail -n 1)
    ending=$(sed -E 's/.*"wall_us":([0-9]+),"teardown_us":([0-9]+).*/\1 \2/' "$run.json")
    awk -v last="$last" -v ending="$ending" 'BEGIN { split(ending, t, " "); print t[1] + t[2] - last }'
    rm -rf "$run" "$run.in" "$run.json"
}

for _ in $(seq "$rounds"); do
    while read -r exercise mistake data arguments; do
        selected "$mistake" "$@" || continue
        # shellcheck disable=SC2086 # the arguments are words
        time=$(set -f; hang "$exercise" "$mistake" "$data" $arguments)
        echo "$exercise/$mistake $time" >>"$times"
    done <<<"$table"
done

# Sorted microseconds on the input; prints median and slowest, in milliseconds.
summary() {
    sort -n | awk '{ t[NR] = $1 } END {
        printf "%6.0f %8.0f\n", (t[int((NR + 1) / 2)] + t[int(NR / 2) + 1]) / 2000, t[NR] / 1000 }'
}

echo "from the last event to the record, $rounds rounds, ${LOAD:-0} busy processes beside"
printf '%-42s %6s %8s\n' mistake median 'slowest, ms'
cut -d' ' -f1 "$times" | sort -u | while read -r name; do
    printf '%-42s %s\n' "$name" "$(grep "^$name " "$times" | cut -d' ' -f2 | summary)"
done
printf '%-42s %s\n' all "$(cut -d' ' -f2 "$times" | summary)"
median=$(cut -d' ' -f2 "$times" | sort -n | awk '{ t[NR] = $1 } END { printf "%d", t[int((NR + 1) / 2)] }')
if [ "$median" -gt "$bar" ]; then
    echo "the median is above $((bar / 1000)) ms"
    [ -z "${STRICT:-}" ] || exit 1
fi
