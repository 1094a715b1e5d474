#!/usr/bin/env bash
# The kernel in QEMU, with the same inputs as the host. To be sourced by ci/verify.
# shellcheck disable=SC2154 # its variables

readonly boot_inputs_max=2000
readonly boot_seconds_max=900
# What reading an input, a fresh heap and full checks cost, in operations of a trace.
readonly boot_input_work=3000

boot_count=0 # verdicts that the host has given of what is booted, and the operations in them
boot_operations=0

# Packs the corpus and what fuzzing newly found: all of it, or so many drawn at random that the pack
# holds its limit.
pack_inputs()
{
    local room found=$logs/newly-found
    ((${#inputs[@]} > 0)) || return 1
    rm -rf -- "$found"
    mkdir -p -- "$found"
    room=$((boot_inputs_max - $(find "${inputs[@]}" -type f ! -name '.*' | wc -l)))
    if ((room > 0)); then
        list_corpus | comm -13 "$logs/corpus.before" - | shuf -n "$room" |
            sed "s,^,$corpus/," | xargs -d '\n' -r cp -t "$found" -- || return 1
    fi
    "$tool" pack "$logs/corpus.pack" "${inputs[@]}" "$found"
}

# The verdicts of the host, which those of the kernel must equal.
expect_verdicts()
{
    "$tool" replay "$logs/corpus.pack" > "$logs/pack.verdicts" 2> "$logs/replay-pack.log" ||
        fail "the pack does not replay on the host without a violation" "$logs/replay-pack.log"
    cat -- "$logs/pack.verdicts" "$logs/traces.verdicts" 2> /dev/null |
        grep -a ' digest=' > "$logs/boot.expected"
    boot_count=$(wc -l < "$logs/boot.expected")
    boot_operations=$(operations_in "$logs/boot.expected")
}

describe_boot()
{
    local so_far work total
    so_far=$(verdicts_in "$logs/boot-serial.log")
    describe_text="$so_far of $boot_count inputs, $(duration "$1")"
    work=$(($(operations_in "$logs/boot-serial.log") + so_far * boot_input_work))
    total=$((boot_operations + boot_count * boot_input_work))
    ((work == 0 || $1 == 0)) ||
        describe_text+=", about $(duration $(($1 * (total - work) / work))) left"
}

boot_failure()
{
    case $1 in
        1) printf 'a rule is violated in the kernel' ;;
        2 | 21 | 22 | 23) printf 'the kernel faulted' ;;
        3) printf 'the kernel found an input missing or damaged' ;;
        4) printf 'the kernel hangs' ;;
        5) printf 'the kernel ended in a triple fault, a reset or without its summary' ;;
        6) printf 'QEMU is not installed' ;;
        8) printf 'the machine has too little memory for the inputs' ;;
        *) printf 'the boot failed with status %s' "$1" ;;
    esac
}

boot_kernel()
{
    local status
    : > "$logs/boot-serial.log"
    spawn "$logs/boot.log" boot/run --timeout "$boot_seconds_max" --log "$logs/boot-serial.log" \
        "$logs/corpus.pack" "${traces[@]}"
    watch describe_boot $((boot_seconds_max + 30)) "$spawned"
    reap "$spawned"
    status=$?
    ((status != 0)) || return
    fail "$(boot_failure "$status")" "$logs/boot.log"
    tail -n 3 -- "$logs/boot.log" | sed 's/^/    /'
}

compare_verdicts()
{
    tr -d '\r' < "$logs/boot-serial.log" | grep -a ' digest=' > "$logs/boot.verdicts"
    figure[boot.inputs]=$(verdicts_in "$logs/boot.verdicts")
    figure[boot.operations]=$(operations_in "$logs/boot.verdicts")
    figure[boot.equal]=false
    if ! diff -u -- "$logs/boot.expected" "$logs/boot.verdicts" > "$logs/boot-diff.log"; then
        fail "host and kernel disagree" "$logs/boot-diff.log"
        show_differences "$logs/boot-diff.log" 10
    elif ((boot_count == 0)); then
        fail "nothing was compared with the kernel"
    else
        figure[boot.equal]=true
    fi
}

# "equal", or that they are not.
verdicts_text()
{
    [[ ${figure[boot.equal]} == true ]] && printf '%sequal' "$1" || printf 'NOT equal'
}

step_boot()
{
    local start=$SECONDS
    heading "boot in QEMU"
    if ! pack_inputs > "$logs/pack.log" 2>&1; then
        fail "the inputs could not be packed" "$logs/pack.log"
        return
    fi
    expect_verdicts
    boot_kernel
    compare_verdicts
    printf '  %s of %s verdict lines, %s, %s\n' "$(thousands "${figure[boot.inputs]}")" \
        "$(thousands "$boot_count")" "$(verdicts_text 'all ')" "$(duration $((SECONDS - start)))"
}
