#!/usr/bin/env bash
# What failed on a foreign allocator: grouped, made small, and told. To be sourced by ci/allocator.
# shellcheck disable=SC2034,SC2154 # its variables

readonly shrink_seconds=5 # a group
findings_count=0
findings='[]' # as JSON

# It goes into JSON as it is.
json_findings()
{
    printf '%s' "$findings"
}

describe_judging()
{
    describe_text="making what fails small, $(duration "$1")"
}

# Prints a field of a finding.
finding_field()
{
    jq -r --argjson i "$1" '.[$i].'"$2" <<< "$findings"
}

# The first in full, as it is the smallest. Fixing it often mends others.
tell_findings()
{
    local i file
    ((findings_count > 0)) || return 0
    file=$(finding_field 0 file)
    printf '\n  %s\n' "$(finding_field 0 evidence)"
    jq -r '.[0].text[] | select(. != "heap bins 64 256") | "    " + .' <<< "$findings"
    printf '\n  in %s; to run it again, see it, have it as a C program:\n' "$file"
    printf '    %s\n' "$tool replay --trace $file" "$tool explain $file" \
        "$tool to-c $file --output reproduce.c"
    ((findings_count == 1)) || printf '  others fail, too, perhaps by the same mistake:\n'
    for ((i = 1; i < findings_count; i++)); do
        printf '    %s in %s operations: %s\n' "$(finding_field "$i" rule)" \
            "$(finding_field "$i" operations)" "$(finding_field "$i" file)"
    done
    printf '\n'
}

# judged DIRECTORY: sees what is in there fail, and tells of it. Returns 1 if nothing does.
judged()
{
    local next=$work/judged
    has_files "$1" || return 1
    heading "judge"
    rm -rf -- "$next"
    mkdir -p -- "$next"
    spawn "$logs/triage.log" "${bound[@]}" "$tool" triage --quiet --seconds "$shrink_seconds" \
        --output "$next" --json "$next/triage.json" "$1"
    watch describe_judging 3600 "$spawned"
    reap "$spawned"
    (($? <= 1)) || fail "what fails could not be judged" "$logs/triage.log"
    findings=$(jq --arg found "$found" '[.groups[] | {rule, evidence, inputs, operations, text,
        name, file: ($found + "/" + .name + ".txt")}] |
        sort_by(.operations, (.rule | ltrimstr("A") | tonumber? // 99), .name)' "$next/triage.json") ||
        die "what fails could not be judged" "$logs/triage.log"
    findings_count=$(jq length <<< "$findings")
    find "$next" -type f -name '*.txt' -exec mv -f -- {} "$found/" \;
    rm -rf -- "$next"
    tell_findings
    ((findings_count > 0))
}

# What the fuzzers have found: judged by the tool; what only they see, by what they say of it.
judge_crashes()
{
    local new=$work/new file summary
    rm -rf -- "$new"
    mkdir -p -- "$new"
    while IFS= read -r file; do
        cp -- "$file" "$new/"
    done < <(crash_files)
    has_files "$new" && ! judged "$new" || return 0
    while IFS= read -r file; do
        if [[ $file == */timeout-* ]]; then
            printf '  %s was slow once, and is not now: nothing found\n' "$file"
            continue
        fi
        mv -f -- "$file" "$found/"
        file=$found/${file##*/}
        "$fuzz_program" "$file" > "$logs/alone.log" 2>&1 < /dev/null
        summary=$(grep -a -m 1 -E '^SUMMARY: ' "$logs/alone.log")
        findings=$(jq --arg file "$file" --arg evidence "${summary:-a crash}" \
            '. + [{rule: "other", evidence: $evidence, file: $file}]' <<< "$findings")
        findings_count=$((findings_count + 1))
        printf '\n  %s\n    %s shows it\n\n' "${summary:-a crash}" "$fuzz_program $file"
    done < <(crash_files)
}
