/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is done to names: create, link, unlink, rename. Each is one operation of the log, so that after a crash it has happened or
 * not. An operation looks at everything first, and changes names in an order in which the failures that are to be expected (no
 * room) come first.
 */
#include "path_call.h"

#include "bitmap.h"
#include "device.h"
#include "directory.h"
#include "inode.h"
#include "inode_file.h"
#include "log.h"
#include "mount.h"
#include "path.h"
#include "turnstile/abi.h"

enum { LINKS_MAX = 65000 };

/* A locked directory in which names may change. */
static int is_changeable(const struct inode *directory, const char *name, unsigned length)
{
    if (directory->disk.type != DISK_DIRECTORY)
        return -ENOTDIR;
    if (!inode_is_on_disk(directory) || path_is_kernels(directory, name, length))
        return -EPERM;
    return directory->disk.links ? 0 : -ENOENT;
}

/* ---- new names ---- */

/* In a locked directory, inside an operation: a new inode with that name, held. */
static int create_in(struct inode *directory, const char *name, unsigned length, uint32_t type, struct inode **ret_inode)
{
    struct found found;
    int error = path_is_kernels(directory, name, length) ? -EEXIST : is_changeable(directory, name, length);
    if (error)
        return error;
    error = directory_find(directory, name, length, &found);
    if (error != -ENOENT)
        return error ? error : -EEXIST;
    error = inode_create(type, directory->number, ret_inode);
    if (error)
        return error;
    struct inode *inode = *ret_inode;
    error = directory_add(directory, name, length, inode->number, type);
    if (error) {
        int failure = inode_erase(inode);
        if (!failure)
            failure = inode_number_free(inode->number);
        error = failure ? failure : error;
    }
    inode_unlock(inode);
    return error;
}

int path_create(const char *path, uint32_t type, struct inode **ret_inode)
{
    struct inode *directory, *inode = NULL;
    const char *name;
    unsigned length, room = inode_log_blocks(DIRECTORY_ADD_BLOCKS + 3, DIRECTORY_ADD_ALLOCATIONS);
    int error = path_parent(path, &directory, &name, &length);
    if (error)
        return error;
    error = log_begin(room);
    if (!error) {
        error = inode_lock(directory);
        if (!error) {
            error = create_in(directory, name, length, type, &inode);
            inode_unlock(directory);
        }
        error = log_end(room, error);
    }
    inode_release(directory);
    if (error && inode)
        inode_release(inode);
    *ret_inode = error ? NULL : inode;
    return error;
}

/* In a locked directory, inside an operation: a further name for a file. */
static int link_in(struct inode *directory, const char *name, unsigned length, struct inode *file)
{
    struct found found;
    int error = path_is_kernels(directory, name, length) ? -EEXIST : is_changeable(directory, name, length);
    if (error)
        return error;
    error = directory_find(directory, name, length, &found);
    if (error != -ENOENT)
        return error ? error : -EEXIST;
    error = inode_lock(file);
    if (error)
        return error;
    if (file->disk.links == 0)
        error = -ENOENT;
    else if (file->disk.links >= LINKS_MAX)
        error = -EMLINK;
    else
        error = directory_add(directory, name, length, file->number, DISK_FILE);
    if (!error) {
        file->disk.links++;
        error = inode_update(file);
    }
    inode_unlock(file);
    return error;
}

int path_link(const char *path, const char *as)
{
    struct place place;
    struct inode *directory;
    const char *name;
    unsigned length, room = inode_log_blocks(DIRECTORY_ADD_BLOCKS + 2, DIRECTORY_ADD_ALLOCATIONS);
    int error = path_resolve(path, &place);
    if (error)
        return error;
    if (!place.inode)
        return -EPERM;
    error = inode_lock(place.inode);
    if (!error) {
        error = place.inode->disk.type == DISK_FILE ? 0 : -EPERM;
        inode_unlock(place.inode);
    }
    if (!error)
        error = path_parent(as, &directory, &name, &length);
    if (!error) {
        error = log_begin(room);
        if (!error) {
            error = inode_lock(directory);
            if (!error) {
                error = link_in(directory, name, length, place.inode);
                inode_unlock(directory);
            }
            error = log_end(room, error);
        }
        inode_release(directory);
    }
    inode_release(place.inode);
    return error;
}

/* ---- names that go ---- */

/* Inside an operation, `found` in a locked directory: what had that name has one less. Held for the caller to release behind the
 * operation. */
