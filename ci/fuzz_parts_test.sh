#!/usr/bin/env bash
# Crashes of fuzz_paging and fuzz_frames are sorted by how they fail, and one of each kind is kept, as
# short as it fails in that way: fuzz_paging is built with a bug in it; a stand-in for fuzz_frames fails
# as it is told, and does with what it shrinks what libFuzzer may do. In a root of its own, whose path
# has a space in it.
# usage: ci/fuzz_parts_test.sh KHEAP
# shellcheck disable=SC2016 # the stand-in expands it
set -u -o pipefail
kheap=$(realpath -- "$1") || exit 1
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 1
# shellcheck source-path=SCRIPTDIR source=planted.sh
source ci/planted.sh || exit 1
shown=("$scratch/out")
bug=paging-table-count-kept

# --- a root with the bug in its programs ---

place="$scratch/a root"
work=$place/build/fuzz
sane=$PWD/build/libfuzzer/bin/fuzz_paging
broken=$place/build/libfuzzer/bin/fuzz_paging
frames=$place/build/libfuzzer/bin/fuzz_frames
planted "$bug" "$scratch/tree" paging planted > "$scratch/out" 2>&1 || {
    cat -- "$scratch/out"
    exit 1
}
mkdir -p -- "$place/ci" "$place/build/libfuzzer/bin" "$work"/{logs,crashes/{stack,paging,frames}} &&
    cp -- ci/fuzz_triage.sh ci/fuzz_parts.sh ci/engines.sh "$place/ci/" &&
    mv -- "$scratch/tree/planted" "$broken" || exit 1
cat > "$frames" << 'END'
#!/usr/bin/env bash
file=${@: -1} minimise= output=
for word; do
    [[ $word != -minimize_crash=1 ]] || minimise=yes
    [[ $word != -exact_artifact_path=* ]] || output=${word#*=}
done
content=$(< "$file")
if [[ -n $minimise ]]; then
    case $content in
        halves*) head -c "$((${#content} > 12 ? ${#content} / 2 : ${#content}))" "$file" ;;
        changes*) printf 'halves' ;;
        mends*) printf 'fine' ;;
    esac > "$output"
    exit 0
fi
printf '%s\n' "$file" >> "${0%/*}/runs"
case $content in
    halves*) printf 'kheap: frames: it halves: at 1: expected 2\nDEDUP_TOKEN: frames-halves\n' ;;
    changes*) printf 'DEDUP_TOKEN: frames-changes\nSUMMARY: deadly signal\n' ;;
    mends*) printf 'SUMMARY: UndefinedBehaviorSanitizer: shift in f\n' ;;
    *) exit 0 ;;
esac
exit 77
END
chmod +x -- "$frames"

# --- the crashes ---

ASAN_OPTIONS=symbolize=0 timeout 100 "$broken" -seed=1 -max_total_time=90 -max_len=1024 \
    "-artifact_prefix=$work/crashes/paging/" corpus/paging > "$scratch/out" 2>&1
crash=("$work"/crashes/paging/crash-*)
[[ -s ${crash[0]} ]] || fail "fuzzing does not find the bug"
# It fails before it comes to the end of this.
{ cat -- "${crash[0]}" && head -c 500 /dev/zero; } > "$work/crashes/paging/crash-long"
rm -f -- "${crash[0]}"
for name in halves-1 halves-of-a-long-input-1 changes-it mends-it; do
    printf '%s' "$name" > "$work/crashes/frames/crash-$name"
done
printf 'fine' > "$work/crashes/frames/timeout-fine"
printf 'fine' > "$work/crashes/frames/crash-fine"
printf 'slow' > "$work/crashes/frames/slow-unit-1"

triage()
{
    (cd -- "$place" && ci/fuzz_triage.sh "$kheap" build/fuzz) > "$scratch/out" 2>&1 || fail "triage: status $?"
}

# kept NAME SIZE: is there, and so large at most.
kept()
{
    local size
    size=$(stat -c %s -- "$work/found-parts/$1.bytes" 2> /dev/null) || fail "$1 is not kept: $(ls "$work/found-parts")"
    ((${size:-0} > 0 && size <= $2)) || fail "$1 has $size bytes, expected $2 at most"
}

# line_of NAME TEXT: the line of the table is so.
line_of()
{
    grep -q -x -E -- "$1\\.bytes +$2" "$work/triaged/parts.txt" ||
        fail "no line $1 $2: $(cat -- "$work/triaged/parts.txt")"
}

triage
(($(find "$work/found-parts" -type f | wc -l) == 4)) || fail "not one of each kind: $(ls "$work/found-parts")"
kept paging-change 30
if "$broken" "$work/found-parts/paging-change.bytes" > "$scratch/out" 2>&1 ||
    ! grep -q 'DEDUP_TOKEN: paging-change' "$scratch/out"; then
    fail "what is kept does not fail in its way"
fi
"$sane" "$work/found-parts/paging-change.bytes" > "$scratch/out" 2>&1 || fail "what is kept fails without the bug"
line_of paging-change '1 inputs, of 5[0-9]+ bytes at least, shrunk to [0-9]+: paging: pages and tables .*'
kept frames-halves 8
line_of frames-halves '2 inputs, of 8 bytes at least, shrunk to 8: frames: it halves: at 1: expected 2'
# What became another failure, or none, is left as it was.
kept frames-changes 10
cmp -- "$work/found-parts/frames-changes.bytes" "$work/crashes/frames/crash-changes-it" || fail "another failure is kept"
kept frames-UndefinedBehaviorSanitizer--shift-in-f 8
cmp -- "$work/found-parts/frames-UndefinedBehaviorSanitizer--shift-in-f.bytes" \
    "$work/crashes/frames/crash-mends-it" || fail "what does not fail is kept"
[[ -e $work/slow/timeout-fine && ! -e $work/crashes/frames/timeout-fine ]] || fail "a timeout that is none"
[[ -e $work/crashes/frames/crash-fine ]] || fail "a crash that is none now is gone"

# Again: only what is new is run; a longer one is shrunk, where none is kept.
rm -f -- "$work/found-parts/frames-halves.bytes" "$work/crashes/frames/crash-halves-1" "$place/build/libfuzzer/bin/runs"
printf 'halves-of-another-long-input' > "$work/crashes/frames/crash-new"
printf 'theirs' > "$work/found-parts/paging-change.bytes"
triage
kept frames-halves 12
line_of frames-halves '2 inputs, of 24 bytes at least, shrunk to 12: frames: it halves: at 1: expected 2'
[[ $(cat -- "$work/found-parts/paging-change.bytes") == theirs ]] || fail "what is kept already is written anew"
(($(grep -c '/crashes/' "$place/build/libfuzzer/bin/runs") == 1)) ||
    fail "what is judged is run again: $(cat "$place/build/libfuzzer/bin/runs")"
# Another build may judge otherwise.
rm -f -- "$place/build/libfuzzer/bin/runs"
touch -d '+2 seconds' -- "$frames"
triage
(($(grep -c '/crashes/' "$place/build/libfuzzer/bin/runs") == 5)) || fail "another build does not judge anew"
test_end ok
