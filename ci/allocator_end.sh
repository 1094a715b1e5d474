#!/usr/bin/env bash
# What ci/allocator says on its way, and how it ends. To be sourced by it.
# shellcheck disable=SC2034,SC2154 # its variables

reasons=() # why the run did not do what it should
step=      # what is going on

heading()
{
    step=$1
    printf '[%s] %s\n' "$(duration "$SECONDS")" "$1"
}

# fail REASON [LOG]: something did not work: the run goes on, and cannot end well.
fail()
{
    progress_end
    reasons+=("$1")
    printf '  TROUBLE: %s%s\n' "$1" "${2:+, see $2}"
}

# die REASON [LOG]: the run cannot go on.
die()
{
    progress_end
    end_children
    reasons+=("$1")
    complain ci/allocator "$@"
    write_json 3
    exit 3
}

# The lock ends with the processes that hold it.
take_work()
{
    local why
    why=$(mkdir -p -- "$logs" "$corpus" "$crashes" "$found" 2>&1) ||
        die "$work cannot be written: ${why##*: }"
    if ! { exec 9<> "$work/lock"; } 2> /dev/null; then
        die "$work/lock cannot be written"
    fi
    flock -n 9 || die "another ci/allocator works in $work"
    rm -f -- "$logs"/*.log "$logs"/*.stats
    ! command -v setpriv > /dev/null || bound=(setpriv --pdeathsig KILL --)
}

# --- the summary ---

json_engines()
{
    local one members=()
    for one in "${engines[@]}"; do
        [[ -z ${figure[$one.executions]:-} ]] || members+=("$one" "$(json_object \
            executions "${figure[$one.executions]}" operations "${figure[$one.operations]}" \
            seconds "${figure[$one.seconds]}" \
            stability_percent "${figure[$one.stability]:-null}")")
    done
    json_object "${members[@]}"
}

json_traces()
{
    local trace members=()
    for trace in "${!trace_ends[@]}"; do
        members+=("$trace" "$(json_string "${trace_ends[$trace]}")")
    done
    json_object "${members[@]}"
}

# One member a line.
json_summary()
{
    local result=(pass finding usage trouble)
    printf '{\n%s\n}\n' "$(json_members $',\n' kind '"allocator"' \
        name "$(json_string "$name")" folder "$(json_string "$folder")" \
        result "\"${result[$1]:-interrupted}\"" status "$1" bits "$bits" \
        sanitizers "$([[ $sanitizers == yes ]] && printf true || printf false)" \
        reasons "$(json_strings "${reasons[@]}")" unchecked "$(json_strings "${unchecked[@]}")" \
        inputs "${figure[replay.inputs]:-null}" traces "$(json_traces)" \
        engines "$(json_engines)" findings "$(json_findings)" elapsed_seconds "$SECONDS" |
        sed 's/^/  /')"
}

# If it is asked for: the whole of it or nothing.
write_json()
{
    local part=$json.part.$$
    [[ -n $json ]] || return 0
    if ! { json_summary "$1" > "$part" && mv -f -- "$part" "$json"; } 2> /dev/null; then
        rm -f -- "$part"
        printf 'ci/allocator: %s cannot be written\n' "$json" >&2
    fi
}

# Ends the run: the last line, the exit status.
finish()
{
    local status=0 text
    if ((findings_count > 0)); then
        status=1
        printf 'allocator: %s: something was FOUND, in %s\n' "$name" "$found"
    elif ((${#reasons[@]} > 0)); then
        status=3
        text=$(printf '; %s' "${reasons[@]}")
        printf 'allocator: %s: TROUBLE (%s)\n' "$name" "${text:2}"
    else
        printf 'allocator: %s: nothing found\n' "$name"
    fi
    write_json "$status"
    exit "$status"
}

# The traps: ends what runs; what the fuzzers found is there for the next run.
interrupted()
{
    trap '' INT TERM HUP
    progress_end
    end_children
    printf '\nci/allocator: interrupted at: %s\n' "$step" >&2
    collect_afl_crashes
    if has_files "$crashes"; then
        printf 'inputs that may fail are in %s; the next run looks at them\n' "$crashes"
    fi
    reasons+=("interrupted")
    write_json "$1"
    exit "$1"
}
