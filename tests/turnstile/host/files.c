/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Stand-ins for user memory, open files and the rows of /dev and /proc. "User memory" is the host's; address 0 faults.
 */
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "file.h"
#include "memory.h"
#include "user_copy.h"
#include "turnstile/abi.h"

int span_put(struct span to, uint64_t offset, const void *from, uint64_t bytes)
{
    if (to.address == 0)
        return -EFAULT;
    memcpy((void *)(to.address + offset), from, bytes);
    return 0;
}

int span_take(void *to, struct span from, uint64_t offset, uint64_t bytes)
{
    if (from.address == 0)
        return -EFAULT;
    memcpy(to, (const void *)(from.address + offset), bytes);
    return 0;
}

void text_copy(char *to, const char *from, size_t bytes)
{
    size_t length = strlen(from);
    length = length < bytes ? length : bytes - 1;
    memcpy(to, from, length);
    to[length] = 0;
}

struct file *file_create(const struct file_operations *operations, void *data, unsigned flags)
{
    struct file *file = calloc(1, sizeof *file);
    if (file) {
        file->operations = operations;
        file->data = data;
        file->flags = flags;
        file->references = 1;
    }
    return file;
}

void file_close(struct file *file)
{
    if (--file->references == 0) {
        if (file->operations->close)
            file->operations->close(file);
        free(file);
    }
}

/* ---- rows ---- */

static const struct file_operations null_operations = {.name = "null"};
static struct device_row null_row = {.name = "null", .operations = &null_operations};
static struct proc_row *proc_first;

void device_register(struct device_row *row) {}

void proc_register(struct proc_row *row)
{
    row->next = proc_first;
    proc_first = row;
}

const struct device_row *device_rows(void)
{
    return &null_row;
}

const struct proc_row *proc_rows(void)
{
    return proc_first;
}

int device_open(const struct device_row *row, unsigned flags, struct file **ret_file)
{
    *ret_file = file_create(row->operations, NULL, flags);
    return *ret_file ? 0 : -ENOMEM;
}

int proc_open(const struct proc_row *row, unsigned flags, struct file **ret_file)
{
    *ret_file = file_create(&null_operations, NULL, flags);
    return *ret_file ? 0 : -ENOMEM;
}
