/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The buffer cache: blocks of the disk in pages. A thread that takes a buffer has it alone until it gives it back.
 *
 * A thread has one buffer at a time, never two. So no order among blocks is needed, a damaged disk whose pointers run in circles
 * cannot bring about a deadlock, and whoever waits for a free buffer gets one in the end.
 */
#ifndef KERNEL_BUFFER_H
#define KERNEL_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "block.h"

struct buffer {
    /* fixed */
    uint8_t *data;
    /* the cache's lock */
    uint32_t block;
    bool is_taken;
    bool is_reading;     /* a read ahead of time was started and not finished; who takes the buffer finishes it */
    unsigned references; /* who has it, who waits for it, pins. 0: it is in the free list */
    struct buffer *next_in_chain;
    /* who has it */
    bool is_valid; /* data is what the disk has, or newer */
    struct block_request request;
    /* the log's lock */
    uint64_t transaction; /* the last one that it belongs to */
    /* the free list's lock */
    struct buffer *newer, *older;
};

/* Makes `count` buffers: 0 or -ENOMEM. */
int buffer_init(unsigned count);
/* The block's buffer, read if need be: 0, or -EIO with *ret_buffer NULL. */
int buffer_take(uint32_t block, struct buffer **ret_buffer);
/* The same for a block whose contents do not matter any more: its bytes are set to 0 instead of being read. */
struct buffer *buffer_take_zeroed(uint32_t block);
void buffer_give(struct buffer *buffer);
/* Starts to read a block that will be wanted soon, if that costs no waiting. */
void buffer_read_ahead(uint32_t block);
/* A pinned buffer stays in memory though nobody has it. */
void buffer_pin(struct buffer *buffer);
void buffer_unpin(struct buffer *buffer);

struct text;
void buffer_print(struct text *text);

#endif
