/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A simple file system in memory, that a real one must be like: a tree of nodes, files as lists of blocks, every call a search from
 * the root. What goes wrong for lack of room it does not know.
 */
#ifndef TURNSTILE_HOST_MODEL_H
#define TURNSTILE_HOST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_ENTRIES = 64, MODEL_NODES = 256 };

struct model_chunk {
    struct model_chunk *next;
    uint64_t index;
    uint8_t bytes[4096];
};

struct model_node {
    bool is_used, is_directory;
    unsigned links; /* names; of a directory 1 */
    unsigned opens;
    uint64_t size;
    struct model_chunk *chunks;
    struct {
        char name[60]; /* "": free */
        int node;
    } entries[MODEL_ENTRIES];
    int parent;
};

/* Node 0 is the root. */
struct model {
    struct model_node nodes[MODEL_NODES];
};

void model_init(struct model *model);
void model_finish(struct model *model);

/* All return 0 or a negative errno, as the kernel's calls do. Paths begin at the root; no "." or "..". */
int model_find(struct model *model, const char *path, int *ret_node);
int model_create(struct model *model, const char *path, bool is_directory, int *ret_node);
int model_remove(struct model *model, const char *path, bool is_directory);
int model_link(struct model *model, const char *path, const char *as);
int model_rename(struct model *model, const char *path, const char *as);
void model_write(struct model *model, int node, const void *data, uint64_t bytes, uint64_t position);
size_t model_read(struct model *model, int node, void *data, uint64_t bytes, uint64_t position);
void model_truncate(struct model *model, int node, uint64_t bytes);
void model_hold(struct model *model, int node);
void model_release(struct model *model, int node);

/* A number for a tree: names, kinds, sizes, contents. Equal trees have equal numbers, in the model and on a disk. */
uint64_t model_sum(const struct model *model, int node);
/* The same of the directory or file `path` of the file system in `bytes`, whose log must have been replayed; 0: not there. */
uint64_t model_sum_of_image(const uint8_t *bytes, const char *path);

#endif
