#!/usr/bin/env bash
# The report (ci/report), made anew now and then, and at the end. Of the project's own heap only. One that
# cannot be made is said, once, and is no trouble of fuzzing. To be sourced by ci/fuzz.
# shellcheck disable=SC2034,SC2154 # its variables

readonly report_page=build/report/index.html
readonly report_limit=240 # ci/verify may be making one
report_at=$SECONDS
report_pid=
report_trouble= # why the last one could not be made

start_report()
{
    report_at=$SECONDS
    spawn "$logs/report.log" "${bound[@]}" ci/report --quiet
    report_pid=$spawned
}

# Returns 0 if the report is there.
report_ended()
{
    local status said
    reap "$report_pid"
    status=$?
    report_pid=
    ((status != 0)) || return 0
    said=$(head -n 1 -- "$logs/report.log" 2> /dev/null)
    said=${said:-it ended with status $status}
    if [[ $said != "$report_trouble" ]]; then
        progress_end
        printf '  no report: %s\n' "$said"
    fi
    report_trouble=$said
    return 1
}

tend_report()
{
    [[ -z $allocator ]] || return 0
    if [[ -n $report_pid ]]; then
        if any_running "$report_pid"; then
            ((SECONDS - report_at < report_limit)) || kill -TERM -- "-$report_pid" 2> /dev/null
            return 0
        fi
        report_ended
    fi
    ((SECONDS - report_at < report)) || start_report
}

describe_report()
{
    describe_text="making the report, $(duration "$1")"
}

# The one before, if it was still being made, has ended with the engines.
make_last_report()
{
    [[ -z $allocator ]] || return 0
    start_report
    watch describe_report "$report_limit" "$report_pid"
    ! report_ended || row report "$report_page"
}
