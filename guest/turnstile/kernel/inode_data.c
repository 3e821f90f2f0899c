/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What inodes hold: which block is where, reading, writing, cutting. Pointers that come from the disk are looked at before they are
 * followed. A thread has one buffer at a time (buffer.h), so that blocks of pointers are given back before the next block is taken.
 */
#include "inode.h"

#include "bitmap.h"
#include "buffer.h"
#include "cleanup.h"
#include "log.h"
#include "memory.h"
#include "mount.h"
#include "page.h"
#include "time.h"
#include "turnstile/abi.h"

enum { READ_AHEAD = 8, FREE_AT_ONCE = 64 };

unsigned inode_log_blocks(unsigned plain, unsigned allocations)
{
    return plain + (allocations < mounted.block_bitmap_count ? allocations : mounted.block_bitmap_count);
}

static uint32_t blocks_of(uint64_t bytes)
{
    return (uint32_t)((bytes + DISK_BLOCK_BYTES - 1) / DISK_BLOCK_BYTES);
}

/* ---- which block is where ---- */

/* A block for the inode, of zeros if it will hold pointers. */
static int make_block(struct inode *inode, uint32_t near, bool holds_pointers, uint32_t *ret_block)
{
    int error = block_allocate(near, ret_block);
    if (error)
        return error;
    inode->disk.blocks++;
    if (holds_pointers) {
        struct buffer *buffer = buffer_take_zeroed(*ret_block);
        log_write(buffer);
        buffer_give(buffer);
    }
    return 0;
}

/* Follows pointer `index` of the block of pointers `table`; with `make`, a 0 there gets a block. */
static int follow(struct inode *inode, uint32_t table, uint32_t index, bool make, bool holds_pointers, uint32_t *ret_block,
                  bool *ret_is_new)
{
    struct buffer *buffer;
    int error = is_data_block(table) ? buffer_take(table, &buffer) : -EUCLEAN;
    if (error)
        return error;
    const uint32_t *pointer = (const uint32_t *)buffer->data;
    uint32_t block = pointer[index], near = index && pointer[index - 1] ? pointer[index - 1] + 1 : table + 1;
    buffer_give(buffer);
    *ret_is_new = false;
    *ret_block = block;
    if (block)
        return is_data_block(block) ? 0 : -EUCLEAN;
    if (!make)
        return 0;
    error = make_block(inode, near, holds_pointers, ret_block);
    if (error)
        return error;
    /* Only who has the inode locked changes its pointers: it is still 0. */
    error = buffer_take(table, &buffer);
    if (error)
        return error;
    ((uint32_t *)buffer->data)[index] = *ret_block;
    log_write(buffer);
    buffer_give(buffer);
    *ret_is_new = true;
    return 0;
}

/* The same for a pointer in the inode. */
static int follow_own(struct inode *inode, uint32_t *pointer, uint32_t near, bool make, bool holds_pointers, uint32_t *ret_block,
                      bool *ret_is_new)
{
    *ret_is_new = false;
    if (*pointer == 0 && make) {
        int error = make_block(inode, near, holds_pointers, ret_block);
        if (error)
            return error;
        *pointer = *ret_block;
        *ret_is_new = true;
        return 0;
    }
    *ret_block = *pointer;
    return *pointer == 0 || is_data_block(*pointer) ? 0 : -EUCLEAN;
}

int inode_map(struct inode *inode, uint32_t index, bool make, uint32_t *ret_block, bool *ret_is_new)
{
    struct disk_inode *disk = &inode->disk;
    uint32_t table, middle;
    int error;
    if (index < DISK_DIRECT) {
        uint32_t near = index && disk->direct[index - 1] ? disk->direct[index - 1] + 1 : 0;
        return follow_own(inode, &disk->direct[index], near, make, false, ret_block, ret_is_new);
    }
    index -= DISK_DIRECT;
    if (index < DISK_POINTERS) {
        error = follow_own(inode, &disk->indirect, 0, make, true, &table, ret_is_new);
    } else {
        index -= DISK_POINTERS;
        error = follow_own(inode, &disk->double_indirect, 0, make, true, &middle, ret_is_new);
        table = 0;
        if (!error && middle)
            error = follow(inode, middle, index / DISK_POINTERS, make, true, &table, ret_is_new);
        index %= DISK_POINTERS;
    }
    if (error || table == 0) {
        *ret_block = 0;
        *ret_is_new = false;
        return error;
    }
    return follow(inode, table, index, make, false, ret_block, ret_is_new);
}

