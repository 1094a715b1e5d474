#!/usr/bin/env bash
# Each way in which a boot can go wrong ends with its own status and one clear line.
# usage: boot/run_test.sh KHEAP KERNEL SEED TRACE
set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd) || exit 1
kheap=$1
kernel=$2
seed=$3
trace=$4
scratch=$(mktemp -d) || exit 1
trap 'chmod -R u+rwx "$scratch"; rm -rf "$scratch"' EXIT
failures=0

# expect STATUS TEXT ARGUMENT...: runs boot/run, wants the status, and the text in what it prints.
expect()
{
    local status=$1 text=$2 found
    shift 2
    "$here/run" "$@" > "$scratch/out" 2>&1 < /dev/null
    found=$?
    if [ "$found" -ne "$status" ] || ! grep -q -- "$text" "$scratch/out"; then
        echo "run_test: boot/run $*: status $found (expected $status), expected the text: $text"
        tail -n 5 "$scratch/out"
        failures=$((failures + 1))
    else
        echo "ok: $status: $(grep -m1 -- "$text" "$scratch/out")"
    fi
}

"$kheap" import "$seed" "$scratch/seed.ops" > /dev/null || exit 1
"$kheap" pack "$scratch/good.pack" "$seed" > /dev/null || exit 1
head -c 1000 "$trace" > "$scratch/cut.trace"
{ head -c 30 "$scratch/good.pack"; printf 'X'; tail -c +32 "$scratch/good.pack"; } > "$scratch/bad.pack"
head -c 100 "$kernel" > "$scratch/cut.elf"
run=(--kernel "$kernel")

expect 0 '1 ok' "${run[@]}" "$scratch/seed.ops"
expect 0 '1 ok' "${run[@]}" --machine pc "$scratch/seed.ops"
expect 0 'bins free: [0-9]* calls, [0-9]* ticks' "${run[@]}" --icount --append time "$trace"
expect 0 '1 inputs timed' "${run[@]}" --icount --append time-first-fit "$scratch/seed.ops"
expect 3 'cut.trace' "${run[@]}" --append time "$scratch/cut.trace"
expect 3 'cut.trace' "${run[@]}" "$scratch/cut.trace"
expect 3 'bad.pack' "${run[@]}" "$scratch/bad.pack"
expect 3 'module' "${run[@]}"
expect 4 'hangs' "${run[@]}" --append hang --timeout 3 "$scratch/seed.ops"
expect 2 'guard page' "${run[@]}" --append fault-guard-below "$scratch/seed.ops"
expect 3 'hz=' "${run[@]}" --append 'stress hz=99'
expect 3 'threads=' "${run[@]}" --append 'stress threads=9'
expect 3 'seconds=' "${run[@]}" --append 'stress seconds=none'
expect 8 'memory' "${run[@]}" --append stress --memory 64
expect 5 'triple fault' "${run[@]}" --append triple "$scratch/seed.ops"
expect 7 'no-such-file' "${run[@]}" "$scratch/no-such-file"
expect 7 'no-such-kernel' --kernel "$scratch/no-such-kernel" "$scratch/seed.ops"
expect 7 'cut.elf' --kernel "$scratch/cut.elf" "$scratch/seed.ops"
expect 8 'memory' "${run[@]}" --memory 8 "$scratch/seed.ops"
expect 8 'memory' "${run[@]}" --memory 12 --append scenarios
expect 64 'no-such-option' "${run[@]}" --no-such-option
expect 7 'no image' --iso "$scratch/no-such.iso"
expect 64 'neither modules' --iso "$kernel" "$scratch/seed.ops"
expect 4 'last line: none' --stick "$seed" --timeout 2

# A machine without QEMU: the same script with nothing but the basic tools to be found.
mkdir "$scratch/bin"
for tool in bash env dirname cat mktemp rm mkdir head tail grep sed timeout tr od stat sleep kill; do
    path=$(command -v "$tool") && [ -x "$path" ] && ln -s "$path" "$scratch/bin/$tool"
done
PATH=$scratch/bin expect 6 'qemu-system-x86' "${run[@]}" "$scratch/seed.ops"
iso=("$here/iso" --kernel "$kernel" --tool "$kheap")
PATH=$scratch/bin "${iso[@]}" "$scratch/x.iso" "$seed" > "$scratch/out" 2>&1
status=$?
if [ "$status" -ne 1 ] || ! grep -q 'not installed: grub-common xorriso mtools' "$scratch/out"; then
    echo "run_test: boot/iso does not say what is missing: status $status"
    cat "$scratch/out"
    failures=$((failures + 1))
fi

[ "$failures" -eq 0 ] || exit 1
