#include <stdlib.h>
#include <string.h>

#include "fuzz/explain/explain.h"
#include "fuzz/explain/explain_template.h"
#include "fuzz/file.h"

bool explain_page_write(const char *path, const struct text *json, struct line *error)
{
    uint32_t size_bytes = explain_head_bytes + json->committed + explain_tail_bytes;
    uint8_t *page = malloc(size_bytes);
    if (page == NULL)
        return file_error(error, path, "not enough memory to write it");
    memcpy(page, explain_head, explain_head_bytes);
    memcpy(page + explain_head_bytes, json->bytes, json->committed);
    memcpy(page + explain_head_bytes + json->committed, explain_tail, explain_tail_bytes);
    bool ok = file_write(path, page, size_bytes, error);
    free(page);
    return ok;
}
