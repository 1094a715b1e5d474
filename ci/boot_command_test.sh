#!/usr/bin/env bash
# kheap boot: the same verdicts in QEMU, differences that are shown, and every way in which it can go
# wrong, each with one clear line and its own status.
# usage: ci/boot_command_test.sh KHEAP KERNEL
# To be run in the repository's root.
# shellcheck disable=SC2015 # both halves of a pair must be built
set -u -o pipefail
kheap=$1
kernel=$2
seeds=corpus/seeds
trace=corpus/traces/kern_find.trace
# shellcheck source-path=SCRIPTDIR source=planted.sh
source ci/planted.sh || exit 3
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 3
mkdir "$scratch/tmp"
export TMPDIR=$scratch/tmp # whatever is left behind lies there

# expect STATUS TEXT ARGUMENT...: runs the tool, wants the status, a line that matches TEXT, and nothing left behind.
expect()
{
    local status=$1 text=$2 found
    shift 2
    "$kheap" boot "$@" > "$scratch/out" 2>&1 < /dev/null
    found=$?
    if [ "$found" -ne "$status" ] || ! grep -q -E -- "$text" "$scratch/out"; then
        fail "kheap boot $*: status $found (expected $status), expected the text: $text"
        tail -n 5 "$scratch/out"
    else
        echo "ok: $status: $(grep -m 1 -E -- "$text" "$scratch/out")"
    fi
    [ -z "$(ls -A "$TMPDIR")" ] || fail "kheap boot $*: left $(ls -A "$TMPDIR") behind"
}

# A line in the output of the last run.
also()
{
    grep -q -E -- "$1" "$scratch/out" || { fail "expected as well: $1"; tail -n 5 "$scratch/out"; }
}

run=(--kernel "$kernel")
"$kheap" pack "$scratch/good.pack" "$seeds/coalesce-both.txt" "$seeds/every-kind.txt" > /dev/null || exit 3
"$kheap" import "$seeds/mixed-long.txt" "$scratch/mixed.ops" > /dev/null || exit 3
head -c 1000 "$trace" > "$scratch/cut.trace"
: > "$scratch/empty"
mkdir "$scratch/nothing"

equal_verdicts()
{
    expect 0 '^coalesce-both.txt ok .* qemu=equal$' "${run[@]}" "$scratch/good.pack" "$scratch/mixed.ops" \
        corpus/traces/user_sqlite.trace "$scratch/empty"
    also '^every-kind.txt ok .* qemu=equal$'
    also '^user_sqlite.trace ok operations=[0-9]{4,} .* qemu=equal$'
    also '^5 inputs: 5 ok, 0 violations; 5 equal in QEMU, 0 not; 0 unreadable$'
    expect 0 '^1 inputs: 1 ok' "${run[@]}" --quiet --machine pc --memory 64 --json "$scratch/a.json" "$scratch/empty"
    jq -e '.inputs == 1 and .equal == 1 and .results[0].qemu == "equal" and
        .results[0].host_verdict == .results[0].qemu_verdict and .results[0].ok' "$scratch/a.json" > /dev/null ||
        fail "the JSON is not of the form it should be"
    "$kheap" boot "${run[@]}" --json - "$scratch/empty" 2> /dev/null | jq -e .equal > /dev/null ||
        fail "--json - prints more than JSON"
}

# A bug in both: the same violation. A bug in one: a difference. One that ends the kernel costs the
# inputs behind it nothing.
differences()
{
    local bug=heap-merge-one-side fault=paging-commit-stops good=$kheap input
    planted_tool "$bug" "$scratch/t1" && planted_kernel "$bug" "$scratch/k1" &&
        planted_tool "$fault" "$scratch/t2" && planted_kernel "$fault" "$scratch/k2" ||
        { fail "bugs cannot be built"; return; }
    kheap=$scratch/t1/kheap
    expect 1 'coalesce-both.txt violation rule=H3 operation=7 .* qemu=equal$' --kernel "$scratch/k1/kheap.elf" \
        "$seeds/coalesce-both.txt" "$scratch/empty"
    also '^  H3: no two neighbours are free: '
    also '^  at operation [0-9]+: f [0-9]+$'
    also '^2 inputs: 1 ok, 1 violations; 2 equal in QEMU, 0 not; 0 unreadable$'
    expect 1 'violation rule=H3 .* qemu=differs$' "${run[@]}" --json "$scratch/d.json" "$seeds/coalesce-both.txt"
    also '^  in QEMU: coalesce-both.txt ok '
    also 'kheap.elf is older than this tool: '
    jq -e '.results[0].qemu == "differs" and .results[0].rule == "H3" and .violations == 1' "$scratch/d.json" \
        > /dev/null || fail "the JSON does not show the difference"
    kheap=$good
    expect 1 'coalesce-both.txt ok .* qemu=differs$' --kernel "$scratch/k1/kheap.elf" "$seeds/coalesce-both.txt"
    also '^  in QEMU: coalesce-both.txt violation rule=H3 '
    also '^    H3: no two neighbours are free: '
    input=$seeds/align-16-to-4096.txt
    kheap=$scratch/t2/kheap
    expect 1 'align-16-to-4096.txt violation rule=P7 .* qemu=equal$' --kernel "$scratch/k2/kheap.elf" \
        "$input" "$scratch/empty" "$input" "$scratch/empty"
    also '^4 inputs: 0 ok, 4 violations; 4 equal in QEMU, 0 not; 0 unreadable$'
    kheap=$good
    # The kernel's own report of that fault, in the middle of a session.
    "$kheap" import "$input" "$scratch/fault.ops" > /dev/null || exit 3
    boot/run --kernel "$scratch/k2/kheap.elf" "$scratch/fault.ops" > "$scratch/out" 2>&1
    [ $? -eq 2 ] || fail "a page fault in a session has another status"
    also '^kheap:   heap: c0[0-9a-f]+ lies [0-9]+ bytes behind an epilogue, too early, at c0[0-9a-f]+; the last before it is the free block at '
    also '^kheap:     c0[0-9a-f]+ kmalloc_aligned\+0x'
    also '^kheap:     c0[0-9a-f]+ session_run\+0x'
}

