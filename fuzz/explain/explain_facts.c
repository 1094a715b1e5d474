#include "fuzz/explain/explain_facts.h"

static void write_fields(struct text *text)
{
    static const struct {
        const char *name;
        uint32_t offset;
    } fields[] = {
        {"magic", HEAP_MAGIC},
        {"policy", HEAP_POLICY},
        {"key", HEAP_KEY},
        {"frame bitmap", HEAP_FRAMES},
        {"limit of the window", HEAP_LIMIT},
        {"end of the heap (HEAP_PTR)", HEAP_END},
        {"live blocks", HEAP_LIVE_BLOCKS},
        {"live bytes", HEAP_LIVE_BYTES},
        {"mapped pages", HEAP_MAPPED_PAGES},
        {"dense granules", HEAP_DENSE},
        {"reclaim: list", HEAP_RECLAIM_LIST},
        {"reclaim: block", HEAP_RECLAIM_BLOCK},
        {"reclaim: page", HEAP_RECLAIM_PAGE},
        {"peak of live bytes", HEAP_PEAK_BYTES},
        {"peak of mapped pages", HEAP_PEAK_PAGES},
        {"peak of the end", HEAP_PEAK_END},
        {"refused: size", HEAP_REFUSED_SIZE},
        {"refused: window full", HEAP_REFUSED_WINDOW},
        {"refused: no frame", HEAP_REFUSED_FRAMES},
        {"misuses", HEAP_MISUSES},
    };
    text_key(text, "fields");
    text_add(text, "[");
    for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        text_item(text, fields[i].offset);
        text_add(text, ",");
        text_string(text, fields[i].name);
    }
    text_add(text, "]");
}

void facts_write(const struct session *session, struct text *text)
{
    const struct scene *scene = &session->scene;
    const struct {
        const char *name;
        uint32_t value;
    } facts[] = {
        {"key", scene->key},
        {"heap_at", scene->heap_at.v},
        {"heap_limit", scene->heap_limit.v},
        {"control_size", CONTROL_SIZE},
        {"end_field", HEAP_END},
        {"block_min", BLOCK_SIZE_MIN},
        {"frames_at", scene->frames_at.v},
        {"frames_bits", FRAMES_BITS},
        {"frame_count", scene->frame_count},
        {"page_size", PAGE_SIZE},
        {"tables_at", TABLES_AT},
        {"directory_at", DIRECTORY_AT},
        {"device_slot", PROBE_SLOT_DEVICE},
        {"kernel_slot", PROBE_SLOT_KERNEL},
        {"recursive_slot", RECURSIVE_SLOT},
        {"root", probe_root().n},
        {"freelist", HEAP_FREELIST},
        {"policy", scene->policy},
        {"bins_bitmaps", BINS_BITMAPS},
        {"bins_heads", BINS_HEADS},
        {"bins_end", BINS_END},
        {"bins_columns", BINS_COLUMNS},
    };
    text_key(text, "machine");
    text_add(text, "{");
    for (uint32_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        text_member(text, facts[i].name, facts[i].value);
    write_fields(text);
    text_add(text, "}");
}
