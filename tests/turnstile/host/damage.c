/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "damage.h"

#include <lib/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turnstile/disk.h>

#include "image.h"

enum { BLOCKS = DAMAGE_IMAGE_BYTES / DISK_BLOCK_BYTES, NO_SUPER = 0xffff, NO_LOG = 0xfffe };

void damage_make(uint8_t *bytes)
{
    static uint8_t contents[30 * DISK_BLOCK_BYTES];
    struct image image;
    bool is_made = image_init(&image, bytes, DAMAGE_IMAGE_BYTES, &(struct image_options){.inodes = 64});
    memset(contents, 'x', sizeof contents);
    /* A file for each kind of pointer but the last, and the names of the workload's first thread. */
    is_made = is_made && image_add_file(&image, "/t0/a/a", contents, sizeof contents) &&
              image_add_file(&image, "/t0/a/b", "short", 5) && image_add_directory(&image, "/t0/b/c") &&
              image_add_file(&image, "/t0/b/c/d", contents, 3 * DISK_BLOCK_BYTES) && image_add_file(&image, "/t0/c", "", 0) &&
              image_add_directory(&image, "/t0/d");
    if (!is_made) {
        fprintf(stderr, "%s\n", image.error);
        abort();
    }
}

static void seal_log(uint8_t *bytes, const struct disk_superblock *super)
{
    if (super->log_start == 0 || super->log_start >= BLOCKS)
        return;
    struct disk_commit *record = (struct disk_commit *)(bytes + (size_t)super->log_start * DISK_BLOCK_BYTES);
    if (record->count > BLOCKS - 1 - super->log_start)
        return;
    uint64_t sum = disk_commit_checksum(record);
    record->checksum =
        disk_checksum(sum, bytes + ((size_t)super->log_start + 1) * DISK_BLOCK_BYTES, (size_t)record->count * DISK_BLOCK_BYTES);
}

void damage_apply(uint8_t *bytes, const uint8_t *data, size_t size)
{
    bool seals_super = true, seals_log = true;
    for (; size >= DAMAGE_RECORD_BYTES; data += DAMAGE_RECORD_BYTES, size -= DAMAGE_RECORD_BYTES) {
        unsigned block = data[0] | data[1] << 8, word = data[2] | data[3] << 8;
        seals_super = seals_super && block != NO_SUPER;
        seals_log = seals_log && block != NO_LOG;
        if (block < NO_LOG)
            memcpy(bytes + (size_t)(block % BLOCKS) * DISK_BLOCK_BYTES + word % (DISK_BLOCK_BYTES / 4) * 4, data + 4, 4);
    }
    struct disk_superblock *super = (struct disk_superblock *)bytes;
    if (seals_super)
        super->checksum = disk_superblock_checksum(super);
    if (seals_log)
        seal_log(bytes, super);
}

/* ---- drawing ---- */

static uint32_t draw_value(struct random *random, const struct disk_superblock *super)
{
    switch (random_below(random, 8)) {
    case 0:
        return 0;
    case 1:
        return random_below(random, 16);
    case 2:
        return UINT32_MAX - random_below(random, 3);
    case 3:
    case 4:
        return super->data_start + random_below(random, 64);
    case 5:
        return 1u << random_below(random, 32);
    case 6:
        return random_below(random, BLOCKS + 4);
    default:
        return (uint32_t)random_next(random);
    }
}

void damage_draw(uint64_t seed, unsigned records, uint8_t *data)
{
    struct random random = {seed};
    static uint64_t sound[DAMAGE_IMAGE_BYTES / 8];
    const struct disk_superblock *super = (const struct disk_superblock *)sound;
    if (!super->magic)
        damage_make((uint8_t *)sound);
    for (; records; records--, data += DAMAGE_RECORD_BYTES) {
        uint32_t block, word = random_below(&random, DISK_POINTERS), value = draw_value(&random, super);
        switch (random_below(&random, 10)) {
        case 0:
            block = random_below(&random, 12) ? super->inode_bitmap_start + random_below(&random, 2) : 0;
            word = random_below(&random, 28);
            break;
        case 1:
            block = super->log_start;
            word = random_below(&random, 16);
            break;
        case 2:
            block = super->cleanup_start;
            word = random_below(&random, 8);
            break;
        case 3:
        case 4:
            block = super->data_start + random_below(&random, 60);
            word = random_below(&random, 2) ? random_below(&random, 4) * 16 + random_below(&random, 3) : word;
            break;
        default:
            block = super->inode_table_start;
            word = random_below(&random, 12 * 32);
        }
        uint8_t record[DAMAGE_RECORD_BYTES] = {(uint8_t)block, (uint8_t)(block >> 8), (uint8_t)word, (uint8_t)(word >> 8)};
        memcpy(record + 4, &value, 4);
        memcpy(data, record, sizeof record);
    }
}
