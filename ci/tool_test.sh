#!/usr/bin/env bash
# The tool's forms convert both ways, and bad input ends in one clear line and its own status.
# usage: ci/tool_test.sh KHEAP CORPUS
set -u -o pipefail
kheap=$1
corpus=$2
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/test_common.sh" || exit 1

# expect STATUS TEXT ARGUMENT...: runs the tool, wants the status, and one line on standard error that has the text.
expect()
{
    local status=$1 text=$2 found
    shift 2
    "$kheap" "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null
    found=$?
    if [ "$found" -ne "$status" ] || ! grep -q -- "$text" "$scratch/err"; then
        fail "kheap $*: status $found (expected $status), expected the text: $text"
        cat "$scratch/err"
    fi
}

seeds=$corpus/seeds
a_seed=$(find "$seeds" -name '*.txt' | sort | head -n 1)
a_trace=$corpus/traces/kern_make.trace

# Text to bytes to text to bytes: the bytes are the same, and so is the verdict.
for text in "$seeds"/*.txt; do
    name=$(basename "$text" .txt)
    "$kheap" import "$text" "$scratch/$name.ops" > /dev/null || fail "import $text"
    "$kheap" show "$scratch/$name.ops" > "$scratch/$name.txt" || fail "show $name"
    "$kheap" import "$scratch/$name.txt" "$scratch/again.ops" > /dev/null || fail "import again $name"
    cmp -s "$scratch/$name.ops" "$scratch/again.ops" || fail "$name: bytes differ after show and import"
done
verdict_text=$("$kheap" replay "$a_seed" 2> /dev/null | cut -d' ' -f2-)
verdict_bytes=$("$kheap" replay "$scratch/$(basename "$a_seed" .txt).ops" 2> /dev/null | cut -d' ' -f2-)
if [ -z "$verdict_text" ] || [ "$verdict_text" != "$verdict_bytes" ]; then
    fail "text and bytes have different verdicts"
fi

# A trace to text and back is the same trace.
"$kheap" show "$a_trace" > "$scratch/load.txt" || fail "show of a trace"
"$kheap" import - "$scratch/load.trace" < "$scratch/load.txt" > /dev/null || fail "import of a load"
cmp -s "$a_trace" "$scratch/load.trace" || fail "the trace differs after show and import"

# Damage and misuse.
head -c 100000 "$a_trace" > "$scratch/cut.trace"
{ head -c 5000 "$a_trace"; printf 'x'; tail -c +5002 "$a_trace"; } > "$scratch/flipped.trace"
"$kheap" pack "$scratch/good.pack" "$seeds" > /dev/null || fail "pack"
head -c 2000 "$scratch/good.pack" > "$scratch/cut.pack"
printf '# kheap\nheap bins 64 256\na 0 100\nfre 0\n' > "$scratch/word.txt"
printf 'a 1 100\nf 2\n' > "$scratch/id.txt"
: > "$scratch/empty"
expect 3 'cut.trace' replay "$scratch/cut.trace"
expect 3 'flipped.trace' replay "$scratch/flipped.trace"
expect 3 'cut.pack' replay "$scratch/cut.pack"
expect 3 'line 4' replay "$scratch/word.txt"
expect 3 'line 2' import "$scratch/id.txt" "$scratch/x"
expect 3 'no-such-file: No such file' replay "$scratch/no-such-file"
expect 3 'is a directory' show "$scratch"
expect 0 '1 ok' replay "$scratch/empty"
expect 2 'unknown option: --frobnicate' replay --frobnicate "$a_seed"
expect 2 'unknown command: frobnicate' frobnicate
expect 2 'names no input' replay
expect 2 '--check takes' replay --check some "$a_seed"
expect 2 'no such alphabet: greek' explore --alphabet greek
expect 2 '--depth takes a number from 1 to 48, not: 0' explore --depth 0
"$kheap" scenarios --lines --group faulted > "$scratch/out" || fail "scenarios --lines"
[ "$(grep -c '^[0-9]* faulted .* : agrees' "$scratch/out")" -eq 16 ] || fail "scenarios --lines prints other lines"
"$kheap" scenarios --number 0 | grep -q 'predicted: read A' || fail "scenarios --number has no prediction"
expect 2 'there is no group: greek' scenarios --group greek
expect 2 'there is no number: 99999' scenarios --number 99999
expect 2 'unknown option: --frobnicate' scenarios --frobnicate
expect 3 'no-such-file: No such file' scenarios --against "$scratch/no-such-file"
expect 3 'no-such-dir/x: No such file' explore --depth 1 --quiet --json "$scratch/no-such-dir/x"
expect 3 'no-such-dir' import "$a_seed" "$scratch/no-such-dir/x"
[ -e "$scratch/x" ] && fail "a failed import left a file"
if [ "$(id -u)" -ne 0 ]; then
    mkdir "$scratch/closed" && chmod 0 "$scratch/closed"
    expect 3 'closed: Permission denied' replay "$scratch/closed"
fi
if [ -c /dev/full ]; then
    "$kheap" replay "$a_seed" > /dev/full 2> "$scratch/err"
    if [ $? -ne 3 ] || ! grep -q 'No space left' "$scratch/err"; then
        fail "output on a full disk is taken for success"
    fi
fi

# The beginnings of an adapter compile as they are, wherever the memory comes from.
printf 'void *kmalloc(unsigned long size_bytes);\n' > "$scratch/one.c"
for kind in pool sbrk pages map own; do
    "$kheap" new-adapter "new_$kind" --memory "$kind" --folder "$scratch/new_$kind" \
        --sources "$scratch/one.c" "$scratch/new_$kind/../word.txt" > "$scratch/out" || fail "new-adapter $kind"
    grep -q "ci/allocator $scratch/new_$kind" "$scratch/out" || fail "new-adapter does not say what is next"
    cc -std=c11 -Wall -Wextra -Wmissing-prototypes -Werror -fsyntax-only -I "$(dirname -- "$0")/.." \
        "$scratch/new_$kind/adapter.c" || fail "the beginnings of an adapter do not compile: $kind"
    grep -q "memory = ADAPTER_${kind^^}," "$scratch/new_$kind/adapter.c" || fail "new-adapter $kind has other memory"
    [ "$(tail -n 1 "$scratch/new_$kind/CMakeLists.txt")" = \
        "kheap_add_allocator(new_$kind adapter.c $scratch/one.c $scratch/word.txt)" ] || fail "new-adapter names other sources"
done
! grep -h -E '@[A-Z]+@' "$scratch"/new_*/* || fail "new-adapter has left a word open"
mkdir "$scratch/inside"
cp "$scratch/one.c" "$scratch/inside"
touch "$scratch/inside/a b.c" "$scratch/in\$ide.c"
"$kheap" new-adapter inside --sources "$scratch/inside/one.c" "$scratch/inside/a b.c" --folder "$scratch/inside" \
    > /dev/null || fail "new-adapter in a folder that is there"
