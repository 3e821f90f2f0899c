/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Makes file systems in memory. Nothing is ever freed here, so giving out the next block is all there is to allocation.
 */
#include "image.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ROUND_UP(n, unit) (((n) + (unit)-1) / (unit) * (unit))

static bool fail(struct image *image, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct image *image, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(image->error, sizeof image->error, format, list);
    va_end(list);
    return false;
}

static void *block_at(struct image *image, uint32_t block)
{
    return image->bytes + (uint64_t)block * DISK_BLOCK_BYTES;
}

static void set_bit(struct image *image, uint32_t bitmap_start, uint32_t bit)
{
    image->bytes[(uint64_t)bitmap_start * DISK_BLOCK_BYTES + bit / 8] |= (uint8_t)(1u << bit % 8);
}

static struct disk_inode *inode_at(struct image *image, uint32_t number)
{
    return (struct disk_inode *)block_at(image, image->super->inode_table_start) + number;
}

/* The next block for this inode, or 0. */
static uint32_t give_block(struct image *image, struct disk_inode *inode)
{
    if (image->next_block == image->super->block_count) {
        fail(image, "the image is too small for its files");
        return 0;
    }
    set_bit(image, image->super->block_bitmap_start, image->next_block);
    inode->blocks++;
    return image->next_block++;
}

static struct disk_inode *give_inode(struct image *image, enum disk_type type, uint32_t *ret_number)
{
    if (image->next_inode == image->super->inode_count) {
        fail(image, "the image has too few inodes for its files");
        return NULL;
    }
    uint32_t number = image->next_inode++;
    struct disk_inode *inode = inode_at(image, number);
    set_bit(image, image->super->inode_bitmap_start, number);
    *inode = (struct disk_inode){
        .type = type, .links = 1, .modified_ns = image->time_ns, .changed_ns = image->time_ns, .created_ns = image->time_ns};
    *ret_number = number;
    return inode;
}

static uint32_t clamp(uint64_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : value > high ? high : (uint32_t)value;
}

bool image_init(struct image *image, uint8_t *bytes, uint64_t size, const struct image_options *options)
{
    uint64_t blocks = size / DISK_BLOCK_BYTES;
    *image = (struct image){.bytes = bytes, .time_ns = options->time_ns};
    if (blocks < DISK_BLOCKS_MIN || blocks > DISK_BLOCKS_MAX)
        return fail(image, "an image has 1 MiB to 16 GiB");
    if (options->inodes > DISK_INODES_MAX)
        return fail(image, "an image has at most %u inodes", DISK_INODES_MAX);
    if (options->label && strlen(options->label) >= sizeof image->super->label)
        return fail(image, "a label has at most %zu bytes", sizeof image->super->label - 1);
    uint32_t inodes = options->inodes ? options->inodes : clamp(blocks / 4, 64, DISK_INODES_MAX);
    uint32_t log_min = DISK_LOG_SPARE + (uint32_t)((blocks + DISK_BITS_PER_BLOCK - 1) / DISK_BITS_PER_BLOCK);
    struct disk_superblock *super = image->super = (struct disk_superblock *)bytes;
    *super = (struct disk_superblock){
        .magic = DISK_MAGIC,
        .version = DISK_VERSION,
        .block_bytes = DISK_BLOCK_BYTES,
        .block_count = (uint32_t)blocks,
        .inode_count = ROUND_UP(inodes, (uint32_t)DISK_INODES_PER_BLOCK),
        .log_count = options->log_blocks ? options->log_blocks : clamp(blocks / 16, log_min, 257),
        .made_ns = options->time_ns,
    };
    if (options->label)
        memcpy(super->label, options->label, strlen(options->label));
    const char *wrong = disk_layout(super);
    if (wrong)
        return fail(image, "%s", wrong);
    super->checksum = disk_superblock_checksum(super);

    struct disk_commit *record = block_at(image, super->log_start);
    record->magic = DISK_COMMIT_MAGIC;
    record->checksum = disk_commit_checksum(record);
    ((struct disk_cleanup *)block_at(image, super->cleanup_start))->magic = DISK_CLEANUP_MAGIC;

    /* What lies before the data is in use, and so is what a bitmap's last block has beyond the end. */
    for (uint32_t block = 0; block < super->data_start; block++)
        set_bit(image, super->block_bitmap_start, block);
    for (uint32_t block = super->block_count; block < super->block_bitmap_count * DISK_BITS_PER_BLOCK; block++)
        set_bit(image, super->block_bitmap_start, block);
    set_bit(image, super->inode_bitmap_start, 0);
    for (uint32_t number = super->inode_count; number < super->inode_bitmap_count * DISK_BITS_PER_BLOCK; number++)
        set_bit(image, super->inode_bitmap_start, number);

    image->next_block = super->data_start;
    image->next_inode = DISK_INODE_ROOT;
    uint32_t root;
    give_inode(image, DISK_DIRECTORY, &root)->parent = DISK_INODE_ROOT;
    return true;
}

