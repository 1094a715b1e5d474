#!/usr/bin/env bash
# Each way in which a boot can go wrong ends with its own status and one clear line.
# usage: boot/run_test.sh KHEAP KERNEL SEED TRACE
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "${BASH_SOURCE[0]%/*}/test_common.sh" || exit 3
kheap=$1
kernel=$2
seed=$3
trace=$4

"$kheap" import "$seed" "$scratch/seed.ops" > /dev/null || exit 1
"$kheap" pack "$scratch/good.pack" "$seed" > /dev/null || exit 1
head -c 1000 "$trace" > "$scratch/cut.trace"
{ head -c 30 "$scratch/good.pack"; printf 'X'; tail -c +32 "$scratch/good.pack"; } > "$scratch/bad.pack"
head -c 100 "$kernel" > "$scratch/cut.elf"
run=(--kernel "$kernel")

expect_boot 0 '1 ok' "${run[@]}" "$scratch/seed.ops"
expect_boot 0 '1 ok' "${run[@]}" --machine pc "$scratch/seed.ops"
expect_boot 0 'bins free: [0-9]* calls, [0-9]* ticks' "${run[@]}" --icount --append time "$trace"
expect_boot 0 '1 inputs timed' "${run[@]}" --icount --append time-first-fit "$scratch/seed.ops"
expect_boot 3 'cut.trace' "${run[@]}" --append time "$scratch/cut.trace"
expect_boot 3 'cut.trace' "${run[@]}" "$scratch/cut.trace"
expect_boot 3 'bad.pack' "${run[@]}" "$scratch/bad.pack"
expect_boot 3 'no module: there is nothing to run' "${run[@]}"
expect_boot 3 'no module: there is nothing to time' "${run[@]}" --append time
expect_boot 4 'hangs' "${run[@]}" --append hang --timeout 3 "$scratch/seed.ops"
expect_boot 2 'guard page' "${run[@]}" --append fault-guard-below "$scratch/seed.ops"
expect_boot 3 'hz=' "${run[@]}" --append 'stress hz=99'
expect_boot 3 'threads=' "${run[@]}" --append 'stress threads=9'
expect_boot 3 'frames= 2 or more' "${run[@]}" --append 'stress frames=1'
# Numbers: none, none either, not to its end, not in 32 bits, and one that is.
for word in seconds=none seconds= ticks=7x hz=-100 threads=+1 frames=0x40 seed=4294967296 seed=18446744073709551617; do
    expect_boot 3 "wants a number from 0 to 4294967295: ${word/+/[+]}\$" "${run[@]}" --append "stress $word"
done
for word in stop=none stop= stop=1,2 stop=99999999999999999999; do
    expect_boot 3 "wants a number from 0 to 4294967295: $word\$" "${run[@]}" --append "$word" "$scratch/seed.ops"
done
expect_boot 0 '0 violations' "${run[@]}" --append 'stress ticks=10 seed=4294967295'
expect_boot 0 '1 ok' "${run[@]}" --append 'stop=4294967295' "$scratch/seed.ops"
expect_boot 3 'nobody knows here: no-such-word$' "${run[@]}" --append 'stop=1 no-such-word' "$scratch/seed.ops"
for mode in time latency scenarios 'stress seconds=1'; do
    expect_boot 3 'nobody knows here: stop=1$' "${run[@]}" --append "$mode stop=1" "$scratch/seed.ops"
done
expect_boot 8 'memory' "${run[@]}" --append stress --memory 64
expect_boot 5 'triple fault' "${run[@]}" --append triple "$scratch/seed.ops"
expect_boot 7 'no-such-file' "${run[@]}" "$scratch/no-such-file"
expect_boot 7 'no-such-kernel' --kernel "$scratch/no-such-kernel" "$scratch/seed.ops"
expect_boot 7 'cut.elf' --kernel "$scratch/cut.elf" "$scratch/seed.ops"
expect_boot 8 'memory' "${run[@]}" --memory 8 "$scratch/seed.ops"
expect_boot 8 'memory' "${run[@]}" --memory 12 --append scenarios
expect_boot 64 'no-such-option' "${run[@]}" --no-such-option
expect_boot 7 'no image' --iso "$scratch/no-such.iso"
expect_boot 64 'neither modules' --iso "$kernel" "$scratch/seed.ops"
expect_boot 4 'last line: none' --stick "$seed" --timeout 2

# A machine without QEMU: the same script with nothing but the basic tools to be found.
mkdir "$scratch/bin"
for tool in bash env dirname cat mktemp rm mkdir head tail grep sed timeout tr od stat sleep kill; do
    path=$(command -v "$tool") && [ -x "$path" ] && ln -s "$path" "$scratch/bin/$tool"
done
PATH=$scratch/bin expect_boot 6 'qemu-system-x86' "${run[@]}" "$scratch/seed.ops"
iso=("$here/iso" --kernel "$kernel" --tool "$kheap")
PATH=$scratch/bin "${iso[@]}" "$scratch/x.iso" "$seed" > "$scratch/out" 2>&1
status=$?
if [ "$status" -ne 1 ] || ! grep -q 'not installed: grub-common xorriso mtools' "$scratch/out"; then
    fail "boot/iso does not say what is missing: status $status"
fi
test_end 'each way to fail is told'
