#!/usr/bin/env bash
# ci/bisect in a small repository, whose tool breaks rule H5 on any input that has a `z', between the
# commit that broke it and the one that mended it.
set -u -o pipefail
export LC_ALL=C
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "$root/ci/test_common.sh" || exit 1
export GIT_AUTHOR_NAME=author GIT_COMMITTER_NAME=author GIT_CONFIG_NOSYSTEM=1 HOME=$scratch
export GIT_AUTHOR_EMAIL=author@example.org GIT_COMMITTER_EMAIL=author@example.org

# --- the repository ---

repository=$scratch/repository
mkdir -p "$repository/ci" "$repository/fuzz"
cd "$repository" || exit 1
cp "$root"/ci/{bisect,bisect_revisions.sh,bisect_search.sh,lib.sh} ci
printf 'build/\n' > .gitignore
cat > CMakeLists.txt << 'TEXT'
cmake_minimum_required(VERSION 3.25)
project(sample C)
add_executable(kheap fuzz/kheap.c)
TEXT

# tool CONDITION: the tool, which breaks a rule where the condition on c, a byte that is in no comment,
# is true. It shows text as it is.
tool()
{
    cat > fuzz/kheap.c << TEXT
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
    int broken = 0, comment = 0, c;
    FILE *file = fopen(argv[argc - 1], "r");
    while ((c = getc(file)) != EOF) {
        comment = c == '#' || (comment && c != '\n');
        broken |= !comment && ($1);
        if (strcmp(argv[1], "show") == 0)
            putchar(c);
    }
    if (broken && strcmp(argv[1], "show") != 0)
        puts("input violation rule=H5 operation=1 operations=1");
    return broken && strcmp(argv[1], "show") != 0;
}
TEXT
}

commit()
{
    git add -A && git commit -q -m "$1" || exit 1
}

git init -q -b main .
tool "c == 'y'"
commit "first"
for number in 1 2 3; do
    echo "$number" > notes
    commit "note $number"
done
tool "c == 'y' || c == 'z'"
commit "the bug"
echo 'this is no C' >> fuzz/kheap.c
commit "it does not build"
tool "c == 'y' || c == 'z' || c == 'q'"
commit "another bug"
for number in 4 5 6; do
    echo "$number" > notes
    commit "note $number"
done
bad=$(git rev-parse HEAD)
printf '# kheap\nz\n' > "$scratch/z"
printf '# kheap\ny\n' > "$scratch/y"
printf '# kheap\na\n' > "$scratch/a"

# --- while it is broken ---

expect 0 '^broken by .*: the bug$' ci/bisect --json "$scratch/json" "$scratch/z"
jq -e '.failure == "H5" and .broken_by.subject == "the bug" and .mended_by == null' \
    "$scratch/json" > /dev/null || fail "JSON: $(cat "$scratch/json")"
# What was built is kept; what could not be built is tried again, once.
expect 0 ' 1 built$' ci/bisect "$scratch/z"
expect 0 '^broken by .*: the bug$' ci/bisect --good HEAD~8 --bad "$bad" "$scratch/z"
expect 1 'fails as far back as it can be tried' ci/bisect "$scratch/y"
expect 1 'fails at none of the revisions tried' ci/bisect "$scratch/a"
expect 1 'does not fail at --bad' ci/bisect --bad HEAD~8 "$scratch/z"
expect 1 'does not hold at --good' ci/bisect --good HEAD~1 "$scratch/z"
expect 1 'fails at none' ci/bisect --rule P1 "$scratch/z"

# --- once it is mended ---

tool "c == 'y'"
commit "the fix"
echo 7 > notes
commit "note 7"
expect 0 '^broken by .*: the bug$' ci/bisect --json "$scratch/json" "$scratch/z"
grep -q '^mended by .*: the fix$' "$scratch/out" || fail "the fix is not found: $(cat "$scratch/out")"
jq -e '.broken_by.subject == "the bug" and .mended_by.subject == "the fix"' "$scratch/json" \
    > /dev/null || fail "JSON: $(cat "$scratch/json")"
