#!/usr/bin/env bash
# Building presets, with progress. To be sourced after ci/lib.sh by programs that have `logs', and
# `heading' and `die'.
# shellcheck disable=SC2034,SC2154 # their variables

# Where presets are built, PRESET in $builds/PRESET, and with which options beside; nothing: where
# they say.
builds=
build_options=()

configure_preset()
{
    if [[ -z $builds ]]; then
        cmake --preset "$1"
    else
        cmake --preset "$1" -B "$builds/$1" "-DCMAKE_RUNTIME_OUTPUT_DIRECTORY=$builds/$1/bin" \
            "${build_options[@]}"
    fi
}

# build_preset PRESET [TARGET...]: all that the preset is for, or the targets.
build_preset()
{
    local name=$1 which=(--preset "$1")
    shift
    [[ -z $builds ]] || which=("$builds/$name")
    configure_preset "$name" && cmake --build "${which[@]}" ${1:+--target "$@"}
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
