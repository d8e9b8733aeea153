#!/usr/bin/env bash
# What recording costs a program, measured on this machine: native against recorded (data off and on) against
# `strace -f`, as ratios of medians. All four take turns, ROUNDS times (default 10), pinned to one CPU. Beside each
# ratio of the recorder stands the bar that it has to meet: 1.15 times what the first tracer of this project cost.
#
#   ROUNDS=2 CPU=0 grader/benches/overhead.sh [WORK]...
#
# PROFILE=release measures an optimised grader; a student has a debug build. MEASURE=cpu compares the CPU time of program and
# tracer instead of the time that passed, which others on the machine lengthen. GRADER=FILE measures that binary.
# STRICT=1 ends with code 1 where a bar is missed. Raw times go to target/overhead.txt.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${ROUNDS:-10}
cpu=${CPU:-$(taskset -cp $$ | sed 's/.*[:,-] *//')}
profile=${PROFILE:-dev}
target=${CARGO_TARGET_DIR:-$PWD/target}

# Name, repetitions, and the bars: with argument filters (data off) and with the hot set (data on).
table='fork 2000 1.51 1.46
exec 300 1.31 1.46
spawn 300 1.51 4.69
pipe 20000 1.06 11.9
bulk 20000 0.98 2.75
futex 20000 1.05 6.49
tcp 1000 2.17 3.26'

if ! command -v strace >/dev/null; then
    apt-get update -q >/dev/null && apt-get install -qy --no-install-recommends strace >/dev/null
fi
if [ -z "${GRADER:-}" ]; then
    cargo build --quiet --package grader --profile "$profile"
    GRADER=$target/$([ "$profile" = dev ] && echo debug || echo "$profile")/grader
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
rustc --edition 2024 -O -o "$folder/overhead" grader/benches/programs/overhead.rs
times=$target/overhead.txt
: >"$times"

native() { "$folder/overhead" "$1" "$2"; }

stracing() { strace -f -o /dev/null "$folder/overhead" "$1" "$2"; }

# One run by the grader's runner: a request on its input, which stays open as its lifeline; the record on its output.
recorded() {
    local run request reply runner
    run=$(mktemp -d "$folder/run-XXXX")
    request="{\"program\":\"$folder/overhead\",\"args\":[\"$1\",\"$2\"],\"stdin\":\"\",\"folder\":\"$run\",\"data\":$3,
        \"expected_orphans\":0,\"wall_ms\":120000,\"cpu_seconds\":120,\"output_bytes\":4096,\"processes\":64,
        \"descriptors\":64,\"file_bytes\":1048576,
        \"memory_bytes\":4294967296,\"disk_bytes\":67108864,\"hidden\":[]${EXTRA:-}}"
    mkfifo "$run.in"
    "$GRADER" __run <"$run.in" >"$run.json" &
    runner=$!
    exec 9>"$run.in"
    printf '%s\n' "${request//$'\n'/}" >&9
    wait "$runner"
    exec 9>&-
    # The record says what the program printed, and that it was traced.
    reply=$(head -c 400 "$run.json")
    [[ $reply == *'"traced":true'* ]] || { echo "not traced: $reply" >&2; return 1; }
    [[ $reply =~ \"stdout\":\"([0-9]+ [0-9]+) ]] || { echo "no time: $reply" >&2; return 1; }
    echo "${BASH_REMATCH[1]}"
    rm -rf "$run" "$run.in" "$run.json"
}

taskset -cp "$cpu" $$ >/dev/null
while read -r work count _; do
    [ $# -eq 0 ] || [[ " $* " == *" $work "* ]] || continue
    for _ in $(seq "$rounds"); do
        for way in native off on strace; do
            case $way in
            native) time=$(native "$work" "$count") ;;
            off) time=$(recorded "$work" "$count" false) ;;
            on) time=$(recorded "$work" "$count" true) ;;
            strace) time=$(stracing "$work" "$count") ;;
            esac
            echo "$work $way $time" >>"$times"
        done
    done
done <<<"$table"

median() {
    grep "^$1 $2 " "$times" | cut -d' ' -f$([ "${MEASURE:-}" = cpu ] && echo 4 || echo 3) | sort -n |
        awk '{ t[NR] = $1 } END { print (t[int((NR + 1) / 2)] + t[int(NR / 2) + 1]) / 2 }'
}

echo "${MEASURE:-time}: ratios to native, medians of $rounds rounds on CPU $cpu; ($(basename "$(dirname "$GRADER")") build)"
printf '%-6s %6s %10s  %6s %6s  %6s %6s  %6s\n' work count 'native ms' off '(bar)' on '(bar)' strace
missed=0
while read -r work count off on; do
    grep -q "^$work " "$times" || continue
    row=$(awk -v work="$work" -v count="$count" -v n="$(median "$work" native)" -v a="$(median "$work" off)" \
        -v b="$(median "$work" on)" -v s="$(median "$work" strace)" -v bar="$off" -v hot="$on" 'BEGIN {
        bar *= 1.15; hot *= 1.15
        note = ""
        if (a / n > bar || a >= s) note = note " off missed"
        if (b / n > hot || b >= s) note = note " on missed"
        printf "%-6s %6d %10.1f  %6.2f %6.2f  %6.2f %6.2f  %6.2f%s\n",
            work, count, n / 1000, a / n, bar, b / n, hot, s / n, note ? "  <-" note : "" }')
    echo "$row"
    [[ $row != *missed* ]] || missed=1
done <<<"$table"
if [ "${STRICT:-}" ]; then exit "$missed"; fi
