#!/usr/bin/env bash
# How ci/fuzz ends, and what it does when it cannot do its job: one clear line and the right status,
# nothing lost, nothing left running. The engines are stand-ins, so that it is told here what they
# do. It runs in a root of its own, whose path has a space in it.
# usage: ci/fuzz_failures_test.sh KHEAP
# shellcheck disable=SC2016 # the stand-ins expand it
set -u -o pipefail
kheap=$(realpath -- "$1") || exit 1
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 1
scratch=$(mktemp -d) || exit 1
fuzz_pid=
failures=0

clean_up()
{
    [[ -z $fuzz_pid ]] || kill -KILL -- "-$fuzz_pid" 2> /dev/null
    rm -rf -- "$scratch"
}
trap clean_up EXIT

fail()
{
    printf 'fuzz_failures_test: %s\n' "$*"
    tail -n 15 -- "$scratch/out" "$scratch/err" 2> /dev/null | sed 's/^/    /'
    failures=$((failures + 1))
}

place="$scratch/a root"
work=$place/build/fuzz
mkdir -p -- "$place"/{ci,fuzz,corpus/{seeds,found,grown},build/{bin,libfuzzer/bin,afl/bin}} \
    "$scratch/tools" || exit 1
cp -- "$here"/fuzz "$here"/fuzz_*.sh "$here"/{lib,build,engines,verify_corpus,verify_crashes}.sh \
    "$place/ci/" && ln -s -- "$kheap" "$place/build/bin/kheap" &&
    cp -- "$here"/../corpus/seeds/size-zero.txt "$place/corpus/seeds/" || exit 1

# The stand-ins: a merge that copies all; a libFuzzer that has found one input, and runs; an AFL++ that
# has found another. What `libfuzzer' and `afl' hold in $scratch is what they do.
cat > "$place/build/bin/fuzz_stack" << 'END'
#!/usr/bin/env bash
into=${@: -2:1} from=${@: -1}
for file in "$from"/*; do
    sum=$(sha1sum < "$file")
    cp -- "$file" "$into/${sum%% *}"
done
printf 'MERGE-OUTER: 1 new files with 1 new features added; 1 new coverage edges\n'
END
cat > "$place/build/libfuzzer/bin/fuzz_stack" << END
#!/usr/bin/env bash
corpus=\${@: -1}
printf '#2\tINITED cov: 10 ft: 20 corp: 1/1b\n'
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
    local name=$1 status=$2 text=$3 found
    shift 3
    run "$@"
    found=$?
    [[ $found -eq $status ]] || fail "$name: status $found, expected $status"
    grep -q -F -- "$text" "$scratch/out" "$scratch/err" || fail "$name: does not say: $text"
}

figure()
{
    sed -n "s/^$1 //p" "$work/state"
}

none_left()
{
    local process
    for process in /proc/[0-9]*; do
        [[ ! $process/fd/9 -ef $work/lock ]] || fail "$1: something is left running"
    done
}

# The command line. Nothing is started, nothing is written.
for value in 0 -1 1.5 ten 99999999; do
    for option in seconds turn history reserve; do
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
expect time 0 "the time is over" --no-setup --no-build --seconds 8 --history 1
[[ $(figure result) == finished && $(figure libfuzzer.alive_seconds) -ge 3 ]] || fail "time: the state"
(($(figure afl.offered) == 1 && $(figure libfuzzer.offered) == 1)) || fail "time: nothing was offered"
none_left time
[[ $(grep -c '^{"time": .*}$' "$work/history.jsonl") -ge 4 ]] || fail "time: the history"
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
expect afl_ends 0 "AFL++ ended with status 1" --no-setup --no-build --seconds 10
[[ $(figure afl.restarts) -eq 1 && $(figure afl.alive_seconds) -ge 2 ]] || fail "afl_ends: the state"

# The corpus is made small: what the merge does not need goes, what comes meanwhile stays.
prepare 'exec sleep 60' 'exec sleep 60'
sed -i 's/for file in .*/for file in "$from"\/*size-zero; do/' "$place/build/bin/fuzz_stack"
printf 'superfluous' > "$work/corpus/superfluous"
expect minimise 0 "the time is over" --no-setup --no-build --seconds 12 --minimise 0.05
(($(figure corpus.minimised) > 0)) || fail "minimise: it was not done"
[[ ! -e $work/corpus/superfluous ]] || fail "minimise: what is superfluous is still there"
[[ -n $(find "$work/corpus" -name '*size-zero') ]] || fail "minimise: what is needed is gone"

# A file that a killed run has not written to its end, and a line of the history.
name=$(printf 'whole' | sha1sum | cut -c 1-40)
printf 'who' > "$work/corpus/$name"
printf '{"time": 1' >> "$work/history.jsonl"
expect torn 0 "the time is over" --no-setup --no-build --seconds 3 --history 1
[[ ! -e $work/corpus/$name ]] || fail "a torn file is taken for an input"
grep -q '^{"time": 1$' "$work/history.jsonl" || fail "a torn line has spoilt the next"

[[ $failures -eq 0 ]] || exit 1
printf 'fuzz_failures_test: ok\n'
