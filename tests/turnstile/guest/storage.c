/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A first program that tests the storage from user mode, on a machine with a disk: processes that write, rename and remove at the same time,
 * everything synced, and everything looked at. A second boot of the same disk finds what the first one left. Ends the machine with status 0, or
 * with the number of the line that went wrong, modulo 251, plus 1.
 */
#include "storage.h"

enum { CHILDREN = 4, FILES = 30, BYTES = 9000 };

static char data[BYTES];

static void fill(unsigned child, unsigned number)
{
    for (unsigned i = 0; i < BYTES; i++)
        data[i] = (char)(child * 61 + number * 7 + i / 100);
}

static void child_writes(unsigned child)
{
    char path[] = "/c0/f00", other[] = "/c0/g00";
    path[2] = other[2] = (char)('0' + child);
    for (unsigned i = 0; i < FILES; i++) {
        put_number(path + 5, i, 2);
        put_number(other + 5, i, 2);
        fill(child, i);
        int64_t file = CALL2(open, path, OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE);
        WANT(file >= 0, 1);
        WANT(CALL3(write, file, data, BYTES), BYTES);
        if (i % 10 == 0)
            WANT(CALL1(fsync, file), 0);
        WANT(CALL1(close, file), 0);
        if (i % 3 == 0)
            WANT(CALL2(rename, path, other), 0);
        if (i % 3 == 1)
            WANT(CALL2(link, path, other), 0);
        if (i % 3 == 2)
            WANT(CALL1(unlink, path), 0);
    }
}

static void look_at(const char *path, unsigned child, unsigned number)
{
    struct stat stat;
    char part[1000];
    fill(child, number);
    int64_t file = CALL2(open, path, OPEN_READ);
    WANT(file >= 0, 1);
    WANT(CALL2(fstat, file, &stat), 0);
    WANT(stat.bytes, BYTES);
    WANT(stat.links, number % 3 == 1 ? 2 : 1);
    for (unsigned at = 0; at < BYTES; at += sizeof part) {
        WANT(CALL3(read, file, part, sizeof part), sizeof part);
        for (unsigned i = 0; i < sizeof part; i++)
            WANT(part[i], data[at + i]);
    }
    WANT(CALL3(read, file, part, 1), 0);
    WANT(CALL1(close, file), 0);
}

static void look_at_all(void)
{
    char path[] = "/c0/f00";
    struct directory_entry entries[8];
    for (unsigned child = 0; child < CHILDREN; child++) {
        int64_t got, count = 0;
        path[2] = (char)('0' + child);
        for (unsigned i = 0; i < FILES; i++) {
            put_number(path + 5, i, 2);
            path[4] = 'g';
            if (i % 3 != 2)
                look_at(path, child, i);
            path[4] = 'f';
            if (i % 3 == 1)
                look_at(path, child, i);
            else
                WANT(CALL2(open, path, OPEN_READ), -ENOENT);
        }
        path[3] = 0;
        int64_t directory = CALL2(open, path, OPEN_READ | OPEN_DIRECTORY);
        path[3] = '/';
        while ((got = CALL3(read_directory, directory, entries, 8)) > 0)
            count += got;
        WANT(got, 0);
        WANT(count, FILES + 2);
        WANT(CALL1(close, directory), 0);
    }
}

static void refusals(void)
{
    char path[8] = "/c0";
    char buffer[16];
    WANT(CALL2(open, 0, OPEN_READ), -EFAULT);
    WANT(CALL2(open, 0xffffffffffffff00, OPEN_READ), -EFAULT);
    WANT(CALL2(stat, "/c0", 0), -EFAULT);
    WANT(CALL1(mkdir, "/c0"), -EEXIST);
    WANT(CALL1(rmdir, "/c0"), -ENOTEMPTY);
    WANT(CALL2(rename, "/c0", "/c0/x"), -EINVAL);
    WANT(CALL1(chdir, path), 0);
    WANT(CALL2(getcwd, buffer, sizeof buffer), 3);
    WANT(buffer[2] == '0' && buffer[3] == 0, 1);
    WANT(CALL2(getcwd, buffer, 3), -ERANGE);
    WANT(CALL1(chdir, "/bin/init"), -ENOTDIR);
    WANT(CALL1(chdir, ".."), 0);
    int64_t file = CALL2(open, "/x", OPEN_READ | OPEN_WRITE | OPEN_CREATE);
    WANT(file >= 0, 1);
    WANT(CALL3(write, file, 8, 100), -EFAULT);
    WANT(CALL3(write, file, "abc", 3), 3);
    WANT(CALL2(truncate, file, 100000), 0);
    WANT(CALL3(seek, file, 0, SEEK_END), 100000);
    WANT(CALL3(seek, file, 1, SEEK_SET), 1);
    WANT(CALL3(read, file, buffer, 4), 4);
    WANT(buffer[0] == 'b' && buffer[2] == 0, 1);
    WANT(CALL1(unlink, "/x"), 0);
    WANT(CALL1(close, file), 0);
}

static void first_boot(void)
{
    char path[] = "/c0";
    int status;
    for (unsigned child = 0; child < CHILDREN; child++) {
        path[2] = (char)('0' + child);
        WANT(CALL1(mkdir, path), 0);
        int64_t pid = CALL1(fork, 0);
        if (pid == 0) {
            child_writes(child);
            CALL1(exit, 0);
        }
        WANT(pid > 0, 1);
    }
    for (unsigned child = 0; child < CHILDREN; child++) {
        WANT(CALL3(wait, -1, &status, 0) > 0, 1);
        WANT(status, 0);
    }
    refusals();
    look_at_all();
    WANT(CALL1(sync, 0), 0);
    WANT(CALL1(mkdir, "/done"), 0);
    say("storage: written\n");
}

void start(void)
{
    struct stat stat;
    console = (int)CALL2(open, "/dev/console", OPEN_READ | OPEN_WRITE);
    if (CALL2(stat, "/done", &stat) == 0) {
        look_at_all();
        say("storage: found\n");
    } else {
        first_boot();
    }
    CALL1(power_off, 0);
}
