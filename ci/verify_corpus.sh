#!/usr/bin/env bash
# The working corpus, which the fuzzers start from and add to. To be sourced by ci/verify.
# shellcheck disable=SC2154 # its variables

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
            "$tool" import "$text" "$bytes" >> "$log" 2>&1 || fail "$text could not be imported" "$log"
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

# merge_with TARGET NAME INTO FROM...: copies what adds coverage from the directories FROM into the
# directory INTO, by the build of TARGET without sanitizers, which is quick. Returns 1 if it could
# not; otherwise sets `merged' to the new files, features and edges, and `covered' to the edges and
# features that INTO then covers.
merge_with()
{
    local prefix log=$logs/merge-$2.log target=$1 done_line
    prefix=$(artifact_prefix "$target")
    shift 2
    spawn "$log" "build/bin/fuzz_$target" -merge=1 "-artifact_prefix=$prefix" "$@"
    watch describe_merge 900 "$spawned"
    reap "$spawned"
    merged=$(sed -n 's/.*MERGE-OUTER: \([0-9]*\) new files with \([0-9]*\) new features added; \([0-9]*\) new .*/\1 \2 \3/p' \
        "$log" | tail -n 1)
    done_line=$(grep -a -E 'DONE +cov: ' -- "$log" | tail -n 1)
    covered=
    [[ ! $done_line =~ cov:\ ([0-9]+)\ ft:\ ([0-9]+) ]] || covered="${BASH_REMATCH[*]:1}"
    [[ -n $merged ]]
}
