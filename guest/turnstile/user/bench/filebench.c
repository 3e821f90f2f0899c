/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * filebench: what files cost: per KiB, and per call. PARTIES processes do the same at once, each with its own file; the figures are
 * the first one's.
 */
#include "clock.h"
#include "measure.h"
#include "process.h"
#include "program.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

enum { FILE_KIB = 64, PARTIES_MAX = 32 };

static char name[32], other[32], block[4096];

static int open_file(unsigned flags)
{
    return (int)measure_good(name, sys_open(name, flags));
}

static void create_unlink(void)
{
    sys_close(open_file(OPEN_WRITE | OPEN_CREATE));
    measure_good(name, sys_unlink(name));
}

static void rename_there_and_back(void)
{
    measure_good(name, sys_rename(name, other));
    measure_good(name, sys_rename(other, name));
}

static void move_file(bool writes, int file)
{
    measure_good(name, sys_seek(file, 0, SEEK_SET));
    for (int i = 0; i < FILE_KIB / 4; i++)
        measure_good(name, writes ? sys_write(file, block, sizeof block) : sys_read(file, block, sizeof block));
}

static void run(unsigned number, bool is_shown)
{
    enum { CREATE, WRITE, REWRITE, FSYNC, READ, RENAME, ROWS };
    static const char *const rows[ROWS] = {"create_unlink", "write_kib", "rewrite_kib", "write_fsync", "read_kib", "rename"};
    uint64_t cycles[ROWS], begin;
    snprintf(name, sizeof name, "/tmp/filebench.%u", number);
    snprintf(other, sizeof other, "/tmp/filebench.%u.b", number);
    measure_on_hart(number);
    cycles[CREATE] = measure_mean(create_unlink, measure.times);
    int file = open_file(OPEN_READ | OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE);
    begin = cycles_now();
    move_file(true, file);
    cycles[WRITE] = (cycles_now() - begin) / FILE_KIB;
    begin = cycles_now();
    for (unsigned i = 0; i < measure.times; i++)
        move_file(true, file);
    cycles[REWRITE] = (cycles_now() - begin) / measure.times / FILE_KIB;
    begin = cycles_now();
    for (unsigned i = 0; i < measure.times; i++) {
        measure_good(name, sys_write(file, block, 100));
        measure_good(name, sys_fsync(file));
    }
    cycles[FSYNC] = (cycles_now() - begin) / measure.times;
    begin = cycles_now();
    for (unsigned i = 0; i < measure.times; i++)
        move_file(false, file);
    cycles[READ] = (cycles_now() - begin) / measure.times / FILE_KIB;
    cycles[RENAME] = measure_mean(rename_there_and_back, measure.times) / 2;
    sys_close(file);
    measure_good(name, sys_unlink(name));
    for (int i = 0; is_shown && i < ROWS; i++)
        measure_put(rows[i], cycles[i]);
}

int main(int argc, char **argv)
{
    int pids[PARTIES_MAX], status = 0;
    measure_options(argc, argv, 10, 1, PARTIES_MAX);
    measure_put("parties", measure.parties);
    for (unsigned i = 1; i < measure.parties; i++) {
        pids[i] = (int)measure_good("fork", process_fork());
        if (pids[i] == 0) {
            run(i, false);
            _Exit(0);
        }
    }
    run(0, true);
    for (unsigned i = 1; i < measure.parties; i++)
        status |= process_wait(pids[i]);
    putchar('\n');
    return status != 0;
}
