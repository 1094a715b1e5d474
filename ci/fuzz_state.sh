#!/usr/bin/env bash
# What a run of ci/fuzz has come to: its state in one file, its history as JSON lines, and both as
# people read them. To be sourced by it. ci/FUZZING.md tells what the fields mean.
# shellcheck disable=SC2034,SC2154 # its variables

readonly state=$work/state # a figure a line: name, space, value
readonly state_every=3
state_at=-$state_every
history_at= # never yet
started_at=0 # seconds since 1970
fuzz_start=0
taken_before=0   # by processes of libFuzzer that have ended
total_before=0   # executions of earlier runs
covered_at=0     # when something new was covered last
previous_ms=0    # the last look at the engines, for rates
declare -A previous=([libfuzzer]=0 [afl]=0) alive_ms=([libfuzzer]=0 [afl]=0)

# --- figures ---

state_open()
{
    local name
    total_before=$(state_figure total.executions)
    total_before=${total_before:-0}
    started_at=$(printf '%(%s)T' -1)
    for name in {libfuzzer,afl}.{executions,operations,rate,edges,features,offered,taken,restarts} \
        {libfuzzer,afl}.{running,alive_seconds} \
        "${targets[@]/%/.executions}" "${targets[@]/%/.seconds}" corpus.{files,at_start,minimised} \
        crashes.{files,groups,kept}; do
        figure["$name"]=0
    done
    rm -f -- "$logs"/*.stats
    state_opened=yes
    # A line that a killed run has not ended would spoil the next.
    [[ ! -s $work/history.jsonl || -z $(tail -c 1 -- "$work/history.jsonl") ]] ||
        printf '\n' >> "$work/history.jsonl"
}

state_figure()
{
    sed -n "s/^$1 //p" "$state" 2> /dev/null
}

# note_larger NAME VALUE: a figure that only grows; when it does, something new was covered.
note_larger()
{
    ((${2:-0} > ${figure[$1]})) || return 0
    figure[$1]=$2
    covered_at=$SECONDS
}

# What all processes of its targets did together; of a part, those that have ended.
count_libfuzzer()
{
    local target executions=0 operations=0
    for target in "${corpus_targets[@]}"; do
        read_stats "libfuzzer-$target"
        figure[$target.executions]=$stats_executions
        figure[$target.operations]=$stats_operations
        operations=$((operations + stats_operations))
    done
    for target in "${targets[@]}"; do
        executions=$((executions + ${figure[$target.executions]}))
    done
    figure[libfuzzer.executions]=$executions
    figure[libfuzzer.operations]=$operations
}

look_at_libfuzzer()
{
    local job target edges features
    figure[libfuzzer.taken]=$taken_before
    count_libfuzzer
    for job in "${jobs_all[@]}"; do
        [[ $job == libfuzzer-* && -n ${job_pid[$job]:-} ]] || continue
        target=${job_target[$job]}
        figure[libfuzzer.taken]=$((${figure[libfuzzer.taken]} +
            $(taken_by_libfuzzer "$logs/$job.log")))
        if [[ $target == "$main_target" ]]; then
            read -r edges features < <(tail -c 3000 -- "$logs/$job.log" |
                sed -n 's/.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 \2/p' | tail -n 1)
            note_larger libfuzzer.edges "${edges:-0}"
            note_larger libfuzzer.features "${features:-0}"
        elif is_part "$target"; then
            figure[libfuzzer.executions]=$((${figure[libfuzzer.executions]} +
                $(executions_told "$logs/$job.log")))
        fi
    done
}

look_at_afl()
{
    local edges
    read_stats afl
    figure[afl.executions]=$stats_executions
    figure[afl.operations]=$stats_operations
    figure[afl.taken]=$(taken_by_afl)
    edges=$(tail -q -n 1 -- "$logs"/afl/job*/plot_data 2> /dev/null |
        sed -n 's/^[0-9].*, *\([0-9]*\)$/\1/p' | sort -n | tail -n 1)
    note_larger afl.edges "${edges:-0}"
}

