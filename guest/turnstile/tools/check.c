/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The check in four passes over a file system in memory: superblock and log; inodes with all their blocks (every block gets its
 * owner); directories (every inode gets its names counted); what the bitmaps say against what was found. The passes trust only what
 * an earlier one has checked.
 */
#include "check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <turnstile/disk.h>

enum { SHOWN_MAX = 100 };

struct check {
    uint8_t *bytes;
    const struct disk_superblock *super;
    FILE *out;
    struct check_result result;
    uint32_t *owner;            /* by block: its inode, 0 none */
    uint32_t *names;            /* by inode: entries that name it */
    bool *is_cleanup;           /* by inode: it is in the cleanup table */
    bool *is_sound;             /* by inode: its blocks may be followed */
    struct disk_entry *entries; /* of one directory, to look for a name that is there twice */
    size_t entry_count, entry_room;
};

static void fault(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fault(struct check *check, const char *format, ...)
{
    va_list list;
    if (check->result.fault_count++ >= SHOWN_MAX || !check->out)
        return;
    va_start(list, format);
    vfprintf(check->out, format, list);
    va_end(list);
    fputc('\n', check->out);
}

static void *block_at(const struct check *check, uint32_t block)
{
    return check->bytes + (uint64_t)block * DISK_BLOCK_BYTES;
}

static const struct disk_inode *inode_at(const struct check *check, uint32_t number)
{
    return (const struct disk_inode *)block_at(check, check->super->inode_table_start) + number;
}

static bool bit_at(const struct check *check, uint32_t bitmap_start, uint32_t bit)
{
    const uint8_t *bits = block_at(check, bitmap_start);
    return bits[bit / 8] >> bit % 8 & 1;
}

/* ---- superblock and log ---- */

static bool is_whole(const uint8_t *bytes, const struct disk_superblock *super, const struct disk_commit *record)
{
    if (!disk_commit_is_sound(super, record))
        return false;
    uint64_t sum = disk_commit_checksum(record);
    const uint8_t *copies = bytes + ((uint64_t)super->log_start + 1) * DISK_BLOCK_BYTES;
    return disk_checksum(sum, copies, (size_t)record->count * DISK_BLOCK_BYTES) == record->checksum;
}

bool check_replay(uint8_t *bytes, uint64_t size, enum check_log *ret_log)
{
    const struct disk_superblock *super = (const struct disk_superblock *)bytes;
    if (size < DISK_BLOCK_BYTES || disk_superblock_check(super, size / DISK_BLOCK_BYTES))
        return false;
    const struct disk_commit *record = (const struct disk_commit *)(bytes + (uint64_t)super->log_start * DISK_BLOCK_BYTES);
    *ret_log = CHECK_LOG_EMPTY;
    if (!is_whole(bytes, super, record))
        return true;
    for (uint32_t i = 0; i < record->count; i++) {
        uint8_t *home = bytes + (uint64_t)record->home[i] * DISK_BLOCK_BYTES;
        const uint8_t *copy = bytes + ((uint64_t)super->log_start + 1 + i) * DISK_BLOCK_BYTES;
        bool is_same = !memcmp(home, copy, DISK_BLOCK_BYTES);
        if (*ret_log != CHECK_LOG_PENDING)
            *ret_log = is_same ? CHECK_LOG_INSTALLED : CHECK_LOG_PENDING;
        if (!is_same)
            memcpy(home, copy, DISK_BLOCK_BYTES);
    }
    return true;
}

static void check_cleanup(struct check *check)
{
    const struct disk_cleanup *table = block_at(check, check->super->cleanup_start);
    if (table->magic != DISK_CLEANUP_MAGIC)
        fault(check, "the cleanup table has no magic number");
    for (unsigned i = 0; i < DISK_CLEANUP_SLOTS; i++) {
        uint32_t number = table->inode[i];
        if (number == 0)
            continue;
        if (number >= check->super->inode_count)
            fault(check, "cleanup slot %u: there is no inode %u", i, number);
        else if (check->is_cleanup[number])
            fault(check, "cleanup slot %u: inode %u is there twice", i, number);
        else if (inode_at(check, number)->type == DISK_FREE)
            fault(check, "cleanup slot %u: inode %u is free", i, number);
        else
            check->is_cleanup[number] = true, check->result.cleanups++;
    }
}

/* ---- inodes and their blocks ---- */

struct walk {
    uint32_t number;
    uint32_t size_blocks; /* blocks up to the end of the file */
    uint32_t found;       /* blocks owned, as far as they were counted */
    bool is_sound;
};

/* Takes a block for the inode; false if it must not be followed. */
static bool own(struct check *check, struct walk *walk, uint32_t block)
{
    if (block < check->super->data_start || block >= check->super->block_count) {
        fault(check, "inode %u: block %u is outside the data", walk->number, block);
        return walk->is_sound = false;
    }
    if (check->owner[block]) {
        fault(check, "inode %u: block %u belongs to inode %u, too", walk->number, block, check->owner[block]);
        return walk->is_sound = false;
    }
    check->owner[block] = walk->number;
    walk->found++;
    check->result.blocks_used++;
    return true;
}

/* A pointer at depth 0 is to the file's block `index`, at 1 and 2 to a block of pointers that begins with that one. */
static void check_pointer(struct check *check, struct walk *walk, uint32_t block, uint32_t index, unsigned depth)
{
    if (block == 0 || !own(check, walk, block))
        return;
    if (depth == 0) {
        if (index >= walk->size_blocks && !check->is_cleanup[walk->number])
            fault(check, "inode %u: it has a block %u beyond its end", walk->number, index);
        return;
    }
    const uint32_t *pointer = block_at(check, block);
    for (uint32_t i = 0; i < DISK_POINTERS; i++)
        check_pointer(check, walk, pointer[i], index + i * (depth == 2 ? DISK_POINTERS : 1), depth - 1);
}

static uint32_t file_block(const struct check *check, const struct disk_inode *inode, uint32_t index)
{
    if (index < DISK_DIRECT)
        return inode->direct[index];
    index -= DISK_DIRECT;
    if (index < DISK_POINTERS)
        return inode->indirect ? ((const uint32_t *)block_at(check, inode->indirect))[index] : 0;
    index -= DISK_POINTERS;
    uint32_t middle =
        inode->double_indirect ? ((const uint32_t *)block_at(check, inode->double_indirect))[index / DISK_POINTERS] : 0;
    return middle ? ((const uint32_t *)block_at(check, middle))[index % DISK_POINTERS] : 0;
}

/* Bytes behind the end show up when the file grows, so they must be 0. */
static void check_tail(struct check *check, uint32_t number, const struct disk_inode *inode)
{
    uint32_t block = inode->size % DISK_BLOCK_BYTES ? file_block(check, inode, (uint32_t)(inode->size / DISK_BLOCK_BYTES)) : 0;
    if (!block)
        return;
    const uint8_t *bytes = block_at(check, block);
    for (size_t i = inode->size % DISK_BLOCK_BYTES; i < DISK_BLOCK_BYTES; i++)
        if (bytes[i]) {
            fault(check, "inode %u: there are bytes behind its end", number);
            return;
        }
}

static void check_free(struct check *check, uint32_t number, const struct disk_inode *inode)
{
    struct disk_inode want = {.generation = inode->generation};
    if (memcmp(&want, inode, sizeof want))
        fault(check, "inode %u: it is free but not empty", number);
}

static void check_inode(struct check *check, uint32_t number)
{
    static const uint32_t zeros[sizeof((struct disk_inode){0}.reserved) / 4];
    const struct disk_inode *inode = inode_at(check, number);
    struct walk walk = {.number = number, .is_sound = true};
    if (inode->type == DISK_FREE) {
        check_free(check, number, inode);
        return;
    }
    if (inode->type != DISK_FILE && inode->type != DISK_DIRECTORY) {
        fault(check, "inode %u: there is no type %u", number, inode->type);
        return;
    }
    if (inode->size > DISK_FILE_BYTES_MAX ||
        (inode->type == DISK_DIRECTORY &&
         (inode->size % DISK_BLOCK_BYTES || inode->size / DISK_BLOCK_BYTES > DISK_DIRECTORY_BLOCKS_MAX))) {
        fault(check, "inode %u: it cannot have a size of %llu bytes", number, (unsigned long long)inode->size);
        return;
    }
    if (memcmp(inode->reserved, zeros, sizeof zeros))
        fault(check, "inode %u: a reserved field is not 0", number);
    if (inode->links == 0 && !check->is_cleanup[number])
        fault(check, "inode %u: it has no name and is not in the cleanup table", number);
    if (inode->type == DISK_DIRECTORY ? inode->links > 1 : inode->parent != 0)
        fault(check, "inode %u: links or parent are not as its type has them", number);

    walk.size_blocks = (uint32_t)((inode->size + DISK_BLOCK_BYTES - 1) / DISK_BLOCK_BYTES);
    for (uint32_t i = 0; i < DISK_DIRECT; i++)
        check_pointer(check, &walk, inode->direct[i], i, 0);
    check_pointer(check, &walk, inode->indirect, DISK_DIRECT, 1);
    check_pointer(check, &walk, inode->double_indirect, DISK_DIRECT + DISK_POINTERS, 2);
    if (walk.found != inode->blocks)
        fault(check, "inode %u: it says that it has %u blocks, and has %u", number, inode->blocks, walk.found);
    check->is_sound[number] = walk.is_sound;
    if (walk.is_sound)
        check_tail(check, number, inode);
    *(inode->type == DISK_DIRECTORY ? &check->result.directories : &check->result.files) += 1;
}

/* ---- directories ---- */

static int by_name(const void *left, const void *right)
{
    const struct disk_entry *a = left, *b = right;
    int order = memcmp(a->name, b->name, DISK_NAME_MAX);
    return order ? order : (int)a->length - (int)b->length;
}

static bool note_entry(struct check *check, const struct disk_entry *entry)
{
    if (check->entry_count == check->entry_room) {
        size_t room = check->entry_room ? check->entry_room * 2 : 256;
        struct disk_entry *grown = realloc(check->entries, room * sizeof *grown);
        if (!grown)
            return false;
        check->entries = grown;
        check->entry_room = room;
    }
    check->entries[check->entry_count++] = *entry;
    return true;
}

static void check_entry(struct check *check, uint32_t directory, const struct disk_entry *entry)
{
    static const struct disk_entry empty;
    if (entry->inode == 0) {
        if (memcmp(entry, &empty, sizeof empty))
            fault(check, "directory %u: a free entry is not empty", directory);
        return;
    }
    if (!disk_name_is_sound(entry->name, entry->length)) {
        fault(check, "directory %u: the name of inode %u is none", directory, entry->inode);
        return;
    }
    for (size_t i = entry->length; i < DISK_NAME_MAX; i++)
        if (entry->name[i]) {
            fault(check, "directory %u: there is something behind the name of inode %u", directory, entry->inode);
            break;
        }
    if (entry->inode >= check->super->inode_count) {
        fault(check, "directory %u: there is no inode %u", directory, entry->inode);
        return;
    }
    const struct disk_inode *inode = inode_at(check, entry->inode);
    if (inode->type == DISK_FREE)
        fault(check, "directory %u: it names inode %u, which is free", directory, entry->inode);
    else if (inode->type != entry->type)
        fault(check, "directory %u: it has another type for inode %u than that inode", directory, entry->inode);
    else if (inode->type == DISK_DIRECTORY && inode->parent != directory)
        fault(check, "directory %u: it names directory %u, which belongs to %u", directory, entry->inode, inode->parent);
    check->names[entry->inode]++;
    if (!note_entry(check, entry))
        check->result.is_out_of_memory = true;
}

static void check_directory(struct check *check, uint32_t number)
{
    const struct disk_inode *inode = inode_at(check, number);
    check->entry_count = 0;
    for (uint32_t index = 0; index < inode->size / DISK_BLOCK_BYTES; index++) {
        uint32_t block = file_block(check, inode, index);
        if (!block) {
            fault(check, "directory %u: its block %u is missing", number, index);
            return; /* a sparse one could be very long */
        }
        const struct disk_entry *entry = block_at(check, block);
        for (size_t i = 0; i < DISK_ENTRIES_PER_BLOCK; i++)
            check_entry(check, number, &entry[i]);
    }
    if (inode->links == 0 && check->entry_count)
        fault(check, "directory %u: it is removed but not empty", number);
    if (check->entry_count)
        qsort(check->entries, check->entry_count, sizeof *check->entries, by_name);
    for (size_t i = 1; i < check->entry_count; i++)
        if (by_name(&check->entries[i - 1], &check->entries[i]) == 0)
            fault(check, "directory %u: a name is there twice, for inodes %u and %u", number, check->entries[i - 1].inode,
                  check->entries[i].inode);
}

/* Every directory that has a name leads up to the root: then all that is named is reached from there. A way up that is longer than
 * there are inodes is a circle. */
static void check_ways_up(struct check *check)
{
    uint8_t *state = calloc(check->super->inode_count, 1); /* 1: on the present way, 2: leads to the root, 3: does not */
    if (!state) {
        check->result.is_out_of_memory = true;
        return;
    }
    state[DISK_INODE_ROOT] = 2;
    for (uint32_t number = 1; number < check->super->inode_count; number++) {
        const struct disk_inode *inode = inode_at(check, number);
        if (inode->type != DISK_DIRECTORY || inode->links == 0)
            continue;
        uint32_t at = number, verdict;
        while (at < check->super->inode_count && inode_at(check, at)->type == DISK_DIRECTORY && inode_at(check, at)->links &&
               state[at] == 0) {
            state[at] = 1;
            at = inode_at(check, at)->parent;
        }
        verdict = at < check->super->inode_count && state[at] == 2 ? 2 : 3;
        if (verdict == 3)
            fault(check, "directory %u: it is not reached from the root", number);
        for (at = number; at < check->super->inode_count && state[at] == 1; at = inode_at(check, at)->parent)
            state[at] = (uint8_t)verdict;
    }
    free(state);
}

static void check_links(struct check *check)
{
    const struct disk_inode *root = inode_at(check, DISK_INODE_ROOT);
    if (root->type != DISK_DIRECTORY || root->parent != DISK_INODE_ROOT || root->links != 1)
        fault(check, "inode %u: it is not as a root directory is", DISK_INODE_ROOT);
    check->names[DISK_INODE_ROOT]++; /* it has no entry */
    for (uint32_t number = 1; number < check->super->inode_count; number++) {
        const struct disk_inode *inode = inode_at(check, number);
        if (inode->type != DISK_FREE && inode->links != check->names[number])
            fault(check, "inode %u: it says that it has %u links, and has %u names", number, inode->links, check->names[number]);
    }
}

/* ---- bitmaps ---- */

static void check_bitmaps(struct check *check)
{
    const struct disk_superblock *super = check->super;
    for (uint32_t block = 0; block < super->block_bitmap_count * DISK_BITS_PER_BLOCK; block++) {
        bool is_used = block < super->data_start || block >= super->block_count || check->owner[block];
        if (bit_at(check, super->block_bitmap_start, block) != is_used)
            fault(check, "block %u: it is %s, and its bitmap says %s", block, is_used ? "in use" : "free",
                  is_used ? "free" : "in use");
    }
    for (uint32_t number = 0; number < super->inode_bitmap_count * DISK_BITS_PER_BLOCK; number++) {
        bool is_used = number == 0 || number >= super->inode_count || inode_at(check, number)->type != DISK_FREE;
        if (bit_at(check, super->inode_bitmap_start, number) != is_used)
            fault(check, "inode %u: it is %s, and its bitmap says %s", number, is_used ? "in use" : "free",
                  is_used ? "free" : "in use");
    }
}

struct check_result check_image(uint8_t *bytes, uint64_t size, FILE *out)
{
    struct check check = {.bytes = bytes, .super = (const struct disk_superblock *)bytes, .out = out};
    if (size < DISK_BLOCK_BYTES) {
        fault(&check, "superblock: the image is shorter than a block");
        return check.result;
    }
    const char *wrong = disk_superblock_check(check.super, size / DISK_BLOCK_BYTES);
    if (wrong) {
        fault(&check, "superblock: %s", wrong);
        return check.result;
    }
    check_replay(bytes, size, &check.result.log);
    check.result.blocks = check.super->block_count - check.super->data_start;
    check.owner = calloc(check.super->block_count, sizeof *check.owner);
    check.names = calloc(check.super->inode_count, sizeof *check.names);
    check.is_cleanup = calloc(check.super->inode_count, sizeof *check.is_cleanup);
    check.is_sound = calloc(check.super->inode_count, sizeof *check.is_sound);
    if (check.owner && check.names && check.is_cleanup && check.is_sound) {
        check_cleanup(&check);
        check_free(&check, 0, inode_at(&check, 0));
        for (uint32_t number = 1; number < check.super->inode_count; number++)
            check_inode(&check, number);
        for (uint32_t number = 1; number < check.super->inode_count; number++)
            if (check.is_sound[number] && inode_at(&check, number)->type == DISK_DIRECTORY)
                check_directory(&check, number);
        check_ways_up(&check);
        check_links(&check);
        check_bitmaps(&check);
    } else {
        check.result.is_out_of_memory = true;
    }
    if (check.result.fault_count > SHOWN_MAX && out)
        fprintf(out, "and %lu faults more\n", check.result.fault_count - SHOWN_MAX);
    free(check.owner);
    free(check.names);
    free(check.is_cleanup);
    free(check.is_sound);
    free(check.entries);
    return check.result;
}
