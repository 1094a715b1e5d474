#!/usr/bin/env bash
# The corpora of ci/fuzz, the shared one and that of each part: taken over from the run before, and made
# smaller now and then. To be sourced by it.
# shellcheck disable=SC2034,SC2154 # its variables

minimising=           # whose corpus is made smaller now
minimisers=()         # the targets that have still to say what they need of it
minimisation_queue=() # and whose next
minimisation_pid=
minimised_at=$SECONDS

# True if the target has a corpus of its own.
is_part()
{
    [[ " ${part_targets[*]} " == *" $1 "* ]]
}

# corpus_of TARGET
corpus_of()
{
    ! is_part "$1" && printf '%s' "$corpus" || printf '%s' "$work/parts/$1"
}

# --- at the start ---

# A name that ends with a SHA-1 tells what the file is to hold: what was being written when a run was
# killed, or the machine stopped, is not kept as if it were a find.
remove_torn()
{
    local sum path name
    find "$corpus" "$work/parts" "$work/crashes" "$afl_from_libfuzzer" -type f -print0 2> /dev/null |
        xargs -0 -r sha1sum -- | while read -r sum path; do
            name=${path##*/}
            name=${name##*[-:]}
            [[ ! $name =~ ^[0-9a-f]{40}$ || $name == "$sum" ]] || rm -f -- "$path"
        done
}

# What the targets of parts start from.
fill_parts()
{
    local part
    mkdir -p -- "$work/parts"
    for part in "${part_targets[@]}"; do
        mkdir -p -- "$work/parts/$part"
        [[ ! -d corpus/$part ]] || cp -u -- corpus/"$part"/* "$work/parts/$part/"
    done
}

# Makes the corpus that fuzzing starts from: what the last run left, however it ended, and the
# inputs of corpus/.
take_over_leftovers()
{
    mkdir -p -- "$crashes"
    local unlinked="cannot be linked into $work, and is left where it is:"
    check_disk
    touch -d @0 -- "$work/share.mark" "$work/crash.mark"
    : > "$work/started"
    fill_parts
    remove_torn
    collect_crashes || die "what AFL++ crashed with $unlinked $logs/afl"
    { take_back_offered && share_to_libfuzzer "$work/share.mark"; } || die "what was found $unlinked $logs/afl"
    figure[libfuzzer.offered]=0
    sync -f "$work"
    rm -rf -- "$logs/afl" "$logs/minimised"
    rm -f -- "$logs"/*.log
    fill_working_corpus
    replay_kept
    [[ -n $(list_corpus | head -n 1) ]] || printf '' > "$corpus/empty"
    figure[corpus.files]=$(list_corpus | wc -l)
    figure[corpus.at_start]=${figure[corpus.files]}
    printf '  %s inputs to start from\n' "$(thousands "${figure[corpus.files]}")"
}

# --- now and then ---

# snapshot DIRECTORY INTO: links what is in the one now into the other, as libFuzzer may remove some of it
# at any time. Returns 1 if there is nothing.
snapshot()
{
    mkdir -p -- "$2" && find "$1" -type f ! -name '.*' -exec ln -t "$2" -- {} + 2> /dev/null
    has_files "$2"
}

# start_minimisation TARGET: starts the merges: as few inputs as cover what the corpus does, in a
# directory beside it. For the shared one by the build without sanitizers, which is quick, and then by the
# others that share it, which add what only they reach.
start_minimisation()
{
    local target
    minimising=$1
    minimisers=("$1")
    for target in "${corpus_targets[@]}"; do
        [[ $1 != "$main_target" || $target == "$1" || ! -x $(libfuzzer_program "$target") ]] ||
            minimisers+=("$target")
    done
    rm -rf -- "$work/minimise" "$work/minimise.from"
    mkdir -p -- "$work/minimise" && snapshot "$(corpus_of "$1")" "$work/minimise.from" || return
    start_next_merge
}

start_next_merge()
{
    local target=${minimisers[0]} program
    program=$(libfuzzer_program "$target")
    [[ $target != "$main_target" ]] || program=$(merge_program "$target")
    minimisers=("${minimisers[@]:1}")
    mkdir -p -- "$work/crashes/$target"
    merge_command "$program" "$work/minimise.control" "$work/crashes/$target/" "$work/minimise" \
        "$work/minimise.from"
    spawn "$logs/merge-periodic.log" "${bound[@]}" "${engine_command[@]}"
    minimisation_pid=$spawned
}

# Takes away the inputs that were there before and that no merge needed. Their directory does not take the
# corpus's place, so that there is no moment at which an input that is written meanwhile could be lost,
# whenever the run is killed. What is needed may have been removed by libFuzzer, which has found a smaller
# one for some of what it does: it stands for others, and comes back first.
take_away_superfluous()
{
    local sum path directory at superfluous=()
    local -A needed=()
    directory=$(corpus_of "$minimising")
    while IFS= read -r sum; do
        needed[$sum]=yes
    done < <(find "$work/minimise" -type f -printf '%f\n')
    while read -r sum path; do
        at=$directory/${path##*/}
        if [[ -z ${needed[$sum]:-} ]]; then
            superfluous+=("$at")
        else
            [[ -e $at ]] || ln -- "$path" "$at" || return
        fi
    done < <(find "$work/minimise.from" -type f -print0 | xargs -0 -r sha1sum --)
    ((${#needed[@]} > 0)) || return
    sync -f "$work"
    ((${#superfluous[@]} == 0)) || printf '%s\0' "${superfluous[@]}" | xargs -0 rm -f --
}

end_minimisation()
{
    [[ -n $minimisation_pid ]] || return 0
    kill -KILL -- "-$minimisation_pid" 2> /dev/null
    reap "$minimisation_pid"
    minimisation_pid=
}

# Whose corpus is due, one after the other.
tend_minimisation_queue()
{
    local target
    if ((${#minimisation_queue[@]} == 0 && SECONDS - minimised_at >= minimise)); then
        minimised_at=$SECONDS
        for target in "${turns[@]}"; do
            [[ $target != "$main_target" ]] && ! is_part "$target" ||
                minimisation_queue+=("$target") # others share the main one's
        done
    fi
    ((${#minimisation_queue[@]} > 0)) || return 0
    start_minimisation "${minimisation_queue[0]}"
    minimisation_queue=("${minimisation_queue[@]:1}")
}

tend_minimisation()
{
    if [[ -z $minimisation_pid ]]; then
        tend_minimisation_queue
        return
    fi
    ! any_running "$minimisation_pid" || return 0
    if ! reap "$minimisation_pid" || ! merge_saw "$work/minimise.control" FT; then
        fail "the corpus of fuzz_$minimising stays as it is: not all of it could be run" "$logs/merge-periodic.log"
        evict_crashing
    elif ((${#minimisers[@]} > 0)); then
        start_next_merge
        return
    elif take_away_superfluous; then
        [[ $minimising != "$main_target" ]] || figure[corpus.minimised]=$((${figure[corpus.minimised]} + 1))
    else
        fail "the corpus of fuzz_$minimising could not be minimised" "$logs/merge-periodic.log"
    fi
    minimisation_pid=
    rm -rf -- "$work/minimise" "$work/minimise.from"
}
