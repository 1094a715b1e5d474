#!/usr/bin/env bash
# What ci/coverage makes of made-up measurements, lists and floors, and how it ends when it cannot
# do its job. The program runs in a root of its own, so that no build of this tree is touched.
# usage: ci/coverage_test.sh
# shellcheck disable=SC2154 # the parts' variables
set -u -o pipefail
export LC_ALL=C
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "$here/test_common.sh" || exit 1
shown=("$scratch/out" "$scratch/err")
coverage_pid=

clean_up_first()
{
    [[ -z $coverage_pid ]] || kill -KILL "$coverage_pid" 2> /dev/null
}

root="$scratch/a root"
mkdir -p -- "$root/ci" "$root/heap" "$scratch/tools"
cp -- "$here/coverage" "$here"/{lib,build}.sh "$here"/coverage_{measure,judge,report}.sh "$root/ci/" ||
    exit 1
cd -- "$root" || exit 1
# shellcheck source-path=SCRIPTDIR/..
{
    source ci/lib.sh && source ci/coverage_measure.sh && source ci/coverage_judge.sh &&
        source ci/coverage_report.sh
} || exit 1

# --- points ---

# A decision over two lines, in a function that two files use: in each, one condition decides.
cat > heap/a.h << 'END'
static inline int both(int a, int b)
{
    return a > 0 &&
           b > 0;
}
END
json()
{
    cat << END
{"data": [{
  "functions": [{"filenames": ["$root/heap/a.h"], "regions": [[1, 1, 5, 2, 1]], "name": "x.c:both"},
                {"filenames": ["/elsewhere.h"], "regions": [[1, 1, 5, 2, 1]], "name": "other"}],
  "files": [{"filename": "$root/heap/a.h",
    "branches": [[3, 12, 3, 17, 5, 0, 0, 0, 6], [4, 12, 4, 17, 3, 2, 0, 0, 6],
                 [3, 12, 3, 17, 0, 4, 0, 0, 6], [4, 12, 4, 17, 0, 0, 0, 0, 6]],
    "mcdc_records": [[3, 12, 4, 17, 0, 5, [false, true]], [3, 12, 4, 17, 0, 5, $1]]}]}]}
END
}
rows()
{
    json "$1" | jq -r --arg root "$root" "$points_of_json"
}
rows '[false, false]' > points-corpus
rows '[true, false]' > points-tests
rows '[true, true]' > points-union
printf 'line\theap/a.h\t3\ttrue\nline\theap/a.h\t9\ttrue\n' >> points-union
points_join points-corpus points-tests points-union > points
cat > expected << 'END'
heap/a.h	3	0	runs	both	0	0	1	return a > 0 &&
heap/a.h	3	12	decides	both	0	1	1	a > 0
heap/a.h	3	12	false	both	1	1	1	a > 0
heap/a.h	3	12	true	both	1	1	1	a > 0
heap/a.h	4	12	decides	both	1	1	1	b > 0
heap/a.h	4	12	false	both	1	1	1	b > 0
heap/a.h	4	12	true	both	1	1	1	b > 0
END
diff -u expected points > "$scratch/out" || fail "the points are not those expected"
expect_named condition_too_many 5 "conditions of the decision at heap/a.h:3: 2" \
    rows '[false, false, true]'

# --- the reviewed list ---

# accepted TEXT: judges points of which one condition is never true, by a list that holds TEXT.
accepted()
{
    printf '%s' "$1" > list
    printf '%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n' \
        heap/a.c 7 9 decides f 0 0 0 'x == 0' heap/a.c 7 9 false f 1 1 1 'x == 0' \
        heap/a.c 7 9 true f 0 0 0 'x == 0' heap/a.c 8 0 runs f 0 1 1 'return x;' > points
    judge_accepted points list
}
reason=$'\n    why\n'
expect_named list_empty 0 $'true\tf\t0\t0\t0\tx == 0\t0' accepted ''
expect_named list_accepts 0 $'true\tf\t0\t0\t0\tx == 0\t1' \
    accepted "heap/a.c f never-true: x == 0$reason"
grep -q $'decides.*\t1$' "$scratch/out" || fail "what is never true may still have to decide"
grep -q $'false.*\t0$' "$scratch/out" || fail "an outcome that is reached was accepted"
expect_named list_decides_alone 0 $'true\tf\t0\t0\t0\tx == 0\t0' \
    accepted "heap/a.c f never-decides: x == 0$reason"
expect_named list_reached 1 "list:2: stale: it is reached" \
    accepted $'# reviewed\n'"heap/a.c f never-false: x == 0$reason"
for entry in "heap/b.c f never-true: x == 0" "heap/a.c g never-true: x == 0" \
    "heap/a.c f never-true: x == 1" "heap/a.c f never-runs: x == 0"; do
    expect_named "list_no_match: $entry" 1 "list:1: stale: nothing in the source matches it" \
        accepted "$entry$reason"
done
expect_named list_no_reason 1 "list:1: an entry without a reason" \
    accepted $'heap/a.c f never-true: x == 0\n'
expect_named list_no_entry 1 "list:1: a reason without an entry" accepted $'    why\n'
expect_named list_bad_kind 1 "list:1: not an entry: heap/a.c f never: x" accepted $'heap/a.c f never: x\n'
expect_named list_bad_text 1 "list:1: not an entry" accepted $'heap/a.c f never-true:\n'
expect_named list_too_long 1 "list:51: more than the 50 lines" accepted "$(printf '#\n%.0s' {1..51})"
expect_named list_missing 1 "none cannot be read" judge_accepted points none

