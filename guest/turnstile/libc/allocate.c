/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * malloc. The heap is a row of blocks, each with its own and its left neighbour's size in front, so that a freed block joins free
 * neighbours at once: no two free blocks are side by side. Free blocks are in lists by the power of two of their size. The heap
 * ends in a block of no size that is in use; if somebody else moved the end of the heap, a new row begins behind a gap that is
 * never freed. The one lock is a mutex that spins, then sleeps.
 */
#include "allocate.h"

#include <stdint.h>

#include "errno.h"
#include "lock.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

enum { HEADER = 16, UNIT = 16, SMALLEST = 32, LISTS = 40, GROWTH = 65536 };
#define IN_USE 1u

struct block {
    size_t left_bytes;          /* of the left neighbour, header included; 0: the row begins here */
    size_t bytes;               /* of this one, header included; bit 0: IN_USE */
    struct block *next, **link; /* when free: the list */
};

static struct mutex mutex; /* guards all below */
static struct block *lists[LISTS];
static struct block *end;      /* the last row's end */
static struct block *rows[64]; /* where each begins, for allocate_is_sound */
static unsigned row_count;

static size_t bytes_of(const struct block *block)
{
    return block->bytes & ~(size_t)IN_USE;
}

static struct block *right_of(struct block *block)
{
    return (struct block *)((char *)block + bytes_of(block));
}

static unsigned list_of(size_t bytes)
{
    unsigned list = 63 - (unsigned)__builtin_clzl(bytes);
    return list < LISTS ? list : LISTS - 1;
}

static void list_add(struct block *block)
{
    struct block **list = &lists[list_of(block->bytes)];
    block->next = *list;
    block->link = list;
    if (*list)
        (*list)->link = &block->next;
    *list = block;
}

static void list_remove(struct block *block)
{
    *block->link = block->next;
    if (block->next)
        block->next->link = block->link;
}

static void set_bytes(struct block *block, size_t bytes, size_t flag)
{
    block->bytes = bytes | flag;
    right_of(block)->left_bytes = bytes;
}

/* Frees a block that is in no list: joins it with its neighbours. */
static void release(struct block *block)
{
    size_t bytes = bytes_of(block);
    struct block *right = right_of(block);
    if (!(right->bytes & IN_USE)) {
        list_remove(right);
        bytes += right->bytes;
    }
    if (block->left_bytes) {
        struct block *left = (struct block *)((char *)block - block->left_bytes);
        if (!(left->bytes & IN_USE)) {
            list_remove(left);
            bytes += left->bytes;
            block = left;
        }
    }
    set_bytes(block, bytes, 0);
    list_add(block);
}

/* Gives what is behind the first `bytes` of a block in use back, if it can be a block. */
static void cut(struct block *block, size_t bytes)
{
    size_t rest = bytes_of(block) - bytes;
    if (rest < SMALLEST)
        return;
    set_bytes(block, bytes, IN_USE);
    struct block *behind = right_of(block);
    set_bytes(behind, rest, IN_USE);
    release(behind);
}

static bool grow(size_t bytes)
{
    size_t more = (bytes + 4 * HEADER + GROWTH - 1) / GROWTH * GROWTH;
    int64_t at = sys_sbrk((int64_t)more);
    if (at < 0 && more > bytes + 4 * HEADER) {
        more = (bytes + 4 * HEADER + UNIT - 1) / UNIT * UNIT;
        at = sys_sbrk((int64_t)more);
    }
    if (at < 0)
        return false;
    struct block *block;
    if (end && (char *)at == (char *)end + HEADER) {
        block = end;
        block->bytes = more | IN_USE;
    } else {
        size_t skip = (size_t)-at & (UNIT - 1);
        block = (struct block *)((char *)at + skip);
        block->left_bytes = 0;
        block->bytes = ((more - skip - HEADER) & ~(size_t)(UNIT - 1)) | IN_USE;
        if (row_count < sizeof rows / sizeof rows[0])
            rows[row_count++] = block;
    }
    end = right_of(block);
    end->left_bytes = bytes_of(block);
    end->bytes = IN_USE;
    release(block);
    return true;
}

