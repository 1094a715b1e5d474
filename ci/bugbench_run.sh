#!/usr/bin/env bash
# The methods: each runs one bug once, and tells what came of it. To be sourced by ci/bugbench.
#
# A method METHOD is the function run_METHOD TREE SEED, which leaves
#
#   run_rule        the rule that was found broken, or `sanitizer', `crash' or `hang'; empty: missed
#   run_executions  inputs executed until then
#   run_ms          milliseconds until then
#   run_detail      a few words of evidence
# shellcheck disable=SC2034,SC2154 # ci/bugbench has the variables, and reads the results

declare -A method_variant=([corpus]=tool [explore]=tool [libfuzzer]=guided [shadow]=guided
    [random]=random [afl]=afl)

# The longest input: as ci/verify has it.
readonly bug_bytes_max=300
# An input that takes longer than this hangs.
readonly bug_hang_seconds=10

# Prints why a method cannot run on this tree, or nothing.
why_not_method()
{
    case $1 in
        explore)
            build/bin/kheap explore --help > /dev/null 2>&1 || printf 'the tool has no explore'
            ;;
        shadow)
            grep -rqs KHEAP_CHECK fuzz/*.c || printf 'the target does not read KHEAP_CHECK'
            ;;
        afl)
            command -v afl-fuzz > /dev/null && command -v afl-clang-fast > /dev/null ||
                printf 'AFL++ is not installed'
            ;;
    esac
}

# found_in LOG STATUS: what a fuzz target's output says it ended with.
found_in()
{
    local log=$1 status=$2
    run_rule=$(sed -n 's/^kheap: rule \([A-Z][0-9]*\) broken.*/\1/p' "$log" | head -n 1)
    if [[ -n $run_rule ]]; then
        run_detail=$(sed -n 's/^kheap: at operation [0-9]*: //p' "$log" | tail -n 1)
    elif grep -a -q 'ALARM: working on the last Unit\|ERROR: libFuzzer: timeout' "$log"; then
        run_rule=hang
    elif grep -a -q 'runtime error:' "$log"; then
        run_rule=sanitizer
        run_detail=$(sed -n 's/.*runtime error: //p' "$log" | head -n 1)
    elif grep -a -q 'ERROR: AddressSanitizer' "$log"; then
        run_rule=sanitizer
        run_detail=$(sed -n 's/.*ERROR: AddressSanitizer: \([^ ]* on [^ ]*\|[^ ]*\).*/\1/p' "$log" | head -n 1)
    elif ((status != 0)); then
        run_rule=crash
        run_detail=$(grep -a -m 1 -E '^misaligned|^page fault|ERROR: |abort' "$log")
        run_detail=${run_detail:-status $status}
    fi
}

# Replays what is kept; it does not stop at the first input that breaks a rule.
run_corpus()
{
    local log=$1/corpus.log start status
    start=$(clock_ms)
    timeout --foreground -k 5 $((bug_hang_seconds + 20)) "$1/tool" replay --quiet "${inputs[@]}" \
        > "$log" 2> "$1/corpus.err"
    status=$?
    run_ms=$(($(clock_ms) - start))
    run_executions=$(grep -c ' violation rule=' "$log")
    run_rule=$(sed -n 's/.* violation rule=\([A-Z0-9]*\) .*/\1/p' "$log" | sort | uniq -c | sort -rn |
        awk 'NR == 1 { print $2 }')
    run_detail=$(sed -n 's/.* violation rule=\([A-Z0-9]*\) .*/\1/p' "$log" | sort | uniq -c | sort -rn |
        awk '{ printf "%s%s:%d", NR > 1 ? " " : "", $2, $1 }')
    ((status > 1)) || return 0
    if ((status == 124 || status == 137)); then
        run_rule=${run_rule:-hang}
        run_detail+=" hang"
    else
        run_rule=${run_rule:-crash}
        run_detail+=" crash: $(grep -v ' inputs on the ' "$1/corpus.err" | tail -n 1)"
    fi
}

