/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mkfs IMAGE SIZE [option]... [SOURCE]...: makes an image of a Turnstile file system out of host files. Same input, same bytes:
 * host folders are read in the order of their names' bytes, and no time or owner of the host goes in. An image is written whole or
 * not at all.
 */
#include "image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "usage: mkfs IMAGE SIZE[K|M|G] [option]... [SOURCE]...\n"
    "Makes a Turnstile file system of SIZE bytes (1 MiB to 16 GiB) in the file IMAGE.\n"
    "  FOLDER           what this folder of the host holds becomes what / holds\n"
    "  FILE=/PATH       this file of the host becomes /PATH; =/PATH makes an empty directory\n"
    "  @LIST            a file with one FILE=/PATH a line; empty lines and lines that begin with # count for nothing\n"
    "  --inodes N       room for N files and directories (default: one for 16 KiB)\n"
    "  --log N          blocks of the log (default: a sixteenth of the image, at most 257)\n"
    "  --label TEXT     a name of at most 31 bytes\n"
    "  --time SECONDS   since 1970, of everything (default: 0)\n";

static struct image image;

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void die(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("mkfs: ", stderr);
    vfprintf(stderr, format, list);
    fputs(".\n", stderr);
    va_end(list);
    exit(1);
}

static uint64_t number_of(const char *what, const char *text, bool with_unit)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    unsigned shift = 0;
    if (with_unit && *end && end != text) {
        const char *units = "KMG", *unit = strchr(units, *end);
        shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
        end += unit != NULL;
    }
    if (*text < '0' || *text > '9' || *end || errno || value > UINT64_MAX >> shift)
        die("%s: %s is not a number%s", what, text, with_unit ? " of bytes, with K, M or G behind it or not" : "");
    return value << shift;
}

static void add_file(const char *host, const char *path)
{
    struct stat status;
    int file = open(host, O_RDONLY | O_NONBLOCK);
    if (file < 0 || fstat(file, &status))
        die("%s: %s", host, strerror(errno));
    if (!S_ISREG(status.st_mode))
        die("%s is neither a file nor a folder", host);
    size_t size = (size_t)status.st_size, done = 0;
    uint8_t *bytes = malloc(size + 1);
    if (!bytes)
        die("%s does not fit into memory", host);
    ssize_t got;
    while (done < size && (got = read(file, bytes + done, size - done)) != 0) {
        if (got < 0)
            die("%s: %s", host, strerror(errno));
        done += (size_t)got;
    }
    close(file);
    if (!image_add_file(&image, path, bytes, done))
        die("%s", image.error);
    free(bytes);
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_folder(const char *host, const char *path)
{
    struct dirent **entries;
    int count = scandir(host, &entries, NULL, by_bytes);
    if (count < 0)
        die("%s: %s", host, strerror(errno));
    if (*path && !image_add_directory(&image, path))
        die("%s", image.error);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char from[4096], to[4096];
        struct stat status;
        if (strcmp(name, ".") && strcmp(name, "..")) {
            if (snprintf(from, sizeof from, "%s/%s", host, name) >= (int)sizeof from ||
                snprintf(to, sizeof to, "%s/%s", path, name) >= (int)sizeof to)
                die("%s/%s: the name is too long", host, name);
            /* A link could lead round in circles, and what it means on the host means nothing in the image. */
            if (lstat(from, &status))
                die("%s: %s", from, strerror(errno));
            if (S_ISLNK(status.st_mode))
                die("%s is a symbolic link, which Turnstile does not have", from);
            if (S_ISDIR(status.st_mode))
                add_folder(from, to);
            else
                add_file(from, to);
        }
        free(entries[i]);
    }
    free(entries);
}

static void add_pair(char *pair)
{
    char *path = strrchr(pair, '=');
    if (!path || path[1] != '/')
        die("%s: a path in the image begins with /", pair);
    *path++ = 0;
    if (*pair)
        add_file(pair, path);
    else if (!image_add_directory(&image, path))
        die("%s", image.error);
}

