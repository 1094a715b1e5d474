#!/usr/bin/env bash
# What ci/bench does when it cannot do its job, and that it does it: a quick run has all figures.
# usage: ci/bench_test.sh failures|smoke
set -u -o pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 1
root=$(cd -- "$here/.." && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "$here/test_common.sh" || exit 1
shown=("$scratch/out" "$scratch/err")
players=$root/build/bench/bin
# Figures that somebody has measured stay where they are.
bench=("$here/bench" --results "$scratch/results")

# expect STATUS TEXT PROGRAM ARGUMENT...: wants the status, and the text on standard error.
expect()
{
    local status=$1 text=$2 found
    shift 2
    (cd -- "$scratch" && exec "$@") > "$scratch/out" 2> "$scratch/err" < /dev/null
    found=$?
    [[ $found -eq $status ]] || fail "$*: status $found, expected $status"
    [[ -z $text ]] || grep -q -F -- "$text" "$scratch/err" || fail "$*: does not say: $text"
}

bad_arguments()
{
    expect 2 'unknown option: --frobnicate' "${bench[@]}" --frobnicate
    expect 2 '--rounds takes 1 to 99, not: 0' "${bench[@]}" --rounds 0
    expect 2 '--rounds needs a value' "${bench[@]}" --rounds
    expect 2 'no regular expression: [' "${bench[@]}" --filter '['
    expect 2 '--arch takes i386, x86-64 or both, not: arm' "${bench[@]}" --arch arm
    expect 2 'no such way: tea' "${bench[@]}" --ways time,tea
    expect 2 '--limit takes a number of seconds, not: long' "${bench[@]}" --limit long
    expect 2 '--peer takes NAME=FILE' "${bench[@]}" --peer tea
    expect 2 'there is a heap of that name: glibc' "${bench[@]}" --peer glibc=x.c
    expect 3 'there is no directory' "${bench[@]}" --json no-such-directory/x.json
}

# A root in which there is nothing to build with.
missing_tools()
{
    local tool
    mkdir -p -- "$scratch/bare/ci" "$scratch/tools"
    cp -- "$here/bench" "$here"/bench_*.sh "$here/lib.sh" "$scratch/bare/ci/"
    for tool in bash cat dirname flock mkdir sed; do
        ln -s -- "$(command -v "$tool")" "$scratch/tools/$tool"
    done
    expect 3 'not installed: cmake (run ci/setup)' env "PATH=$scratch/tools" "$scratch/bare/ci/bench"
}

bad_inputs()
{
    local trace=$root/corpus/traces/kern_make.trace
    expect 3 'no-such.c cannot be read (--peer mine)' "${bench[@]}" --arch x86-64 --peer mine=no-such.c
    expect 3 'nothing is left to be measured' "${bench[@]}" --arch x86-64 --filter no-such-heap
    expect 3 'no-such-file cannot be read' "${bench[@]}" --report no-such-file
    echo 'figure i386 glibc trace/kern_make time.cpu_ns tea' > "$scratch/damaged"
    expect 3 'line 1 is not understood' "${bench[@]}" --report damaged

    expect 2 'takes a way of measuring and a load' "$players/bench-glibc" time
    expect 2 'no such way of measuring: tea' "$players/bench-glibc" tea sawtooth
    expect 2 '--limit takes a number of seconds, not: x' "$players/bench-glibc" --limit x time sawtooth
    expect 3 'no-such.trace: No such file' "$players/bench-glibc" time no-such.trace
    expect 3 'not live:1 to live:2000000' "$players/bench-glibc" time live:0
    head -c 100000 "$trace" > "$scratch/cut.trace"
    expect 3 'packed trace: cut off' "$players/bench-glibc" time cut.trace
    expect 5 'does not count accesses' "$players/bench-glibc" cost sawtooth
    expect 5 'never frees' "$players/bench-bump" footprint sawtooth
}

# Heaps that do what no heap must: one hands out the same bytes twice, one has no memory.
bad_heaps()
{
    cat > "$scratch/twice.c" << 'END'
#include "bench/peer.h"
static uint8_t bytes[1 << 16];
static void *alloc(size_t size) { (void)size; return bytes; }
static void release(void *at) { (void)at; }
const struct peer peer = {.name = "twice", .alloc = alloc, .release = release};
END
    sed 's/return bytes/return NULL/' "$scratch/twice.c" > "$scratch/empty.c"
    expect 1 'a block was changed while it was allocated' "${bench[@]}" --quick --arch x86-64 \
        --filter 'twice trace/kern_make' --ways footprint --peer twice=twice.c
    expect 1 'a request was refused' "${bench[@]}" --quick --arch x86-64 \
        --filter 'empty trace/kern_make' --peer empty=empty.c
    echo 'no C at all' > "$scratch/broken.c"
    expect 3 'the peer broken could not be built' "${bench[@]}" --arch x86-64 --peer broken=broken.c
}

# It is ended in the middle of its runs, and reports what it has.
interrupted()
{
    local pid tries
    rm -f -- "$scratch/results/raw.txt"
    "${bench[@]}" --rounds 99 --arch x86-64 --filter 'kheap-bins trace/kern_make' --ways time \
        > "$scratch/out" 2> "$scratch/err" < /dev/null &
    pid=$!
    for ((tries = 0; tries < 300; tries++)); do
        [[ ! -s $scratch/results/raw.txt ]] ||
            ! grep -q '^figure' "$scratch/results/raw.txt" || break
        sleep 0.1
    done
    kill -TERM "$pid"
    wait "$pid"
    [[ $? -eq 143 ]] || fail "ended by SIGTERM: status is not 143"
    grep -q 'interrupted, after' "$scratch/err" || fail "does not say that it was interrupted"
    grep -q 'kheap-bins' "$scratch/out" || fail "an interrupted run is not reported"
}

smoke()
{
    local json=$scratch/bench.json
    expect 0 '' "${bench[@]}" --quick --arch i386 --filter '(kheap-bins|glibc) trace/kern_make' \
        --json "$json" --plots "$scratch/plots"
    grep -q 'ns an operation' "$scratch/out" || fail "there is no table of times"
    jq -e '
        .complete == "yes" and (.results | length) == 2 and
        all(.results[];
            .arch == "i386" and .load == "trace/kern_make" and
            (.heap == "glibc" or .heap == "kheap-bins") and
            .figures["time.cpu_ns"].median > 0 and .figures["time.share"].median == 1 and
            .figures["footprint.held_ratio"].median > 1 and
            .figures["footprint.held_ratio"].median < 2 and
            (.["footprint.timeline"] | length) > 100 and .time_ratio_to.glibc > 0)' \
        "$json" > "$scratch/out" || fail "the JSON has not the figures that it must have"
    for plot in speed-i386 footprint-i386-kern_make; do
        grep -q '</svg>' "$scratch/plots/$plot.svg" || fail "there is no plot $plot"
    done
    # Accesses are counted, and no heap that counts them needs none.
    expect 0 '' "${bench[@]}" --arch i386 --filter 'kheap-bins live/1000$' --ways cost --json "$json"
    jq -e '.results[0].figures["cost.alloc_loads"].median > 1 and
        .results[0].figures["cost.free_worst"].median < 220' "$json" > "$scratch/out" ||
        fail "accesses are not counted"
}

case ${1:-} in
    failures)
        : > "$scratch/out"
        bad_arguments
        missing_tools
        bad_inputs
        bad_heaps
        interrupted
        ;;
    smoke) smoke ;;
    *) echo "usage: ci/bench_test.sh failures|smoke" >&2; exit 2 ;;
esac
test_end ok
