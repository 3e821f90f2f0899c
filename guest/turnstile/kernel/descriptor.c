/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Open files and the descriptors that name them (file.h). A process's descriptors have a lock; an open file has a count of holders,
 * and a mutex for its position where it has one.
 */
#include "file.h"

#include "memory.h"
#include "object.h"
#include "print.h"
#include "process.h"
#include "process_parts.h"
#include "system_call.h"
#include "turnstile/abi.h"

#define BYTES_MAX (1ull << 30) /* of one read or write */

static struct object_pool pool = OBJECT_POOL_INITIAL(struct file, "files");

struct file *file_create(const struct file_operations *operations, void *data, unsigned flags)
{
    struct file *file = object_allocate(&pool);
    if (!file)
        return NULL;
    file->operations = operations;
    file->data = data;
    file->flags = flags & ~OPEN_CLOSE_ON_EXEC;
    file->references = 1;
    mutex_init(&file->mutex, "file");
    return file;
}

void file_hold(struct file *file)
{
    atomic_fetch_add_explicit(&file->references, 1, memory_order_relaxed); /* amoadd.w */
}

void file_close(struct file *file)
{
    /* amoadd.w.aqrl: the last one sees what the others did */
    if (atomic_fetch_sub_explicit(&file->references, 1, memory_order_acq_rel) > 1)
        return;
    if (file->operations->close)
        file->operations->close(file);
    mutex_finish(&file->mutex);
    object_free(&pool, file);
}

int64_t file_read_at(struct file *file, void *to, uint64_t bytes, uint64_t position)
{
    if (!file->operations->read || !file->operations->has_position)
        return -EACCES;
    return file->operations->read(file, (struct span){.address = (uint64_t)to}, bytes, &position);
}

/* ---- descriptors ---- */

int descriptor_allocate(struct file *file, bool closes_on_exec)
{
    struct process *process = current_process();
    int found = -EMFILE;
    lock_acquire(&process->files_lock);
    for (int i = 0; i < DESCRIPTORS_MAX && found < 0; i++)
        if (!process->descriptors[i].file) {
            process->descriptors[i] = (struct descriptor){file, closes_on_exec};
            found = i;
        }
    lock_release(&process->files_lock);
    return found;
}

struct file *descriptor_file(int descriptor)
{
    struct process *process = current_process();
    if (descriptor < 0 || descriptor >= DESCRIPTORS_MAX)
        return NULL;
    lock_acquire(&process->files_lock);
    struct file *file = process->descriptors[descriptor].file;
    if (file)
        file_hold(file);
    lock_release(&process->files_lock);
    return file;
}

/* What was there, whose reference is the caller's now. */
static struct file *replace(struct process *process, int descriptor, struct file *file)
{
    lock_acquire(&process->files_lock);
    struct file *old = process->descriptors[descriptor].file;
    process->descriptors[descriptor] = (struct descriptor){file, false};
    lock_release(&process->files_lock);
    return old;
}

int descriptor_close(int descriptor)
{
    if (descriptor < 0 || descriptor >= DESCRIPTORS_MAX)
        return -EBADF;
    struct file *file = replace(current_process(), descriptor, NULL);
    if (!file)
        return -EBADF;
    file_close(file);
    return 0;
}

void descriptors_copy(struct process *child, struct process *parent)
{
    lock_acquire(&parent->files_lock);
    for (unsigned i = 0; i < DESCRIPTORS_MAX; i++) {
        child->descriptors[i] = parent->descriptors[i];
        if (child->descriptors[i].file)
            file_hold(child->descriptors[i].file);
    }
    lock_release(&parent->files_lock);
}

void descriptors_close(struct process *process, bool only_on_exec)
{
    for (int i = 0; i < DESCRIPTORS_MAX; i++)
        if (process->descriptors[i].file && (!only_on_exec || process->descriptors[i].closes_on_exec))
            file_close(replace(process, i, NULL));
}

/* ---- calls ---- */

static int64_t move(struct file *file, bool writes, struct span span, uint64_t bytes)
{
    int64_t (*operation)(struct file *, struct span, uint64_t, uint64_t *) =
        writes ? file->operations->write : file->operations->read;
    if (!(file->flags & (writes ? OPEN_WRITE : OPEN_READ)))
        return -EBADF;
    if (!operation)
        return -EINVAL;
    if (!file->operations->has_position)
        return operation(file, span, bytes, &file->position);
    mutex_acquire(&file->mutex);
    int64_t result = operation(file, span, bytes, &file->position);
    mutex_release(&file->mutex);
    return result;
}

static int64_t move_user(const uint64_t argument[6], bool writes)
{
    struct file *file = descriptor_file((int)argument[0]);
    if (!file)
        return -EBADF;
    struct span span = {.address = argument[1], .is_user = true};
    int64_t result = move(file, writes, span, argument[2] < BYTES_MAX ? argument[2] : BYTES_MAX);
    file_close(file);
    return result;
}

