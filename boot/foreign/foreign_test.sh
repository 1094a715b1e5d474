#!/usr/bin/env bash
# A foreign allocator in the kernel gives the verdicts that it gives in an i386 process: on the corpus, on
# a recorded load, and for each mistake that boot/foreign/provoked makes, all of them in one boot. And what is
# missing is said.
# usage: boot/foreign/foreign_test.sh KHEAP-FIRST_FIT, the tool for 64 bits
# To be run in the repository's root, where the kernels are built.
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR/../../ci source=test_common.sh
source ci/test_common.sh || exit 3
tool64=$1
tools=build/window32/bin
kernels=build/boot

# A line in the output of the last command.
also()
{
    grep -q -E -- "$1" "$scratch/out" || { fail "expected as well: $1"; tail -n 5 "$scratch/out"; }
}

{ cmake --preset window32 && cmake --build --preset window32 --target kheap-first_fit kheap-provoked; } \
    > "$scratch/log" 2>&1 || { tail "$scratch/log"; exit 3; }

the_corpus()
{
    local count
    count=$(find corpus/seeds corpus/grown corpus/found -type f ! -name README.md | wc -l)
    expect 0 "^$count inputs: $count ok, 0 violations; $count equal in QEMU, 0 not; 0 unreadable$" \
        "$tool64" boot --quiet corpus/seeds corpus/grown corpus/found
    also 'calling .*/build/window32/bin/kheap-first_fit: '
    # A recorded load, in a window so large that it is granted as zeros.
    awk 'BEGIN { for (i = 1; i <= 1500; i++) {
            print "a", i, i * 7919 % 3000 + 1
            if (i % 5 == 0) print "r", i, i * 104729 % 9000 + 1
            if (i > 90) print "f", i - 90 } }' > "$scratch/load.txt"
    "$tools/kheap-first_fit" import --frames 2000 "$scratch/load.txt" "$scratch/load.trace" > /dev/null || exit 3
    expect 0 '^load.trace ok operations=[0-9]{4,} .* qemu=equal$' "$tools/kheap-first_fit" boot "$scratch/load.trace"
    # One heap is not the other: the digests have its addresses in them.
    expect 1 '^mixed-long.txt ok .* qemu=differs$' \
        "$tools/kheap-first_fit" boot --kernel "$kernels/kheap.elf" corpus/seeds/mixed-long.txt
}

# The size that is asked for, and the rule that is broken then.
readonly mistakes='1001 A4, 1002 A4, 1003 A5, 1004 A5, 1005 A5, 1006 A5, 1007 A8, 1008 A5, 1009 A5, 1010 A5, 1011 A5, 1012 A5, 1014 A2'

the_mistakes()
{
    local size rule count=0
    mkdir "$scratch/mistakes" || exit 3
    printf '# kheap\nheap bins 64 64\na 0 1013\na 1 100\nf 0\ncheck\n' > "$scratch/mistakes/whole.txt"
    while read -r size rule; do
        printf '# kheap\nheap bins 64 64\na 0 100\na 1 %s\na 2 %s\na 3 200\nf 0\ncheck\n' "$size" "$size" \
            > "$scratch/mistakes/$size.txt"
        cp -- "$scratch/mistakes/whole.txt" "$scratch/mistakes/$size-whole.txt"
        count=$((count + 1))
    done <<< "${mistakes//, /$'\n'}"
    "$tools/kheap-provoked" pack "$scratch/pack" "$scratch/mistakes" > /dev/null || exit 3
    "$tools/kheap-provoked" replay "$scratch/pack" 2> /dev/null | grep digest= > "$scratch/host"
    expect 1 "^kheap: $((2 * count + 1)) inputs, $((count + 1)) ok, $count violations, " \
        boot/run --kernel "$kernels/kheap-provoked.elf" "$scratch/pack"
    grep digest= "$scratch/out" > "$scratch/guest"
    diff "$scratch/host" "$scratch/guest" || fail 'verdict lines differ between the i386 process (<) and QEMU (>)'
    while read -r size rule; do
        grep -q "^$size.txt violation rule=$rule operation=2 " "$scratch/guest" || fail "$size does not break $rule in QEMU"
        grep -q "^$size-whole.txt ok " "$scratch/guest" || fail "no run is whole behind $size"
    done <<< "${mistakes//, /$'\n'}"
    also '^kheap:     c0[0-9a-f]* (mistake|alloc)\+0x'
    also 'double fault, most likely a stack overflow, at c03e'
    also 'page fault, at fffffff0'
    expect 1 "; $((2 * count + 1)) equal in QEMU, 0 not; " "$tools/kheap-provoked" boot --quiet "$scratch/mistakes"
}

