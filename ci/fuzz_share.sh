#!/usr/bin/env bash
# What each engine gets of the other's finds. To be sourced by ci/fuzz.
#
# The corpus is libFuzzer's directory, which its processes write to and read again every second. A
# file's name says who found it: a SHA-1 alone libFuzzer, afl-SHA-1 AFL++, anything else people. For
# AFL++ libFuzzer is one more job, whose queue is $logs/afl/libfuzzer/queue; it says in the names of
# inputs that it takes over where they come from.
# shellcheck disable=SC2034,SC2154 # its variables

readonly afl_from_libfuzzer=$logs/afl/libfuzzer/queue
readonly share_every=2
shared_at=-$share_every

declare -A offered=() # names of libFuzzer's finds that AFL++ has got
offered_count=0       # of this run

# --- from libFuzzer to AFL++ ---

# Prints the names of libFuzzer's finds that are newer than the file $1.
finds_of_libfuzzer()
{
    find "$corpus" -type f -newer "$1" -printf '%f\n' | grep -E -x '[0-9a-f]{40}'
}

# A link, so that AFL++ never sees half a file. One that is gone has been found to be superfluous.
share_to_afl()
{
    local name
    while IFS= read -r name; do
        [[ -z ${offered[$name]:-} ]] || continue
        ln -- "$corpus/$name" "$(printf '%s/id:%06d,src:%s' "$afl_from_libfuzzer" "$offered_count" \
            "$name")" 2> /dev/null || continue
        offered[$name]=yes
        offered_count=$((offered_count + 1))
    done < <(finds_of_libfuzzer "$1")
    figure[afl.offered]=$offered_count
}

# --- from AFL++ to libFuzzer ---

# Prints SHA-1 and path of what AFL++ has that is newer than the file $1: of what it was given, and of what
# it has taken over, it may have made something smaller.
queues_of_afl()
{
    find "$logs/afl" -path "$afl_from_libfuzzer" -prune -o -path '*/queue/id:*' -type f -newer "$1" -print0 |
        xargs -0 -r sha1sum --
}

# True for what AFL++ was given, from the start or since.
given_to_afl()
{
    [[ -e $logs/minimised/$1 || -n ${offered[$1]:-} ]]
}

# libFuzzer passes by files that are older than its last look at the directory: the time of those
# that are linked there is set a little ahead. Returns 1 if one could not be linked.
share_to_libfuzzer()
{
    local sum path linked=() status=0
    while read -r sum path; do
        [[ ! -e $corpus/$sum && ! -e $corpus/afl-$sum ]] || continue
        ! given_to_afl "$sum" || continue
        if ln -- "$path" "$corpus/afl-$sum" 2> /dev/null; then
            linked+=("$corpus/afl-$sum")
        elif [[ -e $path ]]; then
            status=1
        fi
    done < <(queues_of_afl "$1" 2> /dev/null)
    ((${#linked[@]} == 0)) || printf '%s\0' "${linked[@]}" | xargs -0 touch -d '+2 seconds' --
    figure[libfuzzer.offered]=$((${figure[libfuzzer.offered]} + ${#linked[@]}))
    return "$status"
}

# What libFuzzer has offered in the run before and removed since comes back: it may have been killed before
# it had written the smaller one that it removed it for. The next minimisation tells.
take_back_offered()
{
    local path sum
    for path in "$afl_from_libfuzzer"/id:*; do
        sum=${path##*:}
        [[ ! -e $path || -e $corpus/$sum ]] || ln -- "$path" "$corpus/$sum" || return
    done
}

# --- both ways ---

# What is written while this looks is newer than the mark, and seen by the next look; as is what could not
# be linked by this one.
share_finds_now()
{
    shared_at=$SECONDS
    touch -- "$work/share.next"
    share_to_afl "$work/share.mark"
    ! share_to_libfuzzer "$work/share.mark" || mv -f -- "$work/share.next" "$work/share.mark"
}

share_finds()
{
    ((SECONDS - shared_at < share_every)) || share_finds_now
}

# AFL++'s inputs of this run that were libFuzzer's.
taken_by_afl()
{
    find "$logs"/afl/job*/queue -name '*,sync:libfuzzer,*' 2> /dev/null | wc -l
}

# taken_by_libfuzzer LOG: by how many inputs its set has grown where it has read the corpus again.
# What it finds itself is told line by line, so the line before tells the size before.
taken_by_libfuzzer()
{
    awk '/ corp: / {
            size = $0
            sub(/.* corp: /, "", size)
            size += 0
            if (/\tRELOAD / && size > before) taken += size - before
            before = size
        }
        END { print taken + 0 }' "$1" 2> /dev/null
}
