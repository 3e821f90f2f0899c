/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The buffer cache: a table of all buffers by block, with its lock, and the list of those that nobody uses, oldest first, with a
 * lock of its own. A buffer is in the list exactly while it has no references. It must not know what blocks mean, nor when they may
 * be written: the log writes, from copies; the cache itself never does.
 */
#include "buffer.h"

#include "lock.h"
#include "memory.h"
#include "page.h"
#include "print.h"
#include "wait.h"
#include "turnstile/abi.h"
#include "turnstile/disk.h"

enum { CHAINS = 512, NO_BLOCK = UINT32_MAX };

static struct {
    struct lock lock;
    struct buffer *chain[CHAINS];
    uint64_t hits, misses;
} table = {.lock = LOCK_INITIAL(BUFFER, "buffers")};

/* Its head is a buffer without data; oldest is head.newer. */
static struct {
    struct lock lock;
    struct buffer head;
    unsigned count, all;
} free_list = {.lock = LOCK_INITIAL(BUFFER_FREE, "free buffers")};

/* ---- the free list; its callers have the table's lock ---- */

static void free_list_add(struct buffer *buffer, struct buffer *after)
{
    lock_acquire(&free_list.lock);
    buffer->older = after;
    buffer->newer = after->newer;
    after->newer->older = buffer;
    after->newer = buffer;
    free_list.count++;
    lock_release(&free_list.lock);
}

static void free_list_remove(struct buffer *buffer)
{
    lock_acquire(&free_list.lock);
    buffer->older->newer = buffer->newer;
    buffer->newer->older = buffer->older;
    free_list.count--;
    lock_release(&free_list.lock);
}

static struct buffer *free_list_oldest(void)
{
    lock_acquire(&free_list.lock);
    struct buffer *oldest = free_list.head.newer;
    lock_release(&free_list.lock);
    return oldest == &free_list.head ? NULL : oldest;
}

/* ---- the table ---- */

int buffer_init(unsigned count)
{
    unsigned per_page = PAGE_BYTES / sizeof(struct buffer);
    struct buffer *buffer = NULL;
    free_list.head.newer = free_list.head.older = &free_list.head;
    lock_register(&table.lock);
    lock_register(&free_list.lock);
    for (unsigned i = 0; i < count; i++) {
        buffer = i % per_page ? buffer + 1 : page_allocate();
        if (!buffer || !(buffer->data = page_allocate()))
            return -ENOMEM;
        buffer->block = NO_BLOCK;
        free_list_add(buffer, free_list.head.older);
    }
    free_list.all = count;
    return 0;
}

static struct buffer **chain_of(uint32_t block)
{
    return &table.chain[block % CHAINS];
}

static struct buffer *find(uint32_t block)
{
    struct buffer *buffer = *chain_of(block);
    while (buffer && buffer->block != block)
        buffer = buffer->next_in_chain;
    return buffer;
}

/* Makes a buffer that nobody uses that of another block. */
static void rename_buffer(struct buffer *buffer, uint32_t block)
{
    if (buffer->block != NO_BLOCK) {
        struct buffer **link = chain_of(buffer->block);
        while (*link != buffer)
            link = &(*link)->next_in_chain;
        *link = buffer->next_in_chain;
    }
    buffer->block = block;
    buffer->next_in_chain = *chain_of(block);
    *chain_of(block) = buffer;
}

/* Ends a read ahead of time. The caller has the buffer. */
static void finish_reading(struct buffer *buffer)
{
    if (buffer->is_reading) {
        buffer->is_valid = block_finish(&buffer->request) == 0;
        buffer->is_reading = false;
    }
}

/* Takes the block's buffer. It may hold nothing valid yet. */
static struct buffer *take(uint32_t block)
{
    lock_acquire(&table.lock);
    for (;;) {
        struct buffer *buffer = find(block);
        if (buffer) {
            table.hits++;
            if (buffer->references++ == 0)
                free_list_remove(buffer);
            while (buffer->is_taken)
                wait_on(buffer, &table.lock);
            buffer->is_taken = true;
            lock_release(&table.lock);
            finish_reading(buffer);
            return buffer;
        }
        buffer = free_list_oldest();
        if (buffer) {
            table.misses++;
            free_list_remove(buffer);
            rename_buffer(buffer, block);
            buffer->references = 1;
            buffer->is_taken = true;
            lock_release(&table.lock);
            finish_reading(buffer); /* what was read there belongs to another block */
            buffer->is_valid = false;
            return buffer;
        }
        wait_on(&free_list, &table.lock);
    }
}

static void drop_reference(struct buffer *buffer)
{
    if (--buffer->references == 0) {
        free_list_add(buffer, buffer->is_valid ? free_list.head.older : &free_list.head);
        wake_one(&free_list);
    }
}

int buffer_take(uint32_t block, struct buffer **ret_buffer)
{
    struct buffer *buffer = take(block);
    *ret_buffer = buffer;
    if (buffer->is_valid)
        return 0;
    buffer->request = (struct block_request){.kind = BLOCK_READ, .block = block, .data = buffer->data};
    block_start(&buffer->request);
    if (block_finish(&buffer->request) == 0) {
        buffer->is_valid = true;
        return 0;
    }
    buffer_give(buffer);
    *ret_buffer = NULL;
    return -EIO;
}

struct buffer *buffer_take_zeroed(uint32_t block)
{
    struct buffer *buffer = take(block);
    memset(buffer->data, 0, DISK_BLOCK_BYTES);
    buffer->is_valid = true;
    return buffer;
}

void buffer_give(struct buffer *buffer)
{
    lock_acquire(&table.lock);
    buffer->is_taken = false;
    if (buffer->references > 1)
        wake_one(buffer);
    drop_reference(buffer);
    lock_release(&table.lock);
}

void buffer_read_ahead(uint32_t block)
{
    lock_acquire(&table.lock);
    struct buffer *buffer = find(block) ? NULL : free_list_oldest();
    if (!buffer || buffer->is_reading) {
        lock_release(&table.lock);
        return;
    }
    table.misses++;
    free_list_remove(buffer);
    rename_buffer(buffer, block);
    buffer->references = 1;
    buffer->is_taken = true;
    lock_release(&table.lock);
    buffer->is_valid = false;
    buffer->request = (struct block_request){.kind = BLOCK_READ, .block = block, .data = buffer->data};
    block_start(&buffer->request);
    lock_acquire(&table.lock);
    buffer->is_reading = true;
    buffer->is_taken = false;
    if (buffer->references > 1)
        wake_one(buffer);
    if (--buffer->references == 0) {
        free_list_add(buffer, free_list.head.older);
        wake_one(&free_list);
    }
    lock_release(&table.lock);
}

void buffer_pin(struct buffer *buffer)
{
    lock_acquire(&table.lock);
    buffer->references++;
    lock_release(&table.lock);
}

void buffer_unpin(struct buffer *buffer)
{
    lock_acquire(&table.lock);
    drop_reference(buffer);
    lock_release(&table.lock);
}

void buffer_print(struct text *text)
{
    lock_acquire(&table.lock);
    text_add(text, "buffers %u\nunused %u\nhits %llu\nmisses %llu\n", free_list.all, free_list.count,
             (unsigned long long)table.hits, (unsigned long long)table.misses);
    lock_release(&table.lock);
}
