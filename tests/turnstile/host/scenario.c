/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bitmap.h"
#include "device.h"
#include "disk.h"
#include "file.h"
#include "file_system.h"
#include "host.h"
#include "inode.h"
#include "log.h"
#include "path.h"
#include "path_call.h"
#include "print.h"
#include "process.h"
#include "turnstile/abi.h"

/* ---- a few words to write cases with ---- */

#define WANT(got, want) want_equal(__LINE__, #got, (int64_t)(got), (int64_t)(want))

static const struct scenario *current;

static void want_equal(int line, const char *what, int64_t got, int64_t want)
{
    if (got == want)
        return;
    fprintf(stderr, "%s\nline %d: %s is %lld, wanted %lld\n%s", current->name, line, what, (long long)got, (long long)want,
            host_printed());
    abort();
}

static int make(const char *path, uint32_t type)
{
    struct inode *inode;
    int error = path_create(path, type, &inode);
    if (!error)
        inode_release(inode);
    return error;
}

static int make_directory(const char *path)
{
    return make(path, DISK_DIRECTORY);
}

static int make_file(const char *path)
{
    return make(path, DISK_FILE);
}

static int open_only(const char *path, unsigned flags)
{
    struct file *file;
    int error = path_open(path, flags, &file);
    if (!error)
        file_close(file);
    return error;
}

static struct file *open_file(const char *path, unsigned flags)
{
    struct file *file = NULL;
    WANT(path_open(path, flags, &file), 0);
    return file;
}

static int64_t write_at(struct file *file, const void *data, uint64_t bytes, uint64_t position)
{
    return file->operations->write(file, (struct span){.address = (uintptr_t)data}, bytes, &position);
}

static int64_t read_at(struct file *file, void *data, uint64_t bytes, uint64_t position)
{
    return file->operations->read(file, (struct span){.address = (uintptr_t)data}, bytes, &position);
}

static struct stat stat_of(struct file *file)
{
    struct stat stat = {0};
    WANT(file->operations->stat(file, &stat), 0);
    return stat;
}

/* How many entries a directory has, `.` and `..` included; how many of them are called `name`. */
static unsigned entries_of(const char *path, const char *name, unsigned *ret_named)
{
    struct file *file = open_file(path, OPEN_READ | OPEN_DIRECTORY);
    struct directory_entry entry;
    uint64_t position = 0;
    unsigned count = 0;
    int got;
    *ret_named = 0;
    while ((got = file->operations->read_directory(file, &entry, &position)) == 1) {
        count++;
        *ret_named += strcmp(entry.name, name) == 0;
    }
    WANT(got, 0);
    file_close(file);
    return count;
}

static void enter(const char *path)
{
    struct place place;
    WANT(path_resolve(path, &place), 0);
    directory_release(current_process()->directory);
    current_process()->directory = (struct directory *)place.inode;
}

static void want_directory(const char *want)
{
    char path[256];
    int64_t length = path_of_directory(path, sizeof path);
    WANT(length, strlen(want));
    WANT(strcmp(path, want), 0);
}

/* ---- names ---- */

