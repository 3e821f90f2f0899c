/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * In place of a file system, for images that run on machines without a disk: the programs that are linked into the image (section
 * .programs: for each its size, 8 bytes, its path in 56, and its bytes), /dev and /proc by full paths, and nothing that changes
 * files.
 */
#include "embedded.h"

#include "device.h"
#include "file_system.h"
#include "memory.h"
#include "print.h"
#include "system_call.h"
#include "turnstile/abi.h"

enum { PATH_BYTES = 56 };

struct program {
    uint64_t bytes;
    char path[PATH_BYTES];
};

extern const char _programs[], _programs_end[];

static int64_t program_read(struct file *file, struct span to, uint64_t bytes, uint64_t *position)
{
    const struct program *program = file->data;
    if (*position >= program->bytes)
        return 0;
    if (bytes > program->bytes - *position)
        bytes = program->bytes - *position;
    if (span_put(to, 0, (const char *)(program + 1) + *position, bytes) != 0)
        return -EFAULT;
    *position += bytes;
    return (int64_t)bytes;
}

static int program_stat(struct file *file, struct stat *stat)
{
    const struct program *program = file->data;
    stat->kind = FILE_REGULAR;
    stat->bytes = program->bytes;
    stat->links = 1;
    return 0;
}

static const struct file_operations operations = {
    .name = "program", .has_position = true, .read = program_read, .stat = program_stat};

static int open_program(const char *path, struct file **ret_file)
{
    for (const char *at = _programs; at < _programs_end;) {
        const struct program *program = (const struct program *)at;
        if (strcmp(program->path, path) == 0) {
            *ret_file = file_create(&operations, (void *)program, OPEN_READ);
            return *ret_file ? 0 : -ENOMEM;
        }
        at += sizeof *program + ((program->bytes + 7) & ~7ull);
    }
    return -ENOENT;
}

int file_system_open(const char *path, unsigned flags, struct file **ret_file)
{
    if (strncmp(path, "/dev/", 5) == 0)
        for (const struct device_row *row = device_rows(); row; row = row->next)
            if (strcmp(row->name, path + 5) == 0)
                return device_open(row, flags, ret_file);
    if (strncmp(path, "/proc/", 6) == 0)
        for (const struct proc_row *row = proc_rows(); row; row = row->next)
            if (strcmp(row->name, path + 6) == 0)
                return proc_open(row, flags, ret_file);
    return flags & (OPEN_WRITE | OPEN_CREATE) ? -EROFS : open_program(path, ret_file);
}

void file_system_init(void)
{
    embedded_extra_rows();
}

int file_system_mount(void)
{
    return 0;
}

void file_system_stop(void) {}

struct directory *directory_root(void)
{
    return NULL;
}

void directory_hold(struct directory *directory)
{
    (void)directory;
}

void directory_release(struct directory *directory)
{
    (void)directory;
}

SYSTEM_CALL(open)
{
    char path[PATH_BYTES_MAX];
    struct file *file;
    int64_t length = copy_text_from_user(path, argument[0], sizeof path);
    if (length < 0)
        return length;
    if (argument[1] & ~(uint64_t)OPEN_FLAGS || !(argument[1] & (OPEN_READ | OPEN_WRITE)))
        return -EINVAL;
    int error = file_system_open(path, (unsigned)argument[1], &file);
    if (error)
        return error;
    int descriptor = descriptor_allocate(file, argument[1] & OPEN_CLOSE_ON_EXEC);
    if (descriptor < 0)
        file_close(file);
    return descriptor;
}

#define NOT_HERE(name)                                                                                                             \
    SYSTEM_CALL(name)                                                                                                              \
    {                                                                                                                              \
        (void)argument;                                                                                                            \
        return -ENOSYS;                                                                                                            \
    }
NOT_HERE(stat)
NOT_HERE(mkdir)
NOT_HERE(rmdir)
NOT_HERE(link)
NOT_HERE(unlink)
NOT_HERE(rename)
NOT_HERE(chdir)
NOT_HERE(getcwd)

SYSTEM_CALL(sync)
{
    (void)argument;
    return 0;
}
