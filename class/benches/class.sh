#!/usr/bin/env bash
# A made class of STUDENTS (200), graded on JOBS (2) workers: time, memory, and that everybody has exactly the expected points.
# Beside it the naive way on a SAMPLE (3) of the same submissions: a fresh clone and `cargo test` for each, dependencies shared.
# Figures mean something on a quiet machine only.
set -euo pipefail
cd "$(dirname "$0")/../.."
students=${STUDENTS:-200} jobs=${JOBS:-2} seed=${SEED:-a-bench} sample=${SAMPLE:-3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cargo build -q --locked -p grader -p grader-class --example made-class --bins
made=target/debug/examples/made-class class=target/debug/grader-class

# Warm: the dependencies of every worker are built, by submissions of another seed.
"$made" make "$folder/warm" "$seed-warm" $((2 * jobs)) "$folder/warm.expected"
"$class" class "$folder/warm" --out "$folder/warm.out" --jobs "$jobs" 02-pipes >"$folder/log" || { cat "$folder/log"; exit 1; }

"$made" make "$folder/subs" "$seed" "$students" "$folder/expected"
begin=$(date +%s%3N)
"$class" class "$folder/subs" --out "$folder/out" --jobs "$jobs" 02-pipes >"$folder/log" 2>/dev/null &
pid=$!
# The memory of all of its processes, shared pages counted once (proc_pid_smaps(5)).
most=0
tree() { local p; echo "$1"; for p in $(cat /proc/"$1"/task/*/children 2>/dev/null); do tree "$p"; done; }
while kill -0 $pid 2>/dev/null; do
    sum=0
    for p in $(tree $pid); do
        kib=$(awk '/^Pss:/ { print $2 }' "/proc/$p/smaps_rollup" 2>/dev/null || true)
        sum=$((sum + ${kib:-0}))
    done
    [ "$sum" -gt "$most" ] && most=$sum
    sleep 0.5
done
status=0; wait $pid || status=$?
end=$(date +%s%3N)
tail -1 "$folder/log"
[ "$status" -eq 0 ] || { cat "$folder/log"; echo "exit code $status"; exit 1; }
"$made" hold "$folder/out/gradebook.csv" "$folder/expected"
ours=$(((end - begin) / students))
echo "class: $((end - begin)) ms for $students submissions, $ours ms each, at most $((most / 1024)) MiB"

[ "$sample" -gt 0 ] || exit 0
git clone -q --no-hardlinks . "$folder/naive-0"
target="$folder/naive-target"
(cd "$folder/naive-0" && CARGO_TARGET_DIR="$target" cargo test -q --locked -p pipes >/dev/null 2>&1) || true
begin=$(date +%s%3N)
taken=0
for number in $(seq 0 $((students - 1))); do
    submission=$(printf '%s/subs/student-%04d' "$folder" "$number")
    [ -d "$submission/labs" ] || continue
    git clone -q --no-hardlinks . "$folder/naive"
    cp -r "$submission/labs" "$folder/naive/"
    (cd "$folder/naive" && CARGO_TARGET_DIR="$target" timeout 900 cargo test -q --locked -p pipes >/dev/null 2>&1) || true
    rm -rf "$folder/naive"
    taken=$((taken + 1))
    [ "$taken" -lt "$sample" ] || break
done
end=$(date +%s%3N)
naive=$(((end - begin) / taken))
echo "naive: $naive ms each, $taken submissions; $((naive / ours)) times as long"
