/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Damaged disks and disks that fail: the storage's code answers with errors or stops writing; it never crashes and never hangs. And
 * fsck finds what was damaged, kind by kind.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lib/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turnstile/disk.h>

#include "check.h"
#include "host/damage.h"
#include "host/disk.h"
#include "host/fork.h"
#include "host/workload.h"

enum { RECORDS_MAX = 8 };

static uint8_t *image_bytes(void)
{
    uint8_t *bytes = fork_share(DAMAGE_IMAGE_BYTES);
    damage_make(bytes);
    return bytes;
}

/* ---- the kernel's code ---- */

struct stress {
    uint8_t *bytes;
    uint64_t seed;
    unsigned long fail_after; /* 0: the disk does not fail */
};

static void run_stress(void *argument)
{
    struct stress *stress = argument;
    disk_init(stress->bytes, DAMAGE_IMAGE_BYTES, NULL, DISK_HONEST);
    if (stress->fail_after)
        disk_fail_after(stress->fail_after);
    workload_stress(stress->seed, 400);
}

Test(damage, nothing_on_a_disk_crashes_the_code_that_reads_and_writes_it)
{
    for (uint64_t seed = 1; seed <= 400; seed++) {
        uint8_t data[RECORDS_MAX * DAMAGE_RECORD_BYTES];
        unsigned records = 1 + (unsigned)(seed % RECORDS_MAX);
        struct stress stress = {.bytes = image_bytes(), .seed = seed};
        damage_draw(seed, records, data);
        damage_apply(stress.bytes, data, records * sizeof data / RECORDS_MAX);
        cr_expect(fork_run(run_stress, &stress), "seed %llu", (unsigned long long)seed);
        /* Whatever was made of it: fsck comes to an end, too. */
        check_image(stress.bytes, DAMAGE_IMAGE_BYTES, NULL);
        fork_unshare(stress.bytes, DAMAGE_IMAGE_BYTES);
    }
}

Test(damage, a_disk_that_fails_in_the_middle_is_sound_when_the_log_is_replayed)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct stress stress = {.bytes = image_bytes(), .seed = seed, .fail_after = seed * 3};
        cr_expect(fork_run(run_stress, &stress), "seed %llu", (unsigned long long)seed);
        struct check_result result = check_image(stress.bytes, DAMAGE_IMAGE_BYTES, stderr);
        cr_expect(eq(ulong, result.fault_count, 0), "seed %llu", (unsigned long long)seed);
        fork_unshare(stress.bytes, DAMAGE_IMAGE_BYTES);
    }
}

/* ---- fsck ---- */

static struct disk_inode *inode_of(uint8_t *bytes, uint32_t number)
{
    const struct disk_superblock *super = (const struct disk_superblock *)bytes;
    return (struct disk_inode *)(bytes + (size_t)super->inode_table_start * DISK_BLOCK_BYTES) + number;
}

static struct disk_entry *entries_of(uint8_t *bytes, uint32_t directory)
{
    return (struct disk_entry *)(bytes + (size_t)inode_of(bytes, directory)->direct[0] * DISK_BLOCK_BYTES);
}

static uint32_t *pointers_of(uint8_t *bytes, uint32_t number)
{
    return (uint32_t *)(bytes + (size_t)inode_of(bytes, number)->indirect * DISK_BLOCK_BYTES);
}

/* Inodes as damage_make gives them out: 1 /, 2 /t0, 3 /t0/a, 4 /t0/a/a (indirect), 5 /t0/a/b, 6 /t0/b, 7 /t0/b/c, 8 /t0/b/c/d, 9
 * /t0/c, 10 /t0/d. */
static void wrong_magic(uint8_t *bytes)
{
    bytes[0] ^= 1;
}

static void wrong_checksum(uint8_t *bytes)
{
    ((struct disk_superblock *)bytes)->made_ns++;
}

static void bit_of_a_free_block(uint8_t *bytes)
{
    const struct disk_superblock *super = (const struct disk_superblock *)bytes;
    bytes[(size_t)super->block_bitmap_start * DISK_BLOCK_BYTES + 25] |= 1;
}

static void bit_of_a_used_block(uint8_t *bytes)
{
    const struct disk_superblock *super = (const struct disk_superblock *)bytes;
    uint32_t block = inode_of(bytes, 5)->direct[0];
    bytes[(size_t)super->block_bitmap_start * DISK_BLOCK_BYTES + block / 8] &= (uint8_t) ~(1u << block % 8);
}

static void bit_of_an_inode(uint8_t *bytes)
{
    const struct disk_superblock *super = (const struct disk_superblock *)bytes;
    bytes[(size_t)super->inode_bitmap_start * DISK_BLOCK_BYTES + 1] ^= 2;
}

