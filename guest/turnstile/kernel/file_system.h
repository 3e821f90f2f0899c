/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the rest of the kernel needs of the file system. Implemented by the storage part (path.c and its neighbours), which also
 * defines SYSTEM_CALL(open), stat, mkdir, rmdir, link, unlink, rename, chdir, getcwd and sync (system_call.h); in images
 * without a disk by tests/turnstile/guest/embedded.c, which knows the programs that are linked into the image.
 *
 * A working directory is a `struct directory *`, opaque here, held by the process (process.h: current_process()->directory),
 * guarded by the process's directory_mutex while it is changed or looked at.
 */
#ifndef KERNEL_FILE_SYSTEM_H
#define KERNEL_FILE_SYSTEM_H

struct directory;
struct file;

/* Boot hart, before other threads run and before interrupts are on: tables. */
void file_system_init(void);
/* First thread, which may sleep: finds the disk, replays the log, mounts. 0, or an error after it printed a sentence. */
int file_system_mount(void);
/* Everything written is safe when it returns; nothing is written afterwards. Before power-off. */
void file_system_stop(void);

/* Opens an existing file by a path in kernel memory, relative to the current process's directory: 0 and a held file, or an error.
 */
int file_system_open(const char *path, unsigned flags, struct file **ret_file);

/* The root, held; one holder more; one less. NULL is allowed for the last two. */
struct directory *directory_root(void);
void directory_hold(struct directory *directory);
void directory_release(struct directory *directory);

#endif