/* ---- reading ---- */

/* Asks for some of the blocks that the same call will read next. What is wrong with them will show then. */
static void read_ahead(struct inode *inode, uint32_t index, uint32_t end)
{
    for (uint32_t next = index; next < end && next < index + READ_AHEAD; next++) {
        uint32_t block;
        bool is_new;
        if (inode_map(inode, next, false, &block, &is_new))
            return;
        if (block)
            buffer_read_ahead(block);
    }
}

/* Copies a part of one block. 0 bytes at the end of the file. */
static int64_t read_some(struct inode *inode, struct span to, uint64_t offset, uint64_t bytes, uint64_t position, bool is_first)
{
    static const uint8_t zeros[DISK_BLOCK_BYTES];
    struct buffer *buffer = NULL;
    uint32_t block = 0;
    bool is_new;
    int error = inode_lock(inode);
    if (error)
        return error;
    uint64_t size = inode->disk.size;
    uint32_t within = position % DISK_BLOCK_BYTES, index = (uint32_t)(position / DISK_BLOCK_BYTES);
    if (position >= size || bytes == 0) {
        inode_unlock(inode);
        return 0;
    }
    uint64_t all = bytes < size - position ? bytes : size - position;
    uint64_t part = all < DISK_BLOCK_BYTES - within ? all : DISK_BLOCK_BYTES - within;
    if (all > part && (is_first || index % READ_AHEAD == 0))
        read_ahead(inode, index, blocks_of(position + all));
    error = inode_map(inode, index, false, &block, &is_new);
    if (!error && block)
        error = buffer_take(block, &buffer);
    /* The buffer cannot become another file's before it is given back. */
    inode_unlock(inode);
    if (error)
        return error;
    error = span_put(to, offset, buffer ? buffer->data + within : zeros, part);
    if (buffer)
        buffer_give(buffer);
    return error ? error : (int64_t)part;
}

int64_t inode_read(struct inode *inode, struct span to, uint64_t bytes, uint64_t position)
{
    uint64_t done = 0;
    while (done < bytes) {
        int64_t got = read_some(inode, to, done, bytes - done, position + done, done == 0);
        if (got < 0 && done == 0)
            return got;
        if (got <= 0)
            break;
        done += (uint64_t)got;
    }
    return (int64_t)done;
}

/* ---- writing ---- */

/* Puts `part` bytes into one block, in an operation of its own. The bytes are in kernel memory: nothing here waits for a page. */
static int write_block(struct inode *inode, const uint8_t *from, uint64_t part, uint64_t position)
{
    unsigned room = inode_log_blocks(6, 3); /* data, three levels of pointers, inode, one spare */
    struct buffer *buffer = NULL;
    uint32_t block;
    bool is_new;
    int error = log_begin(room);
    if (error)
        return error;
    error = inode_lock(inode);
    if (error)
        return log_end(room, error);
    uint32_t within = position % DISK_BLOCK_BYTES;
    error = inode_map(inode, (uint32_t)(position / DISK_BLOCK_BYTES), true, &block, &is_new);
    if (!error) {
        if (is_new || part == DISK_BLOCK_BYTES)
            buffer = buffer_take_zeroed(block);
        else
            error = buffer_take(block, &buffer);
    }
    if (buffer) {
        memcpy(buffer->data + within, from, part);
        log_write(buffer);
        buffer_give(buffer);
        if (position + part > inode->disk.size)
            inode->disk.size = position + part;
        inode->disk.modified_ns = (uint64_t)time_of_day_ns();
    }
    /* Blocks of pointers may have been made though there was none left for the data: the inode says so. */
    int failure = error == 0 || error == -ENOSPC ? inode_update(inode) : 0;
    inode_unlock(inode);
    return log_end(room, failure ? failure : error);
}

