#!/usr/bin/env bash
# How long a student waits, measured with hyperfine on this machine: medians, and what the grader adds to cargo and to
# the programs. ROUNDS rounds of each (default 10); the raw figures go to target/times.json.
#
#   unchanged   `cargo grade` with every exercise solved and nothing changed
#   one-change  one file saved, one verdict
#   all-again   every exercise built and run again, packages built
#   first       a fresh clone, packages downloaded: to the first verdict
#
# The grader's own share of one change is the time of its process, from the reading of its arguments until the report is printed, without
# cargo (from the execution of `cargo build` to its end, compiler and linker included) and without the programs (each from its start
# to its end; of those that run side by side the row that took longest). The sandboxes, of the build too, are the grader's.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${ROUNDS:-10}
if ! command -v hyperfine >/dev/null; then
    apt-get update -q >/dev/null && apt-get install -qy --no-install-recommends hyperfine >/dev/null
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
git clone -q --no-hardlinks . "$folder/course"
target=$PWD/target
mkdir -p "$target"
cd "$folder/course"

echo '== first: fresh clone to first verdict'
start=$(date +%s.%N)
cargo grade answer hello-pipe solutions/02-pipes/src/bin/hello-pipe.rs >/dev/null
end=$(date +%s.%N)
awk -v a="$start" -v b="$end" 'BEGIN { printf "%.1f s\n", b - a }'

for lab in solutions/*/; do
    cp -r "$lab"src/bin/. "labs/$(basename "$lab")/src/bin/"
done
cargo grade >/dev/null
file=labs/02-pipes/src/bin/hello-pipe.rs
hyperfine --style basic --runs "$rounds" --warmup 1 --export-json "$target/times.json" \
    --command-name unchanged --prepare true 'cargo grade' \
    --command-name one-change --prepare "echo '// changed' >>$file" 'cargo grade hello-pipe' \
    --command-name all-again --prepare true 'cargo grade --no-cache'

echo '== one-change: what the grader adds to cargo and the program'
for _ in $(seq "$rounds"); do
    echo '// changed' >>"$file"
    cargo grade hello-pipe --timings 2>&1 >/dev/null | grep '^timings:'
done | sort -t' ' -k12 -n | awk '{ lines[NR] = $0 } END { print "median " lines[int((NR + 1) / 2)] }'
