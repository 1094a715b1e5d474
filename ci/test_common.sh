#!/usr/bin/env bash
# What tests that are scripts share. To be sourced by bash with set -u and pipefail.
# shellcheck disable=SC2034 # those who source this use it

# A directory that goes when the test ends, whatever the test has made of its permissions.
scratch=$(mktemp -d) || exit 3
failures=0
test_name=${0##*/}
test_name=${test_name%.sh}

# A test that starts what must end with it defines `clean_up_first', which ends that.
clean_up()
{
    ! declare -F clean_up_first > /dev/null || clean_up_first
    chmod -R u+rwx -- "$scratch" 2> /dev/null
    rm -rf -- "$scratch"
}
trap clean_up EXIT

# needs TOOL...: the test cannot be done where one is missing.
needs()
{
    local tool
    for tool in "$@"; do
        command -v "$tool" > /dev/null || {
            printf '%s: %s is not installed (ci/setup)\n' "$test_name" "$tool" >&2
            exit 3
        }
    done
}

# Notes that something is not as it should be, and shows the ends of the files in `shown', what ran last
# has said; the test goes on, and fails at its end.
shown=()
fail()
{
    local file
    printf '%s: %s\n' "$test_name" "$*"
    for file in "${shown[@]}"; do
        tail -n 25 -- "$file" 2> /dev/null | sed 's/^/    /'
    done
    failures=$((failures + 1))
}

# expect STATUS TEXT COMMAND...: wants the status, and a line that matches TEXT in what the command
# says, which is left in $scratch/out.
expect()
{
    local status=$1 text=$2 found
    shift 2
    "$@" > "$scratch/out" 2>&1 < /dev/null
    found=$?
    if [[ $found != "$status" ]] || ! grep -q -E -- "$text" "$scratch/out"; then
        fail "$*: status $found (expected $status), expected the text: $text"
        tail -n 20 -- "$scratch/out"
    fi
}

# expect_named NAME STATUS TEXT COMMAND...: the same, told of under a name; TEXT is no pattern, and what the
# command says is left in $scratch/out and $scratch/err.
expect_named()
{
    local name=$1 status=$2 text=$3 found
    shift 3
    "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null
    found=$?
    [[ $found == "$status" ]] || fail "$name: status $found, expected $status"
    [[ -z $text ]] || grep -q -F -- "$text" "$scratch/out" "$scratch/err" ||
        fail "$name: does not say: $text"
}

# test_end WHAT: the end of the test; WHAT is said where all is well.
test_end()
{
    ((failures == 0)) || exit 1
    printf '%s: %s\n' "$test_name" "$1"
}
