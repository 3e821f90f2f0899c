/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The cleanup table: one block, guarded by its buffer. An inode is put into it by the operation that takes its last name or cuts it
 * short, and taken out by the one that frees the last of what it had, so that the table is right after every crash.
 */
#include "cleanup.h"

#include "buffer.h"
#include "inode.h"
#include "log.h"
#include "mount.h"
#include "turnstile/abi.h"

/* Finds `number`, or the first free slot for 0, and puts `instead` there. Returns 1 if there is none. */
static int replace(uint32_t number, uint32_t instead)
{
    struct buffer *buffer;
    int error = buffer_take(mounted.cleanup_start, &buffer);
    if (error)
        return error;
    struct disk_cleanup *table = (struct disk_cleanup *)buffer->data;
    unsigned slot = 0;
    while (slot < DISK_CLEANUP_SLOTS && table->inode[slot] != number)
        slot++;
    bool is_there = slot < DISK_CLEANUP_SLOTS;
    if (is_there && number != instead) {
        table->inode[slot] = instead;
        log_write(buffer);
    }
    buffer_give(buffer);
    return !is_there;
}

int cleanup_add(uint32_t number)
{
    int missing = replace(number, number);
    if (missing != 1)
        return missing;
    missing = replace(0, number);
    return missing == 1 ? -ENOSPC : missing;
}

int cleanup_remove(uint32_t number)
{
    int missing = replace(number, 0);
    return missing < 0 ? missing : 0;
}

/* The inode in a slot; 0: the slot is free. */
static int number_in(unsigned slot, uint32_t *ret_number)
{
    struct buffer *buffer;
    int error = buffer_take(mounted.cleanup_start, &buffer);
    if (error)
        return error;
    const struct disk_cleanup *table = (const struct disk_cleanup *)buffer->data;
    error = table->magic == DISK_CLEANUP_MAGIC ? 0 : -EUCLEAN;
    *ret_number = table->inode[slot];
    buffer_give(buffer);
    return error;
}

int cleanup_finish_all(void)
{
    for (unsigned slot = 0; slot < DISK_CLEANUP_SLOTS; slot++) {
        struct inode *inode;
        uint32_t number;
        int error = number_in(slot, &number);
        if (error)
            return error;
        if (number == 0)
            continue;
        if (number >= mounted.inode_count || number == DISK_INODE_ROOT)
            return -EUCLEAN;
        error = inode_find(number, &inode);
        if (error)
            return error;
        mutex_acquire(&inode->change);
        error = inode_lock(inode);
        if (!error) {
            bool is_nameless = inode->disk.links == 0;
            inode_unlock(inode);
            error = inode_clean(inode, is_nameless);
        }
        mutex_release(&inode->change);
        inode_release(inode);
        if (error)
            return error;
    }
    return 0;
}
