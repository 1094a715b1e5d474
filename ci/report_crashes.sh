#!/usr/bin/env bash
# Pages that explain crashes; the crashes of a run; what is kept of crashes. To be sourced by ci/report.
# shellcheck disable=SC2154 # its variables

# Each page takes up to some seconds to make, and they repeat each other.
readonly explained_max=20

# explain_one FILE DIRECTORY: the page's name, in this directory of the output, as JSON; null if there is
# none. Only what runs on the whole stack can be explained: crashes of other targets lie in directories
# of their own.
explain_one()
{
    local page=$2/${1##*/}.html status=0
    if [[ $1 == build/crashes/*/* || ! -r $1 || ! -x $tool ]]; then
        printf 'null'
        return
    fi
    if [[ ! $output/$page -nt $1 || ! $output/$page -nt $tool ]]; then
        timeout 60 "$tool" explain --output "$output/$page" "$1" > /dev/null 2>&1 < /dev/null 9>&-
        status=$?
    fi
    # 1: explained, and a rule is broken.
    ((status <= 1)) && json_string "$page" || printf 'null'
}

# explain_listed DIRECTORY: the pages of the files that it reads the names of, a line each, as an array;
# pages of other files are removed from the directory.
explain_listed()
{
    local file page pages=()
    local -A listed=()
    mkdir -p -- "$output/$1" 2> /dev/null
    while IFS= read -r file; do
        ((${#pages[@]} < explained_max)) || break
        pages+=("$(explain_one "$file" "$1")")
        listed[${file##*/}.html]=1
    done
    for page in "$output/$1"/*.html; do
        [[ -n ${listed[${page##*/}]:-} ]] || rm -f -- "$page"
    done
    rmdir -- "$output/$1" 2> /dev/null
    json_array ${pages[@]+"${pages[@]}"}
}

# The crashes that the summary lists, each with its page.
explain_crashes()
{
    local pages
    pages=$(jq -r '.crashes[]?.file? // empty' "$parts/run" | explain_listed crashes)
    jq -c --argjson pages "$pages" '
        [.crashes[]?] | to_entries | map(.value + {page: $pages[.key]})' "$parts/run"
}

# The texts that are kept of crashes: what each says of itself, and which commits ci/bisect has found to
# have broken and mended it.
read_kept()
{
    local file
    find "${kept[@]}" -maxdepth 1 -name '*.txt' -readable 2> /dev/null | sort | while IFS= read -r file; do
        sed -n '/^#/!q; s/^# \?//p' "$file" | jq -c -R -n --arg path "${file#"$root/"}" '
            def commits(word): map(capture("^" + word + " by (one of )?(?<commit>[0-9a-f]+ [0-9-]{10} .*)").commit);
            [inputs] | {
                path: $path, broken_by: commits("broken"), mended_by: commits("mended"),
                why: (.[1:] | map(select(test("^(broken|mended) by (one of )?[0-9a-f]+ [0-9-]{10} ") | not))
                    | join(" ") | sub("; from .*"; ""))
            }'
    done | jq -c -s .
}
