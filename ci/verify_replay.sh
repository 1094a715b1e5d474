#!/usr/bin/env bash
# The corpus and the recorded traces, replayed on the host. To be sourced by ci/verify.
# shellcheck disable=SC2034,SC2154 # its variables

inputs=() # the corpus's directories that hold anything
traces=()
replay_name= # what is being replayed, and how many inputs it is
replay_count=0

# Sums the operations of the verdict lines in the files.
operations_in()
{
    cat -- "$@" | sed -n 's/.* operations=\([0-9]*\) applied=.*/\1/p' |
        awk '{ n += $1 } END { printf "%d", n }'
}

verdicts_in()
{
    grep -a -c ' digest=' -- "$1"
}

# show_differences DIFF COUNT: the first lines that are not the same.
show_differences()
{
    grep -a '^[-+][^-+]' -- "$1" | head -n "$2" | sed 's/^/    /'
}

describe_replay()
{
    describe_text="$(verdicts_in "$logs/$replay_name.verdicts") of $replay_count inputs replayed, "
    describe_text+="$(duration "$1")"
}

replay_to()
{
    local verdicts=$1
    shift
    "$tool" replay "$@" > "$verdicts"
}

# replay NAME PORT INPUT...: verdict lines go to NAME.verdicts, the rest to replay-NAME.log.
replay()
{
    local port=$2 status verdicts=$logs/$1.verdicts log=$logs/replay-$1.log
    replay_name=$1
    shift 2
    replay_count=$(find "$@" -type f ! -name '.*' | wc -l)
    : > "$verdicts"
    spawn "$log" replay_to "$verdicts" --port "$port" "$@"
    watch describe_replay 3600 "$spawned"
    reap "$spawned"
    status=$?
    figure[replay.inputs]=$((${figure[replay.inputs]} + $(verdicts_in "$verdicts")))
    figure[replay.operations]=$((${figure[replay.operations]} + $(operations_in "$verdicts")))
    ((status == 0)) || replay_failed "$status" "$verdicts" "$log"
}

# Says why a replay failed. Returns 1.
replay_failed()
{
    local broken
    case $1 in
        1)
            broken=$(grep -a -c ' violation rule=' -- "$2")
            figure[replay.violations]=$((${figure[replay.violations]} + broken))
            fail "inputs that break a rule ($replay_name): $broken" "$2"
            grep -a ' violation rule=' -- "$2" | head -n 5 | sed 's/^/    /'
            ;;
        3)
            fail "unreadable inputs ($replay_name)" "$3"
            head -n 5 -- "$3" | sed 's/^/    /'
            ;;
        *) fail "replay ($replay_name) ended with status $1" "$3" ;;
    esac
    return 1
}

# The traces on both ports of the host, which must not disagree.
replay_traces()
{
    local log=$logs/window.log
    replay traces emulator "${traces[@]}" || return
    if [[ ! -x build/bin/kheap-window ]]; then
        fail "the window port was not built"
        return
    fi
    replay traces-window window "${traces[@]}" || return
    figure[window.equal]=true
    if ! diff -u -- "$logs/traces.verdicts" "$logs/traces-window.verdicts" > "$log"; then
        figure[window.equal]=false
        fail "emulator and window disagree about the traces" "$log"
        show_differences "$log" 6
    fi
}

step_replay()
{
    local directory start=$SECONDS
    heading "replay on the host"
    for directory in corpus/seeds corpus/grown corpus/found; do
        ! has_files "$directory" || inputs+=("$directory")
    done
    ! has_files corpus/traces || traces=(corpus/traces/*.trace)
    if ((${#inputs[@]} > 0)); then
        replay corpus emulator "${inputs[@]}"
    else
        fail "there is no corpus"
    fi
    if ((${#traces[@]} > 0)); then
        replay_traces
    else
        fail "there are no traces"
    fi
    printf '  %s inputs, %s operations, %s\n' "$(thousands "${figure[replay.inputs]}")" \
        "$(thousands "${figure[replay.operations]}")" "$(duration $((SECONDS - start)))"
}