static void paths(void)
{
    static const char long_name[] = "/a/a-name-of-sixty-bytes-which-is-one-byte-more-than-can-be-had-xy";
    WANT(make_directory("/a"), 0);
    WANT(make_directory("/a/d/"), 0);
    WANT(make_file("/a/b"), 0);
    WANT(open_only("/a/./b", OPEN_READ), 0);
    WANT(open_only("/a/../a//d/..///b", OPEN_READ), 0);
    WANT(open_only("/../../a/b", OPEN_READ), 0);
    WANT(open_only("/a/d/", OPEN_READ), 0);
    WANT(open_only("/a/b/", OPEN_READ), -ENOTDIR);
    WANT(open_only("/a/b/c", OPEN_READ), -ENOTDIR);
    WANT(open_only("/a/x/c", OPEN_READ), -ENOENT);
    WANT(open_only("", OPEN_READ), -ENOENT);
    WANT(make_file(long_name), -ENAMETOOLONG);
    WANT(open_only(long_name, OPEN_READ), -ENAMETOOLONG);
    WANT(make_directory("/a/d/."), -EINVAL);
    WANT(make_directory("/a/d/.."), -EINVAL);
    WANT(make_directory("/"), -EINVAL);
    WANT(make_directory("/a/b/c"), -ENOTDIR);
    WANT(make_directory("/a"), -EEXIST);
    WANT(path_remove("/", DISK_DIRECTORY), -EINVAL);
    WANT(path_remove("/a/d/..", DISK_DIRECTORY), -EINVAL);
    WANT(path_remove("/a", DISK_DIRECTORY), -ENOTEMPTY);
    WANT(path_remove("/a", DISK_FILE), -EISDIR);
    WANT(path_remove("/a/b", DISK_DIRECTORY), -ENOTDIR);
    enter("a");
    want_directory("/a");
    WANT(open_only("b", OPEN_READ), 0);
    enter("d");
    want_directory("/a/d");
    WANT(path_of_directory((char[4]){0}, 4), -ERANGE);
    WANT(path_of_directory((char[4]){0}, 1), -ERANGE);
    WANT(open_only("../b", OPEN_READ), 0);
    enter("/");
    want_directory("/");
    WANT(path_remove("/a/b", DISK_FILE), 0);
    WANT(path_remove("/a/d", DISK_DIRECTORY), 0);
    WANT(path_remove("a//", DISK_DIRECTORY), 0);
}

static void kernels_own(void)
{
    unsigned named;
    WANT(make_file("/a"), 0);
    WANT(entries_of("/", "dev", &named), 5);
    WANT(named, 1);
    WANT(open_only("/dev/null", OPEN_READ), 0);
    WANT(open_only("/dev/nothing", OPEN_READ), -ENOENT);
    WANT(open_only("/dev/null", OPEN_READ | OPEN_DIRECTORY), -ENOTDIR);
    WANT(open_only("/dev/null/x", OPEN_READ), -ENOTDIR);
    WANT(open_only("/dev/null/", OPEN_READ), -ENOTDIR);
    WANT(make_file("/dev/null/x"), -ENOTDIR);
    WANT(make_file("/dev/x"), -EPERM);
    WANT(open_only("/dev/x", OPEN_WRITE | OPEN_CREATE), -EPERM);
    WANT(make_directory("/dev"), -EEXIST);
    WANT(make_directory("/proc/"), -EEXIST);
    WANT(path_rename("/a", "/dev"), -EPERM);
    WANT(path_rename("/dev", "/b"), -EPERM);
    WANT(path_rename("/a", "/dev/a"), -EPERM);
    WANT(path_remove("/dev", DISK_DIRECTORY), -EPERM);
    WANT(path_remove("/dev/null", DISK_FILE), -EPERM);
    WANT(path_link("/dev/null", "/b"), -EPERM);
    WANT(path_link("/a", "/dev/b"), -EPERM);
    WANT(path_link("/a", "/proc"), -EEXIST);
    WANT(entries_of("/dev", "null", &named), 3);
    WANT(entries_of("/proc", "disk", &named), 3);
    WANT(named, 1);
    WANT(open_only("/proc/disk", OPEN_READ), 0);
    enter("/dev");
    want_directory("/dev");
    WANT(open_only("null", OPEN_READ), 0);
    WANT(open_only("../a", OPEN_READ), 0);
    enter("..");
    want_directory("/");
    char bytes[1024];
    struct text text = {.bytes = bytes, .room = sizeof bytes};
    proc_rows()->print(&text);
    WANT(strstr(bytes, "inodes_free") != NULL, true);
    WANT(path_remove("/a", DISK_FILE), 0);
}

