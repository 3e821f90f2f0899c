/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs a fuzz entry point over files instead of under a fuzzer: each argument is a file, or a folder whose files are run.
 * Ends with 0 if the entry point survived them all and there was at least one.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static unsigned run_count;

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t size = 0, got;
    if (!file) {
        perror(path);
        return 1;
    }
    do {
        data = realloc(data, size + 4096);
        got = data ? fread(data + size, 1, 4096, file) : 0;
        size += got;
    } while (got);
    fclose(file);
    /* A copy of exactly this size: the address sanitizer sees a read beyond it. */
    data = realloc(data, size ? size : 1);
    if (!data)
        return 1;
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    run_count++;
    return 0;
}

static int run_folder(const char *path)
{
    DIR *folder = opendir(path);
    int result = folder ? 0 : 1;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char name[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        result |= run_file(name);
    }
    if (folder)
        closedir(folder);
    return result;
}

int main(int argc, char **argv)
{
    int result = 0;
    for (int i = 1; i < argc; i++) {
        struct stat status;
        result |= !stat(argv[i], &status) && S_ISDIR(status.st_mode) ? run_folder(argv[i]) : run_file(argv[i]);
    }
    printf("%u inputs\n", run_count);
    return result || run_count == 0;
}
