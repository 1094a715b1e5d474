#!/usr/bin/env bash
# Fuzzing services take what .clusterfuzzlite/build.sh makes. See --help.
set -u -o pipefail
export LC_ALL=C

usage()
{
    cat << 'TEXT'
usage: ci/services_test.sh [--all | ENGINE SANITIZER ARCHITECTURE]...

Sets up by hand what a fuzzing service builds in, runs .clusterfuzzlite/build.sh there, moves what it
has made to another folder, and checks each fuzz target as the service would: built for the
architecture and with the sanitizer asked for and no other, with feedback, without libraries of the
building machine; it starts from elsewhere as a user who may write to /tmp alone, runs all its seeds
without a finding, understands its options and its dictionary, and survives a short run. Then it
plants three bugs in the first build of libFuzzer with address, and wants each crash in a group of its
own by the top of its stack alone; shows these checks artefacts that are not as they should be; and
builds the allocator of another repository, which has copied fuzz/foreign/clusterfuzzlite.

ENGINE is libfuzzer or afl, SANITIZER address, undefined, memory or coverage, ARCHITECTURE x86_64 or
i386; --all takes every combination that the project offers.

Exit status: 0 all hold, 1 one does not, 2 the command line was not understood, 3 something is
missing.
TEXT
}

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P) || exit 3
cd -- "$root" || exit 3
# shellcheck source-path=SCRIPTDIR/..
source ci/services_environment.sh && source ci/services_checks.sh &&
    source ci/services_stacks.sh && source ci/services_tampered.sh || exit 3

builds=()
while (($# > 0)); do
    case $1 in
        --help | -h) usage && exit 0 ;;
        --all)
            builds+=("${service_builds[@]}")
            shift
            ;;
        *)
            if (($# < 3)) || [[ " ${service_builds[*]} " != *" $1 $2 $3 "* ]]; then
                echo "ci/services_test.sh: no such build: $* (see --help)" >&2
                exit 2
            fi
            builds+=("$1 $2 $3")
            shift 3
            ;;
    esac
done
((${#builds[@]} > 0)) || builds=("${service_builds[@]}")
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 3
needs clang++ ninja objdump readelf file unzip patch setpriv

# fail TEXT [LOG]
fail()
{
    printf 'services_test: %s\n' "$1"
    [[ -z ${2:-} ]] || tail -n 15 -- "$2" | cut -c 1-200 | sed 's/^/    /'
    failures=$((failures + 1))
}

chmod a+rwxt "$scratch"
services=$root/build/services
mkdir -p -- "$services/src" && exec 9> "$services/lock" && flock 9 || exit 3
[[ -L $services/src/kheap ]] || ln -s ../../.. "$services/src/kheap" || exit 3
cp -- .clusterfuzzlite/build.sh "$services/src/build.sh" || exit 3

# Prints how it went; the artefacts are left in $scratch/ENGINE-SANITIZER-ARCHITECTURE.
test_build()
{
    local target start=$SECONDS name=$1-$2-$3 log=$services/build-$1-$2-$3.log targets
    if ! service_environment "$1" "$2" "$3" "$services"; then
        fail "$name: its environment cannot be set up"
        return
    fi
    # As `compile' runs it, but for Ninja, by which the planted bugs find the commands.
    rm -rf -- "$OUT" && mkdir -p -- "$OUT"
    if ! (cd -P "$SRC/kheap" && CMAKE_GENERATOR=Ninja bash -eux "$SRC/build.sh") > "$log" 2>&1; then
        fail "$name: build.sh fails" "$log"
        return
    fi
    printf '%s: built in %d s\n' "$name" $((SECONDS - start))
    rm -rf -- "${scratch:?}/$name"
    mv -- "$OUT" "$scratch/$name" && chmod -R a+rX "$scratch/$name" || return
    targets=(fuzz_stack fuzz_paging fuzz_frames)
    [[ $3 != i386 ]] || targets+=(fuzz_window32)
    for target in "${targets[@]}"; do
        check_target "$scratch/$name/$target"
    done
    if [[ $1 == libfuzzer && $2 == address && $planted == no ]]; then
        test_stacks "$name"
        test_tampered "$name" "${stack_bugs[0]}"
        test_project
    fi
}

# Another repository that has copied a folder: its allocator is built, and nothing else.
test_project()
{
    local place=$services/project log=$services/build-project.log program found
    if ! service_environment libfuzzer address x86_64 "$place"; then
        fail "project: its environment cannot be set up"
        return
    fi
    rm -rf -- "$OUT" "$SRC/project" && mkdir -p -- "$OUT" "$SRC/project" || return
    ln -sfn ../../../.. "$SRC/kheap" && cp -r -- fuzz/foreign/examples/first_fit "$SRC/project/kheap" &&
        cp -r -- fuzz/foreign/clusterfuzzlite "$SRC/project/.clusterfuzzlite" &&
        cp -- "$SRC/project/.clusterfuzzlite/build.sh" "$SRC/build.sh" || return
    if ! (cd -- "$SRC/project" && KHEAP_ALLOCATORS=$SRC/project/kheap CMAKE_GENERATOR=Ninja \
        bash -eux "$SRC/build.sh") > "$log" 2>&1; then
        fail "project: build.sh fails" "$log"
        return
    fi
    found=$(cd -- "$OUT" && echo *)
    [[ $found == 'fuzz_first_fit fuzz_first_fit.dict fuzz_first_fit.options fuzz_first_fit_seed_corpus.zip' ]] ||
        fail "project: what is built is: $found"
    rm -rf -- "${scratch:?}/project" && mv -- "$OUT" "$scratch/project" && mkdir -- "$scratch/project-seeds" &&
        chmod -R a+rX "$scratch/project" "$scratch/project-seeds" || return
    program=$scratch/project/fuzz_first_fit
    unzip -q -o -d "$scratch/project-seeds" "${program}_seed_corpus.zip" || fail "project: its seeds do not unpack"
    check_portable "$program"
    check_libfuzzer "$program" "$scratch/project-seeds"
    printf '  fuzz_first_fit of another repository: ok\n'
}

planted=no # whether the bugs have been planted
for build in "${builds[@]}"; do
    read -r engine sanitizer architecture <<< "$build"
    test_build "$engine" "$sanitizer" "$architecture"
done
test_end "${#builds[@]} builds hold"
