#!/usr/bin/env bash
# The checks of ci/services_checks.sh notice what they are for. To be sourced by ci/services_test.sh.
# shellcheck disable=SC2154,SC2317 # its variables; `fail' is called by the checks

# expect_refused TEXT CHECK...: the check says TEXT, or what it says is a failure.
expect_refused()
{
    local text=$1
    shift
    if ! (fail() { printf 'refused: %s\n' "$1"; } && "$@") 2>&1 | grep -- "^refused: .*$text" > /dev/null; then
        fail "$*: passes, and should say: $text"
    fi
}

# as VARIABLE VALUE CHECK...: where the service asked for something else.
as()
{
    local -x "$1=$2"
    shift 2
    "$@"
}

# test_tampered NAME BUG: what is wrong in a build of libFuzzer with AddressSanitizer, of which
# test_stacks has made a program with BUG in it.
test_tampered()
{
    local program=$scratch/$1/fuzz_frames bad=$scratch/tampered/fuzz_frames
    local seeds=$scratch/seeds-fuzz_frames
    mkdir -p "$scratch/tampered" && cp -- "$program"* "$scratch/tampered" || return
    expect_refused "not built for undefined" as SANITIZER undefined check_sanitizer "$program"
    expect_refused "not built for memory" as SANITIZER memory check_sanitizer "$program"
    expect_refused "not built for address" check_sanitizer /bin/ls
    expect_refused "not for i386" as ARCHITECTURE i386 check_portable "$program"
    expect_refused "needs " check_portable "$(command -v cmake)"
    printf '[libfuzzer]\nno_such_option = 1\n' > "$bad.options"
    expect_refused "are not understood" check_libfuzzer "$bad" "$seeds"
    cp -- "$program.options" "$bad.options"
    printf 'kind_a = "\\x00\n' > "$bad.dict"
    expect_refused "a seed fails\|are not understood" check_libfuzzer "$bad" "$seeds"
    rm -- "$bad.dict"
    printf '#!/bin/sh\nexit 0\n' > "$bad"
    expect_refused "does not start" check_libfuzzer "$bad" "$seeds"
    cp -- "$scratch/planted/$2/service" "$bad"
    expect_refused "a seed fails" check_libfuzzer "$bad" "$scratch/seeds-fuzz_stack"
    rm -- "$bad.options"
    expect_refused "has no options" check_target "$bad"
}