# --- the floor ---

accepted "heap/a.c f never-true: x == 0$reason" > judged
judge_figures < judged > figures || fail "there are no figures"
cat > expected << 'END'
corpus lines 0 1
corpus branches 1 1
corpus mcdc 0 0
tests lines 1 1
tests branches 1 1
tests mcdc 0 0
union lines 1 1
union branches 1 1
union mcdc 0 0
accepted 2
END
diff -u expected figures > "$scratch/out" || fail "the figures are not those expected"
expect_named no_points 1 "" judge_figures

cat > figures << 'END'
corpus lines 20 30
corpus branches 9 9
union lines 30 30
tests lines 0 30
END
floor_of()
{
    printf '# a comment\n%s' "$1" > floor
    judge_floor figures floor "${2:-no}"
}
rest=$'corpus branches 9 9\nunion lines 30 30\n'
for figure in "20 30" "30 40" "40 50"; do # as it is; where code that is reached has gone
    expect_named "floor_holds: $figure" 0 "" floor_of "corpus lines $figure"$'\n'"$rest"
    [[ ! -s $scratch/out ]] || fail "a floor that holds is spoken of: $figure"
done
expect_named floor_share_rose 0 "" floor_of $'corpus lines 1 3\n'"$rest" # more code, reached better
expect_named floor_below 1 "below the floor: corpus lines: 20 of 30, 66.66 %; floor 21 of 30, 70.00 %" \
    floor_of $'corpus lines 21 30\n'"$rest" yes
expect_named floor_below_by_new_code 1 "below the floor: corpus lines" \
    floor_of $'corpus lines 20 29\n'"$rest"
expect_named floor_above 0 "may be raised (--raise): corpus lines: 20 of 30, 66.66 %; floor 19 of 30" \
    floor_of $'corpus lines 19 30\n'"$rest"
expect_named floor_lacks 1 "floor lacks: corpus lines" floor_of "$rest"
expect_named floor_made 0 "" floor_of "$rest" yes
for figure in many "1" "1 2 3" "1.5 2"; do
    expect_named "floor_bad: $figure" 1 "floor: not a figure: corpus lines $figure" \
        floor_of "corpus lines $figure"$'\n'"$rest"
done
expect_named floor_missing 1 "none cannot be read" judge_floor figures none no
floor_write figures floor || fail "the floor was not written"
expect_named floor_written 0 "" judge_floor figures floor no
[[ $(grep -c -v '^#' floor) -eq 3 ]] || fail "the floor does not hold three figures"

# --- JSON ---

printf 'tests lines 1 2\n' > figures
report_json figures judged out.json || fail "the JSON was not written"
jq -c '[.figures.tests.lines.total, (.missed | length), .missed[0].accepted, .missed[2].by]' \
    out.json > "$scratch/out" 2>&1
[[ $(< "$scratch/out") == '[2,3,true,["corpus"]]' ]] || fail "the JSON is not the one expected"

# --- the program ---

expect_named unknown_option 2 "unknown option: --frobnicate" ci/coverage --frobnicate
expect_named value_missing 2 "--json needs a value" ci/coverage --json
expect_named bad_source 2 "--missed takes corpus, tests or union, not: all" ci/coverage --missed all
expect_named json_no_directory 3 "cannot be written: there is no directory" \
    ci/coverage --json none/x.json
[[ ! -e build ]] || fail "a command line that is refused has written something"
touch build
expect_named build_is_a_file 3 "build/ cannot be written" ci/coverage
rm -f build

for name in awk bash cat date dirname env find flock grep head mkdir mv nproc rm sed sleep sort \
    tail tr wc; do
    ln -s -- "$(command -v "$name")" "$scratch/tools/$name" || exit 1
done
expect_named no_tools 3 "not installed: cmake ctest ninja jq clang-19 llvm-profdata-19 llvm-cov-19" \
    env PATH="$scratch/tools" ci/coverage
for name in cmake ctest ninja jq clang-19 llvm-profdata-19 llvm-cov-19; do
    printf '#!/bin/sh\nexit 1\n' > "$scratch/tools/$name"
    chmod +x -- "$scratch/tools/$name"
done
expect_named build_fails 3 "the build coverage failed, see build/coverage/logs/build-coverage.log" \
    env PATH="$scratch/tools" ci/coverage

# Two runs in one tree: the second refuses; Ctrl-C ends the first and what it started.
printf '#!/bin/sh\necho $$ > "%s/pid"\nexec sleep 60\n' "$scratch" > "$scratch/tools/cmake"
set -m # or a child in the background would ignore Ctrl-C
PATH=$scratch/tools ci/coverage > "$scratch/first.out" 2> "$scratch/first.err" < /dev/null &
coverage_pid=$!
set +m
for ((tries = 0; tries < 100; tries++)); do
    [[ ! -s $scratch/pid ]] || break
    sleep 0.1
done
expect_named second_run 3 "another ci/coverage runs in this tree" env PATH="$scratch/tools" ci/coverage
kill -INT "$coverage_pid"
wait "$coverage_pid"
found=$?
coverage_pid=
[[ $found -eq 130 ]] || fail "Ctrl-C: status $found, expected 130"
grep -q "ci/coverage: interrupted" "$scratch/first.err" || fail "Ctrl-C: does not say so"
# A process that has ended may stay in the table until somebody asks for its status.
! grep -q -E '^State:[[:space:]]+[^ZX[:space:]]' "/proc/$(< "$scratch/pid")/status" 2> /dev/null ||
    fail "Ctrl-C: the build is left running"

test_end ok
