#!/usr/bin/env bash
# ci/sarif writes what it reads, finding by finding, and what a code-scanning service asks for.
# shellcheck disable=SC2016 # jq's variables
set -u -o pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 1

# holds FILE CONDITION: the condition of jq is true of the file.
holds()
{
    jq -e "$2" "$1" > /dev/null || fail "$1: not so: $2"
}

# Each result has a rule, a text, a file of this repository and a line in it.
well_formed()
{
    local file line
    holds "$1" '.version == "2.1.0" and (.runs | length) == 1 and (.runs[0].tool.driver.name | length) > 0'
    holds "$1" '.runs[0] | .tool.driver.rules as $rules | all(.results[]; .ruleId as $id |
        (.message.text | length) > 0 and ($rules | any(.id == $id)))'
    while IFS=$'\t' read -r file line; do
        [[ -n $(sed -n "${line}p" "$file") ]] || fail "$1: there is no line $line in $file"
    done < <(jq -r '.runs[0].results[].locations[0].physicalLocation |
        [.artifactLocation.uri, .region.startLine] | @tsv' "$1")
}

cat > "$scratch/triage.json" << 'TEXT'
{"passed": 1, "trouble": 0, "groups": [
{"failure": "H5, counter differs", "inputs": 3, "name": "H5-abc", "rule": "H5", "evidence": "at c0400000: \"1\""},
{"failure": "S5, word changed", "inputs": 1, "name": "S5-def", "rule": "S5", "evidence": "two"}]}
TEXT
ci/sarif triage "$scratch/triage.json" > "$scratch/violations" || fail "triage"
well_formed "$scratch/violations"
holds "$scratch/violations" '[.runs[0].results[].ruleId] == ["H5", "S5"]'
holds "$scratch/violations" '.runs[0].results[0].message.text | contains("c0400000: \"1\"")'
holds "$scratch/violations" '[.runs[0].results[].partialFingerprints[]] == ["H5-abc", "S5-def"]'
line=$(jq '.runs[0].results[0].locations[0].physicalLocation.region.startLine' "$scratch/violations")
sed -n "${line}p" invariants/rules.h | grep -q 'X(H5,' || fail "line $line of rules.h is not H5's"

cat > "$scratch/lines" << TEXT
$PWD/heap/kmalloc.c:12:3: warning: it leaks [bugprone-leak]
heap/kfree.c:4:1: error: it is "null" [nullPointer]
heap/kfree.c:5:1: note: see here [nullPointer]
check-analysis: 2 files, no findings
TEXT
ci/sarif analysis < "$scratch/lines" > "$scratch/findings" || fail "analysis"
well_formed "$scratch/findings"
holds "$scratch/findings" '[.runs[0].results[].level] == ["warning", "error"]'
holds "$scratch/findings" '.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri == "heap/kmalloc.c"'
ci/sarif analysis < /dev/null > "$scratch/none" || fail "no findings"
holds "$scratch/none" '.runs[0].results == []'

# status EXPECTED ARGUMENT...
status()
{
    local expected=$1 found
    shift
    ci/sarif "$@" > "$scratch/out" 2>&1 < /dev/null
    found=$?
    [[ $found == "$expected" ]] || fail "ci/sarif $*: status $found (expected $expected)"
}
status 2
status 2 what
status 2 triage
status 2 analysis more
status 3 triage "$scratch/nothing"
status 3 triage "$scratch/lines"
status 0 --help

test_end 'all as expected'
