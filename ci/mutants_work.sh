#!/usr/bin/env bash
# Compiling mutants and running them, several at once. To be sourced by ci/mutants.
# shellcheck disable=SC2034,SC2154 # its variables

# A mutant that needs more hangs: seconds of processor time, of which the core takes at most a tenth,
# and of a clock, which only ends what waits. Addresses cost nothing, and two mirrors
# (invariants/mirror.h) take 4 GiB of them.
readonly limit_replay=1
readonly limit_test=6
readonly limit_clock=60
readonly limit_memory_kib=16777216

# --- compiling ---

# The mutant's objects that differ from the core's, in $work/objects; the source in $work.
compile_one()
{
    local name=$1 file=${1%%:*} source object count=0
    rm -rf -- "$work"
    mkdir -p -- "$work/${file%/*}" "$work/objects" || return 2
    "$mutate" write "$file" "${name#*:}" > "$work/$file" || return 2
    for source in ${users[$file]:-}; do
        object=$(object_of "$source")
        compile clang "$work/objects/$object" "$source" "$work" "${compile_flags[@]}" \
            2> /dev/null || return 1
        if cmp -s "$work/objects/$object" "$results/clang/$object"; then
            rm -f -- "$work/objects/$object"
        else
            count=$((count + 1))
        fi
    done
    ((count > 0)) || return 4
}

# Another worker may come to the same objects at the same time: whose are kept does not matter.
keep_objects()
{
    local kept=$results/objects/$outcome
    [[ -d $kept ]] || mv -T -- "$work/objects" "$kept" 2> /dev/null || [[ -d $kept ]] || {
        printf '%s could not be kept\n' "$kept" >&2
        return 1
    }
}

# Compiles every jobs-th mutant of todo. A line of `compiled' is: what it depends on, the mutant,
# what became of it: its objects' digest, `refused', or `same' as the core's.
compile_worker()
{
    local work=$root/$results/work.$1 i name outcome
    for ((i = $1; i < ${#todo[@]}; i += jobs)); do
        name=${todo[i]}
        compile_one "$name"
        case $? in
            0)
                outcome=$(cd -- "$work/objects" && sha1sum -- *.o | sha1sum)
                outcome=${outcome%% *}
                keep_objects || exit 3
                ;;
            1) outcome=refused ;;
            4) outcome=same ;;
            *) exit 3 ;;
        esac
        printf '%s\t%s\t%s\n' "${key[compile]}" "$name" "$outcome" >> "$results/compiled" || exit 3
    done
    rm -rf -- "$work"
}

# Reads what is known of the mutants that are wanted into object_of_mutant.
read_compiled()
{
    local depends name outcome
    while IFS=$'\t' read -r depends name outcome; do
        [[ $depends == "${key[compile]}" ]] || continue
        [[ $outcome == refused || $outcome == same || -d $results/objects/$outcome ]] || continue
        object_of_mutant[$name]=$outcome
    done < "$results/compiled"
}

# --- running ---

# limited SECONDS COMMAND...: its output in $work/out.
limited()
{
    local seconds=$1
    shift
    (
        ulimit -c 0 -t "$seconds" -v "$limit_memory_kib" -f 65536
        exec timeout -k 1 "$limit_clock" "$@"
    ) > "$work/out" 2>&1 < /dev/null
}

# How a program that failed ended.
ending()
{
    case $1 in
        124 | 137 | 152 | 70) printf 'hangs' ;; # timeout, SIGKILL, SIGXCPU, libFuzzer's own limit
        1 | 77) sed -n 's/.* violation rule=\([A-Z0-9]*\).*/rule \1/p
            s/^kheap: rule \([A-Z0-9]*\) broken.*/rule \1/p
            s/^[^ ]*_test\.c:[0-9]*: \([a-z0-9_]*\): .*/\1/p' "$work/out" | head -n 1 ;;
        *) printf 'ends with status %d' "$1" ;;
    esac
}

# link PROGRAM: with the mutant's $objects, as $work/PROGRAM. What cannot be linked could not be
# run: that is an error of this script, for every mutant has the core's symbols.
link()
{
    local output=$work/$1
    (cd -- "$base" && eval "${link_line[$1]}") > "$work/out" 2>&1
}

# judged STAGE KEY DETAIL: the verdict of the mutant at hand. A line of `judged' is: the objects'
# digest, the stage that killed it or `survived', what the stage depends on, how it was killed.
judged()
{
    printf '%s\t%s\t%s\t%s\n' "$digest" "$1" "$2" "$3" >> "$results/judged" || exit 3
}

# corpus_fails PROGRAM: with `status'.
corpus_fails()
{
    local policy
    for policy in '' bins first-fit; do
        limited "$limit_replay" "$1" replay --quiet ${policy:+--policy "$policy"} \
            corpus/seeds corpus/grown corpus/found
        status=$?
        ((status == 0)) || return 0
    done
    return 1
}

killed_by_corpus()
{
    local status
    link kheap || exit 3
    corpus_fails "$work/kheap" || return 1
    judged corpus "${key[corpus]}" "$(ending "$status")"
}

# test_fails PROGRAM: with `status'.
test_fails()
{
    limited "$limit_test" "$1"
    status=$?
    ((status != 0))
}