int64_t inode_write(struct inode *inode, struct span from, uint64_t bytes, uint64_t *position, bool append)
{
    uint64_t done = 0;
    uint8_t *page = page_allocate();
    int error = page ? 0 : -ENOMEM;
    mutex_acquire(&inode->change);
    if (append && !error) {
        error = inode_lock(inode);
        if (!error) {
            *position = inode->disk.size;
            inode_unlock(inode);
        }
    }
    while (!error && done < bytes) {
        uint64_t at = *position, part = DISK_BLOCK_BYTES - at % DISK_BLOCK_BYTES;
        if (at >= DISK_FILE_BYTES_MAX) {
            error = -EFBIG;
            break;
        }
        part = part < bytes - done ? part : bytes - done;
        error = span_take(page, from, done, part);
        if (!error)
            error = write_block(inode, page, part, at);
        if (!error) {
            done += part;
            *position += part;
        }
    }
    mutex_release(&inode->change);
    page_free(page);
    return done ? (int64_t)done : error;
}

/* ---- cutting ---- */

/* Takes up to FREE_AT_ONCE pointers out of `table`, from the end down to number `from`, and frees their blocks. 1: there may be
 * more. */
static int free_pointers(struct inode *inode, uint32_t table, uint32_t from)
{
    uint32_t blocks[FREE_AT_ONCE];
    unsigned count = 0;
    struct buffer *buffer;
    int error = is_data_block(table) ? buffer_take(table, &buffer) : -EUCLEAN;
    if (error)
        return error;
    uint32_t *pointer = (uint32_t *)buffer->data;
    for (uint32_t i = DISK_POINTERS; i > from && count < FREE_AT_ONCE; i--)
        if (pointer[i - 1]) {
            blocks[count++] = pointer[i - 1];
            pointer[i - 1] = 0;
        }
    if (count)
        log_write(buffer);
    buffer_give(buffer);
    inode->disk.blocks -= count;
    error = count ? block_free(blocks, count) : 0;
    return error ? error : count == FREE_AT_ONCE;
}

static int free_own(struct inode *inode, uint32_t *pointer)
{
    uint32_t block = *pointer;
    *pointer = 0;
    inode->disk.blocks--;
    return block_free(&block, 1);
}

/* Frees the data of a block of pointers whose first is for block `base` of the file, from block `keep` on, and then, if nothing is
 * left in it, the block itself. */
static int cut_table(struct inode *inode, uint32_t table, uint32_t base, uint32_t keep, bool *ret_is_empty)
{
    uint32_t from = keep > base ? keep - base : 0;
    int more;
    do
        more = free_pointers(inode, table, from);
    while (more > 0);
    *ret_is_empty = from == 0;
    return more;
}

/* One operation's part of what lies from block `keep` on: at most one block of pointers. 1: there is more. */
static int cut_double(struct inode *inode, uint32_t keep)
{
    uint32_t base = DISK_DIRECT + DISK_POINTERS, middle = inode->disk.double_indirect;
    uint32_t from = keep > base ? (keep - base) / DISK_POINTERS : 0, last = 0, table = 0;
    struct buffer *buffer;
    bool is_empty;
    int error = is_data_block(middle) ? buffer_take(middle, &buffer) : -EUCLEAN;
    if (error)
        return error;
    const uint32_t *pointer = (const uint32_t *)buffer->data;
    for (uint32_t i = DISK_POINTERS; i > from && !table; i--) {
        last = i - 1;
        table = pointer[last];
    }
    buffer_give(buffer);
    if (!table)
        return keep <= base ? free_own(inode, &inode->disk.double_indirect) : 0;
    error = cut_table(inode, table, base + last * DISK_POINTERS, keep, &is_empty);
    if (error || !is_empty)
        return error;
    error = buffer_take(middle, &buffer);
    if (error)
        return error;
    ((uint32_t *)buffer->data)[last] = 0;
    log_write(buffer);
    buffer_give(buffer);
    inode->disk.blocks--;
    error = block_free(&table, 1);
    return error ? error : 1;
}

static int cut_some(struct inode *inode, uint32_t keep)
{
    struct disk_inode *disk = &inode->disk;
    bool is_empty;
    if (disk->double_indirect) {
        int more = cut_double(inode, keep);
        if (more)
            return more;
    }
    if (disk->indirect && keep < DISK_DIRECT + DISK_POINTERS) {
        int error = cut_table(inode, disk->indirect, DISK_DIRECT, keep, &is_empty);
        if (!error && is_empty)
            error = free_own(inode, &disk->indirect);
        if (error)
            return error;
    }
    for (uint32_t i = keep; i < DISK_DIRECT; i++) {
        int error = disk->direct[i] ? free_own(inode, &disk->direct[i]) : 0;
        if (error)
            return error;
    }
    return 0;
}

