#include "boot/modules.h"

#include <stddef.h>

#include "boot/memory.h"
#include "fuzz/input.h"

void modules_open(struct modules *modules, const struct multiboot_info *info)
{
    bool any = (info->flags & MULTIBOOT_HAS_MODULES) != 0;
    *modules = (struct modules){
        .next = any ? memory_direct(info->modules_at) : NULL,
        .left = any ? info->module_count : 0,
    };
}

/* QEMU hands over "FILE NAME", other loaders what stands behind the file in their configuration:
 * a module is named by what follows the first space if there is one, without directories. */
static const char *module_name(const struct multiboot_module *module)
{
    if (module->command_line_at == 0)
        return "module";
    const char *text = memory_direct(module->command_line_at);
    const char *name = text;
    for (; *text != '\0' && *text != ' '; text++)
        if (text[0] == '/' && text[1] != '\0')
            name = text + 1;
    if (text[0] == ' ' && text[1] != '\0') {
        name = ++text;
        for (; *text != '\0'; text++)
            if (text[0] == '/' && text[1] != '\0')
                name = text + 1;
    }
    return name;
}

static void module_input(struct modules *modules, const struct multiboot_module *module,
                         struct named_input *input)
{
    *input = (struct named_input){
        .name = module_name(module),
        .data = memory_direct(module->start),
        .size_bytes = module->end - module->start,
    };
    if (!pack_recognise(input->data, input->size_bytes))
        return;
    input->error = pack_open(&modules->pack, input->data, input->size_bytes);
    input->data = NULL;
    modules->in_pack = input->error == NULL;
}

bool modules_next(struct modules *modules, struct named_input *input)
{
    for (;;) {
        if (modules->in_pack && pack_next(&modules->pack, &modules->packed)) {
            *input = (struct named_input){
                .name = modules->packed.name,
                .data = modules->packed.data,
                .size_bytes = modules->packed.size_bytes,
            };
            return true;
        }
        modules->in_pack = false;
        if (modules->left == 0)
            return false;
        modules->left--;
        module_input(modules, modules->next++, input);
        if (!modules->in_pack)
            return true;
    }
}

uint32_t modules_slots(const struct multiboot_info *info)
{
    uint32_t slot_count = 1;
    struct modules modules;
    struct named_input named;
    struct input input;
    modules_open(&modules, info);
    while (modules_next(&modules, &named))
        if (named.error == NULL && input_open(&input, named.data, named.size_bytes) == NULL &&
            input.slot_count > slot_count)
            slot_count = input.slot_count;
    return slot_count;
}