# Rates, and for how long each engine was there, of the time since the last look.
look_at_engines()
{
    local engine now_ms past_ms
    now_ms=$(clock_ms)
    past_ms=$((now_ms - previous_ms))
    previous_ms=$now_ms
    look_at_libfuzzer
    look_at_afl
    for engine in libfuzzer afl; do
        figure[$engine.rate]=$(ratio \
            $(((${figure[$engine.executions]} - previous[$engine]) * 1000)) "$past_ms" 0)
        previous[$engine]=${figure[$engine.executions]}
        figure[$engine.running]=$(jobs_running "$engine")
        ((${figure[$engine.running]} == 0)) ||
            alive_ms[$engine]=$((alive_ms[$engine] + past_ms))
        figure[$engine.alive_seconds]=$((alive_ms[$engine] / 1000))
    done
}

# --- what is written ---

# Whole, or as it was before.
state_write()
{
    local name
    figure[run]=$started_at
    figure[updated]=$(printf '%(%s)T' -1)
    figure[process]=$$
    figure[main_target]=$main_target
    figure[result]=${result:-running}
    figure[reason]=$reason
    figure[troubles]=${#troubles[@]}
    figure[elapsed_seconds]=$((fuzz_start > 0 ? SECONDS - fuzz_start : 0))
    figure[limit_seconds]=$seconds
    figure[jobs]=$jobs
    figure[plateau_seconds]=$((SECONDS - covered_at))
    figure[total.executions]=$((total_before + ${figure[libfuzzer.executions]} +
        ${figure[afl.executions]}))
    for name in "${!figure[@]}"; do
        printf '%s %s\n' "$name" "${figure[$name]}"
    done 2> /dev/null | sort > "$state.part" 2> /dev/null && mv -f -- "$state.part" "$state"
}

history_line()
{
    local engine=$1
    json_object time "${figure[updated]}" run "$started_at" engine "\"$engine\"" \
        running "${figure[$engine.running]}" executions "${figure[$engine.executions]}" \
        executions_per_second "${figure[$engine.rate]}" \
        operations "${figure[$engine.operations]}" edges "${figure[$engine.edges]}" \
        features "${figure[$engine.features]}" corpus_files "${figure[corpus.files]}" \
        imports_offered "${figure[$engine.offered]}" imports "${figure[$engine.taken]}" \
        restarts "${figure[$engine.restarts]}" crashes "${figure[crashes.files]}" \
        crash_groups "${figure[crashes.groups]}"
    printf '\n'
}

history_write()
{
    history_at=$SECONDS
    { history_line libfuzzer && history_line afl; } >> "$work/history.jsonl" 2> /dev/null
    sync -f "$work"
}

tend_state_now()
{
    state_at=$SECONDS
    figure[corpus.files]=$(list_corpus | wc -l)
    look_at_engines
    state_write
}

tend_state()
{
    ((SECONDS - state_at >= state_every)) || return 0
    tend_state_now
    if [[ -z $history_at ]] || ((SECONDS - history_at >= history)); then
        history_write
    fi
}

# --- what people read ---

status_line()
{
    local text left=''
    ((seconds == 0)) || left="$(duration $((seconds - (SECONDS - fuzz_start)))) left, "
    text="$(duration $((SECONDS - fuzz_start))), ${left}libFuzzer ${job_target[libfuzzer-1]} "
    text+="$(thousands "${figure[libfuzzer.rate]}")/s, AFL++ $(thousands "${figure[afl.rate]}")/s, "
    text+="$(thousands "${figure[libfuzzer.features]}") features, "
    text+="$(thousands "${figure[corpus.files]}") inputs, "
    text+="imports ${figure[libfuzzer.taken]} and ${figure[afl.taken]}, "
    text+="crashes ${figure[crashes.files]} in ${figure[crashes.groups]}"
    printf '%s' "$text"
}

row()
{
    printf '  %-14s %s\n' "$1" "$2"
}

# engine_rows NAME TITLE
engine_rows()
{
    row "$2" "$(thousands "${figure[$1.executions]}") executions, $(thousands \
        "$(ratio "${figure[$1.executions]}" "${figure[$1.alive_seconds]}" 0)") a second, $(
        thousands "${figure[$1.operations]}") operations checked"
    row "" "at work for ${figure[$1.alive_seconds]} of ${figure[elapsed_seconds]} s; started again $(
        printf '%d' "${figure[$1.restarts]}") times"
    row "" "${figure[$1.edges]} edges$([[ $1 == afl ]] || printf ', %s features' \
        "$(thousands "${figure[$1.features]}")")"
    row "" "imports: ${figure[$1.offered]} offered, ${figure[$1.taken]} taken"
}

