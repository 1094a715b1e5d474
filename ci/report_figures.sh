#!/usr/bin/env bash
# Figures that do not come from the run itself, as JSON: what each operation costs, planted bugs,
# coverage of the core's source. What is not there is null. To be sourced by ci/report.
# shellcheck disable=SC2154 # its variables

# When a file was last written, as JSON.
written_at()
{
    local seconds
    seconds=$(stat -c %Y -- "$1" 2> /dev/null) || {
        printf 'null'
        return
    }
    TZ=UTC printf '"%(%FT%TZ)T"' "$seconds"
}

# When a file that is kept with the sources was last committed, as JSON; null where nobody can tell.
committed_at()
{
    local date
    date=$(git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd -- "$1" 2> /dev/null)
    [[ -n $date ]] && json_string "$date" || printf 'null'
}

# The dearest operation of each kind in the corpus, against what it may cost.
read_costs()
{
    local directory inputs=()
    for directory in corpus/seeds corpus/grown corpus/found; do
        ! has_files "$directory" || inputs+=("$directory")
    done
    if [[ ! -x $tool ]] || ((${#inputs[@]} == 0)); then
        printf 'null\n'
        return
    fi
    timeout 120 "$tool" replay --quiet --costs "${inputs[@]}" 2> /dev/null 9>&- |
        jq -c -n -R '
            [inputs] | {
                operations: map(
                    capture("^(?<operation>[a-z-]+) +(?<accesses>[0-9]+) +(?<bound>[0-9]+) +" +
                        "[0-9]+%  (?<where>.+)$") |
                    .accesses |= tonumber | .bound |= tonumber),
                flushes: (map(select(test("TLB flushes")))[0] // null)
            } | if .operations == [] then null else . end'
}

# The tables of the planted bugs: of the groups, and bug by bug, as ci/bugbench wrote them.
read_bugs()
{
    local page=ci/bugs/README.md
    [[ -r $page ]] || {
        printf 'null\n'
        return
    }
    jq -c -n -R --argjson written "$(TZ=UTC committed_at "$page")" '
        def table($first):
            . as $rows | (map(.[0]) | index($first)) as $start |
            if $start == null then null else
                $rows[$start] as $head | $rows[$start + 2:] |
                (map(length != ($head | length)) | index(true)) as $behind |
                {head: $head, rows: .[:$behind]}
            end;
        [inputs | if startswith("| ") then .[2:-2] | split(" | ") else [] end |
            map(gsub("\\[(?<text>[^\\]]*)\\]\\([^)]*\\)"; .text))] |
        {written: $written, groups: table("group"), bugs: table("bug")} |
        if .bugs == null or .groups == null then null else . end' "$page"
}

# What ci/coverage measured last: figures of each source, and each file.
read_coverage()
{
    local logs=build/coverage/logs
    [[ -r $logs/figures && -r $logs/judged ]] || {
        printf 'null\n'
        return
    }
    awk -F '\t' '
        BEGIN {
            of["runs"] = "lines"; of["true"] = of["false"] = "branches"; of["decides"] = "mcdc"
        }
        NF == 10 && !$10 {
            if (!($1 in known)) { known[$1] = 1; name[count++] = $1 }
            total[$1, of[$4]]++
            corpus[$1, of[$4]] += $6
            union[$1, of[$4]] += $8
        }
        END {
            split("lines branches mcdc", kinds, " ")
            for (i = 0; i < count; i++)
                for (k = 1; k <= 3; k++)
                    print name[i], kinds[k], corpus[name[i], kinds[k]] + 0,
                        union[name[i], kinds[k]] + 0, total[name[i], kinds[k]] + 0
        }' "$logs/judged" |
        jq -c -n -R --argjson written "$(written_at "$logs/figures")" \
            --rawfile figures "$logs/figures" '
            def numbers: map(tonumber? // .);
            {
                written: $written,
                figures: [$figures | split("\n")[] | split(" ") | select(length == 4) | numbers],
                files: [inputs | split(" ") | numbers]
            } | if .figures == [] then null else . end'
}
