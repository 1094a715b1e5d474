#!/usr/bin/env bash
# ci/fuzz --harvest: the growth of the corpus, as a patch. To be sourced by ci/fuzz.
# shellcheck disable=SC2034,SC2154 # its variables

# Fills the directory $1 with the inputs that corpus/ has.
fill_base()
{
    local text bytes
    for text in corpus/seeds/*.txt corpus/found/*.txt; do
        [[ ! -f $text ]] || is_too_large "$text" ||
            "$tool" import "$text" "$1/${text##*/}" > /dev/null || return
    done
    for bytes in corpus/grown/*; do
        [[ ! -f $bytes ]] || cp -- "$bytes" "$1/" || return
    done
}

# harvest_tree BASE TREE: puts what the working corpus covers beyond BASE into TREE/corpus/grown,
# under the names that inputs have there. Inputs that break a rule stay away: they are crashes.
harvest_tree()
{
    local sum path broken
    mkdir -p -- "$2/corpus/grown" "$2.new"
    snapshot "$corpus" "$2.from" || return
    merge_command "$(merge_program "$main_target")" "$2.control" "${2%/*}/" "$1" "$2.from"
    "${engine_command[@]}" > "$2.log" 2>&1 && merge_saw "$2.control" STARTED || return
    find "$1" -type f -newer "$2.new" -print0 | xargs -0 -r sha1sum -- |
        while read -r sum path; do
            "$tool" replay --quiet "$path" > /dev/null 2>&1 &&
                cp -- "$path" "$2/corpus/grown/${sum:0:12}.ops"
        done
    return 0
}

# harvest_patch TREE FILE: the patch that adds all files of the tree.
harvest_patch()
{
    (
        cd -- "$1" && git -c init.defaultBranch=main init -q && git add --all &&
            git diff --cached --binary
    ) > "$2.part" 2> /dev/null && mv -f -- "$2.part" "$2"
}

# harvest FILE: the patch, whole or not at all.
harvest()
{
    local scratch count
    [[ -x $(merge_program "$main_target") && -x $tool ]] ||
        die "kheap and fuzz_$main_target are not built"
    has_files "$corpus" || die "nothing was fuzzed here: $corpus is not there"
    command -v git > /dev/null || die "git is not installed"
    scratch=$(mktemp -d "$work/harvest.XXXXXX") || die "$work cannot be written"
    # shellcheck disable=SC2064 # its name now
    trap "rm -rf -- '$scratch'" EXIT
    mkdir -- "$scratch/base"
    fill_base "$scratch/base" || die "the inputs of corpus/ cannot be read"
    harvest_tree "$scratch/base" "$scratch/tree" || die "the corpus could not be merged"
    count=$(find "$scratch/tree/corpus" -type f | wc -l)
    harvest_patch "$scratch/tree" "$1" || die "$1 cannot be written"
    printf '%s inputs cover what corpus/ does not: %s\n' "$count" "$1"
    ((count == 0)) || printf 'take them over: git apply --index %s\n' "$1"
}
