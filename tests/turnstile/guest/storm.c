/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A first program that storms the disk until the machine is stopped: processes that make, rename and remove files, and now and then sync one
 * and say so. storage_test.py knows what each does at each step, and so what has to be on the disk.
 */
#include "storage.h"

enum { CHILDREN = 3, BYTES_MAX = 10000 };

static char data[BYTES_MAX];

static void name_file(char *path, char kind, unsigned number)
{
    path[4] = kind;
    put_number(path + 5, number, 5);
}

static void child_storms(unsigned child)
{
    char path[] = "/k0/n00000", other[] = "/k0/n00000", line[] = "synced 0 00000\n";
    path[2] = other[2] = line[7] = (char)('0' + child);
    for (unsigned n = 0; n < 2000; n++) {
        unsigned bytes = 1 + n * 1237 % BYTES_MAX;
        for (unsigned i = 0; i < bytes; i++)
            data[i] = (char)(child * 61 + n * 7 + i / 64);
        name_file(path, 'n', n);
        int64_t file = CALL2(open, path, OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE);
        WANT(file >= 0, 1);
        WANT(CALL3(write, file, data, bytes), bytes);
        if (n % 4 == 3) {
            WANT(CALL1(fsync, file), 0);
            put_number(line + 9, n, 5);
            CALL3(write, console, line, sizeof line - 1);
        }
        WANT(CALL1(close, file), 0);
        if (n % 5 == 4) {
            name_file(path, 'n', n - 2);
            name_file(other, 'r', n - 2);
            WANT(CALL2(rename, path, other), 0);
        }
        /* So that there are never many. */
        if (n >= 20) {
            name_file(path, (n - 20) % 5 == 2 ? 'r' : 'n', n - 20);
            WANT(CALL1(unlink, path), 0);
        }
    }
}

void start(void)
{
    struct stat stat;
    char path[] = "/k0";
    int status;
    console = (int)CALL2(open, "/dev/console", OPEN_READ | OPEN_WRITE);
    if (CALL2(stat, "/k0", &stat) == 0) {
        say("mounted again\n");
        CALL1(power_off, 0);
    }
    for (unsigned child = 0; child < CHILDREN; child++) {
        path[2] = (char)('0' + child);
        WANT(CALL1(mkdir, path), 0);
    }
    WANT(CALL1(sync, 0), 0);
    for (unsigned child = 0; child < CHILDREN; child++)
        if (CALL1(fork, 0) == 0) {
            child_storms(child);
            CALL1(exit, 0);
        }
    for (unsigned child = 0; child < CHILDREN; child++)
        CALL3(wait, -1, &status, 0);
    say("the storm is over\n");
    CALL1(power_off, 0);
}