static void flags(void)
{
    char data[8];
    WANT(open_only("/a", OPEN_READ), -ENOENT);
    WANT(open_only("/a", OPEN_CREATE), -EINVAL);
    WANT(open_only("/a", OPEN_READ | 1024), -EINVAL);
    WANT(open_only("/a", OPEN_READ | OPEN_TRUNCATE | OPEN_CREATE), -EINVAL);
    WANT(open_only("/x/a", OPEN_READ | OPEN_CREATE), -ENOENT);
    struct file *first = open_file("/a", OPEN_READ | OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE);
    WANT(open_only("/a", OPEN_READ | OPEN_CREATE | OPEN_EXCLUSIVE), -EEXIST);
    WANT(open_only("/a", OPEN_READ | OPEN_DIRECTORY), -ENOTDIR);
    WANT(open_only("/", OPEN_WRITE), -EISDIR);
    struct file *second = open_file("/a", OPEN_WRITE | OPEN_APPEND | OPEN_CREATE);
    WANT(write_at(first, "abc", 3, 0), 3);
    WANT(write_at(second, "def", 3, 0), 3);
    WANT(write_at(second, "g", 1, 0), 1);
    WANT(read_at(second, data, 8, 0), -EBADF);
    WANT(read_at(first, data, 8, 0), 7);
    WANT(memcmp(data, "abcdefg", 7), 0);
    WANT(open_only("/a", OPEN_WRITE | OPEN_TRUNCATE), 0);
    WANT(stat_of(first).bytes, 0);
    struct file *third = open_file("/a", OPEN_READ);
    WANT(write_at(third, "x", 1, 0), -EBADF);
    WANT(third->operations->truncate(third, 0), -EBADF);
    WANT(third->operations->fsync(third), 0);
    file_close(first);
    file_close(second);
    file_close(third);
    WANT(path_remove("/a", DISK_FILE), 0);
}

static void removed_while_open(void)
{
    char data[4];
    uint32_t blocks = block_free_count();
    struct file *file = open_file("/a", OPEN_READ | OPEN_WRITE | OPEN_CREATE);
    WANT(write_at(file, "abcd", 4, 0), 4);
    WANT(path_remove("/a", DISK_FILE), 0);
    WANT(open_only("/a", OPEN_READ), -ENOENT);
    WANT(log_sync(), 0);
    WANT(write_at(file, "xy", 2, 9000), 2);
    WANT(read_at(file, data, 4, 0), 4);
    WANT(memcmp(data, "abcd", 4), 0);
    WANT(stat_of(file).links, 0);
    WANT(file->operations->truncate(file, 1), 0);
    WANT(read_at(file, data, 4, 0), 1);
    file_close(file);
    WANT(block_free_count(), blocks);
}

static void removed_directory(void)
{
    char path[64];
    WANT(make_directory("/a"), 0);
    WANT(make_directory("/a/b"), 0);
    WANT(make_file("/c"), 0);
    enter("/a/b");
    WANT(path_remove("/a/b", DISK_DIRECTORY), 0);
    WANT(path_remove("/a", DISK_DIRECTORY), 0);
    WANT(make_file("x"), -ENOENT);
    WANT(make_directory("x"), -ENOENT);
    WANT(open_only("../c", OPEN_READ), -ENOENT);
    WANT(open_only(".", OPEN_READ), 0);
    WANT(path_of_directory(path, sizeof path), -ENOENT);
    WANT(path_link("/c", "x"), -ENOENT);
    WANT(path_rename("/c", "x"), -ENOENT);
    WANT(path_rename("x", "/d"), -ENOENT);
    /* The number of the lost parent may belong to a file now. */
    WANT(make_file("/e"), 0);
    WANT(make_file("/f"), 0);
    WANT(path_rename("/c", "x"), -ENOENT);
    enter("/");
    WANT(path_rename("/c", "/g"), 0); /* and nothing became read-only */
    WANT(path_remove("/e", DISK_FILE), 0);
    WANT(path_remove("/f", DISK_FILE), 0);
    WANT(path_remove("/g", DISK_FILE), 0);
}

