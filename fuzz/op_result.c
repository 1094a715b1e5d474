#include "fuzz/op_result.h"

#include "fuzz/op_line.h"

static bool asks_for_block(enum op_kind kind)
{
    return kind == OP_ALLOC || kind == OP_ALIGNED || kind == OP_ZALLOC || kind == OP_REALLOC;
}

static void count_append(struct line *line, uint32_t count, const char *one, const char *more)
{
    line_decimal(line, count);
    line_text(line, count == 1u ? one : more);
}

static void address_append(struct line *line, const char *before, uint32_t at)
{
    line_text(line, before);
    line_hex(line, at, 8);
}

/* What became of the operation's own slot. */
static void block_append(const struct session_result *result, struct line *line)
{
    bool moved = result->before_at != 0 && result->at != result->before_at;
    if (asks_for_block(result->op->kind) && result->at != 0) {
        address_append(line, "", result->at);
        line_text(line, ", ");
        count_append(line, result->usable_bytes, " byte", " bytes");
        if (result->refused)
            line_text(line, ", refused");
        else if (moved)
            address_append(line, ", moved from ", result->before_at);
    } else if (asks_for_block(result->op->kind) && result->before_at == 0) {
        line_text(line, result->refused ? "refused" : "null");
    } else if (moved && result->at == 0) {
        address_append(line, "freed ", result->before_at);
    } else {
        line_text(line, "done");
    }
}

static void misuse_append(const struct session_result *result, struct line *line)
{
    if (result->misuse_count == 0)
        return;
    line_text(line, "; ");
    count_append(line, result->misuse_count, " misuse", " misuses");
    address_append(line, " reported at ", result->misuse_at);
    line_text(line, ": ");
    line_text(line, result->misuse_reason);
}

static void frames_append(const struct session_result *result, struct line *line)
{
    uint32_t before = result->frames_free_before;
    if (result->frames_free == before)
        return;
    line_text(line, "; ");
    if (result->frames_free < before)
        count_append(line, before - result->frames_free, " frame taken", " frames taken");
    else
        count_append(line, result->frames_free - before, " frame given back", " frames given back");
}

void op_result_line(const struct session_result *result, struct line *line)
{
    if (!result->applied && !result->violated) {
        line_text(line, "skipped");
        return;
    }
    block_append(result, line);
    misuse_append(result, line);
    if (result->interrupted && result->handler_at != 0)
        address_append(line, "; interrupted, the handler has ", result->handler_at);
    else if (result->interrupted)
        line_text(line, "; interrupted, the handler's slot is empty");
    frames_append(result, line);
    if (result->violated)
        line_text(line, "; breaks a rule");
}

static void address_json(FILE *out, const char *key, uint32_t at)
{
    if (at == 0)
        (void)fprintf(out, ", \"%s\": null", key);
    else
        (void)fprintf(out, ", \"%s\": \"%08x\"", key, at);
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

void op_result_json(const struct session_result *result, FILE *out)
{
    struct line text;
    line_clear(&text);
    op_line(result->op, &text);
    (void)fprintf(out, "{\"operation\": %u, \"text\": \"%s\", \"applied\": %s, \"violated\": %s",
                  result->operation, text.text, truth(result->applied), truth(result->violated));
    address_json(out, "at", result->at);
    (void)fprintf(out, ", \"usable_bytes\": %u", result->usable_bytes);
    address_json(out, "freed", result->before_at != result->at ? result->before_at : 0);
    (void)fprintf(out, ", \"refused\": %s, \"interrupted\": %s", truth(result->refused),
                  truth(result->interrupted));
    address_json(out, "handler_at", result->interrupted ? result->handler_at : 0);
    (void)fprintf(out, ", \"misuses\": %u", result->misuse_count);
    if (result->misuse_count != 0)
        (void)fprintf(out, ", \"misuse_reason\": \"%s\"", result->misuse_reason);
    else
        (void)fputs(", \"misuse_reason\": null", out);
    address_json(out, "misuse_at", result->misuse_count != 0 ? result->misuse_at : 0);
    (void)fprintf(out, ", \"frames_taken\": %lld, \"end\": \"%08x\"}",
                  (long long)result->frames_free_before - (long long)result->frames_free,
                  result->end);
}
