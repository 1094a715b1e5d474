#!/usr/bin/env bash
# How ci/fuzz ends, and what it does when it cannot do its job: one clear line and the right status,
# nothing lost, nothing left running. The engines are stand-ins, so that it is told here what they
# do. It runs in a root of its own, whose path has a space in it.
# usage: ci/fuzz_failures_test.sh KHEAP
# shellcheck disable=SC2016 # the stand-ins expand it
set -u -o pipefail
kheap=$(realpath -- "$1") || exit 1
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "$here/test_common.sh" || exit 1
shown=("$scratch/out" "$scratch/err")
fuzz_pid=

clean_up_first()
{
    [[ -z $fuzz_pid ]] || kill -KILL -- "-$fuzz_pid" 2> /dev/null
}

place="$scratch/a root"
work=$place/build/fuzz
mkdir -p -- "$place"/{ci,fuzz/explain/page,corpus/{seeds,found,grown},build/{bin,libfuzzer/bin,afl/bin}} \
    "$scratch/tools" || exit 1
cp -- "$here"/fuzz "$here"/fuzz_*.sh "$here"/{lib,build,engines,verify_corpus,verify_crashes}.sh \
    "$place/ci/" && cp -r -- "$here"/report "$here"/report_{page,*.sh} "$place/ci/" &&
    cp -- "$here"/../fuzz/explain/page/draw.js "$place/fuzz/explain/page/" && ln -s -- "$kheap" "$place/build/bin/kheap" &&
    cp -- "$here"/../corpus/seeds/size-zero.txt "$place/corpus/seeds/" || exit 1

# The stand-ins: a merge that copies all; a libFuzzer that has found one input, and runs; an AFL++ that
# has found another. What `libfuzzer' and `afl' hold in $scratch is what they do. fuzz_paging only merges:
# its turn never comes.
cat > "$place/build/bin/fuzz_stack" << 'END'
#!/usr/bin/env bash
into=${@: -2:1} from=${@: -1}
for file in "$from"/*; do
    sum=$(sha1sum < "$file")
    cp -- "$file" "$into/${sum%% *}"
done
for option in "$@"; do
    [[ $option != -merge_control_file=* ]] || printf '1\n0\nx\nSTARTED 0 1\nFT 0 1\n' > "${option#*=}"
done
printf 'MERGE-OUTER: 1 new files with 1 new features added; 1 new coverage edges\n'
END
cat > "$place/build/libfuzzer/bin/fuzz_stack" << END
#!/usr/bin/env bash
corpus=\${@: -1}
[[ -e "$scratch/no inputs" ]] || printf '#2\tINITED cov: 10 ft: 20 corp: 1/1b\n'
printf 'from libfuzzer' > "\$corpus/$(printf 'from libfuzzer' | sha1sum | cut -c 1-40)"
. "$scratch/libfuzzer"
END
cat > "$scratch/tools/afl-fuzz" << END
#!/usr/bin/env bash
while [[ \$1 != -o ]]; do shift; done
mkdir -p -- "\$2/job1/queue" "\$2/job1/crashes"
printf 'from afl' > "\$2/job1/queue/id:000001,src:000000,+cov"
. "$scratch/afl"
END
cat > "$scratch/tools/df" << END
#!/usr/bin/env bash
printf 'Filesystem 1024-blocks Used Available Capacity Mounted\nx 9 9 %s 1%% /\n' \
    "\$(cat "$scratch/free")"
END
chmod +x -- "$place/build/bin/fuzz_stack" "$place/build/libfuzzer/bin/fuzz_stack" \
    "$scratch"/tools/*
ln -s -- ../../bin/fuzz_stack "$place/build/libfuzzer/bin/fuzz_paging" || exit 1

# prepare LIBFUZZER AFL: what the stand-ins do once they have started.
prepare()
{
    printf '%s\n' "$1" > "$scratch/libfuzzer"
    printf '%s\n' "$2" > "$scratch/afl"
    printf '9999999\n' > "$scratch/free"
}

run()
{
    PATH=$scratch/tools:$PATH "$place/ci/fuzz" "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null
}

# expect NAME STATUS TEXT ARGUMENT...: TEXT is in what it says.
expect()
{
    expect_named "${@:1:3}" run "${@:4}"
}

# expect_until NAME STATUS CONDITION ARGUMENT...: runs until the condition is true while its state says
# that it runs, and then stops it: how long that takes is the machine's affair.
expect_until()
{
    local name=$1 status=$2 condition=$3 tries found
    shift 3
    set -m
    run --no-setup --no-build "$@" &
    fuzz_pid=$!
    set +m
    for ((tries = 0; tries < 600; tries++)); do
        [[ $(figure result) != running ]] || ! eval "$condition" || break
        sleep 0.2
    done
    ((tries < 600)) || fail "$name: not so in two minutes: $condition"
    kill -INT -- "-$fuzz_pid"
    wait "$fuzz_pid"
    found=$?
    fuzz_pid=
    [[ $found -eq $status ]] || fail "$name: status $found, expected $status"
    [[ $(figure result) == stopped ]] || fail "$name: it was not stopped"
}

figure()
{
    sed -n "s/^$1 //p" "$work/state"
}

# reported FILTER: what the report shows of ci/fuzz has a property.
reported()
{
    jq -e ".fuzz | $1" "$place/build/report/report.json" > /dev/null 2>&1
}

# What has been killed takes a moment to be gone.
none_left()
{
    local process tries left
    for ((tries = 0; tries < 50; tries++)); do
        left=
        for process in /proc/[0-9]*; do
            [[ ! $process/fd/9 -ef $work/lock ]] || left+=" ${process##*/}"
        done
        [[ -n $left ]] || return 0
        sleep 0.1
    done
    fail "$1: something is left running:$left"
}

