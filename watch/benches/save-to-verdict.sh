#!/usr/bin/env bash
# How long a student waits from a save to its verdict on the screen, beside rustlings on an exercise of about the same size:
# hello-pipe (a fork, a pipe, a wait; two cases, each in a sandbox and recorded) and arc1 (eight threads). Both programs watch a
# file of their own in a terminal and are saved to in turns, ROUNDS times right and ROUNDS times wrong (10 by default), in a
# student's copy of the whole course and in rustlings' own folder, each as it is installed.
# Fails where ours is slower, or where the grader's own share of a save is 50 ms or more.
#
# The grader's own share is what is left of the time from the save to the verdict on the screen without
#   - cargo: from the execution of `cargo build` to its end, as the process that has started it sees it, the compiler and linker
#     included;
#   - the programs: from the start of the program to its end, with what is traced meanwhile; of cases that run side by side the row
#     that took longest;
#   - the wait for quiet: 20 ms after the last event of a save, in which editors write again. It is given beside the share.
# So its share has the start of processes, the reading of the course, the sandboxes (for the build and for each case), the records,
# the judgement, and the drawing of the screen. All figures are of the same saves: watch starts the grader by a script that asks
# it for `--timings`.
#
# A quiet machine is needed; ROUNDS=10 takes about two minutes when all is built. rustlings comes from the package index, into a folder of
# its own (RUSTLINGS_ROOT); that needs a network, once.
set -euo pipefail
cd "$(dirname "$0")/../.."
export ROUNDS=${ROUNDS:-10}
rustlings_version=6.5.0
rustlings_root=${RUSTLINGS_ROOT:-/tmp/rustlings-$rustlings_version}
export RUSTLINGS=$rustlings_root/bin/rustlings
if [ ! -x "$RUSTLINGS" ]; then
    echo "-- install rustlings $rustlings_version into $rustlings_root"
    CARGO_TARGET_DIR=$rustlings_root/target cargo install -q rustlings --version "$rustlings_version" --locked --root "$rustlings_root"
    rm -rf "$rustlings_root/target"
fi

folder=$(mktemp -d /tmp/save-to-verdict.XXXXXX)
trap 'rm -rf "$folder"' EXIT

# Ours.
cargo build -q --locked -p grader -p grader-watch
export FORKLINGS_COPY=$folder/copy
cargo grade export "$FORKLINGS_COPY" >/dev/null
export FORKLINGS_FILE=$FORKLINGS_COPY/labs/02-pipes/src/bin/hello-pipe.rs
export FORKLINGS_RIGHT=$PWD/solutions/02-pipes/src/bin/hello-pipe.rs FORKLINGS_RIGHT_SIGN='Full points.'
export FORKLINGS_WRONG=$PWD/solutions/02-pipes/mistakes/hello-pipe/child-not-reaped.rs FORKLINGS_WRONG_SIGN='child-not-reaped'
export FORKLINGS_READY_SIGN='waiting for a save'
# Watch starts the grader that lies beside it.
export FORKLINGS_WATCH=$folder/bin/grader-watch FORKLINGS_TIMINGS=$folder/timings
mkdir "$folder/bin"
cp target/debug/grader-watch "$FORKLINGS_WATCH"
cat >"$folder/bin/grader" <<EOF
#!/bin/sh
case \$1 in
    --format) exec "$PWD/target/debug/grader" "\$@" --timings 2>>"$FORKLINGS_TIMINGS" ;;
    *) exec "$PWD/target/debug/grader" "\$@" ;;
esac
EOF
chmod +x "$folder/bin/grader"

# Theirs. It shows the end of a backtrace where one is wanted, and the panic is no longer on the screen.
unset RUST_BACKTRACE
(cd "$folder" && "$RUSTLINGS" init >/dev/null 2>&1 <<<'')
export RUSTLINGS_FOLDER=$folder/rustlings
export RUSTLINGS_FILE=$RUSTLINGS_FOLDER/exercises/19_smart_pointers/arc1.rs
printf "DON'T EDIT THIS FILE!\n\narc1\n\n" >"$RUSTLINGS_FOLDER/.rustlings-state.txt"
export RUSTLINGS_RIGHT=$folder/right.rs RUSTLINGS_RIGHT_SIGN='Exercise done'
export RUSTLINGS_WRONG=$folder/wrong.rs RUSTLINGS_WRONG_SIGN='panicked'
export RUSTLINGS_READY_SIGN=':quit'
sed -e 's|// let shared_numbers = ???;|let shared_numbers = Arc::new(numbers);|' \
    -e 's|// let child_numbers = ???;|let child_numbers = Arc::clone(\&shared_numbers);|' "$RUSTLINGS_FILE" >"$RUSTLINGS_RIGHT"
sed -e 's|^fn main() {|&\n    assert!(std::env::args().count() > 9);|' "$RUSTLINGS_RIGHT" >"$RUSTLINGS_WRONG"

cargo bench -q --locked --profile dev -p grader-watch --bench save-to-verdict
