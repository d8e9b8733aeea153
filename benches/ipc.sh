#!/usr/bin/env bash
# The same work in Python's multiprocessing and in the reference answers: time for each unit, and the ratio.
#
#   benches/ipc.sh [RUNS]
#
# Every program measures inside its processes and reports on standard error, "… N ns each" or "… in N ms". Both sides of a line run
# in turns, RUNS times (5 by default), and the median of each counts: how often two processes are in each other's way is chance.
# What is told here is for people: no verdict of the grader depends on it.
set -euo pipefail
# A program that fails inside of $(…) ends this one, too.
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
runs=${1:-5}
python=${PYTHON:-/usr/bin/python3}

cargo build --quiet --release --locked --bins --manifest-path solutions/Cargo.toml --target-dir target/solutions
programs=target/solutions/release
# The exercise's ring has two places, which is no ring to measure.
cargo build --quiet --release --locked --package shared-memory-solutions --bin ring-queue --features large-ring \
    --manifest-path solutions/Cargo.toml --target-dir target/solutions/large-ring
ring=../large-ring/release/ring-queue

# The figure that a Python program prints: nanoseconds.
in_python() {
    "$python" "benches/python/$1.py" "${@:2}" 2>&1 >/dev/null | tail -n 1
}

# The figure that a reference answer reports about the thing named, in nanoseconds.
in_rust() {
    local about=$1 program=$2
    "$programs/$program" "${@:3}" 2>&1 >/dev/null | awk -v about="$about" '
        index($0, about) == 0 { next }
        match($0, /[0-9.]+ ns each/) { split(substr($0, RSTART, RLENGTH), word, " "); print word[1]; exit }
        match($0, /in [0-9.]+(ns|µs|ms|s)/) {
            text = substr($0, RSTART + 3, RLENGTH - 3)
            factor = 1e9
            if (text ~ /ns$/) factor = 1; else if (text ~ /µs$/) factor = 1e3; else if (text ~ /ms$/) factor = 1e6
            print text * factor
            exit
        }'
}

# Runs both sides in turns and prints what came of it: name, aim, the command of Python, `--`, the command of Rust.
compare() {
    local name=$1 aim=$2
    shift 2
    local left=() in_python=() in_rust=()
    while [ "$1" != -- ]; do left+=("$1"); shift; done
    shift
    for ((run = 0; run < runs; run++)); do
        in_python+=("$("${left[@]}")")
        in_rust+=("$("$@")")
    done
    awk -v name="$name" -v aim="$aim" -v python="$(median "${in_python[@]}")" -v rust="$(median "${in_rust[@]}")" 'BEGIN {
        if (python + 0 <= 0 || rust + 0 <= 0) { printf "%-46s no figure\n", name; exit 1 }
        printf "%-46s %14.1f %14.1f %9.1f %8d\n", name, python, rust, python / rust, aim
    }'
}

median() {
    printf '%s\n' "$@" | sort -g | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

printf '%-46s %14s %14s %9s %8s\n' '' 'Python, ns' 'Rust, ns' 'times' 'aim'
compare 'counter: Value with its lock / atomic' 80 \
    in_python value_counter 2 100000 -- in_rust additions atomic-counter 2 5000000
compare 'counter: Value with its lock / futex mutex' 20 \
    in_python value_counter 2 100000 -- in_rust visits futex-mutex 2 1000000
compare 'counter: bare Lock / futex mutex' 5 \
    in_python locked_counter 2 100000 -- in_rust visits futex-mutex 2 1000000
compare 'queue: multiprocessing.Queue / message queue' 10 \
    in_python queue_items 100000 -- in_rust messages mq-tasks measure 1000000
compare 'queue: multiprocessing.Queue / ring' 100 \
    in_python queue_items 100000 -- in_rust items "$ring" 2000000
compare 'barrier: multiprocessing.Barrier / futex' 5 \
    in_python barrier_rounds 3 2000 -- in_rust rounds reusable-barrier 3
compare '80 MB: Array filled / shared memory' 20 \
    in_python array_handed_over shared 10000000 -- in_rust 'shared memory' pipe-vs-shm 80000000
compare '80 MB: Pipe / pipe' 10 \
    in_python array_handed_over pipe 10000000 -- in_rust 'the pipe' pipe-vs-shm 80000000
compare 'process started and waited for' 8 \
    in_python spawn_processes 16 -- in_rust processes spawn-workers measure 16