static struct block *find(size_t bytes)
{
    for (unsigned list = list_of(bytes); list < LISTS; list++)
        for (struct block *block = lists[list]; block; block = block->next)
            if (block->bytes >= bytes)
                return block;
    return NULL;
}

static void *allocate(size_t wanted)
{
    if (wanted > PTRDIFF_MAX - GROWTH)
        return NULL;
    size_t bytes = (wanted + HEADER + UNIT - 1) & ~(size_t)(UNIT - 1);
    if (bytes < SMALLEST)
        bytes = SMALLEST;
    struct block *block = find(bytes);
    if (!block && grow(bytes))
        block = find(bytes);
    if (!block)
        return NULL;
    list_remove(block);
    block->bytes |= IN_USE;
    cut(block, bytes);
    return (char *)block + HEADER;
}

static void *checked(void *memory)
{
    if (!memory)
        errno = ENOMEM;
    return memory;
}

void *malloc(size_t bytes)
{
    mutex_acquire(&mutex);
    void *memory = allocate(bytes);
    mutex_release(&mutex);
    return checked(memory);
}

void free(void *memory)
{
    if (!memory)
        return;
    struct block *block = (struct block *)((char *)memory - HEADER);
    mutex_acquire(&mutex);
    if (!(block->bytes & IN_USE))
        abort(); /* freed twice, or never allocated */
    release(block);
    mutex_release(&mutex);
}

void *calloc(size_t count, size_t bytes)
{
    size_t all;
    if (__builtin_mul_overflow(count, bytes, &all))
        return checked(NULL);
    void *memory = malloc(all);
    return memory ? memset(memory, 0, all) : NULL;
}

/* Makes a block of at least so many bytes out of one in use and its free right neighbour. */
static bool extend(struct block *block, size_t bytes)
{
    struct block *right = right_of(block);
    if (bytes_of(block) < bytes) {
        if (right->bytes & IN_USE || bytes_of(block) + right->bytes < bytes)
            return false;
        list_remove(right);
        set_bytes(block, bytes_of(block) + right->bytes, IN_USE);
    }
    cut(block, bytes);
    return true;
}

void *realloc(void *memory, size_t wanted)
{
    if (!memory)
        return malloc(wanted);
    if (wanted > PTRDIFF_MAX - GROWTH)
        return checked(NULL);
    struct block *block = (struct block *)((char *)memory - HEADER);
    size_t bytes = (wanted + HEADER + UNIT - 1) & ~(size_t)(UNIT - 1), had = bytes_of(block) - HEADER;
    mutex_acquire(&mutex);
    bool is_done = extend(block, bytes < SMALLEST ? SMALLEST : bytes);
    void *other = is_done ? memory : allocate(wanted);
    if (!is_done && other) {
        memcpy(other, memory, had < wanted ? had : wanted);
        release(block);
    }
    mutex_release(&mutex);
    return checked(other);
}

void allocate_fork_begin(void)
{
    mutex_acquire(&mutex);
}

void allocate_fork_end(void)
{
    mutex_release(&mutex);
}

bool allocate_is_sound(size_t *ret_free)
{
    size_t free_bytes = 0, listed_bytes = 0;
    for (unsigned row = 0; row < row_count; row++) {
        bool was_free = false;
        size_t left = 0;
        struct block *block = rows[row];
        for (; bytes_of(block); block = right_of(block)) {
            bool is_free = !(block->bytes & IN_USE);
            if (block->left_bytes != left || (is_free && was_free))
                return false;
            left = bytes_of(block);
            was_free = is_free;
            free_bytes += is_free ? left : 0;
        }
        if (block->left_bytes != left)
            return false;
    }
    for (unsigned list = 0; list < LISTS; list++)
        for (struct block *block = lists[list], **link = &lists[list]; block; link = &block->next, block = block->next) {
            if (block->link != link || block->bytes & IN_USE || list_of(block->bytes) != list)
                return false;
            listed_bytes += block->bytes;
        }
    *ret_free = free_bytes;
    return listed_bytes == free_bytes;
}
