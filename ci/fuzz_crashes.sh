#!/usr/bin/env bash
# Crashes, as they come: put into one place, judged, shrunk and kept by ci/fuzz_triage.sh. To be
# sourced by ci/fuzz.
# shellcheck disable=SC2034,SC2154 # its variables

readonly crashes_every=3
crashes_at=-$crashes_every
triage_pid=
triage_seen= # the crash files that the last triage was given, as a checksum of their names
triage_began=0
triage_after=0 # no other before, until the end: a known bug is found again and again

# Puts AFL++'s crashes and hangs beside libFuzzer's, named as libFuzzer would name them, and makes
# sure that all of them outlive a machine that stops. Returns 1 if it could not.
collect_crashes()
{
    local sum path kind status=0
    touch -- "$work/crash.next"
    while read -r sum path; do
        kind=crash
        [[ $path != */hangs/* ]] || kind=timeout
        [[ -e $crashes/$kind-$sum || -e $work/slow/$kind-$sum ]] ||
            ln -- "$path" "$crashes/$kind-$sum" || status=1
    done < <(find "$logs/afl" \( -path '*/crashes/id*' -o -path '*/hangs/id*' \) -type f -print0 \
        2> /dev/null | xargs -0 -r sha1sum --)
    find "$work/crashes" -type f -newer "$work/crash.mark" -print0 | xargs -0 -r sync --
    mv -f -- "$work/crash.next" "$work/crash.mark"
    return "$status"
}

# libFuzzer writes units that are merely slow there, too.
list_crash_files()
{
    find "$work/crashes" -type f ! -name 'slow-unit-*' | sort
}

start_triage()
{
    triage_seen=$1
    triage_began=$SECONDS
    spawn "$logs/triage.log" "${bound[@]}" ci/fuzz_triage.sh "$tool" "$work" \
        ${allocator:+"$main_target"}
    triage_pid=$spawned
}

# One at a time; crashes that come meanwhile are there for the next.
tend_triage()
{
    local names
    if [[ -n $triage_pid ]]; then
        ! any_running "$triage_pid" || return 0
        reap "$triage_pid" || fail "crashes could not be judged" "$logs/triage.log"
        triage_pid=
        triage_after=$((2 * SECONDS - triage_began))
    fi
    ((SECONDS >= triage_after)) || [[ -n $result ]] || return 0
    names=$(list_crash_files | cksum)
    [[ $names == "$triage_seen" || -z $(list_crash_files | head -n 1) ]] || start_triage "$names"
}

count_crashes()
{
    figure[crashes.files]=$(list_crash_files | wc -l)
    figure[crashes.groups]=$(cat -- "$work"/triaged/{triage.json,parts.txt} 2> /dev/null |
        grep -c -e '"failure": ' -e ' shrunk to ')
    figure[crashes.kept]=$(find "$work/found" "$work/found-parts" -name '*.txt' -o -name '*.bytes' | wc -l)
}

tend_crashes()
{
    ((SECONDS - crashes_at >= crashes_every)) || return 0
    crashes_at=$SECONDS
    collect_crashes
    tend_triage
    count_crashes
}

describe_triage()
{
    describe_text="judging what crashed, $(duration "$1")"
}

# At the end, all that there are.
judge_crashes_now()
{
    local rounds
    collect_crashes
    for ((rounds = 0; rounds < 3; rounds++)); do
        tend_triage
        [[ -n $triage_pid ]] || break
        watch describe_triage 900 "$triage_pid" || fail "crashes were not judged in time"
    done
    count_crashes
}

# An input of the corpus that makes a target crash would do so at every start: it is a crash, and no
# longer an input.
evict_crashing()
{
    local sum path
    local -A crashing=()
    while IFS= read -r path; do
        crashing[${path##*-}]=yes
    done < <(list_crash_files)
    find "$corpus" "$work/parts" -type f -print0 | xargs -0 -r sha1sum -- | while read -r sum path; do
        [[ -z ${crashing[$sum]:-} ]] || rm -f -- "$path"
    done
}