static void renames(void)
{
    WANT(make_directory("/a"), 0);
    WANT(make_directory("/a/b"), 0);
    WANT(make_directory("/a/b/c"), 0);
    WANT(make_directory("/z"), 0);
    WANT(path_rename("/a", "/a/b/x"), -EINVAL);
    WANT(path_rename("/a", "/a"), 0);
    WANT(path_rename("/a/b/c", "/a"), -ENOTEMPTY);
    WANT(path_rename("/a/b/c", "/a/b"), -ENOTEMPTY);
    WANT(path_rename("/a/b", "/z"), 0);
    WANT(open_only("/z/c", OPEN_READ), 0);
    enter("/z/c");
    want_directory("/z/c");
    WANT(path_rename("/z/c", "/a/c"), 0);
    want_directory("/a/c");
    enter("/");
    WANT(path_rename("/z", "/a/c/z"), 0);
    enter("/a/c/z");
    want_directory("/a/c/z");
    enter("/");
    WANT(path_rename("/a/..", "/x"), -EINVAL);
    WANT(path_rename("/a/c", "/a/."), -EINVAL);
    WANT(path_remove("/a/c/z", DISK_DIRECTORY), 0);
    WANT(path_remove("/a/c", DISK_DIRECTORY), 0);
    WANT(path_remove("/a", DISK_DIRECTORY), 0);
}

/* ---- much of everything ---- */

static void long_directory(void)
{
    enum { FILES = 3000 };
    char path[64];
    unsigned named;
    WANT(make_directory("/d"), 0);
    for (unsigned i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "/d/file-number-%u", i);
        WANT(make_file(path), 0);
    }
    WANT(entries_of("/d", "file-number-2999", &named), FILES + 2);
    WANT(named, 1);
    struct file *file = open_file("/d", OPEN_READ);
    uint64_t bytes = stat_of(file).bytes;
    /* Whoever lists it sees each of those once that stay. */
    struct directory_entry entry;
    uint64_t position = 0;
    unsigned odd = 0, at = 0;
    while (file->operations->read_directory(file, &entry, &position) == 1) {
        odd += strncmp(entry.name, "file", 4) == 0 && (entry.name[strlen(entry.name) - 1] - '0') % 2;
        snprintf(path, sizeof path, "/d/file-number-%u", at);
        WANT(path_remove(path, DISK_FILE), at < FILES ? 0 : -ENOENT);
        at += 2;
    }
    WANT(odd, FILES / 2);
    file_close(file);
    for (unsigned i = 0; i < FILES; i += 2) {
        snprintf(path, sizeof path, "/d/another-file-number-%u", i);
        WANT(make_file(path), 0);
    }
    file = open_file("/d", OPEN_READ);
    WANT(stat_of(file).bytes, bytes);
    file_close(file);
    for (unsigned i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, i % 2 ? "/d/file-number-%u" : "/d/another-file-number-%u", i);
        WANT(path_remove(path, DISK_FILE), 0);
    }
    WANT(path_remove("/d", DISK_DIRECTORY), 0);
}

