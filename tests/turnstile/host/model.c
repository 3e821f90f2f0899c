/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The model, and the number that a tree has, computed for the model and for an image in ways of their own.
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>
#include <turnstile/disk.h>

#include "turnstile/abi.h"

void model_init(struct model *model)
{
    memset(model, 0, sizeof *model);
    model->nodes[0] = (struct model_node){.is_used = true, .is_directory = true, .links = 1};
}

static void drop_chunks(struct model_node *node, uint64_t from)
{
    struct model_chunk **link = &node->chunks;
    while (*link) {
        struct model_chunk *chunk = *link;
        if (chunk->index >= from) {
            *link = chunk->next;
            free(chunk);
        } else {
            link = &chunk->next;
        }
    }
}

void model_finish(struct model *model)
{
    for (int i = 0; i < MODEL_NODES; i++)
        drop_chunks(&model->nodes[i], 0);
}

/* ---- names ---- */

static int find_in(struct model_node *directory, const char *name, size_t length)
{
    for (int i = 0; i < MODEL_ENTRIES; i++)
        if (strlen(directory->entries[i].name) == length && length && !memcmp(directory->entries[i].name, name, length))
            return i;
    return -1;
}

/* Walks up to the last name. */
static int find_parent(struct model *model, const char *path, int *ret_node, const char **ret_name)
{
    int at = 0;
    for (;;) {
        path += strspn(path, "/");
        size_t length = strcspn(path, "/");
        if (!model->nodes[at].is_directory)
            return -ENOTDIR;
        if (path[length] == 0) {
            *ret_node = at;
            *ret_name = path;
            return 0;
        }
        int entry = find_in(&model->nodes[at], path, length);
        if (entry < 0)
            return -ENOENT;
        at = model->nodes[at].entries[entry].node;
        path += length;
    }
}

/* ret_entry: -1 if the name is not there. */
static int find_name(struct model *model, const char *path, int *ret_directory, const char **ret_name, int *ret_entry)
{
    int error = find_parent(model, path, ret_directory, ret_name);
    if (error)
        return error;
    *ret_entry = find_in(&model->nodes[*ret_directory], *ret_name, strlen(*ret_name));
    return 0;
}

int model_find(struct model *model, const char *path, int *ret_node)
{
    int directory, entry;
    const char *name;
    int error = find_name(model, path, &directory, &name, &entry);
    if (error)
        return error;
    if (*name == 0)
        *ret_node = directory;
    else if (entry < 0)
        return -ENOENT;
    else
        *ret_node = model->nodes[directory].entries[entry].node;
    return 0;
}

static void set_entry(struct model_node *directory, const char *name, int node)
{
    for (int i = 0; i < MODEL_ENTRIES; i++)
        if (!directory->entries[i].name[0]) {
            strcpy(directory->entries[i].name, name);
            directory->entries[i].node = node;
            return;
        }
    abort();
}

int model_create(struct model *model, const char *path, bool is_directory, int *ret_node)
{
    int directory, entry, node = 1;
    const char *name;
    int error = find_name(model, path, &directory, &name, &entry);
    if (error)
        return error;
    if (entry >= 0)
        return -EEXIST;
    while (node < MODEL_NODES && model->nodes[node].is_used)
        node++;
    if (node == MODEL_NODES)
        abort();
    model->nodes[node] = (struct model_node){.is_used = true, .is_directory = is_directory, .links = 1, .parent = directory};
    set_entry(&model->nodes[directory], name, node);
    *ret_node = node;
    return 0;
}

static void free_unused(struct model_node *node)
{
    if (node->links == 0 && node->opens == 0) {
        drop_chunks(node, 0);
        node->is_used = false;
    }
}

static bool is_empty(const struct model_node *directory)
{
    for (int i = 0; i < MODEL_ENTRIES; i++)
        if (directory->entries[i].name[0])
            return false;
    return true;
}

int model_remove(struct model *model, const char *path, bool is_directory)
{
    int directory, entry;
    const char *name;
    int error = find_name(model, path, &directory, &name, &entry);
    if (error)
        return error;
    if (entry < 0)
        return -ENOENT;
    struct model_node *node = &model->nodes[model->nodes[directory].entries[entry].node];
    if (node->is_directory != is_directory)
        return is_directory ? -ENOTDIR : -EISDIR;
    if (is_directory && !is_empty(node))
        return -ENOTEMPTY;
    model->nodes[directory].entries[entry].name[0] = 0;
    node->links--;
    free_unused(node);
    return 0;
}

