#!/usr/bin/env bash
# The tool and the kernel with a bug of ci/bugs in them, for tests. To be sourced from the
# repository's root, by bash with set -u and pipefail.
# shellcheck disable=SC2034 # bugbench_build.sh reads them
# shellcheck source-path=SCRIPTDIR/..
source ci/lib.sh && source ci/bugbench_bugs.sh && source ci/bugbench_build.sh || return

# planted BUG DIRECTORY VARIANT PROGRAM: builds what ci/bugbench_build.sh calls VARIANT, and leaves
# it in DIRECTORY/PROGRAM.
planted()
{
    local bench=$2 root=$PWD
    mkdir -p -- "$2" && build_base "$3" && { [[ -d $2/heap ]] || plant "$1" "$2"; } &&
        build_bug "$1" "$2" "$3" && mv -- "$2/$3" "$2/$4"
}

# planted_tool BUG DIRECTORY: leaves the tool in DIRECTORY/kheap.
planted_tool()
{
    planted "$1" "$2" tool kheap
}

# planted_kernel BUG DIRECTORY: leaves the kernel in DIRECTORY/kheap.elf.
planted_kernel()
{
    planted "$1" "$2" kernel kheap.elf
}
