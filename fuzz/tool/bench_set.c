#include <stdlib.h>

#include "fuzz/input.h"
#include "fuzz/pack.h"
#include "fuzz/tool/bench.h"

/* Also finds, before anything is measured, inputs that cannot be run. */
static const char *operations_count(const struct bench_input *input, uint64_t *count)
{
    struct input reader;
    struct op op;
    const char *why = input_open(&reader, input->data, input->size_bytes);
    while (why == NULL && input_next(&reader, &op))
        ++*count;
    return why;
}

/* A list with room for one more than count items. Null if there is no memory for it; then the list
 * is as it was. */
static void *list_room(void *list, uint32_t count, size_t item_bytes)
{
    /* It grows whenever the count is a power of two, or 0. */
    if ((count & (count - 1u)) != 0)
        return list;
    return realloc(list, (2u * (size_t)count + 1u) * item_bytes);
}

static const char *add_input(struct bench_set *set, const uint8_t *data, uint32_t size_bytes)
{
    struct bench_input input = {data, size_bytes};
    struct bench_input *inputs = list_room(set->inputs, set->input_count, sizeof(*inputs));
    if (inputs == NULL)
        return "not enough memory for it";
    set->inputs = inputs;
    inputs[set->input_count++] = input;
    return operations_count(&input, &set->operation_count);
}

static const char *add_pack(struct bench_set *set, const struct file *file)
{
    struct pack pack;
    struct pack_input input;
    const char *why = pack_open(&pack, file->data, file->size_bytes);
    while (why == NULL && pack_next(&pack, &input))
        why = add_input(set, input.data, input.size_bytes);
    return why;
}

bool bench_set_add(struct bench_set *set, const char *name, struct file *file, struct line *error)
{
    struct file *files = list_room(set->files, set->file_count, sizeof(*files));
    if (files == NULL) {
        file_free(file);
        return file_error(error, name, "not enough memory for it");
    }
    set->files = files;
    files[set->file_count++] = *file;
    const char *why = pack_recognise(file->data, file->size_bytes)
                          ? add_pack(set, file)
                          : add_input(set, file->data, file->size_bytes);
    return why == NULL || file_error(error, name, why);
}

bool bench_set_read(struct bench_set *set, const char *path, struct line *error)
{
    struct file file;
    return file_read_input(path, &file, error) && bench_set_add(set, path, &file, error);
}

void bench_set_free(struct bench_set *set)
{
    for (uint32_t i = 0; i < set->file_count; i++)
        file_free(&set->files[i]);
    free(set->files);
    free(set->inputs);
    *set = (struct bench_set){0};
}