grep -q -x 'kheap_add_allocator(inside adapter.c one.c "a b.c")' "$scratch/inside/CMakeLists.txt" ||
    fail "new-adapter does not name sources from the folder on"
cp -r "$scratch/inside" "$scratch/kept"
expect 3 'inside/CMakeLists.txt: is there already' new-adapter inside --folder "$scratch/inside"
rm "$scratch/inside/CMakeLists.txt" "$scratch/kept/CMakeLists.txt"
expect 3 'inside/adapter.c: is there already' new-adapter inside --folder "$scratch/inside"
diff -r "$scratch/inside" "$scratch/kept" || fail "new-adapter, refused, has written something"
expect 3 'no-such.c: No such file' new-adapter none --folder "$scratch/none" --sources "$scratch/no-such.c"
expect 3 'is not a name that CMake takes' new-adapter none --folder "$scratch/none" --sources "$scratch/in\$ide.c"
expect 3 'no-such-dir/x: No such file' new-adapter x --folder "$scratch/no-such-dir/x"
expect 2 'takes a name of letters' new-adapter 'a b'
expect 2 'takes a name of letters' new-adapter
expect 2 'takes one name' new-adapter one two
expect 2 '--memory takes pool' new-adapter one --memory heap
expect 2 '--sources takes files' new-adapter one --sources
expect 2 '--folder takes a name' new-adapter one --folder
expect 2 'unknown option: --frobnicate' new-adapter one --frobnicate
[ -z "$(ls "$scratch/none")" ] || fail "new-adapter, refused, has left a file"

