#!/usr/bin/env bash
# Building a bug: only what the patch changes is compiled again, with the commands of the preset's
# build, and linked in front of that build's archives, or, where it has none, in the place of their
# objects. To be sourced, from the repository's root, by bash with set -u and pipefail, after
# ci/lib.sh and ci/bugbench_bugs.sh. `bench' is the directory for what is noted of the builds.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # its variables; build_base is a process of its own

# What a program with a bug in it is made of: the preset, the program, what holds its core, and where
# the objects of that lie. `random' is the fuzz target of libfuzzer over the core that gives no
# feedback; `paging' is fuzz_paging.
declare -A variant_preset=([tool]=host [guided]=libfuzzer [random]=libfuzzer [paging]=libfuzzer [afl]=afl
    [kernel]=kernel)
declare -A variant_program=([tool]=kheap [guided]=fuzz_stack [random]=fuzz_stack [paging]=fuzz_paging
    [afl]=fuzz_stack [kernel]=kheap.elf)
declare -A variant_core=([tool]=kheap_emulator [guided]=kheap_emulator_feedback
    [random]=kheap_emulator [paging]=kheap_emulator_feedback [afl]=kheap_emulator_feedback
    [kernel]=kheap.elf)
declare -A variant_objects=([tool]=kheap_emulator_core [guided]=kheap_emulator_feedback_core
    [random]=kheap_emulator_core [paging]=kheap_emulator_feedback_core
    [afl]=kheap_emulator_feedback_core [kernel]=kheap.elf)

# Builds the tree as it is, and notes the commands that did it. Tests that do this at once take turns
# in each build directory.
build_base()
(
    local variant=$1 preset=${variant_preset[$1]} program=${variant_program[$1]}
    local targets=("$program" "${variant_core[$variant]}")
    [[ $variant != afl ]] || targets+=(kheap_mutator)
    mkdir -p -- build && exec 8> "build/$preset.lock" && flock 8 || exit
    cmake --preset "$preset" && cmake --build --preset "$preset" --target "${targets[@]}" &&
        ninja -C "build/$preset" -t commands "$program" "${variant_core[$variant]}" \
            > "$bench/$variant.commands" || exit
    [[ $variant != random ]] ||
        clang -std=c11 -O2 -fsanitize=fuzzer-no-link -c ci/bugbench_random.c -o "$bench/random.o"
)

describe_base()
{
    describe_text="building the tree as it is, for $variant: $(duration "$1")"
}

build_bases()
{
    local variant
    for variant in "${variants[@]}"; do
        spawn "$bench/$variant.log" build_base "$variant"
        watch describe_base 3600 "$spawned"
        reap "$spawned" || die "the build of ${variant_preset[$variant]} failed" "$bench/$variant.log"
    done
}

# compile TREE SOURCE OBJECT VARIANT: headers of the core are the tree's.
compile()
{
    local command
    command=$(grep -F -- "/${variant_objects[$4]}.dir/" "$bench/$4.commands" |
        grep -F -- " -c $root/$2" | head -n 1)
    [[ -n $command ]] || {
        printf 'no command compiles %s\n' "$2"
        return 1
    }
    command=${command%% -MD *}
    eval "${command/"-I$root "/"-I$1 -I$root "} -o $3 -c $1/$2"
}

# link VARIANT PROGRAM SOURCE...: what was compiled comes before the archive, whose members of the
# same name are then not wanted; or, in the kernel, in the place of its objects.
link()
{
    local variant=$1 program=$2 command source object objects=
    shift 2
    command=$(grep -E -- " -o [^ ]*/?${variant_program[$variant]} " "$bench/$variant.commands" | tail -n 1)
    [[ $command =~ ^(.*)\ -o\ [^\ ]+\ (.*)$ ]] || {
        printf 'no command links %s\n' "${variant_program[$variant]}"
        return 1
    }
    local before=${BASH_REMATCH[1]} behind=${BASH_REMATCH[2]}
    for source in "$@"; do
        object=$program-${source//\//-}.o
        if [[ $before =~ ^(.*)\ [^\ ]+/$source\.o(.*)$ ]]; then
            before="${BASH_REMATCH[1]} $object${BASH_REMATCH[2]}"
        else
            objects+=" $object"
        fi
    done
    command="$before$objects -o $program $behind"
    if [[ $variant == random ]]; then
        command=${command//kheap_emulator_feedback/kheap_emulator}
        command=${command/ -o / "$root/$bench/random.o" -Wl,--wrap=LLVMFuzzerTestOneInput -o }
    fi
    (cd "build/${variant_preset[$variant]}" && eval "$command")
}

# plant NAME DIRECTORY: the core with the bug in it.
plant()
{
    mkdir -p "$2/fuzz" && cp -r heap mmu_x86 "$2" && cp fuzz/coverage_ignore.txt "$2/fuzz" &&
        patch -s -p1 -F0 -d "$2" < "ci/bugs/$1.patch"
}

# build_bug NAME TREE VARIANT: leaves the program in TREE/VARIANT.
build_bug()
{
    local name=$1 tree=$2 variant=$3 source sources
    mapfile -t sources < <(bug_sources "$name")
    for source in "${sources[@]}"; do
        compile "$tree" "$source" "$tree/$variant-${source//\//-}.o" "$variant" || return
    done
    link "$variant" "$tree/$variant" "${sources[@]}"
}
