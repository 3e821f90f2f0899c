/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * free: memory and disk, in use and free.
 */
#include "program.h"
#include "stdio.h"
#include "stdlib.h"

static void show(const char *what, uint64_t total, uint64_t free_part)
{
    printf("%-12s %10lu %10lu %10lu\n", what, total, total - free_part, free_part);
}

int main(void)
{
    uint64_t total, free_part;
    char *memory = file_read_or_die("/proc/memory");
    if (!proc_value(memory, "total_kb", &total) || !proc_value(memory, "free_kb", &free_part))
        die("/proc/memory does not say how much there is");
    printf("%-12s %10s %10s %10s\n", "", "total", "used", "free");
    show("memory KiB", total, free_part);
    size_t bytes;
    int error;
    char *disk = file_read("/proc/disk", &bytes, &error);
    if (disk && proc_value(disk, "blocks", &total) && proc_value(disk, "blocks_free", &free_part))
        show("disk KiB", total * 4, free_part * 4);
    if (disk && proc_value(disk, "inodes", &total) && proc_value(disk, "inodes_free", &free_part))
        show("disk inodes", total, free_part);
    return 0;
}
