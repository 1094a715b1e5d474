#!/usr/bin/env bash
# What was measured, as tables and as JSON, and what to think of it. To be sourced by ci/bugbench.
# shellcheck disable=SC2154 # its variables

# Every run of this selection in a line: bug, group, rules, method, seed, rule found (or `-'),
# executions, milliseconds, limit, evidence.
collect_runs()
{
    local name method seed
    runs=$bench/runs.tsv
    for name in "${bugs[@]}"; do
        local group rules
        group=$(bug_field "$name" Group)
        rules=$(bug_rules "$name")
        for method in "${methods[@]}"; do
            for ((seed = 1; seed <= $(seeds_of "$method"); seed++)); do
                printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$group" "$rules" "$method" "$seed" \
                    "$(cut -f 2- -- "$(result_file "$name" "$method" "$seed")")"
            done
        done
    done > "$runs"
}

# What all programs in awk below share: the lists, reading, sorting, numbers.
# shellcheck disable=SC2016 # the variables are awk's
readonly table_functions='
    function sorted(values, n,    i, j, v) {
        for (i = 2; i <= n; i++) {
            v = values[i]
            for (j = i - 1; j >= 1 && values[j] > v; j--) values[j + 1] = values[j]
            values[j + 1] = v
        }
    }
    function median(values, n) {
        sorted(values, n)
        return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
    }
    # Seconds of milliseconds.
    function seconds(ms) { return sprintf(ms < 9950 ? "%.1f" : "%.0f", ms / 1000) }
    function is_found(rule) { return rule != "-" && rule != "failed" }
    function is_expected(rules, rule) { return index(" " rules " ", " " rule " ") > 0 }
    BEGIN {
        FS = "\t"
        method_count = split(methods, method_names, " ")
        group_count = split(groups " all", group_names, " ")
    }'

# summarise FORM: for each group and method the bugs found, the seconds to exposure, the share of
# findings by a rule that the bug names. FORM is text or markdown.
summarise()
{
    # shellcheck disable=SC2016 # the variables are awk's
    awk -v methods="${methods[*]}" -v groups="${bug_groups[*]}" -v form="$1" "$table_functions"'
    function note(group) {
        if (!((group, $1) in known)) { known[group, $1] = 1; bugs[group]++ }
        if (!is_found($6)) return
        if (!((group, $4, $1) in hit)) { hit[group, $4, $1] = 1; found[group, $4]++ }
        ms[group, $4, ++count[group, $4]] = $8
        expected[group, $4] += is_expected($3, $6)
    }
    { note($2); note("all") }
    function cell(group, method,    n, i, values, text) {
        n = count[group, method]
        text = sprintf("%d of %d", found[group, method], bugs[group])
        if (n == 0) return text (form == "text" ? "" : " | | ")
        for (i = 1; i <= n; i++) values[i] = ms[group, method, i]
        if (form == "markdown")
            return text " | " seconds(median(values, n)) " | " seconds(values[n])
        return sprintf("%-11s median %5s s, worst %5s s, rule as named %3.0f %%", text,
            seconds(median(values, n)), seconds(values[n]), 100 * expected[group, method] / n)
    }
    END {
        if (form == "markdown") {
            line = "| group | bugs |"; rule = "| --- | ---: |"
            for (m = 1; m <= method_count; m++) {
                line = line " " method_names[m] " | median s | worst s |"
                rule = rule " ---: | ---: | ---: |"
            }
            print line; print rule
        }
        for (g = 1; g <= group_count; g++) {
            group = group_names[g]
            if (bugs[group] == 0) continue
            if (form == "text") {
                for (m = 1; m <= method_count; m++)
                    printf "  %-10s %-10s %s\n", m == 1 ? group : "", method_names[m], cell(group, method_names[m])
                continue
            }
            line = "| " group " | " bugs[group] " |"
            for (m = 1; m <= method_count; m++) line = line " " cell(group, method_names[m]) " |"
            print line
        }
    }' "$runs"
}

print_table()
{
    summarise text
}

# One row for each bug: what it is, the rules that may catch it, and for each method what caught it
# and the median time.
list_bugs()
{
    local name model
    for name in "${bugs[@]}"; do
        model=$(bug_field "$name" Model)
        [[ -z $model ]] || model=" (after [$model](https://github.com/${model/\#//issues/}))"
        printf '%s\t%s%s\n' "$name" "$(bug_field "$name" Story)" "$model"
    done > "$bench/stories.tsv"
    # shellcheck disable=SC2016 # the variables are awk's
    awk -v methods="${methods[*]}" -v groups="${bug_groups[*]}" "$table_functions"'
    NR == FNR { story[$1] = $2; next }
    {
        if (!($1 in rules)) { rules[$1] = $3; order[++bug_count] = $1 }
        runs[$1, $4]++
        if (!is_found($6)) next
        n = ++count[$1, $4]
        ms[$1, $4, n] = $8
        if (index(" " caught[$1, $4] " ", " " $6 " ") == 0)
            caught[$1, $4] = caught[$1, $4] (n > 1 ? " " : "") $6
    }
    function cell(bug, method,    n, i, values, text) {
        n = count[bug, method]
        if (n == 0) return "missed"
        for (i = 1; i <= n; i++) values[i] = ms[bug, method, i]
        text = caught[bug, method] (method == "corpus" ? "" : ", " seconds(median(values, n)) " s")
        return text (n < runs[bug, method] ? ", " n " of " runs[bug, method] " runs" : "")
    }
    END {
        line = "| bug | what is wrong | rules |"; rule = "| --- | --- | --- |"
        for (m = 1; m <= method_count; m++) { line = line " " method_names[m] " |"; rule = rule " --- |" }
        print line; print rule
        for (b = 1; b <= bug_count; b++) {
            line = "| " order[b] " | " story[order[b]] " | " rules[order[b]] " |"
            for (m = 1; m <= method_count; m++) line = line " " cell(order[b], method_names[m]) " |"
            print line
        }
    }' "$bench/stories.tsv" "$runs"
}

