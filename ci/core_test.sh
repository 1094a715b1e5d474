#!/usr/bin/env bash
# A repository that uses this heap: the step that .github/actions/check-core runs for it fails on the
# commit that breaks its copy, naming the rule and the smallest input, and passes on its fix.
# usage: ci/core_test.sh [BUG]
set -u -o pipefail
export LC_ALL=C
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P) || exit 1
bug=${1:-refusal-no-rollback}
cd -- "$root" || exit 1
# shellcheck source-path=SCRIPTDIR source=bugbench_bugs.sh
source ci/bugbench_bugs.sh || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 1
export GIT_AUTHOR_NAME=author GIT_COMMITTER_NAME=author GIT_CONFIG_NOSYSTEM=1 HOME=$scratch
export GIT_AUTHOR_EMAIL=author@example.org GIT_COMMITTER_EMAIL=author@example.org

# --- the sample: its heap is a copy; the first commit breaks it, the second mends it ---

sample=$scratch/sample
mkdir -p "$sample/vendor" && cd "$sample" && git init -q -b main . || exit 1
cp -r "$root/heap" "$root/mmu_x86" vendor || exit 1
patch -s -p1 -F0 -d vendor < "$root/ci/bugs/$bug.patch" || exit 1
git add -A && git commit -q -m "a change of the heap" || exit 1
patch -s -p1 -F0 -R -d vendor < "$root/ci/bugs/$bug.patch" || exit 1
git add -A && git commit -q -m "its fix" || exit 1

# The command of the action's step, with the environment that the service would give it.
export GITHUB_ACTION_PATH=$root/.github/actions/check-core CORE=vendor FUZZ_SECONDS=1
# shellcheck disable=SC2016 # the step's variables
step=$(sed -n 's/^ *\("$GITHUB_ACTION_PATH.*ci\/check-core".*\)$/\1/p' "$GITHUB_ACTION_PATH/action.yml")
[[ -n $step ]] || fail "the action has no step that runs ci/check-core"

# run_at COMMIT: its output is left in $scratch/out.
run_at()
{
    git checkout -q "$1" || exit 1
    bash -e -o pipefail -c "$step" > "$scratch/out" 2>&1
}

run_at HEAD~1
status=$?
[[ $status == 1 ]] || fail "the commit with $bug: status $status: $(tail -n 3 "$scratch/out")"
rules=$(cd "$root" && bug_rules "$bug")
rule=$(sed -n 's/^::error title=rule \([A-Z0-9]*\) is broken::# kheap.*/\1/p' "$scratch/out" | head -n 1)
[[ -n $rule && " $rules " == *" $rule "* ]] || fail "names the rule ${rule:-none}, not one of: $rules"
reproducer=$(find kheap-crashes -name "$rule-*.txt" | head -n 1)
[[ -s $reproducer ]] || fail "leaves no reproducer"
"$root/build/check-core/build/bin/kheap" replay "$reproducer" > "$scratch/replay" 2>&1
grep -q "rule=$rule" "$scratch/replay" ||
    fail "$reproducer does not break $rule"
grep -q "\"ruleId\": \"$rule\"" kheap-crashes/violations.sarif || fail "SARIF does not have $rule"

run_at main
status=$?
[[ $status == 0 ]] || fail "its fix: status $status: $(tail -n 3 "$scratch/out")"
grep -q '^check-core: PASS$' "$scratch/out" || fail "its fix: no word of it: $(tail -n 3 "$scratch/out")"
[[ -z $(find kheap-crashes -type f) ]] || fail "what failed before is still there"

# status EXPECTED TEXT ARGUMENT...
status()
{
    local expected=$1 text=$2 found
    shift 2
    "$root/ci/check-core" "$@" > "$scratch/out" 2>&1
    found=$?
    if [[ $found != "$expected" ]] || ! grep -q -- "$text" "$scratch/out"; then
        fail "ci/check-core $*: status $found (expected $expected), expected the text: $text"
    fi
}
status 2 'names no core'
status 2 'takes a number' --seconds soon vendor
status 2 'unknown option' --what vendor
status 3 'no heap/kmalloc.c' "$scratch"
status 0 'usage: ci/check-core' --help
echo 'this is no C' >> vendor/heap/kfree.c
status 3 'does not build' --seconds 0 vendor

test_end "$bug fails by $rule, and its fix passes"
