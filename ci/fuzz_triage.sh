#!/usr/bin/env bash
# Judges the crashes of ci/fuzz: kheap triage groups and shrinks them, kheap keep writes one of each
# group as a text that says where it comes from. Those of fuzz_paging and fuzz_frames, which are no
# operations of the heap, their own targets judge and shrink. A program of its own, so that fuzzing
# goes on meanwhile. Timeouts that are none now are put aside: a busy machine makes any input slow now
# and then.
# usage: ci/fuzz_triage.sh KHEAP WORK [TARGET]
#   KHEAP               the tool; a foreign allocator's has one target, TARGET
#   WORK/crashes/TARGET  what it judges
#   WORK/triaged         RULE-HASH, RULE-HASH.txt of each group; triage.json, triage.txt; parts.txt
#   WORK/found           the texts
#   WORK/found-parts     PART-PROPERTY.bytes of each group of the other two targets
#   WORK/slow            timeouts that are none
# Exit status: 0 judged, 1 something could not be.
set -u -o pipefail
tool=$1
work=$2
logs=$work/logs
corpus_targets=(stack window32)
part_targets=(paging frames)
if [[ -n ${3:-} ]]; then
    corpus_targets=("$3")
    part_targets=()
fi
shrink_seconds=60
bound=(setpriv --pdeathsig KILL --) # what is started ends with this shell, however that ends
# shellcheck source-path=SCRIPTDIR/..
source ci/engines.sh && source ci/fuzz_parts.sh || exit 1

put_aside_slow()
{
    local target file
    for target in "${corpus_targets[@]}"; do
        for file in "$work/crashes/$target"/timeout-*; do
            put_aside_if_slow "$file"
        done
    done
}

put_aside_if_slow()
{
    [[ ! -f $1 ]] || ! timeout 60 "${bound[@]}" "$tool" replay --quiet "$1" > /dev/null 2>&1 < /dev/null ||
        put_aside "$1"
}

put_aside()
{
    mkdir -p -- "$work/slow" && mv -f -- "$1" "$work/slow/"
}

# What is there already is no trouble.
keep_groups()
{
    local file status=0
    for file in "$work"/triaged/*.txt; do
        [[ -f $file && ${file##*/} != triage.txt && ${file##*/} != parts.txt ]] || continue
        "${bound[@]}" "$tool" keep --quiet --seconds "$shrink_seconds" --corpus "$work/found" "$file"
        (($? <= 1)) || status=1
    done
    return "$status"
}

put_aside_slow
next=$work/triaged.next
directories=()
for target in "${corpus_targets[@]}"; do
    [[ ! -d $work/crashes/$target ]] || directories+=("$work/crashes/$target")
done
rm -rf -- "$next"
mkdir -p -- "$next" "$work/found" || exit 1
"${bound[@]}" "$tool" triage --quiet --seconds "$shrink_seconds" --output "$next" --json "$next/triage.json" \
    "${directories[@]}" > "$next/triage.txt"
status=$?
((status <= 1)) || cat -- "$next/triage.txt"
[[ -s $next/triage.json ]] || exit 1
judge_parts || ((status = 3))
rm -rf -- "$work/triaged"
mv -- "$next" "$work/triaged" && keep_groups && sync -f "$work" && ((status <= 1))
