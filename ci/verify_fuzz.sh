#!/usr/bin/env bash
# The fuzzers. To be sourced by ci/verify.
# shellcheck disable=SC2154 # its variables

engine= # the one that runs
engine_start_ms=0
warm_ms=0 # when all its processes had read the corpus, 0 before that, and how far they were
warm_executions=0
part_seconds=0
readonly parts=(paging frames window32) # the targets beside the main one

# --- what an engine does ---

# True once every process of the engine has read the corpus.
started_all()
{
    local count
    count=$(cat -- "$logs/$engine"-stack-*.log |
        grep -a -c -E 'INITED +cov:|All set and ready to roll')
    ((count >= jobs))
}

describe_fuzzing()
{
    local left
    read_stats "$engine"
    if ((warm_ms == 0)) && started_all; then
        warm_ms=$(clock_ms)
        warm_executions=$stats_executions
    fi
    if ((warm_ms == 0)); then
        describe_text="$engine: $(duration "$1"), reading the corpus"
        return
    fi
    left=$((seconds - ($(clock_ms) - warm_ms) / 1000))
    describe_text="$engine: $(duration "$1"), $(duration $((left > 0 ? left : 0))) left, "
    describe_text+="$(thousands "$stats_executions") executions, "
    describe_text+="$(thousands "$stats_operations") operations checked"
}

# What an engine's run came to. Its rate is that of the time after it had read the corpus.
note_engine()
{
    local now_ms
    now_ms=$(clock_ms)
    read_stats "$engine"
    figure[$engine.executions]=$stats_executions
    figure[$engine.operations]=$stats_operations
    figure[$engine.seconds]=$(ratio $((now_ms - engine_start_ms)) 1000 1)
    figure[$engine.cores]=$cores
    figure[$engine.rate]=0
    ((warm_ms == 0)) || figure[$engine.rate]=$(ratio \
        $(((stats_executions - warm_executions) * 1000)) $(((now_ms - warm_ms) * cores)) 0)
    ((stats_executions > 0)) || fail "$engine executed nothing" "$logs/$engine-stack-*.log"
}

# --- libFuzzer ---

# start_libfuzzer TARGET JOB SECONDS CORPUS [OPTION...]
start_libfuzzer()
{
    local target=$1 job=$2 limit=$3 from=$4
    shift 4
    mkdir -p -- "$logs/new/$target-$job" "$from"
    libfuzzer_command "$target" "$limit" "$(crashes_of "$target")" libfuzzer
    spawn "$logs/libfuzzer-$target-$job.log" "${engine_command[@]}" "$@" \
        "$logs/new/$target-$job" "$from"
}

# reap_libfuzzer PID LOG: one that ends with an error has left an artifact, or could not work.
reap_libfuzzer()
{
    local status
    reap "$1"
    status=$?
    ((status == 0)) || grep -a -q 'Test unit written to' -- "$2" ||
        fail "libFuzzer ended with status $status" "$2"
}

fuzz_libfuzzer()
{
    local job pids=()
    for ((job = 1; job <= jobs; job++)); do
        start_libfuzzer stack "$job" "$seconds" "$corpus" "${stack_options[@]}"
        pids[job]=$spawned
    done
    watch describe_fuzzing $((seconds + 120)) "${pids[@]}" ||
        fail "libFuzzer did not stop in time" "$logs/libfuzzer-stack-1.log"
    for job in "${!pids[@]}"; do
        reap_libfuzzer "${pids[job]}" "$logs/libfuzzer-stack-$job.log"
    done
    note_engine
    merge libfuzzer "$logs"/new/stack-*
}

# --- AFL++ ---

# start_afl JOB DIRECTORY
start_afl()
{
    local role=-S
    (($1 > 1 || jobs == 1)) || role=-M
    afl_command "$role" "$1" "$2" "$jobs" "$cores"
    spawn "$logs/afl-stack-$1.log" "${engine_command[@]}" -V "$seconds" -- build/afl/bin/fuzz_stack
}

# reap_afl PID LOG
reap_afl()
{
    local status
    reap "$1"
    status=$?
    ((status != 0)) || return
    fail "AFL++ ended with status $status" "$2"
    sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' "$2" | grep -a -A 1 'PROGRAM ABORT' | sed 's/^/    /'
}

# Below 100 % verdicts mean nothing.
note_stability()
{
    local lowest
    lowest=$(lowest_stability "$logs/afl")
    if [[ -z $lowest ]]; then
        fail "AFL++ reports no stability" "$logs/afl-stack-1.log"
        return
    fi
    figure[afl.stability]=$lowest
    [[ $lowest == 100.00 ]] ||
        fail "AFL++ reports a stability of $lowest %" "$logs/afl-stack-1.log"
}

