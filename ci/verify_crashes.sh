#!/usr/bin/env bash
# The crashes that fuzzing found, and how to see them again. To be sourced by ci/verify.
# shellcheck disable=SC2034,SC2154 # its variables

readonly crashes_listed_a_rule=3

crash_files=() # name, how to replay it, what it breaks: three arrays, one entry each
crash_commands=()
crash_rules=()

main_target=stack # its crashes are not in a folder of their own

# Where a target's crashes go: what libFuzzer puts before their names.
crashes_of()
{
    [[ $1 == "$main_target" ]] && printf '%s/' "$crashes" || printf '%s/%s/' "$crashes" "$1"
}

# Puts AFL++'s crashes and hangs beside libFuzzer's, named as libFuzzer would name them.
collect_afl_crashes()
{
    local file kind sum
    for file in "$logs"/afl/*/crashes/id* "$logs"/afl/*/hangs/id*; do
        [[ -f $file ]] || continue
        kind=crash
        [[ $file != */hangs/* ]] || kind=timeout
        sum=$(sha1sum < "$file")
        cp -- "$file" "$crashes/$kind-${sum%% *}"
    done
}

# Prints of a crash, with a tab between: the rule that the tool finds broken, and the operation;
# "other" and 0 if it finds none, as for what only a sanitizer sees; "slow" and 0 for a timeout that
# is none now: a busy machine makes any input slow now and then.
classify_crash()
{
    local found=
    if [[ $1 != "$crashes"/*/* ]]; then
        found=$(timeout 60 "$tool" replay "$1" 2> /dev/null < /dev/null |
            sed -n 's/.* violation rule=\([^ ]*\) operation=\([0-9]*\) .*/rule \1\t\2/p')
        [[ -n $found || ${1##*/} != timeout-* ]] || found=$'slow\t0'
    fi
    printf '%s' "${found:-other$'\t'0}"
}

# The command that runs a crash again on the target that found it.
target_command()
{
    local target=stack part=${1#"$crashes"/} program
    [[ $part != */* ]] || target=${part%%/*}
    program=$(libfuzzer_program "$target")
    [[ -x $program ]] || program=build/bin/fuzz_$target
    printf '%s %s' "$program" "$1"
}

# note_crash CLASS OPERATION FILE: for the summary.
note_crash()
{
    crash_files+=("$3")
    if [[ $1 == other ]]; then
        crash_commands+=("$(target_command "$3")")
        crash_rules+=("")
    else
        crash_commands+=("$tool replay $3")
        crash_rules+=("$1 at operation $2")
    fi
}

# Notes the crashes of this run: all are counted, and for each rule the few that break it soonest
# are listed.
list_crashes()
{
    local file class operation last_class='' in_class=0
    while IFS=$'\t' read -r class operation file; do
        if [[ $class == slow ]]; then
            printf '  %s was slow once, and is not now: no crash\n' "$file"
            continue
        fi
        figure[crashes]=$((figure[crashes] + 1))
        [[ $class == "$last_class" ]] || in_class=0
        last_class=$class
        in_class=$((in_class + 1))
        ((in_class > crashes_listed_a_rule)) || note_crash "$class" "$operation" "$file"
    done < <(find "$crashes" -type f -newer "$logs/started" ! -name 'slow-unit-*' |
        while IFS= read -r file; do
            printf '%s\t%s\n' "$(classify_crash "$file")" "$file"
        done | sort -t $'\t' -k 1,1 -k 2,2n -k 3)
    case ${figure[crashes]} in
        0) ;;
        1) fail "1 crash found" ;;
        *) fail "${figure[crashes]} crashes found" ;;
    esac
}
