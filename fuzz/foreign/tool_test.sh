#!/usr/bin/env bash
# The tool of a foreign allocator: its programs in C and its pages. See --help.
set -u -o pipefail
export LC_ALL=C

case "${1:-}" in
    --help | -h)
        cat <<'TEXT'
usage: fuzz/foreign/tool_test.sh KHEAP-FIRST_FIT CORPUS

Programs that `to-c' writes of inputs of the corpus compile without the harness and say that nothing goes wrong;
compiled with an allocator that has a bug they say what goes wrong. `explain' writes a page that a browser draws.

Exit status: 0 they do, 1 they do not, 3 what is needed is not there.
TEXT
        exit 0
        ;;
esac
kheap=$(realpath -- "$1") && corpus=$(realpath -- "$2") || exit 3
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd) || exit 3
example=$root/fuzz/foreign/examples/first_fit
# shellcheck source-path=SCRIPTDIR source=../../ci/test_common.sh
source "$root/ci/test_common.sh" || exit 3
needs cc chromium

# program STATUS INPUT SOURCE: the input's program, compiled with SOURCE as the allocator, ends so.
program()
{
    local status=$1 found
    "$kheap" to-c "$2" --output "$scratch/program.c" > "$scratch/log" || { fail "to-c $2" && return; }
    cc -g -Wall -Wextra -Werror -Wno-unused-function -I "$root" -I "$example" -o "$scratch/program" "$scratch/program.c" \
        "$3" "$example/adapter.c" || { fail "$2: its program does not compile" && return; }
    "$scratch/program" > "$scratch/out" 2>&1
    found=$?
    ((found == status)) || { fail "$2: its program ends with $found, not $status" && tail -n 3 "$scratch/out"; }
}

inputs=0
for input in "$corpus"/seeds/r*.txt; do
    program 0 "$input" "$example/first_fit.c"
    grep -q '^nothing went wrong$' "$scratch/out" || fail "$input: its program does not say that nothing went wrong"
    inputs=$((inputs + 1))
done
((inputs > 5)) || fail "only $inputs inputs in $corpus/seeds"

# planted NAME SED OPERATIONS EXPECTED: a bug, the operations that show it, and what is said of it.
planted()
{
    sed "$2" "$example/first_fit.c" > "$scratch/$1.c"
    cmp -s "$scratch/$1.c" "$example/first_fit.c" && { fail "$1: nothing is planted" && return; }
    printf '# kheap\n%b' "$3" > "$scratch/$1.txt"
    program 1 "$scratch/$1.txt" "$scratch/$1.c"
    grep -qE "$4" "$scratch/out" || { fail "$1: it does not say $4" && cat "$scratch/out"; }
}
planted overlap 's/HEADER + size_bytes);/HEADER + size_bytes - 16);/' 'a 0 64\na 1 64\nf 0\n' 'overlap|byte [0-9]+ is'
planted lost 's/old_bytes < size_bytes ? old_bytes : size_bytes/old_bytes < 8 ? old_bytes : 8/' 'a 0 100\na 1 8\nr 0 400\n' \
    'resized from 100 bytes .* byte 8 is'
planted leak 's/block->used = false;/(void)block;/' 'a 0 100\nf 0\n' 'a fresh heap grants are refused'

# page STATUS INPUT: explain ends so, and the page's script has drawn it.
page()
{
    local found
    "$kheap" explain --output "$scratch/page.html" "$2" > "$scratch/out"
    found=$?
    ((found == $1)) || fail "explain $2 ends with $found, not $1"
    chromium --headless --no-sandbox --disable-gpu --user-data-dir="$scratch/chromium" --dump-dom \
        "file://$scratch/page.html" > "$scratch/dom" 2> "$scratch/err" || fail "$2: the page does not open"
    grep -q '<svg' "$scratch/dom" || fail "$2: nothing is drawn"
    grep -q 'aria-current="step"' "$scratch/dom" || fail "$2: no operation is shown"
}
printf '# kheap\na 0 100\na 1 300\nf 0\ngreedy 1000\nr 1 50\n' > "$scratch/fine.txt"
page 0 "$scratch/fine.txt"
grep -q 'class="used' "$scratch/dom" || fail 'no block is drawn'
grep -q 'int main(void)' "$scratch/dom" || fail 'the page has no program'
printf '# kheap\na 0 100\na 5 0xfffffff0\n' > "$scratch/guilty.txt"
page 0 "$scratch/guilty.txt"

# Variables that would not be brought back before each run are no secret.
printf '%s\n' 'static _Thread_local int a; __attribute__((section("mine"))) int b = 3; int f(void) { return ++a; }' |
    cc -c -x c - -o "$scratch/odd.o" || fail 'an object for the test does not compile'
"$root/fuzz/foreign/check_variables" odd objdump "$scratch/odd.o" 2> "$scratch/err" && fail 'odd variables are not refused'
grep -q 'thread-local' "$scratch/err" || fail 'thread-local variables are not named'
grep -q 'section mine ' "$scratch/err" || fail 'a section of its own is not named'

# An allocator that declares no threads is not put under them.
"$kheap" stress > "$scratch/out" 2>&1
(($? == 2)) || fail 'stress of an allocator without threads does not end with 2'
grep -q 'threads are not declared' "$scratch/out" || fail 'stress does not say why not'

test_end "$((inputs + 3)) programs and their pages are right"
