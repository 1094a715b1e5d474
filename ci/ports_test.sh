#!/usr/bin/env bash
# The same inputs give the same verdict lines on the emulator and on the window port, and all are ok.
# usage: ci/ports_test.sh KHEAP INPUT...
set -u -o pipefail
kheap=$1
shift
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
for port in emulator window; do
    if ! "$kheap" replay --port "$port" "$@" > "$scratch/$port" 2> "$scratch/$port.err"; then
        grep -v ' ok ' "$scratch/$port" | head -n 20
        cat "$scratch/$port.err"
        echo "ports_test: replay on the $port failed"
        exit 1
    fi
    cat "$scratch/$port.err"
done
if ! diff "$scratch/emulator" "$scratch/window"; then
    echo "ports_test: verdict lines differ between emulator (<) and window (>)"
    exit 1
fi
[ -s "$scratch/emulator" ] || { echo "ports_test: no verdict lines"; exit 1; }
echo "ports_test: $(wc -l < "$scratch/emulator") verdict lines are equal"