# The test that is named after the file comes first.
killed_by_tests()
{
    local test status tried=no own=${name%%.*}_test
    own=${own##*/}
    [[ -n ${link_line[$own]:-} ]] || own=
    for test in ${own:+"$own"} "${tests[@]}"; do
        [[ $test != "$own" || $tried == no ]] || continue
        tried=yes
        link "$test" || exit 3
        test_fails "$work/$test" || continue
        judged "$test" "${key[$test]}" "$(ending "$status")"
        return 0
    done
    return 1
}

# Another compiler may see what the first did not: that nothing is changed.
same_by_gcc()
{
    local object source
    for object in "$results/objects/$digest"/*.o; do
        object=${object##*/}
        source=${object%.o}
        source=${source/-//}
        compile gcc "$work/gcc.o" "$source" "$work" -std=c11 -O2 -w 2> /dev/null || return 1
        cmp -s "$work/gcc.o" "$results/gcc/$object" || return 1
    done
    judged same "${key[same]}" gcc
}

killed_by_fuzzer()
{
    local object source status objects=()
    ((fuzz_seconds > 0)) || return 1
    mkdir -p -- "$work/feedback" "$work/new"
    for object in "$results/objects/$digest"/*.o; do
        object=${object##*/}
        source=${object%.o}
        source=${source/-//}
        compile clang "$work/feedback/$object" "$source" "$work" "${compile_flags[@]}" \
            "${feedback_flags[@]}" 2> /dev/null || exit 3
        objects+=("$work/feedback/$object")
    done
    link fuzz || exit 3
    limited $((fuzz_seconds + 5)) "$work/fuzz" -seed=1 "-max_total_time=$fuzz_seconds" \
        -max_len=300 -timeout=2 -dict=fuzz/kheap.dict "-artifact_prefix=$work/" "$work/new" \
        "$results/corpus"
    status=$?
    ((status != 0)) || return 1
    judged fuzzer "${key[fuzzer]}" "$(ending "$status")"
}

# passes STAGE COMMAND...: ends the run if the core itself fails what mutants are to be killed by. What
# it has passed is kept in the file `passed'.
passes()
{
    local stage=$1 status=0
    shift
    ! grep -q -x -F -- "${key[$stage]}" "$results/passed" || return 0
    ! "$@" || die "the core itself, unchanged, fails: $stage ($(ending "$status"))"
    printf '%s\n' "${key[$stage]}" >> "$results/passed"
}

check_base()
{
    local work=$root/$results/work.base test
    if ! { mkdir -p -- "$work" && touch -- "$results/passed"; }; then
        die "$results cannot be written"
    fi
    passes corpus corpus_fails "$base/bin/kheap"
    for test in "${tests[@]}"; do
        passes "$test" test_fails "$base/tests/$test"
    done
    rm -rf -- "$work"
}

judge_worker()
{
    local work=$root/$results/work.$1 i name digest objects
    for ((i = $1; i < ${#todo[@]}; i += jobs)); do
        name=${todo[i]}
        digest=${object_of_mutant[$name]}
        objects=("$root/$results/objects/$digest"/*.o)
        rm -rf -- "$work"
        mkdir -p -- "$work/${name%%/*}" || exit 3
        killed_by_corpus && continue
        killed_by_tests && continue
        "$mutate" write "${name%%:*}" "${name#*:}" > "$work/${name%%:*}" || exit 3
        same_by_gcc || killed_by_fuzzer || judged survived "${key[survived]}" ''
    done
    rm -rf -- "$work"
}

# Reads the verdicts that still hold.
read_judged()
{
    local digest stage depends detail
    while IFS=$'\t' read -r digest stage depends detail; do
        [[ ${key[$stage]:-} == "$depends" ]] || continue
        stage_of[$digest]=$stage
        detail_of[$digest]=$detail
    done < "$results/judged"
}

# --- several at once ---

describe_work()
{
    local done_count
    done_count=$(($(wc -l < "$work_file") - work_start))
    describe_text="$work_title: $done_count of ${#todo[@]}, $(duration "$1")"
    ((done_count == 0)) ||
        describe_text+=", about $(duration $(($1 * (${#todo[@]} - done_count) / done_count))) left"
}

# run_workers TITLE WORKER FILE: lets `jobs' processes do what is in todo; each line of FILE says
# that one is done.
run_workers()
{
    local job status pids=() work_title=$1 worker=$2 work_file=$3 work_start failed=0
    ((${#todo[@]} > 0)) || return 0
    work_start=$(wc -l < "$work_file")
    for ((job = 0; job < jobs && job < ${#todo[@]}; job++)); do
        spawn "$results/worker.$job.log" "$worker" "$job"
        pids+=("$spawned")
    done
    watch describe_work 86400 "${pids[@]}"
    for job in "${!pids[@]}"; do
        reap "${pids[job]}"
        status=$?
        ((status != 0)) || continue
        failed=1
        printf 'worker %d ended with status %d:\n' "$job" "$status" >&2
        tail -n 3 -- "$results/worker.$job.log" >&2
    done
    ((failed == 0)) || die "$work_title failed, see $results/worker.*.log"
}

declare -A object_of_mutant=() stage_of=() detail_of=()
todo=()

compile_mutants()
{
    local name
    if ! { mkdir -p -- "$results/objects" && touch -- "$results/compiled" "$results/judged"; }; then
        die "$results cannot be written"
    fi
    read_compiled
    for name in "${names[@]}"; do
        [[ -n ${object_of_mutant[$name]:-} ]] || todo+=("$name")
    done
    run_workers "compiling mutants" compile_worker "$results/compiled"
    read_compiled
}

# Mutants with the same objects are run once.
judge_mutants()
{
    local name digest
    local -A asked=()
    read_judged
    todo=()
    for name in "${names[@]}"; do
        digest=${object_of_mutant[$name]:-}
        [[ -n $digest ]] || die "the mutant $name was not compiled"
        [[ $digest != same && $digest != refused ]] || continue
        [[ -z ${stage_of[$digest]:-} && -z ${asked[$digest]:-} ]] || continue
        asked[$digest]=1
        todo+=("$name")
    done
    run_workers "running mutants" judge_worker "$results/judged"
    read_judged
}
