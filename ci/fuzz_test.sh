#!/usr/bin/env bash
# ci/fuzz with a planted bug: killed three times it loses no input and no crash; the bug is found,
# judged and shrunk by itself; each engine takes over what the other finds; the growth of the corpus
# is a patch that applies. It runs in a root of its own, whose path has a space in it.
# usage: ci/fuzz_test.sh KHEAP FUZZ_STACK
set -u -o pipefail
kheap=$(realpath -- "$1") || exit 1
merger=$(realpath -- "$2") || exit 1
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
cd -- "$root" || exit 1
# shellcheck source-path=SCRIPTDIR source=planted.sh
source ci/planted.sh || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 1
shown=("$scratch/out")
bug=heap-calloc-overflow # it takes fuzzing some ten thousand inputs
fuzz_pid=

clean_up_first()
{
    [[ -z $fuzz_pid ]] || kill -KILL -- "-$fuzz_pid" 2> /dev/null
}

# --- a root with the bug in its programs ---

place="$scratch/a root"
work=$place/build/fuzz
for variant in tool guided afl; do
    if ! planted "$bug" "$scratch/tree" "$variant" "planted-$variant" > "$scratch/build.log" \
        2>&1; then
        cat -- "$scratch/build.log"
        exit 1
    fi
done
broken=$place/build/bin/kheap
mkdir -p -- "$place"/{ci,fuzz/explain/page,corpus/{seeds,found,grown},build/{bin,libfuzzer/bin,afl/bin}} || exit 1
cp -- ci/fuzz ci/fuzz_*.sh ci/{lib,build,engines,verify_corpus,verify_crashes}.sh "$place/ci/" &&
    cp -r -- ci/report ci/report_{page,*.sh} "$place/ci/" &&
    cp -- fuzz/explain/page/draw.js "$place/fuzz/explain/page/" && cp -- fuzz/kheap.dict "$place/fuzz/" &&
    cp -- "$scratch/tree/planted-tool" "$broken" &&
    cp -- "$merger" "$place/build/bin/fuzz_stack" &&
    cp -- "$scratch/tree/planted-guided" "$place/build/libfuzzer/bin/fuzz_stack" &&
    cp -- "$scratch/tree/planted-afl" "$place/build/afl/bin/fuzz_stack" &&
    cp -- build/afl/bin/libkheap_mutator.so "$place/build/afl/bin/" || exit 1
# What the bug does not break, so that it is fuzzing that finds it.
for seed in corpus/seeds/{size,split}-*.txt; do
    ! "$broken" replay --quiet "$seed" > /dev/null 2>&1 || cp -- "$seed" "$place/corpus/seeds/"
done

# --- runs ---

# start ARGUMENT...: in a process group of its own.
start()
{
    set -m
    "$place/ci/fuzz" --no-setup --no-build --turn 600 --history 1 "$@" > "$scratch/out" 2>&1 \
        < /dev/null &
    fuzz_pid=$!
    set +m
}

figure()
{
    sed -n "s/^$1 //p" "$work/state" 2> /dev/null
}

# wait_for SECONDS CONDITION...
wait_for()
{
    local tries limit=$1
    shift
    for ((tries = 0; tries < limit * 5; tries++)); do
        if "$@"; then
            return 0
        fi
        kill -0 "$fuzz_pid" 2> /dev/null || break
        sleep 0.2
    done
    return 1
}

# A run later than the one that was there before, with both engines at work for a while.
both_work()
{
    [[ $(figure run) != "$run_before" && $(figure result) == running ]] &&
        (($(figure libfuzzer.executions) > 0 && $(figure afl.executions) > 0))
}

# Prints the SHA-1 of all that was found: inputs and crashes, wherever they are. A file of libFuzzer
# that is named otherwise was being written when the run was killed.
found_sums()
{
    find "$work/corpus" "$work/crashes" "$work/slow" "$work/logs/afl" -type f \
        \( -path '*/corpus/*' -o -path '*/crashes/*' -o -path '*/slow/*' -o -path '*/queue/id:*' \
        -o -path '*/hangs/id:*' \) ! -name '*,orig:*' ! -name README.txt -print0 2> /dev/null |
        xargs -0 -r sha1sum -- |
        awk '{ name = $NF; sub(/.*[\/-]/, "", name) }
            name !~ /^[0-9a-f]+$/ || length(name) != 40 || name == $1 { print $1 }' | sort -u
}

# True once nothing runs that the killed run had started: what holds its lock is stopped, if any.
all_ended()
{
    local process
    for process in /proc/[0-9]*; do
        [[ ! $process/fd/9 -ef $work/lock ]] ||
            grep -q '^State:[[:space:]]*[TZX]' "$process/status" || return 1
    done
}

