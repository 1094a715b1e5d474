#!/usr/bin/env bash
# Each fault that a word provokes (boot/provoke.c) ends with its own status and a report that says
# what it was, and names the function that did it and all that called it.
# usage: boot/faults_test.sh KERNEL
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "${BASH_SOURCE[0]%/*}/test_common.sh" || exit 3
kernel=$1

# provoke STATUS WORD CALLS TEXT...: boots with the word; wants the status, exactly these functions in
# the report's list of calls, innermost first, and each text in what is printed.
provoke()
{
    local expected=$1 word=$2 calls=$3 before=$failures found text
    shift 3
    boot --kernel "$kernel" --append "$word"
    [ "$status" -eq "$expected" ] || fail "$word: status $status (expected $expected)"
    found=$(sed -n '/calls, the last first/,$ s/^kheap:     [0-9a-f]* \(.*\)+0x.*/\1/p' "$scratch/out" | tr '\n' ' ')
    [ "$found" = "$calls" ] || fail "$word: the calls are: $found(expected: $calls)"
    for text in "$@"; do
        grep -q -- "$text" "$scratch/out" || fail "$word: the report lacks: $text"
    done
    cp -- "$scratch/out" "$scratch/$word"
    [ "$failures" -gt "$before" ] || echo "ok: $expected: $word: $calls"
}

top='provoke kernel_main entry '
heap='heap: c04[0-9a-f]* lies'

provoke 2 fault-null-read "probe_user_read read_null $top" 'page fault: read of 00000000, page not present' \
    'why: the null page' 'directory entry 0 = 00000000, no table' 'eip=c0.* probe_user_read+0x' 'cr2=00000000'
provoke 2 fault-null-write "write_null $top" 'page fault: write to 00000000, page not present, supervisor'
provoke 2 fault-guard-below "write_below_stack $top" 'write to c03efffc' \
    'why: the guard page below the kernel stack: a stack overflow' 'directory entry 768 = .*, table entry 1007 = 00000000'
provoke 2 fault-guard-above "write_above_stack $top" 'write to c03f8000' 'why: the guard page above the kernel stack$'
provoke 2 fault-reclaimed "use_reclaimed_page $top" "why: the heap's window" \
    "$heap in the free block at c04[0-9a-f]*, 32776 bytes, of which pages were given back" \
    'directory entry 769 = .*, table entry 4 = 00000000'
provoke 2 fault-behind-heap "write_behind_heap $top" \
    "$heap 253956 bytes behind the epilogue at c04[0-9a-f]*; the last before it is the free block at c04[0-9a-f]*, [0-9]* bytes$"
provoke 2 fault-behind-damage "use_page_behind_damage $top" \
    "$heap 32772 bytes behind a damaged tag at c04[0-9a-f]*; the last before it is the used block at c04[0-9a-f]*, 208 bytes"
provoke 2 fault-text "write_text $top" 'write to c0100000, access refused' "why: the kernel's text, which is read-only"
provoke 2 fault-shadow "write_shadow $top" "write to 20000000, page not present" "why: nothing is mapped there$"
provoke 2 fault-jump "jump_to_nowhere $top" 'fetch from 10000000' '10000000 no function of the kernel'
provoke 2 fault-jump-null "jump_to_null $top" 'fetch from 00000000' '^kheap:     00000000 no function of the kernel$'
provoke 2 fault-in-handler "probe_user_read read_null handler_that_faults injected_interrupt_handle interrupt_dispatch \
vector_common wait_for_interrupt $top" 'interrupt, vector 36, came at'
provoke 21 fault-overflow "overflow_stack_by overflow_stack_by overflow_stack $top" \
    'double fault: the stack ended at c03ef' 'why: the guard page below the kernel stack: a stack overflow' \
    'overflow_stack_by+0x.*, and the same again [0-9]* times'
thread='in_thread thread_main '
provoke 21 fault-thread-overflow "overflow_stack_by overflow_stack_by overflow_stack $thread" \
    'double fault: the stack ended at c0380' 'why: the guard page below the stack of thread 1: a stack overflow'
provoke 2 fault-thread-above "write_above_thread $thread" 'write to c0387000' 'why: the guard page above the stack of thread 1$'
provoke 21 fault-no-gate "write_null fault_without_gate $top" 'double fault: no handler .* page fault at 00000000'
provoke 22 fault-selector "load_wrong_selector $top" 'general protection fault, vector 13, by selector 0050 of the GDT'
provoke 23 fault-divide "divide_by_zero $top" 'divide error, vector 0'
provoke 23 fault-opcode "run_invalid_opcode $top" 'invalid opcode, vector 6'
provoke 23 fault-interrupt "take_unexpected_interrupt $top" 'unexpected interrupt, vector 42'
provoke 23 fault-lost-frames 'lose_frames ' 'lost: no frame is at 12345678'

# A triple fault has no report. What QEMU tells of a second boot stands in for it.
provoke 5 triple '' '^boot:     invalid opcode, error 0000, at c0' '^boot:     general protection, error 0032' \
    '^boot:     double fault, error 0000' 'eip=c0' 'cr3=00' 'triple fault or reset: QEMU ended'
if command -v addr2line > /dev/null; then
    [ "$(grep -c 'at c0.* fault_without_handlers at provoke.c:' "$scratch/triple")" -eq 3 ] ||
        fail 'triple: fault_without_handlers is not named for each of its three exceptions'
fi
"$here/last_state" "$kernel" < "$scratch/fault-divide" | grep -q 'did not end in a triple fault' ||
    fail 'last_state finds a triple fault where there is none'

# The names come from the kernel, so they are there with no program to help.
nm -n "$kernel" > "$scratch/names" 2> /dev/null || fail 'nm cannot read the kernel'
at=$(sed -n 's/^kheap:   eip=\(c0[0-9a-f]*\) write_text+0x.*/\1/p' "$scratch/fault-text")
from=$(sed -n 's/^\(c0[0-9a-f]*\) t write_text$/\1/p' "$scratch/names")
offset=$(sed -n 's/.* write_text+0x\([0-9a-f]*\)$/\1/p' "$scratch/fault-text" | head -n 1)
[ "$((16#$at - 16#$from))" -eq "$((16#$offset))" ] ||
    fail "write_text is at $from, and the report has $at as write_text+0x$offset"
test_end 'each fault is reported'