# What AFL++ tells of its way goes beside the logs, as its own directory is not kept: what it noted
# every few seconds, in the first minute nothing; and the names of its inputs, which say when and at
# which execution each was found.
keep_plots()
{
    local job from
    for ((job = 1; job <= jobs; job++)); do
        from=$logs/afl/job$job
        [[ ! -f $from/plot_data ]] || cp -- "$from/plot_data" "$logs/afl-stack-$job.plot"
        [[ ! -d $from/queue ]] ||
            find "$from/queue" -type f -name 'id:*' -printf '%f\n' | sort \
                > "$logs/afl-stack-$job.queue"
    done
}

# AFL++ tries each input of its directory several times before it starts: it gets few.
fuzz_afl()
{
    local job pids=() from=$logs/minimised
    if ! minimise_corpus "$from"; then
        fail "the working corpus could not be minimised" "$logs/merge-minimised.log"
        from=$corpus
    fi
    rm -rf -- "$logs/afl"
    mkdir -p -- "$logs/afl"
    for ((job = 1; job <= jobs; job++)); do
        start_afl "$job" "$from"
        pids[job]=$spawned
    done
    watch describe_fuzzing $((seconds + 120 + $(find "$from" -type f | wc -l) / 10)) "${pids[@]}" ||
        fail "AFL++ did not stop in time" "$logs/afl-stack-1.log"
    for job in "${!pids[@]}"; do
        reap_afl "${pids[job]}" "$logs/afl-stack-$job.log"
    done
    note_engine
    note_stability
    keep_plots
    collect_afl_crashes
    if has_files "$logs/afl"; then
        merge afl "$logs"/afl/*/queue && rm -rf -- "$logs/afl"
    fi
    rm -rf -- "$logs/minimised"
}

# --- the targets beside the main one: parts against models, the stack in an i386 process ---

describe_parts()
{
    local left=$((part_seconds - $1))
    describe_text="${parts[*]}: $(duration "$1"), "
    describe_text+="$(duration $((left > 0 ? left : 0))) left"
}

watch_parts()
{
    watch describe_parts $((part_seconds + 120)) "$@" ||
        fail "libFuzzer did not stop in time" "$logs/libfuzzer-${parts[0]}-1.log"
}

start_part()
{
    mkdir -p -- "$(crashes_of "$1")"
    if [[ $1 == window32 ]]; then
        start_libfuzzer window32 1 "$part_seconds" "$corpus" "${stack_options[@]}"
    else
        start_libfuzzer "$1" 1 "$part_seconds" "build/corpus/$1" "-max_len=$part_bytes_max"
    fi
}

# Takes over what a part found.
merge_part()
{
    if [[ $1 == window32 ]]; then
        merge_with stack window32 "$corpus" "$logs/new/window32-1"
    else
        merge_with "$1" "$1" "build/corpus/$1" "$logs/new/$1-1"
    fi
}

# note_part PART PID
note_part()
{
    local part=$1 log=$logs/libfuzzer-$1-1.log executions
    reap_libfuzzer "$2" "$log"
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
    figure[$part.executions]=${executions:-0}
    figure[$part.seconds]=$part_seconds
    if merge_part "$part"; then
        rm -rf -- "$logs/new/$part-1"
    fi
    printf '  fuzz_%s: %s executions\n' "$part" "$(thousands "${figure[$part.executions]}")"
}

# As many at the same time as there may be jobs.
fuzz_parts()
{
    local part running=()
    local -A pids=()
    part_seconds=$((seconds < 30 ? 5 : seconds / 6))
    for part in "${parts[@]}"; do
        start_part "$part"
        pids[$part]=$spawned
        running+=("$spawned")
        ((${#running[@]} < jobs)) && continue
        watch_parts "${running[@]}"
        running=()
    done
    ((${#running[@]} == 0)) || watch_parts "${running[@]}"
    for part in "${parts[@]}"; do
        note_part "$part" "${pids[$part]}"
    done
}

# --- all of it ---

step_fuzz()
{
    heading "fuzz: ${engines[*]}, $(duration "$seconds") each, $jobs at once"
    ulimit -c 0
    touch -- "$logs/started"
    fill_working_corpus
    merge_leftovers
    replay_kept
    for engine in "${engines[@]}"; do
        rm -f -- "$logs/$engine.stats"
        engine_start_ms=$(clock_ms)
        warm_ms=0
        "fuzz_$engine"
        printf '  %s: %s executions, %s operations checked, ' "$engine" \
            "$(thousands "${figure[$engine.executions]}")" \
            "$(thousands "${figure[$engine.operations]}")"
        printf '%s new files, %s new edges, %s new features\n' "${figure[$engine.new_files]:-0}" \
            "${figure[$engine.new_edges]:-0}" "${figure[$engine.new_features]:-0}"
        check_disk
    done
    ! has_engine libfuzzer || fuzz_parts
    list_crashes
    figure[corpus.files]=$(find "$corpus" -type f | wc -l)
}
