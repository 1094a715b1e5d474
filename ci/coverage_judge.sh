#!/usr/bin/env bash
# Whether what was measured is enough: the reviewed list, the figures, the floor. To be sourced by
# ci/coverage. A point is a line as points_join (ci/coverage_measure.sh) writes it.

# The longest list that is still reviewed: a page.
readonly accepted_lines_max=50

# judge_accepted POINTS ACCEPTED: prints the points, each with a last member: 1 if it is missed by
# every source and the list accepts that, otherwise 0. Fails, and says why on standard error, if the
# list is not understood, too long, or has an entry that is reached or matches nothing.
judge_accepted()
{
    local points=$1 list=$2
    if [[ ! -r $list ]]; then
        printf '  %s cannot be read\n' "$list" >&2
        return 1
    fi
    awk -F '\t' -v list="$list" -v lines_max="$accepted_lines_max" '
        function complain(line, text) {
            printf "  %s:%d: %s\n", list, line, text > "/dev/stderr"
            bad = 1
        }
        function entry_read(line, text,    word) {
            split(text, word, /[ \t]+/)
            if (word[3] !~ /^never-(runs|true|false|decides):$/ || word[4] == "") {
                complain(line, "not an entry: " text)
                return
            }
            at[count] = line
            file[count] = word[1]
            in_function[count] = word[2]
            kind[count] = substr(word[3], 7, length(word[3]) - 7)
            sub(/^[^:]*:[ \t]*/, "", text)
            condition[count++] = text
        }
        function list_read(    line, text) {
            while ((getline text < list) > 0) {
                line++
                if (text ~ /^[ \t]*(#|$)/) continue
                if (text !~ /^[ \t]/) entry_read(line, text)
                else if (count > 0) reason[count - 1] = text
                else complain(line, "a reason without an entry")
            }
            if (line > lines_max)
                complain(line, "more than the " lines_max " lines that are still reviewed")
        }
        # A condition that is never true, or never false, cannot be seen to decide either.
        function accepts(i) {
            if (file[i] != $1 || in_function[i] != $5) return 0
            if (condition[i] != $9 && condition[i] != "*") return 0
            return kind[i] == $4 || ($4 == "decides" && kind[i] != "runs")
        }
        BEGIN { OFS = "\t"; count = 0; list_read() }
        {
            for (i = accepted = 0; i < count; i++)
                if (accepts(i)) {
                    if (kind[i] == $4) found[i] = 1
                    if (!$8) { accepted = 1; if (kind[i] == $4) used[i] = 1 }
                }
            print $0, accepted
        }
        END {
            for (i = 0; i < count; i++) {
                if (!(i in reason)) complain(at[i], "an entry without a reason")
                if (!(i in found)) complain(at[i], "stale: nothing in the source matches it")
                else if (!(i in used)) complain(at[i], "stale: it is reached")
            }
            exit bad
        }' "$points"
}

# judge_figures < JUDGED: prints a line "SOURCE FIGURE REACHED TOTAL" each, and "accepted"
# with the points that the list takes out of both numbers. Fails if there are no points.
judge_figures()
{
    awk -F '\t' '
        BEGIN {
            split("corpus tests union", source, " ")
            split("lines branches mcdc", figure, " ")
            of["runs"] = "lines"; of["true"] = of["false"] = "branches"; of["decides"] = "mcdc"
        }
        $10 { accepted++; next }
        {
            total[of[$4]]++
            for (i = 1; i <= 3; i++) reached[source[i], of[$4]] += $(5 + i)
        }
        END {
            for (i = 1; i <= 3; i++)
                for (j = 1; j <= 3; j++)
                    printf "%s %s %d %d\n", source[i], figure[j],
                        reached[source[i], figure[j]], total[figure[j]]
            printf "accepted %d\n", accepted
            exit total["lines"] == 0
        }'
}

# Prints the figures that the floor holds, in its form.
floor_figures()
{
    awk '$1 == "corpus" || $1 == "union" { print $1, $2, $3, $4 }' "$1"
}

# judge_floor FIGURES FLOOR RAISE: fails, and says what, if a figure has fallen: if more points are
# missed than the floor says, and they are a larger share. So code that is reached may go, and code
# may come that is reached as well as what was there. Fails also, unless the floor is about to be
# raised (RAISE is yes), if the floor lacks a figure. Says where less is missed.
judge_floor()
{
    local figures=$1 floor_file=$2
    if [[ ! -r $floor_file ]]; then
        printf '  %s cannot be read\n' "$floor_file"
        return 1
    fi
    floor_figures "$figures" | awk -v floor_file="$floor_file" -v raise="$3" '
        function share(reached, total) {
            return total > 0 ? int(10000 * reached / total) / 100 : 100
        }
        function say(what, name) {
            printf "  %s: %s: %d of %d, %.2f %%; floor %d of %d, %.2f %%\n", what, name, $3, $4,
                share($3, $4), reached[name], total[name], share(reached[name], total[name])
        }
        BEGIN {
            while ((getline text < floor_file) > 0) {
                if (text ~ /^[ \t]*(#|$)/) continue
                if (text !~ /^[a-z]+ [a-z]+ [0-9]+ [0-9]+$/) {
                    printf "  %s: not a figure: %s\n", floor_file, text
                    bad = 1
                    continue
                }
                split(text, word, " ")
                reached[word[1] " " word[2]] = word[3]
                total[word[1] " " word[2]] = word[4]
            }
        }
        {
            name = $1 " " $2
            if (!(name in total)) {
                if (raise == "yes") next
                printf "  %s lacks: %s\n", floor_file, name
                bad = 1
                next
            }
            more_missed = ($4 - $3) - (total[name] - reached[name])
            larger_share = $3 * total[name] - reached[name] * $4
            if (more_missed > 0 && larger_share < 0) {
                say("below the floor", name)
                bad = 1
            } else if (more_missed < 0) {
                say("the floor may be raised (--raise)", name)
            }
        }
        END { exit bad }'
}

# floor_write FIGURES FLOOR: the whole of it or nothing.
floor_write()
{
    local part=$2.part.$$
    {
        printf '# Of the lines, branches and conditions of decisions (mcdc) of the core, without\n'
        printf '# ci/coverage.accepted: how many the corpus reaches, and corpus and unit tests\n'
        printf '# together (union), of how many. ci/coverage --raise writes this file.\n'
        floor_figures "$1"
    } > "$part" 2> /dev/null && mv -f -- "$part" "$2" 2> /dev/null && return 0
    rm -f -- "$part"
    return 1
}
