#!/usr/bin/env bash
# What only sanitizers see in an allocator they report, in the tool and in the fuzz target, and nothing
# else: fuzz/foreign/test_faulty.c.
# usage: fuzz/foreign/sanitizers_test.sh KHEAP-faulty fuzz_faulty
set -u -o pipefail
tool=$1
target=$2
export ASAN_OPTIONS=detect_odr_violation=2 UBSAN_OPTIONS=print_stacktrace=1
# shellcheck source-path=SCRIPTDIR source=../../ci/test_common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../../ci/test_common.sh" || exit 3
shown=("$scratch/log")

# input SIZE: a block of 101 bytes, and one of SIZE.
input()
{
    printf '# kheap\nheap bins 8 300\na 0 101\na 1 %s\nf 0\nf 1\n' "$1" > "$scratch/input.txt"
    "$tool" import "$scratch/input.txt" "$scratch/input.ops" > "$scratch/log" || fail "no input can be made"
}

# reported SIZE PATTERN: both end with a report that has the pattern.
reported()
{
    input "$1"
    "$tool" replay "$scratch/input.ops" > "$scratch/log" 2>&1 && fail "the tool finds nothing at $1"
    grep -q -E "$2" "$scratch/log" || fail "the tool does not report at $1: $2"
    "$target" "$scratch/input.ops" > "$scratch/log" 2>&1 && fail "the target finds nothing at $1"
    grep -q -E "$2" "$scratch/log" || fail "the target does not report at $1: $2"
}

for size in 1 500 1000; do
    input "$size"
    "$tool" replay "$scratch/input.ops" "$scratch/input.ops" > "$scratch/log" 2>&1 || fail "the tool fails at $size"
    grep -q -E 'Sanitizer|runtime error' "$scratch/log" && fail "the tool reports at $size"
    "$target" "$scratch/input.ops" "$scratch/input.ops" > "$scratch/log" 2>&1 || fail "the target fails at $size"
    grep -q -E 'Sanitizer|runtime error' "$scratch/log" && fail "the target reports at $size"
done
for size in 1001 1002 1003 1004 1005; do
    reported "$size" use-after-poison
done
reported 1006 global-buffer-overflow
reported 1007 global-buffer-overflow
reported 1008 'signed integer overflow'
test_end '3 inputs without a report, 8 with theirs'
