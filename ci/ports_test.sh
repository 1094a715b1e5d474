#!/usr/bin/env bash
# The same inputs give the same verdict lines on the emulator and on the window port, and all are ok. An input whose
# window is larger than a 32-bit process can have is left out of the comparison, and said so.
# usage: ci/ports_test.sh KHEAP INPUT...
set -u -o pipefail
kheap=$1
shift
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
too_large='its window is larger than the address space of this process'
for port in emulator window; do
    "$kheap" replay --port "$port" "$@" > "$scratch/$port" 2> "$scratch/$port.err"
    status=$?
    cat "$scratch/$port.err"
    sed -n "s/: $too_large\$//p" "$scratch/$port.err" > "$scratch/left-out"
    others=$(grep -vc "$too_large" "$scratch/$port.err")
    if [ "$status" -ne 0 ] && { [ "$status" -ne 3 ] || [ ! -s "$scratch/left-out" ] || [ "$others" -ne 1 ]; }; then
        grep -v ' ok ' "$scratch/$port" | head -n 20
        echo "ports_test: replay on the $port failed"
        exit 1
    fi
done
while IFS= read -r name; do
    sed -i "/^${name//./\\.} /d" "$scratch/emulator"
done < "$scratch/left-out"
if ! diff "$scratch/emulator" "$scratch/window"; then
    echo "ports_test: verdict lines differ between emulator (<) and window (>)"
    exit 1
fi
[ -s "$scratch/emulator" ] || { echo "ports_test: no verdict lines"; exit 1; }
echo "ports_test: $(wc -l < "$scratch/emulator") verdict lines are equal"
