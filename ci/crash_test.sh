#!/usr/bin/env bash
# What becomes of failing inputs: kheap shrink, triage and keep, on a tool with a planted bug and on
# the tool as it is.
# usage: ci/crash_test.sh KHEAP CORPUS
set -u -o pipefail
kheap=$1
corpus=$2
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
cd -- "$root" || exit 1
# shellcheck source-path=SCRIPTDIR source=planted.sh
source ci/planted.sh || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 1

# --- the tool as it is: nothing fails ---

seed=$corpus/seeds/coalesce-both.txt
for command in shrink keep; do
    expect 1 'breaks no rule' "$kheap" "$command" "$seed"
    expect 2 'names no input' "$kheap" "$command"
    expect 2 'takes one file' "$kheap" "$command" "$seed" "$seed"
    expect 3 'No such file' "$kheap" "$command" "$scratch/nothing"
    expect 3 'is a directory' "$kheap" "$command" "$scratch"
done
expect 0 '0 inputs fail, in 0 groups' "$kheap" triage "$corpus/seeds"
expect 2 'names no input' "$kheap" triage
mkdir "$scratch/none"
expect 0 '0 inputs fail, in 0 groups' "$kheap" triage "$scratch/none"
for command in shrink keep triage; do
    expect 0 'usage: kheap' "$kheap" "$command" --help
    expect 2 'unknown option' "$kheap" "$command" --what
    expect 2 'takes the id of a rule' "$kheap" "$command" --rule Q9 "$seed"
    expect 2 'takes a number' "$kheap" "$command" --seconds 0 "$seed"
    expect 2 'takes bins or first-fit' "$kheap" "$command" --policy best-fit "$seed"
done
head -c 5000 "$corpus/traces/kern_make.trace" > "$scratch/cut.trace"
"$kheap" pack "$scratch/two.pack" "$seed" "$seed" > /dev/null || fail "pack"
expect 3 'cut.trace: ' "$kheap" shrink "$scratch/cut.trace"
expect 3 'is a pack of many inputs' "$kheap" shrink "$scratch/two.pack"
: > "$scratch/empty"
expect 1 'breaks no rule' "$kheap" shrink "$scratch/empty"
# A file that cannot be read is no reason to leave out the others.
expect 3 '1 pass; 1 had trouble' "$kheap" triage "$seed" "$scratch/cut.trace"

# --- with a bug in it ---

bug=heap-merge-wrong-bin
if ! planted_tool "$bug" "$scratch/tree" > "$scratch/build.log" 2>&1; then
    cat "$scratch/build.log"
    exit 1
fi
broken=$scratch/tree/kheap
long=$(find "$corpus/grown" -name '*.ops' -size +200c | sort | while IFS= read -r file; do
    "$broken" replay --quiet "$file" > /dev/null 2>&1 || { echo "$file" && break; }
done)
[ -n "$long" ] || fail "no input of the corpus finds $bug"

# Twice the same, in both forms, which fail alike.
for name in one two; do
    expect 0 'operations became' "$broken" shrink --output "$scratch/$name" --json "$scratch/$name.json" "$long"
done
cmp -s "$scratch/one" "$scratch/two" || fail "shrinking is not the same every time"
"$kheap" import "$scratch/one.txt" "$scratch/one.again" > /dev/null || fail "import of a shrunk text"
cmp -s "$scratch/one" "$scratch/one.again" || fail "shrunk bytes and shrunk text differ"
rule=$(sed -n 's/.*"rule": "\([A-Z0-9]*\)".*/\1/p' "$scratch/one.json")
expect 1 "rule=$rule" "$broken" replay "$scratch/one" "$scratch/one.txt"
expect 0 ' ok ' "$kheap" replay "$scratch/one.txt"
before=$(sed -n 's/.*"operations_before": \([0-9]*\).*/\1/p' "$scratch/one.json")
after=$(sed -n 's/.*"operations": \([0-9]*\).*/\1/p' "$scratch/one.json")
if [ "${after:-99}" -gt 6 ] || [ "${before:-0}" -lt 20 ]; then
    fail "$before operations became $after"
fi
# What is as small as it can be stays as it is.
expect 0 "$after operations became $after," "$broken" shrink --output "$scratch/three" "$scratch/one"
cmp -s "$scratch/one" "$scratch/three" || fail "a shrunk input was shrunk again"

