#!/usr/bin/env bash
# Judges the crashes of ci/fuzz: kheap triage groups and shrinks them, kheap keep writes one of each
# group as a text that says where it comes from. A program of its own, so that fuzzing goes on
# meanwhile. Timeouts that are none now are put aside: a busy machine makes any input slow now and
# then.
# usage: ci/fuzz_triage.sh KHEAP WORK
#   WORK/crashes/stack, window32   what it judges
#   WORK/triaged                   RULE-HASH, RULE-HASH.txt of each group; triage.json, triage.txt
#   WORK/found                     the texts
#   WORK/slow                      timeouts that are none
# Exit status: 0 judged, 1 something could not be.
set -u -o pipefail
tool=$1
work=$2
shrink_seconds=60

put_aside_slow()
{
    local file
    for file in "$work"/crashes/stack/timeout-* "$work"/crashes/window32/timeout-*; do
        [[ -f $file ]] || continue
        if timeout 60 "$tool" replay --quiet "$file" > /dev/null 2>&1 < /dev/null; then
            mkdir -p -- "$work/slow" && mv -f -- "$file" "$work/slow/"
        fi
    done
}

# What is there already is no trouble.
keep_groups()
{
    local file status=0
    for file in "$work"/triaged/*.txt; do
        [[ -f $file && ${file##*/} != triage.txt ]] || continue
        "$tool" keep --quiet --seconds "$shrink_seconds" --corpus "$work/found" "$file"
        (($? <= 1)) || status=1
    done
    return "$status"
}

put_aside_slow
next=$work/triaged.next
directories=()
for target in stack window32; do
    [[ ! -d $work/crashes/$target ]] || directories+=("$work/crashes/$target")
done
rm -rf -- "$next"
mkdir -p -- "$next" "$work/found" || exit 1
"$tool" triage --quiet --seconds "$shrink_seconds" --output "$next" --json "$next/triage.json" \
    "${directories[@]}" > "$next/triage.txt"
status=$?
((status <= 1)) || cat -- "$next/triage.txt"
[[ -s $next/triage.json ]] || exit 1
rm -rf -- "$work/triaged"
mv -- "$next" "$work/triaged" && keep_groups && sync -f "$work" && ((status <= 1))
