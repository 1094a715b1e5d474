#!/usr/bin/env bash
# Loads go into the tool and out of it: results beside operations, texts and bytes both ways, the
# kernel's tracing, recorded programs. With a kernel, they give the same verdicts in QEMU.
# usage: ci/loads_test.sh KHEAP CORPUS [KERNEL]
# Exit status: 0 they do, 1 they do not.
set -u -o pipefail
kheap=$(realpath -- "$1") || exit 1
corpus=$(realpath -- "$2") || exit 1
kernel=${3:+$(realpath -- "$3")}
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "$root/ci/test_common.sh" || exit 1
cd -- "$scratch" || exit 1

# expect STATUS TEXT ARGUMENT...: runs the tool, wants the status, and the text in what it says.
expect()
{
    local status=$1 text=$2 found
    shift 2
    "$kheap" "$@" > out 2> err < /dev/null
    found=$?
    if [ "$found" -ne "$status" ] || ! grep -q -- "$text" out err; then
        fail "kheap $*: status $found (expected $status), expected the text: $text"
        cat out err
    fi
}

# same FILE FILE WHAT
same()
{
    cmp -s "$1" "$2" || fail "$3"
}

# A text, and what each operation did on the way.
cat > told.txt <<'TEXT'
# kheap
heap bins 16 64
a 0 100
a 0 5
f 0
double-free 0
a 1 20000
a 2 4000000
reclaim 9
interrupt 1 5 40
z 3 2 30
stats
TEXT
shows_results()
{
    local input
    expect 0 '^      1  a 0 100  *c04007c8, 104 bytes$' replay --trace told.txt
    grep -q '^      2  a 0 5  *skipped$' out || fail "a skipped operation is not told"
    grep -q '^      3  f 0  *freed c04007c8$' out || fail "a free is not told"
    grep -q '^      4  double-free 0 .*1 misuse reported at c04007c8: double free$' out || fail "a misuse is not told"
    grep -q '^      5  a 1 20000 .*; 5 frames taken$' out || fail "frames are not told"
    grep -q '^      6  a 2 4000000  *refused$' out || fail "a refusal is not told"
    grep -q '^      9  z 3 2 30 .*interrupted, the handler has c04' out || fail "an interrupt is not told"
    tail -n 1 out | grep -q '^told.txt ok operations=10 applied=9 ' || fail "the verdict does not come last"
    expect 0 '^f 0  *# freed c04007c8$' show --results told.txt
    # In the middle of all that, the text is still the input.
    for input in told.txt "$corpus/found"/* "$corpus/seeds"/mixed-*; do
        "$kheap" import "$input" once.ops > /dev/null || fail "import of $input"
        "$kheap" show --results "$input" > results.txt || fail "show --results $input"
        "$kheap" import results.txt twice.ops > /dev/null || fail "import of the results of $input"
        same once.ops twice.ops "results change the operations of $input"
        "$kheap" import - twice.ops < results.txt > /dev/null || fail "import of the results from a pipe"
        same once.ops twice.ops "operations from a pipe differ from those of a file"
    done
    "$kheap" replay --trace --json trace.json told.txt "$scratch/none" > /dev/null 2>&1
    [ -e trace.json ] && fail "a JSON document is written although no input was run"
    "$kheap" replay --trace --json trace.json told.txt > /dev/null 2>&1 || fail "replay --json"
    jq -e '.port and .check == "step" and .summary == {inputs: 1, ok: 1, violations: 0, unreadable: 0,
            operations: 10, swept: 0} and
        (.inputs[0] | .input == "told.txt" and .verdict == "ok" and (.digest | length == 16) and
            ([.trace[].applied] == [true, false, true, true, true, true, true, true, true, true]) and
            .trace[3].misuse_reason == "double free" and .trace[4].frames_taken == 5 and
            .trace[5].refused and .trace[2].freed == "c04007c8" and .trace[8].interrupted)' \
        trace.json > /dev/null || fail "the JSON of replay is not of the form that it should be"
    "$kheap" replay --json - told.txt "$corpus/seeds" 2> /dev/null | jq -e '.summary.violations == 0' > /dev/null ||
        fail "replay --json - is no JSON"
    "$kheap" show --json - --results told.txt | jq -e '(.operations | length == 10) and
        (.verdict | startswith("told.txt ok ")) and .frames == 16' > /dev/null || fail "show --json --results"
    "$kheap" show --json - told.txt | jq -e '.operations[8] == {operation: 9, text: "z 3 2 30", word: "z",
        slot: 3, size: 30, arg: 2}' > /dev/null || fail "show --json"
    "$kheap" pack two.pack told.txt "$corpus/seeds/nothing.txt" > /dev/null
    expect 3 'a pack of 2 inputs; --input shows one, as told.txt, nothing.txt' show two.pack
    expect 0 '^double-free 0$' show --input told.txt two.pack
    expect 3 'no input of this pack has that name' show --input gone two.pack
    expect 2 '--json takes a file' show told.txt --json
    expect 2 '--json takes a file' replay told.txt --json
    expect 3 'no-such-dir/x: No such file' replay --json no-such-dir/x told.txt
    expect 3 'no-such-dir/x: No such file' show --json no-such-dir/x told.txt
    if [ -c /dev/full ]; then
        "$kheap" show told.txt > /dev/full 2> err
        if [ $? -ne 3 ] || ! grep -q 'No space left' err; then
            fail "show on a full disk is taken for success"
        fi
    fi
}

# The machine of a trace, too, stays the same.
keeps_machines()
{
    printf 'a 1 100\na 2 200000\nf 1\n' > load.txt
    expect 0 '3 operations; 77 frames' import --frames 77 load.txt load.trace
    "$kheap" show --results load.trace > again.txt || fail "show of a trace with results"
    "$kheap" import again.txt again.trace > /dev/null || fail "import of a trace with results"
    same load.trace again.trace "the machine of a trace is lost on the way through text"
    expect 0 '2 operations; ' import --operations 2 load.txt load.trace
    expect 3 'told.txt: line 3: id 0 is out of order' import --form load told.txt x.trace
    expect 2 '--form takes operations, ftrace or load, not: text' import --form text load.txt x.trace
    expect 2 '--frames takes 1 to 65536, not: 65537' import --frames 65537 load.txt x.trace
    expect 3 'told.gone: No such file' import told.gone x.trace
    expect 3 'is a directory\|Is a directory' import . x.trace
    [ -e x.trace ] && fail "a failed import leaves a file"
    # A pipe stands for all that is no regular file: as root, a device would be lost to a mistake here.
    mkfifo pipe && { timeout 10 cat pipe > piped.ops & }
    timeout 10 "$kheap" import told.txt pipe > /dev/null || fail "import into a pipe"
    [ -p pipe ] || fail "a pipe is replaced by a file"
    wait
    "$kheap" import told.txt plain.ops > /dev/null
    same plain.ops piped.ops "what goes through a pipe is not what goes to a file"
}

# Prints a load as trace-cmd report would: kmalloc and kfree in turn with the slab caches' events.
as_ftrace()
{
    awk -v task="$1" 'BEGIN { print "cpus=2" }
        function event(name, fields) {
            printf "%16s [%03d] %6d.%06d: %-20s %s\n", task, NR % 2, NR / 1000000, NR % 1000000, name ":", fields
        }
        $1 == "a" { event($2 % 2 ? "kmalloc" : "kmem_cache_alloc",
            sprintf("call_site=load+0x%x ptr=0xffff8880%08x bytes_req=%d bytes_alloc=%d gfp_flags=GFP_KERNEL node=-1",
                $2 % 4096, $2 * 64, $3, $3 + 8)) }
        $1 == "f" { event($2 % 2 ? "kfree" : "kmem_cache_free",
            sprintf("call_site=load+0x%x ptr=0xffff8880%08x", $2 % 4096, $2 * 64)) }
        NR % 1000 == 0 { event("sched_switch", "prev_comm=a prev_pid=1 ==> next_comm=b next_pid=2") }'
}

imports_tracing()
{
    cat > kmem.txt <<'TEXT'
# tracer: nop
#
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
            bash-217     [001] .....    12.500101: kfree: call_site=seq_release+0x1d/0x40 ptr=00000000aa11bb22
            bash-217     [001] .....    12.500107: kmalloc: call_site=seq_open+0x2a/0x90 ptr=00000000c0ffee01 bytes_req=40 bytes_alloc=64 gfp_flags=GFP_KERNEL node=-1 accounted=false
     kworker/0:1-12      [000] d..1.    12.500112: kmem_cache_alloc: call_site=getname+0x1f/0x1b0 ptr=00000000c0ffee02 bytes_req=4096 bytes_alloc=4096 gfp_flags=GFP_KERNEL node=-1 accounted=false
CPU:1 [LOST 31 EVENTS]
            bash-217     [001] .....    12.500119: kmalloc: call_site=seq_open+0x2a/0x90 ptr=00000000c0ffee01 bytes_req=48 bytes_alloc=64 gfp_flags=GFP_KERNEL node=-1 accounted=false
            bash-217     [001] .....    12.500121: mm_page_alloc: page=00000000deadbeef pfn=0x1234 order=0 migratetype=0 gfp_flags=GFP_KERNEL
            bash-217     [001] .....    12.500125: kfree: call_site=single_release+0x1d/0x40 ptr=0000000000000000
     kworker/0:1-12      [000] d..1.    12.500131: kmem_cache_free: call_site=putname+0x47/0x50 ptr=00000000c0ffee02 name=names_cache
TEXT
    expect 0 '^  5 operations, 3 allocations; ' import kmem.txt kmem.trace
    grep -q '^  1 frees of what was allocated before' out || fail "a free of what is not known is not counted"
    grep -q '^  1 frees put in' out || fail "a free that was missed is not counted"
    grep -q 'lost events 1 times, 31 in all' out || fail "lost events are not counted"
    grep -q '^  1 lines of other events' out || fail "events of others are not counted"
    printf 'a 1 40\na 2 4096\nf 1\na 3 48\nf 2\n' > expected.txt
    "$kheap" show kmem.trace | sed '/^[#h]/d' > found.txt
    same expected.txt found.txt "the operations of a trace of the kernel are wrong"
    "$kheap" import --json - kmem.txt kmem.trace | jq -e '.form == "ftrace" and .operations == 5 and .events == 6 and
        .lost == 31 and .missed_frees == 1 and .unknown_frees == 1 and .bytes > 544' > /dev/null ||
        fail "the JSON of import is not of the form that it should be"
    expect 0 '2 events of slab caches, left out' import --kmalloc-only kmem.txt x.trace
    printf '# tracer: nop\n' > nothing.txt
    expect 3 'nothing.txt: holds no allocation' import nothing.txt none.trace
    # A long one, in the two ways that it reaches the tool, is what it was made of.
    "$kheap" show "$corpus/traces/kern_make.trace" | sed 1,2d | head -n 60000 > long.txt
    as_ftrace 'make:x-4711' < long.txt > long.ftrace
    "$kheap" import long.ftrace long.trace > out || fail "import of a long trace of the kernel"
    "$kheap" show long.trace | sed 1,2d > found.txt
    same long.txt found.txt "a long trace of the kernel is not what it was made of"
    gzip -k long.ftrace && expect 3 'is compressed: zcat it' import long.ftrace.gz x.trace
    gzip -c long.ftrace | zcat | "$kheap" import - piped.trace > /dev/null || fail "import from a pipe"
    same long.trace piped.trace "a trace from a pipe is another"
    expect 0 ' ok operations=60000 applied=60000 ' replay --check step long.trace
    expect 0 ' ok operations=5 applied=5 ' replay --check both kmem.trace
}

# Threads that hand blocks to each other, all the calls that there are, a child, and an end by a signal.
cat > program.c <<'TEXT'
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *shared[64];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *argument)
{
    unsigned random = (unsigned)(uintptr_t)argument;
    for (int i = 0; i < 5000; i++) {
        random = random * 1103515245u + 12345u;
        void *volatile mine = malloc(random / 16u % 500u + 1u);
        if (random / 1048576u % 3u == 0)
            mine = realloc(mine, random / 8u % 5000u + 1u);
        pthread_mutex_lock(&lock);
        void *other = shared[random / 256u % 64u];
        shared[random / 256u % 64u] = mine;
        pthread_mutex_unlock(&lock);
        free(other);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[4];
    void *volatile block = NULL;
    void *aligned = NULL;
    for (uintptr_t i = 0; i < 4u; i++)
        pthread_create(&threads[i], NULL, work, (void *)(i + 7u));
    if (fork() == 0) {
        for (size_t i = 1; i <= 1000; i++) {
            block = malloc(i);
            free(block);
        }
        _exit(0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    wait(NULL);
    if (posix_memalign(&aligned, 24, 100) == 0 || posix_memalign(&aligned, 256, 7001) != 0)
        return 9;
    free(aligned);
    block = aligned_alloc(64, 7002);
    free(block);
    block = memalign(4096, 7003);
    free(block);
    block = calloc(7, 1001);
    block = reallocarray(block, 7, 1002);
    free(block);
    if (reallocarray(NULL, SIZE_MAX / 2u, 3) != NULL || calloc(SIZE_MAX / 2u, 3) != NULL)
        return 9;
    block = malloc(7020);
    if (argc > 1 && strcmp(argv[1], "die") == 0)
        raise(SIGKILL);
    return argc > 1 ? atoi(argv[1]) : 0;
}
TEXT

records_programs()
{
    cc -O1 -o program program.c -lpthread 2> err || { fail "the program to record does not compile" && cat err && return; }
    expect 0 '^program.trace: ' record --children -- ./program
    "$kheap" show program.trace > program.txt
    for call in 'm [0-9]* 7001 256' 'm [0-9]* 7002 64' 'm [0-9]* 7003 4096' 'a [0-9]* 7007' 'r [0-9]* 7014' \
        'a [0-9]* 7020'; do
        grep -q "^$call\$" program.txt || fail "not recorded: $call"
    done
    [ "$(grep -c '^a' program.txt)" -ge 20000 ] || fail "the threads' calls are not all there"
    grep -q 'frees of what was allocated before\|frees put in' err && fail "the order of the threads' calls is wrong"
    [ "$(find . -name 'program.trace.*' | wc -l)" -eq 1 ] || fail "the child has no trace of its own"
    "$kheap" show program.trace.* > shown
    grep -q '^a [0-9]* 1000$' shown || fail "the child's calls are not recorded"
    expect 0 'program.trace ok ' replay program.trace program.trace.*
    expect 1 'ended with status 3' record --output status.trace ./program 3
    expect 1 'signal 9' record --output killed.trace --json killed.json -- ./program die
    "$kheap" show killed.trace | tail -n 1 | grep -q '^a [0-9]* 7020$' || fail "a program that is killed loses calls"
    jq -e '.signal == 9 and .status == -1 and .traces[0].program == "program" and .traces[0].operations > 40000' \
        killed.json > /dev/null || fail "the JSON of record is not of the form that it should be"
    expect 0 '--operations' record --operations 1000 --output short.trace ./program
    expect 0 'short.trace ok operations=' replay short.trace
    expect 0 'of ls, process' record --output exec.trace sh -c 'cd /; exec ls'
    expect 3 'no-such-program: No such file' record no-such-program
    expect 3 'told.txt: Permission denied' record ./told.txt
    expect 3 'no-such-dir/x: No such file' record --output no-such-dir/x ls
    expect 2 'names no command' record --
    expect 2 'unknown option: --frobnicate' record --frobnicate ls
    if cc -static -o static program.c -lpthread 2> /dev/null; then
        expect 3 './static: nothing was recorded' record ./static
    fi
    # Ctrl-C reaches the command, and what it did until then is kept.
    set -m
    "$kheap" record --output ended.trace sh -c 'echo started > started; exec sleep 60' > out 2> err &
    local recorder=$!
    set +m
    for _ in $(seq 100); do
        [ -s started ] && break
        sleep 0.1
    done
    sleep 0.5
    kill -INT -- "-$recorder"
    wait "$recorder"
    [ $? -eq 130 ] || fail "a recording that is interrupted does not end with 130"
    expect 0 'ended.trace ok ' replay ended.trace
    [ -z "$(find . -name '*recording-*')" ] || fail "record leaves its directory"
    # As people will try it first.
    expect 0 '^ls.trace: ' record -- ls -lR /usr/share
    expect 0 '^ls.trace ok ' replay ls.trace
}

# What is larger than any machine of a trace is said, and refused justly.
fits_machines()
{
    awk 'BEGIN { for (i = 1; i <= 400; i++) print "a", i, 1000000 }' > large.txt
    expect 0 'large.txt\|400 operations; 65536 frames' import large.txt large.trace
    expect 0 'large.trace ok operations=400 ' replay large.trace
    as_ftrace big-1 < large.txt > large.ftrace
    expect 0 'requests will be refused; --operations takes the beginning' import large.ftrace x.trace
    expect 0 '^  100 operations, 100 allocations; ' import --operations 100 large.ftrace x.trace
    grep -q 'will be refused' out && fail "a load that fits is said not to"
}

shows_results
keeps_machines
imports_tracing
records_programs
fits_machines
if [ -n "$kernel" ] && [ "$failures" -eq 0 ]; then
    "$root/boot/verdicts_test.sh" "$kheap" "$kernel" microvm modules \
        kmem.trace long.trace program.trace ls.trace || fail "QEMU says otherwise"
fi

test_end ok
