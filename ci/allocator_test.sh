#!/usr/bin/env bash
# ci/allocator finds what is wrong with an allocator, and says what fuzz/foreign/README.md says that
# it does. See --help.
# shellcheck disable=SC2016 # what it writes is expanded elsewhere
set -u -o pipefail
export LC_ALL=C

case "${1:-}" in
    --help | -h)
        cat << 'TEXT'
usage: ci/allocator_test.sh KHEAP

Runs the commands of the guide in fuzz/foreign/README.md, as it stands there, in a copy of this tree,
and holds what they print against what the guide says that they print; then lets each engine find a
bug by itself, a sanitizer one that only it sees, and interrupts a run.

Exit status: 0 all is so, 1 it is not, 3 what is needed is not there.
TEXT
        exit 0
        ;;
esac
kheap=$(realpath -- "$1") || exit 3
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd) || exit 3
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "$here/ci/test_common.sh" || exit 3
shown=("$scratch/out")
root=$scratch/kheap

# One trace is enough: a heap like this one takes longer for each than a test should.
mkdir -p -- "$root/build/bin" "$root/corpus/traces" &&
    cp -r -- "$here"/{CMakeLists.txt,CMakePresets.json,bench,boot,ci,fuzz,heap,invariants,mmu_x86} "$root" &&
    cp -r -- "$here"/corpus/{seeds,grown,found} "$root/corpus" &&
    cp -- "$here/corpus/traces/kern_make.trace" "$root/corpus/traces" &&
    ln -s -- "$kheap" "$root/build/bin/kheap" && cd -- "$root" || exit 3

# run STATUS ARGUMENT...: ci/allocator ends so.
run()
{
    local status=$1 found
    shift
    ci/allocator --no-setup "$@" > "$scratch/out" 2>&1 < /dev/null
    found=$?
    ((found == status)) || fail "ci/allocator $*: status $found, expected $status"
}

# says TEXT: the last one said this.
says()
{
    grep -q -F -- "$1" "$scratch/out" || fail "it does not say: $1"
}

# --- what is asked for wrongly ---

# refuses STATUS TEXT ARGUMENT...
refuses()
{
    local status=$1 text=$2
    shift 2
    run "$status" "$@"
    says "$text"
}
mkdir "$scratch/empty" "$scratch/other" && echo '# none' > "$scratch/other/CMakeLists.txt"
refuses 2 'names no folder'
refuses 2 "$scratch/empty/CMakeLists.txt is not there" "$scratch/empty"
refuses 2 'unknown option: --frobnicate' --frobnicate
refuses 2 'takes one folder' one two
refuses 2 '--seconds takes a whole number' "$scratch/other" --seconds 0
refuses 2 '--engine takes libfuzzer, afl or both' "$scratch/other" --engine some
refuses 2 '--json needs a value' "$scratch/other" --json
refuses 2 '--32 goes with libFuzzer' "$scratch/other" --32 --engine afl
refuses 2 '--sanitizers goes with libFuzzer' "$scratch/other" --sanitizers --engine afl
refuses 3 'there is no directory' "$scratch/other" --json "$scratch/none/x"
refuses 3 'calls no kheap_add_allocator' "$scratch/other"

# --- the guide ---

# What differs from run to run is no matter: counts, and how long things take.
plain()
{
    sed -E 's/^ +//; s/^\[[^]]*\]/[]/; /executions|inputs, |^(host|afl|libfuzzer) /s/[0-9][0-9,.]*/N/g; s, +$,,' "$1"
}

# Splits the guide into its commands and what each is said to print: $scratch/guide/NN, .said.
mkdir "$scratch/guide"
awk -v to="$scratch/guide" '
    /^## Looking things up/ { exit }
    /^    \$ / { name = sprintf("%s/%02d", to, ++n); print substr($0, 7) > name; printf "" > (name ".said"); next }
    /^    / && name { if ($0 !~ /^ *\.\.\.$/) print > (name ".said"); next }
    NF { name = "" }' fuzz/foreign/README.md

# A run of the guide is a short one, and programs that are there already are not built.
guide_command()
{
    local command
    command=$(< "$1")
    case $command in
        cmake*) return ;;
        "ci/allocator "*) command+=" --no-setup --seconds 5 --json $scratch/summary.json" ;;
    esac
    bash -c "$command" > "$scratch/out" 2>&1 < /dev/null
}

