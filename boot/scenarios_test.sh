#!/usr/bin/env bash
# The MMU scenarios in the kernel: the processor there does what one may do, and its lines are the
# emulator's but for what is declared. And a line that differs, or is missing, is told.
# usage: boot/scenarios_test.sh KHEAP KERNEL MACHINE
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "${BASH_SOURCE[0]%/*}/test_common.sh" || exit 3
kheap=$1
kernel=$2
machine=$3
boot --kernel "$kernel" --machine "$machine" --append scenarios
cp -- "$scratch/out" "$scratch/lines"
grep -a 'DISAGREES' "$scratch/lines"
[ "$status" -eq 0 ] || { fail "boot/run ended with status $status"; exit 1; }
"$kheap" scenarios --against "$scratch/lines" > "$scratch/out"
status=$?
tail -n 20 "$scratch/out"
[ "$status" -eq 0 ] || { fail "kheap scenarios ended with status $status"; exit 1; }

# refuse TEXT EXPRESSION: with the lines changed so the comparison fails, and says so.
refuse()
{
    sed -e "$2" "$scratch/lines" > "$scratch/changed"
    ! cmp -s "$scratch/lines" "$scratch/changed" || fail "$2 changes nothing"
    "$kheap" scenarios --quiet --against "$scratch/changed" > "$scratch/out"
    status=$?
    if [ "$status" -ne 1 ] || ! grep -q "$1" "$scratch/out"; then
        fail "after $2: status $status (expected 1), expected the text: $1"
    fi
}
refuse '1 MISSING' '/^7 /d'
"$kheap" scenarios --against /dev/null 2> "$scratch/out"
status=$?
if [ "$status" -ne 3 ] || ! grep -q "no scenario's line" "$scratch/out"; then
    fail "of a file without lines: status $status (expected 3)"
fi
refuse '1 DIFFER' '/^0 /s/t=PWUA/t=PWU/'
test_end 'the processor does what one may'
