#!/bin/sh
# What needs a GPU, in one command of some minutes: prints to the terminal and keeps the output.
# Usage: benchmarks/gpu.sh [file to keep the output in] [options of gpu.py]
set -eu
cd "$(dirname "$0")/.."
output=${1:-benchmarks/results/gpu.txt}
[ $# -eq 0 ] || shift
mkdir -p "$(dirname "$output")"
status=0
"${PYTHON:-python3}" benchmarks/gpu.py "$@" > "$output" 2>&1 || status=$?
cat "$output"
exit $status
