/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The disk that stands in. Requests wait from block_start to block_finish, where others may run; a write's data must not change
 * meanwhile.
 */
#include "disk.h"

#include <lib/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "block.h"
#include "host.h"
#include "turnstile/abi.h"
#include "turnstile/disk.h"

static struct {
    uint8_t *bytes;
    size_t size;
    struct disk_record *record;
    enum disk_lie lie;
    uint32_t last_written;
    unsigned long requests, fail_after;
} disk;

/* ---- records ---- */

static void *share(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        abort();
    return memory;
}

struct disk_record *disk_record_create(unsigned event_room, unsigned write_room)
{
    struct disk_record *record = share(sizeof *record);
    record->event_room = event_room;
    record->write_room = write_room;
    record->events = share(event_room * sizeof *record->events);
    record->data = share(write_room * sizeof *record->data);
    return record;
}

void disk_record_destroy(struct disk_record *record)
{
    munmap(record->events, record->event_room * sizeof *record->events);
    munmap(record->data, record->write_room * sizeof *record->data);
    munmap(record, sizeof *record);
}

static void note(enum disk_event_kind kind, uint32_t block, uint32_t write, bool is_lie)
{
    struct disk_record *record = disk.record;
    if (!record)
        return;
    if (record->event_count == record->event_room) {
        fputs("the record of the disk is full\n", stderr);
        abort();
    }
    record->events[record->event_count++] = (struct disk_event){kind, block, write, is_lie};
}

static uint32_t note_write(uint32_t block, const void *data)
{
    struct disk_record *record = disk.record;
    if (!record)
        return 0;
    if (record->write_count == record->write_room) {
        fputs("the record of the disk's data is full\n", stderr);
        abort();
    }
    memcpy(record->data[record->write_count], data, DISK_BLOCK_BYTES);
    note(DISK_WRITE_BEGAN, block, record->write_count, false);
    return record->write_count++;
}

/* ---- the disk ---- */

void disk_init(uint8_t *bytes, size_t size, struct disk_record *record, enum disk_lie lie)
{
    disk.bytes = bytes;
    disk.size = size;
    disk.record = record;
    disk.lie = lie;
    disk.fail_after = UINT64_MAX;
    disk.requests = 0;
}

void disk_fail_after(unsigned long requests)
{
    disk.fail_after = disk.requests + requests;
}

unsigned long disk_requests(void)
{
    return disk.requests;
}

int block_init(void)
{
    return disk.size ? 0 : -ENODEV;
}

uint64_t block_count(void)
{
    return disk.size / DISK_BLOCK_BYTES;
}

/* Which of the log's flushes is this? */
static bool is_lie(void)
{
    const struct disk_superblock *super = (const struct disk_superblock *)disk.bytes;
    uint32_t last = disk.last_written;
    enum disk_lie kind = last == super->log_start                                                ? DISK_LIES_AFTER_RECORD
                         : last > super->log_start && last < super->log_start + super->log_count ? DISK_LIES_AFTER_COPIES
                                                                                                 : DISK_LIES_AFTER_HOMES;
    return disk.lie == kind;
}

void block_start(struct block_request *request)
{
    host_pause();
    request->is_done = false;
    request->result = 0;
    if (disk.requests++ >= disk.fail_after || (request->kind != BLOCK_FLUSH && request->block >= block_count())) {
        request->result = -EIO;
        return;
    }
    if (request->kind == BLOCK_WRITE) {
        /* What is read meanwhile may be either; the kernel's buffers make that nobody reads. */
        disk.last_written = request->block;
        memcpy(disk.bytes + (size_t)request->block * DISK_BLOCK_BYTES, request->data, DISK_BLOCK_BYTES);
        request->result = (int)note_write(request->block, request->data);
    } else if (request->kind == BLOCK_FLUSH) {
        note(DISK_FLUSH_BEGAN, 0, 0, is_lie());
    }
}

int block_finish(struct block_request *request)
{
    host_pause();
    if (request->is_done || request->result < 0) {
        request->is_done = true;
        return request->result;
    }
    uint8_t *place = disk.bytes + (size_t)request->block * DISK_BLOCK_BYTES;
    if (request->kind == BLOCK_READ) {
        memcpy(request->data, place, DISK_BLOCK_BYTES);
    } else if (request->kind == BLOCK_FLUSH) {
        note(DISK_FLUSH_ENDED, 0, 0, is_lie());
    } else {
        if (disk.record && memcmp(request->data, disk.record->data[request->result], DISK_BLOCK_BYTES)) {
            fprintf(stderr, "block %u changed while it was written\n", request->block);
            abort();
        }
        note(DISK_WRITE_ENDED, request->block, (uint32_t)request->result, false);
    }
    request->result = 0;
    request->is_done = true;
    return 0;
}

/* ---- crashes ---- */

enum { SECTORS = 8, SECTOR_BYTES = DISK_BLOCK_BYTES / SECTORS };

/* Sets is_safe for the writes that had ended before a flush began which had ended, too, by then. */
static void mark_safe(const struct disk_record *record, unsigned events, bool *is_safe)
{
    unsigned flush_began = 0, covered = 0;
    for (unsigned i = 0; i < events; i++) {
        if (record->events[i].kind == DISK_FLUSH_BEGAN)
            flush_began = i;
        if (record->events[i].kind == DISK_FLUSH_ENDED && !record->events[i].is_lie)
            covered = flush_began;
    }
    for (unsigned i = 0; i < covered; i++)
        if (record->events[i].kind == DISK_WRITE_ENDED)
            is_safe[record->events[i].write] = true;
}

void disk_crash(const struct disk_record *record, unsigned events, uint64_t seed, uint8_t *bytes)
{
    struct random random = {seed};
    bool *is_safe = calloc(record->write_count + 1, sizeof *is_safe);
    unsigned *left = calloc(record->write_count + 1, sizeof *left);
    unsigned count = 0;
    unsigned percent = (unsigned[]){0, 10, 50, 90, 100}[random_below(&random, 5)];
    if (!is_safe || !left)
        abort();
    mark_safe(record, events, is_safe);
    for (unsigned i = 0; i < events; i++) {
        const struct disk_event *event = &record->events[i];
        if (event->kind != DISK_WRITE_BEGAN)
            continue;
        if (is_safe[event->write])
            memcpy(bytes + (size_t)event->block * DISK_BLOCK_BYTES, record->data[event->write], DISK_BLOCK_BYTES);
        else
            left[count++] = i;
    }
    for (; count; count--) {
        unsigned pick = random_below(&random, count);
        const struct disk_event *event = &record->events[left[pick]];
        bool is_torn = random_below(&random, 8) == 0;
        left[pick] = left[count - 1];
        if (random_below(&random, 100) >= percent)
            continue;
        for (unsigned sector = 0; sector < SECTORS; sector++)
            if (!is_torn || random_below(&random, 2))
                memcpy(bytes + (size_t)event->block * DISK_BLOCK_BYTES + sector * SECTOR_BYTES,
                       record->data[event->write] + sector * SECTOR_BYTES, SECTOR_BYTES);
    }
    free(is_safe);
    free(left);
}
