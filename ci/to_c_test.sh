#!/usr/bin/env bash
# C programs made of inputs compile with a plain cc, and say what `kheap replay' says: of the corpus,
# and of cores with a bug in them.
# usage: ci/to_c_test.sh KHEAP CORPUS BUILD [BUG...]
# BUILD is a directory in which ninja builds the tool; BUG... are names of ci/bugs.
# Exit status: 0 they do, 1 they do not.
set -u -o pipefail
kheap=$(realpath -- "$1") || exit 1
corpus=$(realpath -- "$2") || exit 1
build=$(realpath -- "$3") || exit 1
shift 3
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "$root/ci/test_common.sh" || exit 1
compared=0

# The programs' half that is always the same, compiled once. support TREE
support()
{
    local flags=() word
    rm -rf "$scratch/objects" && mkdir "$scratch/objects" || exit 1
    while read -r word; do
        case $word in
            *.c) (cd "$1" && cc -O1 "${flags[@]}" -c "$word" -o "$scratch/objects/${word//\//-}.o") || return ;;
            *) flags+=("$word") ;;
        esac
    done < <(tr -s ' ' '\n' < "$1/fuzz/crash/reproduce.args")
}

# compare TREE KHEAP INPUT: the same lines, and the same exit status.
compare()
{
    local tree=$1 tool=$2 input=$3 expected status
    "$tool" replay "$input" > "$scratch/expected" 2> /dev/null
    expected=$?
    "$tool" to-c "$input" --output "$scratch/program.c" > "$scratch/log" 2>&1 ||
        { fail "to-c $input" && cat "$scratch/log" && return; }
    (cd "$tree" && cc -std=gnu11 -Wall -Wextra -Werror -I. -Immu_x86/emulator -o "$scratch/program" \
        "$scratch/program.c" "$scratch/objects"/*.o) || { fail "$input does not compile" && return; }
    "$scratch/program" > "$scratch/found"
    status=$?
    if [ "$status" -ne "$expected" ] || ! diff "$scratch/expected" "$scratch/found"; then
        fail "$input: kheap replay (<, status $expected) and the program (>, status $status) differ"
    fi
    compared=$((compared + 1))
}

# Builds the tool in $scratch/kheap over the core of the tree.
tool_of()
{
    local command source
    command=$(ninja -C "$build" -t commands kheap | tail -n 1)
    [[ $command =~ ^(.*)\ -o\ [^\ ]+\ (.*)$ ]] || { fail "no command links kheap in $build" && return 1; }
    rm -rf "$scratch/core" && mkdir "$scratch/core" || exit 1
    for source in "$1"/heap/*.c "$1"/mmu_x86/frames.c "$1"/mmu_x86/paging.c; do
        case $source in
            *_test.c | */test_*) continue ;;
        esac
        (cd "$1" && cc -std=c11 -O1 -I. -Immu_x86/emulator -c "$source" \
            -o "$scratch/core/$(basename "$source").o") || return
    done
    (cd "$build" && eval "${BASH_REMATCH[1]} $scratch/core/*.o -o $scratch/kheap ${BASH_REMATCH[2]}")
}

# A core with the bug: the first inputs of the corpus that it fails on.
compare_bug()
{
    local bug=$1 tree=$scratch/tree input before=$compared
    rm -rf "$tree" && mkdir "$tree" || exit 1
    cp -r "$root/heap" "$root/mmu_x86" "$root/invariants" "$root/fuzz" "$tree" || exit 1
    patch -s -p1 -d "$tree" < "$root/ci/bugs/$bug.patch" || { fail "$bug does not apply" && return; }
    if ! tool_of "$tree" || ! support "$tree"; then
        fail "$bug does not compile"
        return
    fi
    while read -r input; do
        [ -n "$input" ] || continue
        compare "$tree" "$scratch/kheap" "$(find "$corpus/found" "$corpus/seeds" -name "$input")"
    done < <("$scratch/kheap" replay --quiet "$corpus/found" "$corpus/seeds" 2> /dev/null |
        sed -n 's/ violation rule=.*//p' | head -n 3)
    [ "$compared" -gt "$before" ] || fail "$bug: nothing in the corpus fails"
}

# As the program itself says it is compiled.
a_seed=$(find "$corpus/seeds" -name '*.txt' | sort | head -n 1)
"$kheap" to-c "$a_seed" > "$scratch/whole.c" || fail "to-c to the standard output"
(cd "$root" && cc -o "$scratch/whole" "$scratch/whole.c" @fuzz/crash/reproduce.args) || fail "the command in the comment"
"$scratch/whole" | grep -q ' ok operations=' || fail "a program of a seed is not ok"

# Every operation that there is, in one input.
cat > "$scratch/all.txt" <<'TEXT'
# kheap
heap first-fit 100 1000
a 0 100
m 1 100 64
z 2 10 20
r 3 5000
r 0 4294967295
w 0
a 4 9000
f 2
a 2 3000000000
double-free 2
use-freed 2 0x10
free-inner 4 7
free-misaligned 4 3
free-foreign 0x1000
damage-header 4 0x80000000
damage-footer 4 1
damage-next 3 2
damage-previous 3 4
f 0
damage-link 2 8
damage-realloc 1 16
map 3
unmap 3
pressure 50
refuse 1
r 5 40000
refuse-on 2
interrupt 1 7 100
a 6 1
f 4
reclaim 9
stats
check
window 8192 16
grow 8
shrink 8
append 100 0
greedy 64
drain 1
same 0
TEXT
# Names that C and the shell read as something else.
mkdir "$scratch/a b'c" && cp "$a_seed" "$scratch/odd \"name\\??=.txt" || exit 1
"$kheap" to-c "$scratch/odd \"name\\??=.txt" --output "$scratch/a b'c/it.c" > "$scratch/log" || fail "to-c with odd names"
(cd "$root" && eval "$(tail -n 1 "$scratch/log" | sed "s,reproduce ,'$scratch/odd' ,;s,&&.*,,")") ||
    fail "the command that is printed for odd names"
"$scratch/odd" | grep -qF 'odd "name\??=.txt ok ' || fail "an odd name is changed"
support "$root" || fail "what programs are linked with does not compile"
compare "$root" "$kheap" "$scratch/all.txt"
while read -r word; do
    grep -q "^$word\b" "$scratch/all.txt" || fail "no $word in the input of all operations"
done < <(sed -n 's/^    X([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$root/fuzz/op.h")
while read -r input; do
    compare "$root" "$kheap" "$input"
done < <(find "$corpus/found" -type f; find "$corpus/seeds" -type f | sort | awk 'NR % 12 == 0'
    find "$corpus/grown" -type f | sort | awk 'NR % 90 == 0')
for bug in "$@"; do
    compare_bug "$bug"
done

# What cannot be one.
"$kheap" to-c "$corpus/traces/kern_make.trace" --output "$scratch/none.c" 2> "$scratch/err"
if [ $? -ne 3 ] || ! grep -q 'has more operations than a program can' "$scratch/err" || [ -e "$scratch/none.c" ]; then
    fail "a trace of a million operations is not refused"
fi
"$kheap" to-c "$a_seed" --output /dev/full/x 2> "$scratch/err"
if [ $? -ne 3 ] || ! grep -q '^kheap to-c: /dev/full/x: ' "$scratch/err"; then
    fail "an output that cannot be written is not named"
fi

test_end "$compared programs say what kheap replay says"
