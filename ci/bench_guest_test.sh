#!/usr/bin/env bash
# The kernel's latencies come through to table, JSON and plot, and what is damaged does not.
# usage: ci/bench_guest_test.sh BENCH-GUEST KERNEL
set -u -o pipefail
report=$1
kernel=$2
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source ci/test_common.sh || exit 3

boot/run --kernel "$kernel" --icount --append latency > "$scratch/lines" || fail "the boot failed"
boot/run --kernel "$kernel" --icount --append latency | cmp - "$scratch/lines" ||
    fail "instructions are not the same the second time"
boot/run --kernel "$kernel" --memory 8 --append latency > "$scratch/out" 2>&1
[ $? -eq 8 ] || fail "with too little memory there is another status than 8"
"$report" --unit instructions --json "$scratch/json" --plot "$scratch/plot" < "$scratch/lines" > "$scratch/table" ||
    fail "the report failed"
jq -e '(.rows | length) == 56 and .unit == "instructions" and
    ([.rows[] | select(.calls > 0)] | length) >= 50 and
    all(.rows[]; .calls == ([.histogram[][2]] | add // 0)) and
    all(.rows[] | select(.call == "kmalloc"); .calls + .refused == 1000) and
    all(.rows[] | select(.calls > 0); .p50 <= .p99 and .p99 <= .worst and .p50 > 20 and
        .worst >= .histogram[-1][0] and .worst <= .histogram[-1][1])' "$scratch/json" > /dev/null ||
    fail "the JSON is not of the form it should be"
[ "$(wc -l < "$scratch/table")" -eq 58 ] || fail "the table has not a line for each row"
[ "$(grep -c '<rect .*fill-opacity' "$scratch/plot")" -eq "$(grep -c ' from=' "$scratch/lines")" ] ||
    fail "not every bucket is drawn"
# refuses TEXT: what the report says to the lines on its standard input.
refuses()
{
    "$report" > "$scratch/out" 2>&1
    [ $? -eq 3 ] || fail "accepted: $1"
    grep -q -- "$1" "$scratch/out" || fail "does not say: $1"
}
refuses 'damaged' < <(sed 's/ p99=[0-9]*//' "$scratch/lines")
refuses 'does not add up' < <(sed '0,/count=/s/count=[0-9]*/count=1/' "$scratch/lines")
refuses 'printed no latencies' < <(grep -v latency "$scratch/lines")
test_end ok