static void add_list(const char *host)
{
    FILE *list = fopen(host, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    if (!list)
        die("%s: %s", host, strerror(errno));
    errno = 0;
    while ((length = getline(&line, &room, list)) >= 0) {
        if (memchr(line, 0, (size_t)length))
            die("%s: a line holds a zero byte", host);
        line[strcspn(line, "\r\n")] = 0;
        if (*line && *line != '#')
            add_pair(line);
    }
    if (ferror(list))
        die("%s: %s", host, strerror(errno));
    free(line);
    fclose(list);
}

static void add_source(char *source)
{
    struct stat status;
    if (*source == '@')
        add_list(source + 1);
    else if (strchr(source, '='))
        add_pair(source);
    else if (stat(source, &status))
        die("%s: %s", source, strerror(errno));
    else if (S_ISDIR(status.st_mode))
        add_folder(source, "");
    else
        die("%s is a file: say where it goes with %s=/PATH", source, source);
}

static void write_image(const char *path, uint64_t size)
{
    static const uint8_t zeros[DISK_BLOCK_BYTES];
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0)
        die("%s: %s", path, strerror(errno));
    bool fits = ftruncate(file, (off_t)size) == 0;
    for (uint32_t block = 0; fits && block < image.next_block; block++) {
        uint64_t at = (uint64_t)block * DISK_BLOCK_BYTES;
        if (memcmp(image.bytes + at, zeros, sizeof zeros))
            fits = pwrite(file, image.bytes + at, DISK_BLOCK_BYTES, (off_t)at) == DISK_BLOCK_BYTES;
    }
    if (close(file) || !fits) {
        int why = errno;
        struct stat status;
        if (!stat(path, &status) && S_ISREG(status.st_mode))
            unlink(path);
        die("%s cannot be written: %s", path, why ? strerror(why) : "no room");
    }
}

int main(int argc, char **argv)
{
    struct image_options options = {0};
    char **plain = malloc((size_t)argc * sizeof *plain);
    int count = 0;
    for (int i = 1; plain && i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(argv[i], "--help")) {
            fputs(usage, stdout);
            return 0;
        }
        if (strncmp(argv[i], "--", 2)) {
            plain[count++] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--inodes") && strcmp(argv[i], "--log") && strcmp(argv[i], "--label") && strcmp(argv[i], "--time"))
            die("there is no option %s: mkfs --help lists them", argv[i]);
        if (!value)
            die("%s wants a value", argv[i]);
        if (!strcmp(argv[i], "--label")) {
            options.label = value;
        } else {
            uint64_t number = number_of(argv[i], value, false);
            bool is_time = !strcmp(argv[i], "--time");
            if (number > (is_time ? UINT64_MAX / 1000000000 : UINT32_MAX) || (!is_time && number == 0))
                die("%s: %s is out of range", argv[i], value);
            if (is_time)
                options.time_ns = number * 1000000000;
            else
                *(argv[i][2] == 'i' ? &options.inodes : &options.log_blocks) = (uint32_t)number;
        }
        i++;
    }
    if (count < 2)
        die("an image and its size are wanted: mkfs --help says more");
    uint64_t size = number_of("the size", plain[1], true);
    if (size > (uint64_t)DISK_BLOCKS_MAX * DISK_BLOCK_BYTES || size / DISK_BLOCK_BYTES < DISK_BLOCKS_MIN)
        die("an image has 1 MiB to 16 GiB");
    uint8_t *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED)
        die("an image of %s does not fit into memory", plain[1]);
    if (!image_init(&image, bytes, size, &options))
        die("%s", image.error);
    for (int i = 2; i < count; i++)
        add_source(plain[i]);
    write_image(plain[0], size);
    munmap(bytes, size);
    free(plain);
    return 0;
}
