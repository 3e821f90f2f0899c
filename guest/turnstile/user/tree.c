/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Trees of files (tree.h). One directory at a time is read into memory, so that no descriptor stays open on the way down.
 */
#include "tree.h"

#include "directory.h"
#include "program.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

static bool failed(const char *path, int64_t error)
{
    if (error < 0)
        complain_error(path, error);
    return error < 0;
}

static bool copy_data(int in, int out, const char *from, const char *to)
{
    static char buffer[16384];
    int64_t count;
    while ((count = sys_read(in, buffer, sizeof buffer)) != 0) {
        if (count == -EINTR)
            continue;
        if (failed(from, count) || failed(to, write_all(out, buffer, (size_t)count)))
            return false;
    }
    return true;
}

static bool copy_file(const char *from, const char *to)
{
    int64_t in = sys_open(from, OPEN_READ);
    if (failed(from, in))
        return false;
    int64_t out = sys_open(to, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE);
    bool is_good = !failed(to, out) && copy_data((int)in, (int)out, from, to);
    if (out >= 0)
        is_good &= !failed(to, sys_close((int)out));
    sys_close((int)in);
    return is_good;
}

static bool copy_directory(const char *from, const char *to)
{
    int error;
    /* Listed first, so that a copy into itself is finite. */
    char **names = directory_names(from, true, &error);
    if (!names)
        return !failed(from, error);
    int64_t made = sys_mkdir(to);
    bool is_good = made == -EEXIST || !failed(to, made);
    for (char **name = names; is_good && *name; name++) {
        char below[PATH_BYTES_MAX], target[PATH_BYTES_MAX];
        if (!path_join(below, sizeof below, from, *name) || !path_join(target, sizeof target, to, *name))
            is_good = !failed(from, -ENAMETOOLONG);
        else
            is_good = tree_copy(below, target, true);
    }
    directory_names_free(names);
    return is_good;
}

bool tree_copy(const char *from, const char *to, bool with_directories)
{
    struct stat stat, other;
    if (failed(from, sys_stat(from, &stat)))
        return false;
    if (sys_stat(to, &other) == 0 && other.device == stat.device && other.inode == stat.inode) {
        complain("%s and %s are the same file", from, to);
        return false;
    }
    if (stat.kind != FILE_DIRECTORY)
        return copy_file(from, to);
    if (with_directories)
        return copy_directory(from, to);
    complain("%s is a directory; -r copies those", from);
    return false;
}

bool tree_remove(const char *path)
{
    struct stat stat;
    if (failed(path, sys_stat(path, &stat)))
        return false;
    if (stat.kind != FILE_DIRECTORY)
        return !failed(path, sys_unlink(path));
    int error;
    char **names = directory_names(path, true, &error);
    if (!names)
        return !failed(path, error);
    bool is_good = true;
    for (char **name = names; *name; name++) {
        char below[PATH_BYTES_MAX];
        if (path_join(below, sizeof below, path, *name))
            is_good &= tree_remove(below);
        else
            is_good = !failed(path, -ENAMETOOLONG);
    }
    directory_names_free(names);
    return is_good && !failed(path, sys_rmdir(path));
}
