#!/usr/bin/env bash
# The tool and the kernel with a bug of ci/bugs in them, for tests: the one source that the patch
# changes is compiled again as the builds `host' and `kernel' compile it, and linked in front of the
# archive, or in the place of their object. To be sourced from the repository's root, by bash with
# set -u and pipefail.

# planted_object BUG DIRECTORY PRESET TARGET PATTERN: compiles the bug's source with the command in
# PRESET's build that has PATTERN; `planted_source' is it, `planted_object' the object.
planted_object()
{
    local bug=$1 directory=$2 preset=$3 target=$4 pattern=$5 root=$PWD command
    planted_source=$(sed -n 's,^+++ b/\([^[:space:]]*\).*,\1,p' "ci/bugs/$bug.patch")
    [[ $planted_source == *.c ]] || {
        printf 'planted: %s changes more than one source\n' "$bug" >&2
        return 1
    }
    mkdir -p -- "$directory" && cp -r heap mmu_x86 "$directory" &&
        patch -s -p1 -F0 -d "$directory" < "ci/bugs/$bug.patch" || return
    command=$(ninja -C "build/$preset" -t commands "$target" | grep -F -- "$pattern" |
        grep -F -m 1 -- " -c $root/$planted_source")
    [[ -n $command ]] || {
        printf 'planted: no command of build/%s compiles %s\n' "$preset" "$planted_source" >&2
        return 1
    }
    planted_object=$directory/$preset.o
    command=${command%% -MD *}
    # What the core includes lies in the copy; the ports of the kernel do not.
    command=${command//"-I$root/mmu_x86"/"-I$directory/mmu_x86"}
    command=${command/"-I$root "/"-I$directory -I$root "}
    (cd -- "build/$preset" && eval "$command -o $planted_object -c $directory/$planted_source")
}

# planted_tool BUG DIRECTORY: leaves the tool in DIRECTORY/kheap.
planted_tool()
{
    local command
    planted_object "$1" "$2" host kheap /kheap_emulator_core.dir/ || return
    command=$(ninja -C build/host -t commands kheap | tail -n 1)
    [[ $command =~ ^(.*)\ -o\ [^\ ]+/kheap\ (.*)$ ]] || {
        printf 'planted: build/host has no command that links the tool\n' >&2
        return 1
    }
    command="${BASH_REMATCH[1]} $planted_object -o $2/kheap ${BASH_REMATCH[2]}"
    (cd build/host && eval "$command")
}

# planted_kernel BUG DIRECTORY: leaves the kernel in DIRECTORY/kheap.elf.
planted_kernel()
{
    local command
    planted_object "$1" "$2" kernel kheap.elf /kheap.elf.dir/ || return
    command=$(ninja -C build/kernel -t commands kheap.elf | tail -n 1)
    [[ $command =~ ^(.*)\ [^\ ]+/${planted_source}\.o(.*)\ -o\ [^\ ]+/kheap\.elf(.*)$ ]] || {
        printf 'planted: build/kernel has no command that links the kernel\n' >&2
        return 1
    }
    command="${BASH_REMATCH[1]} $planted_object${BASH_REMATCH[2]} -o $2/kheap.elf${BASH_REMATCH[3]}"
    (cd build/kernel && eval "$command")
}