static void long_file(void)
{
    enum { BLOCKS = 6000 };
    uint32_t words[DISK_BLOCK_BYTES / 4];
    struct file *file = open_file("/a", OPEN_READ | OPEN_WRITE | OPEN_CREATE);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        words[0] = words[1023] = i;
        WANT(write_at(file, words, sizeof words, (uint64_t)i * sizeof words), sizeof words);
    }
    static uint32_t many[16][DISK_BLOCK_BYTES / 4];
    for (uint32_t i = 0; i < BLOCKS; i += 16) {
        WANT(read_at(file, many, sizeof many, (uint64_t)i * sizeof words), sizeof many);
        for (uint32_t k = 0; k < 16; k++)
            WANT(many[k][0] == i + k && many[k][1023] == i + k, true);
    }
    WANT(stat_of(file).bytes, (uint64_t)BLOCKS * sizeof words);
    WANT(stat_of(file).blocks, (BLOCKS + 1 + 1 + 5) * 8);
    /* Cut inside of each kind of pointers. */
    for (uint32_t keep = 5000; keep > 3; keep = keep > 1100 ? keep - 1300 : keep / 2) {
        WANT(file->operations->truncate(file, (uint64_t)keep * sizeof words - 100), 0);
        WANT(read_at(file, words, sizeof words, (uint64_t)(keep - 1) * sizeof words), sizeof words - 100);
        WANT(words[0], keep - 1);
    }
    WANT(write_at(file, words, 1, 200 * (uint64_t)sizeof words), 1);
    WANT(read_at(file, many, sizeof many, 100 * (uint64_t)sizeof words), sizeof many);
    for (size_t i = 0; i < 16 * DISK_POINTERS; i++)
        WANT(many[i / DISK_POINTERS][i % DISK_POINTERS], 0);
    file_close(file);
    WANT(path_remove("/a", DISK_FILE), 0);
}

static void limits(void)
{
    char data[4] = "abc";
    struct file *file = open_file("/a", OPEN_READ | OPEN_WRITE | OPEN_CREATE);
    WANT(write_at(file, data, 4, DISK_FILE_BYTES_MAX - 2), 2);
    WANT(write_at(file, data, 4, DISK_FILE_BYTES_MAX), -EFBIG);
    WANT(write_at(file, data, 4, INT64_MAX), -EFBIG);
    WANT(read_at(file, data, 4, INT64_MAX), 0);
    WANT(read_at(file, data, 4, DISK_FILE_BYTES_MAX - 2), 2);
    WANT(memcmp(data, "ab", 2), 0);
    WANT(file->operations->truncate(file, DISK_FILE_BYTES_MAX + 1), -EFBIG);
    WANT(file->operations->truncate(file, DISK_FILE_BYTES_MAX), 0);
    WANT(write_at(file, NULL, 4, 0), -EFAULT);
    WANT(read_at(file, NULL, 4, 0), -EFAULT);
    WANT(write_at(file, data, 0, 77), 0);
    file_close(file);
    WANT(path_remove("/a", DISK_FILE), 0);
}

static void full_disk(void)
{
    static uint8_t data[64 * 1024];
    struct file *file = open_file("/a", OPEN_READ | OPEN_WRITE | OPEN_CREATE);
    uint64_t position = 0;
    int64_t got;
    memset(data, 7, sizeof data);
    while ((got = write_at(file, data, sizeof data, position)) > 0)
        position += (uint64_t)got;
    WANT(got, -ENOSPC);
    WANT(stat_of(file).bytes, position);
    WANT(block_free_count(), 0);
    /* A directory that needs a block for its first name. */
    WANT(make_directory("/d"), 0);
    uint32_t inodes = inode_free_count();
    WANT(make_file("/d/x"), -ENOSPC);
    WANT(make_directory("/d/x"), -ENOSPC);
    WANT(path_link("/a", "/d/x"), -ENOSPC);
    WANT(path_rename("/a", "/d/x"), -ENOSPC);
    WANT(inode_free_count(), inodes);
    WANT(file->operations->truncate(file, 0), 0);
    WANT(make_file("/d/x"), 0);
    file_close(file);
    WANT(path_remove("/d/x", DISK_FILE), 0);
    WANT(path_remove("/d", DISK_DIRECTORY), 0);
    WANT(path_remove("/a", DISK_FILE), 0);
}

static void no_inodes(void)
{
    char path[16];
    unsigned count = 0;
    int error;
    do {
        snprintf(path, sizeof path, "/%u", count);
        error = make_file(path);
        count += error == 0;
    } while (error == 0);
    WANT(error, -ENOSPC);
    WANT(count, 62);
    while (count--) {
        snprintf(path, sizeof path, "/%u", count);
        WANT(path_remove(path, DISK_FILE), 0);
    }
}