/* The place of pointer `index` in `*pointer`'s block of pointers, which is made if need be; or NULL. */
static uint32_t *through(struct image *image, struct disk_inode *inode, uint32_t *pointer, uint32_t index)
{
    if (*pointer == 0 && (*pointer = give_block(image, inode)) == 0)
        return NULL;
    return (uint32_t *)block_at(image, *pointer) + index;
}

/* Gives the inode its block number `index` and returns its bytes, or NULL. */
static uint8_t *add_block(struct image *image, struct disk_inode *inode, uint32_t index)
{
    uint32_t *pointer;
    if (index < DISK_DIRECT) {
        pointer = &inode->direct[index];
    } else if (index < DISK_DIRECT + DISK_POINTERS) {
        pointer = through(image, inode, &inode->indirect, index - DISK_DIRECT);
    } else {
        index -= DISK_DIRECT + DISK_POINTERS;
        pointer = through(image, inode, &inode->double_indirect, index / DISK_POINTERS);
        pointer = pointer ? through(image, inode, pointer, index % DISK_POINTERS) : NULL;
    }
    if (!pointer || (*pointer == 0 && (*pointer = give_block(image, inode)) == 0))
        return NULL;
    return block_at(image, *pointer);
}

/* The bytes of a directory's block, which has been made by add_block before. */
static struct disk_entry *entries_of(struct image *image, struct disk_inode *directory, uint32_t index)
{
    return (struct disk_entry *)add_block(image, directory, index);
}

static uint32_t find(struct image *image, struct disk_inode *directory, const char *name, size_t length)
{
    for (uint32_t block = 0; block < directory->size / DISK_BLOCK_BYTES; block++) {
        struct disk_entry *entry = entries_of(image, directory, block);
        for (size_t i = 0; i < DISK_ENTRIES_PER_BLOCK; i++)
            if (entry[i].inode && entry[i].length == length && !memcmp(entry[i].name, name, length))
                return entry[i].inode;
    }
    return 0;
}

/* A new inode with this name. Entries fill the directory in order, since none is ever removed. */
static struct disk_inode *add_entry(struct image *image, uint32_t parent, const char *name, size_t length, enum disk_type type,
                                    uint32_t *ret_number)
{
    struct disk_inode *directory = inode_at(image, parent);
    uint32_t blocks = (uint32_t)(directory->size / DISK_BLOCK_BYTES);
    struct disk_entry *entry = blocks ? entries_of(image, directory, blocks - 1) : NULL;
    size_t i = 0;
    while (entry && i < DISK_ENTRIES_PER_BLOCK && entry[i].inode)
        i++;
    if (!entry || i == DISK_ENTRIES_PER_BLOCK) {
        i = 0;
        if (blocks == DISK_DIRECTORY_BLOCKS_MAX) {
            fail(image, "a directory has more than %zu entries", DISK_DIRECTORY_BLOCKS_MAX * DISK_ENTRIES_PER_BLOCK);
            return NULL;
        }
        entry = entries_of(image, directory, blocks);
        if (!entry)
            return NULL;
        directory->size += DISK_BLOCK_BYTES;
    }
    struct disk_inode *inode = give_inode(image, type, ret_number);
    if (!inode)
        return NULL;
    entry[i].inode = *ret_number;
    entry[i].length = (uint8_t)length & 63;
    entry[i].type = type & 3;
    memcpy(entry[i].name, name, length);
    if (type == DISK_DIRECTORY)
        inode->parent = parent;
    return inode;
}

