#!/usr/bin/env bash
# ci/fuzz --allocator: a bug that is planted in an allocator is found by both engines at work, judged
# and shrunk; --status says so, and a second run goes on from there; the project's own build/fuzz is
# not touched. It runs in a copy of the tree; there are spaces in all paths.
# usage: ci/fuzz_allocator_test.sh KHEAP-FIRST_FIT
set -u -o pipefail
sane=$(realpath -- "$1") || exit 1
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "$here/ci/test_common.sh" || exit 1
shown=("$scratch/run")
root="$scratch/a root"
allocator="$scratch/first fit"
work=$root/build/fuzz-first-fit
fuzz_pid=

clean_up_first()
{
    [[ -z $fuzz_pid ]] || kill -KILL -- "-$fuzz_pid" 2> /dev/null
}

mkdir -p -- "$root/corpus/seeds" &&
    cp -r -- "$here"/{CMakeLists.txt,CMakePresets.json,bench,boot,ci,fuzz,heap,invariants,mmu_x86} "$root" &&
    cp -- "$here/corpus/seeds/size-zero.txt" "$root/corpus/seeds/" &&
    cp -r -- "$here/fuzz/foreign/examples/first_fit" "$allocator" && cd -- "$root" || exit 3
# It copies all of the old block into a smaller one.
sed -i 's/memcpy(moved, at, .*);/memcpy(moved, at, old_bytes);/' "$allocator/first_fit.c"
! cmp -s "$allocator/first_fit.c" "$here/fuzz/foreign/examples/first_fit/first_fit.c" ||
    fail "nothing is planted"

fuzz=(ci/fuzz --allocator "$allocator" --no-setup --jobs 2 --history 1)

# start ARGUMENT...: in a process group of its own.
start()
{
    set -m
    "${fuzz[@]}" "$@" > "$scratch/run" 2>&1 < /dev/null &
    fuzz_pid=$!
    set +m
}

# stop: as Ctrl-C does; there are crashes.
stop()
{
    local status
    kill -INT "$fuzz_pid"
    wait "$fuzz_pid"
    status=$?
    fuzz_pid=
    ((status == 1)) || fail "a run that was stopped, with crashes: status $status, expected 1"
}

figure()
{
    sed -n "s/^$1 //p" "$work/state" 2> /dev/null
}

# A run later than the one before, with both engines at work, and something found.
all_there()
{
    [[ $(figure run) != "$run_before" && $(figure result) == running ]] &&
        (($(figure libfuzzer.executions) > 0 && $(figure afl.executions) > 0)) &&
        (($(figure crashes.kept) > 0))
}

wait_until_all_there()
{
    local tries
    for ((tries = 0; tries < 900; tries++)); do
        ! all_there || return 0
        kill -0 "$fuzz_pid" 2> /dev/null || break
        sleep 0.2
    done
    fail "$1: libFuzzer $(figure libfuzzer.executions), AFL++ $(figure afl.executions), found $(figure crashes.kept)"
}

wait_for_minimised()
{
    local tries
    for ((tries = 0; tries < 500; tries++)); do
        (($(figure corpus.minimised) == 0)) || return 0
        sleep 0.2
    done
    return 1
}

# --- what is asked for wrongly ---

expect 2 'harvest is for the project' "${fuzz[@]}" --harvest
expect 2 '--name and --sanitizers go with --allocator' ci/fuzz --name first_fit
expect 2 'cannot be entered: /none' ci/fuzz --allocator /none
expect 2 'CMakeLists.txt is not there' ci/fuzz --allocator corpus
expect 3 'nothing was fuzzed here yet' "${fuzz[@]}" --status
[[ ! -e build ]] || fail "a command line that is refused has written something"

# --- a run, and one after it ---

run_before=
start --hours 1
wait_until_all_there "the first run"
"${fuzz[@]}" --status > "$scratch/status" 2>&1 || fail "--status"
grep -q '^ci/fuzz: running' "$scratch/status" || fail "--status does not say that it runs"
grep -q '^ *fuzz_first_fit: [0-9,]* executions' "$scratch/status" || fail "--status does not name the target"
grep -q -E '^ +A[0-9]+-[0-9a-f]{8} ' "$scratch/status" || fail "--status has no group: $(< "$scratch/status")"
expect 3 'another ci/fuzz of this allocator runs' "${fuzz[@]}" --no-build
stop
[[ ! -e build/fuzz && ! -e build/host ]] || fail "what is the project's own is touched"

texts=("$work"/found/A*.txt)
for text in "${texts[@]}"; do
    name=${text##*/}
    [[ $("$work/kheap-first_fit" replay "$text" 2> /dev/null) == *" violation rule=${name%%-*} "* ]] ||
        fail "$name does not fail by its rule"
    "$sane" replay --quiet "$text" > /dev/null 2>&1 || fail "$name fails without the bug"
    (($(grep -c '^[a-z]' "$text") <= 8)) || fail "$name is not small"
done

# What was found is taken over, and made small once.
run_before=$(figure run)
find "$work/corpus" -type f -printf '%f\n' | sort > "$scratch/before"
start --no-build --hours 1 --minimise 0.3
wait_until_all_there "the second run"
find "$work/corpus" -type f -printf '%f\n' | sort > "$scratch/after"
lost=$(comm -23 "$scratch/before" "$scratch/after" | wc -l)
((lost == 0 || $(figure corpus.minimised) > 0)) || fail "$lost of $(wc -l < "$scratch/before") inputs are lost"
wait_for_minimised || fail "the corpus is not made small: $(tail -n 3 -- "$work/logs/merge-periodic.log")"
stop
! grep TROUBLE "$scratch/run" || fail "there was trouble"

# Another allocator in a folder of that name is another's affair.
mkdir -- "$scratch/other" && cp -r -- "$allocator" "$scratch/other/" || exit 3
expect 3 "is of another allocator, in $allocator: tell them apart by --name" \
    ci/fuzz --allocator "$scratch/other/first fit" --no-setup --no-build
"${fuzz[@]}" --status --json | grep -q '"main_target": "first_fit"' || fail "--status --json"

test_end "${#texts[@]} kinds of failure found"