static void shared_block(uint8_t *bytes)
{
    inode_of(bytes, 5)->direct[0] = inode_of(bytes, 4)->direct[3];
}

static void shared_block_behind_pointers(uint8_t *bytes)
{
    pointers_of(bytes, 4)[2] = pointers_of(bytes, 4)[1];
}

static void block_outside(uint8_t *bytes)
{
    pointers_of(bytes, 4)[2] = 3;
}

static void block_beyond_the_end(uint8_t *bytes)
{
    inode_of(bytes, 4)->size = 5;
}

static void bytes_behind_the_end(uint8_t *bytes)
{
    inode_of(bytes, 5)->size = 3;
}

static void wrong_block_count(uint8_t *bytes)
{
    inode_of(bytes, 4)->blocks++;
}

static void too_many_links(uint8_t *bytes)
{
    inode_of(bytes, 5)->links = 2;
}

static void no_links(uint8_t *bytes)
{
    inode_of(bytes, 9)->links = 0;
}

static void entry_for_nothing(uint8_t *bytes)
{
    entries_of(bytes, 3)[1].inode = 40;
}

static void entry_of_another_type(uint8_t *bytes)
{
    entries_of(bytes, 3)[1].type = DISK_DIRECTORY;
}

static void entry_beyond_the_inodes(uint8_t *bytes)
{
    entries_of(bytes, 3)[1].inode = 1u << 30;
}

static void name_with_a_slash(uint8_t *bytes)
{
    entries_of(bytes, 3)[1].name[0] = '/';
}

static void name_twice(uint8_t *bytes)
{
    entries_of(bytes, 3)[1].name[0] = 'a';
}

static void directory_with_two_names(uint8_t *bytes)
{
    entries_of(bytes, 3)[2] = (struct disk_entry){.inode = 7, .length = 1, .type = DISK_DIRECTORY, .name = "z"};
}

static void circle(uint8_t *bytes)
{
    /* /t0/b is where it was, and is inside of /t0/b/c: nothing leads there from the root. */
    memset(&entries_of(bytes, 2)[1], 0, sizeof(struct disk_entry));
    entries_of(bytes, 7)[1] = (struct disk_entry){.inode = 6, .length = 1, .type = DISK_DIRECTORY, .name = "b"};
    inode_of(bytes, 6)->parent = 7;
}

static void hole_in_a_directory(uint8_t *bytes)
{
    inode_of(bytes, 3)->size += DISK_BLOCK_BYTES;
}

static void wrong_parent(uint8_t *bytes)
{
    inode_of(bytes, 7)->parent = 2;
}

static void root_is_a_file(uint8_t *bytes)
{
    inode_of(bytes, 1)->type = DISK_FILE;
}

static void cleanup_of_a_free_inode(uint8_t *bytes)
{
    const struct disk_superblock *super = (const struct disk_superblock *)bytes;
    ((struct disk_cleanup *)(bytes + (size_t)super->cleanup_start * DISK_BLOCK_BYTES))->inode[3] = 40;
}

static void free_inode_with_something_in_it(uint8_t *bytes)
{
    inode_of(bytes, 40)->size = 1;
}

Test(damage, fsck_finds_every_kind)
{
    static const struct {
        const char *name;
        void (*damage)(uint8_t *bytes);
    } rows[] = {
#define ROW(name) {#name, name}
        ROW(wrong_magic),
        ROW(wrong_checksum),
        ROW(bit_of_a_free_block),
        ROW(bit_of_a_used_block),
        ROW(bit_of_an_inode),
        ROW(shared_block),
        ROW(shared_block_behind_pointers),
        ROW(block_outside),
        ROW(block_beyond_the_end),
        ROW(bytes_behind_the_end),
        ROW(wrong_block_count),
        ROW(too_many_links),
        ROW(no_links),
        ROW(entry_for_nothing),
        ROW(entry_of_another_type),
        ROW(entry_beyond_the_inodes),
        ROW(name_with_a_slash),
        ROW(name_twice),
        ROW(directory_with_two_names),
        ROW(circle),
        ROW(hole_in_a_directory),
        ROW(wrong_parent),
        ROW(root_is_a_file),
        ROW(cleanup_of_a_free_inode),
        ROW(free_inode_with_something_in_it),
#undef ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t *bytes = image_bytes();
        cr_expect(eq(ulong, check_image(bytes, DAMAGE_IMAGE_BYTES, stderr).fault_count, 0));
        rows[i].damage(bytes);
        cr_expect(gt(ulong, check_image(bytes, DAMAGE_IMAGE_BYTES, NULL).fault_count, 0), "%s", rows[i].name);
        fork_unshare(bytes, DAMAGE_IMAGE_BYTES);
    }
}