int model_link(struct model *model, const char *path, const char *as)
{
    int node, directory, entry;
    const char *name;
    int error = model_find(model, path, &node);
    if (error)
        return error;
    if (model->nodes[node].is_directory)
        return -EPERM;
    error = find_name(model, as, &directory, &name, &entry);
    if (error)
        return error;
    if (entry >= 0)
        return -EEXIST;
    set_entry(&model->nodes[directory], name, node);
    model->nodes[node].links++;
    return 0;
}

static bool is_above(const struct model *model, int above, int node)
{
    while (node != above && node != 0)
        node = model->nodes[node].parent;
    return node == above;
}

int model_rename(struct model *model, const char *path, const char *as)
{
    int from, from_entry, to, to_entry;
    const char *from_name, *to_name;
    /* The kernel looks for both directories before it looks for either name. */
    int error = find_parent(model, path, &from, &from_name);
    if (!error)
        error = find_parent(model, as, &to, &to_name);
    if (!error)
        error = find_name(model, path, &from, &from_name, &from_entry);
    if (!error)
        error = find_name(model, as, &to, &to_name, &to_entry);
    if (error)
        return error;
    if (from_entry < 0)
        return -ENOENT;
    int moved = model->nodes[from].entries[from_entry].node;
    struct model_node *target = to_entry < 0 ? NULL : &model->nodes[model->nodes[to].entries[to_entry].node];
    if (target == &model->nodes[moved])
        return 0;
    if (model->nodes[moved].is_directory && is_above(model, moved, to))
        return -EINVAL;
    if (target && target->is_directory != model->nodes[moved].is_directory)
        return target->is_directory ? -EISDIR : -ENOTDIR;
    if (target && target->is_directory && !is_empty(target))
        return -ENOTEMPTY;
    char name[60];
    strcpy(name, to_name);
    if (target) {
        model->nodes[to].entries[to_entry].name[0] = 0;
        target->links--;
        free_unused(target);
    }
    model->nodes[from].entries[from_entry].name[0] = 0;
    set_entry(&model->nodes[to], name, moved);
    model->nodes[moved].parent = to;
    return 0;
}

/* ---- contents ---- */

static struct model_chunk *chunk_of(struct model_node *node, uint64_t index, bool make)
{
    for (struct model_chunk *chunk = node->chunks; chunk; chunk = chunk->next)
        if (chunk->index == index)
            return chunk;
    if (!make)
        return NULL;
    struct model_chunk *chunk = calloc(1, sizeof *chunk);
    if (!chunk)
        abort();
    chunk->index = index;
    chunk->next = node->chunks;
    return node->chunks = chunk;
}

void model_write(struct model *model, int number, const void *data, uint64_t bytes, uint64_t position)
{
    struct model_node *node = &model->nodes[number];
    for (uint64_t i = 0; i < bytes; i++)
        chunk_of(node, (position + i) / 4096, true)->bytes[(position + i) % 4096] = ((const uint8_t *)data)[i];
    if (bytes && position + bytes > node->size)
        node->size = position + bytes;
}

size_t model_read(struct model *model, int number, void *data, uint64_t bytes, uint64_t position)
{
    struct model_node *node = &model->nodes[number];
    uint64_t count = position >= node->size ? 0 : bytes < node->size - position ? bytes : node->size - position;
    for (uint64_t i = 0; i < count; i++) {
        struct model_chunk *chunk = chunk_of(node, (position + i) / 4096, false);
        ((uint8_t *)data)[i] = chunk ? chunk->bytes[(position + i) % 4096] : 0;
    }
    return count;
}

void model_truncate(struct model *model, int number, uint64_t bytes)
{
    struct model_node *node = &model->nodes[number];
    struct model_chunk *tail = bytes % 4096 ? chunk_of(node, bytes / 4096, false) : NULL;
    drop_chunks(node, (bytes + 4095) / 4096);
    if (tail)
        memset(tail->bytes + bytes % 4096, 0, 4096 - bytes % 4096);
    node->size = bytes;
}

void model_hold(struct model *model, int node)
{
    model->nodes[node].opens++;
}

void model_release(struct model *model, int node)
{
    model->nodes[node].opens--;
    free_unused(&model->nodes[node]);
}

