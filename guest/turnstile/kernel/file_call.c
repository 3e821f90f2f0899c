/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The system calls on paths: they bring the paths into the kernel, and leave the rest to path_call.c. Paths are as long as half a
 * page, so they get a page instead of room on the stack.
 */
#include <stddef.h>

#include "file.h"
#include "file_system.h"
#include "inode.h"
#include "log.h"
#include "page.h"
#include "path.h"
#include "path_call.h"
#include "process.h"
#include "system_call.h"
#include "user_copy.h"
#include "turnstile/abi.h"

struct paths {
    char first[PATH_BYTES_MAX];
    char second[PATH_BYTES_MAX];
};
_Static_assert(sizeof(struct paths) <= PAGE_BYTES, "a page");

/* One path, or two with `second`. To be freed with page_free. */
static int take_paths(uint64_t first, uint64_t second, bool has_second, struct paths **ret_paths)
{
    struct paths *paths = page_allocate();
    *ret_paths = paths;
    if (!paths)
        return -ENOMEM;
    int64_t length = copy_text_from_user(paths->first, first, sizeof paths->first);
    if (length >= 0 && has_second)
        length = copy_text_from_user(paths->second, second, sizeof paths->second);
    return length < 0 ? (int)length : 0;
}

SYSTEM_CALL(open)
{
    struct paths *paths;
    struct file *file;
    unsigned flags = (unsigned)argument[1];
    int64_t result = take_paths(argument[0], 0, false, &paths);
    if (!result)
        result = path_open(paths->first, flags, &file);
    if (!result) {
        result = descriptor_allocate(file, flags & OPEN_CLOSE_ON_EXEC);
        if (result < 0)
            file_close(file);
    }
    page_free(paths);
    return result;
}

static int stat_path(const char *path, struct stat *stat)
{
    struct place place;
    int error = path_resolve(path, &place);
    if (error)
        return error;
    if (place.inode) {
        error = inode_stat(place.inode, stat);
        inode_release(place.inode);
    } else {
        stat->device = place.device ? 2 : 3;
        stat->kind = place.device ? FILE_DEVICE : FILE_REGULAR;
        stat->inode = place.row;
        stat->links = 1;
    }
    return error;
}

SYSTEM_CALL(stat)
{
    struct paths *paths;
    struct stat stat = {0};
    int error = take_paths(argument[0], 0, false, &paths);
    if (!error)
        error = stat_path(paths->first, &stat);
    if (!error)
        error = copy_to_user(argument[1], &stat, sizeof stat);
    page_free(paths);
    return error;
}

SYSTEM_CALL(mkdir)
{
    struct paths *paths;
    struct inode *inode;
    int error = take_paths(argument[0], 0, false, &paths);
    if (!error)
        error = path_create(paths->first, DISK_DIRECTORY, &inode);
    if (!error)
        inode_release(inode);
    page_free(paths);
    return error;
}

static int64_t remove_path(uint64_t path, uint32_t type)
{
    struct paths *paths;
    int error = take_paths(path, 0, false, &paths);
    if (!error)
        error = path_remove(paths->first, type);
    page_free(paths);
    return error;
}

SYSTEM_CALL(rmdir)
{
    return remove_path(argument[0], DISK_DIRECTORY);
}

SYSTEM_CALL(unlink)
{
    return remove_path(argument[0], DISK_FILE);
}

SYSTEM_CALL(link)
{
    struct paths *paths;
    int error = take_paths(argument[0], argument[1], true, &paths);
    if (!error)
        error = path_link(paths->first, paths->second);
    page_free(paths);
    return error;
}

SYSTEM_CALL(rename)
{
    struct paths *paths;
    int error = take_paths(argument[0], argument[1], true, &paths);
    if (!error)
        error = path_rename(paths->first, paths->second);
    page_free(paths);
    return error;
}

static int change_directory(const char *path)
{
    struct place place;
    struct process *process = current_process();
    int error = path_resolve(path, &place);
    if (error)
        return error;
    if (!place.inode)
        return -ENOTDIR;
    error = inode_lock(place.inode);
    if (!error) {
        error = place.inode->disk.type == DISK_DIRECTORY ? 0 : -ENOTDIR;
        inode_unlock(place.inode);
    }
    struct inode *released = place.inode;
    if (!error) {
        mutex_acquire(&process->directory_mutex);
        released = (struct inode *)process->directory;
        process->directory = (struct directory *)place.inode;
        mutex_release(&process->directory_mutex);
    }
    directory_release((struct directory *)released);
    return error;
}

SYSTEM_CALL(chdir)
{
    struct paths *paths;
    int error = take_paths(argument[0], 0, false, &paths);
    if (!error)
        error = change_directory(paths->first);
    page_free(paths);
    return error;
}

SYSTEM_CALL(getcwd)
{
    struct paths *paths = page_allocate();
    if (!paths)
        return -ENOMEM;
    int64_t length = path_of_directory(paths->first, argument[1] < sizeof paths->first ? argument[1] : sizeof paths->first);
    if (length >= 0) {
        int error = copy_to_user(argument[0], paths->first, (uint64_t)length + 1);
        length = error ? error : length;
    }
    page_free(paths);
    return length;
}

SYSTEM_CALL(sync)
{
    (void)argument;
    return log_sync();
}
