#!/usr/bin/env bash
# Which revisions are tried, and what is said of them. To be sourced by ci/bisect.
# shellcheck disable=SC2034,SC2154 # its variables

# look_back FROM WANTED: tries the commits 1, 2, 4, 8, ... before FROM, the first parents, and at
# last the first commit, until one is WANTED (holds or breaks), which is left in `looked'.
look_back()
{
    local from=$1 wanted=$2 distance=1 commit last=
    looked=
    while commit=$(git rev-parse --verify --quiet "$from~$distance"); [[ -n $commit || -z $last ]]; do
        if [[ -z $commit ]]; then
            commit=$(git rev-list --first-parent "$from" | tail -n 1)
            last=yes
        fi
        judge "$commit"
        show_judged "$commit"
        if [[ $verdict == "$wanted" ]]; then
            looked=$commit
            return
        fi
        distance=$((distance * 2))
    done
}

# Without --bad: HEAD, or where it holds there a revision before.
find_bad()
{
    bad=$(commit_of HEAD) || exit 3
    input_from_revision "$bad"
    judge "$bad"
    show_judged "$bad"
    [[ $verdict != breaks ]] || return 0
    look_back "$bad" breaks
    bad=$looked
    [[ -n $bad ]] || die "it fails at none of the revisions tried: name one where it does, --bad REV" 1
}

find_good()
{
    if [[ -z $good ]]; then
        look_back "$bad" holds
        good=$looked
        return
    fi
    good=$(commit_of "$good") || exit 3
    judge "$good"
    show_judged "$good"
    [[ $verdict == holds ]] || die "it does not hold at --good, $(short "$good"): it $verdict there" 1
}

# It was mended if it holds at HEAD, and HEAD comes after.
find_mended()
{
    local head
    head=$(git rev-parse HEAD)
    [[ $head != "$bad" ]] && git merge-base --is-ancestor "$bad" "$head" || return 0
    judge "$head"
    show_judged "$head"
    [[ $verdict == holds ]] || return 0
    bisect "$bad" "$head" breaks holds
    mended=$bisected
    undecided_mended=("${undecided[@]}")
}

# bisect OLD NEW WORD_OLD WORD_NEW: leaves in `bisected' the first commit after OLD that is WORD_NEW
# as NEW is, or, where those that cannot be told are in the way, in `undecided' all that it may be.
# git's own bisection, which knows merges, in a repository of its own that borrows the objects.
bisect()
{
    local old=$1 new=$2 word_old=$3 word_new=$4 commit command log repository=$bisect_directory/git
    local bisecting=(git -C "$repository" bisect)
    bisected=
    undecided=()
    log=$bisect_directory/bisect.log
    rm -rf -- "$repository"
    if ! { git clone --quiet --bare --shared -- "$root" "$repository" &&
        "${bisecting[@]}" start --no-checkout --term-old="$word_old" --term-new="$word_new" \
            "$new" "$old"; } > "$log" 2>&1; then
        die "git bisect does not start, see $log"
    fi
    while ! "${bisecting[@]}" log | grep -q -E '^# (first |only skipped)'; do
        commit=$(git -C "$repository" rev-parse --verify --quiet BISECT_HEAD) ||
            die "git bisect names no commit to try, see $log"
        judge "$commit"
        show_judged "$commit"
        case $verdict in
            holds | breaks) command=$verdict ;;
            *) command=skip ;;
        esac
        "${bisecting[@]}" "$command" >> "$log" 2>&1
    done
    "${bisecting[@]}" log > "$log"
    bisected=$(sed -n 's/^# first .*: \[\([0-9a-f]*\)\].*/\1/p' "$log" | tail -n 1)
    [[ -n $bisected ]] ||
        mapfile -t undecided < <(sed -n 's/^# possible first .*: \[\([0-9a-f]*\)\].*/\1/p' "$log")
    rm -rf -- "$repository"
}

# --- what it came to ---

# result_lines FORM WORD COMMIT...: a line each, WORD in the FORM of printf before it.
result_lines()
{
    local form=$1 word=$2 commit
    shift 2
    for commit in "$@"; do
        # shellcheck disable=SC2059
        printf "$form %s\n" "$word" "$(git log -1 --date=short --format='%h %ad %an: %s' "$commit")"
    done
}

# outcome FORM: which commits broke and mended it, a line each. Nothing where nobody can tell.
outcome()
{
    if [[ -n $broke ]]; then
        result_lines "$1" 'broken by' "$broke"
    else
        result_lines "$1" 'broken by one of' "${undecided_broke[@]}"
    fi
    if [[ -n $mended ]]; then
        result_lines "$1" 'mended by' "$mended"
    else
        result_lines "$1" 'mended by one of' "${undecided_mended[@]}"
    fi
}

report()
{
    printf '%s, which fails by %s at %s; %d revisions tried, %d built\n' \
        "${input_given:-$input}" "$failure" "$(short "$bad")" "$tried" "$builds"
    outcome '%-10s'
    [[ -n $good ]] || printf 'it fails as far back as it can be tried\n'
}

# Behind the comment that the text starts with, and in place of what an earlier run has written there.
write_record()
{
    local text=${input_given:-$input} lines
    lines=$(outcome '# %s')
    if ! { lines=$lines awk '
        /^# (broken|mended) by (one of )?[0-9a-f]+ [0-9]+-[0-9]+-[0-9]+ / && !behind { next }
        !/^#/ && !behind { behind = 1; if (ENVIRON["lines"] != "") print ENVIRON["lines"] }
        { print }
        END { if (!behind && ENVIRON["lines"] != "") print ENVIRON["lines"] }' "$text" > "$text.part.$$" &&
        mv -- "$text.part.$$" "$text"; }; then
        rm -f -- "$text.part.$$"
        die "$text cannot be written"
    fi
}

# json_commit COMMIT: null for none.
json_commit()
{
    if [[ -z $1 ]]; then
        printf 'null'
        return
    fi
    json_object commit "$(json_string "$1")" date "$(json_string "$(git log -1 --format=%aI "$1")")" \
        author "$(json_string "$(git log -1 --format=%an "$1")")" \
        subject "$(json_string "$(git log -1 --format=%s "$1")")"
}

# json_commits COMMIT...
json_commits()
{
    local commit items=()
    for commit in "$@"; do
        items+=("$(json_commit "$commit")")
    done
    json_array "${items[@]}"
}

report_json()
{
    local text
    text=$(json_object input "$(json_string "${input_given:-$input}")" \
        failure "$(json_string "$failure")" \
        good "$(json_commit "$good")" bad "$(json_commit "$bad")" \
        broken_by "$(json_commit "$broke")" mended_by "$(json_commit "$mended")" \
        broken_by_one_of "$(json_commits "${undecided_broke[@]}")" \
        mended_by_one_of "$(json_commits "${undecided_mended[@]}")" \
        tried "$tried" built "$builds")
    if [[ $json == - ]]; then
        printf '%s\n' "$text" >&4
    else
        if ! { printf '%s\n' "$text" > "$json.part.$$" && mv -- "$json.part.$$" "$json"; }; then
            die "$json cannot be written"
        fi
    fi
}
