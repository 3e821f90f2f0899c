/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The log: the transaction that operations add to, and the one that is being written, with their lock. Whoever wants a transaction
 * to be safe writes it, for all who wait (group commit):
 *
 *     wait until no operation is open; copy its blocks aside; let operations go on, in the next transaction
 *     flush (the blocks of the transaction before are installed: the log may be overwritten)
 *     write the copies into the log; flush; write the commit record; flush: safe from here on
 *     write the copies to where they belong
 *
 * Buffers of both transactions are pinned: the disk does not have their contents yet. Room for an operation is kept free before it
 * begins, so that it never has to wait in the middle.
 */
#include "log.h"

#include "block.h"
#include "buffer.h"
#include "lock.h"
#include "memory.h"
#include "page.h"
#include "print.h"
#include "wait.h"
#include "turnstile/abi.h"
#include "turnstile/disk.h"

enum { TRANSACTION_BLOCKS_WANTED = 100, TRANSACTION_BLOCKS_MAX = 256 };

static struct {
    /* fixed by log_mount */
    const struct disk_superblock *super;
    unsigned room;                         /* blocks of a transaction */
    struct disk_commit *record;            /* a page */
    uint8_t *copy[TRANSACTION_BLOCKS_MAX]; /* pages */
    struct block_request *requests;        /* a page of them */

    struct lock lock;
    uint64_t transaction; /* that operations add to */
    struct buffer *buffers[TRANSACTION_BLOCKS_MAX];
    unsigned count;      /* of them */
    unsigned open;       /* operations */
    unsigned reserved;   /* blocks that they may yet add */
    unsigned waiters;    /* threads in log_begin */
    bool is_closing;     /* no operation begins, until those that are open have ended and their blocks are copied */
    bool is_committing;  /* a thread has the fields below */
    uint64_t safe;       /* the last transaction that is on the disk */
    const char *failure; /* nothing is written any more: why */
    uint64_t commits, blocks_logged;

    /* who commits */
    struct buffer *committed[TRANSACTION_BLOCKS_MAX];
    bool needs_flush; /* blocks were installed and may not be on the disk yet */
} log = {.lock = LOCK_INITIAL(LOG, "log")};

enum { REQUESTS = PAGE_BYTES / sizeof(struct block_request) };

/* ---- writing a transaction ---- */

/* Writes copies [0, count) to home[i], or side by side from `start` on when home is NULL, many at once. */
static int write_copies(unsigned count, const uint32_t *home, uint32_t start)
{
    int error = 0;
    for (unsigned done = 0; done < count;) {
        unsigned batch = count - done < REQUESTS ? count - done : REQUESTS;
        for (unsigned i = 0; i < batch; i++) {
            uint32_t block = home ? home[done + i] : start + done + i;
            log.requests[i] = (struct block_request){.kind = BLOCK_WRITE, .block = block, .data = log.copy[done + i]};
            block_start(&log.requests[i]);
        }
        for (unsigned i = 0; i < batch; i++) {
            int result = block_finish(&log.requests[i]);
            error = error ? error : result;
        }
        done += batch;
    }
    return error;
}

static int flush(void)
{
    return block_transfer(BLOCK_FLUSH, 0, NULL);
}

/* Everything up to the point from which on the transaction is safe. */
static int write_transaction(uint64_t transaction, unsigned count)
{
    struct disk_commit *record = log.record;
    *record = (struct disk_commit){.magic = DISK_COMMIT_MAGIC, .sequence = transaction, .count = count};
    for (unsigned i = 0; i < count; i++)
        record->home[i] = log.committed[i]->block;
    uint64_t sum = disk_commit_checksum(record);
    for (unsigned i = 0; i < count; i++)
        sum = disk_checksum(sum, log.copy[i], DISK_BLOCK_BYTES);
    record->checksum = sum;

    int error = log.needs_flush ? flush() : 0;
    log.needs_flush = false;
    if (!error)
        error = write_copies(count, NULL, log.super->log_start + 1);
    if (!error)
        error = flush();
    if (!error)
        error = block_transfer(BLOCK_WRITE, log.super->log_start, record);
    return error ? error : flush();
}

