#!/usr/bin/env bash
# Machines of 4 MiB to 3.5 GiB either give the host's verdict, or say that they are too small.
# usage: boot/memory_sizes_test.sh KHEAP KERNEL SEED
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "${BASH_SOURCE[0]%/*}/test_common.sh" || exit 3
kheap=$1
kernel=$2
seed=$3

"$kheap" pack "$scratch/seed.pack" "$seed" > /dev/null || exit 1
"$kheap" replay "$scratch/seed.pack" > "$scratch/host" || exit 1
verdict=$(grep ' ok .*digest=' "$scratch/host") || exit 1
"$here/iso" --kernel "$kernel" --tool "$kheap" "$scratch/image.iso" "$seed" > /dev/null || exit 1

expect_boot 8 'too little memory: 3 MiB' --kernel "$kernel" --memory 3 "$scratch/seed.pack"
for machine in microvm pc; do
    for size in 4 8 16; do
        expect_boot 8 'needs [0-9]* KiB in one piece' --kernel "$kernel" --machine "$machine" --memory "$size" \
            "$scratch/seed.pack"
    done
    expect_boot 8 'it wants 256 frames, the machine has' --kernel "$kernel" --machine "$machine" --memory 18 \
        "$scratch/seed.pack"
    for size in 20 64 512 2048 3584; do
        expect_boot 0 "^$verdict$" --kernel "$kernel" --machine "$machine" --memory "$size" "$scratch/seed.pack"
    done
done
expect_boot 8 'needs [0-9]* KiB in one piece' --kernel "$kernel" --memory 8 --iso "$scratch/image.iso"
expect_boot 0 "^$verdict" --kernel "$kernel" --memory 3584 --iso "$scratch/image.iso"
test_end 'each size gives the verdict, or says that it is too small'
