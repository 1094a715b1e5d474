#!/usr/bin/env bash
# The engines of ci/fuzz: started, and started again when a turn ends or something crashes. To be
# sourced by it.
# shellcheck disable=SC2034,SC2154 # its variables

# Half of the jobs are libFuzzer's. The first of them is shared by its targets, in turns; the others
# run the main target all the time.
readonly libfuzzer_jobs=$(((jobs + 1) / 2))
readonly afl_jobs=$((jobs / 2))
readonly -A turn_lengths=([window32]=2 [paging]=1 [frames]=1)
readonly turn_length_main=5
turns=() # the targets whose programs are there

# Of each job, libfuzzer-N or afl-N: its process (nothing if there is none), when it started, how
# often in a row it ended soon, when it may start again; of libFuzzer's its target, its place among
# the turns, and the end of its turn.
declare -A job_pid=() job_start=() job_failures=() job_again=()
declare -A job_target=() job_turn=() job_until=()

# What was started ends with this shell, however that ends.
bound=(setpriv --pdeathsig KILL --)

# --- libFuzzer ---

find_turns()
{
    local target
    for target in "${targets[@]}"; do
        if [[ -x $(libfuzzer_program "$target") ]]; then
            turns+=("$target")
        else
            printf '  fuzz_%s is left out: it is not built\n' "$target"
        fi
    done
    [[ ${turns[0]:-} == "$main_target" && -x $(merge_program "$main_target") && -x $tool ]] ||
        die "${tool##*/}, or fuzz_$main_target of libFuzzer, is not built"
}

