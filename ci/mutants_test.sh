#!/usr/bin/env bash
# What ci/mutants says of a command line, of a list of accepted survivors and of single mutants whose
# end is known. It works in this tree's build/mutants, where results are kept.
# usage: ci/mutants_test.sh
set -u -o pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
cd -- "$root" || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 1
shown=("$scratch/out" "$scratch/err")

# expect NAME STATUS TEXT ARGUMENT...: TEXT is in what it says.
expect()
{
    expect_named "${@:1:3}" ci/mutants "${@:4}"
}

# The command line.
expect unknown_option 2 "unknown option: --frobnicate" --frobnicate
expect value_missing 2 "--only needs a value" --only
expect bad_pattern 2 "--only takes a regular expression, not: [" --only '['
expect bad_minimum 2 "--min takes a percentage, not: high" --min high
for value in 0 -1 x; do
    expect "bad_sample_$value" 2 "--sample takes a whole number" --sample "$value"
    expect "bad_jobs_$value" 2 "--jobs takes a whole number" --jobs "$value"
done
expect json_no_directory 3 "none/x.json cannot be written" --json "$scratch/none/x.json"
expect no_accepted 3 "cannot be read" --accepted "$scratch/none"
expect no_mutant 3 "there is no such mutant" --only 'no such thing'
expect shown_none 3 "has no mutant 1:1:drop" --show heap/carve.h:1:1:drop

# Leaving a call out that counts live blocks is noticed; that an unsigned number is above 0 instead of
# not 0 cannot be.
: > "$scratch/none_accepted"
drop='heap/carve.h carve drop#1 :: heap_count(heap, HEAP_LIVE_BLOCKS, 1);'
quoted='carve drop#1 :: heap_count\(heap, HEAP_LIVE_BLOCKS'
expect killed 0 "killed by the corpus 1" --only "$quoted" --fuzz 0 --json "$scratch/x.json" \
    --accepted "$scratch/none_accepted"
grep -q '"result": "PASS"' "$scratch/x.json" || fail "$(cat "$scratch/x.json")"
grep -q '"killed": 1,' "$scratch/x.json" || fail "$(cat "$scratch/x.json")"
expect same 0 "1 have the core's object code" --only 'bins_insert ne-gt' --fuzz 0 \
    --accepted "$scratch/none_accepted"
expect listed 0 "$drop" --list --only "$quoted"

# The list of accepted survivors.
equivalent='heap/carve.h carve minus1#1 :: if (rest >= BLOCK_SIZE_MIN) {'
printf '%s :: none lies between\n' "$equivalent" > "$scratch/equivalent"
both="$quoted|carve minus1#1 :: if \\(rest"
expect accepted_not 1 "1 of 2, 50.00 %; 0 survivors accepted as equivalent, 1 not" --only "$both" \
    --fuzz 0 --accepted "$scratch/none_accepted"
expect accepted 0 "1 of 2, 50.00 %; 1 survivors accepted as equivalent, 0 not" --only "$both" \
    --fuzz 0 --accepted "$scratch/equivalent" --json "$scratch/x.json"
grep -q '"rate_percent": 100.00,' "$scratch/x.json" || fail "$(cat "$scratch/x.json")"
grep -q '"rate_of_all_percent": 50.00,' "$scratch/x.json" || fail "$(cat "$scratch/x.json")"
printf '%s :: why not\n' "$drop" > "$scratch/killed"
expect accepted_killed 1 "is killed by corpus: $drop" --only "$quoted" --fuzz 0 \
    --accepted "$scratch/killed"
printf '# what was\n\nheap/carve.h carve drop#1 :: is_gone(); :: it was\n' > "$scratch/stale"
expect accepted_stale 1 "there is no such mutant any more" --only "$quoted" --fuzz 0 \
    --accepted "$scratch/stale"
printf 'heap/carve.h carve drop#1\n' > "$scratch/short"
expect accepted_short 1 "not of the form" --only "$quoted" --fuzz 0 --accepted "$scratch/short"

test_end ok
