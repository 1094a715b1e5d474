#!/usr/bin/env bash
# Builds the fuzz targets for a fuzzing service, ClusterFuzzLite or OSS-Fuzz, from what it sets: SRC,
# WORK, CC, CXX, CFLAGS, CXXFLAGS, FUZZING_ENGINE, LIB_FUZZING_ENGINE, SANITIZER; and puts them into
# OUT, each with its seed corpus, dictionary and options. ARCHITECTURE is in the flags already, and
# only keeps builds apart. KHEAP_ALLOCATORS, folders with allocators of others, may be set as well: then
# their targets are built in place of the heap's (fuzz/foreign/clusterfuzzlite).
set -eu

source=$(cd -- "$SRC/kheap" && pwd -P)
build=$WORK/kheap-$FUZZING_ENGINE-$SANITIZER-$ARCHITECTURE
cmake -S "$source" -B "$build" -DKHEAP_FUZZER="$FUZZING_ENGINE" -DKHEAP_SANITIZERS="$SANITIZER" \
    -DKHEAP_ENGINE="$LIB_FUZZING_ENGINE" -DKHEAP_ALLOCATORS="${KHEAP_ALLOCATORS:-}" \
    -DCMAKE_RUNTIME_OUTPUT_DIRECTORY="$build/bin"
cmake --build "$build" --target fuzz_targets -j "$(nproc)"
cmake --install "$build" --component fuzz --prefix "$OUT"
