#!/usr/bin/env bash
# One run of ci/fuzz a tree, and allocator. To be sourced by it.
# shellcheck disable=SC2154 # its variables

# What a run had started ends with it, even when it is killed; but AFL++'s target, which waits for
# AFL++ stopped, does not.
end_left_over()
{
    local process
    for process in /proc/[0-9]*; do
        [[ ! $process/fd/9 -ef $work/lock || ${process##*/} == "$$" ]] ||
            kill -KILL "${process##*/}" 2> /dev/null
    done
}

# The lock is of the kernel's kind: it ends with the processes that hold it. Another keeps two that start
# at once from taking each other for what was left over.
take_tree()
{
    local why
    if ! why=$(mkdir -p -- "$logs" "$corpus" "$work"/{crashes,found,found-parts} 2>&1); then
        die "build/ cannot be written: ${why##*: }"
    fi
    if ! { exec 8<> "$work/lock.start" 9<> "$work/lock"; } 2> /dev/null; then
        die "$work/lock cannot be written"
    fi
    flock -w 30 8 || die "another ci/fuzz that starts in this tree does not get on with it"
    if ! flock -n 9; then
        ! lock_is_held "$work/lock" || die "another ci/fuzz${allocator:+ of this allocator} runs in this tree: process $(< "$work/lock")"
        end_left_over
        flock -w 5 9 || die "what a run that was killed had started does not end"
    fi
    printf '%s\n' "$$" > "$work/lock"
    exec 8>&-
    keep_to_folder
    check_disk
}

# Two allocators whose folders have the same name would take over each other's crashes.
keep_to_folder()
{
    [[ -n $allocator ]] || return 0
    [[ ! -s $work/folder || $(< "$work/folder") == "$folder" ]] ||
        die "$work is of another allocator, in $(< "$work/folder"): tell them apart by --name, or remove it"
    printf '%s\n' "$folder" > "$work/folder"
}