static void set_failure(const char *why)
{
    if (!log.failure)
        print("file system: %s; it is read-only from now on\n", why);
    log.failure = log.failure ? log.failure : why;
    wake_all(&log.waiters);
    wake_all(&log.safe);
}

/* Writes the present transaction, with the lock held when it is called and when it returns. */
static void commit(void)
{
    log.is_committing = log.is_closing = true;
    while (log.open)
        wait_on(&log.open, &log.lock);
    unsigned count = log.count;
    uint64_t transaction = log.transaction++;
    memcpy(log.committed, log.buffers, count * sizeof log.buffers[0]);
    log.count = 0;
    bool is_written = count && !log.failure;
    lock_release(&log.lock);

    /* No operation is open and none begins, so nobody changes these buffers. */
    for (unsigned i = 0; is_written && i < count; i++)
        memcpy(log.copy[i], log.committed[i]->data, DISK_BLOCK_BYTES);
    lock_acquire(&log.lock);
    log.is_closing = false;
    wake_all(&log.waiters);
    lock_release(&log.lock);

    int error = is_written ? write_transaction(transaction, count) : 0;
    lock_acquire(&log.lock);
    if (error)
        set_failure("the log cannot be written");
    if (!log.failure || (is_written && !error)) {
        log.safe = transaction;
        log.commits += count != 0;
        log.blocks_logged += count;
    }
    wake_all(&log.safe);
    lock_release(&log.lock);

    if (is_written && !error) {
        error = write_copies(count, log.record->home, 0);
        log.needs_flush = true;
    }
    /* After a failure memory is all that has these contents: they stay. */
    for (unsigned i = 0; is_written && !error && i < count; i++)
        buffer_unpin(log.committed[i]);
    lock_acquire(&log.lock);
    if (error)
        set_failure("blocks cannot be written");
    log.is_committing = false;
    wake_all(&log.waiters);
    wake_all(&log.safe);
}

int log_commit(uint64_t transaction)
{
    lock_acquire(&log.lock);
    while (log.safe < transaction && !log.failure) {
        if (log.is_committing)
            wait_on(&log.safe, &log.lock);
        else
            commit();
    }
    int result = log.safe >= transaction ? 0 : -EIO;
    lock_release(&log.lock);
    return result;
}

int log_sync(void)
{
    lock_acquire(&log.lock);
    uint64_t transaction = log.count || log.open ? log.transaction : log.transaction - 1;
    lock_release(&log.lock);
    return log_commit(transaction);
}

/* ---- operations ---- */

int log_begin(unsigned blocks)
{
    if (blocks > log.room)
        return log.room ? -EFBIG : -EROFS;
    lock_acquire(&log.lock);
    while (!log.failure && (log.is_closing || log.count + log.reserved + blocks > log.room)) {
        if (log.count && !log.is_committing) {
            commit();
            continue;
        }
        /* For the end of a commit, or of operations that have all the room and may yet leave it. */
        log.waiters++;
        wait_on(&log.waiters, &log.lock);
        log.waiters--;
    }
    int error = log.failure ? -EROFS : 0;
    if (!error) {
        log.open++;
        log.reserved += blocks;
    }
    lock_release(&log.lock);
    return error;
}

int log_end(unsigned blocks, int result)
{
    lock_acquire(&log.lock);
    if (result == -EIO || result == -EUCLEAN)
        set_failure(result == -EIO ? "the disk failed" : "its structure is damaged");
    log.reserved -= blocks;
    if (--log.open == 0)
        wake_all(&log.open);
    if (log.waiters)
        wake_all(&log.waiters);
    lock_release(&log.lock);
    return result;
}

