#!/usr/bin/env bash
# Crashes of fuzz_paging and fuzz_frames, judged and made small by these targets themselves. To be
# sourced by ci/fuzz_triage.sh, after ci/engines.sh.
# shellcheck disable=SC2154 # its variables

# What a target says when it fails is told by the word behind DEDUP_TOKEN: a property's, or the function
# that a sanitizer names.
readonly part_environment=(ASAN_OPTIONS=dedup_token_length=1 UBSAN_OPTIONS=dedup_token_length=1)
readonly part_runs=20000 # of inputs that are shorter; nothing that fails among so many is the end
readonly part_step_seconds=10

readonly part_tries=3     # one after the other that gain nothing
readonly part_judged=$work/parts.judged

declare -A part_inputs=() part_shortest=() # of each kind of failure: how many, and the shortest

# part_failure PROGRAM FILE: sets `failure' to a name of how it fails, nothing if it does not, and
# `failure_words' to what the target says of it.
part_failure()
{
    local said
    failure=
    failure_words=
    said=$(timeout 60 "${bound[@]}" env "${part_environment[@]}" "$1" -timeout=20 "$2" 2>&1 < /dev/null) && return
    failure=$(grep -a -m 1 -o 'DEDUP_TOKEN: .*' <<< "$said")
    failure_words=$(grep -a -m 1 '^kheap: ' <<< "$said")
    [[ -n $failure_words ]] || failure_words=$(grep -a -m 1 '^SUMMARY: ' <<< "$said")
    failure_words=${failure_words#*: }
    failure=${failure#*: }
    failure=${failure:-${failure_words:-no-end}}
    failure=${failure//[^A-Za-z0-9_-]/-}
    failure=${failure:0:60}
}

# Prints the crashes of a target, each behind how it fails and a tab: `-' if it does not. What the same
# program has judged before is in a list.
list_part()
{
    local program=$1 file
    local -A judged=()
    [[ ! $program -nt $part_judged ]] || rm -f -- "$part_judged"
    while IFS=$'\t' read -r failure file; do
        judged[$file]=$failure
    done 2> /dev/null < "$part_judged"
    for file in "$2"/*; do
        [[ -f $file && ${file##*/} != slow-unit-* ]] || continue
        failure=${judged[$file]:-}
        if [[ -z $failure ]]; then
            part_failure "$program" "$file"
            failure=${failure:--}
            printf '%s\t%s\n' "$failure" "$file" >> "$part_judged"
        fi
        printf '%s\t%s\n' "$failure" "$file"
    done
}

# Sorts the crashes of a target by how they fail.
sort_part()
{
    local kind file
    part_inputs=()
    part_shortest=()
    while IFS=$'\t' read -r kind file; do
        if [[ $kind == - ]]; then
            [[ ${file##*/} != timeout-* ]] || put_aside "$file"
            continue
        fi
        part_inputs[$kind]=$((${part_inputs[$kind]:-0} + 1))
        [[ -n ${part_shortest[$kind]:-} ]] && (($(size_of "$file") >= $(size_of "${part_shortest[$kind]}"))) ||
            part_shortest[$kind]=$file
    done < <(list_part "$1" "$2")
}

size_of()
{
    stat -c %s -- "$1"
}

# shrink_part PROGRAM KIND FILE OUTPUT: as short as libFuzzer finds it. It stops where what is shorter
# fails in another way, and leaves what is as short and does not; so it is asked again, in another order
# of its own, until that has gained nothing some times.
shrink_part()
{
    local best=$4.best shorter=$4.part end=$((SECONDS + shrink_seconds)) tries=0
    cp -- "$3" "$best" || return
    while ((tries < part_tries && SECONDS < end)); do
        tries=$((tries + 1))
        rm -f -- "$shorter"
        timeout $((end - SECONDS + 1)) "${bound[@]}" env "${part_environment[@]}" "$1" -minimize_crash=1 \
            "-runs=$part_runs" "-max_total_time=$part_step_seconds" -timeout=20 \
            "-exact_artifact_path=$shorter" "$best" > "$logs/shrink.log" 2>&1 < /dev/null
        [[ -s $shorter ]] || continue
        (($(size_of "$shorter") < $(size_of "$best"))) || continue
        part_failure "$1" "$shorter"
        [[ $failure == "$2" ]] || continue
        mv -f -- "$shorter" "$best"
        tries=0
    done
    rm -f -- "$shorter"
    sync -- "$best" && mv -- "$best" "$4"
}

# Keeps one of each kind; what is kept already is no trouble. Prints a line for each.
judge_part()
{
    local target=$1 program=$2 kind kept lines='' line status=0
    sort_part "$program" "$work/crashes/$target"
    for kind in "${!part_inputs[@]}"; do
        kept=$work/found-parts/$target-${kind#"$target-"}.bytes
        [[ -e $kept ]] || shrink_part "$program" "$kind" "${part_shortest[$kind]}" "$kept" || {
            status=1
            continue
        }
        part_failure "$program" "$kept"
        printf -v line '%-32s %6d inputs, of %d bytes at least, shrunk to %d: %s' "${kept##*/}" \
            "${part_inputs[$kind]}" "$(size_of "${part_shortest[$kind]}")" "$(size_of "$kept")" "$failure_words"
        lines+=$line$'\n'
    done
    printf '%s' "$lines" | sort
    return "$status"
}

# Writes parts.txt, and keeps what is new.
judge_parts()
{
    local target program status=0
    mkdir -p -- "$work/found-parts" && : > "$next/parts.txt" || return
    for target in "${part_targets[@]}"; do
        program=$(libfuzzer_program "$target")
        [[ -d $work/crashes/$target && -x $program ]] || continue
        judge_part "$target" "$program" >> "$next/parts.txt" || status=1
    done
    return "$status"
}