static void many_open_files(void)
{
    enum { FILES = 600 };
    static struct file *files[FILES];
    char path[16];
    unsigned count = 0;
    int error = make_directory("/d");
    while (!error && count < FILES) {
        snprintf(path, sizeof path, "/d/%u", count);
        error = path_open(path, OPEN_WRITE | OPEN_CREATE, &files[count]);
        count += error == 0;
    }
    WANT(error, -ENFILE);
    WANT(count > 500, true);
    WANT(path_rename("/d/0", "/d/x"), 0);
    WANT(path_remove("/d/x", DISK_FILE), 0);
    while (count--) {
        snprintf(path, sizeof path, "/d/%u", count);
        file_close(files[count]);
        WANT(path_remove(path, DISK_FILE), count ? 0 : -ENOENT);
    }
    WANT(path_remove("/d", DISK_DIRECTORY), 0);
}

/* ---- threads ---- */

static void read_all(unsigned thread)
{
    static uint8_t data[16][3 * DISK_BLOCK_BYTES];
    struct file *file = open_file("/a", OPEN_READ);
    uint64_t size = stat_of(file).bytes;
    for (uint64_t at = 0; at < size; at += sizeof data[0]) {
        int64_t got = read_at(file, data[thread], sizeof data[0], at);
        WANT(got > 0, true);
        for (int64_t i = 0; i < got; i++)
            WANT(data[thread][i], (at + (uint64_t)i) / 5000 % 251);
    }
    file_close(file);
}

static void many_readers(void)
{
    static uint8_t data[5000];
    struct file *file = open_file("/a", OPEN_READ | OPEN_WRITE | OPEN_CREATE);
    for (unsigned i = 0; i < 1200; i++) {
        memset(data, (int)(i % 251), sizeof data);
        WANT(write_at(file, data, sizeof data, i * sizeof data), sizeof data);
    }
    file_close(file);
    host_run(8, read_all);
    WANT(path_remove("/a", DISK_FILE), 0);
}

static void append_and_sync(unsigned thread)
{
    struct file *file = open_file("/log", OPEN_WRITE | OPEN_APPEND | OPEN_CREATE);
    char line[64];
    for (unsigned i = 0; i < 50; i++) {
        int length = snprintf(line, sizeof line, "%u %u;", thread, i);
        WANT(write_at(file, line, (uint64_t)length, 0), length);
        if (i % 10 == 9)
            WANT(file->operations->fsync(file), 0);
    }
    file_close(file);
}

static void appends(void)
{
    static char text[16384];
    unsigned next[6] = {0};
    host_run(6, append_and_sync);
    struct file *file = open_file("/log", OPEN_READ);
    int64_t got = read_at(file, text, sizeof text - 1, 0);
    WANT(got > 0, true);
    text[got] = 0;
    for (char *line = text; *line; line = strchr(line, ';') + 1) {
        unsigned thread, i;
        WANT(sscanf(line, "%u %u;", &thread, &i), 2);
        WANT(next[thread]++, i);
    }
    for (unsigned i = 0; i < 6; i++)
        WANT(next[i], 50);
    file_close(file);
    WANT(path_remove("/log", DISK_FILE), 0);
}

static void take_turns_renaming(unsigned thread)
{
    static const char *const paths[] = {"/a/x", "/b/x", "/a/b/x", "/a", "/b", "/a/b", "/b/a", "/b/a/x"};
    for (unsigned i = 0; i < 400; i++) {
        const char *path = paths[host_random(8)], *as = paths[host_random(8)];
        int error = 0;
        switch (host_random(6)) {
        case 0:
            error = make_directory(path);
            break;
        case 1:
            error = make_file(path);
            break;
        case 2:
            error = path_remove(path, host_random(2) ? DISK_FILE : DISK_DIRECTORY);
            break;
        case 3:
            error = open_only(path, OPEN_READ);
            break;
        default:
            error = path_rename(path, as);
        }
        /* No error is one of a damaged disk. */
        WANT(error == -EUCLEAN || error == -EIO || error == -EROFS, false);
    }
}