# kill_and_note: kill -9, and what is there once all that the run started has ended with it.
kill_and_note()
{
    local tries
    kill -KILL -- "-$fuzz_pid"
    wait "$fuzz_pid" 2> /dev/null
    fuzz_pid=
    for ((tries = 0; tries < 50; tries++)); do
        ! all_ended || break
        sleep 0.1
    done
    all_ended || fail "what a killed run had started goes on"
    found_sums > "$scratch/before"
    [[ $("$place/ci/fuzz" --status) == 'ci/fuzz: killed '* ]] || fail "--status of a killed run"
}

nothing_lost()
{
    found_sums > "$scratch/after"
    lost=$(comm -23 "$scratch/before" "$scratch/after" | wc -l)
    ((lost == 0)) || fail "after kill $1 $lost of $(wc -l < "$scratch/before") finds are lost"
}

lost=0
for round in 1 2 3; do
    run_before=$(figure run)
    start --hours 1
    wait_for 60 both_work || fail "round $round: the engines do not work"
    ((round == 1)) || nothing_lost "$((round - 1))"
    sleep 2
    kill_and_note
done
found=$(wc -l < "$scratch/before")
((found > 20)) || fail "only $found inputs and crashes were found"

# The fourth run has all that is needed to end.
all_there()
{
    both_work && (($(figure libfuzzer.taken) > 0 && $(figure afl.taken) > 0)) &&
        compgen -G "$work/found/*.txt" > /dev/null
}
run_before=$(figure run)
start --hours 1 --minimise 2
wait_for 60 both_work || fail "the last run does not work"
nothing_lost 3
wait_for 150 all_there ||
    fail "imports: libFuzzer $(figure libfuzzer.taken), AFL++ $(figure afl.taken), or nothing kept"
"$place/ci/fuzz" --status > "$scratch/status" || fail "--status"
"$place/ci/fuzz" --no-setup --no-build > "$scratch/second" 2>&1
if (($? != 3)) || ! grep -q "another ci/fuzz runs in this tree: process $fuzz_pid" \
    "$scratch/second"; then
    fail "a second run in the tree: $(cat -- "$scratch/second")"
fi
kill -INT "$fuzz_pid"
wait "$fuzz_pid"
status=$?
fuzz_pid=
((status == 1)) || fail "Ctrl-C with crashes: status $status, expected 1"

# --- what it has come to ---

[[ $(grep -c -e '^ci/fuzz: running' -e 'imports: [0-9]* offered' "$scratch/status") == 3 ]] ||
    fail "--status says: $(head -n 3 "$scratch/status")"
"$place/ci/fuzz" --status --json > "$scratch/status.json"
grep -q '"result": "stopped"' "$scratch/status.json" || fail "--status --json"
grep -q '^  ended  *stopped by a signal' "$scratch/out" || fail "no summary"
for engine in libfuzzer afl; do
    grep -q "\"engine\": \"$engine\".* \"imports\": [1-9]" "$work/history.jsonl" ||
        fail "no imports of $engine in the history"
done
rules=" $(bug_rules "$bug") "
right=0
for text in "$work"/found/*.txt; do
    name=${text##*/}
    [[ $rules == *" ${name%%-*} "* ]] && right=$((right + 1))
    [[ $("$broken" replay "$text" 2> /dev/null) == *" violation rule=${name%%-*} "* ]] ||
        fail "$name does not fail by its rule"
    "$kheap" replay --quiet "$text" > /dev/null 2>&1 || fail "$name fails without the bug"
    (($(grep -c '^[a-z]' "$text") <= 12)) || fail "$name is not small"
done
((right > 0)) || fail "none of its rules ($rules) in $work/found: $(ls "$work/found" "$work/triaged")"

# The report, made at the end, has a page of each kind of crash, and all runs.
pages=("$place"/build/report/fuzzing/*.html)
jq -e --argjson pages "${#pages[@]}" '.fuzz | .runs == 4 and .state.result == "stopped" and
    (.crashes | map(select(.page)) | length) == $pages and .crashes[0].rule != null and
    (.libfuzzer | length) > 3 and (.afl | length) > 3' "$place/build/report/report.json" > /dev/null ||
    fail "the report shows something else: $(jq -c '.fuzz | del(.libfuzzer, .afl)' "$place/build/report/report.json")"

# The corpus's growth.
git -C "$place" init -q
"$place/ci/fuzz" --harvest "$scratch/grown.patch" > "$scratch/out" 2>&1 || fail "--harvest"
git -C "$place" apply --index "$scratch/grown.patch" || fail "the patch of --harvest"
grown=("$place"/corpus/grown/*.ops)
[[ -s ${grown[0]} ]] || fail "--harvest adds nothing"
for file in "${grown[@]}"; do
    sum=$(sha1sum < "$file")
    [[ ${file##*/} == "${sum:0:12}.ops" ]] || fail "${file##*/} is not named by its SHA-1"
done

test_end "$found finds survived, ${#grown[@]} inputs grown"