/* Gives a nameless inode that owns nothing any more back to the disk. */
static int free_inode(struct inode *inode)
{
    if (inode->disk.blocks)
        return -EUCLEAN; /* it never had as many as it said */
    int error = inode_erase(inode);
    return error ? error : inode_number_free(inode->number);
}

int inode_clean(struct inode *inode, bool is_last)
{
    unsigned room =
        inode_log_blocks(7, mounted.block_bitmap_count); /* pointers: 2 and 1, cleanup table, inode, its bitmap, 2 spare */
    int more;
    do {
        int error = log_begin(room);
        if (error)
            return error;
        error = inode_lock(inode);
        if (error)
            return log_end(room, error);
        more = cut_some(inode, is_last ? 0 : blocks_of(inode->disk.size));
        error = more < 0 ? more : 0;
        /* A nameless file that is still open stays in the table. */
        if (more == 0 && (is_last || inode->disk.links))
            error = cleanup_remove(inode->number);
        if (!error)
            error = more == 0 && is_last ? free_inode(inode) : inode_update(inode);
        inode_unlock(inode);
        error = log_end(room, error);
        more = error ? error : more;
    } while (more > 0);
    return more;
}

/* Bytes behind the end, in its block, become 0. */
static int clear_tail(struct inode *inode, uint64_t bytes)
{
    struct buffer *buffer;
    uint32_t block = 0, within = bytes % DISK_BLOCK_BYTES;
    bool is_new;
    int error = within ? inode_map(inode, (uint32_t)(bytes / DISK_BLOCK_BYTES), false, &block, &is_new) : 0;
    if (error || !block)
        return error;
    error = buffer_take(block, &buffer);
    if (error)
        return error;
    memset(buffer->data + within, 0, DISK_BLOCK_BYTES - within);
    log_write(buffer);
    buffer_give(buffer);
    return 0;
}

static int set_size(struct inode *inode, uint64_t bytes, bool *ret_needs_cut)
{
    uint64_t old = inode->disk.size;
    int error = bytes < old ? clear_tail(inode, bytes) : 0;
    *ret_needs_cut = blocks_of(bytes) < blocks_of(old);
    if (!error && *ret_needs_cut)
        error = cleanup_add(inode->number);
    if (error)
        return error;
    inode->disk.size = bytes;
    inode->disk.modified_ns = (uint64_t)time_of_day_ns();
    return inode_update(inode);
}

int inode_truncate(struct inode *inode, uint64_t bytes)
{
    enum { ROOM = 4 };
    bool needs_cut = false;
    if (bytes > DISK_FILE_BYTES_MAX)
        return -EFBIG;
    mutex_acquire(&inode->change);
    int error = log_begin(ROOM);
    if (!error) {
        error = inode_lock(inode);
        if (!error) {
            error = inode->disk.type == DISK_FILE ? set_size(inode, bytes, &needs_cut) : -EISDIR;
            inode_unlock(inode);
        }
        error = log_end(ROOM, error);
    }
    if (!error && needs_cut)
        error = inode_clean(inode, false);
    mutex_release(&inode->change);
    return error;
}

int inode_stat(struct inode *inode, struct stat *stat)
{
    int error = inode_lock(inode);
    if (error)
        return error;
    const struct disk_inode *disk = &inode->disk;
    bool is_on_disk = inode_is_on_disk(inode);
    stat->device = is_on_disk ? 1 : inode->number == INODE_DEV ? 2 : 3;
    stat->kind = disk->type == DISK_DIRECTORY ? FILE_DIRECTORY : FILE_REGULAR;
    stat->inode = is_on_disk ? inode->number : 1;
    stat->bytes = disk->size;
    stat->blocks = (uint64_t)disk->blocks * (DISK_BLOCK_BYTES / 512);
    stat->modified = (int64_t)disk->modified_ns;
    stat->created = (int64_t)disk->created_ns;
    stat->links = disk->links;
    inode_unlock(inode);
    return 0;
}
