#!/usr/bin/env bash
# The gdb helper on a live process of both ports, on core files and on the guest in QEMU, each whole
# and damaged; its numbers against the C headers'; what it says where there is nothing to see.
# usage: ci/gdb_test.sh host|core|guest KHEAP WINDOW KERNEL
# To be run in the repository's root. Exit status: 0 all as expected, 1 not, 3 gdb is missing.
# shellcheck disable=SC2015,SC2016,SC2028 # dollars are gdb's, escapes the C compiler's
set -u -o pipefail
what=$1
kheap=$2
window=$3
kernel=$4
helper=invariants/gdb/kheap-gdb.py
# shellcheck source-path=SCRIPTDIR source=planted.sh
source ci/planted.sh || exit 3
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 3
needs gdb

# expect TEXT NAME: the output of the last run has a line that matches TEXT.
expect()
{
    if grep -q -E -- "$1" "$scratch/out"; then
        echo "ok: $2"
    else
        fail "$2: expected: $1"
        tail -n 15 "$scratch/out"
    fi
}

# in_gdb ARGUMENT...: gdb, asked nothing and told nothing by the user's own settings.
in_gdb()
{
    gdb -q -batch -nx -x "$helper" "$@" > "$scratch/out" 2>&1 < /dev/null
}

# A heap with used blocks, one on a list, a hole, the last one; a page of the device, frames held.
printf '%s\n' '# kheap' 'heap bins 64 256' 'a 0 100' 'a 1 40000' 'a 2 100' 'a 3 200' 'a 4 100' \
    'f 1' 'f 3' 'reclaim 100' 'map 3' 'pressure 20' 'check' > "$scratch/damage.txt"
readonly operations=11
at_end=(-ex 'break session_end' -ex run)
headers_match()
{
    local source=$scratch/headers.c header
    in_gdb -ex "python import sys; layout = sys.modules['kheap_gdb.layout']" \
        -ex "python print('\n'.join('%s %u' % item for item in layout.CONSTANTS.items()))" \
        -ex "python print('\n'.join('%s: %s' % item for item in layout.CLAIMS.items()))" \
        -ex "python print('\n'.join('op %s %s' % item for item in layout.OPS))"
    cp "$scratch/out" "$scratch/script"
    for header in stdio.h heap/kmalloc.h heap/bins.h heap/first_fit.h mmu_x86/frames.h \
        invariants/scene.h invariants/rules.h mmu_x86/emulator/emulator.h fuzz/op.h; do
        echo "#include <$header>"
    done > "$source"
    {
        echo 'int main(void) {'
        sed -n 's/^\([A-Z][A-Z_0-9]*\) [0-9]*$/printf("%s %u\\n", "\1", (unsigned)(\1));/p' "$scratch/script"
        echo '#define RULE(id, claim) printf("%s: %s\n", #id, claim);'
        echo 'KHEAP_RULES(RULE)'
        echo '#define OPERATION(name, word, arguments) printf("op %s %s\n", word, arguments);'
        echo 'KHEAP_OPS(OPERATION) return 0; }'
    } >> "$source"
    cc -std=c11 -I. -Immu_x86/emulator "$source" -o "$scratch/headers" &&
        "$scratch/headers" > "$scratch/c" || fail "the headers' numbers cannot be printed"
    # Rules of the session are not the helper's, so the headers may have more lines.
    [ "$(grep -c '^[A-Z_0-9]* [0-9]' "$scratch/script")" -ge 60 ] || fail "the helper has hardly any numbers"
    diff "$scratch/script" "$scratch/c" > "$scratch/diff"
    grep '^<' "$scratch/diff" && fail "numbers, rules or operations are not the headers'"
    [ "$(grep -c '^op ' "$scratch/script")" -eq "$(grep -c '^op ' "$scratch/c")" ] ||
        fail "the helper does not know all operations"
    echo "ok: $(wc -l < "$scratch/script") numbers, rules and operations are the headers'"
}