static int drop(const struct found *found, struct inode **ret_inode)
{
    int error = inode_find(found->inode, ret_inode);
    if (error)
        return error;
    struct inode *inode = *ret_inode;
    error = inode_lock(inode);
    if (error)
        return error;
    if (inode->disk.type != found->type) {
        error = -EUCLEAN;
    } else if (found->type == DISK_DIRECTORY) {
        int is_empty = directory_is_empty(inode);
        error = is_empty < 0 ? is_empty : is_empty ? 0 : -ENOTEMPTY;
    }
    if (!error)
        error = inode_drop_name(inode);
    inode_unlock(inode);
    return error;
}

static int remove_in(struct inode *directory, const char *name, unsigned length, uint32_t type, struct inode **ret_inode)
{
    struct found found;
    int error = is_changeable(directory, name, length);
    if (!error)
        error = directory_find(directory, name, length, &found);
    if (error)
        return error;
    if (found.type != type)
        return type == DISK_DIRECTORY ? -ENOTDIR : -EISDIR;
    error = drop(&found, ret_inode);
    return error ? error : directory_set(directory, found.place, 0, 0);
}

int path_remove(const char *path, uint32_t type)
{
    enum { ROOM = 6 }; /* entries, two inodes, cleanup table, two spare */
    struct inode *directory, *inode = NULL;
    const char *name;
    unsigned length;
    int error = path_parent(path, &directory, &name, &length);
    if (error)
        return error;
    error = log_begin(ROOM);
    if (!error) {
        error = inode_lock(directory);
        if (!error) {
            error = remove_in(directory, name, length, type, &inode);
            inode_unlock(directory);
        }
        error = log_end(ROOM, error);
    }
    if (inode)
        inode_release(inode);
    inode_release(directory);
    return error;
}

/* ---- rename ---- */

struct end {
    struct inode *directory; /* held */
    const char *name;
    unsigned length;
};

/* Is the directory number `above` that directory, or above it? 1, 0 or an error. The tree is still. */
static int is_above(uint32_t above, uint32_t directory)
{
    for (uint32_t steps = 0; steps < mounted.inode_count; steps++) {
        if (directory == above)
            return 1;
        if (directory == DISK_INODE_ROOT)
            return 0;
        int error = inode_parent(directory, &directory);
        if (error)
            return error;
    }
    return -EUCLEAN;
}

/* Locks both, the one that is nearer to the root first. */
static int lock_both(struct inode *a, struct inode *b)
{
    int is_a_above = a == b ? 1 : is_above(a->number, b->number);
    /* Directories that have names lead up to the root. One that was removed may lead anywhere. */
    if (is_a_above < 0)
        return is_a_above == -EUCLEAN ? -ENOENT : is_a_above;
    struct inode *first = is_a_above ? a : b, *second = is_a_above ? b : a;
    int error = inode_lock(first);
    if (error || first == second)
        return error;
    error = inode_lock(second);
    if (error)
        inode_unlock(first);
    return error;
}

static void unlock_both(struct inode *a, struct inode *b)
{
    inode_unlock(a);
    if (a != b)
        inode_unlock(b);
}

/* May what was found at `from` take the place of what was found at `to` (inode 0: nothing)? 1: they are the same already. */
static int may_replace(const struct end *from, const struct found *source, const struct end *to, const struct found *target)
{
    if (target->inode == source->inode)
        return 1;
    if (source->type == DISK_DIRECTORY) {
        int is_inside = is_above(source->inode, to->directory->number);
        if (is_inside)
            return is_inside < 0 ? is_inside : -EINVAL;
    }
    if (target->inode == 0)
        return 0;
    if (target->type != source->type)
        return source->type == DISK_DIRECTORY ? -ENOTDIR : -EISDIR;
    /* It would be locked twice, and it is not empty. */
    return target->inode == from->directory->number ? -ENOTEMPTY : 0;
}

/* Inodes that an operation had to find, to be released behind it. */
struct used {
    struct inode *replaced, *moved;
};

/* What was renamed knows its directory, and that it was changed. */
static int update_moved(struct inode *inode, uint32_t parent)
{
    int error = inode_lock(inode);
    if (error)
        return error;
    if (inode->disk.type == DISK_DIRECTORY)
        inode->disk.parent = parent;
    error = inode_update(inode);
    inode_unlock(inode);
    return error;
}

