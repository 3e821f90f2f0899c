/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Walks paths. One directory is locked at a time. The root shows two directories that are not on the disk, /dev and /proc, whose
 * entries are the rows of device.h; entries of these names on the disk are not to be seen.
 */
#include "path.h"

#include "device.h"
#include "directory.h"
#include "file_system.h"
#include "inode.h"
#include "memory.h"
#include "mount.h"
#include "process.h"
#include "turnstile/abi.h"

static struct mutex tree = MUTEX_INITIAL("tree");

void tree_acquire(void)
{
    mutex_acquire(&tree);
}

void tree_release(void)
{
    mutex_release(&tree);
}

/* ---- directories that are not on the disk ---- */

enum { OWN = 2 }; /* /dev and /proc */
static const struct {
    const char *name;
    uint32_t inode;
} own[OWN] = {{"dev", INODE_DEV}, {"proc", INODE_PROC}};

static bool is_name(const char *name, unsigned length, const char *other)
{
    return strlen(other) == length && memcmp(name, other, length) == 0;
}

bool path_is_kernels(const struct inode *directory, const char *name, unsigned length)
{
    for (unsigned i = 0; i < OWN; i++)
        if (directory->number == DISK_INODE_ROOT && is_name(name, length, own[i].name))
            return true;
    return false;
}

static int find_row(uint32_t directory, const char *name, unsigned length, struct place *ret_place)
{
    uint64_t number = 2;
    if (directory == INODE_DEV) {
        for (const struct device_row *row = device_rows(); row; row = row->next, number++)
            if (is_name(name, length, row->name)) {
                *ret_place = (struct place){.device = row, .row = number};
                return 0;
            }
    } else {
        for (const struct proc_row *row = proc_rows(); row; row = row->next, number++)
            if (is_name(name, length, row->name)) {
                *ret_place = (struct place){.proc = row, .row = number};
                return 0;
            }
    }
    return -ENOENT;
}

/* ---- walking ---- */

/* A name in a locked directory of the disk. */
static int find_on_disk(struct inode *directory, const char *name, unsigned length, struct inode **ret_inode)
{
    struct found found;
    for (unsigned i = 0; i < OWN; i++)
        if (directory->number == DISK_INODE_ROOT && is_name(name, length, own[i].name))
            return inode_find(own[i].inode, ret_inode);
    int error = directory_find(directory, name, length, &found);
    /* Found and held while the directory is locked: nobody takes its last name meanwhile. */
    return error ? error : inode_find(found.inode, ret_inode);
}

static int step(struct inode *directory, const char *name, unsigned length, struct place *ret_place)
{
    *ret_place = (struct place){0};
    int error = inode_lock(directory);
    if (error)
        return error;
    if (directory->disk.type != DISK_DIRECTORY) {
        error = -ENOTDIR;
    } else if (length > DISK_NAME_MAX) {
        error = -ENAMETOOLONG;
    } else if (is_name(name, length, ".")) {
        inode_hold(directory);
        ret_place->inode = directory;
    } else if (directory->disk.links == 0) {
        error = -ENOENT; /* removed, and somebody's working directory: it leads nowhere */
    } else if (is_name(name, length, "..")) {
        error = inode_find(directory->disk.parent, &ret_place->inode);
    } else if (inode_is_on_disk(directory)) {
        error = find_on_disk(directory, name, length, &ret_place->inode);
    } else {
        error = find_row(directory->number, name, length, ret_place);
    }
    inode_unlock(directory);
    if (error)
        ret_place->inode = NULL;
    return error;
}

static int start_of(const char *path, struct inode **ret_inode)
{
    struct process *process = current_process();
    *ret_inode = NULL;
    if (*path == 0)
        return -ENOENT;
    if (mounted.inode_count == 0)
        return -ENODEV;
    if (*path == '/')
        return inode_find(DISK_INODE_ROOT, ret_inode);
    mutex_acquire(&process->directory_mutex);
    struct directory *directory = process->directory;
    directory_hold(directory);
    mutex_release(&process->directory_mutex);
    *ret_inode = (struct inode *)directory;
    return directory ? 0 : -ENOENT;
}

static unsigned length_of(const char *name)
{
    unsigned length = 0;
    while (name[length] && name[length] != '/')
        length++;
    return length;
}

static const char *skip_slashes(const char *path)
{
    while (*path == '/')
        path++;
    return path;
}

/* 0, -ENOTDIR, or an error. What an inode is does not change while somebody has a reference. */
static int is_directory(struct inode *inode)
{
    int error = inode_lock(inode);
    if (!error) {
        error = inode->disk.type == DISK_DIRECTORY ? 0 : -ENOTDIR;
        inode_unlock(inode);
    }
    return error;
}

/* Walks to the end, or, with ret_name, up to the last name. */
static int walk(const char *path, struct place *ret_place, const char **ret_name, unsigned *ret_length)
{
    struct place place = {0};
    int error = start_of(path, &place.inode);
    path = skip_slashes(path);
    while (!error && *path) {
        unsigned length = length_of(path);
        const char *next = skip_slashes(path + length);
        if (ret_name && *next == 0) {
            *ret_name = path;
            *ret_length = length;
            break;
        }
        struct inode *directory = place.inode;
        if (!directory) {
            error = -ENOTDIR; /* the name before was that of a device */
            break;
        }
        error = step(directory, path, length, &place);
        inode_release(directory);
        bool wants_directory = path[length] == '/';
        path = next;
        if (!error && wants_directory && !place.inode)
            error = -ENOTDIR;
        if (!error && wants_directory && *path == 0)
            error = is_directory(place.inode);
    }
    if (error && place.inode)
        inode_release(place.inode);
    *ret_place = place;
    return error;
}

