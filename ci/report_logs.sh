#!/usr/bin/env bash
# What a run left behind, as JSON: its summary, and what the engines and the kernel wrote. A log
# that is missing, empty or cut off gives less, never an error. To be sourced by ci/report.
# shellcheck disable=SC2154 # its variables

# A curve needs no more points than a chart has pixels.
readonly points_max=240

# read_json_file FILE: its one value, null if it is not there or damaged.
read_json_file()
{
    if [[ ! -r $1 ]] || ! jq -c -s -e 'if length == 1 then .[0] else error("") end' "$1" \
        2> /dev/null; then
        printf 'null\n'
    fi
}

# The summary, if it is one: an object with a result.
read_summary()
{
    read_json_file "$run/summary.json" |
        jq -c 'if type == "object" and (.result | type) == "string" then . else null end'
}

# thin COLUMN: of lines of numbers, keeps the last one in each of so many equal stretches of a
# column that does not fall, and the first.
thin()
{
    awk -v column="$1" -v most="$points_max" '
        { line[NR] = $0; at[NR] = $column }
        END {
            step = NR ? (at[NR] - at[1]) / most : 0
            for (i = 1; i <= NR; i++)
                if (i == 1 || i == NR || step == 0 ||
                    int((at[i + 1] - at[1]) / step) > int((at[i] - at[1]) / step))
                    print line[i]
        }'
}

# as_points: lines of numbers as a JSON array of arrays.
as_points()
{
    jq -c -n -R '[inputs | split(" ") | map(tonumber)]'
}

# libfuzzer_points LOG: seconds, executions, edges, features and inputs kept, of each line that
# libFuzzer wrote when something changed or the count of executions doubled, from where it had read
# the corpus. It says how many executions a second there were since its start, which gives the
# seconds; in the first second it says none.
libfuzzer_points()
{
    tr -d '\r' < "$1" | awk '
        function after(name,    i) {
            for (i = 2; i < NF; i++) if ($i == name) return $(i + 1)
            return ""
        }
        /^#[0-9]+[ \t]+INITED / { started = 1 }
        started && /^#[0-9]+[ \t]+(INITED|NEW|REDUCE|RELOAD|pulse|DONE) / {
            count = substr($1, 2) + 0
            rate = after("exec/s:")
            split(after("corp:"), kept, "/")
            if (after("ft:") !~ /^[0-9]+$/ || kept[1] !~ /^[0-9]+$/ || rate !~ /^[0-9]+$/) next
            seconds = rate > 0 ? count / rate : 0
            if (seconds < last) seconds = last
            last = seconds
            printf "%.1f %d %d %d %d\n", seconds, count, after("cov:"), after("ft:"), kept[1]
        }' | thin 1 | as_points
}

# afl_points PLOT: seconds, executions, edges, inputs kept and executions a second, from plot_data,
# whose first line names the columns.
afl_points()
{
    awk -F ', *' '
        /^#/ { sub(/^# */, ""); for (i = 1; i <= NF; i++) column[$i] = i; names = NF; next }
        !("total_execs" in column && "edges_found" in column) || NF != names { next }
        {
            printf "%d %d %d %d %.1f\n", $column["relative_time"], $column["total_execs"],
                $column["edges_found"], $column["corpus_count"], $column["execs_per_sec"]
        }' "$1" | thin 1 | as_points
}

# afl_queue LIST: seconds, executions, inputs kept, and those of them that reached a new edge, from
# the names of AFL++'s inputs in their order. It starts with those that AFL++ was given.
afl_queue()
{
    awk '
        /^id:[0-9]+,.*,orig:/ { kept++; next }
        /^id:[0-9]+,.*time:[0-9]+,execs:[0-9]+/ {
            match($0, /time:[0-9]+/); time = substr($0, RSTART + 5, RLENGTH - 5) / 1000
            match($0, /execs:[0-9]+/); count = substr($0, RSTART + 6, RLENGTH - 6) + 0
            if (count < last) count = last
            last = count
            if (!started++ && kept > 0) print 0, count, kept, 0
            printf "%.1f %d %d %d\n", time, count, ++kept, reached += /\+cov/
        }' "$1" | thin 1 | as_points
}

# series PREFIX SUFFIX READER: an array of the logs, each with its name and its points.
series()
{
    local log name items=()
    for log in "$run/$1"*"$2"; do
        [[ -r $log ]] || continue
        name=${log##*/"$1"}
        items+=("$(json_object name "$(json_string "${name%"$2"}")" points "$("$3" "$log")")")
    done
    json_array ${items[@]+"${items[@]}"}
}

read_libfuzzer()
{
    series libfuzzer- .log libfuzzer_points
}

read_afl()
{
    series afl- .plot afl_points
}

read_afl_queues()
{
    series afl- .queue afl_queue
}

# Verdict lines of the kernel: how many of each kind, how many the host gave, and those of the
# traces.
read_boot()
{
    [[ -r $run/boot.verdicts && -r $run/boot.expected ]] || {
        printf 'null\n'
        return
    }
    jq -n -R --rawfile expected "$run/boot.expected" '
        [inputs | capture("^(?<input>.+) (?<end>ok|violation)( rule=(?<rule>[^ ]+))?" +
            "( operation=[0-9]+)? operations=(?<operations>[0-9]+) applied=[0-9]+ " +
            "digest=(?<digest>[0-9a-f]+)$")] as $lines |
        ($expected | split("\n") | map(select(length > 0))) as $wanted |
        {
            expected: ($wanted | length), given: ($lines | length),
            held: ($lines | map(select(.end == "ok")) | length),
            broken: ($lines | map(select(.end != "ok"))[0:20]),
            traces: ($lines | map(select(.input | endswith(".trace"))))
        }' "$run/boot.verdicts" 2> /dev/null || printf 'null\n'
}
