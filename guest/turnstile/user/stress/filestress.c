/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * filestress: processes that make, write, cut, link, rename and remove files of their own in one directory, and read them back;
 * each knows what must be in them.
 */
#include "program.h"
#include "stdio.h"
#include "stress.h"
#include "string.h"
#include "system.h"

enum { FILES = 6, BYTES_MAX = 20000 };

struct model {
    bool exists;
    uint32_t length;
    uint8_t bytes[BYTES_MAX];
};

static struct model files[FILES];
static char directory[32];

static void name_of(char *name, unsigned number, unsigned file)
{
    snprintf(name, 48, "%s/p%u.f%u", directory, number, file);
}

static bool is_full(int64_t error)
{
    return error == -ENOSPC;
}

static void write_part(const char *name, struct model *file, uint64_t *seed)
{
    static uint8_t bytes[6000];
    uint32_t offset = file->exists && file->length ? random_next(seed) % (file->length + 1) : 0,
             count = 1 + random_next(seed) % sizeof bytes;
    if (offset + count > BYTES_MAX)
        count = BYTES_MAX - offset;
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)random_next(seed);
    int64_t descriptor = sys_open(name, OPEN_WRITE | OPEN_CREATE);
    if (is_full(descriptor))
        return;
    STRESS_CHECK(descriptor >= 0);
    file->exists = true;
    STRESS_CHECK(sys_seek((int)descriptor, offset, SEEK_SET) == offset);
    int64_t written = sys_write((int)descriptor, bytes, count);
    STRESS_CHECK(written == count || is_full(written) || (written >= 0 && written < count));
    if (written > 0) {
        memcpy(file->bytes + offset, bytes, (size_t)written);
        if (offset + (uint32_t)written > file->length)
            file->length = offset + (uint32_t)written;
    }
    if (random_next(seed) % 16 == 0)
        STRESS_CHECK(sys_fsync((int)descriptor) == 0);
    STRESS_CHECK(sys_close((int)descriptor) == 0);
}

static void compare(const char *name, const struct model *file)
{
    static uint8_t bytes[BYTES_MAX + 1];
    int64_t descriptor = sys_open(name, OPEN_READ);
    STRESS_CHECK(file->exists ? descriptor >= 0 : descriptor == -ENOENT);
    if (!file->exists)
        return;
    uint32_t done = 0;
    int64_t count;
    while ((count = sys_read((int)descriptor, bytes + done, sizeof bytes - done)) > 0)
        done += (uint32_t)count;
    STRESS_CHECK(count == 0 && done == file->length);
    STRESS_CHECK(memcmp(bytes, file->bytes, done) == 0);
    sys_close((int)descriptor);
}

static void cut(const char *name, struct model *file, uint64_t *seed)
{
    if (!file->exists)
        return;
    uint32_t length = random_next(seed) % BYTES_MAX;
    int64_t descriptor = sys_open(name, OPEN_WRITE), error = sys_truncate((int)descriptor, length);
    STRESS_CHECK(descriptor >= 0 && (error == 0 || is_full(error)));
    sys_close((int)descriptor);
    if (error)
        return;
    if (length > file->length)
        memset(file->bytes + file->length, 0, length - file->length);
    file->length = length;
}

static void remove_file(const char *name, struct model *file)
{
    STRESS_CHECK(sys_unlink(name) == (file->exists ? 0 : -ENOENT));
    file->exists = false;
    file->length = 0;
}

static void move(unsigned number, unsigned from, unsigned to, bool by_link)
{
    char name[48], other[48];
    if (from == to || !files[from].exists)
        return;
    name_of(name, number, from);
    name_of(other, number, to);
    if (by_link) {
        if (files[to].exists)
            return;
        int64_t error = sys_link(name, other);
        if (is_full(error))
            return;
        STRESS_CHECK(error == 0 && sys_unlink(name) == 0);
    } else {
        int64_t error = sys_rename(name, other);
        if (is_full(error))
            return;
        STRESS_CHECK(error == 0);
    }
    files[to] = files[from];
    files[from].exists = false;
    files[from].length = 0;
}

static void run(unsigned number)
{
    uint64_t seed = stress_seed(number);
    char name[48];
    for (unsigned i = 0; i < stress.iterations; i++) {
        unsigned at = random_next(&seed) % FILES;
        name_of(name, number, at);
        switch (random_next(&seed) % 10) {
        case 0:
        case 1:
        case 2:
            write_part(name, &files[at], &seed);
            break;
        case 3:
        case 4:
        case 5:
            compare(name, &files[at]);
            break;
        case 6:
            cut(name, &files[at], &seed);
            break;
        case 7:
            remove_file(name, &files[at]);
            break;
        default:
            move(number, at, random_next(&seed) % FILES, random_next(&seed) % 2);
        }
    }
    for (unsigned i = 0; i < FILES; i++) {
        name_of(name, number, i);
        compare(name, &files[i]);
        remove_file(name, &files[i]);
    }
}

int main(int argc, char **argv)
{
    stress_options(argc, argv, 100, 4, 32);
    snprintf(directory, sizeof directory, "/tmp/filestress.%d", (int)sys_getpid());
    int64_t error = sys_mkdir(directory);
    if (error < 0)
        stress_failed("%s: %s", directory, strerror((int)error));
    stress_processes(run, 0);
    error = sys_rmdir(directory);
    if (error < 0)
        stress_failed("%s: %s", directory, strerror((int)error));
    return stress_ok();
}