# The command line. Nothing is started, nothing is written.
for value in 0 -1 1.5 ten 99999999; do
    for option in seconds turn history report reserve; do
        expect "bad_${option}_$value" 2 "--$option takes a whole number from 1" "--$option" "$value"
    done
done
expect one_job 2 "--jobs takes a whole number from 2" --jobs 1
expect bad_hours 2 "--hours takes a number, not: soon" --hours soon
expect no_hours 2 "--hours takes a number of at least one second" --hours 0.0001
expect bad_plateau 2 "--until-plateau takes a number" --until-plateau now
expect unknown_option 2 "unknown option: --frobnicate" --frobnicate
expect json_alone 2 "--json goes with --status" --json
expect no_status 3 "nothing was fuzzed here yet" --status
expect no_harvest 3 "nothing was fuzzed here" --harvest
[[ ! -e $work ]] || fail "a command line that is refused has written something"

# The disk, before anything is written to it.
prepare 'exec sleep 60' 'exec sleep 60'
(ulimit -f 8 && expect disk_full 3 "the disk is full" --no-setup --no-build && exit "$failures") ||
    failures=$((failures + 1))
printf '2048\n' > "$scratch/free"
expect disk_nearly_full 3 "the disk is nearly full: 2 MiB free of 200 needed" --no-setup --no-build

# A time, a plateau.
prepare 'exec sleep 60' 'exec sleep 60'
expect time 0 "the time is over" --no-setup --no-build --seconds 3
[[ $(figure result) == finished && $(figure libfuzzer.alive_seconds) -ge 2 ]] || fail "time: the state"
[[ $(grep -c '^{"time": .*}$' "$work/history.jsonl") -ge 4 ]] || fail "time: not a line at start and end"
none_left time
[[ -s $place/build/report/index.html ]] || fail "time: no report"
reported '.state.result == "finished" and .runs == 1 and .executions == .state["total.executions"]' ||
    fail "time: the report says something else"
expect_until offers 0 '(($(figure afl.offered) == 1 && $(find "$work/corpus" -name "afl-*" | wc -l) == 1))'
none_left offers

# The report is made anew while it fuzzes. One that cannot be made is said once, and ends nothing.
rm -rf -- "$place/build/report"
expect_until report 0 'reported ".state.result == \"running\""' --report 1
reported '.state.result == "stopped"' || fail "report: not made at the end"
rm -rf -- "$place/build/report" && touch -- "$place/build/report"
expect no_report 0 "no report: ci/report: build/report cannot be written" --no-setup --no-build \
    --seconds 8 --report 1
[[ $(grep -c 'no report' "$scratch/out") == 1 && $(figure troubles) == 0 ]] ||
    fail "no_report: said more than once, or a trouble"
rm -f -- "$place/build/report"
none_left report
prepare 'exec sleep 60' 'exec sleep 60'
expect plateau 0 "nothing new was covered for" --no-setup --no-build --seconds 60 --until-plateau 0.1
[[ $(figure result) == plateau ]] || fail "plateau: the state"

# The disk fills up on the way: it stops before anything is lost.
prepare "sleep 3; echo 1024 > '$scratch/free'; exec sleep 60" 'exec sleep 60'
expect disk_fills 3 "the disk is nearly full: 1 MiB free of 200 needed; what was found is in" \
    --no-setup --no-build --seconds 60
[[ $(figure result) == failed ]] || fail "disk_fills: the state"
none_left disk_fills
for finder in libfuzzer afl; do
    sum=$(printf 'from %s' "$finder" | sha1sum | cut -c 1-40)
    [[ -s $work/corpus/$sum || -s $work/corpus/afl-$sum ]] || fail "the find of $finder is lost"
done

# Engines that do not start; one that ends is started again, and the other goes on.
prepare 'exit 3' 'exec sleep 60'
expect libfuzzer_broken 3 "libfuzzer-1 does not run, see build/fuzz/logs/libfuzzer-1.log" \
    --no-setup --no-build --seconds 60 --retries 2