# An exploration for machines, and one that is interrupted: it reports what it completed.
"$kheap" explore --alphabet blocks --depth 2 --quiet --json - > "$scratch/explored" 2> /dev/null ||
    fail "explore --json -"
grep -q '"alphabet": "blocks", "policy": "first-fit".*"end": "depth", "depth": 2,' "$scratch/explored" ||
    fail "explore --json - does not tell its depth"
"$kheap" explore --alphabet mixed --quiet > "$scratch/explored" 2> "$scratch/err" &
explorer=$!
sleep 1
kill -INT "$explorer"
wait "$explorer" || fail "an exploration that is interrupted has failed"
grep -q 'depth [0-9]* complete, .*ended by interrupt' "$scratch/explored" ||
    fail "an exploration that is interrupted does not say what it completed"

# Benchmarks: what is asked for wrongly, and the form of what they write. Their figures are no test.
bench_tests()
{
    expect 2 'names no load' bench
    expect 2 '--live takes' bench --live 1000,100
    expect 2 '--live takes' bench --live 1000,
    expect 2 '--rounds takes 1 to 99, not: 0' bench --rounds 0 "$a_trace"
    expect 2 '--operations takes' bench --operations 1e6 --live 100
    expect 2 '--max-ratio takes' bench --max-ratio 0 "$a_trace"
    expect 2 'nothing to judge' bench --check-bars --live 100
    expect 2 'unknown option: --frobnicate' bench --frobnicate "$a_trace"
    expect 3 'no-such-dir/x: No such file' bench --json "$scratch/no-such-dir/x" "$a_seed"
    expect 3 'flipped.trace: packed trace: damaged' bench "$scratch/flipped.trace"
    expect 3 'cut.trace: packed trace: cut off' bench --inputs "$scratch/cut.trace"
    expect 3 'no input for --inputs' bench --inputs "$a_trace"
    expect 3 'empty: holds no operation' bench "$scratch/empty"
    "$kheap" bench --rounds 1 --json "$scratch/bench.json" --check-bars --max-ratio 0.001 --inputs "$a_seed" \
        --live 100,200 --operations 2000 "$a_seed" > "$scratch/out" 2> "$scratch/err"
    [ $? -eq 1 ] || fail "bench, with an exceeded limit, does not end with status 1"
    grep -q '^FAIL .* with step, times none$' "$scratch/out" || fail "an exceeded limit is not shown"
    jq -e '
        def figure: .least <= .median and .median <= .greatest and .least > 0;
        def costs(checks): . as $row | all(checks[]; $row[.] |
            (.cpu_ns_per_operation, .wall_ns_per_operation | figure) and .operations_per_cpu_second > 0);
        .complete and .rounds == 1 and .clock == "CLOCK_PROCESS_CPUTIME_ID" and
        (.traces | length == 1) and (.traces[0] | costs(["none", "step"]) and .full == null) and
        ([.live[].objects] == [100, 200]) and all(.live[]; .operations == 2000 and
            costs(["none", "step"]) and (.step.times_none | figure)) and
        (.inputs[0] | .inputs == 1 and costs(["none", "step", "full", "both"]) and
            .both.executions_per_cpu_second > 0) and
        (.growth | .from == 100 and .to == 200 and (.none, .step | figure))
        ' "$scratch/bench.json" > /dev/null || fail "the JSON of bench is not of the form it should be"
    timeout --preserve-status -s INT 2 "$kheap" bench --rounds 99 --json "$scratch/bench.json" --inputs "$seeds" \
        > /dev/null 2> "$scratch/err"
    if [ $? -ne 130 ] || ! grep -q 'bench: interrupted' "$scratch/err" ||
        [ "$(jq .complete "$scratch/bench.json")" != false ]; then
        fail "bench, interrupted, does not say so"
    fi
}
# A process of 32 bits has no room for the mirror, and says so.
if "$kheap" bench 2>&1 | grep -q 'has no mirror'; then
    expect 2 'has no mirror' bench "$a_trace"
else
    bench_tests
fi

# An unreadable file among good ones: the good ones run, and the status says so.
expect 3 '1 unreadable' replay "$a_seed" "$scratch/cut.trace"
grep -q ' ok ' "$scratch/out" || fail "a damaged file kept a good one from running"

test_end ok
