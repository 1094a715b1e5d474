#!/usr/bin/env bash
# Building a foreign allocator. To be sourced by ci/allocator.
# shellcheck disable=SC2034,SC2154 # its variables

unchecked=() # the rules that it does not declare, with their claims

has_engine()
{
    [[ " ${engines[*]} " == *" $1 "* ]]
}

step_setup()
{
    local program missing=() needed=(cmake ninja clang ld.lld llvm-ar objcopy jq)
    [[ $setup == no ]] || ci/setup --for allocator || die "what is missing could not be installed"
    ! has_engine afl || needed+=(afl-fuzz afl-clang-fast)
    for program in "${needed[@]}"; do
        command -v "$program" > /dev/null || missing+=("$program")
    done
    ((${#missing[@]} == 0)) || die "not installed: ${missing[*]} (run ci/setup)"
}

step_build()
{
    heading "build: $folder"
    build_allocator
}

# It has asked, and is told.
tell_unchecked()
{
    mapfile -t unchecked < <("$(merge_program "$name")" -runs=0 2>&1 < /dev/null |
        sed -n 's/^kheap: not declared by .*, so not checked: //p')
    ((${#unchecked[@]} > 0)) || return 0
    printf '  not declared by its adapter, so not checked:\n'
    printf '    %s\n' "${unchecked[@]}"
}
