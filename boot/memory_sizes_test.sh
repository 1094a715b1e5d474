#!/usr/bin/env bash
# Machines of 4 MiB to 3.5 GiB either give the host's verdict, or say that they are too small.
# usage: boot/memory_sizes_test.sh KHEAP KERNEL SEED
set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd) || exit 1
kheap=$1
kernel=$2
seed=$3
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failures=0

# expect STATUS TEXT OPTION...: boots with the options, wants the status, and a line of the text.
expect()
{
    local status=$1 text=$2 found
    shift 2
    "$here/run" --kernel "$kernel" "$@" > "$scratch/out" 2>&1 < /dev/null
    found=$?
    if [ "$found" -ne "$status" ] || ! grep -q -- "$text" "$scratch/out"; then
        echo "memory_sizes_test: boot/run $*: status $found (expected $status), expected the text: $text"
        tail -n 5 "$scratch/out"
        failures=$((failures + 1))
    else
        echo "ok: $*: $(grep -m1 -- "$text" "$scratch/out")"
    fi
}

"$kheap" pack "$scratch/seed.pack" "$seed" > /dev/null || exit 1
"$kheap" replay "$scratch/seed.pack" > "$scratch/host" || exit 1
verdict=$(grep ' ok .*digest=' "$scratch/host") || exit 1
"$here/iso" --kernel "$kernel" --tool "$kheap" "$scratch/image.iso" "$seed" > /dev/null || exit 1

expect 8 'too little memory: 3 MiB' --memory 3 "$scratch/seed.pack"
for machine in microvm pc; do
    for size in 4 8 16; do
        expect 8 'needs [0-9]* KiB in one piece' --machine "$machine" --memory "$size" \
            "$scratch/seed.pack"
    done
    expect 8 'it wants 256 frames, the machine has' --machine "$machine" --memory 18 \
        "$scratch/seed.pack"
    for size in 20 64 512 2048 3584; do
        expect 0 "^$verdict$" --machine "$machine" --memory "$size" "$scratch/seed.pack"
    done
done
expect 8 'needs [0-9]* KiB in one piece' --memory 8 --iso "$scratch/image.iso"
expect 0 "^$verdict" --memory 3584 --iso "$scratch/image.iso"
[ "$failures" -eq 0 ]
