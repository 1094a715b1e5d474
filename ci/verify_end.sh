#!/usr/bin/env bash
# How ci/verify ends, and what it says on the way there. To be sourced by it.
# shellcheck disable=SC2154 # its variables

reasons=() # why the run fails
step=      # what is going on

heading()
{
    step=$1
    printf '[%s] %s\n' "$(duration "$SECONDS")" "$1"
}

# fail REASON [LOG]: a check does not hold: the run goes on, to find what else there is, and fails.
fail()
{
    reasons+=("$1")
    printf '  FAILED: %s%s\n' "$1" "${2:+, see $2}"
}

# die REASON [LOG]: the run cannot go on.
die()
{
    progress_end
    reasons+=("$1")
    complain ci/verify "$@"
    finish 3
}

# The page of this run. One that cannot be made is said, and is no failure of what was checked.
make_report()
{
    local said
    [[ $tree_taken == yes ]] && write_json "$logs/summary.json" "$1" || return 0
    said=$(ci/report --run "$logs" 2>&1 < /dev/null 9>&-) || said="no report: $said"
    printf '%s\n' "$said"
}

# Ends the run: the JSON summary, the last line, the exit status.
finish()
{
    local status=$1 text
    if [[ -n $json ]] && ! write_json "$json" "$status"; then
        printf 'ci/verify: %s cannot be written\n' "$json" >&2
        status=3
        reasons+=("the summary could not be written")
    fi
    make_report "$status"
    if ((status == 0)); then
        printf 'verify: PASS\n'
    else
        text=$(printf '; %s' "${reasons[@]}")
        printf 'verify: FAIL (%s)\n' "${text:2}"
    fi
    exit "$status"
}

# The traps: ends what runs, and says what there is already.
interrupted()
{
    local count=0
    trap '' INT TERM HUP
    progress_end
    end_children
    printf '\nci/verify: interrupted at: %s\n' "$step" >&2
    if has_files "$logs/new" || has_files "$logs/afl"; then
        collect_afl_crashes
        printf 'what the fuzzers found is left in %s and %s; the next run merges it into %s\n' \
            "$logs/new" "$logs/afl" "$corpus"
    fi
    [[ ! -f $logs/started ]] || count=$(find "$crashes" -type f -newer "$logs/started" | wc -l)
    ((count == 0)) || printf 'crashes found so far, in %s: %s\n' "$crashes" "$count"
    reasons+=("interrupted")
    finish "$1"
}