static void renaming_threads(void)
{
    host_run(6, take_turns_renaming);
}

/* ---- around mounting ---- */

static void stopped(void)
{
    char data[2];
    struct file *file = open_file("/a", OPEN_READ | OPEN_WRITE | OPEN_CREATE);
    WANT(write_at(file, "ab", 2, 0), 2);
    file_system_stop();
    WANT(write_at(file, "cd", 2, 0), -EROFS);
    WANT(make_file("/b"), -EROFS);
    WANT(path_remove("/a", DISK_FILE), -EROFS);
    WANT(read_at(file, data, 2, 0), 2);
    WANT(memcmp(data, "ab", 2), 0);
    file_close(file);
}

static void no_disk(void)
{
    disk_init(NULL, 0, NULL, DISK_HONEST);
    host_init(&(struct host_options){.seed = 1, .pages = 4000});
    file_system_init();
    WANT(file_system_mount(), -ENODEV);
    WANT(directory_root() == NULL, true);
    WANT(open_only("/a", OPEN_READ), -ENODEV);
    WANT(make_file("/a"), -ENODEV);
    file_system_stop();
}

static void little_memory(void)
{
    for (unsigned pages = 0; pages <= 200; pages += 20) {
        host_init(&(struct host_options){.seed = 1, .pages = pages});
        file_system_init();
        WANT(file_system_mount(), -ENOMEM);
        WANT(strstr(host_printed(), "memory") != NULL, true);
    }
}

const struct scenario scenarios[] = {
    {"paths lead where they say", paths, 1 << 20},
    {"/dev and /proc are the kernel's", kernels_own, 1 << 20},
    {"open does what its flags say", flags, 1 << 20},
    {"a file removed while open lives until it is closed", removed_while_open, 1 << 20},
    {"a removed working directory is a dead end", removed_directory, 1 << 20},
    {"rename moves trees and never makes circles", renames, 1 << 20},
    {"a long directory uses its free entries again", long_directory, 32 << 20, .inodes = 4096},
    {"a long file comes back and is freed to the last block", long_file, 64 << 20},
    {"the longest file has an end", limits, 4 << 20},
    {"a full disk refuses and loses nothing", full_disk, 2 << 20},
    {"a disk without free inodes refuses", no_inodes, 1 << 20, .inodes = 64},
    {"open files are limited by memory's inodes", many_open_files, 8 << 20, .inodes = 1024},
    {"many threads read one file", many_readers, 16 << 20},
    {"appends of many threads are whole and in order", appends, 4 << 20},
    {"threads that rename each other's directories never deadlock", renaming_threads, 1 << 20, .leaves_files = true},
    {"a stopped file system is read-only", stopped, 1 << 20, .leaves_files = true},
    {"without a disk there is an error", no_disk, 1 << 20, .is_unmounted = true},
    {"without memory there is an error", little_memory, 1 << 20, .is_unmounted = true},
};
const size_t scenario_count = sizeof scenarios / sizeof scenarios[0];

void scenario_run(const struct scenario *scenario)
{
    current = scenario;
    if (scenario->is_unmounted) {
        scenario->run();
        return;
    }
    host_init(&(struct host_options){.seed = 1, .switch_percent = 20, .pages = 4000});
    file_system_init();
    WANT(file_system_mount(), 0);
    current_process()->directory = directory_root();
    /* The root's own block, which it keeps. */
    WANT(make_file("/x"), 0);
    WANT(path_remove("/x", DISK_FILE), 0);
    uint32_t blocks = block_free_count(), inodes = inode_free_count();
    scenario->run();
    directory_release(current_process()->directory);
    if (!scenario->leaves_files) {
        WANT(block_free_count() + 1 >= blocks, true); /* another block of the root's entries */
        WANT(inode_free_count(), inodes);
    }
    file_system_stop();
}
