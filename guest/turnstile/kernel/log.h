/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The write-ahead log. What belongs together is done between log_begin and log_end; many such operations of many threads make one
 * transaction, which is on the disk as a whole or not at all. Every block is changed by
 *
 *     buffer_take; change buffer->data; log_write(buffer); buffer_give
 *
 * inside an operation. Order: log_begin comes before every inode's mutex and every buffer; an operation waits for nobody who might
 * be waiting in log_begin.
 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct disk_superblock;
struct text;

/* How many blocks a transaction can have on such a disk; at most twice as many buffers are pinned. */
unsigned log_room_of(const struct disk_superblock *super);
/* Installs what the log holds, and makes it ready: 0 or an error. */
int log_mount(const struct disk_superblock *super);

/* Begins an operation that changes at most so many different blocks. May sleep. -EROFS: nothing can be written (any more). */
int log_begin(unsigned blocks);
/* Ends one that was begun with that many, and returns `result`. If that is -EIO or -EUCLEAN, the operation may have stopped half
 * way: the file system is read-only from now on, and the transaction never gets to the disk. */
int log_end(unsigned blocks, int result);
/* This buffer, which the caller has, was changed. */
void log_write(struct buffer *buffer);

/* The transaction that operations belong to now. */
uint64_t log_transaction(void);
/* Returns when that transaction and all before are safe: 0, or -EIO when it will never be. */
int log_commit(uint64_t transaction);
/* All that has been written so far. */
int log_sync(void);

/* Makes all safe and installs it, and lets no operation begin from then on. */
void log_stop(void);
/* Nothing is written from now on. Says why, once. */
void log_fail(const char *why);

/* Sleeps until the present transaction has a block. For log_keeper.c, whose thread does this, waits a while and calls log_sync. */
void log_wait_for_changes(void);
void log_keeper_start(void);

void log_print(struct text *text);

#endif
