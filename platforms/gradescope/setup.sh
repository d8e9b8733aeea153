#!/usr/bin/env bash
# Builds the autograder's image: once for each upload of the zip file, with a network.
set -euo pipefail
root=${AUTOGRADER:-/autograder}
if ! command -v cc >/dev/null || ! command -v curl >/dev/null; then
    apt-get update -q
    apt-get install -qy --no-install-recommends ca-certificates curl gcc libc6-dev
fi
if ! command -v cargo >/dev/null && [ ! -e "$HOME/.cargo/env" ]; then
    # The course says itself which toolchain it needs.
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --default-toolchain none
fi
[ ! -e "$HOME/.cargo/env" ] || . "$HOME/.cargo/env"
mkdir -p "$root/course"
tar -xzf "$root/source/course.tar.gz" -C "$root/course"
cd "$root/course"
cargo build --quiet --locked --package grader
# Everything that answers need is built now: a submission is graded without a network, and the grader is not built again.
mapfile -t names < <(grep . "$root/source/names")
# 1: this machine cannot show everything, and points are missing.
target/debug/grader --solutions "${names[@]}" || [ $? -eq 1 ]
