/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of inodes in memory: who is where, how many references each has; and their way from and to the disk's table. Contents
 * are inode_data.c's, names directory.c's. What is read from the disk is checked here once, so that the rest may rely on types and
 * sizes.
 */
#include "inode.h"

#include "bitmap.h"
#include "buffer.h"
#include "cleanup.h"
#include "lock.h"
#include "log.h"
#include "memory.h"
#include "mount.h"
#include "page.h"
#include "print.h"
#include "time.h"
#include "turnstile/abi.h"

enum { CHAINS = 128 };

static struct {
    struct lock lock;
    struct inode *chain[CHAINS];
    struct inode unused; /* head of those without references; newer: the oldest */
} table = {.lock = LOCK_INITIAL(INODE, "inodes")};

/* ---- the table ---- */

int inode_init(unsigned count)
{
    unsigned per_page = PAGE_BYTES / sizeof(struct inode);
    struct inode *inode = NULL;
    lock_register(&table.lock);
    table.unused.newer = table.unused.older = &table.unused;
    for (unsigned i = 0; i < count; i++) {
        inode = i % per_page ? inode + 1 : page_allocate();
        if (!inode)
            return -ENOMEM;
        mutex_init(&inode->mutex, "inode");
        mutex_init(&inode->change, "inode change");
        inode->older = table.unused.older;
        inode->newer = &table.unused;
        inode->older->newer = inode->newer->older = inode;
    }
    return 0;
}

static void list_remove(struct inode *inode)
{
    inode->older->newer = inode->newer;
    inode->newer->older = inode->older;
}

/* The next to be used again is the oldest; one that means nothing any more is used first. */
static void list_add(struct inode *inode)
{
    inode->older = inode->is_loaded ? table.unused.older : &table.unused;
    inode->newer = inode->older->newer;
    inode->older->newer = inode->newer->older = inode;
}

static void set_number(struct inode *inode, uint32_t number)
{
    struct inode **link = &table.chain[inode->number % CHAINS];
    while (inode->number && *link != inode)
        link = &(*link)->next_in_chain;
    if (inode->number)
        *link = inode->next_in_chain;
    inode->number = number;
    inode->next_in_chain = table.chain[number % CHAINS];
    table.chain[number % CHAINS] = inode;
}

int inode_find(uint32_t number, struct inode **ret_inode)
{
    int error = 0;
    lock_acquire(&table.lock);
    struct inode *inode = table.chain[number % CHAINS];
    while (inode && inode->number != number)
        inode = inode->next_in_chain;
    if (inode) {
        if (inode->references++ == 0)
            list_remove(inode);
    } else if (table.unused.newer != &table.unused) {
        inode = table.unused.newer;
        list_remove(inode);
        set_number(inode, number);
        inode->references = 1;
        inode->is_removed = inode->is_loaded = false;
    } else {
        error = -ENFILE;
    }
    lock_release(&table.lock);
    *ret_inode = inode;
    return error;
}

void inode_hold(struct inode *inode)
{
    lock_acquire(&table.lock);
    inode->references++;
    lock_release(&table.lock);
}

/* Frees the blocks and the inode, which nobody else can find. What fails is left to the next mount. */
static void free_on_disk(struct inode *inode)
{
    mutex_acquire(&inode->change);
    inode_clean(inode, true);
    mutex_release(&inode->change);
}

void inode_release(struct inode *inode)
{
    lock_acquire(&table.lock);
    /* Again if its number came to life and lost its name meanwhile. */
    while (inode->references == 1 && inode->is_removed) {
        inode->is_removed = false;
        lock_release(&table.lock);
        free_on_disk(inode);
        lock_acquire(&table.lock);
    }
    if (--inode->references == 0)
        list_add(inode);
    lock_release(&table.lock);
}

bool inode_is_on_disk(const struct inode *inode)
{
    return inode->number != INODE_DEV && inode->number != INODE_PROC;
}

/* ---- from and to the disk ---- */

/* The buffer that has an inode of the disk, and its place in there. */
static int take_table_block(uint32_t number, struct buffer **ret_buffer, struct disk_inode **ret_place)
{
    if (number == 0 || number >= mounted.inode_count)
        return -EUCLEAN;
    int error = buffer_take(mounted.inode_table_start + number / (uint32_t)DISK_INODES_PER_BLOCK, ret_buffer);
    if (!error)
        *ret_place = (struct disk_inode *)(*ret_buffer)->data + number % DISK_INODES_PER_BLOCK;
    return error;
}

