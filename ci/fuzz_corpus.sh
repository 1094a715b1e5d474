#!/usr/bin/env bash
# The corpus of ci/fuzz: taken over from the run before, and made smaller now and then. To be
# sourced by it.
# shellcheck disable=SC2034,SC2154 # its variables

minimisation_pid=
minimised_at=$SECONDS

# --- at the start ---

# A name that is a SHA-1 tells what the file is to hold: what was being written when a run was killed
# is not kept as if it were a find.
remove_torn()
{
    local sum path name
    find "$corpus" -type f -print0 | xargs -0 -r sha1sum -- | while read -r sum path; do
        name=${path##*/}
        name=${name#afl-}
        [[ ! $name =~ ^[0-9a-f]{40}$ || $name == "$sum" ]] || rm -f -- "$path"
    done
}

# Makes the corpus that fuzzing starts from: what the last run left, however it ended, and the
# inputs of corpus/.
take_over_leftovers()
{
    touch -d @0 -- "$work/share.mark" "$work/crash.mark"
    : > "$work/started"
    figure[libfuzzer.offered]=0
    collect_crashes
    share_to_libfuzzer "$work/share.mark"
    figure[libfuzzer.offered]=0
    sync -f "$work"
    rm -rf -- "$logs/afl" "$logs/minimised"
    rm -f -- "$logs"/*.log
    remove_torn
    fill_working_corpus
    replay_kept
    [[ -n $(list_corpus | head -n 1) ]] || printf '' > "$corpus/empty"
    figure[corpus.files]=$(list_corpus | wc -l)
    figure[corpus.at_start]=${figure[corpus.files]}
    printf '  %s inputs to start from\n' "$(thousands "${figure[corpus.files]}")"
}

# --- now and then ---

# Starts the merge: as few inputs as cover what the corpus does, in a directory beside it.
start_minimisation()
{
    minimised_at=$SECONDS
    list_corpus > "$work/minimise.before"
    rm -rf -- "$work/minimise" && mkdir -p -- "$work/minimise" || return
    spawn "$logs/merge-periodic.log" "${bound[@]}" build/bin/fuzz_stack -merge=1 -timeout=20 \
        "-artifact_prefix=$crashes/" "$work/minimise" "$corpus"
    minimisation_pid=$spawned
}

# Takes away the inputs that were there before and that the merge did not need. Its directory does not
# take the corpus's place: so there is no moment at which an input of the corpus, or one that is
# written meanwhile, could be lost, whenever the run is killed.
take_away_superfluous()
{
    local sum path
    local -A needed=()
    while IFS= read -r sum; do
        needed[$sum]=yes
    done < <(find "$work/minimise" -type f -printf '%f\n')
    ((${#needed[@]} > 0)) || return 1
    sync -f "$work"
    sed "s,^,$corpus/," "$work/minimise.before" | tr '\n' '\0' |
        xargs -0 -r sha1sum -- 2> /dev/null | while read -r sum path; do
            [[ -n ${needed[$sum]:-} ]] || rm -f -- "$path"
        done
}

end_minimisation()
{
    [[ -n $minimisation_pid ]] || return 0
    kill -KILL -- "-$minimisation_pid" 2> /dev/null
    reap "$minimisation_pid"
    minimisation_pid=
}

tend_minimisation()
{
    if [[ -z $minimisation_pid ]]; then
        ((SECONDS - minimised_at < minimise)) || start_minimisation
        return
    fi
    ! any_running "$minimisation_pid" || return 0
    if reap "$minimisation_pid" && take_away_superfluous; then
        figure[corpus.minimised]=$((${figure[corpus.minimised]} + 1))
    else
        fail "the corpus could not be minimised" "$logs/merge-periodic.log"
    fi
    minimisation_pid=
    rm -rf -- "$work/minimise"
}
