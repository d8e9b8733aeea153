#!/usr/bin/env bash
# How long a student waits from a save to its verdict on the screen, beside rustlings on an exercise of about the same size:
# hello-pipe (a fork, a pipe, a wait; two cases, each in a sandbox and recorded) and arc1 (eight threads). Both programs watch a
# file of their own in a terminal and are saved to in turns, ROUNDS times right and ROUNDS times wrong (10 by default).
# Fails where ours is slower, or where the grader's own share, what is neither cargo nor the programs, is 50 ms or more.
# rustlings comes from crates.io, into a folder of its own (RUSTLINGS_ROOT); that needs a network, once.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${ROUNDS:-10}
most=50
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

# Ours: a student's copy that has one lab, as rustlings has one exercise at a time.
cargo build -q --locked -p grader
export FORKLINGS_COPY=$folder/copy
cargo grade export "$FORKLINGS_COPY" >/dev/null
find "$FORKLINGS_COPY/labs" -mindepth 1 -maxdepth 1 ! -name 02-pipes -exec rm -r {} +
export FORKLINGS_FILE=$FORKLINGS_COPY/labs/02-pipes/src/bin/hello-pipe.rs
export FORKLINGS_RIGHT=$PWD/solutions/02-pipes/src/bin/hello-pipe.rs FORKLINGS_RIGHT_SIGN='Full points.'
export FORKLINGS_WRONG=$PWD/solutions/02-pipes/mistakes/hello-pipe/child-not-reaped.rs FORKLINGS_WRONG_SIGN='child-not-reaped'
export FORKLINGS_READY_SIGN='waiting for a save'

# Theirs.
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

echo '== from a save to its verdict on the screen'
ROUNDS=$rounds cargo bench -q --locked --profile dev -p grader-watch --bench save-to-verdict

echo "== the grader's own share of a save"
# As `cargo grade` starts it: with the cargo that builds, so that nobody has to ask rustup.
CARGO=$(rustup which cargo)
export CARGO
shares=$(for number in $(seq "$rounds"); do
    echo "// share $number" >>"$FORKLINGS_FILE"
    (cd "$FORKLINGS_COPY" && CARGO_TARGET_DIR=$FORKLINGS_COPY/target "$OLDPWD/target/debug/grader" hello-pipe --jobs 1 --timings) \
        2>&1 >/dev/null | sed -n 's/^timings:.* grader \([0-9]*\) ms.*/\1/p' || true
done | sort -n)
[ "$(wc -l <<<"$shares")" -eq "$rounds" ] || { echo 'no figures'; exit 1; }
median=$(sed -n "$(((rounds + 1) / 2))p" <<<"$shares")
echo "median $median ms of $rounds saves; at most $most ms"
[ "$median" -lt "$most" ]