SYSTEM_CALL(read)
{
    return move_user(argument, false);
}

SYSTEM_CALL(write)
{
    return move_user(argument, true);
}

SYSTEM_CALL(close)
{
    return descriptor_close((int)argument[0]);
}

SYSTEM_CALL(dup)
{
    struct file *file = descriptor_file((int)argument[0]);
    if (!file)
        return -EBADF;
    int descriptor = descriptor_allocate(file, false);
    if (descriptor < 0)
        file_close(file);
    return descriptor;
}

SYSTEM_CALL(dup2)
{
    int as = (int)argument[1];
    struct file *file = descriptor_file((int)argument[0]);
    if (!file)
        return -EBADF;
    if (as < 0 || as >= DESCRIPTORS_MAX || as == (int)argument[0]) {
        file_close(file);
        return as == (int)argument[0] ? as : -EBADF;
    }
    struct file *old = replace(current_process(), as, file);
    if (old)
        file_close(old);
    return as;
}

static int file_stat(struct file *file, struct stat *stat)
{
    *stat = (struct stat){.kind = file->operations->kind, .device = file->operations->device, .links = 1};
    return file->operations->stat ? file->operations->stat(file, stat) : 0;
}

static int64_t file_bytes(struct file *file)
{
    struct stat stat;
    int error = file_stat(file, &stat);
    return error ? error : (int64_t)stat.bytes;
}

static int64_t seek(struct file *file, const uint64_t argument[6])
{
    if (!file->operations->has_position)
        return -ESPIPE;
    int64_t base = 0, position;
    switch ((uint32_t)argument[2]) {
    case SEEK_SET:
        break;
    case SEEK_CUR:
        base = (int64_t)file->position;
        break;
    case SEEK_END:
        base = file_bytes(file);
        break;
    default:
        return -EINVAL;
    }
    if (base < 0)
        return base;
    if (__builtin_add_overflow(base, (int64_t)argument[1], &position) || position < 0)
        return -EINVAL;
    file->position = (uint64_t)position;
    return position;
}

static int64_t stat_to_user(struct file *file, const uint64_t argument[6])
{
    struct stat stat;
    int error = file_stat(file, &stat);
    return error ? error : copy_to_user(argument[1], &stat, sizeof stat);
}

static int64_t read_entries(struct file *file, const uint64_t argument[6])
{
    if (!file->operations->read_directory)
        return -ENOTDIR;
    uint32_t done = 0, count = (uint32_t)argument[2];
    for (; done < count; done++) {
        struct directory_entry entry = {0};
        uint64_t before = file->position;
        int result = file->operations->read_directory(file, &entry, &file->position);
        if (result > 0 && copy_to_user(argument[1] + done * sizeof entry, &entry, sizeof entry) != 0) {
            file->position = before;
            result = -EFAULT;
        }
        if (result < 0 && done == 0)
            return result;
        if (result <= 0)
            break;
    }
    return done;
}

static int64_t truncate(struct file *file, const uint64_t argument[6])
{
    if (!(file->flags & OPEN_WRITE))
        return -EBADF;
    return file->operations->truncate ? file->operations->truncate(file, argument[1]) : -EINVAL;
}

static int64_t fsync(struct file *file, const uint64_t argument[6])
{
    (void)argument;
    return file->operations->fsync ? file->operations->fsync(file) : -EINVAL;
}

static int64_t control(struct file *file, const uint64_t argument[6])
{
    return file->operations->control ? file->operations->control(file, (unsigned)argument[1], argument[2]) : -ENOTTY;
}

/* The call on the open file that argument[0] names, which nobody else moves meanwhile if the call uses its position. */
static int64_t with_file(int64_t (*call)(struct file *, const uint64_t[6]), const uint64_t argument[6], bool uses_position)
{
    struct file *file = descriptor_file((int)argument[0]);
    if (!file)
        return -EBADF;
    if (uses_position)
        mutex_acquire(&file->mutex);
    int64_t result = call(file, argument);
    if (uses_position)
        mutex_release(&file->mutex);
    file_close(file);
    return result;
}

SYSTEM_CALL(seek)
{
    return with_file(seek, argument, true);
}

SYSTEM_CALL(fstat)
{
    return with_file(stat_to_user, argument, false);
}

SYSTEM_CALL(read_directory)
{
    return with_file(read_entries, argument, true);
}

SYSTEM_CALL(truncate)
{
    return with_file(truncate, argument, false);
}

SYSTEM_CALL(fsync)
{
    return with_file(fsync, argument, false);
}

SYSTEM_CALL(tty_control)
{
    return with_file(control, argument, false);
}
