#!/usr/bin/env bash
# How the fuzzing engines are called, and what they have counted. To be sourced after ci/lib.sh, in
# the repository's root, by programs that have `logs'.
# shellcheck disable=SC2034,SC2154 # their variables

# Longer inputs take time, and seldom reach what several short ones do not.
readonly stack_bytes_max=300
# An input that maps a thousand pages costs as much as a hundred others: it is mutated less often.
readonly stack_options=("-max_len=$stack_bytes_max" -dict=fuzz/kheap.dict
    -entropic_scale_per_exec_time=1)
# Enough for all operations that fuzz_paging takes of an input.
readonly part_bytes_max=1024

# Puts what all processes of an engine did together into stats_executions and stats_operations.
read_stats()
{
    local numbers
    numbers=$(od -A n -t u8 -N 16 -w16 -- "$logs/$1.stats" 2> /dev/null)
    read -r stats_executions stats_operations <<< "${numbers:-0 0}"
}

# The program of a target: the one at the kernel's true addresses is an i386 process.
libfuzzer_program()
{
    local preset=libfuzzer
    [[ $1 != window32 ]] || preset=libfuzzer32
    printf 'build/%s/bin/fuzz_%s' "$preset" "$1"
}

# libfuzzer_command TARGET SECONDS CRASHES STATS: sets `engine_command' to what runs the target for
# so long, puts what crashes into the directory CRASHES, and counts into $logs/STATS.stats. Options
# and directories follow it.
libfuzzer_command()
{
    engine_command=(env KHEAP_FUZZ_STATS="$logs/$4.stats" "$(libfuzzer_program "$1")"
        "-seed=$((RANDOM * 32768 + RANDOM + 1))" "-max_total_time=$2" "-artifact_prefix=$3"
        -timeout=20 -print_final_stats=1)
}

# merge_command PROGRAM CONTROL CRASHES INTO FROM...: sets `engine_command' to a merge: it copies what
# adds coverage in the directories FROM into INTO, and notes in the file CONTROL what it has done. Without
# spaces in any of them: libFuzzer calls itself by a shell, and quotes nothing.
merge_command()
{
    rm -f -- "$2"
    engine_command=("$1" -merge=1 -timeout=20 "-merge_control_file=$2" "-artifact_prefix=$3" "${@:4}")
}

# merge_saw CONTROL WORD: true if a merge has begun (STARTED) or ended (FT) the run of every file. Its
# status does not tell: it goes on behind what crashes, and ends as if all were well where a file is gone
# or its notes cannot be written.
merge_saw()
{
    awk -v word="$2" 'NR == 1 { files = $1 } $1 == word { seen++ } END { exit !(NR > 0 && seen + 0 == files + 0) }' \
        "$1" 2> /dev/null
}

# afl_program PRESET: the program that AFL++ fuzzes, of afl or afl-cmplog.
afl_program()
{
    printf 'build/%s/bin/fuzz_%s' "$1" "$main_target"
}

# What afl-fuzz loads.
afl_mutator()
{
    printf '%s/build/afl/bin/libkheap_mutator.so' "$root"
}

# afl_command ROLE JOB DIRECTORY JOBS CORES: sets `engine_command' to what runs the job of AFL++
# that has this number, as -M or -S, started from DIRECTORY, in $logs/afl; options follow it, and
# the target. Each on a core of its own, unless there are more jobs than cores. Where other programs
# have taken the cores, it goes on without.
afl_command()
{
    local affinity=AFL_TRY_AFFINITY=1
    (($4 <= $5)) || affinity=AFL_NO_AFFINITY=1
    engine_command=(env "$affinity" KHEAP_FUZZ_STATS="$logs/afl.stats" AFL_NO_UI=1
        AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_TESTCACHE_SIZE=50
        AFL_CUSTOM_MUTATOR_LIBRARY="$(afl_mutator)"
        afl-fuzz "$1" "job$2" -i "$3" -o "$logs/afl" -G "$stack_bytes_max" -x fuzz/kheap.dict)
}

# Prints the lowest stability of AFL++'s jobs in the directory: below 100 % an input does not always
# do the same.
lowest_stability()
{
    cat -- "$1"/*/fuzzer_stats 2> /dev/null |
        sed -n 's/^stability *: \([0-9.]*\)%.*/\1/p' | sort -g | head -n 1
}
