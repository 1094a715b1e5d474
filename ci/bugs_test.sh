#!/usr/bin/env bash
# Every planted bug has a complete header, applies to the tree as it is, touches the core alone, and
# compiles without a warning; and there are as many of each kind as the table promises.
# usage: ci/bugs_test.sh
set -u -o pipefail
export LC_ALL=C

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd) || exit 3
cd -- "$root" || exit 3
# shellcheck source-path=SCRIPTDIR source=bugbench_bugs.sh
source ci/bugbench_bugs.sh || exit 3

# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 3
needs patch clang
tree=$scratch/tree
mkdir "$tree" && cp -r heap mmu_x86 "$tree" || exit 3

rules=" $(rule_ids | tr '\n' ' ')"
core=" $(core_files | tr '\n' ' ')"

# Each field once, and none that has no meaning; Model may be missing.
check_header()
{
    local name=$1 field count rule group
    for field in Story Group Rule Model; do
        count=$(sed '/^$/q' "ci/bugs/$name.patch" | grep -c "^$field: .")
        ((count == 1)) || [[ $field == Model && $count == 0 ]] || fail "$name: $count times $field:"
    done
    ! sed '/^$/q' "ci/bugs/$name.patch" | grep -v -E '^(Story: .*\.|Group: .*|Rule: .*|Model: .*|)$' ||
        fail "$name: the header has a line that is no field"
    for rule in $(bug_rules "$name"); do
        [[ $rule == sanitizer || $rules == *" $rule "* ]] || fail "$name: there is no rule $rule"
    done
    group=$(bug_field "$name" Group)
    [[ " ${bug_groups[*]} " == *" $group "* ]] || fail "$name: there is no group $group"
    [[ -z $(bug_field "$name" Model) || $(bug_field "$name" Model) =~ ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+#[0-9]+$ ]] ||
        fail "$name: Model: takes owner/repository#number"
}

# Leaves the tree as it was.
check_diff()
{
    local name=$1 file files sources
    mapfile -t files < <(bug_files "$name")
    for file in "${files[@]}"; do
        if [[ $core != *" $file "* ]]; then
            fail "$name: $file is not in the core"
            return
        fi
    done
    if ! patch -s -p1 -F0 -d "$tree" < "ci/bugs/$name.patch" > "$scratch/log" 2>&1; then
        fail "$name: does not apply"
        cat "$scratch/log"
    else
        mapfile -t sources < <(bug_sources "$name")
        (cd "$tree" && clang -std=c11 -fsyntax-only -Wall -Wextra -Wconversion -Wshadow -Wundef \
            -Wmissing-prototypes -Wstrict-prototypes -Werror -I. -Immu_x86/emulator \
            "${sources[@]}") > "$scratch/log" 2>&1 || {
            fail "$name: does not compile"
            head -n 5 "$scratch/log"
        }
    fi
    for file in "${files[@]}"; do
        cp "$file" "$tree/$file"
        rm -f "$tree/$file".rej "$tree/$file".orig
    done
}

declare -A count=() seen=()
for group in "${bug_groups[@]}"; do
    count[$group]=0
done
mapfile -t names < <(bug_names '*')
for name in "${names[@]}"; do
    [[ $name =~ ^[a-z0-9]+(-[a-z0-9]+)*$ ]] || fail "$name: not a name of lower-case words"
    check_header "$name"
    check_diff "$name"
    diff=$(sed -n '/^--- /,$p' "ci/bugs/$name.patch" | cksum)
    [[ -z ${seen[$diff]:-} ]] || fail "$name: the same as ${seen[$diff]}"
    seen[$diff]=$name
    group=$(bug_field "$name" Group)
    [[ -z ${count[$group]:-} ]] || count[$group]=$((count[$group] + 1))
done

# at_least NUMBER COUNT WHAT
at_least()
{
    (($2 >= $1)) || fail "only $2 bugs of $3, at least $1 wanted"
}
at_least 80 "${#names[@]}" "all groups"
at_least 40 "${count[heap]}" "the heap"
at_least 10 "${count[growth]}" "growth and reclaim"
at_least 25 $((count[paging] + count[frames])) "paging and frames"
at_least 5 $((count[refusal] + count[interrupt])) "refusal and interrupts"

test_end "${#names[@]} bugs apply and compile"