static bool is_sound(const struct disk_inode *disk)
{
    if (disk->type == DISK_FILE)
        return disk->size <= DISK_FILE_BYTES_MAX;
    return disk->type == DISK_DIRECTORY && disk->links <= 1 && disk->size % DISK_BLOCK_BYTES == 0 &&
           disk->size / DISK_BLOCK_BYTES <= DISK_DIRECTORY_BLOCKS_MAX;
}

int inode_lock(struct inode *inode)
{
    struct buffer *buffer;
    struct disk_inode *place;
    mutex_acquire(&inode->mutex);
    if (inode->is_loaded)
        return 0;
    int error = 0;
    if (inode_is_on_disk(inode)) {
        error = take_table_block(inode->number, &buffer, &place);
        if (!error) {
            inode->disk = *place;
            buffer_give(buffer);
            error = is_sound(&inode->disk) ? 0 : -EUCLEAN;
        }
    } else {
        inode->disk = (struct disk_inode){.type = DISK_DIRECTORY, .links = 1, .parent = DISK_INODE_ROOT};
    }
    inode->transaction = log_transaction(); /* it may have been changed before it was forgotten */
    inode->first_unfull = 0;
    inode->is_loaded = error == 0;
    if (error)
        mutex_release(&inode->mutex);
    return error;
}

void inode_unlock(struct inode *inode)
{
    mutex_release(&inode->mutex);
}

int inode_verify(uint32_t number, uint32_t type, uint32_t parent)
{
    struct buffer *buffer;
    struct disk_inode *place;
    int error = take_table_block(number, &buffer, &place);
    if (error)
        return error;
    bool is_right =
        place->type == type && place->links && (type != DISK_DIRECTORY || (place->parent == parent && number != DISK_INODE_ROOT));
    buffer_give(buffer);
    return is_right ? 0 : -EUCLEAN;
}

int inode_parent(uint32_t number, uint32_t *ret_parent)
{
    struct buffer *buffer;
    struct disk_inode *place;
    int error = take_table_block(number, &buffer, &place);
    if (error)
        return error;
    bool is_directory = place->type == DISK_DIRECTORY;
    *ret_parent = place->parent;
    buffer_give(buffer);
    return is_directory ? 0 : -EUCLEAN;
}

int inode_update(struct inode *inode)
{
    struct buffer *buffer;
    struct disk_inode *place;
    int error = take_table_block(inode->number, &buffer, &place);
    if (error)
        return error;
    inode->disk.changed_ns = (uint64_t)time_of_day_ns();
    inode->transaction = log_transaction();
    *place = inode->disk;
    log_write(buffer);
    buffer_give(buffer);
    return 0;
}

int inode_erase(struct inode *inode)
{
    struct buffer *buffer;
    struct disk_inode *place;
    int error = take_table_block(inode->number, &buffer, &place);
    if (error)
        return error;
    *place = (struct disk_inode){.generation = inode->disk.generation + 1};
    inode->is_loaded = false;
    log_write(buffer);
    buffer_give(buffer);
    return 0;
}

int inode_create(uint32_t type, uint32_t parent, struct inode **ret_inode)
{
    struct buffer *buffer;
    struct disk_inode *place;
    uint32_t number;
    int error = inode_number_allocate(&number);
    if (error)
        return error;
    error = take_table_block(number, &buffer, &place);
    if (error)
        return error;
    bool is_free = place->type == DISK_FREE;
    uint32_t generation = place->generation;
    buffer_give(buffer);
    if (!is_free)
        return -EUCLEAN;
    error = inode_find(number, ret_inode);
    if (error) {
        int failure = inode_number_free(number);
        return failure ? failure : error;
    }
    struct inode *inode = *ret_inode;
    uint64_t now = (uint64_t)time_of_day_ns();
    mutex_acquire(&inode->mutex);
    inode->disk = (struct disk_inode){.type = type,
                                      .links = 1,
                                      .modified_ns = now,
                                      .created_ns = now,
                                      .parent = type == DISK_DIRECTORY ? parent : 0,
                                      .generation = generation};
    inode->first_unfull = 0;
    inode->is_loaded = true;
    error = inode_update(inode);
    if (error) {
        inode->is_loaded = false;
        mutex_release(&inode->mutex);
        inode_release(inode);
        *ret_inode = NULL;
    }
    return error;
}

int inode_drop_name(struct inode *inode)
{
    if (inode->disk.links == 0)
        return -EUCLEAN;
    if (inode->disk.links == 1) {
        int error = cleanup_add(inode->number);
        if (error)
            return error;
        lock_acquire(&table.lock);
        inode->is_removed = true;
        lock_release(&table.lock);
    }
    inode->disk.links--;
    return inode_update(inode);
}
