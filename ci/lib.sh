#!/usr/bin/env bash
# Functions that the programs in ci/ share: progress, child processes, numbers, JSON. To be sourced,
# by bash with set -u and pipefail.

# --- numbers and times ---

# Prints a whole number with commas between thousands.
thousands()
{
    local digits=$1 out=
    while ((${#digits} > 3)); do
        out=,${digits: -3}$out
        digits=${digits:0:${#digits}-3}
    done
    printf '%s' "$digits$out"
}

# Prints A / B with DIGITS decimals, 0 where B is 0.
ratio()
{
    awk -v a="$1" -v b="$2" -v form="%.$3f" 'BEGIN { printf form, (b > 0 ? a / b : 0) }'
}

# Prints a number of seconds as people say it.
duration()
{
    if (($1 < 60)); then
        printf '%d s' "$1"
    else
        printf '%d min %d s' $(($1 / 60)) $(($1 % 60))
    fi
}

# The milliseconds of a clock; only differences mean something.
clock_ms()
{
    local now=${EPOCHREALTIME/[.,]/}
    printf '%s' "${now:0:${#now}-3}"
}

# --- progress ---

progress_seconds_between_lines=10
progress_shown_at=$SECONDS
progress_pending=no

# Shows TEXT as the state of what is going on: a line that the next call rewrites on a terminal,
# otherwise a line of its own, but only one in ten seconds.
progress()
{
    if [[ -t 1 ]]; then
        local width=${COLUMNS:-80}
        printf '\r\033[K  %s' "${1:0:width-3}"
        progress_pending=yes
    elif ((SECONDS - progress_shown_at >= progress_seconds_between_lines)); then
        printf '  %s\n' "$1"
        progress_shown_at=$SECONDS
    fi
}

progress_end()
{
    if [[ $progress_pending == yes ]]; then
        printf '\r\033[K'
        progress_pending=no
    fi
    progress_shown_at=$SECONDS
}

# complain PROGRAM REASON [LOG]: says it on standard error, with the first errors of the log.
complain()
{
    printf '%s: %s%s\n' "$1" "$2" "${3:+, see $3}" >&2
    if [[ -r ${3:-} ]]; then
        grep -a -E 'error|Error|undefined|No space|ABORT' -- "$3" | head -n 5 | sed 's/^/  /' >&2
    fi
}

# --- child processes ---

# Each child leads a process group of its own, so that what it starts ends with it, and so that
# Ctrl-C reaches only this shell, which then ends them in order.
declare -A children=()
# shellcheck disable=SC2034 # those who source this set it, and use it
bound=() # what goes before a program that is to end with this shell, however that ends

# Starts COMMAND with its output in the file LOG; `spawned' is its process.
spawn()
{
    local log=$1
    shift
    : > "$log"
    set -m
    "$@" > "$log" 2>&1 < /dev/null &
    spawned=$!
    set +m
    children[$spawned]=1
}

# Waits for a child and returns its status; 124 if `watch' has ended it.
reap()
{
    local status
    [[ -n ${children[$1]:-} ]] || return 124
    wait "$1" 2> /dev/null
    status=$?
    unset "children[$1]"
    return "$status"
}

# Ends the children that are still there: asks, and after five seconds insists.
end_children()
{
    local pid tries
    for pid in "${!children[@]}"; do
        kill -TERM -- "-$pid" 2> /dev/null
    done
    for ((tries = 0; tries < 50; tries++)); do
        any_running "${!children[@]}" || break
        sleep 0.1
    done
    for pid in "${!children[@]}"; do
        kill -KILL -- "-$pid" 2> /dev/null
        reap "$pid"
    done
}

any_running()
{
    local pid
    for pid in "$@"; do
        if kill -0 "$pid" 2> /dev/null; then
            return 0
        fi
    done
    return 1
}

# watch DESCRIBE LIMIT PID...: waits until all children PID have ended, showing the progress that
# the function DESCRIBE puts into `describe_text' from the seconds so far. Returns 1 if they were
# ended after LIMIT seconds.
watch()
{
    local describe=$1 limit=$2 start=$SECONDS
    shift 2
    while any_running "$@"; do
        if ((SECONDS - start > limit)); then
            progress_end
            end_children
            return 1
        fi
        describe_text=
        "$describe" $((SECONDS - start))
        [[ -z $describe_text ]] || progress "$describe_text"
        sleep 0.2
    done
    progress_end
}

# lock_is_held FILE: true if the process that the lock of ci/fuzz names is there, and holds it. What it
# has started holds it as well.
lock_is_held()
{
    local process
    process=$(tr -d '\n' 2> /dev/null < "$1")
    [[ $process =~ ^[0-9]+$ && /proc/$process/fd/9 -ef $1 ]]
}

# --- JSON ---

json_string()
{
    local text=$1
    text=${text//\\/\\\\}
    text=${text//\"/\\\"}
    text=${text//$'\n'/\\n}
    text=${text//[$'\x01'-$'\x1f']/ }
    printf '"%s"' "$text"
}

# Prints its arguments, which are JSON already, as an array.
json_array()
{
    local separator='' item
    printf '['
    for item in "$@"; do
        printf '%s%s' "$separator" "$item"
        separator=', '
    done
    printf ']'
}

# Prints its arguments, which are texts, as an array.
json_strings()
{
    local text items=()
    for text in "$@"; do
        items+=("$(json_string "$text")")
    done
    json_array "${items[@]}"
}

# json_members SEPARATOR [KEY VALUE]...: the inside of an object; the values are JSON already.
json_members()
{
    local separator='' next=$1
    shift
    while (($# > 0)); do
        printf '%s"%s": %s' "$separator" "$1" "$2"
        separator=$next
        shift 2
    done
}

# json_object [KEY VALUE]...
json_object()
{
    printf '{%s}' "$(json_members ', ' "$@")"
}

# --- files ---

# True if the directory exists and anything but hidden files is in it.
has_files()
{
    [[ -d $1 && -n $(find "$1" -type f ! -name '.*' -print -quit) ]]
}

# Prints why FILE cannot be written, or nothing if it can; leaves no trace.
why_not_writable()
{
    local file=$1 directory=. why
    [[ $file == */* ]] && directory=${file%/*}/
    if [[ -z $file ]]; then
        printf 'it has no name'
    elif [[ -e $file && ! -f $file ]]; then
        printf 'it is not a regular file'
    elif [[ ! -d $directory ]]; then
        printf 'there is no directory %s' "$directory"
    elif ! why=$(: 2>&1 > "$file.part.$$"); then
        why=${why##*: }
        printf '%s' "${why:-it cannot be created}"
    else
        rm -f -- "$file.part.$$"
    fi
}

# why_disk_full DIRECTORY MIB: prints why nothing more should be written into the directory, where
# so many mebibytes are to be free, or nothing if they are; leaves no trace.
why_disk_full()
{
    local free_kib
    if ! { head -c 65536 /dev/zero > "$1/probe"; } 2> /dev/null; then
        printf 'build/ cannot be written: the disk is full or read-only'
    else
        free_kib=$(df -P -k -- "$1" | awk 'NR == 2 { print $4 }')
        if [[ $free_kib =~ ^[0-9]+$ ]] && ((free_kib < $2 * 1024)); then
            printf 'the disk is nearly full: %d MiB free of %d needed' $((free_kib / 1024)) "$2"
        fi
    fi
    rm -f -- "$1/probe"
}