grep -q 'TROUBLE: libFuzzer ended with status 3' "$scratch/out" || fail "libfuzzer_broken: no reason"
prepare 'exec sleep 60' '[[ -e $0.again ]] && exec sleep 60; touch "$0.again"; exit 1'
expect_until afl_ends 0 '(($(figure afl.restarts) == 1 && $(figure afl.alive_seconds) >= 2))'
grep -q 'TROUBLE: AFL++ ended with status 1' "$scratch/out" || fail "afl_ends: no reason"

# The corpus is made small: what the merge does not need goes, what comes meanwhile stays.
prepare 'exec sleep 60' 'exec sleep 60'
sed -i 's/for file in .*/for file in "$from"\/*size-zero; do/' "$place/build/bin/fuzz_stack"
mkdir -p "$place/corpus/paging" && printf 'needed' > "$place/corpus/paging/size-zero"
for directory in corpus parts/paging; do
    printf 'superfluous' > "$work/$directory/superfluous"
done
expect_until minimise 0 '(($(figure corpus.minimised) > 0)) && [[ ! -e $work/parts/paging/superfluous ]]' \
    --minimise 0.05
[[ ! -e $work/corpus/superfluous ]] || fail "minimise: what is superfluous is still there"
for directory in corpus parts/paging; do
    [[ -n $(find "$work/$directory" -name '*size-zero') ]] || fail "minimise: what is needed is gone"
done

# A merge that has not run all, and says that all is well: nothing goes.
cp -- "$place/build/bin/fuzz_stack" "$scratch/merge" || exit 1
sed -i 's/FT 0 1/FT 1 1/; s/1\\n0\\nx/2\\n0\\nx\\ny/' "$place/build/bin/fuzz_stack"
printf 'superfluous' > "$work/corpus/superfluous"
expect_until half_merged 0 'grep -q "stays as it is: not all of it could be run" "$scratch/out"' --minimise 0.05
[[ -e $work/corpus/superfluous ]] || fail "half_merged: an input is gone that the merge has not seen"
cp -- "$scratch/merge" "$place/build/bin/fuzz_stack" && rm -- "$work/corpus/superfluous" || exit 1

# What the merge needs comes back where libFuzzer has removed it meanwhile, before what it stands for goes.
sum=$(printf 'stands for others' | sha1sum | cut -c 1-40)
printf 'stands for others' > "$work/corpus/$sum-size-zero"
printf 'superfluous' > "$work/corpus/superfluous"
sed -i "s|^for file|[[ \$from != *minimise.from ]] \|\| rm -f -- '$work/corpus/$sum-size-zero'; for file|" \
    "$place/build/bin/fuzz_stack"
expect_until replaced 0 '[[ ! -e $work/corpus/superfluous && -e $work/corpus/$sum-size-zero ]]' --minimise 0.05
cp -- "$scratch/merge" "$place/build/bin/fuzz_stack" || exit 1

# What libFuzzer has offered to AFL++ and removed is there again: it may have been killed over it.
mkdir -p -- "$work/logs/afl/libfuzzer/queue" && printf 'offered' > "$scratch/offered" || exit 1
sum=$(sha1sum < "$scratch/offered" | cut -c 1-40)
cp -- "$scratch/offered" "$work/logs/afl/libfuzzer/queue/id:000000,src:$sum" || exit 1
prepare 'exec sleep 60' 'exec sleep 60'
expect taken_back 0 "the time is over" --no-setup --no-build --seconds 2
[[ -e $work/corpus/$sum ]] || fail "taken_back: what was offered is gone"

# A file that a killed run has not written to its end, and a line of the history.
name=$(printf 'whole' | sha1sum | cut -c 1-40)
printf 'who' > "$work/corpus/$name"
printf '{"time": 1' >> "$work/history.jsonl"
expect torn 0 "the time is over" --no-setup --no-build --seconds 3 --history 1
[[ ! -e $work/corpus/$name ]] || fail "a torn file is taken for an input"
grep -q '^{"time": 1$' "$work/history.jsonl" || fail "a torn line has spoilt the next"

# An input that a target crashes at when it reads its corpus is a crash, and no input any longer.
sum=$(printf 'deadly' | sha1sum | cut -c 1-40)
mkdir -p "$work/crashes/paging" && printf 'deadly' > "$work/crashes/paging/crash-$sum" &&
    cp "$work/crashes/paging/crash-$sum" "$work/parts/paging/$sum"
touch "$scratch/no inputs"
prepare '[[ -e $0.again ]] && exec sleep 60; touch "$0.again"; echo "Test unit written to x"; exit 77' \
    'exec sleep 60'
expect_until evict 1 '[[ ! -e $work/parts/paging/$sum ]]'
[[ -e $work/crashes/paging/crash-$sum && -e $work/parts/paging/size-zero ]] || fail "evict: more is gone"

test_end ok
