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
} journal = {.lock = LOCK_INITIAL(LOG, "log")};

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
            journal.requests[i] = (struct block_request){.kind = BLOCK_WRITE, .block = block, .data = journal.copy[done + i]};
            block_start(&journal.requests[i]);
        }
        for (unsigned i = 0; i < batch; i++) {
            int result = block_finish(&journal.requests[i]);
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
    struct disk_commit *record = journal.record;
    *record = (struct disk_commit){.magic = DISK_COMMIT_MAGIC, .sequence = transaction, .count = count};
    for (unsigned i = 0; i < count; i++)
        record->home[i] = journal.committed[i]->block;
    uint64_t sum = disk_commit_checksum(record);
    for (unsigned i = 0; i < count; i++)
        sum = disk_checksum(sum, journal.copy[i], DISK_BLOCK_BYTES);
    record->checksum = sum;

    int error = journal.needs_flush ? flush() : 0;
    journal.needs_flush = false;
    if (!error)
        error = write_copies(count, NULL, journal.super->log_start + 1);
    if (!error)
        error = flush();
    if (!error)
        error = block_transfer(BLOCK_WRITE, journal.super->log_start, record);
    return error ? error : flush();
}

static void set_failure(const char *why)
{
    if (!journal.failure)
        print("file system: %s; it is read-only from now on\n", why);
    journal.failure = journal.failure ? journal.failure : why;
    wake_all(&journal.waiters);
    wake_all(&journal.safe);
}

/* Writes the present transaction, with the lock held when it is called and when it returns. */
static void commit(void)
{
    journal.is_committing = journal.is_closing = true;
    while (journal.open)
        wait_on(&journal.open, &journal.lock);
    unsigned count = journal.count;
    uint64_t transaction = journal.transaction++;
    memcpy(journal.committed, journal.buffers, count * sizeof journal.buffers[0]);
    journal.count = 0;
    bool is_written = count && !journal.failure;
    lock_release(&journal.lock);

    /* No operation is open and none begins, so nobody changes these buffers. */
    for (unsigned i = 0; is_written && i < count; i++)
        memcpy(journal.copy[i], journal.committed[i]->data, DISK_BLOCK_BYTES);
    lock_acquire(&journal.lock);
    journal.is_closing = false;
    wake_all(&journal.waiters);
    lock_release(&journal.lock);

    int error = is_written ? write_transaction(transaction, count) : 0;
    lock_acquire(&journal.lock);
    if (error)
        set_failure("the log cannot be written");
    if (!journal.failure || (is_written && !error)) {
        journal.safe = transaction;
        journal.commits += count != 0;
        journal.blocks_logged += count;
    }
    wake_all(&journal.safe);
    lock_release(&journal.lock);

    if (is_written && !error) {
        error = write_copies(count, journal.record->home, 0);
        journal.needs_flush = true;
    }
    /* After a failure memory is all that has these contents: they stay. */
    for (unsigned i = 0; is_written && !error && i < count; i++)
        buffer_unpin(journal.committed[i]);
    lock_acquire(&journal.lock);
    if (error)
        set_failure("blocks cannot be written");
    journal.is_committing = false;
    wake_all(&journal.waiters);
    wake_all(&journal.safe);
}

int log_commit(uint64_t transaction)
{
    lock_acquire(&journal.lock);
    while (journal.safe < transaction && !journal.failure) {
        if (journal.is_committing)
            wait_on(&journal.safe, &journal.lock);
        else
            commit();
    }
    int result = journal.safe >= transaction ? 0 : -EIO;
    lock_release(&journal.lock);
    return result;
}

int log_sync(void)
{
    lock_acquire(&journal.lock);
    uint64_t transaction = journal.count || journal.open ? journal.transaction : journal.transaction - 1;
    lock_release(&journal.lock);
    return log_commit(transaction);
}

/* ---- operations ---- */

int log_begin(unsigned blocks)
{
    if (blocks > journal.room)
        return journal.room ? -EFBIG : -EROFS;
    lock_acquire(&journal.lock);
    while (!journal.failure && (journal.is_closing || journal.count + journal.reserved + blocks > journal.room)) {
        if (journal.count && !journal.is_committing) {
            commit();
            continue;
        }
        /* For the end of a commit, or of operations that have all the room and may yet leave it. */
        journal.waiters++;
        wait_on(&journal.waiters, &journal.lock);
        journal.waiters--;
    }
    int error = journal.failure ? -EROFS : 0;
    if (!error) {
        journal.open++;
        journal.reserved += blocks;
    }
    lock_release(&journal.lock);
    return error;
}

