#include "fuzz/ftrace.h"

#include <string.h>

#include "ci/unit.h"

static struct ftrace ftrace;
static struct recording recording;

static void read_text(const char *text, bool kmalloc_only)
{
    struct line error;
    FILE *file = tmpfile();
    EXPECT(file != NULL);
    (void)fputs(text, file);
    rewind(file);
    recording_end(&recording);
    ftrace = (struct ftrace){.kmalloc_only = kmalloc_only};
    EXPECT(ftrace_read(file, &ftrace, &recording, &error));
    (void)fclose(file);
}

/* One line, and the allocation that it is. */
static void expect_alloc(const char *line, uint32_t size_bytes)
{
    read_text(line, false);
    EXPECT_EQUAL(ftrace.taken, 1);
    EXPECT_EQUAL(recording.ops.count, 1);
    EXPECT_EQUAL(recording.ops.ops[0].kind, OP_ALLOC);
    EXPECT_EQUAL(recording.ops.ops[0].size, size_bytes);
}

TEST(each_program_and_kernel_prints_events_in_its_own_way)
{
    /* trace-cmd report, with and without the function in parentheses */
    expect_alloc("  make-4711  [001] 17.250001: kmalloc:   (single_open+0x2a) call_site=ffffffff81 "
                 "ptr=0xffff888004 bytes_req=32 bytes_alloc=32 gfp_flags=GFP_KERNEL\n",
                 32);
    expect_alloc(
        "  make-4711  [001] 17.250001: kmem_cache_alloc: call_site=getname+0x1f ptr=0xffff "
        "bytes_req=4096 bytes_alloc=4096 gfp_flags=GFP_KERNEL node=-1 accounted=false\n",
        4096);
    /* tracefs, hashed pointers; a task with a colon in its name */
    expect_alloc(" kworker/0:1-12 [000] ..... 3.000001: kmalloc_node: call_site=x+0x1/0x2 "
                 "ptr=00000000c0ffee11 bytes_req=77 bytes_alloc=96 gfp_flags=0 node=0\n",
                 77);
    expect_alloc(" kfree: -12 [000] d..1. 3.000001: kmalloc: call_site=c104deff ptr=c147dd20 "
                 "bytes_req=29 bytes_alloc=32 gfp_flags=GFP_KERNEL\n",
                 29);
    /* perf script; and the option `fields', which prints both notations */
    expect_alloc("make 4711 [001] 17.25: kmem:kmalloc: call_site=0xff ptr=0xfe bytes_req=8 "
                 "bytes_alloc=8 gfp_flags=GFP_KERNEL",
                 8);
    expect_alloc("make-1 [0] 1.0: kmem_cache_alloc_node: call_site=0xff (-1) ptr=0xffff88 (-130) "
                 "bytes_req=0x10 (16) bytes_alloc=0x10 (16)\n",
                 16);
}

TEST(frees_are_paired_and_events_of_others_are_left_out)
{
    read_text("# tracer: nop\n"
              "a-1 [000] 1.0: kfree: call_site=1 ptr=0x1111\n"
              "a-1 [000] 1.1: kmalloc: call_site=1 ptr=0x2222 bytes_req=5 bytes_alloc=8\n"
              "a-1 [000] 1.2: kmem_cache_alloc: call_site=1 ptr=0x3333 bytes_req=6 bytes_alloc=8\n"
              "a-1 [000] 1.3: mm_page_alloc: page=0x1 pfn=0x1 order=0 gfp_flags=0\n"
              "a-1 [000] 1.3: sched_switch: prev_comm=a ptr=4\n"
              "a-1 [000] 1.4: kmem_cache_free: call_site=1 ptr=0x3333 name=files_cache\n"
              "a-1 [000] 1.5: kfree: call_site=1 ptr=  (null)\n"
              "a-1 [000] 1.5: kfree: call_site=1 ptr=(nil)\n"
              "a-1 [000] 1.6: kfree: call_site=1 ptr=0x2222\n"
              "a-1 [000] 1.7: kmalloc: call_site=1 ptr=0x2222 bytes_alloc=8\n",
              false);
    EXPECT_EQUAL(recording.ops.count, 4);
    EXPECT_EQUAL(recording.ops.ops[2].slot, 1);
    EXPECT_EQUAL(recording.ops.ops[3].slot, 0);
    EXPECT_EQUAL(recording.unknown_frees, 1);
    EXPECT_EQUAL(recording.null_count, 2);
    EXPECT_EQUAL(ftrace.other_events, 2);
    EXPECT_EQUAL(ftrace.damaged, 1);
    EXPECT_EQUAL(ftrace.taken, 7);
}

TEST(lost_events_are_counted_and_the_frees_among_them_put_in)
{
    read_text("a-1 [000] 1.1: kmalloc: call_site=1 ptr=0x2222 bytes_req=5 bytes_alloc=8\n"
              "CPU:2 [LOST 123 EVENTS]\n"
              "CPU:0 [EVENTS DROPPED]\n"
              "CPU 1 is empty\n"
              "a-1 [000] 1.1: kmalloc: call_site=1 ptr=0x2222 bytes_req=6 bytes_alloc=8\n",
              false);
    EXPECT_EQUAL(ftrace.lost, 123);
    EXPECT_EQUAL(ftrace.lost_times, 2);
    EXPECT_EQUAL(recording.missed_frees, 1);
    EXPECT_EQUAL(recording.ops.count, 3);
}

TEST(slab_caches_can_be_left_out)
{
    read_text("a-1 [000] 1.1: kmalloc: call_site=1 ptr=0x2222 bytes_req=5 bytes_alloc=8\n"
              "a-1 [000] 1.2: kmem_cache_alloc: call_site=1 ptr=0x3333 bytes_req=6 bytes_alloc=8\n"
              "a-1 [000] 1.2: kmem_cache_free: call_site=1 ptr=0x3333\n",
              true);
    EXPECT_EQUAL(recording.ops.count, 1);
    EXPECT_EQUAL(ftrace.caches_left_out, 2);
}

TEST(such_texts_are_recognised_and_others_are_not)
{
    static const char *const texts[] = {
        "# tracer: nop\n#\n",
        "cpus=8\n",
        "version = 6\nCPU 1 is empty\ncpus=8\n",
        "CPU:2 [LOST 123 EVENTS]\n",
        "a-1 [000] 1.1: kmalloc: call_site=1 ptr=0x2222 bytes_req=5 bytes_alloc=8",
    };
    static const char *const others[] = {"", "\n", "a 1 100\nf 1\n", "# kheap\na 0 100\n", "x\0y"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        EXPECT(ftrace_recognise(texts[i], strlen(texts[i])));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        EXPECT(!ftrace_recognise(others[i], strlen(others[i])));
}

TEST_MAIN(RUN(each_program_and_kernel_prints_events_in_its_own_way)
              RUN(frees_are_paired_and_events_of_others_are_left_out)
                  RUN(lost_events_are_counted_and_the_frees_among_them_put_in)
                      RUN(slab_caches_can_be_left_out)
                          RUN(such_texts_are_recognised_and_others_are_not))
