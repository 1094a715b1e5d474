#!/usr/bin/env bash
# What ci/verify does when it cannot do its job: one clear line and the right status, nothing left
# running. The program runs in a root of its own, whose path has a space in it, so that no build of
# this tree is touched.
# usage: ci/verify_test.sh
set -u -o pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "$here/test_common.sh" || exit 1
shown=("$scratch/out" "$scratch/err")
verify_pid=
holder_pid=

clean_up_first()
{
    [[ -z $verify_pid ]] || kill -KILL "$verify_pid" 2> /dev/null
    [[ -z $holder_pid ]] || kill -KILL "$holder_pid" 2> /dev/null
}

root="$scratch/a root"
mkdir -p -- "$root/ci" "$root/fuzz/explain" "$scratch/tools" "$scratch/elsewhere"
cp -r -- "$here"/{verify,report,lib.sh,build.sh,engines.sh,verify_*.sh,report_*} "$root/ci/" || exit 1
cp -r -- "$here/../fuzz/explain/page" "$root/fuzz/explain/" || exit 1

# All that a shell script may want, and no compiler, no CMake, no QEMU, no fuzzer.
for tool in awk bash cat cp cut date df dirname env find flock grep head mkdir mv nproc od rm sed \
    sha1sum sleep sort stat tail timeout touch tr wc xargs; do
    ln -s -- "$(command -v "$tool")" "$scratch/tools/$tool" || exit 1
done

# expect NAME STATUS TEXT ARGUMENT...: runs it from another directory; TEXT is in what it says on
# standard error, which is one line.
expect()
{
    local name=$1 status=$2 text=$3 found
    shift 3
    (cd -- "$scratch/elsewhere" && PATH=$path exec "$root/ci/verify" "$@") \
        > "$scratch/out" 2> "$scratch/err" < /dev/null
    found=$?
    [[ $found -eq $status ]] || fail "$name: status $found, expected $status"
    grep -q -F -- "$text" "$scratch/err" || fail "$name: does not say: $text"
    [[ $(wc -l < "$scratch/err") -eq 1 ]] || fail "$name: says more than one line"
}

expect_last_line()
{
    [[ $(tail -n 1 "$scratch/out") == "verify: FAIL ($1"* ]] ||
        fail "the last line is not: verify: FAIL ($1...)"
}

path=$PATH

# The command line. Nothing is started, nothing is written.
expect unknown_option 2 "unknown option: --frobnicate" --frobnicate
expect word_too_many 2 "unknown option: corpus" corpus
expect value_missing 2 "--seconds needs a value" --seconds
expect value_empty 2 "--json needs a value" --json ""
for value in 0 -1 1.5 ten 10s 08x 99999999999999999999; do
    for option in seconds jobs; do
        expect "bad_${option}_$value" 2 \
            "--$option takes a whole number from 1 to 999999, not: $value" "--$option" "$value"
    done
done
expect bad_engine 2 "--engine takes libfuzzer, afl or both, not: honggfuzz" --engine honggfuzz
expect json_no_directory 3 "/elsewhere/none/x.json cannot be written: there is no directory" \
    --json none/x.json
expect json_is_directory 3 "cannot be written: it is not a regular file" --json "$scratch"
expect json_is_device 3 "/dev/null cannot be written: it is not a regular file" --json /dev/null
[[ -c /dev/null ]] || fail "/dev/null is gone"
if [[ $(id -u) -ne 0 ]]; then
    mkdir -m 555 -- "$scratch/closed"
    expect json_no_permission 3 "cannot be written: Permission denied" \
        --json "$scratch/closed/x.json"
fi
[[ ! -e $root/build ]] || fail "a command line that is refused has written something"

# The tree cannot be written.
touch -- "$root/build"
expect build_is_a_file 3 "build/ cannot be written" --no-setup
expect_last_line "build/ cannot be written"
rm -f -- "$root/build"
(ulimit -f 8 && expect disk_full 3 "the disk is full" --no-setup && exit "$failures") ||
    failures=$((failures + 1))
[[ ! -e $root/build/verify/probe ]] || fail "a full disk: the probe is left"

# Tools are missing; with --json the summary says why.
path=$scratch/tools
expect no_cmake 3 "not installed: cmake ninja clang ld.lld llvm-ar qemu-system-i386 afl-fuzz afl-clang-fast" \
    --no-setup --json out.json
expect_last_line "not installed: cmake"
expect no_cmake_libfuzzer 3 "not installed: cmake ninja clang ld.lld llvm-ar qemu-system-i386 (run ci/setup)" \
    --no-setup --engine libfuzzer
grep -q '"status": 3' "$scratch/elsewhere/out.json" ||
    fail "the JSON summary does not hold the status"
[[ $(find "$scratch/elsewhere" -type f | wc -l) -eq 1 ]] ||
    fail "more files than the JSON summary are left"

