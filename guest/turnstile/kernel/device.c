/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rows of /dev and /proc, and open files of them. A text of /proc is made when it is first read from its beginning, and kept
 * with the open file, so that reading it in pieces gives one text.
 */
#include "device.h"

#include "memory.h"
#include "page.h"
#include "print.h"
#include "turnstile/abi.h"

static struct device_row *devices, **last_device = &devices;
static struct proc_row *procs, **last_proc = &procs;

void device_register(struct device_row *row)
{
    row->next = NULL;
    *last_device = row;
    last_device = &row->next;
}

void proc_register(struct proc_row *row)
{
    row->next = NULL;
    *last_proc = row;
    last_proc = &row->next;
}

const struct device_row *device_rows(void)
{
    return devices;
}

const struct proc_row *proc_rows(void)
{
    return procs;
}

int device_open(const struct device_row *row, unsigned flags, struct file **ret_file)
{
    void *data = NULL;
    int error = row->open ? row->open(flags, &data) : 0;
    if (error)
        return error;
    struct file *file = file_create(row->operations, data, flags);
    if (!file)
        return -ENOMEM;
    *ret_file = file;
    return 0;
}

/* ---- /proc ---- */

enum { PROC_PAGES = 8, COMMAND_BYTES = 256 };

struct proc_text {
    const struct proc_row *row;
    uint64_t length;
    char *pages[PROC_PAGES]; /* those that the text needs */
};
_Static_assert(sizeof(struct proc_text) <= PAGE_BYTES, "a page holds it");

static void forget(struct proc_text *proc)
{
    for (unsigned i = 0; i < PROC_PAGES; i++) {
        page_free(proc->pages[i]);
        proc->pages[i] = NULL;
    }
    proc->length = 0;
}

/* A text is made in one piece of the kernel's memory, a page at a time: again and again, each time keeping another part. */
static int make(struct proc_text *proc)
{
    forget(proc);
    for (unsigned i = 0; i < PROC_PAGES; i++) {
        proc->pages[i] = page_allocate();
        if (!proc->pages[i])
            return -ENOMEM;
        struct text text = {.bytes = proc->pages[i], .room = PAGE_BYTES, .skip = i * PAGE_BYTES};
        proc->row->print(&text);
        proc->length = text.length < (i + 1) * PAGE_BYTES ? text.length : (i + 1) * PAGE_BYTES;
        if (text.length <= (i + 1) * PAGE_BYTES)
            break;
    }
    return 0;
}

static int64_t proc_read(struct file *file, struct span to, uint64_t bytes, uint64_t *position)
{
    struct proc_text *proc = file->data;
    int error = *position == 0 ? make(proc) : 0;
    if (error)
        return error;
    uint64_t done = 0;
    while (done < bytes && *position < proc->length) {
        uint64_t offset = *position % PAGE_BYTES, piece = PAGE_BYTES - offset;
        piece = piece < bytes - done ? piece : bytes - done;
        piece = piece < proc->length - *position ? piece : proc->length - *position;
        if (span_put(to, done, proc->pages[*position / PAGE_BYTES] + offset, piece) != 0)
            return -EFAULT;
        done += piece;
        *position += piece;
    }
    return (int64_t)done;
}

static int64_t proc_write(struct file *file, struct span from, uint64_t bytes, uint64_t *position)
{
    const struct proc_text *proc = file->data;
    (void)position;
    char command[COMMAND_BYTES];
    if (!proc->row->write)
        return -EACCES;
    if (bytes >= sizeof command)
        return -EINVAL;
    if (span_take(command, from, 0, bytes) != 0)
        return -EFAULT;
    command[bytes] = 0;
    int error = proc->row->write(command);
    return error ? error : (int64_t)bytes;
}

static void proc_close(struct file *file)
{
    forget(file->data);
    page_free(file->data);
}

static const struct file_operations proc_operations = {.name = "proc",
                                                       .has_position = true,
                                                       .read = proc_read,
                                                       .write = proc_write,
                                                       .kind = FILE_REGULAR,
                                                       .device = 3,
                                                       .close = proc_close};

int proc_open(const struct proc_row *row, unsigned flags, struct file **ret_file)
{
    if (flags & OPEN_WRITE && !row->write)
        return -EACCES;
    struct proc_text *proc = page_allocate();
    struct file *file = proc ? file_create(&proc_operations, proc, flags) : NULL;
    if (!file) {
        page_free(proc);
        return -ENOMEM;
    }
    proc->row = row;
    *ret_file = file;
    return 0;
}