void log_write(struct buffer *buffer)
{
    lock_acquire(&log.lock);
    if (buffer->transaction != log.transaction) {
        ASSERT(log.count < log.room);
        buffer->transaction = log.transaction;
        log.buffers[log.count++] = buffer;
        buffer_pin(buffer);
    }
    lock_release(&log.lock);
}

uint64_t log_transaction(void)
{
    lock_acquire(&log.lock);
    uint64_t transaction = log.transaction;
    lock_release(&log.lock);
    return transaction;
}

void log_stop(void)
{
    lock_acquire(&log.lock);
    while (!log.failure && (log.count || log.open || log.is_committing)) {
        if (log.is_committing)
            wait_on(&log.safe, &log.lock);
        else
            commit();
    }
    bool needs_flush = !log.failure && log.needs_flush;
    log.needs_flush = false;
    log.failure = log.failure ? log.failure : "stopped";
    wake_all(&log.waiters);
    lock_release(&log.lock);
    if (needs_flush)
        flush();
}

void log_fail(const char *why)
{
    lock_acquire(&log.lock);
    set_failure(why);
    lock_release(&log.lock);
}

void log_print(struct text *text)
{
    lock_acquire(&log.lock);
    text_add(text, "transaction %llu\nsafe %llu\nroom %u\nblocks %u\nopen %u\nreserved %u\ncommits %llu\nlogged %llu\nstate %s\n",
             (unsigned long long)log.transaction, (unsigned long long)log.safe, log.room, log.count, log.open, log.reserved,
             (unsigned long long)log.commits, (unsigned long long)log.blocks_logged, log.failure ? log.failure : "ok");
    lock_release(&log.lock);
}

/* ---- mounting ---- */

static int allocate(void)
{
    log.record = page_allocate();
    log.requests = page_allocate();
    bool is_complete = log.record && log.requests;
    for (unsigned i = 0; is_complete && i < log.room; i++)
        is_complete = (log.copy[i] = page_allocate()) != NULL;
    return is_complete ? 0 : -ENOMEM;
}

/* Reads the copies to sum them, then once more to install them: a transaction can be longer than there are pages for it. */
static int replay(void)
{
    struct disk_commit *record = log.record;
    const struct disk_superblock *super = log.super;
    int error = block_transfer(BLOCK_READ, super->log_start, record);
    if (error)
        return error;
    log.transaction = 1;
    if (!disk_commit_is_sound(super, record))
        return 0;
    uint64_t sum = disk_commit_checksum(record);
    for (unsigned i = 0; !error && i < record->count; i++) {
        error = block_transfer(BLOCK_READ, super->log_start + 1 + i, log.copy[0]);
        sum = disk_checksum(sum, log.copy[0], DISK_BLOCK_BYTES);
    }
    if (error || sum != record->checksum)
        return error;
    log.transaction = (record->sequence & (UINT64_MAX >> 8)) + 1; /* never to pass the largest number, whatever the disk says */
    for (unsigned i = 0; !error && i < record->count; i++) {
        error = block_transfer(BLOCK_READ, super->log_start + 1 + i, log.copy[0]);
        if (!error)
            error = block_transfer(BLOCK_WRITE, record->home[i], log.copy[0]);
    }
    log.needs_flush = record->count != 0;
    return error;
}

unsigned log_room_of(const struct disk_superblock *super)
{
    unsigned wanted = DISK_LOG_SPARE - 1 + super->block_bitmap_count;
    if (wanted < TRANSACTION_BLOCKS_WANTED)
        wanted = TRANSACTION_BLOCKS_WANTED;
    return super->log_count - 1 < wanted ? super->log_count - 1 : wanted;
}

int log_mount(const struct disk_superblock *super)
{
    log.super = super;
    log.room = log_room_of(super);
    lock_register(&log.lock);
    int error = allocate();
    if (!error)
        error = replay();
    if (error) {
        log.room = 0;
        return error;
    }
    log.safe = log.transaction - 1;
    return 0;
}
