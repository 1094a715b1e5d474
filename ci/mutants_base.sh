#!/usr/bin/env bash
# What mutants are compared with, linked with and run against. To be sourced by ci/mutants.
# shellcheck disable=SC2034,SC2154 # its variables

# As the release build compiles the core, without debugging information. The warnings that are
# errors are those by which the project's own build would refuse the mutant, but for what is merely
# unused: that is how a statement that was left out looks.
readonly compile_flags=(-std=c11 -O2 -Wno-everything -Werror=uninitialized
    -Werror=sometimes-uninitialized -Werror=return-type -Werror=int-conversion
    -Werror=incompatible-pointer-types)
readonly feedback_flags=(-fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp)

# The faster linker, where it is there.
linker=
! command -v ld.lld > /dev/null || linker=' -fuse-ld=lld'
readonly linker

declare -A link_line=() # how a program is linked, with $objects and $output for a mutant's
declare -A key=()       # what the results of a stage depend on
declare -A users=()     # the core's sources that a file is compiled into
tests=()

describe_base()
{
    describe_text="building what mutants are linked with: $(duration "$1")"
}

configure_and_build()
{
    cmake --preset mutants && cmake --build --preset mutants -j "$jobs"
}

build_base()
{
    local name
    for name in cmake ninja clang gcc; do
        command -v "$name" > /dev/null || die "$name is not installed (ci/setup)"
    done
    spawn "$results/build.log" configure_and_build
    watch describe_base 3600 "$spawned"
    reap "$spawned" && return 0
    grep -E 'error|Error|undefined' "$results/build.log" | head -n 5 >&2
    die "the build mutants failed, see $results/build.log"
}

# compile COMPILER OUTPUT SOURCE DIRECTORY FLAG...: SOURCE's path is the same for the core and for
# each of its mutants, since it becomes a part of the object; DIRECTORY holds the file that is
# changed, which comes before the others.
compile()
{
    local compiler=$1 output=$2 source=$3 directory=$4
    shift 4
    [[ -f $directory/$source ]] || set -- "$@" -I "$directory"
    (
        [[ ! -f $directory/$source ]] || cd -- "$directory" || exit 1
        exec "$compiler" "$@" -I "$root" -I "$root/mmu_x86/emulator" -c "$source" -o "$output"
    )
}

object_of()
{
    printf '%s.o' "${1//\//-}"
}

# The core's objects by two compilers, and which files each is made of.
compile_core()
{
    local compiler source file flags
    rm -rf -- "$results/clang" "$results/gcc"
    mkdir -p -- "$results/clang" "$results/gcc" || die "$results cannot be written"
    while IFS= read -r source; do
        for compiler in clang gcc; do
            flags=("${compile_flags[@]}")
            [[ $compiler == clang ]] || flags=(-std=c11 -O2 -w)
            compile "$compiler" "$root/$results/$compiler/$(object_of "$source")" "$source" "$root" \
                "${flags[@]}" 2> "$results/compile.log" ||
                die "$source could not be compiled, see $results/compile.log"
        done
        while IFS= read -r file; do
            users[$file]+="$source "
        done < <(clang -std=c11 -I . -I mmu_x86/emulator -MM "$source" | sed 's/\\$//' | tr -s ' ' '\n' |
            sed "s,^\./,,; s,^$root/,," | grep -E '^(heap|mmu_x86)/[^/]*\.[ch]$')
    done < <(core_files | grep '\.c$')
}

# A mutant's objects come before the archive of the core, which then is not asked for the same.
read_link_line()
{
    local line archive=' fuzz/libkheap_'
    # shellcheck disable=SC2016 # they are for the one who links
    local mutated=' "${objects[@]}"'
    line=$(ninja -C "$base" -t commands "$2" | tail -n 1)
    line=${line#: && }
    line=${line% && :}
    [[ $line =~ ^(.*)\ -o\ ([^ ]+)\ (.*)$ ]] || die "how $1 is linked is not understood"
    line="${BASH_REMATCH[1]}$linker -o \"\$output\" ${BASH_REMATCH[3]}"
    [[ $line == *' fuzz/libkheap_emulator'* ]] || die "$1 is not linked with the core"
    link_line[$1]=${line%%"$archive"*}"$mutated$archive"${line#*"$archive"}
}

digest()
{
    local sum
    sum=$(cat -- "$@" | sha1sum) || die "files could not be read: $*"
    printf '%s' "${sum%% *}"
}

# The corpus as the fuzzer reads it.
import_corpus()
{
    local text
    rm -rf -- "$results/corpus"
    mkdir -p -- "$results/corpus" || die "$results cannot be written"
    for text in corpus/seeds/*.txt corpus/found/*.txt; do
        "$base/bin/kheap" import "$text" "$results/corpus/${text##*/}" > "$results/import.log" 2>&1 ||
            die "$text could not be imported, see $results/import.log"
    done
    cp -- corpus/grown/* "$results/corpus/" || die "corpus/grown could not be copied"
}

prepare_base()
{
    local name all=
    local sources limits="$limit_replay $limit_test $limit_clock $limit_memory_kib"
    compile_core
    import_corpus
    mapfile -t tests < "$base/mutants.tests"
    read_link_line kheap bin/kheap
    read_link_line fuzz bin/fuzz_stack
    mapfile -t sources < <(core_files)
    key[same]=$(digest "$results"/clang/*.o "$results"/gcc/*.o)
    key[compile]=${key[same]}$(digest "$mutate" "${sources[@]}")
    key[corpus]=$(digest "$base/bin/kheap" corpus/{seeds,grown,found}/* \
        <(declare -f corpus_fails limited && printf '%s' "$limits"))
    for name in "${tests[@]}"; do
        read_link_line "$name" "tests/$name"
        key[$name]=$(digest "$base/tests/$name" \
            <(declare -f test_fails limited && printf '%s' "$limits"))
        all+=${key[$name]}
    done
    key[fuzzer]=$(digest "$base/bin/fuzz_stack" "$results"/corpus/* \
        <(declare -f killed_by_fuzzer limited && printf '%s' "$limits $fuzz_seconds"))
    key[survived]=$(printf '%s' "$all${key[corpus]}${key[fuzzer]}" | sha1sum)
    key[survived]=${key[survived]%% *}
}