# ci/setup fails: its status is not taken for success.
printf '#!/bin/sh\nexit 1\n' > "$root/ci/setup"
chmod +x -- "$root/ci/setup"
expect setup_fails 3 "what is missing could not be installed"

# Stand-ins for the tools: a CMake that fails, then one that does not end.
for tool in ninja clang ld.lld llvm-ar qemu-system-i386 afl-fuzz afl-clang-fast; do
    printf '#!/bin/sh\nexit 1\n' > "$scratch/tools/$tool"
done
printf '#!/bin/sh\nexit 1\n' > "$scratch/tools/cmake"
chmod +x -- "$scratch"/tools/{cmake,ninja,clang,ld.lld,llvm-ar,qemu-system-i386,afl-fuzz,afl-clang-fast}
expect build_fails 3 "the build host failed, see build/verify/build-host.log" --no-setup
expect_last_line "the build host failed"
grep -q -x 'no report: ci/report: jq is not installed (run ci/setup)' "$scratch/out" ||
    fail "build_fails: does not say that there is no report"

# A run that could not go on has its report as well; a report that cannot be made changes nothing.
for tool in jq mktemp; do
    ln -s -- "$(command -v "$tool")" "$scratch/tools/$tool" || exit 1
done
expect report_of_failure 3 "the build host failed" --no-setup
expect_last_line "the build host failed"
jq -e '.run.result == "fail" and .run.reasons == ["the build host failed"]' \
    "$root/build/report/report.json" > /dev/null || fail "report_of_failure: it says something else"
[[ -s $root/build/report/index.html ]] || fail "report_of_failure: no page"
rm -rf -- "$root/build/report"
touch -- "$root/build/report"
expect report_unwritable 3 "the build host failed" --no-setup
grep -q '^no report: .* cannot be written' "$scratch/out" ||
    fail "report_unwritable: does not say so"
rm -f -- "$root/build/report"

cat > "$scratch/tools/cmake" << END
#!/bin/sh
sleep 60 &
echo "\$\$ \$!" > "$scratch/pids.part"
mv "$scratch/pids.part" "$scratch/pids"
wait
END

# start_and_wait: starts a run that hangs in its first build, and waits until it does.
start_and_wait()
{
    local tries
    rm -f -- "$scratch/pids"
    set -m # or a child in the background would ignore Ctrl-C
    (cd -- "$scratch/elsewhere" && PATH=$path exec "$root/ci/verify" --no-setup --json out.json) \
        > "$scratch/out" 2> "$scratch/err" < /dev/null &
    verify_pid=$!
    set +m
    for ((tries = 0; tries < 100; tries++)); do
        [[ ! -f $scratch/pids ]] || return 0
        sleep 0.1
    done
    fail "the run did not come to its build"
}

# A process that has ended may stay in the table until somebody asks for its status.
is_running()
{
    grep -q -E '^State:[[:space:]]+[^ZX[:space:]]' "/proc/$1/status" 2> /dev/null
}

# interrupt SIGNAL STATUS
interrupt()
{
    local found pid pids
    kill "-$1" "$verify_pid"
    wait "$verify_pid"
    found=$?
    verify_pid=
    [[ $found -eq $2 ]] || fail "SIG$1: status $found, expected $2"
    grep -q 'interrupted at: build' "$scratch/err" || fail "SIG$1: does not say where"
    expect_last_line "interrupted)"
    grep -q '"result": "interrupted"' "$scratch/elsewhere/out.json" ||
        fail "SIG$1: not in the JSON summary"
    read -r -a pids < "$scratch/pids"
    for pid in "${pids[@]}"; do
        ! is_running "$pid" || fail "SIG$1: a child is left running"
    done
}

# Two runs in one tree: the second refuses, the first goes on.
start_and_wait
(
    cd -- "$scratch/elsewhere" && PATH=$path exec "$root/ci/verify" --no-setup
) > "$scratch/out.second" 2> "$scratch/err.second" < /dev/null
found=$?
[[ $found -eq 3 ]] || fail "lock held: status $found, expected 3"
grep -q "another ci/verify runs in this tree: process $verify_pid" "$scratch/err.second" ||
    fail "lock held: said $(cat "$scratch/err.second")"
kill -0 "$verify_pid" 2> /dev/null || fail "lock held: the first run has ended"
interrupt INT 130
start_and_wait
interrupt TERM 143

# A lock that a killed run left behind holds nobody up, one that is held does.
printf '1\n' > "$root/build/verify.lock"
printf '#!/bin/sh\nexit 1\n' > "$scratch/tools/cmake"
expect lock_left_behind 3 "the build host failed" --no-setup
(
    exec 9<> "$root/build/verify.lock"
    flock 9 && exec sleep 20
) &
holder_pid=$!
sleep 0.5
expect lock_held 3 "another ci/verify runs in this tree" --no-setup
kill "$holder_pid"

test_end ok
