#!/usr/bin/env bash
# Each mistake ends with its own report: the kind, the block or variable, who did it, and who
# allocated and freed the block; and exactly what was asked for is open.
# usage: boot/asan/asan_test.sh KERNEL
# shellcheck source-path=SCRIPTDIR/.. source=test_common.sh
source "${BASH_SOURCE[0]%/*}/../test_common.sh" || exit 3
kernel=$1
out=$scratch/out

# The address that ends a line of the report which starts so.
address_of()
{
    sed -n "s/^kheap:   $1.* at \([0-9a-f]\{8\}\).*$/\1/p" "$out" | head -n 1
}

# The function that made the innermost call below a heading.
caller_of()
{
    grep -A 1 "^kheap:   $1\$" "$out" | sed -n 's/^kheap:     #0 [0-9a-f]* \([a-z_]*\)+0x.*$/\1/p'
}

expect_text()
{
    grep -q -E -- "^kheap:   $2\$" "$out" || fail "$1: not in the report: $2"
}

# provoke WORD KIND FUNCTION ACCESS PLACE DISTANCE [ALLOCATOR [FREER]]: DISTANCE is that of the access
# from the start of what it was meant for.
provoke()
{
    local word=$1 kind=$2 function=$3 access=$4 place=$5 distance=$6
    local before=$failures
    boot --kernel "$kernel" --append "asan-$word"
    [ "$status" -eq 20 ] || fail "$word: status $status, expected 20"
    grep -q "^kheap: AddressSanitizer: $kind\$" "$out" || fail "$word: not reported as $kind"
    expect_text "$word" "$access at [0-9a-f]{8}"
    expect_text "$word" "$place at [0-9a-f]{8}.*"
    local found=$((16#0$(address_of "$access") - 16#0$(address_of "$place")))
    [ "$found" -eq "$distance" ] || fail "$word: at offset $found, expected $distance"
    [ "$(caller_of 'accessed by')" = "$function" ] || fail "$word: not accessed by $function"
    [ "$(caller_of 'allocated by')" = "${7:-}" ] || fail "$word: not allocated by '${7:-}'"
    [ "$(caller_of 'freed by')" = "${8:-}" ] || fail "$word: not freed by '${8:-}'"
    [ "$failures" -gt "$before" ] || echo "ok: $word: $kind, $access, $place, by $function"
}

block='the block of 13 bytes'
provoke overflow-write heap-buffer-overflow provoke_overflow_write 'write of 1 byte' \
    "1 byte past the end of $block" 13 block_make
provoke overflow-read heap-buffer-overflow provoke_overflow_read 'read of 1 byte' \
    "1 byte past the end of $block" 13 block_make
provoke overflow-word heap-buffer-overflow provoke_overflow_word 'read of 2 bytes' \
    "1 byte past the end of $block" 12 block_make
provoke overflow-copy heap-buffer-overflow provoke_overflow_copy 'write of 15 bytes' \
    "2 bytes past the end of $block" 0 block_make
provoke overflow-reused heap-buffer-overflow provoke_overflow_reused 'write of 1 byte' \
    '1 byte past the end of the block of 24 bytes' 24 provoke_overflow_reused
provoke underflow-write heap-buffer-underflow provoke_underflow_write 'write of 1 byte' \
    "1 byte before the start of $block" -1 block_make
provoke underflow-read heap-buffer-underflow provoke_underflow_read 'read of 1 byte' \
    "1 byte before the start of $block" -1 block_make
provoke use-after-free heap-use-after-free provoke_use_after_free 'read of 1 byte' \
    '12 bytes into the freed block of 13 bytes' 12 block_make block_drop
provoke stack-overflow stack-buffer-overflow provoke_stack_overflow 'write of 1 byte' \
    "1 byte past the end of the variable 'stack_bytes' of 13 bytes" 13
provoke thread-overflow stack-buffer-overflow provoke_stack_overflow 'write of 1 byte' \
    "1 byte past the end of the variable 'stack_bytes' of 13 bytes" 13
provoke use-after-scope stack-use-after-scope provoke_use_after_scope 'read of 1 byte' \
    "12 bytes into the variable 'scope_bytes' of 13 bytes" 12
provoke global-overflow global-buffer-overflow provoke_global_overflow 'read of 1 byte' \
    "1 byte past the end of the global 'global_bytes' of 13 bytes" 13
provoke core-access core-access-past-the-seam provoke_core_read 'read of 1 byte' \
    "0 bytes into $block" 0 block_make
provoke core-frame core-access-past-the-seam provoke_core_read 'read of 1 byte' \
    'the frame, free or the core.s,' 0

# The core itself reports a double free; the backtraces are this kernel's.
double_free_reported()
{
    local heading
    expect_text "$1" '0 bytes into the freed block of 13 bytes at [0-9a-f]{8}'
    for heading in 'called by' 'freed by'; do
        [ "$(caller_of "$heading")" = block_drop ] || fail "$1: not $heading block_drop"
    done
    [ "$(caller_of 'allocated by')" = block_make ] || fail "$1: not allocated by block_make"
    grep -A 2 '^kheap:   freed by$' "$out" | grep -q 'provoke_double_free' ||
        fail "$1: not freed by provoke_double_free"
    echo "ok: $1: with both backtraces"
}
expect_boot 20 'AddressSanitizer: double-free' --kernel "$kernel" --append asan-double-free
double_free_reported double-free

# Another call comes between that one's start and its report, as an interrupt handler's does. gdb makes it.
expect 20 'AddressSanitizer: double-free' boot_under_gdb "$kernel" 'break kfree' continue continue delete \
    'print ((unsigned (*)(void *, unsigned))__wrap_kmalloc_usable_size)(heap, 0)' continue -- \
    --kernel "$kernel" --append asan-double-free
# shellcheck disable=SC2016 # a dollar of gdb's
grep -q '^$1 = 0$' "$scratch/gdb" || fail 'double-free: gdb has made no call in between'
double_free_reported 'double-free, and a call in between'

expect_boot 0 'exactly the bytes' --kernel "$kernel" --append asan-exact
# 12 MiB: the shadow's pages end before the frames do. 4 MiB, and a module that leaves nothing of them.
expect_boot 8 "too little memory for AddressSanitizer's shadow of this heap" --kernel "$kernel" --append asan-full \
    --memory 12
head -c 1000000 /dev/zero > "$scratch/large"
expect_boot 8 "too little memory for AddressSanitizer's shadow and records" --kernel "$kernel" --memory 4 "$scratch/large"
expect_boot 2 "why: AddressSanitizer's shadow$" --kernel "$kernel" --append fault-shadow
test_end 'each mistake has its report'
