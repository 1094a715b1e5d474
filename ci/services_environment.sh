#!/usr/bin/env bash
# The environment in which a fuzzing service runs build.sh, set up by hand: what the `compile' of
# OSS-Fuzz's base-builder image sets from FUZZING_ENGINE, SANITIZER and ARCHITECTURE. To be sourced,
# by bash with set -u and pipefail.
# shellcheck disable=SC2034 # whoever sources this uses them

# What the service can build of this project, as ENGINE SANITIZER ARCHITECTURE. AFL++ has no
# feedback for i386 where only its 64-bit runtime is installed.
service_builds=(
    "libfuzzer address x86_64"
    "libfuzzer undefined x86_64"
    "libfuzzer memory x86_64"
    "libfuzzer coverage x86_64"
    "libfuzzer address i386"
    "libfuzzer undefined i386"
    "afl address x86_64")

# The flags of each sanitizer in that image. Wrapping of unsigned numbers is feedback there, no error.
undefined_errors=array-bounds,bool,builtin,enum,function,integer-divide-by-zero,null,object-size
undefined_errors+=,return,returns-nonnull-attribute,shift,signed-integer-overflow,unreachable
undefined_errors+=,vla-bound,vptr
declare -A service_sanitizer_flags=(
    [address]="-fsanitize=address -fsanitize-address-use-after-scope"
    [undefined]="-fsanitize=$undefined_errors,unsigned-integer-overflow -fno-sanitize-recover=$undefined_errors"
    [memory]="-fsanitize=memory -fsanitize-memory-track-origins"
    [coverage]="-fprofile-instr-generate -fcoverage-mapping -pthread -Wl,--no-as-needed -Wl,-ldl
        -Wl,-lm -Wno-unused-command-line-argument")

# Where afl-clang-fast has the driver of targets like libFuzzer's.
afl_driver()
{
    local directory
    directory=$(dirname -- "$(realpath -- "$(command -v afl-clang-fast)")")
    find "$directory/../lib/afl" /usr/lib/afl /usr/local/lib/afl -name libAFLDriver.a -print -quit 2> /dev/null
}

# service_environment ENGINE SANITIZER ARCHITECTURE DIRECTORY: exports all of it; SRC, WORK and OUT
# are in DIRECTORY, which is absolute, and made. Returns 1 if the engine is not installed.
service_environment()
{
    local directory=$4
    export FUZZING_ENGINE=$1 SANITIZER=$2 ARCHITECTURE=$3 FUZZING_LANGUAGE=c++
    export SRC=$directory/src WORK=$directory/work OUT=$directory/out/$1-$2-$3
    export UBSAN_OPTIONS=silence_unsigned_overflow=1
    mkdir -p -- "$SRC" "$WORK" "$OUT" || return
    CFLAGS="-O1 -fno-omit-frame-pointer -gline-tables-only"
    CFLAGS+=" -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION"
    [[ $ARCHITECTURE != i386 ]] || CFLAGS="-m32 $CFLAGS"
    CFLAGS+=" ${service_sanitizer_flags[$SANITIZER]//$'\n'/}"
    if [[ $FUZZING_ENGINE == libfuzzer ]]; then
        CC=clang CXX=clang++ LIB_FUZZING_ENGINE=-fsanitize=fuzzer
        [[ $SANITIZER == coverage ]] || CFLAGS+=" -fsanitize=fuzzer-no-link"
    else
        CC=afl-clang-fast CXX=afl-clang-fast++ LIB_FUZZING_ENGINE=$directory/libFuzzingEngine.a
        cp -- "$(afl_driver)" "$LIB_FUZZING_ENGINE" || return
        export AFL_QUIET=1
        export ASAN_OPTIONS=detect_leaks=0:symbolize=0:detect_odr_violation=0:abort_on_error=1
    fi
    CXXFLAGS=$CFLAGS
    export CC CXX CFLAGS CXXFLAGS LIB_FUZZING_ENGINE
}
