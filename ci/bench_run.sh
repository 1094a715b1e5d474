#!/usr/bin/env bash
# The parts of ci/bench that measure: which runs, in which order, and what becomes of them. To be
# sourced by it.
# shellcheck disable=SC2154 # variables of ci/bench

readonly separator=$'\t'
declare -A ended=() # "WAY ARCH HEAP LOAD": not to be run again
failures=0
total=0
done_count=0
weight_total=0
weight_done=0
declare -A weight=([time]=3 [latency]=8 [footprint]=4 [reclaim]=5 [cost]=3)

# What runs between two measurements starts no subshells: a signal that comes while bash reads a
# command substitution finds its parser in the middle of it, and the trap cannot be read.

# Sets `program' to what measures HEAP in this WAY; to nothing if it is not there.
find_program()
{
    local way=$1 arch=$2 heap=$3
    program=build/bench/bin/bench-$heap
    [[ $arch != i386 ]] || program=build/bench32/bin/bench-$heap
    if [[ $way == cost || $way == reclaim ]] && [[ -x $program-counted ]]; then
        program+=-counted
    fi
    [[ -x $program ]] || program=
}

# True if the way makes sense there. Accesses and pages given back are the same on both
# architectures.
worth_it()
{
    local way=$1 arch=$2 heap=$3 load=$4
    case $way in
        cost) [[ $heap == kheap-* && $arch == "${archs[0]}" ]] ;;
        reclaim) [[ $load == trace/* && $heap != bump && $arch == "${archs[0]}" ]] ;;
        footprint) [[ $load != live/* && $heap != bump ]] ;;
        *) [[ $load != live/* ]] ;;
    esac
}

# plan: prints "WAY ARCH HEAP LOAD" for each run, in their order.
plan()
{
    local way arch heap load round count trace program loads=()
    for trace in corpus/traces/*.trace; do
        loads+=("trace/$(basename -- "$trace" .trace)")
    done
    if [[ $quick == no ]]; then
        loads+=("${patterns[@]/#/pattern/}" "${live[@]/#/live/}")
    fi
    for way in "${ways[@]}"; do
        count=1
        [[ $way != time ]] || count=$rounds
        for ((round = 1; round <= count; round++)); do
            for load in "${loads[@]}"; do
                for arch in "${archs[@]}"; do
                    for heap in "${heaps[@]}"; do
                        [[ "$arch $heap $load" =~ $filter ]] || continue
                        find_program "$way" "$arch" "$heap"
                        [[ -n $program ]] || continue
                        worth_it "$way" "$arch" "$heap" "$load" &&
                            printf '%s\t%s\t%s\t%s\t%s\n' "$way" "$arch" "$heap" "$load" "$round"
                    done
                done
            done
        done
    done
}

# Sets `load_argument' to what the player calls a load.
find_load()
{
    case $1 in
        trace/*) load_argument=corpus/traces/${1#*/}.trace ;;
        live/*) load_argument=live:${1#*/} ;;
        *) load_argument=${1#*/} ;;
    esac
}

# measure WAY ARCH HEAP LOAD: one run; its lines go to the raw file only if it came to its end.
measure()
{
    local way=$1 arch=$2 heap=$3 load=$4 program load_argument status
    find_program "$way" "$arch" "$heap"
    find_load "$load"
    "$program" --limit "$limit" "$way" "$load_argument" \
        > "$results/run.out" 2> "$results/run.err"
    status=$?
    case $status in
        0)
            awk -v at="$arch $heap $load" '
                NF == 2 { print "figure", at, $1, $2 }
                NF == 4 { print "point", at, $1, $2, $3, $4 }' "$results/run.out" >> "$raw" ||
                die "$raw cannot be written"
            ! grep -q "^$way.share 0" "$results/run.out" || ended[$way $arch $heap $load]=1
            ;;
        5 | 6) ended[$way $arch $heap $load]=1 ;;
        130 | 143) return "$status" ;;
        *)
            ended[$way $arch $heap $load]=1
            failures=$((failures + 1))
            progress_end
            printf 'ci/bench: %s, %s, %s: status %d: %s\n' "$way" "$arch" "$load" "$status" \
                "$(tail -n 1 -- "$results/run.err")" >&2
            ;;
    esac
    return 0
}

show_progress()
{
    local seconds=$((SECONDS - measuring_since)) left=
    if ((weight_done > 0)); then
        seconds=$((seconds * (weight_total - weight_done) / weight_done))
        printf -v left ', about %d min %d s left' $((seconds / 60)) $((seconds % 60))
    fi
    progress "$done_count of $total runs$left: $1"
}

measure_all()
{
    local way arch heap load round lines=()
    mapfile -t lines < <(plan)
    total=${#lines[@]}
    ((total > 0)) || die "nothing is left to be measured (--filter $filter)"
    for line in "${lines[@]}"; do
        weight_total=$((weight_total + ${weight[${line%%"$separator"*}]}))
    done
    measuring_since=$SECONDS
    for line in "${lines[@]}"; do
        IFS=$separator read -r way arch heap load round <<< "$line"
        show_progress "$way, round $round, $arch $heap $load"
        if [[ -z ${ended[$way $arch $heap $load]:-} ]]; then
            measure "$way" "$arch" "$heap" "$load"
        fi
        done_count=$((done_count + 1))
        weight_done=$((weight_done + ${weight[$way]}))
    done
    progress_end
}

# The traces in the kernel, with each policy. Ticks are instructions there.
measure_guest()
{
    local policy word status
    for policy in bins first-fit; do
        word="time"
        [[ $policy == bins ]] || word=time-first-fit
        progress "guest, $policy"
        boot/run --icount --timeout 600 --append "$word" corpus/traces/*.trace \
            > "$results/guest-$policy.log" 2>&1
        status=$?
        case $status in
            0) ;;
            6) die "not installed: qemu-system-i386 (run ci/setup)" ;;
            *)
                failures=$((failures + 1))
                progress_end
                printf 'ci/bench: guest, %s: boot/run ended with status %d, see %s\n' "$policy" \
                    "$status" "$results/guest-$policy.log" >&2
                ;;
        esac
        # NAME: POLICY KIND: C calls, T ticks, at most W[, ended early]
        awk '/ calls, [0-9]* ticks, at most / {
            sub(/\.trace:$/, "", $1)
            sub(/:$/, "", $3)
            at = "figure guest kheap-" $2 " trace/" $1 " guest."
            print at $3 "_mean", $6 / $4
            print at $3 "_worst", $10 + 0
            if ($3 == "alloc") print at "share", (/ended early/ ? 0.5 : 1)
        }' "$results/guest-$policy.log" >> "$raw" || die "$raw cannot be written"
    done
    progress_end
}
