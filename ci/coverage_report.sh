#!/usr/bin/env bash
# What was measured, for people and as JSON. To be sourced by ci/coverage.
# shellcheck disable=SC2154 # its variables

# report_files < JUDGED: a row of shares for each file.
report_files()
{
    awk -F '\t' '
        # Rounded down: 100.0 is all of it.
        function share(file, source, figure,    n) {
            n = total[file, figure]
            if (n == 0) return "-"
            return sprintf("%.1f", int(1000 * reached[file, source, figure] / n) / 10)
        }
        function row(file,    i, j) {
            printf "  %-20s", file
            for (i = 1; i <= 3; i++) {
                printf " |"
                for (j = 1; j <= 3; j++) printf " %8s", share(file, i, figures[j])
            }
            printf "\n"
        }
        BEGIN {
            split("lines branches mcdc", figures, " ")
            of["runs"] = "lines"; of["true"] = of["false"] = "branches"; of["decides"] = "mcdc"
        }
        $10 { accepted[of[$4]]++; next }
        {
            if (!($1 in known)) { known[$1] = 1; name[count++] = $1 }
            total[$1, of[$4]]++
            total["all", of[$4]]++
            for (i = 1; i <= 3; i++) {
                reached[$1, i, of[$4]] += $(5 + i)
                reached["all", i, of[$4]] += $(5 + i)
            }
        }
        END {
            printf "  %-20s | %-26s | %-26s | %-26s\n", "reached, percent", "corpus", "unit tests",
                "union"
            printf "  %-20s", ""
            for (i = 0; i < 3; i++) printf " | %8s %8s %8s", "lines", "branches", "MC/DC"
            printf "\n"
            for (i = 0; i < count; i++) row(name[i])
            row("all")
            printf "  all: %d lines, %d branches, %d conditions in decisions;",
                total["all", "lines"], total["all", "branches"], total["all", "mcdc"]
            printf " beside these accepted: %d, %d, %d\n", accepted["lines"], accepted["branches"],
                accepted["mcdc"]
        }'
}

# report_missed SOURCE < JUDGED: what the source does not reach, but for what is accepted.
report_missed()
{
    awk -F '\t' -v source="$1" '
        BEGIN {
            column = source == "corpus" ? 6 : source == "tests" ? 7 : 8
            says["runs"] = "never runs"; says["true"] = "never true"
            says["false"] = "never false"; says["decides"] = "never decides"
        }
        !$10 && !$column {
            if (count++ == 0) printf "  missed by %s:\n", source
            printf "    %s:%d: %s: %s: %s\n", $1, $2, $5, says[$4], $9
        }
        END { if (count == 0) printf "  missed by %s: nothing\n", source }'
}

# report_json FIGURES JUDGED FILE: the whole of it or nothing.
report_json()
{
    local part=$3.part.$$
    # shellcheck disable=SC2016 # jq's variables
    jq -n --rawfile figures "$1" --rawfile judged "$2" '
        {
            figures: (reduce ($figures | split("\n")[] | split(" ") | select(length == 4)) as $f
                ({}; .[$f[0]][$f[1]] = {reached: ($f[2] | tonumber), total: ($f[3] | tonumber)})),
            missed: [
                $judged | split("\n")[] | split("\t") | select(length == 10) |
                select(.[5:8] | index("0")) | {
                    file: .[0], line: (.[1] | tonumber), column: (.[2] | tonumber),
                    never: .[3], function: .[4], text: .[8], accepted: (.[9] == "1"),
                    by: [["corpus", .[5]], ["tests", .[6]], ["union", .[7]] |
                        select(.[1] == "0")[0]]
                }
            ]
        }' > "$part" 2> /dev/null && mv -f -- "$part" "$3" 2> /dev/null && return 0
    rm -f -- "$part"
    return 1
}