# The figures, as the run that is going on has them or as they were read.
figure_rows()
{
    local target
    engine_rows libfuzzer "libFuzzer"
    for target in "${targets[@]}"; do
        ((${figure[$target.seconds]} == 0)) || row "" \
            "fuzz_$target: $(thousands "${figure[$target.executions]}") executions in $(
                duration "${figure[$target.seconds]}")"
    done
    engine_rows afl "AFL++"
    row "corpus" "$(thousands "${figure[corpus.files]}") inputs, $(thousands \
        "${figure[corpus.at_start]}") at the start, made small ${figure[corpus.minimised]} times"
    row "" "nothing new covered for $(duration "${figure[plateau_seconds]}")"
    row "all runs" "$(thousands "${figure[total.executions]}") executions"
    row "crashes" "${figure[crashes.files]} files in ${figure[crashes.groups]} groups, $(
        printf '%d' "${figure[crashes.kept]}") kept in $work/found*"
    ((${figure[crashes.files]} == 0)) || sed 's/^/    /' "$work"/triaged/{triage,parts}.txt 2> /dev/null
}

summary()
{
    printf '\n'
    figure_rows
    row "ended" "$reason"
}

# status_shown JSON
status_shown()
{
    local name value
    [[ -r $state ]] || {
        printf 'ci/fuzz: nothing was fuzzed here yet\n' >&2
        return 3
    }
    while read -r name value; do
        figure["$name"]=$value
    done < "$state"
    [[ -z $allocator ]] || use_main_target "${figure[main_target]}"
    # The lock tells, not the state: a run that was killed could not write that it ended.
    if [[ ${figure[result]} == running ]] && ! lock_is_held "$work/lock"; then
        figure[result]=killed
        figure[reason]="it did not say that it ended"
    fi
    if [[ $1 == yes ]]; then
        status_json
        return
    fi
    printf 'ci/fuzz: %s%s, %s\n' "${figure[result]}" "${figure[reason]:+ (${figure[reason]})}" \
        "$(duration "${figure[elapsed_seconds]}")"
    figure_rows
}

# All figures, those with a dot in their names as objects.
status_json()
{
    local name group members groups=()
    members=()
    for name in $(printf '%s\n' "${!figure[@]}" | grep -v -F . | sort); do
        members+=("$name" "$(json_value "${figure[$name]}")")
    done
    for group in $(printf '%s\n' "${!figure[@]}" | sed -n 's/\..*//p' | sort -u); do
        groups=()
        for name in $(printf '%s\n' "${!figure[@]}" | grep "^$group\." | sort); do
            groups+=("${name#*.}" "$(json_value "${figure[$name]}")")
        done
        members+=("$group" "$(json_object "${groups[@]}")")
    done
    printf '{\n%s\n}\n' "$(json_members $',\n' "${members[@]}" | sed 's/^/  /')"
}

json_value()
{
    if [[ $1 =~ ^[0-9]+$ ]]; then
        printf '%s' "$1"
    else
        json_string "$1"
    fi
}
