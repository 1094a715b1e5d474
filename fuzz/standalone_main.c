/* The driver of a fuzz target without an engine: runs it once on each file named. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/file.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    (void)LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        struct file file;
        struct line error;
        if (!file_read(argv[i], &file, &error)) {
            (void)fprintf(stderr, "%s\n", error.text);
            return 1;
        }
        (void)LLVMFuzzerTestOneInput(file.data, file.size_bytes);
        file_free(&file);
        printf("%s: ran\n", argv[i]);
    }
    return 0;
}
