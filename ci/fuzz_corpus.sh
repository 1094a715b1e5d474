#!/usr/bin/env bash
# The corpora of ci/fuzz, the shared one and that of each part: taken over from the run before, and made
# smaller now and then. To be sourced by it.
# shellcheck disable=SC2034,SC2154 # its variables

minimising=           # whose corpus is made smaller now
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

# A name that is a SHA-1 tells what the file is to hold: what was being written when a run was killed
# is not kept as if it were a find.
remove_torn()
{
    local sum path name
    find "$corpus" "$work/parts" -type f -print0 | xargs -0 -r sha1sum -- | while read -r sum path; do
        name=${path##*/}
        name=${name#afl-}
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
    touch -d @0 -- "$work/share.mark" "$work/crash.mark"
    : > "$work/started"
    figure[libfuzzer.offered]=0
    collect_crashes
    share_to_libfuzzer "$work/share.mark"
    figure[libfuzzer.offered]=0
    sync -f "$work"
    rm -rf -- "$logs/afl" "$logs/minimised"
    rm -f -- "$logs"/*.log
    fill_parts
    remove_torn
    fill_working_corpus
    replay_kept
    [[ -n $(list_corpus | head -n 1) ]] || printf '' > "$corpus/empty"
    figure[corpus.files]=$(list_corpus | wc -l)
    figure[corpus.at_start]=${figure[corpus.files]}
    printf '  %s inputs to start from\n' "$(thousands "${figure[corpus.files]}")"
}

# --- now and then ---

# start_minimisation TARGET: starts the merge: as few inputs as cover what the corpus does, in a
# directory beside it, of those that are there now: libFuzzer removes some meanwhile. The shared one's
# by the build without sanitizers, which is quick.
start_minimisation()
{
    local program directory
    minimising=$1
    program=$(merge_program "$1")
    ! is_part "$1" || program=$(libfuzzer_program "$1")
    directory=$(corpus_of "$1")
    rm -rf -- "$work/minimise" "$work/minimise.from"
    mkdir -p -- "$work/minimise" "$work/minimise.from" "$work/crashes/$1" || return
    find "$directory" -type f ! -name '.*' -exec ln -t "$work/minimise.from" -- {} + 2> /dev/null
    has_files "$work/minimise.from" || return 0
    spawn "$logs/merge-periodic.log" "${bound[@]}" "$program" -merge=1 -timeout=20 \
        "-artifact_prefix=$work/crashes/$1/" "$work/minimise" "$work/minimise.from"
    minimisation_pid=$spawned
}

# Takes away the inputs that were there before and that the merge did not need. Its directory does not
# take the corpus's place: so there is no moment at which an input of the corpus, or one that is
# written meanwhile, could be lost, whenever the run is killed.
take_away_superfluous()
{
    local sum path directory
    local -A needed=()
    while IFS= read -r sum; do
        needed[$sum]=yes
    done < <(find "$work/minimise" -type f -printf '%f\n')
    ((${#needed[@]} > 0)) || return 1
    sync -f "$work"
    directory=$(corpus_of "$minimising")
    find "$work/minimise.from" -type f -print0 | xargs -0 -r sha1sum -- | while read -r sum path; do
        [[ -n ${needed[$sum]:-} ]] || rm -f -- "$directory/${path##*/}"
    done
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
    if reap "$minimisation_pid" && take_away_superfluous; then
        [[ $minimising != "$main_target" ]] || figure[corpus.minimised]=$((${figure[corpus.minimised]} + 1))
    else
        fail "the corpus of fuzz_$minimising could not be minimised" "$logs/merge-periodic.log"
    fi
    minimisation_pid=
    rm -rf -- "$work/minimise" "$work/minimise.from"
}
