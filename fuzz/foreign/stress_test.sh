#!/usr/bin/env bash
# `stress' of a foreign allocator: one that is for several threads passes, and one that only says so does not.
# usage: fuzz/foreign/stress_test.sh KHEAP-glibc KHEAP-unlocked
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=../../ci/test_common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../../ci/test_common.sh" || exit 3

expect 0 '^stress: glibc: 4 threads, [0-9]{4,} operations, .*, 0 violations$' "$1" stress --seconds 2
# What becomes of it depends on the moment: blocks that overlap, a crash, a call without end, a list that is lost.
expect 1 '^stress: A[0-9]+: ' "$2" stress --seconds 60
expect 2 'takes a number up to 64' "$1" stress --threads 65
test_end 'the C library passes, a heap without a lock does not'
