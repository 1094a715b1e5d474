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

# Sets `name' to the one that the folder's CMakeLists.txt gives.
find_name()
{
    local names=() one at
    while read -r one at; do
        [[ $at != "$folder" ]] || names+=("$one")
    done < "$builds/host/allocators.txt"
    ((${#names[@]} > 0)) || die "$folder/CMakeLists.txt calls no kheap_add_allocator"
    if [[ -n $name ]]; then
        [[ " ${names[*]} " == *" $name "* ]] || bad_usage "no $name among: ${names[*]}"
    else
        ((${#names[@]} == 1)) || bad_usage "--name takes one of: ${names[*]}"
        name=${names[0]}
    fi
}

# The tool, and the targets of both engines. Those with sanitizers are a build of their own.
step_build()
{
    local preset=libfuzzer
    heading "build: $folder"
    build_options=("-DKHEAP_ALLOCATORS=$folder" -DKHEAP_SYSTEM_TESTS=OFF -DKHEAP_BENCH=OFF)
    if [[ $bits == 32 ]]; then
        build_options+=(-DCMAKE_C_FLAGS=-m32)
        preset=libfuzzer32
    fi
    configure_preset host > "$logs/configure.log" 2>&1 ||
        die "it cannot be built" "$logs/configure.log"
    find_name
    main_target=$name
    tool=$work/kheap-$name
    build_shown host "kheap-$name" "fuzz_$name"
    fuzz_program=$work/fuzz_$name
    ln -sfn -- "$builds/host/bin/kheap-$name" "$tool"
    if [[ $sanitizers == yes ]]; then
        build_shown "$preset" "fuzz_$name"
        ln -sfn -- "$builds/$preset/bin/fuzz_$name" "$fuzz_program"
    else
        ln -sfn -- "$(merge_program "$name")" "$fuzz_program"
    fi
}

# What the parts of ci/verify that are used here find elsewhere.
merge_program()
{
    printf '%s/host/bin/fuzz_%s' "$builds" "$1"
}

libfuzzer_program()
{
    printf '%s' "$fuzz_program"
}

afl_mutator()
{
    printf '%s/afl/bin/libkheap_mutator_foreign.so' "$builds"
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