# fuzz TREE SEED PROGRAM [OPTION...]: libFuzzer from nothing.
fuzz()
{
    local tree=$1 seed=$2 program=$3 log start status
    shift 3
    log=$tree/fuzz.log
    rm -rf "$tree/new" && mkdir "$tree/new"
    start=$(clock_ms)
    env ASAN_OPTIONS=symbolize=0:detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=0 \
        timeout --foreground -k 5 $((limit + bug_hang_seconds + 20)) "$program" "-seed=$seed" \
        "-max_total_time=$limit" "-max_len=$bug_bytes_max" "-timeout=$bug_hang_seconds" \
        -dict=fuzz/kheap.dict "-artifact_prefix=$tree/" -print_final_stats=1 "$@" "$tree/new" \
        > "$log" 2>&1
    status=$?
    run_ms=$(($(clock_ms) - start))
    run_executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
    run_executions=${run_executions:-0}
    found_in "$log" "$status"
    if [[ $run_rule == crash ]] && grep -a -q 'ERROR: libFuzzer: out-of-memory' "$log"; then
        run_detail="out of memory"
    fi
    return 0
}

run_libfuzzer()
{
    fuzz "$1" "$2" "$1/guided"
}

# The same inputs and sanitizers, but no invariant is checked: only the shadow model.
run_shadow()
{
    KHEAP_CHECK=shadow fuzz "$1" "$2" "$1/guided"
}

# The same mutator without feedback. Nothing is ever kept, so each input would be one mutation of
# an empty one: it gets a hundred in a row, each of them run.
run_random()
{
    fuzz "$1" "$2" "$1/random" -mutate_depth=100 -reduce_inputs=0
    ! grep -a -q -E ' (cov|ft): ([2-9]|1[0-9])' "$1/fuzz.log" || {
        run_rule=failed
        run_detail="the target gives feedback"
    }
}

run_afl()
{
    local tree=$1 log=$1/afl.log out=$1/afl-out crash status start
    rm -rf "$out" "$tree/afl-in" && mkdir "$tree/afl-in" && printf '\0' > "$tree/afl-in/one"
    start=$(clock_ms)
    env AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1 \
        AFL_BENCH_UNTIL_CRASH=1 AFL_CUSTOM_MUTATOR_LIBRARY="$root/build/afl/bin/libkheap_mutator.so" \
        timeout --foreground -k 5 $((limit + 60)) afl-fuzz -V "$limit" -s "$2" -t $((bug_hang_seconds * 100)) \
        -G "$bug_bytes_max" -x fuzz/kheap.dict -i "$tree/afl-in" -o "$out" -- "$tree/afl" > "$log" 2>&1
    status=$?
    run_ms=$(($(clock_ms) - start))
    run_executions=$(sed -n 's/^execs_done *: *//p' "$out/default/fuzzer_stats" 2> /dev/null)
    crash=$(find "$out/default/crashes" -type f -name 'id*' 2> /dev/null | head -n 1)
    if grep -a -q 'does not crash\|results in a crash' "$log"; then # already the first input
        crash=$tree/afl-in/one
        run_executions=1
    fi
    run_executions=${run_executions:-0}
    if [[ -n $crash ]]; then
        timeout --foreground -k 5 60 "$tree/afl" "$crash" > "$tree/crash.log" 2>&1
        found_in "$tree/crash.log" 1
    elif grep -a -q 'results in a timeout' "$log"; then
        run_rule=hang
    elif ((status != 0)); then
        run_rule=failed
        run_detail=$(sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' "$log" | grep -a -A 1 'PROGRAM ABORT' | tr -d '\n')
        run_detail=${run_detail:-afl-fuzz ended with status $status}
    fi
    return 0
}

# Every sequence of operations up to a length.
run_explore()
{
    local log=$1/explore.log start status
    start=$(clock_ms)
    timeout --foreground -k 5 $((limit + 60)) "$1/tool" explore --seconds "$limit" --jobs 1 \
        --memory 1024 --quiet --output "$1/explore.txt" > "$log" 2>&1
    status=$?
    run_ms=$(($(clock_ms) - start))
    run_rule=$(sed -n 's/.*rule=\([A-Z][0-9]*\).*/\1/p' "$log" | head -n 1)
    if [[ -z $run_rule ]] && ((status == 124 || status == 137)); then
        run_rule=hang
    elif [[ -z $run_rule ]] && ((status != 0)); then
        run_rule=crash
        run_detail="status $status"
    fi
    return 0
}