int path_resolve(const char *path, struct place *ret_place)
{
    return walk(path, ret_place, NULL, NULL);
}

int path_parent(const char *path, struct inode **ret_directory, const char **ret_name, unsigned *ret_length)
{
    struct place place;
    *ret_name = NULL;
    int error = walk(path, &place, ret_name, ret_length);
    if (error)
        return error;
    if (!*ret_name || !place.inode)
        error = *ret_name ? -ENOTDIR : -EINVAL;
    else if (*ret_length > DISK_NAME_MAX)
        error = -ENAMETOOLONG;
    else if (!disk_name_is_sound(*ret_name, *ret_length))
        error = -EINVAL;
    else
        error = is_directory(place.inode);
    if (error && place.inode)
        inode_release(place.inode);
    *ret_directory = place.inode;
    return error;
}

/* ---- the way back ---- */

/* One step up: the name of *inode in its parent, which takes its place. The tree is still. */
static int step_up(struct inode **inode, char name[60])
{
    struct inode *child = *inode, *parent;
    int error = inode_lock(child);
    if (error)
        return error;
    uint32_t number = child->disk.parent;
    error = child->disk.links ? 0 : -ENOENT;
    inode_unlock(child);
    if (!error)
        error = inode_find(number, &parent);
    if (error)
        return error;
    int length = 0;
    if (!inode_is_on_disk(child)) {
        const char *text = own[child->number == INODE_DEV ? 0 : 1].name;
        length = (int)strlen(text);
        memcpy(name, text, (size_t)length + 1);
    } else {
        error = inode_lock(parent);
        if (!error) {
            length = parent->disk.type == DISK_DIRECTORY ? directory_name_of(parent, child->number, name) : -EUCLEAN;
            inode_unlock(parent);
        }
    }
    inode_release(child);
    *inode = parent;
    return error ? error : length;
}

int64_t path_of_directory(char *to, uint64_t room)
{
    struct inode *inode;
    char name[60];
    uint64_t begin = room;
    int error = start_of(".", &inode);
    if (error)
        return error;
    if (room < 2) {
        inode_release(inode);
        return -ERANGE;
    }
    tree_acquire();
    to[--begin] = 0;
    while (error >= 0 && inode->number != DISK_INODE_ROOT) {
        int length = step_up(&inode, name);
        error = length < 0 ? length : (uint64_t)length + 1 > begin ? -ERANGE : 0;
        if (error)
            break;
        begin -= (uint64_t)length;
        memcpy(to + begin, name, (size_t)length);
        to[--begin] = '/';
    }
    tree_release();
    inode_release(inode);
    if (error)
        return error;
    if (begin == room - 1)
        to[--begin] = '/';
    memmove(to, to + begin, room - begin);
    return (int64_t)(room - begin - 1);
}

/* ---- listing ---- */

static void fill(struct directory_entry *entry, const char *name, uint64_t inode, uint32_t kind)
{
    *entry = (struct directory_entry){.inode = inode, .kind = kind};
    text_copy(entry->name, name, sizeof entry->name);
}

static int list_rows(const struct inode *directory, uint64_t index, struct directory_entry *ret_entry)
{
    uint64_t at = 0;
    const char *name = NULL;
    if (directory->number == INODE_DEV) {
        for (const struct device_row *row = device_rows(); row && !name; row = row->next, at++)
            name = at == index ? row->name : NULL;
    } else {
        for (const struct proc_row *row = proc_rows(); row && !name; row = row->next, at++)
            name = at == index ? row->name : NULL;
    }
    if (!name)
        return 0;
    fill(ret_entry, name, index + 2, directory->number == INODE_DEV ? FILE_DEVICE : FILE_REGULAR);
    return 1;
}

/* Of a locked directory. Positions: `.`, `..`, the kernel's own of the root, then what the directory has. */
static int list(struct inode *directory, uint64_t *position, struct directory_entry *ret_entry)
{
    uint64_t at = *position;
    bool is_on_disk = inode_is_on_disk(directory);
    if (at < 2) {
        *position = at + 1;
        uint64_t inode = at == 1 ? directory->disk.parent : is_on_disk ? directory->number : 1;
        fill(ret_entry, at == 0 ? "." : "..", inode, FILE_DIRECTORY);
        return 1;
    }
    if (directory->number == DISK_INODE_ROOT && at < 2 + OWN) {
        *position = at + 1;
        fill(ret_entry, own[at - 2].name, 1, FILE_DIRECTORY);
        return 1;
    }
    if (!is_on_disk) {
        int got = list_rows(directory, at - 2, ret_entry);
        *position = at + (unsigned)got;
        return got;
    }
    if (at - 2 > UINT32_MAX)
        return 0;
    uint32_t place = at < 2 + OWN ? 0 : (uint32_t)(at - 2 - OWN);
    int got;
    do
        got = directory_next(directory, &place, ret_entry);
    while (got > 0 && path_is_kernels(directory, ret_entry->name, (unsigned)strlen(ret_entry->name)));
    *position = 2 + OWN + (uint64_t)place;
    return got;
}

int path_list(struct inode *directory, uint64_t *position, struct directory_entry *ret_entry)
{
    int got = inode_lock(directory);
    if (!got) {
        got = directory->disk.type == DISK_DIRECTORY ? list(directory, position, ret_entry) : -ENOTDIR;
        inode_unlock(directory);
    }
    return got;
}
