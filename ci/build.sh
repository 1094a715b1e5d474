#!/usr/bin/env bash
# Building presets, with progress. To be sourced after ci/lib.sh by programs that have `logs', and
# `heading' and `die'.
# shellcheck disable=SC2034,SC2154 # their variables

# build_preset PRESET [TARGET...]: all that the preset is for, or the targets.
build_preset()
{
    local name=$1
    shift
    cmake --preset "$name" && cmake --build --preset "$name" ${1:+--target "$@"}
}

describe_build()
{
    local done_count count
    read -r done_count count < <(tail -c 400 -- "$logs/build-$preset.log" |
        sed -n 's,^\[\([0-9]*\)/\([0-9]*\)\].*,\1 \2,p' | tail -n 1)
    [[ -n $count ]] || return 0
    describe_text="$preset: $done_count of $count files, $(duration "$1")"
    ((done_count == 0)) ||
        describe_text+=", about $(duration $(($1 * (count - done_count) / done_count))) left"
}

# build_shown PRESET [TARGET...]: the same, or the end.
build_shown()
{
    local preset=$1 start=$SECONDS
    spawn "$logs/build-$preset.log" build_preset "$@"
    watch describe_build 3600 "$spawned"
    reap "$spawned" || die "the build $preset failed" "$logs/build-$preset.log"
    printf '  %-10s %s\n' "$preset" "$(duration $((SECONDS - start)))"
}
