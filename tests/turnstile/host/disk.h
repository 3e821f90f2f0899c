/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A disk in memory that stands in for the driver (block.h). It notes every write and flush, so that what it could hold after the
 * power went at any point can be made: what was flushed, and any part of the rest.
 */
#ifndef TURNSTILE_HOST_DISK_H
#define TURNSTILE_HOST_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A disk that says that it flushed, and did not, after writes of one kind: what the log would be worth without that flush. */
enum disk_lie { DISK_HONEST, DISK_LIES_AFTER_COPIES, DISK_LIES_AFTER_RECORD, DISK_LIES_AFTER_HOMES };

enum disk_event_kind { DISK_WRITE_BEGAN, DISK_WRITE_ENDED, DISK_FLUSH_BEGAN, DISK_FLUSH_ENDED };

struct disk_event {
    enum disk_event_kind kind;
    uint32_t block;
    uint32_t write; /* number of the write, from 0 on, of both its events */
    bool is_lie;    /* of a flush */
};

/* Lies in memory that processes share. */
struct disk_record {
    unsigned event_count, event_room, write_count, write_room;
    struct disk_event *events;
    uint8_t (*data)[4096]; /* by write */
};

struct disk_record *disk_record_create(unsigned event_room, unsigned write_room);
void disk_record_destroy(struct disk_record *record);

/* The disk's contents are `bytes`, which it changes. record: NULL, or where to note. */
void disk_init(uint8_t *bytes, size_t size, struct disk_record *record, enum disk_lie lie);
/* The reads and writes that come after so many more fail. */
void disk_fail_after(unsigned long requests);
unsigned long disk_requests(void);

/* What is on the disk if the power goes when `events` events have happened: to `bytes`, which hold the first contents, all that was
 * flushed, and a part of the rest, in an order and torn as the seed says. */
void disk_crash(const struct disk_record *record, unsigned events, uint64_t seed, uint8_t *bytes);

#endif
