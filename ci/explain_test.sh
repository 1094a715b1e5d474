#!/usr/bin/env bash
# kheap explain: its pages are opened in a browser without a window, which goes through all that they show
# (fuzz/explain/page/selftest.js). See --help.
set -u -o pipefail
export LC_ALL=C

usage()
{
    cat <<'TEXT'
usage: ci/explain_test.sh KHEAP CORPUS

Makes pages of inputs that break nothing, of inputs on cores with bugs planted in them, with a crash and
with a hang, and of a trace of a million operations, and has each opened in Chromium, stepped through and
checked. KHEAP is the tool of the release build, in whose build/host the planted cores are compiled.

Exit status: 0 all is well, 1 something is not, 3 what is needed is not there.
TEXT
}

case "${1:-}" in
    --help | -h) usage && exit 0 ;;
esac
if (($# != 2)); then
    usage >&2
    exit 3
fi
kheap=$(realpath -- "$1") && corpus=$(realpath -- "$2") || exit 3
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd) || exit 3
cd -- "$root" || exit 3
# shellcheck source-path=SCRIPTDIR source=bugbench_bugs.sh
source ci/bugbench_bugs.sh || exit 3
# shellcheck source-path=SCRIPTDIR source=bugbench_build.sh
source ci/bugbench_build.sh || exit 3

# What builds the planted cores wants a directory in the tree.
# shellcheck source-path=SCRIPTDIR source=test_common.sh
TMPDIR=$root/build source ci/test_common.sh || exit 3
bench=${scratch#"$root/"}
needs chromium jq patch ninja

# --- making pages ---

# explain STATUS NAME ARGUMENT...: runs $tool (the tool by default), wants the status; the page is NAME.html.
explain()
{
    local status=$1 name=$2 found
    shift 2
    "${tool:-$kheap}" explain --output "$scratch/$name.html" --json "$scratch/$name.json" "$@" > "$scratch/$name.out" 2>&1
    found=$?
    ((found == status)) || {
        fail "$name: explain ends with status $found (expected $status)"
        cat "$scratch/$name.out"
    }
    jq -e . "$scratch/$name.json" > /dev/null || fail "$name: what it writes is no JSON"
}

# has NAME FILTER: the page's data has a property.
has()
{
    jq -e "$2" "$scratch/$1.json" > /dev/null || fail "$1: not so: $2"
}

# smaller NAME BYTES: the page is.
smaller()
{
    local size
    size=$(stat -c %s -- "$scratch/$1.html") || size=0
    ((size > 0 && size < $2)) || fail "$1: the page has $size bytes; under $2 it should have"
}

# --- opening them ---

# opened NAME: opens the page, which tests itself; its findings are then in $scratch/NAME.found.
opened()
{
    local name=$1
    timeout 100 chromium --headless=new --no-sandbox --disable-gpu --user-data-dir="$scratch/browser" \
        --enable-logging=stderr --window-size=1280,800 --virtual-time-budget=60000 --dump-dom \
        "file://$scratch/$name.html#test" > "$scratch/$name.dom" 2> "$scratch/$name.log"
    sed -n '/^.*<pre id="self-test">/,$p' "$scratch/$name.dom" | sed 's/^.*<pre id="self-test">//; s/<.*//' |
        grep -E '^[a-z]+=' > "$scratch/$name.found"
    if ! grep -q '^failures=0$' "$scratch/$name.found"; then
        fail "$name: the page finds fault with itself, or could not be opened:"
        sed -n '/self-test/,$p' "$scratch/$name.dom" | tail -n 25
        tail -n 5 "$scratch/$name.log"
    fi
    if grep -q 'CONSOLE' "$scratch/$name.log"; then
        fail "$name: the console has messages"
        grep 'CONSOLE' "$scratch/$name.log"
    fi
}

# opened_ms NAME: how long that took, by the page's own clock.
opened_ms()
{
    sed -n 's/^opened=//p' "$scratch/$1.found" | grep -x '[0-9]\{1,9\}' || echo none
}

# Within a second; where others use the machine as well, not noticeably later than the page of a thousand.
opens_soon()
{
    local million thousand
    million=$(opened_ms million) thousand=$(opened_ms thousand)
    [[ $million != none && $thousand != none ]] && ((million < 1000 || million < 2 * thousand))
}

# found NAME LINE: the page found this of itself.
found()
{
    grep -q -x -- "$2" "$scratch/$1.found" || {
        fail "$1: the page does not find: $2"
        cat "$scratch/$1.found"
    }
}

# --- cores with bugs ---

ninja -C build/host -t commands kheap kheap_emulator > "$bench/tool.commands" || exit 3

# planted NAME: builds a tool with the bug of ci/bugs in it; `tool' is its path.
planted()
{
    if ! mkdir -p "$scratch/$1" || ! plant "$1" "$scratch/$1" || ! build_bug "$1" "$scratch/$1" tool; then
        fail "$1: it cannot be built"
    fi
    tool=$scratch/$1/tool
}

# spoilt NAME STATEMENT: the same with a statement in kfree that ruins it for blocks of 777 bytes.
spoilt()
{
    local place='/^void kfree(/,/^}/s/^ *uint32_t interrupts = .*;$/'
    local condition='tag_size(tag_load(heap, at.v - 4u)) == block_size_for(777)'
    mkdir -p "$scratch/$1" && cp -r heap mmu_x86 "$scratch/$1" || exit 3
    sed -i "$place&\n    if ($condition)\n        $2/" "$scratch/$1/heap/kfree.c" || exit 3
    if ! compile "$scratch/$1" heap/kfree.c "$scratch/$1/tool-heap-kfree.c.o" tool ||
        ! link tool "$scratch/$1/tool" heap/kfree.c; then
        fail "$1: it cannot be built"
    fi
    tool=$scratch/$1/tool
}

# --- the tests ---

test_clean()
{
    explain 0 clean "$corpus/seeds/coalesce-both.txt"
    has clean '.outcome.end == "ok" and (.steps | length) == .operations + 1 and .stack == null'
    has clean '[.steps[] | select(.k == "given")] | length == 4'
    [[ $(head -n 1 "$scratch/clean.out") == "$("$kheap" replay "$corpus/seeds/coalesce-both.txt" 2> /dev/null)" ]] ||
        fail "clean: the verdict is not that of replay"
    opened clean
    found clean 'guilty=none'
    ! grep -q 'https\?://' <(grep -v 'www.w3.org/2000/svg' "$scratch/clean.html") || fail "clean: the page names something on a network"
    # Everything that an input can do: refusals, misuses, interrupts, other users.
    explain 0 every "$corpus/seeds/every-kind.txt"
    has every '[.steps[].k] | index("misuse") != null and index("skipped") != null'
    opened every
    # A name that would end the data's element, or a string, if it were not escaped.
    cp "$corpus/seeds/coalesce-both.txt" "$scratch/<!--<script>&'\".txt"
    explain 0 name "$scratch/<!--<script>&'\".txt"
    ! grep -q '<!--' "$scratch/name.html" || fail "name: the input's name stands in the page as it is"
    opened name
}

test_planted()
{
    planted heap-merge-one-side
    explain 1 heap "$corpus/seeds/align-16-to-4096.txt"
    has heap '.outcome | .end == "rule" and .rule == "H3" and .operation == 11 and .guilty.place == "word"'
    has heap '.stack | .kind == "store" and .with == "llvm-symbolizer" and ([.frames[] | strings] | index("kmalloc_aligned") != null)'
    has heap '(.steps | length) == 11 and .later[0] == "f 6"'
    has heap '.reproducer | contains("kmalloc_aligned")'
    opened heap
    found heap 'guilty=in block c04009ec'
    planted paging-unmap-no-flush
    explain 1 paging "$corpus/seeds/every-kind.txt"
    has paging '.outcome | .rule == "P6" and .guilty.place == "frame"'
    has paging '[.stack.frames[] | strings] | index("frames_give_back") != null'
    opened paging
}

test_crash_and_hang()
{
    printf '# kheap\na 0 100\na 1 777\nf 0\nf 1\na 2 5\n' > "$scratch/spoilt.txt"
    spoilt crash '__builtin_trap();'
    explain 1 crash "$scratch/spoilt.txt"
    has crash '.outcome | .end == "crash" and .operation == 4'
    has crash '(.steps | length) == 4 and .later == ["a 2 5"] and .stack.frames[0] == "kfree"'
    opened crash
    spoilt hang 'for (volatile uint32_t i = 0; i < 1u; i = 0) {}'
    explain 1 hang "$scratch/spoilt.txt"
    has hang '.outcome | .end == "hang" and .operation == 4'
    opened hang
    unset tool
}

# A thousand operations that allocate, resize and free at random.
thousand()
{
    printf '# kheap\nheap bins 512 2048\n'
    awk 'BEGIN {
        srand(1)
        for (i = 0; i < 1000; i++) {
            slot = int(rand() * 64); size = int(exp(rand() * 8)) + 1; kind = rand()
            if (kind < 0.5) print "a " slot " " size
            else if (kind < 0.6) print "r " slot " " size
            else if (kind < 0.97) print "f " slot
            else print "reclaim 4"
        }
    }'
}

test_sizes()
{
    local start=$SECONDS tries=0
    thousand > "$scratch/thousand.txt"
    explain 0 thousand "$scratch/thousand.txt"
    has thousand '(.steps | length) == 1001'
    smaller thousand $((1 << 20))
    opened thousand
    explain 0 million "$corpus/traces/kern_find.trace"
    ((SECONDS - start < 60)) || fail "million: the page takes $((SECONDS - start)) s to make"
    has million '(.steps | length) == 201 and (.overview | length) > 2000'
    smaller million $((5 << 20))
    opened million
    until opens_soon || ((++tries == 3)); do
        opened thousand
        opened million
    done
    ((tries < 3)) || fail "million: the page opens after $(opened_ms million) ms, that of a thousand after $(opened_ms thousand)"
    explain 0 stretch --around 500000 --before 5 --after 3 "$corpus/traces/kern_find.trace"
    has stretch '[.steps[].n] == [range(499995; 500004)]'
}

# refused STATUS TEXT ARGUMENT...: one line on standard error that has the text, and nothing written.
refused()
{
    local status=$1 text=$2 found
    shift 2
    "$kheap" explain "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null
    found=$?
    if ((found != status)) || ! grep -q -- "$text" "$scratch/err" || [[ $(wc -l < "$scratch/err") != 1 ]]; then
        fail "explain $*: status $found (expected $status), expected one line with: $text"
        cat "$scratch/err"
    fi
}

test_bad_input()
{
    local seed=$corpus/seeds/coalesce-both.txt
    head -c 100000 "$corpus/traces/kern_make.trace" > "$scratch/cut.trace"
    "$kheap" pack "$scratch/some.pack" "$seed" > /dev/null || fail "pack"
    : > "$scratch/empty"
    printf 'as it was\n' > "$scratch/kept.html"
    refused 3 'cut.trace: ' --output "$scratch/kept.html" "$scratch/cut.trace"
    refused 3 'no-such-file: No such file' --output "$scratch/kept.html" "$scratch/no-such-file"
    refused 3 'is a directory' --output "$scratch/kept.html" "$scratch"
    refused 3 'is a pack' --output "$scratch/kept.html" "$scratch/some.pack"
    [[ $(cat "$scratch/kept.html") == 'as it was' ]] || fail "a failed explain has overwritten a page"
    refused 3 'no-such-dir/x.html: No such file' --output "$scratch/no-such-dir/x.html" "$seed"
    refused 2 'unknown option: --frobnicate' --frobnicate "$seed"
    refused 2 'names no input' --before 3
    refused 2 'takes one input, and got also' "$seed" "$seed"
    refused 2 '--around takes' --around 0 "$seed"
    refused 2 '--before takes' --before many "$seed"
    refused 3 'No space left' --output /dev/full "$seed"
    [[ -c /dev/full ]] || fail "a device was replaced by a file"
    "$kheap" explain --json - "$seed" > /dev/full 2> "$scratch/err"
    if (($? != 3)) || ! grep -q 'No space left' "$scratch/err"; then
        fail "output on a full disk is taken for success"
    fi
    "$kheap" explain --json - "$scratch/empty" | jq -e '.operations == 0 and .outcome.end == "ok"' > /dev/null ||
        fail "an empty input is not explained"
}

test_interrupted()
{
    timeout --preserve-status -s INT 0.5 "$kheap" explain --output "$scratch/half.html" \
        "$corpus/traces/kern_find.trace" > "$scratch/out" 2>&1
    (($? == 130)) || fail "explain, interrupted, does not end with status 130"
    [[ ! -e $scratch/half.html && ! -e $scratch/half.html.part ]] || fail "explain, interrupted, leaves a page"
}

test_bad_input
test_interrupted
test_clean
test_planted
test_crash_and_hang
test_sizes
((failures == 0)) || exit 1
printf 'explain_test: ok: '
for name in thousand million; do
    printf '%s %s bytes, opened in %s ms; ' "$name" "$(stat -c %s "$scratch/$name.html")" \
        "$(opened_ms "$name")"
done
printf 'the guilty place %s\n' "$(sed -n 's/^guilty=//p' "$scratch/heap.found")"
