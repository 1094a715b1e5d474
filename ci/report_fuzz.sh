#!/usr/bin/env bash
# What ci/fuzz has come to over all its runs, as JSON: its history, its state, its crashes by kind.
# ci/FUZZING.md tells what the fields mean. To be sourced by ci/report.
# shellcheck disable=SC2154 # its variables

# More kinds of crashes than somebody reads.
readonly fuzz_groups_max=100

# The history as lines of numbers behind an engine's name: seconds of fuzzing, executions, edges,
# features, inputs. Both go on over all runs, without the time between them. The last line is of all:
# runs, seconds, executions, crashes, groups of them, and the lines that could not be read, as the one
# that a killed run has not ended.
fuzz_lines()
{
    awk '
        function after(name) {
            if (!match($0, "\"" name "\": [0-9]+")) return 0
            return substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 4) + 0
        }
        function start_run(run, time) {
            runs++
            this_run = run
            from = time - seconds
            for (engine in now) {
                before[engine] += now[engine]
                now[engine] = 0
            }
        }
        !/^\{"time": [0-9]+, "run": [0-9]+, "engine": "(libfuzzer|afl)", .*\}$/ {
            damaged += $0 != ""
            next
        }
        {
            engine = /"engine": "afl"/ ? "afl" : "libfuzzer"
            time = after("time")
            if (after("run") != this_run) start_run(after("run"), time)
            if (time - from > seconds) seconds = time - from
            if (after("executions") > now[engine]) now[engine] = after("executions")
            printf "%s %.0f %.0f %d %d %d\n", engine, seconds, before[engine] + now[engine],
                after("edges"), after("features"), after("corpus_files")
            crashes = after("crashes")
            groups = after("crash_groups")
        }
        END {
            for (engine in now) executions += before[engine] + now[engine]
            printf "all %d %.0f %.0f %d %d %d\n", runs, seconds, executions, crashes, groups, damaged
        }' "$fuzz/history.jsonl"
}

# fuzz_points ENGINE
fuzz_points()
{
    sed -n "s/^$1 //p" "$parts/fuzz.lines" | thin 1 | as_points
}

# The state, whose values are numbers or words; null if there is none. A run that was killed could not
# write that it ended.
read_fuzz_state()
{
    local there=false
    [[ -r $fuzz/state ]] || {
        printf 'null\n'
        return
    }
    ! lock_is_held "$fuzz/lock" || there=true
    jq -c -n -R --argjson there "$there" '
        [inputs | capture("^(?<key>[^ ]+) (?<value>.*)$") | {key, value: (.value | tonumber? // .)}] |
        from_entries |
        if .result == "running" and ($there | not) then .result = "killed" else . end' "$fuzz/state"
}

# The groups of crashes: those of the whole stack, each with its page, and those of the parts.
read_fuzz_crashes()
{
    local pages
    read_json_file "$fuzz/triaged/triage.json" | jq -c --argjson most "$fuzz_groups_max" '
        [.groups[]? | select(type == "object") |
            {rule, failure, inputs, first_seen, operations, name: (.name // "" | sub(".*/"; ""))}] |
        .[:$most]' > "$parts/fuzz.groups" 2> /dev/null || printf '[]\n' > "$parts/fuzz.groups"
    pages=$(jq -r --arg place "$fuzz/triaged" '.[] | "\($place)/\(.name).txt"' "$parts/fuzz.groups" |
        explain_listed fuzzing)
    { cat -- "$fuzz/triaged/parts.txt" 2> /dev/null || :; } |
        jq -c -n -R --argjson pages "$pages" --argjson most "$fuzz_groups_max" \
            --slurpfile groups "$parts/fuzz.groups" '
            ($groups[0] | to_entries | map(.value + {page: $pages[.key]})) +
            [inputs | capture("^(?<part>[a-z]+)-(?<name>[^ ]+) +(?<inputs>[0-9]+) inputs, of [0-9]+ bytes " +
                "at least, shrunk to (?<bytes>[0-9]+): (?<failure>.*)$")] | .[:$most]'
}

# All of it; null where nothing was fuzzed.
read_fuzz()
{
    [[ -r $fuzz/history.jsonl ]] || {
        printf 'null\n'
        explain_listed fuzzing < /dev/null > /dev/null
        return
    }
    fuzz_lines > "$parts/fuzz.lines"
    read_fuzz_state > "$parts/fuzz.state"
    read_fuzz_crashes > "$parts/fuzz.crashes"
    fuzz_points libfuzzer > "$parts/fuzz.libfuzzer"
    fuzz_points afl > "$parts/fuzz.afl"
    sed -n 's/^all //p' "$parts/fuzz.lines" | jq -c -R --slurpfile state "$parts/fuzz.state" \
        --slurpfile crashes "$parts/fuzz.crashes" --slurpfile libfuzzer "$parts/fuzz.libfuzzer" \
        --slurpfile afl "$parts/fuzz.afl" '
        split(" ") | map(tonumber) | {
            runs: .[0], seconds: .[1], executions: .[2], crash_count: .[3], group_count: .[4],
            damaged: .[5], state: $state[0], crashes: $crashes[0], libfuzzer: $libfuzzer[0], afl: $afl[0]
        }'
}
