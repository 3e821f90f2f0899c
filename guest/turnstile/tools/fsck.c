/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fsck [--repair] IMAGE: checks an image of a Turnstile file system. The image is not changed: the log's transaction is replayed
 * into a private copy, and only --repair writes what that changed. Exit codes: see usage.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <turnstile/disk.h>
#include <unistd.h>

enum { EXIT_CLEAN = 0, EXIT_PENDING = 1, EXIT_DAMAGED = 2, EXIT_UNCHECKED = 3 };

static const char usage[] =
    "usage: fsck [--repair] IMAGE\n"
    "Checks a Turnstile file system. With --repair, the transaction in its log is put where it belongs; nothing else is mended.\n"
    "Exit codes: 0 sound; 1 sound once the log has been replayed, as mounting or --repair does; 2 damaged; 3 not checked.\n";

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void die(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("fsck: ", stderr);
    vfprintf(stderr, format, list);
    fputs(".\n", stderr);
    va_end(list);
    exit(EXIT_UNCHECKED);
}

/* Writes the blocks of the log's transaction to where they belong. */
static void repair(int file, const char *path, const uint8_t *bytes)
{
    const struct disk_superblock *super = (const struct disk_superblock *)bytes;
    const struct disk_commit *record = (const struct disk_commit *)(bytes + (uint64_t)super->log_start * DISK_BLOCK_BYTES);
    for (uint32_t i = 0; i < record->count; i++) {
        uint64_t at = (uint64_t)record->home[i] * DISK_BLOCK_BYTES;
        if (pwrite(file, bytes + at, DISK_BLOCK_BYTES, (off_t)at) != DISK_BLOCK_BYTES)
            die("%s cannot be written: %s", path, strerror(errno));
    }
    if (fsync(file))
        die("%s cannot be written: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
    const char *path = NULL;
    bool wants_repair = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help")) {
            fputs(usage, stdout);
            return 0;
        }
        if (!strcmp(argv[i], "--repair"))
            wants_repair = true;
        else if (!strncmp(argv[i], "--", 2))
            die("there is no option %s: fsck --help lists them", argv[i]);
        else if (path)
            die("one image at a time");
        else
            path = argv[i];
    }
    if (!path)
        die("an image is wanted: fsck --help says more");

    struct stat status;
    int file = open(path, (wants_repair ? O_RDWR : O_RDONLY) | O_NONBLOCK);
    if (file < 0 || fstat(file, &status))
        die("%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        die("%s is not a file", path);
    uint64_t size = (uint64_t)status.st_size;
    if (size < DISK_BLOCK_BYTES) {
        printf("superblock: the image is shorter than a block\n%s is damaged: 1 fault\n", path);
        return EXIT_DAMAGED;
    }
    uint8_t *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file, 0);
    if (bytes == MAP_FAILED)
        die("%s does not fit into memory: %s", path, strerror(errno));

    struct check_result result = check_image(bytes, size, stdout);
    if (result.is_out_of_memory)
        die("%s: there is not enough memory to check it", path);
    if (result.fault_count) {
        printf("%s is damaged: %lu fault%s\n", path, result.fault_count, result.fault_count == 1 ? "" : "s");
        return EXIT_DAMAGED;
    }
    bool is_pending = result.log == CHECK_LOG_PENDING;
    if (is_pending && wants_repair)
        repair(file, path, bytes);
    printf("%s is sound: %u files, %u directories, %u of %u blocks in use", path, result.files, result.directories,
           result.blocks_used, result.blocks);
    if (result.cleanups)
        printf(", %u inode%s to be freed or cut by mounting", result.cleanups, result.cleanups == 1 ? "" : "s");
    puts(!is_pending ? "" : wants_repair ? "; the log was replayed" : "; the log is to be replayed");
    munmap(bytes, size);
    close(file);
    return is_pending && !wants_repair ? EXIT_PENDING : EXIT_CLEAN;
}
