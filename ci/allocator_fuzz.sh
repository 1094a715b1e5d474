#!/usr/bin/env bash
# Fuzzing a foreign allocator. To be sourced by ci/allocator.
# shellcheck disable=SC2034,SC2154 # its variables

declare -A pid_logs=() # of what runs

# start_libfuzzer JOB
start_libfuzzer()
{
    libfuzzer_command "$name" "$seconds" "$crashes/" libfuzzer
    spawn "$logs/libfuzzer-$1.log" "${bound[@]}" "${engine_command[@]}" "${stack_options[@]}" \
        -reload=1 "$corpus"
    pid_logs[$spawned]=$logs/libfuzzer-$1.log
}

# start_afl JOB JOBS
start_afl()
{
    local role=-S
    (($1 > 1)) || role=-M
    afl_command "$role" "$1" "$logs/minimised" "$2" "$(nproc)"
    spawn "$logs/afl-$1.log" "${bound[@]}" env AFL_BENCH_UNTIL_CRASH=1 "${engine_command[@]}" \
        -V "$seconds" -- "$(afl_program afl)"
    pid_logs[$spawned]=$logs/afl-$1.log
}

# With both, each has half of the cores.
start_engines()
{
    local job jobs
    jobs=$(nproc)
    for engine in "${engines[@]}"; do
        local share=$(((jobs + ${#engines[@]} - 1) / ${#engines[@]}))
        [[ $engine == libfuzzer ]] || share=$((jobs / ${#engines[@]} > 0 ? jobs / ${#engines[@]} : 1))
        for ((job = 1; job <= share; job++)); do
            "start_$engine" "$job" "$share"
        done
    done
}

crash_files()
{
    find "$crashes" -type f -newer "$logs/started" ! -name 'slow-unit-*'
}

describe_fuzzing()
{
    local left=$((seconds - $1)) executions=0 operations=0
    for engine in "${engines[@]}"; do
        read_stats "$engine"
        executions=$((executions + stats_executions))
        operations=$((operations + stats_operations))
    done
    describe_text="fuzzing: no time left, "
    ((left <= 0)) || describe_text="fuzzing: $(duration "$left") left, "
    describe_text+="$(thousands "$executions") executions, $(thousands "$operations") operations"
}

# Until the time is over, or one of them has something. Returns 1 if they do not come to an end.
await_engines()
{
    local start=$SECONDS pid
    while any_running "${!pid_logs[@]}"; do
        for pid in "${!pid_logs[@]}"; do
            any_running "$pid" || { engine_ended "$pid" && return 0; }
        done
        ((SECONDS - start <= seconds + 120)) || return 1
        describe_fuzzing $((SECONDS - start))
        progress "$describe_text"
        sleep 0.2
    done
    for pid in "${!pid_logs[@]}"; do
        engine_ended "$pid"
    done
    return 0
}

# Returns 0 if it ended because of what it has found.
engine_ended()
{
    local log=${pid_logs[$1]} status
    unset "pid_logs[$1]"
    reap "$1"
    status=$?
    collect_afl_crashes
    [[ -z $(crash_files) ]] || return 0
    ((status == 0)) || fail "an engine ended with status $status" "$log"
    return 1
}

note_engines()
{
    for engine in "${engines[@]}"; do
        read_stats "$engine"
        figure[$engine.executions]=$stats_executions
        figure[$engine.operations]=$stats_operations
        figure[$engine.seconds]=$1
        [[ $engine != afl ]] || figure[afl.stability]=$(lowest_stability "$logs/afl")
        printf '  %s: %s executions, %s operations checked%s\n' "$engine" \
            "$(thousands "$stats_executions")" "$(thousands "$stats_operations")" \
            "${figure[$engine.stability]:+, stability ${figure[$engine.stability]} %}"
        ((stats_executions > 0)) || fail "$engine executed nothing" "$logs/$engine-1.log"
    done
}

prepare_afl()
{
    build_allocator_afl
    minimise_corpus "$logs/minimised" ||
        die "the corpus could not be minimised" "$logs/merge-minimised.log"
    mkdir -p -- "$logs/afl"
}

step_fuzz()
{
    local start
    heading "fuzz: ${engines[*]}, $(duration "$seconds")"
    ulimit -c 0
    fill_working_corpus
    merge_leftovers
    ! has_engine afl || prepare_afl
    touch -- "$logs/started"
    start=$SECONDS
    start_engines
    await_engines || fail "an engine did not stop in time"
    progress_end
    end_children
    collect_afl_crashes
    note_engines $((SECONDS - start))
    ! has_files "$logs/afl" || merge afl "$logs"/afl/*/queue
    rm -rf -- "$logs/afl" "$logs/minimised"
    judge_crashes
}