# An input that ends the kernel in any way, by a fault or a report, costs those behind it nothing.
kernel_faults()
{
    local tool=$kheap status
    mkdir -p "$scratch/faulty/boot" "$scratch/faulty/bin"
    cp "$kheap" "$scratch/faulty/bin" || exit 3
    kheap=$scratch/faulty/bin/kheap
    for status in 2 20 21 22 23; do
        printf '#!/bin/sh\necho "boot: KVM cannot be used"\necho "boot: the kernel faulted"\nexit %d\n' "$status" \
            > "$scratch/faulty/boot/run"
        chmod +x "$scratch/faulty/boot/run"
        expect 1 '^2 inputs: 2 ok, 0 violations; 0 equal in QEMU, 2 not; 0 unreadable$' "${run[@]}" \
            "$scratch/empty" "$scratch/mixed.ops"
        also '^  in QEMU: no verdict: the kernel faulted$'
        also '^kheap boot: KVM cannot be used$'
    done
    kheap=$tool
}

something_missing()
{
    local tool path
    expect 3 'no-such-kernel: No such file' --kernel "$scratch/no-such-kernel" "$scratch/empty"
    expect 3 'no-such-input: No such file' "${run[@]}" "$scratch/no-such-input"
    expect 3 'cut.trace: packed trace: ' "${run[@]}" "$scratch/cut.trace" "$scratch/empty"
    also '^empty ok .* qemu=equal$'
    also '1 unreadable$'
    head -c 100 "$kernel" > "$scratch/cut.elf"
    expect 3 'cut.elf is damaged' --kernel "$scratch/cut.elf" "$scratch/empty"
    expect 3 'too little memory' "${run[@]}" --memory 8 "$scratch/empty"
    mkdir -p "$scratch/clone/boot" "$scratch/clone/bin"
    cp boot/run "$scratch/clone/boot" && cp "$kheap" "$scratch/clone/bin" || exit 3
    tool=$kheap
    kheap=$scratch/clone/bin/kheap
    expect 3 'the kernel is not built: cmake --preset kernel && cmake --build --preset kernel' "$scratch/empty"
    kheap=$tool
    # A machine with neither QEMU nor gdb: nothing but the basic tools to be found.
    mkdir "$scratch/bin"
    for tool in bash env ls cat mktemp rm head tail grep timeout tr od stat realpath ln; do
        path=$(command -v "$tool") && [ -x "$path" ] && ln -s "$path" "$scratch/bin/$tool"
    done
    path=$PATH
    PATH=$scratch/bin expect 3 'qemu-system-i386 not found; install it with ci/setup' "${run[@]}" "$scratch/empty"
    PATH=$scratch/bin expect 3 'gdb: not found; install it with ci/setup' "${run[@]}" --gdb --at 1 "$scratch/empty"
    PATH=$path
    expect 3 '/dev/full: No space left' "${run[@]}" --json /dev/full "$scratch/empty"
    [ -c /dev/full ] || { fail "/dev/full is no device any more"; exit 1; }
    expect 3 'no-such-dir/x' "${run[@]}" --json "$scratch/no-such-dir/x" "$scratch/empty"
    "$kheap" boot "${run[@]}" "$scratch/empty" > /dev/full 2> "$scratch/err"
    [ $? -eq 3 ] || fail "output on a full disk is taken for success"
}

