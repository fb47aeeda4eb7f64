#!/bin/sh
# Run all GPU checks, which takes some minutes; prints to the terminal and to a file.
# Usage: benchmarks/gpu.sh [output file] [options of gpu.py]
# The file is by default benchmarks/results/gpu-<the GPU's name>-<date>.txt.
set -eu
cd "$(dirname "$0")/.."
if [ $# -gt 0 ]; then
    output=$1
    shift
else
    name=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -n 1) || name=
    name=$(printf %s "${name:-$(uname -m)}" | tr -cs '[:alnum:]' -)
    output=benchmarks/results/gpu-$name-$(date -u +%Y-%m-%d).txt
fi
mkdir -p "$(dirname "$output")"
# The exit status of the pipe would be that of tee.
status=$(mktemp)
trap 'rm -f "$status"' EXIT
{
    "${PYTHON:-python3}" benchmarks/gpu.py "$@" 2>&1 && echo 0 > "$status" || echo $? > "$status"
} | tee "$output"
exit "$(cat "$status")"