int log_end(unsigned blocks, int result)
{
    lock_acquire(&journal.lock);
    if (result == -EIO || result == -EUCLEAN)
        set_failure(result == -EIO ? "the disk failed" : "its structure is damaged");
    journal.reserved -= blocks;
    if (--journal.open == 0)
        wake_all(&journal.open);
    if (journal.waiters)
        wake_all(&journal.waiters);
    lock_release(&journal.lock);
    return result;
}

void log_write(struct buffer *buffer)
{
    lock_acquire(&journal.lock);
    if (buffer->transaction != journal.transaction) {
        ASSERT(journal.count < journal.room);
        buffer->transaction = journal.transaction;
        journal.buffers[journal.count++] = buffer;
        if (journal.count == 1)
            wake_all(&journal.buffers);
        buffer_pin(buffer);
    }
    lock_release(&journal.lock);
}

void log_wait_for_changes(void)
{
    lock_acquire(&journal.lock);
    while (journal.failure || journal.count == 0)
        wait_on(&journal.buffers, &journal.lock);
    lock_release(&journal.lock);
}

uint64_t log_transaction(void)
{
    lock_acquire(&journal.lock);
    uint64_t transaction = journal.transaction;
    lock_release(&journal.lock);
    return transaction;
}

void log_stop(void)
{
    lock_acquire(&journal.lock);
    while (!journal.failure && (journal.count || journal.open || journal.is_committing)) {
        if (journal.is_committing)
            wait_on(&journal.safe, &journal.lock);
        else
            commit();
    }
    bool needs_flush = !journal.failure && journal.needs_flush;
    journal.needs_flush = false;
    journal.failure = journal.failure ? journal.failure : "stopped";
    wake_all(&journal.waiters);
    lock_release(&journal.lock);
    if (needs_flush)
        flush();
}

void log_fail(const char *why)
{
    lock_acquire(&journal.lock);
    set_failure(why);
    lock_release(&journal.lock);
}

void log_print(struct text *text)
{
    lock_acquire(&journal.lock);
    text_add(text, "transaction %llu\nsafe %llu\nroom %u\nblocks %u\nopen %u\nreserved %u\ncommits %llu\nlogged %llu\nstate %s\n",
             (unsigned long long)journal.transaction, (unsigned long long)journal.safe, journal.room, journal.count, journal.open,
             journal.reserved, (unsigned long long)journal.commits, (unsigned long long)journal.blocks_logged,
             journal.failure ? journal.failure : "ok");
    lock_release(&journal.lock);
}

/* ---- mounting ---- */

static int allocate(void)
{
    journal.record = page_allocate();
    journal.requests = page_allocate();
    bool is_complete = journal.record && journal.requests;
    for (unsigned i = 0; is_complete && i < journal.room; i++)
        is_complete = (journal.copy[i] = page_allocate()) != NULL;
    return is_complete ? 0 : -ENOMEM;
}

/* Reads the copies to sum them, then once more to install them: a transaction can be longer than there are pages for it. */
static int replay(void)
{
    struct disk_commit *record = journal.record;
    const struct disk_superblock *super = journal.super;
    int error = block_transfer(BLOCK_READ, super->log_start, record);
    if (error)
        return error;
    journal.transaction = 1;
    if (!disk_commit_is_sound(super, record))
        return 0;
    uint64_t sum = disk_commit_checksum(record);
    for (unsigned i = 0; !error && i < record->count; i++) {
        error = block_transfer(BLOCK_READ, super->log_start + 1 + i, journal.copy[0]);
        sum = disk_checksum(sum, journal.copy[0], DISK_BLOCK_BYTES);
    }
    if (error || sum != record->checksum)
        return error;
    journal.transaction = (record->sequence & (UINT64_MAX >> 8)) + 1; /* never to pass the largest number, whatever the disk says */
    for (unsigned i = 0; !error && i < record->count; i++) {
        error = block_transfer(BLOCK_READ, super->log_start + 1 + i, journal.copy[0]);
        if (!error)
            error = block_transfer(BLOCK_WRITE, record->home[i], journal.copy[0]);
    }
    journal.needs_flush = record->count != 0;
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
    journal.super = super;
    journal.room = log_room_of(super);
    lock_register(&journal.lock);
    int error = allocate();
    if (!error)
        error = replay();
    if (error) {
        journal.room = 0;
        return error;
    }
    journal.safe = journal.transaction - 1;
    return 0;
}
