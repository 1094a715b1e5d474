#!/usr/bin/env bash
# Builds fuzz_NAME of the allocators in KHEAP_ALLOCATORS, as kheap builds its own targets.
exec bash "$SRC/kheap/.clusterfuzzlite/build.sh"
