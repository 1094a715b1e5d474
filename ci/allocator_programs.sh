#!/usr/bin/env bash
# The programs of a foreign allocator: its tool, and the targets of both engines. To be sourced by
# ci/allocator and ci/fuzz, after the parts that say where the project's own are.
# shellcheck disable=SC2034,SC2154 # their variables

# Sets `name' to the one that the folder's CMakeLists.txt gives.
find_name()
{
    local names=() one at
    [[ -r $builds/host/allocators.txt ]] || die "$folder was not built here yet"
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
    main_target=$name
    tool=$work/kheap-$name
    fuzz_program=$work/fuzz_$name
}

# The tool, and libFuzzer's target. That with sanitizers is a build of its own.
build_allocator()
{
    local preset=libfuzzer
    build_options=("-DKHEAP_ALLOCATORS=$folder" -DKHEAP_SYSTEM_TESTS=OFF -DKHEAP_BENCH=OFF)
    if [[ $bits == 32 ]]; then
        build_options+=(-DCMAKE_C_FLAGS=-m32)
        preset=libfuzzer32
    fi
    configure_preset host > "$logs/configure.log" 2>&1 ||
        die "it cannot be built" "$logs/configure.log"
    find_name
    build_shown host "kheap-$name" "fuzz_$name"
    ln -sfn -- "$builds/host/bin/kheap-$name" "$tool"
    if [[ $sanitizers == yes ]]; then
        build_shown "$preset" "fuzz_$name"
        ln -sfn -- "$builds/$preset/bin/fuzz_$name" "$fuzz_program"
    else
        ln -sfn -- "$builds/host/bin/fuzz_$name" "$fuzz_program"
    fi
}

build_allocator_afl()
{
    build_shown afl "fuzz_$name" kheap_mutator_foreign
}

# What the parts of ci/verify and ci/fuzz that are used here find elsewhere. A merge wants a path without
# spaces: not the root's.
merge_program()
{
    printf '%s/host/bin/fuzz_%s' "${builds#"$root/"}" "$1"
}

libfuzzer_program()
{
    printf '%s' "$fuzz_program"
}

afl_program()
{
    printf '%s/%s/bin/fuzz_%s' "$builds" "$1" "$main_target"
}

afl_mutator()
{
    printf '%s/afl/bin/libkheap_mutator_foreign.so' "$builds"
}
