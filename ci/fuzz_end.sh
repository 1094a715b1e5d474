#!/usr/bin/env bash
# How a run of ci/fuzz ends. To be sourced by it.
# shellcheck disable=SC2034,SC2154 # its variables

result=   # why it ends: finished, plateau, stopped or failed
reason=   # the same in words
troubles=() # what did not work on the way
state_opened=no

heading()
{
    printf '[%s] %s\n' "$(duration "$SECONDS")" "$1"
}

# fail REASON [LOG]: something did not work: it is said, and fuzzing goes on.
fail()
{
    progress_end
    troubles+=("$1")
    printf '  TROUBLE: %s%s\n' "$1" "${2:+, see $2}"
}

# die REASON [LOG]: there is nothing to be kept yet, or it is kept already.
die()
{
    progress_end
    end_children
    complain ci/fuzz "$@"
    if [[ $state_opened == yes ]]; then
        result=failed
        reason=$1
        state_write
    fi
    exit 3
}

# The trap. Before fuzzing there is nothing to keep; a second signal does not wait.
stop_asked()
{
    progress_end
    if [[ $state_opened == no || -n $result ]]; then
        end_children
        exit 130
    fi
    result=stopped
    reason="stopped by a signal"
}

check_disk()
{
    local why
    why=$(why_disk_full "$work" "$reserve")
    [[ -n $why ]] || return 0
    [[ $state_opened == yes ]] || die "$why"
    result=failed
    reason="$why; what was found is in $work, and the next start goes on from there"
}

stop_if_done()
{
    [[ -z $result ]] || return 0
    if ((seconds > 0 && SECONDS - fuzz_start >= seconds)); then
        result=finished
        reason="the time is over"
    elif ((plateau > 0 && SECONDS - covered_at >= plateau)); then
        result=plateau
        reason="nothing new was covered for $(duration $((SECONDS - covered_at)))"
    fi
}

# Ends the engines, takes over what they have left, and says what the run came to.
finish()
{
    local status=0
    heading "end: $reason"
    look_at_engines
    stop_engines
    end_minimisation
    if [[ $result != failed ]]; then
        share_finds_now
        judge_crashes_now
    fi
    tend_state_now
    history_write
    summary
    make_last_report
    if [[ $result == failed ]]; then
        printf 'ci/fuzz: %s\n' "$reason" >&2
        status=3
    elif ((${figure[crashes.files]} > 0)); then
        status=1
    fi
    exit "$status"
}
