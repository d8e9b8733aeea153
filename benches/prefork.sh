#!/usr/bin/env bash
# The reference answer of `prefork-server` and gunicorn with sync workers: requests in a second, and the ratio.
#
#   benches/prefork.sh [RUNS]
#
# Both have the same number of workers (WORKERS, 2 by default) and the same clients (CLIENTS, 4), which make a connection for each
# request: that is all that sync workers offer. They run in turns, RUNS times (5 by default), and the fastest run of each counts.
# GUNICORN names the command; without it, gunicorn is installed from PyPI into a folder that is removed afterwards.
# What is told here is for people: no verdict of the grader depends on it.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
runs=${1:-5}
workers=${WORKERS:-2}
clients=${CLIENTS:-4}
milliseconds=${MILLISECONDS:-2000}
aim=3

folder=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
    server=
}
trap 'stop; rm -rf "$folder"' EXIT

gunicorn=${GUNICORN:-}
if [ -z "$gunicorn" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet gunicorn
    gunicorn=$folder/venv/bin/gunicorn
fi

cargo build --quiet --release --locked --package prefork-solutions --bin prefork-server \
    --manifest-path solutions/Cargo.toml --target-dir target/solutions
ours=target/solutions/release/prefork-server

# Waits until the server has said which port it has got, and prints the port.
port_of() {
    local log=$1 port
    for ((look = 0; look < 500; look++)); do
        port=$(sed -n 's|.*http://127\.0\.0\.1:\([0-9]*\).*|\1|p' "$log" | head -n 1)
        if [ -n "$port" ]; then echo "$port"; return; fi
        sleep 0.02
    done
    echo "no server:" >&2
    cat "$log" >&2
    return 1
}

# Starts a server, has it asked for a moment to get warm, and then for as long as it counts: requests in a second.
measure() {
    local log=$folder/log port
    : >"$log"
    "$@" >"$log" 2>&1 &
    server=$!
    port=$(port_of "$log")
    "$ours" load "$port" "$clients" 200 >/dev/null
    "$ours" load "$port" "$clients" "$milliseconds" >"$folder/rate"
    stop
}

fastest() {
    if [ -z "$1" ] || [ "$2" -gt "$1" ]; then echo "$2"; else echo "$1"; fi
}

python_best='' rust_best=''
for ((run = 0; run < runs; run++)); do
    measure "$gunicorn" --workers "$workers" --worker-class sync --bind 127.0.0.1:0 --chdir benches/python hello_wsgi:application
    python_best=$(fastest "$python_best" "$(cut -d' ' -f1 "$folder/rate")")
    measure "$ours" serve 0 "$workers"
    rust_best=$(fastest "$rust_best" "$(cut -d' ' -f1 "$folder/rate")")
done

printf '%-46s %14s %14s %9s %8s\n' '' 'gunicorn, 1/s' 'Rust, 1/s' 'times' 'aim'
awk -v name="prefork server, $workers workers, $clients clients" -v aim="$aim" -v python="$python_best" -v rust="$rust_best" 'BEGIN {
    if (python + 0 <= 0 || rust + 0 <= 0) { printf "%-46s no figure\n", name; exit 1 }
    printf "%-46s %14d %14d %9.1f %8d\n", name, python, rust, rust / python, aim
}'
