/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Directories: entries of fixed size, looked through in order. An entry stays where it is while it lives, so that a position in a
 * directory that is being listed stays good. Directories do not shrink; free entries are used again.
 */
#include "directory.h"

#include "buffer.h"
#include "inode.h"
#include "log.h"
#include "memory.h"
#include "mount.h"
#include "time.h"
#include "turnstile/abi.h"

static uint32_t block_count_of(const struct inode *directory)
{
    return (uint32_t)(directory->disk.size / DISK_BLOCK_BYTES);
}

/* One of the directory's blocks of entries. */
static int take_entries(struct inode *directory, uint32_t index, struct buffer **ret_buffer, struct disk_entry **ret_entries)
{
    uint32_t block;
    bool is_new;
    int error = inode_map(directory, index, false, &block, &is_new);
    if (!error)
        error = block ? buffer_take(block, ret_buffer) : -EUCLEAN; /* directories have no holes */
    if (!error)
        *ret_entries = (struct disk_entry *)(*ret_buffer)->data;
    return error;
}

static bool is_named(const struct disk_entry *entry, const char *name, unsigned length)
{
    return entry->inode && entry->length == length && memcmp(entry->name, name, length) == 0;
}

int directory_find(struct inode *directory, const char *name, unsigned length, struct found *ret_found)
{
    for (uint32_t index = 0; index < block_count_of(directory); index++) {
        struct buffer *buffer;
        struct disk_entry *entry;
        int error = take_entries(directory, index, &buffer, &entry);
        if (error)
            return error;
        uint32_t i = 0;
        while (i < DISK_ENTRIES_PER_BLOCK && !is_named(&entry[i], name, length))
            i++;
        bool is_there = i < DISK_ENTRIES_PER_BLOCK;
        if (is_there)
            *ret_found = (struct found){entry[i].inode, entry[i].type, index * (uint32_t)DISK_ENTRIES_PER_BLOCK + i};
        buffer_give(buffer);
        if (is_there)
            return inode_verify(ret_found->inode, ret_found->type, directory->number);
    }
    return -ENOENT;
}

static void fill(struct disk_entry *entry, const char *name, unsigned length, uint32_t number, uint32_t type)
{
    *entry = (struct disk_entry){.inode = number, .length = length & 63, .type = type & 3};
    memcpy(entry->name, name, length);
}

/* The directory has changed. */
static int update(struct inode *directory)
{
    directory->disk.modified_ns = (uint64_t)time_of_day_ns();
    return inode_update(directory);
}

/* Another block, of free entries. */
static int grow(struct inode *directory)
{
    uint32_t block, index = block_count_of(directory);
    bool is_new;
    if (index == DISK_DIRECTORY_BLOCKS_MAX)
        return -EFBIG;
    int error = inode_map(directory, index, true, &block, &is_new);
    if (!error) {
        struct buffer *buffer = buffer_take_zeroed(block);
        log_write(buffer);
        buffer_give(buffer);
        directory->disk.size += DISK_BLOCK_BYTES;
    }
    int failure = error == 0 || error == -ENOSPC ? inode_update(directory) : 0;
    return failure ? failure : error;
}

int directory_add(struct inode *directory, const char *name, unsigned length, uint32_t number, uint32_t type)
{
    for (uint32_t index = directory->first_unfull;; index++) {
        struct buffer *buffer;
        struct disk_entry *entry;
        int error = index == block_count_of(directory) ? grow(directory) : 0;
        if (!error)
            error = take_entries(directory, index, &buffer, &entry);
        if (error)
            return error;
        uint32_t i = 0;
        while (i < DISK_ENTRIES_PER_BLOCK && entry[i].inode)
            i++;
        bool is_done = i < DISK_ENTRIES_PER_BLOCK;
        if (is_done) {
            fill(&entry[i], name, length, number, type);
            log_write(buffer);
        }
        buffer_give(buffer);
        directory->first_unfull = index;
        if (is_done)
            return update(directory);
    }
}

int directory_set(struct inode *directory, uint32_t place, uint32_t number, uint32_t type)
{
    struct buffer *buffer;
    struct disk_entry *entry;
    uint32_t index = place / (uint32_t)DISK_ENTRIES_PER_BLOCK;
    int error = take_entries(directory, index, &buffer, &entry);
    if (error)
        return error;
    entry += place % DISK_ENTRIES_PER_BLOCK;
    if (number) {
        entry->inode = number;
        entry->type = type & 3;
    } else {
        *entry = (struct disk_entry){0};
        if (index < directory->first_unfull)
            directory->first_unfull = index;
    }
    log_write(buffer);
    buffer_give(buffer);
    return update(directory);
}

int directory_next(struct inode *directory, uint32_t *place, struct directory_entry *ret_entry)
{
    while (*place / DISK_ENTRIES_PER_BLOCK < block_count_of(directory)) {
        struct buffer *buffer;
        struct disk_entry *entries;
        int error = take_entries(directory, *place / (uint32_t)DISK_ENTRIES_PER_BLOCK, &buffer, &entries);
        if (error)
            return error;
        bool is_there = false, is_sound = true;
        do {
            const struct disk_entry *entry = &entries[(*place)++ % DISK_ENTRIES_PER_BLOCK];
            is_there = entry->inode != 0;
            if (is_there) {
                is_sound = disk_name_is_sound(entry->name, entry->length) && entry->type != DISK_FREE;
                *ret_entry = (struct directory_entry){.inode = entry->inode,
                                                      .kind = entry->type == DISK_DIRECTORY ? FILE_DIRECTORY : FILE_REGULAR};
                memcpy(ret_entry->name, entry->name, is_sound ? entry->length : 0);
            }
        } while (!is_there && *place % DISK_ENTRIES_PER_BLOCK);
        buffer_give(buffer);
        if (is_there)
            return is_sound ? 1 : -EUCLEAN;
    }
    return 0;
}

int directory_is_empty(struct inode *directory)
{
    struct directory_entry entry;
    uint32_t place = 0;
    int found = directory_next(directory, &place, &entry);
    return found < 0 ? found : !found;
}

int directory_name_of(struct inode *directory, uint32_t number, char name[60])
{
    struct directory_entry entry;
    uint32_t place = 0;
    for (;;) {
        int found = directory_next(directory, &place, &entry);
        if (found <= 0)
            return found ? found : -ENOENT;
        if (entry.inode == number && entry.kind == FILE_DIRECTORY) {
            memcpy(name, entry.name, sizeof entry.name);
            return (int)strlen(name);
        }
    }
}
