#!/usr/bin/env bash
# Revisions of the tool: built, kept, and asked about an input. To be sourced by ci/bisect.
# shellcheck disable=SC2034,SC2154 # its variables

# The sources that make the tool what it is: commits that leave them alone need no build.
readonly tool_sources=(CMakeLists.txt ci/options.cmake ci/install.cmake heap mmu_x86 invariants fuzz)
readonly seconds_max=120 # for one run of an input

declare -A unbuildable=() # what did not build; in another run it may, so that is not kept

start_revisions()
{
    bisect_directory=$root/build/bisect
    tree=$bisect_directory/tree
    mkdir -p -- "$tree" "$bisect_directory/tools" 2> /dev/null || die "build/bisect cannot be written"
    { exec 9<> "$bisect_directory/lock"; } 2> /dev/null || die "build/bisect cannot be written"
    flock -n 9 || die "another ci/bisect runs in this tree"
    git rev-parse --git-dir > /dev/null 2>&1 || die "there is no git repository here"
    builds=0
    tried=0
}

# Prints the commit that REV names.
commit_of()
{
    git rev-parse --verify --quiet "$1^{commit}" && return
    printf 'ci/bisect: there is no revision %s here\n' "$1" >&2
    return 1
}

short()
{
    git rev-parse --short "$1"
}

# build_tool COMMIT LOG: leaves the tool at the path in `tool'. The tree is the same for all, so that
# only what differs is compiled again.
build_tool()
{
    local commit=$1 log=$2 key
    key=$(git ls-tree "$commit" -- "${tool_sources[@]}" | git hash-object --stdin) || return
    tool=$bisect_directory/tools/$key
    [[ ! -x $tool ]] || return 0
    [[ -z ${unbuildable[$key]:-} ]] || return 1
    builds=$((builds + 1))
    if GIT_INDEX_FILE=$bisect_directory/index git --work-tree="$tree" read-tree --reset -u "$commit" \
        > "$log" 2>&1 &&
        cmake -G Ninja -S "$tree" -B "$bisect_directory/build" -DCMAKE_C_COMPILER=clang \
            -DCMAKE_C_FLAGS=-O1 -DCMAKE_RUNTIME_OUTPUT_DIRECTORY="$bisect_directory/build/bin" \
            >> "$log" 2>&1 &&
        cmake --build "$bisect_directory/build" --target kheap >> "$log" 2>&1 &&
        cp -- "$bisect_directory/build/bin/kheap" "$tool.part" && mv -- "$tool.part" "$tool"; then
        return 0
    fi
    grep -q -i 'no space left' "$log" && die "the disk is full"
    unbuildable[$key]=yes
    return 1
}

# judge COMMIT: sets `verdict' to holds, breaks (and `failed_by' to the rule or the signal), or
# "cannot be told" (and `untold' to why).
judge()
{
    local status out=$bisect_directory/out
    tried=$((tried + 1))
    failed_by=
    untold="it cannot be built"
    verdict="cannot be told"
    build_tool "$1" "$bisect_directory/build.log" || return 0
    timeout "$seconds_max" "$tool" replay --quiet "$input" > "$out" 2>&1
    status=$?
    case $status in
        0) verdict=holds ;;
        1) failed_by=$(sed -n 's/.* violation rule=\([A-Z0-9]*\) .*/\1/p' "$out" | head -n 1) ;;
        124) failed_by="no end in $seconds_max s" ;;
        *) ((status < 128)) || failed_by="signal $((status - 128))" ;;
    esac
    if [[ -n $failed_by && (-z $rule || $failed_by == "$rule") ]]; then
        verdict=breaks
    elif [[ -n $failed_by ]]; then
        verdict=holds
    fi
    untold="its tool ends with status $status"
}

# Shows what `judge' has found.
show_judged()
{
    local what=$verdict
    [[ $verdict != breaks ]] || what="breaks: $failed_by"
    [[ $verdict != "cannot be told" ]] || what="$verdict: $untold"
    printf '  %s  %s  %s\n' "$(short "$1")" "$what" "$(git log -1 --format=%s "$1")"
}

# Takes the text of the input as the tool of a revision reads it, if it is operations.
input_from_revision()
{
    local text=$bisect_directory/input.txt
    build_tool "$1" "$bisect_directory/build.log" || return 0
    if "$tool" show "$input" > "$text" 2> /dev/null && [[ $(head -n 1 "$text") == '# kheap' ]]; then
        input_given=${input_given:-$input}
        input=$text
    fi
}