# gdb stands at the operation that breaks the rule, and goes on into the allocator from there.
under_gdb()
{
    printf 'print op->size\nprint ((struct run *)run)->operation_count\nbreak mistake\ncontinue\n' > "$scratch/commands"
    expect 0 ' = 1009$' "$tools/kheap-provoked" boot --gdb --gdb-commands "$scratch/commands" "$scratch/mistakes/1009.txt"
    also 'gdb stops at operation 2'
    also '^[$]2 = 2$'
    also '^Breakpoint 2, .*mistake \('
    printf 'print ((struct run *)run)->model.live_count\n' > "$scratch/commands"
    expect 0 ' = 1$' "$tools/kheap-provoked" boot --gdb --at 5 --gdb-commands "$scratch/commands" \
        "$scratch/mistakes/whole.txt"
}

little_memory()
{
    local boot=("$tools/kheap-first_fit" boot --memory 12) most
    printf '# kheap\nheap bins 4096 64\na 0 100\n' > "$scratch/many.txt"
    expect 1 'no verdict: too little memory: it wants 4096 frames, the machine has [0-9]*' "${boot[@]}" "$scratch/many.txt"
    most=$(sed -n 's/.*the machine has //p' "$scratch/out")
    printf '# kheap\nheap bins %s 64\na 0 100\n' "$most" > "$scratch/all.txt"
    expect 1 'no verdict: too little memory: no frame is left' "${boot[@]}" "$scratch/all.txt" corpus/seeds/mixed-long.txt
    also '^mixed-long.txt ok .* qemu=equal$'
}

what_is_missing()
{
    mkdir -p "$scratch/other/boot" "$scratch/other/bin" || exit 3
    cp boot/run boot/run_qemu.sh "$scratch/other/boot" && cp -- "$tool64" "$scratch/other/bin/kheap-none" || exit 3
    cp "$tools/kheap-first_fit" "$scratch/other/bin/kheap-other" || exit 3
    expect 3 'build/window32/bin/kheap-none: not there: .* cmake --preset window32' \
        "$scratch/other/bin/kheap-none" boot corpus/seeds
    expect 3 "build/boot/kheap-other.elf: this allocator's kernel is not built: .* KERNEL" \
        "$scratch/other/bin/kheap-other" boot corpus/seeds
}

# What the build says of an allocator that cannot be in the kernel.
not_freestanding()
{
    local objects check=(boot/foreign/check_sealed mine nm objdump)
    printf '#include <stdlib.h>\nint f(char *s) { return abs(atoi(s)) + (s[0] == 0 ? rand() : 0); }\n' > "$scratch/libc.c"
    printf '_Thread_local int seen;\nint f(void) { return seen++; }\n' > "$scratch/thread.c"
    printf '#include <string.h>\nsize_t f(char *s) { memset(s, 0, strlen(s)); return strlen(s); }\n' > "$scratch/good.c"
    mapfile -t objects < <(find build/kernel/boot/foreign/CMakeFiles -name '*.o')
    for source in libc thread good; do
        gcc -m32 -ffreestanding -fno-pic -c -o "$scratch/$source.o" "$scratch/$source.c" || exit 3
    done
    expect 1 'the allocator mine cannot run in the kernel: it wants (abs )?atoi rand$' \
        "${check[@]}" "$scratch/libc.o" "${objects[@]}"
    also 'leave out KERNEL'
    expect 1 'the allocator mine cannot run in the kernel: it has thread-local variables' \
        "${check[@]}" "$scratch/thread.o" "${objects[@]}"
    "${check[@]}" "$scratch/good.o" "${objects[@]}" || fail 'what wants memset and strlen cannot run in the kernel'
}

the_corpus
the_mistakes
under_gdb
little_memory
what_is_missing
not_freestanding
test_end 'the kernel and the process agree'