live_process()
{
    local tool port
    for port in emulator window; do
        tool=$kheap
        [ "$port" = emulator ] || tool=$window
        in_gdb "${at_end[@]}" -ex 'kheap check' -ex 'kheap blocks' -ex 'kheap bins' -ex 'kheap pages' \
            -ex 'kheap frames' -ex 'print session->heap' -ex 'print session->op' \
            -ex 'print session->scene.heap_at' -x invariants/gdb/damage_test.py \
            --args "$tool" replay --port "$port" "$scratch/damage.txt"
        expect '^ok: F1 .* H1 .* X4; read from' "$port: check"
        expect '^c0400834  free, sparse, 40008 bytes  next 00000000' "$port: blocks"
        expect '^bin +26, sizes from 208 below 216: 1: c040a4ec$' "$port: bins"
        expect '^c0400000 .. c0400fff +1 pages from frame [0-9a-f]+  pw  heap$' "$port: pages"
        expect '[0-9]+  taken, held by another user$' "$port: frames"
        expect '^\$1 = bins heap at c0400000, key 5bd1e995$' "$port: struct heap"
        expect '^\$2 = check$' "$port: struct op"
        expect '^\$3 = 0xc0400000$' "$port: vaddr_t"
        expect '^damage_test: 4[0-9] damages, each named$' "$port: damage"
    done
}

# A bug in the core: the first rule that the helper finds broken is the one of check_all, word by word.
planted_process()
{
    local bug tool
    for bug in heap-merge-one-side heap-merge-still-listed growth-limit frames-wrong-bit; do
        planted_tool "$bug" "$scratch/$bug" || { fail "$bug cannot be built"; continue; }
        tool=$scratch/$bug/kheap
        "$tool" replay --quiet --check full corpus/seeds 2> /dev/null | grep -A 1 -m 1 ' violation rule=' > "$scratch/verdict"
        name=$(sed -n '1s/ violation .*//p' "$scratch/verdict")
        in_gdb -ex 'break violation_set' -ex run -ex 'kheap check' -ex 'print $kheap_broken' \
            --args "$tool" replay --check full "corpus/seeds/$name"
        expect '^\$1 = [1-9]' "$bug: broken"
        [ "$bug" != frames-wrong-bit ] || continue # found by a call of the session's own
        grep -q -F -x -- "$(sed -n '2s/^  //p' "$scratch/verdict")" "$scratch/out" ||
            fail "$bug: the helper says something else than the tool"
    done
}

nothing_to_see()
{
    in_gdb -ex 'kheap check' "$kheap"
    expect 'kheap: the emulator is not switched on' "a program that does not run"
    in_gdb -ex 'kheap check'
    expect 'kheap: there is no process, core file or guest' "no program"
    in_gdb -ex 'break main' -ex run -ex 'kheap blocks' --args "$(command -v sleep)" 0
    expect 'kheap: there is no process|kheap: no machine here' "another program"
    in_gdb "${at_end[@]}" -ex 'kheap blocks 0xc0500000' --args "$kheap" replay "$scratch/damage.txt"
    expect 'kheap: no heap at c0500000: nothing is mapped there' "no heap at an address"
    in_gdb "${at_end[@]}" -ex 'kheap blocks 0xc0401000 --frob' --args "$kheap" replay "$scratch/damage.txt"
    expect 'kheap blocks: unrecognized arguments: --frob' "an unknown option"
    in_gdb -ex 'break probe_reset' -ex run -ex 'kheap check' --args "$kheap" replay "$scratch/damage.txt"
    expect 'kheap: the emulator is not switched on' "a machine before its boot"
    in_gdb -ex 'break heap_init' -ex run -ex 'kheap check' --args "$kheap" replay "$scratch/damage.txt"
    expect 'note: the session has no heap yet' "a session before its heap"
    in_gdb -ex 'help kheap'
    expect '^kheap frames' "help"
    in_gdb -ex 'break session_begin' -ex run -ex 'set var session->plan.stop_at = 6' \
        -ex 'break guilty_operation' -ex continue -ex 'print *op' --args "$kheap" replay "$scratch/damage.txt"
    expect '^\$1 = f 1$' "an operation by its number"
    gdb -q -batch -nx -iex "add-auto-load-safe-path $PWD" -ex 'help kheap check' "$kheap" > "$scratch/out" 2>&1
    expect '^kheap check \[HEAP\]' "loaded with the tool, unasked"
    gdb -q -batch -nx -iex "add-auto-load-safe-path $PWD" -ex 'help kheap check' "$kernel" > "$scratch/out" 2>&1
    expect '^kheap check \[HEAP\]' "loaded with the kernel, unasked"
}