/* ---- numbers for trees: what each thing has is added up, so that order does not count ---- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t word[2] = {a, b};
    return disk_checksum(0x1234567, word, sizeof word);
}

static uint64_t block_sum(uint64_t index, const uint8_t *bytes)
{
    static const uint8_t zeros[4096];
    uint64_t words[512];
    if (!memcmp(bytes, zeros, sizeof zeros))
        return 0;
    memcpy(words, bytes, sizeof words);
    return mix(index + 1, disk_checksum(1, words, sizeof words));
}

static uint64_t name_sum(const char *name, uint64_t what)
{
    uint64_t words[8] = {0};
    memcpy(words, name, strlen(name));
    return mix(disk_checksum(2, words, sizeof words), what);
}

static uint64_t sum_of(uint64_t is_directory, uint64_t links, uint64_t size, uint64_t contents)
{
    return mix(mix(is_directory, links), mix(is_directory ? 0 : size, contents));
}

uint64_t model_sum(const struct model *model, int number)
{
    const struct model_node *node = &model->nodes[number];
    uint64_t contents = 0;
    for (const struct model_chunk *chunk = node->chunks; chunk; chunk = chunk->next)
        contents += block_sum(chunk->index, chunk->bytes);
    for (int i = 0; i < MODEL_ENTRIES; i++)
        if (node->entries[i].name[0])
            contents += name_sum(node->entries[i].name, model_sum(model, node->entries[i].node));
    return sum_of(node->is_directory, node->links, node->size, contents);
}

/* ---- the same, of an image ---- */

static const void *block_at(const uint8_t *bytes, uint32_t block)
{
    return bytes + (size_t)block * DISK_BLOCK_BYTES;
}

static const struct disk_inode *inode_at(const uint8_t *bytes, uint32_t number)
{
    const struct disk_superblock *super = (const struct disk_superblock *)bytes;
    return (const struct disk_inode *)block_at(bytes, super->inode_table_start) + number;
}

static uint64_t inode_sum(const uint8_t *bytes, uint32_t number);

static uint64_t entries_sum(const uint8_t *bytes, uint32_t block)
{
    const struct disk_entry *entry = block_at(bytes, block);
    uint64_t sum = 0;
    for (size_t i = 0; i < DISK_ENTRIES_PER_BLOCK; i++) {
        char name[60] = "";
        memcpy(name, entry[i].name, entry[i].length);
        sum += entry[i].inode ? name_sum(name, inode_sum(bytes, entry[i].inode)) : 0;
    }
    return sum;
}

static uint64_t pointer_sum(const uint8_t *bytes, const struct disk_inode *inode, uint32_t block, uint64_t index, unsigned depth)
{
    uint64_t sum = 0;
    if (block == 0 || index * DISK_BLOCK_BYTES >= inode->size)
        return 0;
    if (depth == 0)
        return inode->type == DISK_DIRECTORY ? entries_sum(bytes, block) : block_sum(index, block_at(bytes, block));
    const uint32_t *pointer = block_at(bytes, block);
    for (uint32_t i = 0; i < DISK_POINTERS; i++)
        sum += pointer_sum(bytes, inode, pointer[i], index + i * (depth == 2 ? (uint64_t)DISK_POINTERS : 1), depth - 1);
    return sum;
}

static uint64_t inode_sum(const uint8_t *bytes, uint32_t number)
{
    const struct disk_inode *inode = inode_at(bytes, number);
    uint64_t contents = 0;
    for (uint32_t i = 0; i < DISK_DIRECT; i++)
        contents += pointer_sum(bytes, inode, inode->direct[i], i, 0);
    contents += pointer_sum(bytes, inode, inode->indirect, DISK_DIRECT, 1);
    contents += pointer_sum(bytes, inode, inode->double_indirect, DISK_DIRECT + DISK_POINTERS, 2);
    return sum_of(inode->type == DISK_DIRECTORY, inode->links, inode->size, contents);
}

static uint32_t number_in(const uint8_t *bytes, uint32_t directory, const char *name, size_t length)
{
    const struct disk_inode *inode = inode_at(bytes, directory);
    for (uint32_t index = 0; index < inode->size / DISK_BLOCK_BYTES && index < DISK_DIRECT; index++) {
        const struct disk_entry *entry = block_at(bytes, inode->direct[index]);
        for (size_t i = 0; i < DISK_ENTRIES_PER_BLOCK; i++)
            if (entry[i].inode && entry[i].length == length && !memcmp(entry[i].name, name, length))
                return entry[i].inode;
    }
    return 0;
}

uint64_t model_sum_of_image(const uint8_t *bytes, const char *path)
{
    uint32_t number = DISK_INODE_ROOT;
    path += strspn(path, "/");
    while (*path && number) {
        size_t length = strcspn(path, "/");
        number = number_in(bytes, number, path, length);
        path += length;
        path += strspn(path, "/");
    }
    return number ? inode_sum(bytes, number) : 0;
}
