#!/usr/bin/env bash
# The corpus and the traces, replayed on a foreign allocator. To be sourced by ci/allocator.
# shellcheck disable=SC2034,SC2154 # its variables

declare -A trace_ends=() # how the replay of each trace ended

# Sums the inputs that the tool, in one process or several, says that it has run.
replayed_in()
{
    sed -n 's/^\([0-9]*\) inputs on .*/\1/p' "$1" | awk '{ n += $1 } END { printf "%d", n }'
}

# Puts what fails in the directory into $work/failing.
note_failing()
{
    local one names
    has_files "$1" || return 0
    names=$(broken_in "$1") || fail "$1 cannot be replayed" "$logs/kept.log"
    figure[replay.inputs]=$((${figure[replay.inputs]} + $(replayed_in "$logs/kept.log")))
    while IFS= read -r one; do
        [[ ! -f $1/$one ]] || cp -f -- "$1/$one" "$work/failing/"
    done <<< "$names"
}

describe_trace()
{
    describe_text="$trace: $(duration "$1"), at most $(duration $((trace_seconds - $1))) left"
}

replay_trace()
{
    local trace=${1##*/} log=$logs/trace-${1##*/}.log trace_seconds=$((seconds < 25 ? 5 : seconds / 5))
    spawn "$log" "${bound[@]}" "$tool" replay "$1"
    if ! watch describe_trace "$trace_seconds" "$spawned"; then
        trace_ends[$trace]="cut off after $trace_seconds s"
    elif reap "$spawned"; then
        trace_ends[$trace]=ok
    elif grep -q ' violation rule=' "$log"; then
        trace_ends[$trace]=$(sed -n 's/.* \(violation rule=[^ ]* operation=[0-9]*\) .*/\1/p' "$log")
        cp -f -- "$1" "$work/failing/"
    else
        trace_ends[$trace]="trouble"
        fail "$trace cannot be replayed" "$log"
    fi
    printf '  %s: %s\n' "$trace" "${trace_ends[$trace]}"
}

# A heap that refuses whatever it is asked for breaks no rule, but the adapter cannot be right.
check_grants()
{
    local log=$logs/first.log machine none="so nothing could be found: is the adapter right?"
    for machine in '1024 1024' '4096 4096' '4096 260096'; do
        printf '# kheap\nheap bins %s\na 0 1\na 1 64\na 2 4096\na 3 65536\n' "$machine" > "$work/first.txt"
        "${bound[@]}" "$tool" replay --trace "$work/first.txt" > "$log" 2>&1 < /dev/null || return 0
        ! grep '^ *[1-4]  a ' "$log" | grep -q -v -E '  (skipped|refused)($|;)' || return 0
    done
    if grep -q '^ *1  a .*  skipped$' "$log"; then
        die "init refuses windows of 4 MiB, 16 MiB and more (window_min?), $none" "$log"
    fi
    die "a fresh heap refuses 1, 64, 4096 and 65536 bytes, $none" "$log"
}

step_replay()
{
    local directory trace
    check_grants
    heading "replay"
    rm -rf -- "$work/failing"
    mkdir -p -- "$work/failing"
    figure[replay.inputs]=0
    for directory in corpus/seeds corpus/grown corpus/found "$found" "$crashes" "$corpus"; do
        note_failing "$directory"
    done
    printf '  %s inputs, %s fail\n' "$(thousands "${figure[replay.inputs]}")" \
        "$(find "$work/failing" -type f | wc -l)"
    # What fails by a few operations is not looked for in a million.
    ! has_files "$work/failing" || return 0
    for trace in corpus/traces/*.trace; do
        replay_trace "$trace"
    done
}
