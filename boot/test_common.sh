#!/usr/bin/env bash
# What the tests of boot/ have in common. To be sourced by them, first of all.
set -u -o pipefail
here=$(cd -- "${BASH_SOURCE[0]%/*}" && pwd) || exit 1
name=${0##*/}
name=${name%.sh}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf -- "$scratch"' EXIT
failures=0

# fail TEXT: counts a failure, and shows the end of what was printed last.
fail()
{
    printf '%s: %s\n' "$name" "$*"
    [ ! -f "$scratch/out" ] || tail -n "${shown:-8}" "$scratch/out"
    failures=$((failures + 1))
}

# boot ARGUMENT...: runs boot/run. Sets status, and keeps what it prints in $scratch/out.
boot()
{
    "$here/run" "$@" > "$scratch/out" 2>&1 < /dev/null
    status=$?
}

# wants STATUS TEXT WHAT: the last run, named WHAT, ended with the status, and printed a line that matches TEXT.
wants()
{
    if [ "$status" -ne "$1" ] || ! grep -a -q -E -- "$2" "$scratch/out"; then
        fail "$3: status $status (expected $1), expected the text: $2"
        return 1
    fi
    echo "ok: $status: $3: $(grep -a -m 1 -E -- "$2" "$scratch/out")"
}

# expect STATUS TEXT ARGUMENT...: what boot/run is to do with the arguments.
expect()
{
    boot "${@:3}"
    wants "$1" "$2" "boot/run ${*:3}"
}

# boot_under_gdb KERNEL COMMAND... [-- ARGUMENT...]: runs boot/run with the arguments, and under it gdb with the commands,
# which begin where the machine stands still, before its first instruction. Sets status, keeps what boot/run prints in
# $scratch/out, and what gdb does in $scratch/gdb.
boot_under_gdb()
{
    local kernel=$1 socket=$scratch/socket commands=() pid tries
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        commands+=(-ex "$1")
        shift
    done
    shift $(($# > 0))
    rm -f -- "$socket"
    "$here/run" --timeout 60 --gdb "$socket" "$@" > "$scratch/out" 2>&1 < /dev/null &
    pid=$!
    for ((tries = 0; tries < 200; tries++)); do
        [ ! -S "$socket" ] || break
        sleep 0.05
    done
    gdb -q -batch -nx -ex 'set auto-load off' -ex "target remote $socket" "${commands[@]}" "$kernel" \
        > "$scratch/gdb" 2>&1 < /dev/null
    wait "$pid"
    status=$?
}

# use_pentium: from now on QEMU's processor is one that has 4 MiB pages, and hardly anything else that came after the i386.
use_pentium()
{
    mkdir -- "$scratch/pentium" || exit 1
    printf '#!/usr/bin/env bash\nexec %s -cpu pentium "$@"\n' "$(command -v qemu-system-i386)" \
        > "$scratch/pentium/qemu-system-i386"
    chmod +x "$scratch/pentium/qemu-system-i386"
    PATH=$scratch/pentium:$PATH
}

# The end of a test: fails if anything has.
finish()
{
    [ "$failures" -eq 0 ] || exit 1
}