wrong_usage()
{
    expect 2 'names no input' "${run[@]}"
    expect 2 'names no input' "${run[@]}" "$scratch/nothing"
    expect 2 'unknown option: --frobnicate' --frobnicate
    expect 2 '--memory takes a number of MiB, not: much' --memory much "$scratch/empty"
    expect 2 '--timeout takes a number of seconds, not: 0' --timeout 0 "$scratch/empty"
    expect 2 'goes with --gdb only: --at' "${run[@]}" --at 3 "$scratch/empty"
    expect 2 'does not go with --gdb: --json' "${run[@]}" --gdb --json - "$scratch/empty"
    expect 2 '--gdb takes one input' "${run[@]}" --gdb "$scratch/empty" "$scratch/mixed.ops"
    expect 3 'coalesce-both.txt: breaks no rule on the host; --at N' "${run[@]}" --gdb "$seeds/coalesce-both.txt"
    expect 3 '--at is past the end, which is operation 9$' "${run[@]}" --gdb --at 10 "$seeds/coalesce-both.txt"
    expect 3 'no-such-commands: No such file' "${run[@]}" --gdb --at 1 --gdb-commands "$scratch/no-such-commands" \
        "$seeds/coalesce-both.txt"
    expect 0 'usage: kheap boot' --help
}

# An input that takes longer than it may, and one behind it that does not.
hang()
{
    expect 1 '^kern_find.trace ok .* qemu=none$' "${run[@]}" --timeout 1 "$trace" "$scratch/empty"
    also '^  in QEMU: no verdict: no verdict after 1 s: the kernel hangs'
    also '^  alone in a boot: the same$'
    also '^empty ok .* qemu=equal$'
}

# A QEMU that resets, as long as there is more than one input: so it is nobody's own doing.
needs_the_others()
{
    mkdir "$scratch/resets"
    cat > "$scratch/resets/qemu-system-i386" <<END
#!/usr/bin/env bash
[ "\$(od -A n -j 12 -N 4 -t u4 0 | tr -d ' ')" -eq 1 ] || { echo "kheap: kernel up"; exit 0; }
exec $(command -v qemu-system-i386) "\$@"
END
    chmod +x "$scratch/resets/qemu-system-i386"
    PATH=$scratch/resets:$PATH expect 1 '^coalesce-both.txt ok .* qemu=none$' "${run[@]}" --json "$scratch/a.json" \
        "$seeds/coalesce-both.txt" "$scratch/empty"
    also '^  in QEMU: no verdict: triple fault or reset'
    also "^  alone in a boot: the host's verdict; so it needs the inputs before it$"
    also '^empty ok .* qemu=equal$'
    jq -e '.results[0].qemu_alone == "equal" and .results[1].qemu_alone == null' "$scratch/a.json" > /dev/null ||
        fail "the JSON does not say what comes of the input alone"
}

# interrupted SIGNAL STATUS ARGUMENT...: the tool gets the signal while QEMU runs; nothing stays, QEMU least of all.
interrupted()
{
    local signal=$1 status=$2 child found tries
    shift 2
    "$kheap" boot "$@" > "$scratch/out" 2>&1 < /dev/null &
    child=$!
    for ((tries = 0; tries < 200; tries++)); do
        [ -z "$(find "$TMPDIR" -name serial)" ] || break
        sleep 0.1
    done
    sleep 0.5
    kill "-$signal" "$child"
    wait "$child"
    found=$?
    [ "$found" -eq "$status" ] || { fail "kheap boot $*: status $found (expected $status) after SIG$signal"; cat "$scratch/out"; }
    for ((tries = 0; tries < 50; tries++)); do
        [ -n "$(ls -A "$TMPDIR")" ] || break
        sleep 0.1
    done
    [ -z "$(ls -A "$TMPDIR")" ] || fail "kheap boot $*: left $(ls -A "$TMPDIR") behind after SIG$signal"
    ! pgrep -f -- "$scratch/tmp" > /dev/null || fail "kheap boot $*: processes are left after SIG$signal"
    echo "ok: $found after SIG$signal"
}

command -v jq > /dev/null || { echo "boot_command_test: jq is not installed: ci/setup installs it" >&2; exit 3; }
equal_verdicts
differences
kernel_faults
something_missing
wrong_usage
hang
needs_the_others
set -m # a child in the background is to heed SIGINT
interrupted INT 130 "${run[@]}" --timeout 60 "$trace"
interrupted TERM 143 "${run[@]}" --timeout 60 "$trace"
echo 'continue' > "$scratch/commands"
interrupted INT 130 "${run[@]}" --gdb --at 1 --gdb-commands "$scratch/commands" "$trace"
echo 'shell sleep 60' > "$scratch/commands" # gdb heeds nothing meanwhile
interrupted TERM 143 "${run[@]}" --gdb --at 1 --gdb-commands "$scratch/commands" "$scratch/mixed.ops"
test_end ok
