#!/usr/bin/env bash
# What the tests of boot/ share, beside what all tests do. To be sourced by them, first of all.
set -u -o pipefail
here=$(cd -- "${BASH_SOURCE[0]%/*}" && pwd) || exit 3
# shellcheck source-path=SCRIPTDIR source=../ci/test_common.sh
source "$here/../ci/test_common.sh" || exit 3
# shellcheck disable=SC2034 # what fail shows
shown=("$scratch/out")

# boot ARGUMENT...: runs boot/run. Sets status, and leaves what it says in $scratch/out.
boot()
{
    "$here/run" "$@" > "$scratch/out" 2>&1 < /dev/null
    # shellcheck disable=SC2034 # the tests look at it
    status=$?
}

# expect_boot STATUS TEXT ARGUMENT...: what boot/run is to do with the arguments.
expect_boot()
{
    expect "$1" "$2" "$here/run" "${@:3}"
}

# boot_under_gdb KERNEL COMMAND... -- ARGUMENT...: runs boot/run with the arguments, and under it gdb with the commands,
# which begin where the machine stands still, before its first instruction. Says and returns what boot/run does, and
# leaves what gdb says in $scratch/gdb.
boot_under_gdb()
{
    local kernel=$1 socket=$scratch/socket commands=() pid tries
    shift
    while [ "$1" != -- ]; do
        commands+=(-ex "$1")
        shift
    done
    shift
    rm -f -- "$socket"
    "$here/run" --timeout 60 --gdb "$socket" "$@" &
    pid=$!
    for ((tries = 0; tries < 200; tries++)); do
        [ ! -S "$socket" ] || break
        sleep 0.05
    done
    gdb -q -batch -nx -ex 'set auto-load off' -ex "target remote $socket" "${commands[@]}" "$kernel" \
        > "$scratch/gdb" 2>&1 < /dev/null
    wait "$pid"
}

# use_pentium: from now on QEMU's processor is one that has 4 MiB pages, and hardly anything else that came after the i386.
use_pentium()
{
    mkdir -- "$scratch/pentium" || exit 3
    printf '#!/usr/bin/env bash\nexec %s -cpu pentium "$@"\n' "$(command -v qemu-system-i386)" \
        > "$scratch/pentium/qemu-system-i386"
    chmod +x "$scratch/pentium/qemu-system-i386"
    PATH=$scratch/pentium:$PATH
}
