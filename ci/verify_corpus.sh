#!/usr/bin/env bash
# The working corpus, which the fuzzers start from and add to. To be sourced by ci/verify.
# shellcheck disable=SC2034,SC2154 # its variables

list_corpus()
{
    find "$corpus" -type f ! -name '.*' -printf '%f\n' | sort
}

# True for a text whose machine is larger than those that the fuzzers run (OP_FRAMES_FUZZED in
# fuzz/op.h): their target returns at once for it.
is_too_large()
{
    awk '$1 == "heap" { large = $3 > 1280; exit } END { exit !large }' "$1"
}

# Fills the working corpus from the corpus, without touching what earlier runs added.
fill_working_corpus()
{
    local text bytes log=$logs/import.log
    for text in corpus/seeds/*.txt corpus/found/*.txt; do
        [[ -f $text ]] || continue
        bytes=${text#corpus/}
        bytes=$corpus/${bytes//\//-}
        bytes=${bytes%.txt}
        if is_too_large "$text"; then
            rm -f -- "$bytes"
        elif [[ ! $bytes -nt $text || ! $bytes -nt $tool ]]; then
            "$tool" import "$text" "$bytes" >> "$log" 2>&1 ||
                fail "$text could not be imported" "$log"
        fi
    done
    for bytes in corpus/grown/*; do
        [[ -f $bytes ]] || continue
        cp -u -- "$bytes" "$corpus/grown-${bytes##*/}" 2>> "$log" ||
            fail "$bytes could not be copied" "$log"
    done
    list_corpus > "$logs/corpus.before"
}

# Prints the names of the files in a directory that break a rule.
broken_in()
{
    local status
    has_files "$1" || return 0
    find "$1" -maxdepth 1 -type f ! -name '.*' -print0 |
        timeout 300 xargs -0 "$tool" replay --quiet > "$logs/kept.verdicts" 2> "$logs/kept.log"
    status=$?
    sed -n 's/^\([^ ]*\) violation rule=.*/\1/p' "$logs/kept.verdicts"
    # xargs says 123 where the tool says 1.
    ((status == 0 || status == 123))
}

# What breaks a rule before fuzzing starts is a crash of this run as well: crashes that earlier runs
# left and that are not repaired yet, and inputs of the working corpus. The latter leave it: no
# engine can start from them.
replay_kept()
{
    local name names
    names=$(broken_in "$crashes")
    while IFS= read -r name; do
        [[ ! -f $crashes/$name ]] || touch -- "$crashes/$name"
    done <<< "$names"
    names=$(broken_in "$corpus") || fail "the working corpus cannot be replayed" "$logs/kept.log"
    while IFS= read -r name; do
        [[ -f $corpus/$name ]] || continue
        mv -f -- "$corpus/$name" "$crashes/" && touch -- "$crashes/$name"
    done <<< "$names"
}

describe_merge()
{
    describe_text="merging what was found, $(duration "$1")"
}

# The build of a target without sanitizers, which is quick.
merge_program()
{
    printf 'build/bin/fuzz_%s' "$1"
}

# merge_with TARGET NAME INTO FROM...: copies what adds coverage from the directories FROM into the
# directory INTO. Returns 1 if it could not; otherwise sets `merged' to the new files, features and
# edges, and `covered' to the edges and features that INTO then has.
merge_with()
{
    local target=$1 log=$logs/merge-$2.log n='\([0-9]*\)'
    shift 2
    merge_command "$(merge_program "$target")" "${log%.log}.control" "$(crashes_of "$target")" "$@"
    spawn "$log" "${bound[@]}" "${engine_command[@]}"
    watch describe_merge 900 "$spawned"
    reap "$spawned"
    merged=$(sed -n "s/.*: $n new files with $n new features added; $n new.*/\1 \2 \3/p" "$log")
    covered=$(sed -n "s/.*DONE  *cov: $n ft: $n .*/\1 \2/p" "$log")
    [[ -n $merged ]] && merge_saw "${log%.log}.control" STARTED
}

# merge NAME DIRECTORY...: takes what adds coverage into the working corpus, and removes the
# directories; the figures of NAME say how much it was.
merge()
{
    local name=$1
    shift
    if ! merge_with "$main_target" "$name" "$corpus" "$@"; then
        fail "what $name found could not be merged; it is left in $*" "$logs/merge-$name.log"
        return 1
    fi
    read -r "figure[$name.new_files]" "figure[$name.new_features]" "figure[$name.new_edges]" \
        <<< "$merged"
    [[ -z $covered ]] ||
        read -r "figure[corpus.edges]" "figure[corpus.features]" <<< "$covered"
    rm -rf -- "$@"
}

# Makes the directory $1 of as few inputs as cover what the working corpus does.
minimise_corpus()
{
    rm -rf -- "$1"
    mkdir -p -- "$1"
    merge_with "$main_target" minimised "$1" "$corpus" && has_files "$1"
}

# Takes over what a run that was interrupted had found.
merge_leftovers()
{
    local directory directories=()
    for directory in "$logs"/new/stack-* "$logs"/afl/*/queue; do
        ! has_files "$directory" || directories+=("$directory")
    done
    collect_afl_crashes
    if ((${#directories[@]} > 0)) && merge leftovers "${directories[@]}"; then
        printf '  %s inputs kept of what an interrupted run had found\n' \
            "${figure[leftovers.new_files]}"
    fi
    rm -rf -- "$logs/new" "$logs/afl"
}