static int rename_in(const struct end *from, const struct end *to, struct used *used)
{
    struct found source, target = {0};
    int error = is_changeable(from->directory, from->name, from->length);
    if (!error)
        error = is_changeable(to->directory, to->name, to->length);
    if (!error)
        error = directory_find(from->directory, from->name, from->length, &source);
    if (error)
        return error;
    error = directory_find(to->directory, to->name, to->length, &target);
    if (error && error != -ENOENT)
        return error;
    int verdict = may_replace(from, &source, to, &target);
    if (verdict)
        return verdict < 0 ? verdict : 0;
    error = inode_find(source.inode, &used->moved);
    if (error)
        return error;
    if (target.inode) {
        error = drop(&target, &used->replaced);
        if (!error)
            error = directory_set(to->directory, target.place, source.inode, source.type);
    } else {
        error = directory_add(to->directory, to->name, to->length, source.inode, source.type);
    }
    if (!error)
        error = directory_set(from->directory, source.place, 0, 0);
    return error ? error : update_moved(used->moved, to->directory->number);
}

static int rename_ends(const struct end *from, const struct end *to)
{
    unsigned room = inode_log_blocks(DIRECTORY_ADD_BLOCKS + 6, DIRECTORY_ADD_ALLOCATIONS);
    struct used used = {0};
    if (!inode_is_on_disk(from->directory) || !inode_is_on_disk(to->directory))
        return -EPERM;
    int error = log_begin(room);
    if (error)
        return error;
    tree_acquire();
    error = lock_both(from->directory, to->directory);
    if (!error) {
        error = rename_in(from, to, &used);
        unlock_both(from->directory, to->directory);
    }
    tree_release();
    error = log_end(room, error);
    if (used.replaced)
        inode_release(used.replaced);
    if (used.moved)
        inode_release(used.moved);
    return error;
}

int path_rename(const char *path, const char *as)
{
    struct end from, to;
    int error = path_parent(path, &from.directory, &from.name, &from.length);
    if (error)
        return error;
    error = path_parent(as, &to.directory, &to.name, &to.length);
    if (!error) {
        error = rename_ends(&from, &to);
        inode_release(to.directory);
    }
    inode_release(from.directory);
    return error;
}

/* ---- opening ---- */

static int open_inode(struct inode *inode, unsigned flags, struct file **ret_file)
{
    int error = inode_lock(inode);
    if (error)
        return error;
    bool is_directory = inode->disk.type == DISK_DIRECTORY;
    inode_unlock(inode);
    if (is_directory && flags & (OPEN_WRITE | OPEN_TRUNCATE))
        return -EISDIR;
    if (!is_directory && flags & OPEN_DIRECTORY)
        return -ENOTDIR;
    if (flags & OPEN_TRUNCATE)
        error = inode_truncate(inode, 0);
    if (error)
        return error;
    *ret_file =
        file_create(is_directory ? &inode_directory_operations : &inode_file_operations, inode, flags & ~OPEN_CLOSE_ON_EXEC);
    return *ret_file ? 0 : -ENOMEM;
}

static int find_or_create(const char *path, unsigned flags, struct place *ret_place)
{
    int error;
    do {
        error = path_resolve(path, ret_place);
        if (error == 0 && (flags & (OPEN_CREATE | OPEN_EXCLUSIVE)) == (OPEN_CREATE | OPEN_EXCLUSIVE)) {
            if (ret_place->inode)
                inode_release(ret_place->inode);
            return -EEXIST;
        }
        if (error != -ENOENT || !(flags & OPEN_CREATE))
            return error;
        *ret_place = (struct place){0};
        error = path_create(path, DISK_FILE, &ret_place->inode);
        /* Somebody may have made it in between. */
    } while (error == -EEXIST && !(flags & OPEN_EXCLUSIVE));
    return error;
}

int path_open(const char *path, unsigned flags, struct file **ret_file)
{
    struct place place;
    if (flags & ~OPEN_FLAGS || !(flags & (OPEN_READ | OPEN_WRITE)) || (flags & OPEN_TRUNCATE && !(flags & OPEN_WRITE)) ||
        (flags & OPEN_CREATE && flags & OPEN_DIRECTORY))
        return -EINVAL;
    int error = find_or_create(path, flags, &place);
    if (error)
        return error;
    if (!place.inode) {
        if (flags & OPEN_DIRECTORY)
            return -ENOTDIR;
        flags &= ~OPEN_CLOSE_ON_EXEC;
        return place.device ? device_open(place.device, flags, ret_file) : proc_open(place.proc, flags, ret_file);
    }
    error = open_inode(place.inode, flags, ret_file);
    if (error)
        inode_release(place.inode);
    return error;
}