/* Follows `path`, making directories; all of it if `whole`, else up to its last name, which is returned. The inode's number goes
 * to *ret_directory. NULL: an error. */
static const char *walk(struct image *image, const char *path, bool whole, uint32_t *ret_directory)
{
    const char *all = path;
    uint32_t at = DISK_INODE_ROOT;
    for (;;) {
        path += strspn(path, "/");
        size_t length = strcspn(path, "/");
        const char *next = path + length + strspn(path + length, "/");
        if (*path == 0 || (!whole && *next == 0)) {
            *ret_directory = at;
            return path;
        }
        if (!disk_name_is_sound(path, length)) {
            fail(image, "%.150s: a name has 1 to %u bytes and is neither . nor ..", all, DISK_NAME_MAX);
            return NULL;
        }
        uint32_t number = find(image, inode_at(image, at), path, length);
        if (number && inode_at(image, number)->type != DISK_DIRECTORY) {
            fail(image, "%.150s: %.*s is a file, no directory", all, (int)length, path);
            return NULL;
        }
        if (!number && !add_entry(image, at, path, length, DISK_DIRECTORY, &number))
            return NULL;
        at = number;
        path = next;
    }
}

/* The kernel shows its own directories there, whatever the disk has. */
static bool is_hidden(struct image *image, const char *path)
{
    path += strspn(path, "/");
    size_t length = strcspn(path, "/");
    if ((length != 3 || strncmp(path, "dev", 3)) && (length != 4 || strncmp(path, "proc", 4)))
        return false;
    fail(image, "/%.*s is the kernel's own and has no place in an image", (int)length, path);
    return true;
}

bool image_add_directory(struct image *image, const char *path)
{
    uint32_t number;
    return !is_hidden(image, path) && walk(image, path, true, &number) != NULL;
}

bool image_add_file(struct image *image, const char *path, const void *data, uint64_t size)
{
    static const uint8_t zeros[DISK_BLOCK_BYTES];
    uint32_t parent, number;
    const char *name = is_hidden(image, path) ? NULL : walk(image, path, false, &parent);
    if (!name)
        return false;
    size_t length = strcspn(name, "/");
    if (!disk_name_is_sound(name, length) || name[length])
        return fail(image, "%.150s: a name has 1 to %u bytes and is neither . nor ..", path, DISK_NAME_MAX);
    if (find(image, inode_at(image, parent), name, length))
        return fail(image, "%.150s: is there twice", path);
    if (size > DISK_FILE_BYTES_MAX)
        return fail(image, "%.150s: is longer than a file can be", path);
    struct disk_inode *inode = add_entry(image, parent, name, length, DISK_FILE, &number);
    if (!inode)
        return false;
    inode->size = size;
    for (uint64_t at = 0; at < size; at += DISK_BLOCK_BYTES) {
        size_t part = size - at < DISK_BLOCK_BYTES ? (size_t)(size - at) : DISK_BLOCK_BYTES;
        if (!memcmp((const uint8_t *)data + at, zeros, part))
            continue;
        uint8_t *to = add_block(image, inode, (uint32_t)(at / DISK_BLOCK_BYTES));
        if (!to)
            return false;
        memcpy(to, (const uint8_t *)data + at, part);
    }
    return true;
}