# gdb writes whole mappings, and most of these have never been touched: the rest is left out.
core_files()
{
    local keep_out='call (int)madvise((void *)misuse_session->mirror, mirror_size_bytes(), 16)'
    in_gdb "${at_end[@]}" -ex "$keep_out" -ex "gcore $scratch/whole" \
        -ex 'set var emulator.ram[1024 * (emulator.tlb[0xc0400] >> 12) + 6] = 77' \
        -ex "gcore $scratch/damaged" --args "$kheap" replay "$scratch/damage.txt"
    in_gdb -ex 'kheap check' -ex 'kheap blocks' -ex 'kheap bins' -ex 'kheap frames' "$kheap" "$scratch/whole"
    expect '^ok: F1 .* H1 .* X4; read from' "core of the emulator: check"
    expect '^c0400834  free, sparse, 40008 bytes' "core of the emulator: blocks"
    expect '^bin +26' "core of the emulator: bins"
    expect 'taken, held by another user$' "core of the emulator: frames"
    in_gdb -ex 'kheap check' -ex 'print $kheap_rule' "$kheap" "$scratch/damaged"
    expect '^H7: .* count of used blocks at c0400018: expected 00000003, found 0000004d' \
        "core of the emulator, damaged"
    rm -f "$scratch/whole" "$scratch/damaged"
    in_gdb "${at_end[@]}" -ex 'call (int)madvise((void *)window.base, 0x100000000, 16)' \
        -ex 'call (int)madvise((void *)(window.base + 0xC0000000), 0x800000, 17)' \
        -ex 'call (int)madvise((void *)window.tables, 0x400000, 17)' \
        -ex 'set var *(unsigned *)(window.base + 0xc0400834) ^= 4' -ex "gcore $scratch/window" \
        --args "$window" replay --port window "$scratch/damage.txt"
    in_gdb -ex 'kheap check' -ex 'kheap pages' "$window" "$scratch/window"
    expect '^H1: tags are legal: .* at c0400834' "core of the window port, damaged"
    expect '^c0400000 .. c0400fff ' "core of the window port: pages"
}

guest()
{
    local bug=heap-merge-one-side
    printf '%s\n' 'kheap check' 'kheap blocks' 'kheap bins' 'kheap pages' 'kheap frames' 'print session->heap' \
        'print *op' 'source invariants/gdb/damage_test.py' > "$scratch/commands"
    "$kheap" boot --gdb --kernel "$kernel" --at $((operations + 1)) --gdb-commands "$scratch/commands" \
        "$scratch/damage.txt" > "$scratch/out" 2>&1 || fail "kheap boot --gdb ended with status $?"
    expect '^ok: F1 .* H1 .* X4; read from physical memory of the guest' "guest: check"
    expect '^c0400834  free, sparse, 40008 bytes' "guest: blocks"
    expect '^bin +26' "guest: bins"
    expect '^40000000 .. bfbfffff .* 4M  other$' "guest: pages"
    expect 'taken, held by another user$' "guest: frames"
    expect '= bins heap at c0400000' "guest: struct heap"
    expect '^damage_test: 4[0-9] damages, each named$' "guest: damage"

    planted_kernel "$bug" "$scratch/kernel" && planted_tool "$bug" "$scratch/tool" ||
        { fail "$bug cannot be built"; return; }
    printf '%s\n' 'kheap check' 'print *op' 'break violation_set' 'continue' 'kheap check' > "$scratch/commands"
    "$scratch/tool/kheap" boot --gdb --kernel "$scratch/kernel/kheap.elf" --gdb-commands "$scratch/commands" \
        corpus/seeds/coalesce-both.txt > "$scratch/out" 2>&1
    expect '^\$1 = f 1$' "guest with a bug: stops at the guilty operation"
    expect '^H3: no two neighbours are free: free block behind a free block at c0400' "guest with a bug: check"
    # What is right before the operation is wrong after it.
    [ "$(grep -c '^ok: ' "$scratch/out")" -eq 1 ] || fail "guest with a bug: not whole before the operation"
}

case $what in
    host) headers_match; live_process; planted_process; nothing_to_see ;;
    core) core_files ;;
    guest) guest ;;
    *) echo "gdb_test: host, core or guest, not: $what" >&2; exit 2 ;;
esac
test_end ok
