#!/usr/bin/env bash
# Crashes of planted bugs, told apart as fuzzing services tell them apart: by the top of the stack.
# To be sourced by ci/services_test.sh, from the repository's root.
# shellcheck disable=SC2034,SC2154 # its variables, and those of ci/bugbench_build.sh

# shellcheck source-path=SCRIPTDIR/..
source ci/lib.sh && source ci/bugbench_bugs.sh && source ci/bugbench_build.sh || return

# Each breaks a rule of its own, found by the seeds.
readonly stack_bugs=(heap-merge-wrong-bin paging-unmap-no-flush refusal-no-rollback)

# Prints the first frame of a stack that is neither the sanitizer's, nor the fuzzer's, nor the C
# library's: by what ClusterFuzz groups crashes.
stack_top()
{
    sed -n 's/^ *#[0-9]* 0x[0-9a-f]* in \([^ (]*\).*/\1/p' "$1" |
        grep -v -E '^(__sanitizer|__asan|__msan|__ubsan|__interceptor|fuzzer::|abort|raise|gsignal|__libc|__restore_rt|__kernel)|^$' |
        head -n 1
}

# test_stacks NAME: plants the bugs in the build that is set up, and runs its seeds.
test_stacks()
{
    local name=$1 bug rule top tops=() bench=$scratch/planted build=$WORK/kheap-$1 log
    build=$WORK/kheap-$FUZZING_ENGINE-$SANITIZER-$ARCHITECTURE
    planted=yes
    mkdir -p -- "$bench"
    ninja -C "$build" -t commands fuzz_stack > "$bench/service.commands"
    variant_preset[service]=${build#"$root/build/"}
    variant_program[service]=fuzz_stack
    variant_objects[service]=kheap_emulator_feedback_core
    for bug in "${stack_bugs[@]}"; do
        log=$bench/$bug.log
        if ! { plant "$bug" "$bench/$bug" && build_bug "$bug" "$bench/$bug" service; } > "$log" 2>&1; then
            fail "$name: $bug cannot be planted" "$log"
            continue
        fi
        chmod -R a+rX "$bench"
        run_elsewhere "$bench/$bug/service" -runs=0 -artifact_prefix="$scratch/" \
            "$scratch/seeds-fuzz_stack" > "$log" 2>&1 && fail "$name: $bug is not found"
        rule=$(sed -n 's/^kheap: rule \([A-Z0-9]*\) broken.*/\1/p' "$log")
        top=$(stack_top "$log")
        [[ -n $rule && $top == "kheap_broken_$rule" ]] ||
            fail "$name: $bug breaks ${rule:-no rule}, and its stack starts in: $top" "$log"
        [[ " ${tops[*]} " != *" $top "* ]] || fail "$name: $bug is in the group of another: $top"
        tops+=("$top")
        printf '  %s: in the group %s\n' "$bug" "$top"
    done
}
