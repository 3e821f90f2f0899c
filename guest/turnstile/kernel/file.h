/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Open files and descriptors. descriptor.c implements what is declared here, and the system calls that only need a descriptor:
 * read, write, close, dup, dup2, seek, fstat, read_directory, truncate, fsync. Kinds of files are tables of operations: pipe.c,
 * console.c, semaphore.c, device.c (/dev and /proc) and, in the file system, inodes. The calls on paths (open, mkdir, ..., chdir,
 * getcwd, sync) are the file system's, see file_system.h.
 *
 * A struct file is what open returns: dup and fork share it. It lives while somebody holds it.
 */
#ifndef KERNEL_FILE_H
#define KERNEL_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mutex.h"
#include "user_copy.h"

struct stat;
struct file;

/* Each may be NULL: then the call is refused (-EINVAL; seek -ESPIPE, read_directory -ENOTDIR, control -ENOTTY). All are called with
 * no spin lock held and may sleep. Errors are negative errno. */
struct file_operations {
    const char *name;
    unsigned kind,
        device;        /* what stat says of them, unless there is a function for it: enum file_kind, struct stat's device (abi.h) */
    bool has_position; /* read and write happen at file->position, one at a time for a file */
    /* How many bytes were moved: less than asked only at the end, or when waiting would be next (pipes, terminals). *position is
     * the file's position (or exec's own), moved by the function; with OPEN_APPEND write sets it to the end first. */
    int64_t (*read)(struct file *file, struct span to, uint64_t bytes, uint64_t *position);
    int64_t (*write)(struct file *file, struct span from, uint64_t bytes, uint64_t *position);
    /* Fills *stat, which is all zero but for kind, device and one link. */
    int (*stat)(struct file *file, struct stat *stat);
    /* Fills one struct directory_entry (abi.h) in kernel memory and moves *position: 1, or 0 at the end. */
    int (*read_directory)(struct file *file, void *entry, uint64_t *position);
    int (*truncate)(struct file *file, uint64_t bytes);
    int (*fsync)(struct file *file);
    int64_t (*control)(struct file *file, unsigned operation, uint64_t value);
    /* The last holder is gone; file->data is the kind's to release. The struct file itself is freed by descriptor.c. */
    void (*close)(struct file *file);
};

struct file {
    const struct file_operations *operations;
    void *data;      /* the kind's */
    uint64_t number; /* the kind's */
    unsigned flags;  /* OPEN_* but CLOSE_ON_EXEC; fixed after file_create */
    _Atomic uint32_t references;
    struct mutex mutex; /* guards position */
    uint64_t position;
};

/* A file with one reference, or NULL when there is no memory. */
struct file *file_create(const struct file_operations *operations, void *data, unsigned flags);
void file_hold(struct file *file);
/* One holder less. May sleep: no spin lock may be held. */
void file_close(struct file *file);
/* Reads into kernel memory at a place, for exec. */
int64_t file_read_at(struct file *file, void *to, uint64_t bytes, uint64_t position);

struct descriptor {
    struct file *file; /* NULL: free */
    bool closes_on_exec;
};

/* The lowest free descriptor of the current process gets the file, whose reference it takes over: its number, or -EMFILE, and then
 * the reference stays with the caller. */
int descriptor_allocate(struct file *file, bool closes_on_exec);
/* The open file of a descriptor, held for the caller, who closes it; NULL when the descriptor is not open. */
struct file *descriptor_file(int descriptor);
int descriptor_close(int descriptor);

#endif
