/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The contents of a disk: what its file held at power-on (the base, configuration, supplied piece by piece from outside) and what
 * the guest has written since (the overlay, state). Both are sparse. A sector that the guest has written never goes back to its
 * base. Which written sectors are still to be handed to the file is noted too, but is no state: when the file is written has no say
 * in the run. Knows sectors; knows neither files nor requests.
 */
#ifndef DEV_DISK_H
#define DEV_DISK_H

#include <base/state.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_SECTOR_BYTES   512u
#define DISK_SECTORS_MAX    (UINT64_C(1) << 32)
#define DISK_BASE_PAGES_MAX 16384u /* of 4 KiB: more base than that is forgotten and asked for again */

struct disk;

/* `sectors`: 0 to DISK_SECTORS_MAX. `base_pages_max` bounds what is kept of the base. NULL when out of memory. */
struct disk *disk_create(uint64_t sectors, unsigned base_pages_max);
void disk_destroy(struct disk *disk); /* NULL is allowed */
uint64_t disk_sectors(const struct disk *disk);

/* Is the sector's content known? If not, it has to be supplied. */
bool disk_has(const struct disk *disk, uint64_t sector);
/* Base contents of `count` sectors, all within the disk. Sectors that the guest has written keep what it wrote. False when out of
 * memory. */
bool disk_supply(struct disk *disk, uint64_t sector, const void *bytes, uint64_t count);
/* A sector whose content is known. */
void disk_read(const struct disk *disk, uint64_t sector, uint8_t ret_bytes[static DISK_SECTOR_BYTES]);
/* The guest writes a sector, or (bytes NULL) zeros. False when the host is out of memory. */
bool disk_write(struct disk *disk, uint64_t sector, const uint8_t *bytes);

/* The first run of sectors, at *sector or behind it and at most `max` long, that were written since disk_clean; its length, 0:
 * none. */
uint64_t disk_dirty(const struct disk *disk, uint64_t *sector, uint64_t max);
bool disk_is_dirty(const struct disk *disk);
/* All that has been written is on the file. */
void disk_clean(struct disk *disk);

/* The size, and every sector that the guest has written. */
void disk_state(struct state *s, struct disk *disk);

#endif
