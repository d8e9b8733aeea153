#!/usr/bin/env bash
# What the sandbox costs a run, measured on this machine: a program that does nothing, spawned as it is, against the same program
# run by the grader's runner, in full and in reduced mode. They take turns, ROUNDS times (default 100), pinned to one CPU.
#
#   ROUNDS=20 CPU=0 grader/benches/setup.sh
#
# "start" is the runner's own start, without a run: what is above it is set-up, trace and cleaning up. PROFILE=release measures an
# optimized grader; a student has a debug build. GRADER=FILE measures that binary. STRICT=1 ends with code 1 where a run costs
# 10 ms or more beyond the bare spawn.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${ROUNDS:-100}
cpu=${CPU:-$(taskset -cp $$ | sed 's/.*[:,-] *//')}
profile=${PROFILE:-dev}
target=${CARGO_TARGET_DIR:-$PWD/target}

if [ -z "${GRADER:-}" ]; then
    cargo build --quiet --package grader --profile "$profile"
    GRADER=$target/$([ "$profile" = dev ] && echo debug || echo "$profile")/grader
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Root's runs have a user of their own, who must be able to pass.
chmod 755 "$folder"
rustc --edition 2024 -O -o "$folder/setup" grader/benches/programs/setup.rs
echo 'fn main() {}' >"$folder/nothing.rs"
rustc --edition 2024 -O -o "$folder/nothing" "$folder/nothing.rs"
mkdir "$folder/runs"

taskset -c "$cpu" "$folder/setup" "$GRADER" "$rounds" "$folder/nothing" "$folder/runs" >"$folder/times"
echo "medians of $rounds rounds on CPU $cpu ($(basename "$(dirname "$GRADER")") build)"
awk -v limit=10 -v strict="${STRICT:+1}" '
    { time[$1] = $2 / 1000 }
    END {
        missed = 0
        printf "%-8s %8s %8s %10s\n", "", "ms", "ratio", "beyond ms"
        count = split("bare start full reduced", ways, " ")
        for (i = 1; i <= count; i++) {
            way = ways[i]
            beyond = time[way] - time["bare"]
            printf "%-8s %8.2f %8.1f %10.2f%s\n", way, time[way], time[way] / time["bare"], beyond, (beyond >= limit ? "  <-" : "")
            if (beyond >= limit) missed = 1
        }
        exit missed && strict
    }' "$folder/times"
[ -z "$(ls "$folder/runs")" ] || { echo 'a run has left its folder'; exit 1; }
