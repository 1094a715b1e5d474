#!/usr/bin/env bash
# The heap holds under interrupts and threads, and a heap without its lock is caught.
# usage: boot/stress_test.sh run|asan|icount KERNEL
#        boot/stress_test.sh unlocked KERNEL KHEAP INPUT
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "${BASH_SOURCE[0]%/*}/test_common.sh" || exit 3
case=$1
kernel=$2

# stress KERNEL WORDS OPTION...: runs the stress mode with WORDS on the command line.
stress()
{
    local kernel=$1 words=$2
    shift 2
    boot --kernel "$kernel" --append "stress $words" "$@"
}

# passes WORDS OPTION...: no violation, and a summary.
passes()
{
    stress "$kernel" "$@"
    if [ "$status" -ne 0 ] || ! grep -q '^kheap: stress, 0 violations, [0-9]* operations$' "$scratch/out"; then
        fail "boot/run --append 'stress $*': status $status"
        return 1
    fi
    echo "ok: $*: $(tail -n 1 "$scratch/out")"
}

# at_least NUMBER WORDS: a number not less stands before WORDS in what was printed.
at_least()
{
    local found
    found=$(sed -n "s/.*[ :]\([0-9][0-9]*\) $2.*/\1/p" "$scratch/out" | sort -n | head -n 1)
    [ "${found:-0}" -ge "$1" ] || fail "${found:-no number} before '$2', expected $1 at least"
}

# Whether the host gives QEMU its processor for so many interrupts a second is not looked at here.
run_case()
{
    passes 'seconds=4' && {
        at_least 100 'nested'
        at_least "$(sed -n 's/.* \([0-9]*\) provoked.*/\1/p' "$scratch/out")" 'spurious'
        at_least 10 'provoked'
        at_least 200 'of them preemptions'
        at_least 100 'frames given back'
        at_least 50 'times'
        at_least 100 'kmalloc_aligned'
        at_least 100 'krealloc'
        grep -q 'at most [23] deep' "$scratch/out" || fail "no interrupt inside another's handler"
        grep -q '^stress: threads: .* 0 refused$' "$scratch/out" || fail "requests were refused"
    }
    # Frames run out, and are given back, all the time.
    passes 'ticks=3000 frames=60 seed=2' && at_least 1 'refused'
    passes 'ticks=3000 first-fit threads=8 seed=3'
}

# The kernel under AddressSanitizer: no access of a thread's or handler's is to what is not its own.
asan_case()
{
    passes 'ticks=4000 seed=4' && at_least 500 'nested'
}

# In the guest's own time, more than 1,000 interrupts come in a second, however long the rules are
# checked with interrupts disabled; and it is the very same run again, but for another seed.
icount_case()
{
    local run
    for run in 1 2 3; do
        passes "seconds=1 seed=$((run / 2))" --icount-shift 3 || return
        at_least 1000 'a second'
        grep '^stress: [^0-9]' "$scratch/out" > "$scratch/counts.$run"
    done
    cmp "$scratch/counts.2" "$scratch/counts.3" || fail "two runs of one seed differ"
    ! cmp -s "$scratch/counts.1" "$scratch/counts.2" || fail "two seeds give the same run"
}

# Kernels without the lock, or without it in one file of the core, work as long as nothing interrupts
# them, and are caught where something does, each within a minute and with every seed.
unlocked_case()
{
    local kheap=$1 input=$2 part unlocked seed
    "$kheap" import "$input" "$scratch/input.ops" > /dev/null || exit 1
    for part in core kmalloc kfree krealloc reclaim; do
        unlocked=${kernel%.elf}-unlocked-$part.elf
        expect_boot 0 '1 ok' --kernel "$unlocked" "$scratch/input.ops"
        for seed in 1 2 3; do
            stress "$unlocked" "seconds=60 seed=$seed" --timeout 60
            if [ "$status" -ne 1 ] && [ "$status" -ne 2 ]; then
                fail "$part without its lock, seed $seed, is not caught: status $status"
            else
                echo "caught: $part, seed $seed: $(grep -A 1 ' at tick ' "$scratch/out" | paste -s -d ' ')"
            fi
        done
    done
}

shift 2
"${case}_case" "$@"
test_end "$case"
