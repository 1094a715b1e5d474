#!/usr/bin/env bash
# What a fuzzing service holds against a build before it takes it, artefact by artefact: OSS-Fuzz's
# bad_build_check, with its thresholds, and what its documentation asks for beside that. To be
# sourced, by bash with set -u and pipefail, after ci/services_environment.sh; `scratch' is a folder
# that everybody may write to, and `fail TEXT...' notes that a check does not hold.
# shellcheck disable=SC2154 # its variables

readonly startup_runs=4
# Below 100 the service warns, and takes the build: fuzz_frames is over one file of the core.
readonly edges_min=50
readonly survived_runs=3000

# How many calls into a sanitizer's runtime a program has. Each runtime calls others' functions, so a
# few are always there.
sanitizer_calls()
{
    objdump -dC -- "$1" | grep -c -E "call[a-z]* +[0-9a-f]+ <__$2"
}

check_sanitizer()
{
    local program=$1 asan msan ubsan ubsan_foreign=200
    asan=$(sanitizer_calls "$program" asan)
    msan=$(sanitizer_calls "$program" msan)
    ubsan=$(sanitizer_calls "$program" ubsan)
    [[ $ARCHITECTURE != i386 ]] || ubsan_foreign=280
    case $SANITIZER in
        address) ((asan >= 1000 && msan <= 3 && ubsan <= ubsan_foreign)) ;;
        memory) ((msan >= 1000 && asan == 0 && ubsan <= ubsan_foreign)) ;;
        undefined) ((ubsan >= 168 && asan == 0 && msan <= 3)) ;;
        coverage) ((asan == 0 && msan <= 3)) && readelf -S -W -- "$program" | grep __llvm_covmap > /dev/null ;;
    esac || fail "$program: not built for $SANITIZER: calls of asan $asan, msan $msan, ubsan $ubsan"
}

# Nothing of the building machine: no libraries but the C library's and the compiler's, looked for
# where the system has them.
check_portable()
{
    local program=$1 form=x86-64 library
    [[ $ARCHITECTURE != i386 ]] || form=80386
    file -b -- "$program" | grep -q -- "$form" || fail "$program: not for $ARCHITECTURE"
    ! readelf -d -- "$program" | grep -E 'RPATH|RUNPATH' || fail "$program: has a path of libraries"
    while read -r library; do
        [[ $library =~ ^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|gcc_s|stdc\+\+))\.so\.[0-9]+$ ]] ||
            fail "$program: needs $library"
    done < <(readelf -d -- "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
}

# As a service's machine runs it: as a user who can write nowhere but in /tmp, from elsewhere.
run_elsewhere()
(
    cd / || exit
    unset ASAN_OPTIONS
    if [[ $(id -u) == 0 ]]; then
        exec setpriv --reuid=65534 --regid=65534 --clear-groups timeout 120 "$@"
    fi
    exec timeout 120 "$@"
)

# The options of NAME.options, of its section [libfuzzer], as libFuzzer takes them.
libfuzzer_options()
{
    sed -n '/^\[libfuzzer\]$/,/^\[/s/^\([a-z_]*\) *= *\(.*\)$/-\1=\2/p' "$1"
}

check_libfuzzer()
{
    local program=$1 seeds=$2 log=$scratch/log edges options
    mapfile -t options < <(libfuzzer_options "$program.options")
    ((${#options[@]} > 0)) || fail "$program.options: has no options"
    [[ ! -f $program.dict ]] || options+=("-dict=$program.dict")
    run_elsewhere "$program" -seed=1337 "-runs=$startup_runs" > "$log" 2>&1
    grep -q "Done $startup_runs runs" "$log" || fail "$program: does not start" "$log"
    edges=$(sed -n 's/.*INFO: Loaded .*(\([0-9]*\) .*counters).*/\1/p' "$log")
    ((${edges:-0} >= edges_min)) || fail "$program: has feedback of ${edges:-0} edges"
    # The service runs this before each change: no seed may crash, leak or be slow.
    run_elsewhere "$program" -rss_limit_mb=2560 "${options[@]}" -runs=0 "$seeds" > "$log" 2>&1 ||
        fail "$program: a seed fails" "$log"
    ! grep -E 'unrecognized flag|ParseDictionaryFile: error' "$log" ||
        fail "$program: its options or its dictionary are not understood"
    run_elsewhere "$program" -rss_limit_mb=2560 "${options[@]}" -seed=7 "-runs=$survived_runs" \
        -artifact_prefix="$scratch/" > "$log" 2>&1 || fail "$program: does not survive" "$log"
    grep -q "Done $survived_runs runs" "$log" || fail "$program: ended early" "$log"
}

check_afl()
{
    local program=$1 seeds=$2 log=$scratch/log dictionary=()
    [[ ! -f $program.dict ]] || dictionary=(-x "$program.dict")
    # Without afl-fuzz its driver runs the files that it is given.
    run_elsewhere "$program" "$seeds"/* > "$log" 2>&1 || fail "$program: a seed fails" "$log"
    mkdir -p "$scratch/first" && printf 'k' > "$scratch/first/k"
    chmod -R a+rX "$scratch/first"
    run_elsewhere env AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_SKIP_CPUFREQ=1 AFL_FORKSRV_INIT_TMOUT=30000 \
        AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 afl-fuzz -V 3 -m none -i "$scratch/first" \
        -o "$scratch/afl-${program##*/}" "${dictionary[@]}" -- "$program" > "$log" 2>&1 ||
        fail "$program: afl-fuzz ends with an error" "$log"
    grep -a -q 'All set and ready to roll' "$log" || fail "$program: afl-fuzz does not start" "$log"
    grep -a -q ' 0 crashes saved' "$log" || fail "$program: crashes under afl-fuzz" "$log"
    edges=$(sed -n 's/^edges_found *: *//p' "$scratch/afl-${program##*/}/default/fuzzer_stats")
    ((${edges:-0} > 0)) || fail "$program: has no feedback"
}

# Prints how many inputs of the corpus a target starts from.
seeds_expected()
{
    local folders=("corpus/${1#fuzz_}")
    [[ -d ${folders[0]} ]] || folders=(corpus/seeds corpus/grown corpus/found)
    find "${folders[@]}" -type f | wc -l
}

# check_target PROGRAM: the files that belong to it lie beside it.
check_target()
{
    local program=$1 seeds=$scratch/seeds-${1##*/} count
    [[ -x $program && -f $program.options && -f ${program}_seed_corpus.zip ]] ||
        fail "$program: has no options, or no seed corpus"
    check_portable "$program"
    check_sanitizer "$program"
    mkdir -p "$seeds"
    unzip -q -o -d "$seeds" "${program}_seed_corpus.zip" || fail "$program: its seeds do not unpack"
    count=$(find "$seeds" -type f | wc -l)
    ((count == $(seeds_expected "${program##*/}"))) || fail "$program: has $count seeds"
    ! grep -r -l -x -- '# kheap' "$seeds" || fail "$program: a seed is text, not what it reads"
    "check_$FUZZING_ENGINE" "$program" "$seeds"
    printf '  %s: ok with %d seeds\n' "${program##*/}" "$count"
}
