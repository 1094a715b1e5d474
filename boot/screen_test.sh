#!/usr/bin/env bash
# On a machine without QEMU's exit device the kernel's lines stand on the VGA text screen, and the
# machine stands still behind them.
# usage: boot/screen_test.sh KHEAP KERNEL INPUT...
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "${BASH_SOURCE[0]%/*}/test_common.sh" || exit 3
kheap=$1
kernel=$2
shift 2
qemu_pid=

# shellcheck disable=SC2317 # called at the end
clean_up_first()
{
    [ -z "$qemu_pid" ] || kill "$qemu_pid"
}

"$kheap" pack "$scratch/inputs.pack" "$@" > /dev/null || exit 1
"$kheap" replay "$scratch/inputs.pack" > "$scratch/host" || exit 1
mkfifo "$scratch/monitor" || exit 1
qemu-system-i386 -accel tcg -machine pc -m 128 -nodefaults -no-user-config -no-reboot -display none \
    -vga std -serial "file:$scratch/serial" -monitor stdio -kernel "$kernel" \
    -initrd "$scratch/inputs.pack" < "$scratch/monitor" > "$scratch/monitor.log" 2>&1 &
qemu_pid=$!
exec 3> "$scratch/monitor"

# The text memory, a row a line: every other byte is a character, 80 make a row.
rows()
{
    rm -f "$scratch/text"
    echo "pmemsave 0xb8000 0x8000 \"$scratch/text\"" >&3
    for ((tries = 0; tries < 50; tries++)); do
        [ "$(stat -c %s "$scratch/text" 2> /dev/null)" != 32768 ] || break
        sleep 0.05
    done
    od -A n -v -w2 -t u1 "$scratch/text" | awk '{ printf "%c", $1 } NR % 80 == 0 { print "" }' | sed 's/ *$//'
}

for ((i = 0; i < 120; i++)); do
    ! grep -q '^kheap: [0-9]* inputs, ' "$scratch/serial" 2> /dev/null || break
    sleep 0.25
done
sleep 0.2
rows > "$scratch/rows"
echo quit >&3
exec 3>&-
wait "$qemu_pid"
qemu_pid=
lines=$(wc -l < "$scratch/serial")
[ "$lines" -gt 204 ] || fail "$lines lines do not fill the screen's memory"
# The last lines are on the last rows; of lines wider than a row, what is left is on the next one.
tail -n 20 "$scratch/serial" | fold -w 80 > "$scratch/expected"
count=$(wc -l < "$scratch/expected")
last=$(tail -n 1 "$scratch/expected")
grep -n -x -F -- "$last" "$scratch/rows" > "$scratch/found" ||
    { fail "not on the screen: $last"; cat "$scratch/rows"; exit 1; }
row=$(cut -d: -f1 "$scratch/found" | tail -n 1)
if ! head -n "$row" "$scratch/rows" | tail -n "$count" | diff "$scratch/expected" -; then
    fail 'the screen (>) does not show what COM1 said (<)'
fi
grep ' digest=' "$scratch/serial" | diff "$scratch/host" - > /dev/null ||
    fail 'COM1 has other verdicts than the host'
test_end "of $lines lines the last $count rows are on the screen, from row $((row - count + 1)) of its memory"
