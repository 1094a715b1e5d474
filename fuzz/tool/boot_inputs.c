/* The inputs of a boot: read, and run on the host. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/file.h"
#include "fuzz/pack_write.h"
#include "fuzz/tool/boot.h"

static void report_error(struct boot_inputs *inputs, const char *name, const char *why)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "%s%s%s\n", name, *name != '\0' ? ": " : "", why);
    inputs->error_count++;
}

static bool reserve(struct boot_inputs *inputs)
{
    if (inputs->count < inputs->capacity)
        return true;
    uint32_t capacity = inputs->capacity * 2u + 64u;
    struct boot_input *list = realloc(inputs->list, capacity * sizeof(*list));
    if (list == NULL)
        return false;
    inputs->list = list;
    inputs->capacity = capacity;
    return true;
}

/* A name as a verdict line can carry it: one line of text, short enough for a pack. */
static void set_name(struct boot_input *input, const char *name)
{
    uint32_t length = 0;
    for (; length < PACK_NAME_MAX && name[length] != '\0'; length++)
        input->name[length] = (unsigned char)name[length] < ' ' ? '?' : name[length];
    input->name[length] = '\0';
}

static void add(struct boot_inputs *inputs, const char *path, const char *name, const uint8_t *data,
                uint32_t size_bytes)
{
    char *path_copy = strdup(path);
    uint8_t *data_copy = malloc((size_t)size_bytes + 1u);
    const char *why = "not enough memory to keep it";
    if (path_copy != NULL && data_copy != NULL && reserve(inputs)) {
        struct boot_input *input = &inputs->list[inputs->count];
        if (size_bytes != 0)
            memcpy(data_copy, data, size_bytes);
        *input =
            (struct boot_input){.path = path_copy, .data = data_copy, .size_bytes = size_bytes};
        set_name(input, name);
        why = boot_host(input);
    }
    if (why == NULL) {
        inputs->count++;
        return;
    }
    free(path_copy);
    free(data_copy);
    report_error(inputs, name, why);
}

void boot_inputs_read(struct boot_inputs *inputs, const char *path)
{
    struct file file;
    struct line error;
    struct pack pack;
    struct pack_input input;
    if (!file_read_input(path, &file, &error)) {
        report_error(inputs, "", error.text);
        return;
    }
    if (!pack_recognise(file.data, file.size_bytes)) {
        add(inputs, path, file_name(path), file.data, file.size_bytes);
    } else {
        const char *why = pack_open(&pack, file.data, file.size_bytes);
        if (why != NULL)
            report_error(inputs, path, why);
        while (why == NULL && boot_interrupted() == 0 && pack_next(&pack, &input))
            add(inputs, path, input.name, input.data, input.size_bytes);
    }
    file_free(&file);
}

void boot_inputs_free(struct boot_inputs *inputs)
{
    for (uint32_t i = 0; i < inputs->count; i++) {
        free(inputs->list[i].path);
        free(inputs->list[i].data);
    }
    free(inputs->list);
    *inputs = (struct boot_inputs){0};
}

uint32_t boot_pack_write(const struct boot_inputs *inputs, uint32_t first, const char *path,
                         struct line *error)
{
    struct pack_writer writer = {0};
    bool ok = true;
    for (uint32_t i = first; ok && i < inputs->count; i++) {
        const struct boot_input *input = &inputs->list[i];
        ok = pack_write_input(&writer, input->name, input->data, input->size_bytes);
    }
    ok = ok && pack_write_header(&writer);
    if (!ok)
        (void)file_error(error, path, "not enough memory for the pack of inputs");
    ok = ok && file_write(path, writer.data, writer.size_bytes, error);
    pack_write_free(&writer);
    return ok ? inputs->count - first : 0;
}
