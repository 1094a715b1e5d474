#!/usr/bin/env bash
# Each mistake ends with its own report: the kind, the block or variable, who did it, and who
# allocated and freed the block; and exactly what was asked for is open.
# usage: boot/asan/asan_test.sh KERNEL
set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd) || exit 1
kernel=$1
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
failures=0

fail()
{
    echo "asan_test: $1"
    failures=$((failures + 1))
}

boot()
{
    "$here/../run" --kernel "$kernel" --timeout 60 --append "$@" > "$out" 2>&1 < /dev/null
}

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

# expect WORD KIND FUNCTION ACCESS PLACE DISTANCE [ALLOCATOR [FREER]]: DISTANCE is that of the access
# from the start of what it was meant for.
expect()
{
    local word=$1 kind=$2 function=$3 access=$4 place=$5 distance=$6 status
    local before=$failures
    boot "asan-$word"
    status=$?
    [ "$status" -eq 20 ] || fail "$word: status $status, expected 20"
    grep -q "^kheap: AddressSanitizer: $kind\$" "$out" || fail "$word: not reported as $kind"
    expect_text "$word" "$access at [0-9a-f]{8}"
    expect_text "$word" "$place at [0-9a-f]{8}.*"
    local found=$((16#0$(address_of "$access") - 16#0$(address_of "$place")))
    [ "$found" -eq "$distance" ] || fail "$word: at offset $found, expected $distance"
    [ "$(caller_of 'accessed by')" = "$function" ] || fail "$word: not accessed by $function"
    [ "$(caller_of 'allocated by')" = "${7:-}" ] || fail "$word: not allocated by '${7:-}'"
    [ "$(caller_of 'freed by')" = "${8:-}" ] || fail "$word: not freed by '${8:-}'"
    [ "$failures" -eq "$before" ] && echo "ok: $word: $kind, $access, $place, by $function" && return
    cat "$out"
}

block='the block of 13 bytes'
expect overflow-write heap-buffer-overflow provoke_overflow_write 'write of 1 byte' \
    "1 byte past the end of $block" 13 block_make
expect overflow-read heap-buffer-overflow provoke_overflow_read 'read of 1 byte' \
    "1 byte past the end of $block" 13 block_make
expect overflow-word heap-buffer-overflow provoke_overflow_word 'read of 2 bytes' \
    "1 byte past the end of $block" 12 block_make
expect overflow-copy heap-buffer-overflow provoke_overflow_copy 'write of 15 bytes' \
    "2 bytes past the end of $block" 0 block_make
expect overflow-reused heap-buffer-overflow provoke_overflow_reused 'write of 1 byte' \
    '1 byte past the end of the block of 24 bytes' 24 provoke_overflow_reused
expect underflow-write heap-buffer-underflow provoke_underflow_write 'write of 1 byte' \
    "1 byte before the start of $block" -1 block_make
expect underflow-read heap-buffer-underflow provoke_underflow_read 'read of 1 byte' \
    "1 byte before the start of $block" -1 block_make
expect use-after-free heap-use-after-free provoke_use_after_free 'read of 1 byte' \
    '12 bytes into the freed block of 13 bytes' 12 block_make block_drop
expect stack-overflow stack-buffer-overflow provoke_stack_overflow 'write of 1 byte' \
    "1 byte past the end of the variable 'stack_bytes' of 13 bytes" 13
expect use-after-scope stack-use-after-scope provoke_use_after_scope 'read of 1 byte' \
    "12 bytes into the variable 'scope_bytes' of 13 bytes" 12
expect global-overflow global-buffer-overflow provoke_global_overflow 'read of 1 byte' \
    "1 byte past the end of the global 'global_bytes' of 13 bytes" 13
expect core-access core-access-past-the-seam provoke_core_read 'read of 1 byte' \
    "0 bytes into $block" 0 block_make
expect core-frame core-access-past-the-seam provoke_core_read 'read of 1 byte' \
    'the frame, free or the core.s,' 0

# The core itself reports a double free; the backtraces are this kernel's.
boot asan-double-free
status=$?
before=$failures
[ "$status" -eq 20 ] || fail "double-free: status $status, expected 20"
grep -q '^kheap: AddressSanitizer: double-free$' "$out" || fail "double-free: not reported as one"
expect_text double-free '0 bytes into the freed block of 13 bytes at [0-9a-f]{8}'
for heading in 'called by' 'freed by'; do
    [ "$(caller_of "$heading")" = block_drop ] || fail "double-free: not $heading block_drop"
done
[ "$(caller_of 'allocated by')" = block_make ] || fail "double-free: not allocated by block_make"
first=$(grep -A 2 '^kheap:   freed by$' "$out" | grep -c 'provoke_double_free')
[ "$first" -eq 1 ] || fail "double-free: not freed by provoke_double_free"
if [ "$failures" -eq "$before" ]; then
    echo "ok: double-free: with both backtraces"
else
    cat "$out"
fi

boot asan-exact
status=$?
if [ "$status" -eq 0 ]; then
    grep 'exactly the bytes' "$out"
else
    fail "exact: status $status"
    cat "$out"
fi

# 12 MiB: the shadow's pages end before the frames do.
boot asan-full --memory 12
status=$?
if [ "$status" -eq 8 ] && grep 'too little memory for AddressSanitizer' "$out"; then
    echo "ok: full: status 8"
else
    fail "full: status $status, expected 8 and a message"
    cat "$out"
fi
if [ "$failures" -ne 0 ]; then
    echo "asan_test: $failures failures"
    exit 1
fi
