#!/usr/bin/env bash
# A made class of STUDENTS (200), graded by JOBS (2) workers: time, memory, and that everybody has exactly the expected points.
# Then STUBS (1000) submissions of stubs only. Beside it the naive way on a SAMPLE (3) of the same submissions: a fresh clone and `cargo test` for each, dependencies shared.
# Figures mean something on a quiet machine only.
set -euo pipefail
cd "$(dirname "$0")/../.."
students=${STUDENTS:-200} jobs=${JOBS:-2} seed=${SEED:-a-bench} sample=${SAMPLE:-3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cargo build -q --locked -p grader -p grader-class --bins
cargo build -q --locked -p grader-class --example made-class
target="${CARGO_TARGET_DIR:-$PWD/target}/debug"
made="$target/examples/made-class" class="$target/grader-class"

# The proportional memory of a process and of all below it, in KiB: what several share is counted once (proc_pid_smaps(5)).
memory_of() {
    ps -e -o pid=,ppid= | awk -v root="$1" '
        { parent[$1] = $2 }
        END {
            for (pid in parent) {
                for (at = pid; at in parent && at != root; at = parent[at]);
                if (at == root) print "/proc/" pid "/smaps_rollup"
            }
        }' | xargs cat 2>/dev/null | awk '/^Pss:/ { sum += $2 } END { print sum + 0 }'
}

# Warm: the dependencies of every worker are built, by submissions of another seed.
"$made" make "$folder/warm" "$seed-warm" $((2 * jobs)) "$folder/warm.expected"
"$class" class "$folder/warm" --out "$folder/warm.out" --jobs "$jobs" 02-pipes >"$folder/log" || { cat "$folder/log"; exit 1; }

"$made" make "$folder/subs" "$seed" "$students" "$folder/expected"
begin=$(date +%s%3N)
"$class" class "$folder/subs" --out "$folder/out" --jobs "$jobs" 02-pipes >"$folder/log" 2>"$folder/progress" &
pid=$!
most=0
while kill -0 $pid 2>/dev/null; do
    now=$(memory_of $pid || true)
    [ "${now:-0}" -le "$most" ] || most=$now
    sleep 0.2
done
status=0; wait $pid || status=$?
end=$(date +%s%3N)
tail -1 "$folder/log"
[ "$status" -eq 0 ] || { cat "$folder/log"; echo "exit code $status"; exit 1; }
"$made" hold "$folder/out/gradebook.csv" "$folder/expected"
ours=$(((end - begin) / students))
echo "class: $(((end - begin) / 1000)) s for $students submissions, $ours ms each; at most $((most / 1024)) MiB at once"

# Students who have only begun: nothing to build, nothing to run.
stubs=${STUBS:-1000}
mkdir "$folder/stubs"
for number in $(seq "$stubs"); do
    mkdir -p "$folder/stubs/$number/labs/02-pipes/src/bin"
    cp labs/02-pipes/harness/stubs/*.rs "$folder/stubs/$number/labs/02-pipes/src/bin/"
done
begin=$(date +%s%3N)
"$class" class "$folder/stubs" --out "$folder/stubs.out" --jobs "$jobs" 02-pipes 2>/dev/null
end=$(date +%s%3N)
echo "stubs: $((end - begin)) ms for $stubs submissions"

[ "$sample" -gt 0 ] || exit 0
# The reference answers are not part of what a student hands in, but of the clone: the naive way grades hidden cases, too.
git clone -q --no-hardlinks . "$folder/naive"
naive() { (cd "$folder/naive" && CARGO_TARGET_DIR="$folder/target" timeout 900 cargo test -q --locked -p pipes >/dev/null 2>&1) || true; }
naive
spent=0 taken=0
for submission in "$folder"/subs/*/; do
    [ -d "$submission/labs" ] || continue
    begin=$(date +%s%3N)
    rm -rf "$folder/naive"
    git clone -q --no-hardlinks . "$folder/naive"
    cp -r "$submission/labs" "$folder/naive/"
    naive
    end=$(date +%s%3N)
    spent=$((spent + end - begin)) taken=$((taken + 1))
    [ "$taken" -lt "$sample" ] || break
done
[ "$taken" -gt 0 ] || { echo 'no submission of the class is a folder: none for the naive way'; exit 1; }
echo "naive: $((spent / taken)) ms each, $taken submissions; $((spent / taken / ours)) times as long"