# Sets the job's next target, and how long it has its turn.
next_turn()
{
    local job=$1 length=$turn_length_main
    if [[ $job == libfuzzer-1 ]]; then
        job_turn[$job]=$(((${job_turn[$job]:--1} + 1) % ${#turns[@]}))
        job_target[$job]=${turns[job_turn[$job]]}
    else
        job_target[$job]=$main_target
    fi
    [[ ${job_target[$job]} == "$main_target" ]] || length=${turn_lengths[${job_target[$job]}]}
    job_until[$job]=$((SECONDS + turn * length))
}

start_libfuzzer_job()
{
    local job=$1 target=${job_target[$1]} from=$corpus options=("${stack_options[@]}")
    if is_part "$target"; then
        from=$(corpus_of "$target")
        options=("-max_len=$part_bytes_max")
    fi
    mkdir -p -- "$work/crashes/$target"
    libfuzzer_command "$target" "$((job_until[$job] - SECONDS))" "$work/crashes/$target/" \
        "libfuzzer-$target"
    spawn "$logs/$job.log" "${bound[@]}" "${engine_command[@]}" "${options[@]}" -reload=1 "$from"
}

# Adds up what a process of libFuzzer did that has ended.
note_libfuzzer_end()
{
    local log=$logs/$1.log target=${job_target[$1]}
    taken_before=$((taken_before + $(taken_by_libfuzzer "$log")))
    # The others count in files that their processes share.
    ! is_part "$target" ||
        figure[$target.executions]=$((${figure[$target.executions]} + $(executions_told "$log")))
    figure[$target.seconds]=$((${figure[$target.seconds]} + SECONDS - job_start[$1]))
}

# The executions that a process of libFuzzer last told of.
executions_told()
{
    local count
    count=$(sed -n 's/^stat::number_of_executed_units: *//p; s/^#\([0-9]*\)\t.*/\1/p' "$1" |
        tail -n 1)
    printf '%d' "${count:-0}"
}

# libfuzzer_ended JOB STATUS: its turn is over, or it has crashed. One that ends while it reads the
# corpus has found a crash in there.
libfuzzer_ended()
{
    local log=$logs/$1.log
    note_libfuzzer_end "$1"
    if (($2 == 0)); then
        job_failures[$1]=0
        job_again[$1]=0
        next_turn "$1"
        return
    fi
    figure[libfuzzer.restarts]=$((${figure[libfuzzer.restarts]} + 1))
    if grep -a -q 'Test unit written to' "$log"; then
        grep -a -q 'INITED' "$log" || evict_crashing
    else
        cp -f -- "$log" "$log.failed"
        fail "libFuzzer ended with status $2" "$log.failed"
    fi
}

# --- AFL++ ---

# AFL++ tries each input of its directory several times before it starts: it gets few, and is offered
# what libFuzzer has found beyond them.
prepare_afl()
{
    if ! minimise_corpus "$logs/minimised"; then
        fail "the corpus could not be minimised" "$logs/merge-minimised.log"
        cp -r -- "$corpus/." "$logs/minimised"
    fi
    mkdir -p -- "$afl_from_libfuzzer"
    share_to_afl "$work/share.mark"
}

# The first job is AFL++'s main one even where it is alone: that one looks for what libFuzzer has
# found more often. The last follows comparisons as well, by a build of its own.
start_afl_job()
{
    local number=${1#*-} role=-S options=(-t 2000) cmplog
    cmplog=$(afl_program afl-cmplog)
    ((number > 1)) || role=-M
    rm -rf -- "$logs/afl/job$number"
    ((number < afl_jobs)) || [[ ! -x $cmplog ]] || options+=(-c "$cmplog")
    afl_command "$role" "$number" "$logs/minimised" "$afl_jobs" "$cores"
    spawn "$logs/$1.log" "${bound[@]}" env AFL_SYNC_TIME=1 AFL_IMPORT_FIRST=1 \
        "${engine_command[@]}" "${options[@]}" -- "$(afl_program afl)"
}

# afl_ended JOB STATUS: it does not end by itself.
afl_ended()
{
    share_finds_now
    collect_crashes
    figure[afl.restarts]=$((${figure[afl.restarts]} + 1))
    cp -f -- "$logs/$1.log" "$logs/$1.log.failed"
    fail "AFL++ ended with status $2" "$logs/$1.log.failed"
}

# --- both ---

start_job()
{
    case $1 in
        libfuzzer-*) start_libfuzzer_job "$1" ;;
        afl-*) start_afl_job "$1" ;;
    esac
    job_pid[$1]=$spawned
    job_start[$1]=$SECONDS
}

# A job that ends soon after its start waits a little before the next: up to three seconds.
job_ended()
{
    local job=$1 status
    reap "${job_pid[$job]}"
    status=$?
    job_pid[$job]=
    ((SECONDS - job_start[$job] < 60)) || job_failures[$job]=0
    job_failures[$job]=$((job_failures[$job] + 1))
    job_again[$job]=$((SECONDS + (job_failures[$job] < 3 ? job_failures[$job] : 3)))
    "${job%-*}_ended" "$job" "$status"
    ((job_failures[$job] < retries)) || grep -a -q 'Test unit written to' "$logs/$job.log" || {
        result=failed
        reason="$job does not run, see $logs/$job.log"
    }
}

tend_job()
{
    local job=$1 pid=${job_pid[$1]:-}
    if [[ -n $pid ]] && any_running "$pid"; then
        # Reading the corpus, libFuzzer does not look at the time.
        if [[ $job == libfuzzer-* ]] && ((SECONDS > job_until[$job] + 120)); then
            kill -KILL -- "-$pid" 2> /dev/null
        fi
        return
    fi
    [[ -z $pid ]] || job_ended "$job"
    [[ -n $result ]] || ((SECONDS < job_again[$job])) && return
    if [[ $job == libfuzzer-* ]] && ((job_until[$job] <= SECONDS)); then
        next_turn "$job"
    fi
    start_job "$job"
}

start_engines()
{
    local number job
    find_turns
    prepare_afl
    fuzz_start=$SECONDS
    covered_at=$SECONDS
    previous_ms=$(clock_ms)
    for ((number = 1; number <= libfuzzer_jobs; number++)); do
        jobs_all+=("libfuzzer-$number")
        next_turn "libfuzzer-$number"
    done
    for ((number = 1; number <= afl_jobs; number++)); do
        jobs_all+=("afl-$number")
    done
    for job in "${jobs_all[@]}"; do
        job_failures[$job]=0
        job_again[$job]=0
        start_job "$job"
    done
}

jobs_all=()

tend_engines()
{
    local job
    for job in "${jobs_all[@]}"; do
        tend_job "$job"
    done
}

# How many jobs of an engine run.
jobs_running()
{
    local job count=0
    for job in "${jobs_all[@]}"; do
        [[ $job != "$1"-* || -z ${job_pid[$job]:-} ]] || ! any_running "${job_pid[$job]}" ||
            count=$((count + 1))
    done
    printf '%d' "$count"
}

stop_engines()
{
    local job
    for job in "${jobs_all[@]}"; do
        [[ -z ${job_pid[$job]:-} ]] || kill -TERM -- "-${job_pid[$job]}" 2> /dev/null
    done
    end_children
    triage_pid=
    triage_seen=
    for job in "${jobs_all[@]}"; do
        [[ $job != libfuzzer-* || -z ${job_pid[$job]:-} ]] || note_libfuzzer_end "$job"
        job_pid[$job]=
    done
}
