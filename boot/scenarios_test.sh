#!/usr/bin/env bash
# The MMU scenarios in the kernel: the processor there does what one may do, and its lines are the
# emulator's but for what is declared. And a line that differs, or is missing, is told.
# usage: boot/scenarios_test.sh KHEAP KERNEL MACHINE
set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd) || exit 1
kheap=$1
kernel=$2
machine=$3
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
"$here/run" --kernel "$kernel" --machine "$machine" --append scenarios > "$scratch/lines"
status=$?
grep -a 'DISAGREES' "$scratch/lines"
[ "$status" -eq 0 ] || { echo "scenarios_test: boot/run ended with status $status"; exit 1; }
"$kheap" scenarios --against "$scratch/lines" > "$scratch/out"
status=$?
tail -n 20 "$scratch/out"
[ "$status" -eq 0 ] || { echo "scenarios_test: kheap scenarios ended with status $status"; exit 1; }

# refuse TEXT EXPRESSION: with the lines changed so the comparison fails, and says so.
refuse()
{
    sed -e "$2" "$scratch/lines" > "$scratch/changed"
    ! cmp -s "$scratch/lines" "$scratch/changed" || { echo "scenarios_test: $2 changes nothing"; exit 1; }
    "$kheap" scenarios --quiet --against "$scratch/changed" > "$scratch/out"
    status=$?
    if [ "$status" -ne 1 ] || ! grep -q "$1" "$scratch/out"; then
        echo "scenarios_test: after $2: status $status (expected 1), expected the text: $1"
        exit 1
    fi
}
refuse '1 MISSING' '/^7 /d'
refuse '1 DIFFER' '/^0 /s/t=PWUA/t=PWU/'
