#!/usr/bin/env bash
# The parts of ci/bench that build. To be sourced by it.
# shellcheck disable=SC2154,SC2034 # variables of ci/bench and of lib.sh

preset_of()
{
    if [[ $1 == i386 ]]; then printf bench32; else printf bench; fi
}

build()
{
    cmake --preset "$1" && cmake --build --preset "$1"
}

describe_build()
{
    describe_text="build $preset: $(duration "$1")"
}

build_player()
{
    local preset=$1
    spawn "$results/build-$preset.log" build "$preset"
    watch describe_build 3600 "$spawned"
    reap "$spawned" || die "the build $preset failed" "$results/build-$preset.log"
}

# build_peer ARCH NAME=FILE,...: with the player, as it was built.
build_peer()
{
    local arch=$1 name=${2%%=*} preset items item arguments=() mode=(-m64)
    local log=$results/build-peer-$name-$arch.log
    preset=$(preset_of "$arch")
    # Nobody links a kernel to be moved about; on i386 that costs a register.
    [[ $arch != i386 ]] || mode=(-m32 -fno-pie -no-pie)
    IFS=, read -r -a items <<< "${2#*=}"
    for item in "${items[@]}"; do
        if [[ $item != -* ]]; then
            item=$(absolute "$item")
            [[ -r $item ]] || die "$item cannot be read (--peer $name)"
            arguments+=(-I "${item%/*}")
        fi
        arguments+=("$item")
    done
    gcc "${mode[@]}" -O2 -g -D_GNU_SOURCE -I . "${arguments[@]}" "build/$preset/bench/libbench_player.a" \
        -o "build/$preset/bin/bench-$name" > "$log" 2>&1 ||
        die "the peer $name could not be built" "$log"
}
