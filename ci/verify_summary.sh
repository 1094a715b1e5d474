#!/usr/bin/env bash
# The summary of ci/verify, for people and as JSON. To be sourced by it.
# shellcheck disable=SC2154 # its variables

operations_checked()
{
    printf '%d' "$((${figure[replay.operations]} + ${figure[libfuzzer.operations]:-0} +
        ${figure[afl.operations]:-0} + ${figure[boot.operations]}))"
}

operations_an_input()
{
    ratio "${figure[$1.operations]}" "${figure[$1.executions]}" 1
}

# --- for people ---

row()
{
    printf '  %-22s %s\n' "$1" "$2"
}

# Inputs and operations of the replay or the boot.
counts_of()
{
    printf '%s inputs, %s operations' "$(thousands "${figure[$1.inputs]}")" \
        "$(thousands "${figure[$1.operations]}")"
}

# engine_rows NAME TITLE
engine_rows()
{
    local name=$1 executions=${figure[$1.executions]:-}
    [[ -n $executions ]] || return 0
    row "$2" "$(thousands "$executions") executions, $(
        thousands "${figure[$name.rate]}") a second a core"
    row "" "$(thousands "${figure[$name.operations]}") operations checked, $(
        operations_an_input "$name") an input"
    row "" "$(printf 'new coverage: %s edges, %s features' "${figure[$name.new_edges]:-0}" \
        "${figure[$name.new_features]:-0}")"
    row "" "${figure[$name.new_files]:-0} inputs kept"
    [[ -z ${figure[$name.stability]:-} ]] || row "" "stability ${figure[$name.stability]} %"
}

corpus_rows()
{
    [[ -z ${figure[corpus.files]:-} ]] ||
        row "working corpus" "$(thousands "${figure[corpus.files]}") inputs in $corpus"
    [[ -z ${figure[corpus.edges]:-} ]] ||
        row "" "they cover ${figure[corpus.edges]} edges, $(
            thousands "${figure[corpus.features]}") features"
}

crash_rows()
{
    local i count=${figure[crashes]}
    ((count > 0)) || count=none
    row "crashes" "$count"
    for i in "${!crash_files[@]}"; do
        row "" "${crash_commands[i]}${crash_rules[i]:+    (${crash_rules[i]})}"
    done
    ((figure[crashes] <= ${#crash_files[@]})) || row "" "and more, in $crashes/"
    ((${#crash_files[@]} == 0)) ||
        row "" "$tool triage $crashes groups and shrinks them; $tool explain FILE shows why one fails"
}

summary()
{
    local part
    printf '\n'
    row "replayed on the host" "$(counts_of replay), ${figure[replay.violations]} violations"
    engine_rows libfuzzer "libFuzzer, ASan, UBSan"
    engine_rows afl "AFL++"
    for part in "${parts[@]}"; do
        [[ -z ${figure[$part.executions]:-} ]] ||
            row "fuzz_$part" "$(thousands "${figure[$part.executions]}") executions"
    done
    corpus_rows
    crash_rows
    row "booted in QEMU" "$(counts_of boot), verdicts $(verdicts_text '')"
    row "operations checked" "$(thousands "$(operations_checked)")"
    row "elapsed" "$(duration "$SECONDS")"
}

# --- as JSON ---

json_engine()
{
    json_object executions "${figure[$1.executions]}" operations "${figure[$1.operations]}" \
        seconds "${figure[$1.seconds]}" cores "${figure[$1.cores]}" \
        executions_per_second_per_core "${figure[$1.rate]}" \
        operations_per_input "$(operations_an_input "$1")" \
        new_files "${figure[$1.new_files]:-0}" new_edges "${figure[$1.new_edges]:-0}" \
        new_features "${figure[$1.new_features]:-0}" \
        stability_percent "${figure[$1.stability]:-null}"
}

json_engines()
{
    local name members=()
    for name in libfuzzer afl; do
        [[ -z ${figure[$name.rate]:-} ]] || members+=("$name" "$(json_engine "$name")")
    done
    json_object "${members[@]}"
}

json_targets()
{
    local name members=()
    for name in "${parts[@]}"; do
        [[ -z ${figure[$name.executions]:-} ]] || members+=("fuzz_$name" "$(json_object \
            executions "${figure[$name.executions]}" seconds "${figure[$name.seconds]}")")
    done
    json_object "${members[@]}"
}

json_crashes()
{
    local i items=()
    for i in "${!crash_files[@]}"; do
        items+=("$(json_object file "$(json_string "${crash_files[i]}")" \
            command "$(json_string "${crash_commands[i]}")" \
            breaks "$(json_string "${crash_rules[i]}")")")
    done
    json_array "${items[@]}"
}

# The commit that is checked, with a plus sign if files that it holds are changed; null where nobody
# can tell.
json_commit()
{
    local commit
    if commit=$(git rev-parse --short=10 HEAD 2> /dev/null); then
        git diff --quiet HEAD 2> /dev/null || commit+=+
        json_string "$commit"
    else
        printf 'null'
    fi
}

# One member a line.
json_summary()
{
    local result=fail
    case $1 in
        0) result=pass ;;
        13? | 14?) result=interrupted ;;
    esac
    printf '{\n%s\n}\n' "$(json_members $',\n' \
        kind '"verify"' started "\"$started_at\"" commit "$(json_commit)" \
        result "\"$result\"" status "$1" reasons "$(json_strings "${reasons[@]}")" \
        elapsed_seconds "$SECONDS" seconds_per_engine "$seconds" jobs "$jobs" \
        replay "$(json_object inputs "${figure[replay.inputs]}" \
            operations "${figure[replay.operations]}" \
            violations "${figure[replay.violations]}" window_equal "${figure[window.equal]}")" \
        engines "$(json_engines)" targets "$(json_targets)" \
        coverage "$(json_object edges "${figure[corpus.edges]:-null}" \
            features "${figure[corpus.features]:-null}" files "${figure[corpus.files]:-null}")" \
        crash_count "${figure[crashes]}" crashes "$(json_crashes)" \
        operations_checked "$(operations_checked)" \
        boot "$(json_object inputs "${figure[boot.inputs]}" \
            operations "${figure[boot.operations]}" verdicts_equal "${figure[boot.equal]}")" |
        sed 's/^/  /')"
}

# write_json FILE STATUS: the whole of it or nothing.
write_json()
{
    local part=$1.part.$$
    json_summary "$2" > "$part" 2> /dev/null && mv -f -- "$part" "$1" 2> /dev/null && return 0
    rm -f -- "$part"
    return 1
}