ci/bisect --json - --bad "$bad" "$scratch/z" 2> /dev/null | jq -e '.mended_by.subject == "the fix"' \
    > /dev/null || fail "JSON on the standard output"

# --- the record: a kept text gets comments, and is otherwise as it was ---

# recorded TEXT: the comments that ci/bisect has written, without the hashes and dates.
recorded()
{
    sed -n 's/^# \(\(broken\|mended\) by\( one of\)\?\) [0-9a-f]\{7,\} [0-9-]\{10\} author: /\1 /p' "$1"
}

printf '# kheap\n# H5, wrong size; from crash-1\n# broken by design\nz\n# behind\nz\n' > "$scratch/kept.txt"
cp "$scratch/kept.txt" "$scratch/kept.before"
expect 0 '^broken by' ci/bisect --bad "$bad" "$scratch/kept.txt"
cmp "$scratch/kept.txt" "$scratch/kept.before" || fail "written to without --record"
expect 0 '^broken by' ci/bisect --record --bad "$bad" "$scratch/kept.txt"
[[ $(recorded "$scratch/kept.txt") == $'broken by the bug\nmended by the fix' ]] ||
    fail "the record: $(cat "$scratch/kept.txt")"
[[ $(sed -n '4,5s/ by .*//p' "$scratch/kept.txt") == $'# broken\n# mended' ]] || fail "it stands elsewhere"
grep -v ' author: ' "$scratch/kept.txt" | cmp - "$scratch/kept.before" || fail "the rest of the text is another"
cp "$scratch/kept.txt" "$scratch/kept.before"
expect 0 '^broken by' ci/bisect --record --json "$scratch/json" "$scratch/kept.txt"
cmp "$scratch/kept.txt" "$scratch/kept.before" || fail "the same record again is another"
expect 1 'fails as far back' ci/bisect --record "$scratch/y"
[[ $(cat "$scratch/y") == $'# kheap\ny' ]] || fail "a record of what nobody can tell: $(cat "$scratch/y")"
printf 'bytes' > "$scratch/bytes"
expect 2 '--record takes a text; build/bin/kheap keep' ci/bisect --record "$scratch/bytes"
printf '# kheap\nz\n' > "$scratch/place.txt"
mkdir "$scratch/locked" && ln "$scratch/place.txt" "$scratch/locked/" && chmod a-w "$scratch/locked"
if [[ ! -w $scratch/locked ]]; then
    expect 3 'cannot be written' ci/bisect --record "$scratch/locked/place.txt"
fi

# --- a commit that cannot be built hides which it was ---

echo 'this is no C' >> fuzz/kheap.c
commit "does not build, nor does its fix"
tool "c == 'y' || c == 'w'"
commit "third bug"
printf '# kheap\nw\n' > "$scratch/w"
expect 1 '^broken by one of .*: third bug$' ci/bisect "$scratch/w"
grep -q 'does not build, nor' "$scratch/out" || fail "the other candidate is missing"
expect 1 '^broken by one of ' ci/bisect --record "$scratch/w"
[[ $(recorded "$scratch/w" | sort) == $'broken by one of does not build, nor does its fix\nbroken by one of third bug' ]] ||
    fail "the record of two: $(cat "$scratch/w")"

# --- what cannot be ---

expect 2 'names no input' ci/bisect
expect 2 'unknown option' ci/bisect --what "$scratch/z"
expect 2 'one input' ci/bisect "$scratch/z" "$scratch/y"
expect 3 'no file that can be read' ci/bisect "$scratch/nothing"
expect 3 'there is no revision nowhere' ci/bisect --bad nowhere "$scratch/z"
expect 3 'there is no directory' ci/bisect --json "$scratch/no/such/place" "$scratch/z"
expect 0 'usage: ci/bisect' ci/bisect --help
[[ -z $(git status --porcelain) ]] || fail "the work tree is not as it was: $(git status --porcelain)"

test_end 'all as expected'
