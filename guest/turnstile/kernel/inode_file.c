/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Open files that are inodes: the operations that descriptor.c calls. file->data is the inode, held.
 */
#include "inode_file.h"

#include "file.h"
#include "inode.h"
#include "log.h"
#include "path.h"
#include "turnstile/abi.h"

static int64_t read(struct file *file, struct span to, uint64_t bytes, uint64_t *position)
{
    if (!(file->flags & OPEN_READ))
        return -EBADF;
    int64_t got = inode_read(file->data, to, bytes, *position);
    *position += got > 0 ? (uint64_t)got : 0;
    return got;
}

static int64_t write(struct file *file, struct span from, uint64_t bytes, uint64_t *position)
{
    if (!(file->flags & OPEN_WRITE))
        return -EBADF;
    return inode_write(file->data, from, bytes, position, file->flags & OPEN_APPEND);
}

static int stat(struct file *file, struct stat *stat)
{
    return inode_stat(file->data, stat);
}

static int read_directory(struct file *file, void *entry, uint64_t *position)
{
    return path_list(file->data, position, entry);
}

static int truncate(struct file *file, uint64_t bytes)
{
    return file->flags & OPEN_WRITE ? inode_truncate(file->data, bytes) : -EBADF;
}

static int fsync(struct file *file)
{
    struct inode *inode = file->data;
    if (!inode_is_on_disk(inode))
        return 0;
    int error = inode_lock(inode);
    if (error)
        return error;
    uint64_t transaction = inode->transaction;
    inode_unlock(inode);
    return log_commit(transaction);
}

static void close(struct file *file)
{
    inode_release(file->data);
}

const struct file_operations inode_file_operations = {
    .name = "file",
    .has_position = true,
    .read = read,
    .write = write,
    .stat = stat,
    .truncate = truncate,
    .fsync = fsync,
    .close = close,
};

const struct file_operations inode_directory_operations = {
    .name = "directory",
    .has_position = true,
    .stat = stat,
    .read_directory = read_directory,
    .fsync = fsync,
    .close = close,
};