write_markdown()
{
    local file=ci/bugs/README.md
    {
        cat << TEXT
# Planted bugs

A harness is worth the bugs that it finds. Each patch here plants one into the core: a mistake that
such code is prone to, many of them after a public report. \`ci/bugbench\` builds the core with each of
them and measures what finds it; \`ci/bugbench --write-table\` wrote this page. The patch's header names
the rules that may be the first to catch it (\`invariants/rules.h\`), or \`sanitizer\`, where what it
does is no C.

- **corpus**: replay of the kept inputs and the smallest recorded load, about a second.
- **libfuzzer**: fuzz_stack with AddressSanitizer and UndefinedBehaviorSanitizer, started without any
  input. **afl**: AFL++ on the same target, without sanitizers. **explore**: all short sequences of
  operations.
- **random** and **shadow** are baselines: the same mutator without coverage to guide it, and the
  same fuzzer with no invariant checked but the model of the blocks (rules S) and the sanitizers.

Found means by at least one run of $seeds; a run of a fuzzer ends after $(duration "$limit"). Seconds
are those of a run, from the start of the program, on one core of
$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2> /dev/null | head -n 1 | sed 's/^$/an unknown processor/').

TEXT
        summarise markdown
        printf '\n## Bug by bug\n\n'
        list_bugs
    } > "$file.part" && mv -- "$file.part" "$file"
}

write_runs_json()
{
    local name group rules method seed rule executions ms limit_then detail found separator=''
    {
        printf '{"limit_seconds": %s, "seeds": %s, "runs": [' "$limit" "$seeds"
        while IFS=$'\t' read -r name group rules method seed rule executions ms limit_then detail; do
            printf '%s\n  ' "$separator"
            found=null
            [[ $rule == - || $rule == failed ]] || found=$(json_string "$rule")
            json_object bug "$(json_string "$name")" group "$(json_string "$group")" \
                expected "$(json_string "$rules")" method "$(json_string "$method")" seed "$seed" \
                found "$found" \
                executions "$executions" seconds "$(ratio "$ms" 1000 3)" limit_seconds "$limit_then" \
                evidence "$(json_string "$detail")"
            separator=,
        done < "$runs"
        printf '\n]}\n'
    } > "$1"
}

# list_runs TITLE CONDITION: the runs for which a condition in awk holds; the status says whether
# there is one.
list_runs()
{
    awk -v methods= -v groups= -v title="$1" "$table_functions"'
    '"$2"' {
        if (!shown++) print title
        printf "  %-28s %-10s run %s: %s %s (named: %s)\n", $1, $4, $5, $6, $10, $3
    }
    END { exit shown == 0 }' "$runs"
}

# The bugs that a method found in no run, one a line.
missed_by()
{
    awk -F '\t' -v method="$1" '
        $4 == method { if (!($1 in found)) { order[++n] = $1; found[$1] = 0 }; found[$1] += $6 != "-" && $6 != "failed" }
        END { for (i = 1; i <= n; i++) if (!found[order[i]]) print order[i] }' "$runs"
}

# What was missed, what was found by a rule that the bug does not name; ends the program.
# shellcheck disable=SC2016 # these are awk's fields
judge()
{
    local method missed status=0
    for method in "${methods[@]}"; do
        mapfile -t missed < <(missed_by "$method")
        ((${#missed[@]} > 0)) || continue
        printf 'missed by %s:\n' "$method"
        printf '  %s\n' "${missed[@]}"
        case $method in
            libfuzzer) status=1 ;;
            corpus) (((${#bugs[@]} - ${#missed[@]}) * 100 >= 95 * ${#bugs[@]})) || status=1 ;;
        esac
    done
    ! list_runs 'not measured:' '$6 == "failed"' || status=1
    ! list_runs 'found by a rule that the bug does not name:' \
        '$6 ~ /^[A-Z][0-9]+$/ && !is_expected($3, $6)' || status=1
    list_runs 'found by no rule, but because the program failed:' \
        '($6 == "crash" || $6 == "hang" || $6 == "sanitizer") && !is_expected($3, $6)'
    printf 'bugbench: %s\n' "$( ((status == 0)) && printf PASS || printf FAIL)"
    exit "$status"
}
