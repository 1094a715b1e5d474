#!/usr/bin/env bash
# The history of runs, the data in one file, and the page. To be sourced by ci/report.
# shellcheck disable=SC2154 # its variables

# More runs than a chart can show are not read by anybody there.
readonly history_shown=400

# Adds this run to the history: its summary without the crashes, as one line. A line of the same run
# is replaced, and one that is no JSON is left as it is.
add_to_history()
{
    local line part=$history.part.$$
    line=$(jq -c 'select(type == "object" and .started != null) | del(.crashes)' "$parts/run")
    [[ -n $line ]] || return 0
    {
        [[ ! -r $history ]] || jq -r -R --argjson new "$line" '
            . as $text | (try fromjson catch null) as $old |
            select(($old | type) != "object" or $old.started != $new.started or
                $old.kind != $new.kind) | $text' "$history"
        printf '%s\n' "$line"
    } 2> /dev/null > "$part" && mv -f -- "$part" "$history" 2> /dev/null && return 0
    rm -f -- "$part"
    return 1
}

read_history()
{
    [[ -r $history ]] || {
        printf 'null\n'
        return
    }
    jq -c -n -R --argjson most "$history_shown" '
        [inputs | select(length > 0) | try fromjson catch null] |
        {
            damaged: map(select(type != "object" or .started == null)) | length,
            runs: map(select(type == "object" and .started != null)) | sort_by(.started)[-$most:]
        }' "$history"
}

# All parts as one object.
write_data()
{
    local part names=() target=$output/report.json
    for part in run libfuzzer afl queues boot costs bugs coverage mutants explore crashes \
        kept history fuzz; do
        names+=(--slurpfile "$part" "$parts/$part")
    done
    jq -c -n --arg made "$(TZ=UTC printf '%(%FT%TZ)T' -1)" "${names[@]}" '
        {
            made: $made, run: $run[0], libfuzzer: $libfuzzer[0], afl: $afl[0], queues: $queues[0],
            boot: $boot[0], costs: $costs[0], bugs: $bugs[0], coverage: $coverage[0],
            mutants: $mutants[0], explore: $explore[0], crashes: $crashes[0],
            kept: $kept[0], history: $history[0], fuzz: $fuzz[0]
        }' > "$target.part.$$" 2> "$parts/why" && mv -f -- "$target.part.$$" "$target"
}

# Puts styles, scripts and data where the page has a line that names them. In the data no element
# can end, for a `<' is written otherwise there.
write_page()
{
    local line target=$output/index.html sources=ci/report_page
    local scripts=("$sources"/{axes,tables,charts,sections,fuzzing,figures,history,selftest,page}.js)
    {
        while IFS= read -r line; do
            case $line in
                @styles@) cat -- "$sources/page.css" ;;
                @scripts@) cat -- fuzz/explain/page/draw.js "${scripts[@]}" ;;
                @data@) sed 's/</\\u003c/g' "$output/report.json" ;;
                *) printf '%s\n' "$line" ;;
            esac || return
        done < "$sources/page.html"
    } > "$target.part.$$" 2> "$parts/why" && mv -f -- "$target.part.$$" "$target"
}
