#!/usr/bin/env bash
# ci/fuzz --allocator: what is other where a foreign allocator is fuzzed. To be sourced by ci/fuzz,
# last, as it says where its programs are.
# shellcheck disable=SC2034,SC2154 # its variables

# shellcheck source-path=SCRIPTDIR/..
source ci/allocator_programs.sh || exit 3

readonly bits=64

# It has neither parts nor a window at the kernel's addresses.
corpus_targets=()
part_targets=()

builds=$root/$work/build # so that build/host stays the project's own

# The target is known once the folder's CMakeLists.txt was read.
step_build()
{
    if [[ $build == yes ]]; then
        heading "build: $folder"
        build_allocator
        build_allocator_afl
    else
        find_name
    fi
    # The state has these beside the targets' names.
    case $name in
        libfuzzer | afl | corpus | crashes | total) die "an allocator cannot be called $name here" ;;
    esac
    use_main_target "$name"
}