# Nothing is written where it fails otherwise, or where nothing can be written; what was there stays.
expect 1 "fails by $rule, not by P1" "$broken" shrink --rule P1 --output "$scratch/four" "$long"
[ ! -e "$scratch/four" ] || fail "an input that fails otherwise was written"
expect 3 'No such file' "$broken" shrink --output "$scratch/no/such/place" "$long"
limited()
(
    trap '' XFSZ
    ulimit -f 0
    "$@"
)
cp "$scratch/one" "$scratch/five"
"$broken" shrink --quiet --output "$scratch/five" "$long" > /dev/null 2>&1
limited "$broken" shrink --quiet --output "$scratch/five" "$long" > /dev/null 2>&1
[ "$?" -eq 3 ] || fail "a full disk is no failure"
cmp -s "$scratch/one" "$scratch/five" || fail "a full disk has lost what was there"
"$broken" shrink --quiet --output "$scratch/six" "$long" 2> /dev/null > /dev/full
[ "$?" -eq 3 ] || fail "standard output that cannot be written is no failure"

# Groups: each by its own rule or check, each shrunk, none lost.
mkdir "$scratch/crashes"
find "$corpus/seeds" -name 'coalesce-*' -exec cp {} "$scratch/crashes" \;
cp "$long" "$scratch/crashes"
expect 1 'inputs fail, in' "$broken" triage --output "$scratch/triaged" --json "$scratch/triage.json" "$scratch/crashes"
groups=$(sed -n 's/.* inputs fail, in \([0-9]*\) group.*/\1/p' "$scratch/out")
texts=$(find "$scratch/triaged" -name '*.txt' | wc -l)
names=$(grep -o '"name": ' "$scratch/triage.json" | wc -l)
if [ "${groups:-0}" -lt 1 ] || [ "$groups" -ne "$texts" ] || [ "$groups" -ne "$names" ]; then
    fail "${groups:-no} groups, $texts texts, $names in JSON"
fi
for text in "$scratch/triaged"/*.txt; do
    name=${text##*/}
    expect 1 "rule=${name%%-*} " "$broken" replay "$text"
done
# Ctrl-C: what is done by then is printed.
timeout -s INT 0.3 "$broken" triage --quiet "$corpus" > "$scratch/out" 2>&1
status=$?
if [ "$status" -ne 124 ] && [ "$status" -ne 130 ]; then
    fail "triage after Ctrl-C: status $status"
fi
grep -q ' inputs fail, in ' "$scratch/out" || fail "triage after Ctrl-C prints nothing"

# Kept once.
mkdir "$scratch/found"
expect 3 'is no directory' "$broken" keep --corpus "$scratch/elsewhere" "$long"
# Neither is the input lost, nor is it shrunk for nothing.
cp "$long" "$scratch/same"
for command in 'shrink --output' 'shrink --json' 'explain --output' 'to-c --output'; do
    # shellcheck disable=SC2086 # two words
    expect 3 'is the input' "$broken" $command "$scratch/same" "$scratch/same"
done
cmp -s "$long" "$scratch/same" || fail "an input is overwritten"
expect 0 'kept as ' "$broken" keep --corpus "$scratch/found" "$long"
expect 1 'is kept already' "$broken" keep --corpus "$scratch/found" "$long"
kept=$(find "$scratch/found" -type f)
case ${kept##*/} in
    "$rule"-*.txt) ;;
    *) fail "kept as: $kept" ;;
esac
grep -q "^# $rule, .*; from ${long##*/}, which had $before operations, 20" "$kept" ||
    fail "what is kept does not say where it comes from: $(sed -n 2p "$kept")"
printf '# kheap\na 5 3000\na 6 3000\nf 5\n' > "$scratch/other.txt"
"$broken" shrink --quiet --output "$scratch/other" "$scratch/other.txt" > /dev/null 2>&1
limited "$broken" keep --quiet --another --corpus "$scratch/found" "$scratch/other.txt" > /dev/null 2>&1
status=$?
if [ "$status" -ne 3 ] && [ "$status" -ne 1 ]; then
    fail "keep on a full disk: status $status"
fi
[ "$(find "$scratch/found" -type f | wc -l)" -eq 1 ] || fail "a full disk left something behind"

test_end 'all as expected'
