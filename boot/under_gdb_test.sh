#!/usr/bin/env bash
# What gdb changes in the guest is seen there, and told: each entry that is boot's (rule P4), and what the loader says. And
# what it sees there: each input finds its frames as if they had never been written.
# usage: boot/under_gdb_test.sh KHEAP KERNEL SEED
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "${BASH_SOURCE[0]%/*}/test_common.sh" || exit 3
kheap=$1
kernel=$2
seed=$3

"$kheap" import "$seed" "$scratch/seed.ops" > /dev/null || exit 1

# poke STATUS TEXT BREAKPOINT COMMAND ARGUMENT...: boots, has gdb do the command at the breakpoint, wants the status, and a
# line that matches TEXT.
poke()
{
    expect "$1" "$2" boot_under_gdb "$kernel" "break $3" continue delete "$4" continue -- --kernel "$kernel" "${@:5}"
}

# entry_changed PLACE TABLE ENTRY CHANGE: before the second operation; the seed has more. PLACE is what the evidence names.
entry_changed()
{
    poke 1 "violation rule=P4 operation=2 " guilty_operation "set ((unsigned *)&$2)[$3] $4" --append stop=2 \
        "$scratch/seed.ops"
    grep -q -E "^P4: .* (slot|for) $1: " "$scratch/out" || fail "the evidence is not at $1"
}
poke 0 '1 ok' guilty_operation 'print *op' --append stop=2 "$scratch/seed.ops"
entry_changed 00000000 boot_directory 0 '= 0x00400083'
entry_changed 00000064 boot_directory 100 '= 1'
entry_changed 0000029a boot_directory 666 '^= 2'
entry_changed 000002fe boot_directory 766 '+= 0x400000'
entry_changed c0000000 boot_table 0 '= 0x1003'
entry_changed c0100000 boot_table 256 '^= 2'
entry_changed c02bc000 boot_table 700 '= 0x80'
entry_changed c03f7000 boot_table 1015 '^= 0x100'
entry_changed c03ff000 boot_table 1023 '= 0x00200003'

# The loader's information is wrong: that is no want of memory.
info='((struct multiboot_info *)(0x40000000 + info_at))'
loader_says()
{
    poke 3 "^kheap: error: $1\$" kernel_main "$2" "$scratch/seed.ops"
    ! grep 'too little memory' "$scratch/out" || fail "$2: taken for too little memory"
}
loader_says 'the loader says nothing about memory: it has neither a map nor a size of it' "set $info->flags = 0"
loader_says "the loader's memory map is damaged" "set *(unsigned *)(0x40000000 + $info->map_at) = 3"
loader_says "a module lies where the direct map does not show it" \
    "set ((struct multiboot_module *)(0x40000000 + $info->modules_at))->end = 0x90000000"

# Each session makes the frame bitmap before anything else takes a frame. Before the third, all frames that its map gives
# hold the probe's garbage, those that the others have written among them.
cat > "$scratch/fresh.py" <<'END'
import gdb
DIRECT_AT, PAGE_SIZE, GARBAGE = 0x40000000, 4096, b"\xa5"
def frames(ranges, count):
    spans = [(int(ranges[i]["first"]["n"]), int(ranges[i]["count"])) for i in range(int(count))]
    return {frame for first, length in spans for frame in range(first, first + length)}
memory_map = gdb.selected_frame().read_var("map")
free = frames(memory_map["usable"], memory_map["usable_count"])
free -= frames(memory_map["reserved"], memory_map["reserved_count"])
read = gdb.selected_inferior().read_memory
fresh = sum(read(DIRECT_AT + frame * PAGE_SIZE, PAGE_SIZE).tobytes() == GARBAGE * PAGE_SIZE for frame in free)
print("%d of %d frames are fresh" % (fresh, len(free)))
END
printf '%s\n' '# kheap' 'heap bins 300 2000' 'a 0 1000000' 'f 0' 'a 1 60000' 'pressure 10' > "$scratch/many.txt"
"$kheap" pack "$scratch/three.pack" "$scratch/many.txt" "$seed" "$scratch/many.txt" > /dev/null || exit 1
frames_are_fresh()
{
    expect 0 '3 ok' boot_under_gdb "$kernel" 'break frames_init' continue continue continue delete \
        "source $scratch/fresh.py" continue -- --kernel "$kernel" "$scratch/three.pack"
    grep -q '^300 of 300 frames are fresh$' "$scratch/gdb" ||
        fail "$1: the third input does not find its frames as never written: $(grep fresh "$scratch/gdb")"
}
frames_are_fresh 'a processor with SSE'
use_pentium
frames_are_fresh 'a Pentium'
test_end 'what gdb changes is told'
