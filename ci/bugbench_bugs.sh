#!/usr/bin/env bash
# The planted bugs in ci/bugs, one patch each. To be sourced by ci/bugbench and ci/bugs_test.sh, in
# the project's folder.
#
# A patch starts with its header, one field a line:
#
#   Story: what the bug is, in one sentence
#   Group: heap, growth, paging, frames, refusal or interrupt
#   Rule:  the rules of invariants/rules.h that may be the first to catch it; `sanitizer': what it
#          does is no C
#   Model: the public report that it is modelled on, if there is one: owner/repository#number
#
# Then an empty line and a unified diff of the core, and of nothing else.

# shellcheck disable=SC2034 # the programs that source this use it
readonly bug_groups=(heap growth paging frames refusal interrupt)

# Prints the names of all bugs that the shell pattern $1 matches.
bug_names()
{
    local patch name
    for patch in ci/bugs/*.patch; do
        name=${patch##*/}
        name=${name%.patch}
        # shellcheck disable=SC2053 # a pattern is meant
        [[ $name != $1 ]] || printf '%s\n' "$name"
    done
}

# bug_field NAME FIELD: prints a field of the header, nothing if it is not there.
bug_field()
{
    sed -n "/^\$/q; s/^$2: *//p" "ci/bugs/$1.patch"
}

# Prints the rules of a bug, with a space between them.
bug_rules()
{
    local rules
    rules=$(bug_field "$1" Rule)
    printf '%s' "${rules//,/}"
}

# Prints the files that a bug changes.
bug_files()
{
    sed -n 's,^+++ b/,,p' "ci/bugs/$1.patch"
}

# Prints the sources of the core: what is compiled into a kernel, ports and tests aside.
core_sources()
{
    local file
    for file in heap/*.c mmu_x86/frames.c mmu_x86/paging.c; do
        [[ $file == *_test.c || $file == heap/test_machine.c ]] || printf '%s\n' "$file"
    done
}

# Prints the sources and headers that a bug may be planted in.
core_files()
{
    core_sources
    local file
    for file in heap/*.h mmu_x86/{frames,paging}.h; do
        [[ $file == heap/test_machine.h ]] || printf '%s\n' "$file"
    done
}

# Prints the sources of the core that have to be compiled again for a bug: all of them if it is in a
# header.
bug_sources()
{
    local file files
    mapfile -t files < <(bug_files "$1")
    for file in "${files[@]}"; do
        if [[ $file == *.h ]]; then
            core_sources
            return
        fi
    done
    printf '%s\n' "${files[@]}"
}

# Prints the ids of all rules.
rule_ids()
{
    sed -n 's/^ *X(\([A-Z][0-9]*\),.*/\1/p' invariants/rules.h
}