commands=0
runs=0
finds=(A1 A4 A11 none)
for command in "$scratch"/guide/??; do
    guide_command "$command"
    status=$?
    commands=$((commands + 1))
    plain "$scratch/out" > "$scratch/printed"
    while IFS= read -r line; do
        [[ -z $line ]] || grep -q -x -F -e "$line" "$scratch/printed" ||
            fail "the guide's command $(< "$command") does not print: $line"
    done < <(plain "$command.said" | sed "s,^\[\] build: \.\./,[] build: $scratch/,; s,\[\] fuzz: .*,[] fuzz: libfuzzer afl\, 5 s,")
    if [[ $(< "$command") == "ci/allocator "* ]]; then
        found=$(jq -r '.findings[0].rule // "none"' "$scratch/summary.json")
        [[ $found == "${finds[runs]}" ]] || fail "run $runs of the guide finds $found, not ${finds[runs]}"
        ((status == (${#finds[@]} - 1 > runs))) || fail "run $runs of the guide ends with status $status"
        runs=$((runs + 1))
    elif ((status != $(grep -c 'replay' "$command"))); then
        fail "the guide's command $(< "$command") ends with status $status"
    fi
done
((runs == ${#finds[@]})) || fail "the guide runs ci/allocator $runs times"
((commands > 12)) || fail "the guide has only $commands commands"
jq -e '.result == "pass" and .inputs > 800 and .engines.afl.stability_percent == 100 and
    all(.engines[]; .executions > 1000) and (.unchecked | length == 6)' "$scratch/summary.json" > /dev/null ||
    fail "a clean run's summary is not as it should be"
diff -r -x '*.orig' -x bugs -x CMakeLists.txt "$scratch/first_fit" fuzz/foreign/examples/first_fit ||
    fail "the guide does not end with the example"
lines=$(wc -l < ../first_fit/adapter.c)
((lines < 80)) || fail "the adapter has $lines lines"
sed -n '/^```c$/,/^```$/p' fuzz/foreign/README.md | sed '/^```/d' | head -n "$lines" | diff - ../first_fit/adapter.c ||
    fail "the guide shows another adapter"

# --- engines that find by themselves ---

# With nothing in the corpus but this, what fails has to be found.
rm -rf -- corpus/grown/* corpus/found/* corpus/traces/* build/allocators/first_fit/{corpus,found}
find corpus/seeds -type f ! -name 'size-zero.txt' -delete

# planted NAME SED: the guide's allocator with a bug in it.
planted()
{
    cp fuzz/foreign/examples/first_fit/first_fit.c ../first_fit/
    sed -i "$2" ../first_fit/first_fit.c
    ! cmp -s fuzz/foreign/examples/first_fit/first_fit.c ../first_fit/first_fit.c || fail "$1: nothing is planted"
}
planted copies 's/memcpy(moved, at, .*);/memcpy(moved, at, old_bytes);/'
for engine in libfuzzer afl; do
    run 1 ../first_fit --engine "$engine" --seconds 60
    says '0 fail'
    grep -q -E '^  A(3|4|5|11): ' "$scratch/out" || fail "$engine finds nothing"
    rm -rf -- build/allocators/first_fit/{crashes,found}
done
planted endless 's/merge_next(before);/for (;;);/'
run 1 ../first_fit --engine libfuzzer --seconds 60
says 'A5: a call comes to an end and does not crash: a call that does not come to an end'
rm -rf -- build/allocators/first_fit/{crashes,found}

# A block's last byte, read where it may be somebody's, changes nothing.
planted reads 's/^    void \*moved = kmalloc/    if (*(volatile char *)((char *)first + HEADER) == 0)\n        old_bytes += 0;\n&/'
run 1 ../first_fit --engine libfuzzer --sanitizers --seconds 60
says 'SUMMARY: AddressSanitizer: use-after-poison'
says 'shows it'
rm -rf -- build/allocators/first_fit/{crashes,found}

# --- what cannot be built, and an end before the end ---

planted broken 's/^bool heap_init/bool heap_init_differently/'
run 3 ../first_fit --json "$scratch/summary.json"
says 'the build host failed'
says 'undefined reference'
[[ $(jq -r .result "$scratch/summary.json") == trouble ]] || fail "the summary calls it $(jq .result "$scratch/summary.json")"
cp fuzz/foreign/examples/first_fit/first_fit.c ../first_fit/
env --default-signal=INT ci/allocator ../first_fit --no-setup --seconds 300 > "$scratch/out" 2>&1 < /dev/null &
runner=$!
for ((i = 0; i < 1200; i++)); do
    ! grep -q 'fuzzing: .* left' "$scratch/out" || break
    sleep 0.1
done
kill -INT "$runner" 2> /dev/null || fail "a run of five minutes is over"
wait "$runner"
(($? == 130)) || fail "an interrupted run ends with another status"
says 'interrupted at: fuzz'
[[ -n $(ls build/allocators/first_fit/corpus) ]] || fail "an interrupted run keeps nothing"
flock -n build/allocators/first_fit/lock true || fail "an interrupted run leaves something running"

test_end 'the guide is so, and engines find'
