/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The two bitmaps. Their blocks are guarded by their buffers; the lock guards only what is remembered of them: how many bits are
 * free, and where to look next.
 */
#include "bitmap.h"

#include "buffer.h"
#include "lock.h"
#include "log.h"
#include "turnstile/abi.h"
#include "turnstile/disk.h"

enum { WORD_BITS = 64, WORDS = DISK_BLOCK_BYTES / 8 };

struct bitmap {
    struct lock lock;
    /* fixed by bitmap_mount */
    uint32_t start, first, end; /* its first block; the first bit that may be given out; bits */
    /* the lock */
    uint32_t free_count;
    uint32_t next; /* the search without a wish begins here */
};

static struct bitmap blocks = {.lock = LOCK_INITIAL(INODE, "block bitmap")};
static struct bitmap inodes = {.lock = LOCK_INITIAL(INODE, "inode bitmap")};

/* A free bit of this block of the bitmap, from bit `from` on, below `end`; both within the block. `end` if there is none. */
static uint32_t find_free(const uint64_t *words, uint32_t from, uint32_t end)
{
    for (uint32_t word = from / WORD_BITS; word * WORD_BITS < end; word++) {
        uint64_t free = ~words[word];
        if (word == from / WORD_BITS)
            free &= UINT64_MAX << from % WORD_BITS;
        if (free) {
            uint32_t bit = word * WORD_BITS + (uint32_t)__builtin_ctzll(free);
            return bit < end ? bit : end;
        }
    }
    return end;
}

/* Looks through one block of the bitmap: 0, -ENOSPC, -EIO. */
static int take_in_block(const struct bitmap *map, uint32_t index, uint32_t from, uint32_t *ret_bit)
{
    struct buffer *buffer;
    uint32_t base = index * DISK_BITS_PER_BLOCK;
    uint32_t end = map->end - base < DISK_BITS_PER_BLOCK ? map->end - base : DISK_BITS_PER_BLOCK;
    int error = buffer_take(map->start + index, &buffer);
    if (error)
        return error;
    uint64_t *words = (uint64_t *)buffer->data;
    uint32_t bit = find_free(words, from, end);
    if (bit != end) {
        words[bit / WORD_BITS] |= 1ull << bit % WORD_BITS;
        log_write(buffer);
        *ret_bit = base + bit;
    }
    buffer_give(buffer);
    return bit == end ? -ENOSPC : 0;
}

static int take(struct bitmap *map, uint32_t near, uint32_t *ret_bit)
{
    uint32_t map_blocks = (map->end + DISK_BITS_PER_BLOCK - 1) / DISK_BITS_PER_BLOCK;
    lock_acquire(&map->lock);
    bool is_full = map->free_count == 0;
    uint32_t from = near >= map->first && near < map->end ? near : map->next;
    map->free_count -= !is_full; /* claimed, so that the search below finds one */
    lock_release(&map->lock);
    if (is_full)
        return -ENOSPC;
    uint32_t index = from / DISK_BITS_PER_BLOCK;
    int error = take_in_block(map, index, from % DISK_BITS_PER_BLOCK, ret_bit);
    for (uint32_t i = 1; error == -ENOSPC && i <= map_blocks; i++) /* the first one again at last, from its beginning */
        error = take_in_block(map, (index + i) % map_blocks, 0, ret_bit);
    lock_acquire(&map->lock);
    if (error)
        map->free_count++;
    else
        map->next = *ret_bit + 1 < map->end ? *ret_bit + 1 : map->first;
    lock_release(&map->lock);
    return error;
}

static int give(struct bitmap *map, const uint32_t *bits, unsigned count)
{
    struct buffer *buffer = NULL;
    uint32_t have = UINT32_MAX; /* the block of the bitmap that `buffer` is */
    unsigned given = 0;
    int error = 0;
    for (; given < count; given++) {
        uint32_t bit = bits[given], index = bit / DISK_BITS_PER_BLOCK, within = bit % DISK_BITS_PER_BLOCK;
        if (bit < map->first || bit >= map->end) {
            error = -EUCLEAN;
            break;
        }
        if (index != have) {
            if (buffer)
                buffer_give(buffer);
            error = buffer_take(map->start + index, &buffer);
            if (error)
                break;
            have = index;
        }
        uint64_t *word = (uint64_t *)buffer->data + within / WORD_BITS;
        if (!(*word >> within % WORD_BITS & 1)) {
            error = -EUCLEAN;
            break;
        }
        *word &= ~(1ull << within % WORD_BITS);
        log_write(buffer);
    }
    if (buffer)
        buffer_give(buffer);
    lock_acquire(&map->lock);
    map->free_count += given;
    lock_release(&map->lock);
    return error;
}

static int count_free(struct bitmap *map)
{
    map->free_count = 0;
    for (uint32_t bit = 0; bit < map->end; bit += DISK_BITS_PER_BLOCK) {
        struct buffer *buffer;
        int error = buffer_take(map->start + bit / DISK_BITS_PER_BLOCK, &buffer);
        if (error)
            return error;
        const uint64_t *words = (const uint64_t *)buffer->data;
        uint32_t end = map->end - bit < DISK_BITS_PER_BLOCK ? map->end - bit : DISK_BITS_PER_BLOCK;
        for (uint32_t word = 0; word * WORD_BITS < end; word++) {
            uint64_t free = ~words[word];
            if (end - word * WORD_BITS < WORD_BITS)
                free &= (1ull << (end - word * WORD_BITS)) - 1;
            for (; free; free &= free - 1)
                map->free_count++;
        }
        buffer_give(buffer);
    }
    return 0;
}

static int mount_one(struct bitmap *map, uint32_t start, uint32_t first, uint32_t end)
{
    map->start = start;
    map->first = map->next = first;
    map->end = end;
    lock_register(&map->lock);
    int error = count_free(map);
    if (error)
        return error;
    /* What lies before the first is in use; a disk that says otherwise must not have it given out. */
    struct buffer *buffer;
    for (uint32_t bit = 0; bit < first; bit += DISK_BITS_PER_BLOCK) {
        error = buffer_take(start + bit / DISK_BITS_PER_BLOCK, &buffer);
        if (error)
            return error;
        uint32_t part = first - bit < DISK_BITS_PER_BLOCK ? first - bit : DISK_BITS_PER_BLOCK;
        bool is_sound = find_free((const uint64_t *)buffer->data, 0, part) == part;
        buffer_give(buffer);
        if (!is_sound)
            return -EUCLEAN;
    }
    return 0;
}

int bitmap_mount(const struct disk_superblock *super)
{
    int error = mount_one(&blocks, super->block_bitmap_start, super->data_start, super->block_count);
    return error ? error : mount_one(&inodes, super->inode_bitmap_start, DISK_INODE_ROOT, super->inode_count);
}

int block_allocate(uint32_t near, uint32_t *ret_block)
{
    return take(&blocks, near, ret_block);
}

int block_free(const uint32_t *list, unsigned count)
{
    return give(&blocks, list, count);
}

int inode_number_allocate(uint32_t *ret_number)
{
    return take(&inodes, 0, ret_number);
}

int inode_number_free(uint32_t number)
{
    return give(&inodes, &number, 1);
}

static uint32_t count_of(struct bitmap *map)
{
    lock_acquire(&map->lock);
    uint32_t count = map->free_count;
    lock_release(&map->lock);
    return count;
}

uint32_t block_free_count(void)
{
    return count_of(&blocks);
}

uint32_t inode_free_count(void)
{
    return count_of(&inodes);
}
