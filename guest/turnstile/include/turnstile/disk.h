/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What Turnstile writes on a disk: a journalled file system, read and written by the kernel, by mkfs and by fsck. All numbers are
 * little-endian, as memory has them. docs/turnstile.md, "Storage", says why it is so and what is guaranteed.
 *
 *     superblock | log: commit record, copies | cleanup table | inode bitmap | block bitmap | inode table | data
 *
 * Where each part lies follows from three numbers of the superblock (blocks, inodes, blocks of the log): disk_layout. Nothing but
 * mkfs writes the superblock. Everything else is written through the log only.
 */
#ifndef TURNSTILE_DISK_H
#define TURNSTILE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structures are written as they lie in memory");

/* A block is a page: a buffer is one page of the allocator, a transfer one descriptor, and 1024 pointers fit into a block. */
#define DISK_BLOCK_BYTES          4096
#define DISK_MAGIC                UINT64_C(0x454c4954534e5254) /* "TRNSTILE" */
#define DISK_VERSION              1

#define DISK_BLOCKS_MIN           256        /* 1 MiB */
#define DISK_BLOCKS_MAX           (1u << 22) /* 16 GiB */
#define DISK_INODES_MAX           (1u << 20)
#define DISK_INODE_ROOT           1 /* inode 0 does not exist: 0 in an entry says that it is free */

#define DISK_DIRECT               12
#define DISK_POINTERS             (DISK_BLOCK_BYTES / 4)
#define DISK_FILE_BLOCKS_MAX      (DISK_DIRECT + DISK_POINTERS + DISK_POINTERS * DISK_POINTERS)
#define DISK_DIRECTORY_BLOCKS_MAX (DISK_DIRECT + DISK_POINTERS) /* 66304 entries; bounds what a damaged one can cost */
#define DISK_FILE_BYTES_MAX       ((uint64_t)DISK_FILE_BLOCKS_MAX * DISK_BLOCK_BYTES)

struct disk_superblock {
    uint64_t magic;
    uint32_t version;
    uint32_t block_bytes;
    uint32_t block_count; /* of the whole image */
    uint32_t inode_count; /* number 0 included; a multiple of DISK_INODES_PER_BLOCK */
    uint32_t log_start, log_count;
    uint32_t cleanup_start;
    uint32_t inode_bitmap_start, inode_bitmap_count;
    uint32_t block_bitmap_start, block_bitmap_count;
    uint32_t inode_table_start, inode_table_count;
    uint32_t data_start;
    uint64_t made_ns;  /* since 1970 */
    char label[32];    /* ends in a 0 byte */
    uint64_t checksum; /* of this structure with 0 here */
};

/*
 * The log holds one transaction: new contents of `count` blocks, in the `count` blocks behind the record, and where they belong.
 * The checksum covers the record and the copies, so that a record is either a whole transaction or nothing, whatever order the disk
 * wrote in. A record stays when its blocks have been installed; installing them again changes nothing.
 */
#define DISK_COMMIT_MAGIC   UINT64_C(0x54494d4d4f434654) /* "TFCOMMIT" */
#define DISK_LOG_COPIES_MAX ((DISK_BLOCK_BYTES - 32) / 4)
#define DISK_LOG_SPARE      40 /* the log has at least so many blocks, and those of the block bitmap: see disk_layout */

struct disk_commit {
    uint64_t magic;
    uint64_t sequence; /* rises with each transaction */
    uint64_t checksum; /* of this block with 0 here, then of the copies */
    uint32_t count;
    uint32_t reserved; /* 0 */
    uint32_t home[DISK_LOG_COPIES_MAX];
};

/*
 * Inodes whose blocks, or whose blocks beyond the end, are still to be freed: files removed while open, and long files that are
 * being cut, which takes more than one transaction. Mounting finishes what it finds here. 0: a free slot.
 */
#define DISK_CLEANUP_MAGIC UINT64_C(0x50554e41454c4346) /* "FCLEANUP" */
#define DISK_CLEANUP_SLOTS ((DISK_BLOCK_BYTES - 8) / 4)

struct disk_cleanup {
    uint64_t magic;
    uint32_t inode[DISK_CLEANUP_SLOTS];
};

enum disk_type { DISK_FREE = 0, DISK_FILE = 1, DISK_DIRECTORY = 2 };

/* A pointer 0 is a hole, which reads as zeros. Bytes of the last block beyond the size are 0. */
struct disk_inode {
    uint32_t type;  /* enum disk_type; DISK_FREE: all is 0 but generation */
    uint32_t links; /* file: entries that name it; directory: 1. 0: removed, and in the cleanup table */
    uint64_t size;  /* bytes; of a directory whole blocks */
    uint64_t modified_ns, changed_ns, created_ns; /* contents; this inode; both, since 1970 */
    uint32_t parent;                              /* of a directory: the directory that names it (root: itself). 0 for files */
    uint32_t blocks;                              /* that it owns, those of pointers included */
    uint32_t generation;                          /* how often this inode has been in use before */
    uint32_t direct[DISK_DIRECT];
    uint32_t indirect;        /* block of pointers */
    uint32_t double_indirect; /* block of pointers to blocks of pointers */
    uint32_t reserved[5];     /* 0 */
};

#define DISK_INODES_PER_BLOCK (DISK_BLOCK_BYTES / sizeof(struct disk_inode))

/* Directories are blocks of entries of one cache line each. `.` and `..` are not stored. An entry never moves while it lives. */
#define DISK_NAME_MAX 59

struct disk_entry {
    uint32_t inode; /* 0: free, and then all is 0 */
    uint8_t length : 6;
    uint8_t type : 2;         /* of the inode, so that listing a directory reads no other inode */
    char name[DISK_NAME_MAX]; /* neither 0 nor '/'; not ended; 0 behind it */
};

#define DISK_ENTRIES_PER_BLOCK (DISK_BLOCK_BYTES / sizeof(struct disk_entry))

#define DISK_BITS_PER_BLOCK    (DISK_BLOCK_BYTES * 8)

_Static_assert(sizeof(struct disk_superblock) == 112, "no padding");
_Static_assert(sizeof(struct disk_commit) == DISK_BLOCK_BYTES, "a block");
_Static_assert(sizeof(struct disk_cleanup) == DISK_BLOCK_BYTES, "a block");
_Static_assert(sizeof(struct disk_inode) == 128, "two cache lines");
_Static_assert(sizeof(struct disk_entry) == 64, "a cache line");

/* A checksum over whole 64-bit words, quick where multiplication is. Each step is a bijection of the sum, so that one changed word
 * always shows; it is no defence against people. */
static inline uint64_t disk_checksum(uint64_t sum, const void *data, size_t bytes)
{
    const uint64_t *word = (const uint64_t *)data;
    for (size_t i = 0; i < bytes / 8; i++) {
        sum = (sum ^ word[i]) * UINT64_C(0x9fb21c651e98df25);
        sum ^= sum >> 32;
    }
    return sum;
}

/* Sets where the parts lie, from block_count, inode_count and log_count. Returns NULL, or why there is no such file system. */
static inline const char *disk_layout(struct disk_superblock *super)
{
    if (super->block_count < DISK_BLOCKS_MIN || super->block_count > DISK_BLOCKS_MAX)
        return "a file system has 256 to 4194304 blocks of 4096 bytes";
    if (super->inode_count % DISK_INODES_PER_BLOCK || super->inode_count == 0 || super->inode_count > DISK_INODES_MAX)
        return "the number of inodes is a multiple of 32, at most 1048576";
    super->inode_bitmap_count = (super->inode_count + DISK_BITS_PER_BLOCK - 1) / DISK_BITS_PER_BLOCK;
    super->block_bitmap_count = (super->block_count + DISK_BITS_PER_BLOCK - 1) / DISK_BITS_PER_BLOCK;
    super->inode_table_count = super->inode_count / (uint32_t)DISK_INODES_PER_BLOCK;
    /* One step of cutting a file may touch every block of the bitmap. */
    if (super->log_count < DISK_LOG_SPARE + super->block_bitmap_count || super->log_count > DISK_LOG_COPIES_MAX + 1)
        return "the log has too few or too many blocks";
    super->log_start = 1;
    super->cleanup_start = super->log_start + super->log_count;
    super->inode_bitmap_start = super->cleanup_start + 1;
    super->block_bitmap_start = super->inode_bitmap_start + super->inode_bitmap_count;
    super->inode_table_start = super->block_bitmap_start + super->block_bitmap_count;
    super->data_start = super->inode_table_start + super->inode_table_count;
    if (super->data_start >= super->block_count)
        return "no block is left for data";
    return NULL;
}

static inline uint64_t disk_superblock_checksum(const struct disk_superblock *super)
{
    struct disk_superblock copy = *super;
    copy.checksum = 0;
    return disk_checksum(DISK_MAGIC, &copy, sizeof copy);
}

/* Returns NULL if the superblock is sound and the disk (of `disk_blocks` blocks) holds all of it, else what is wrong. */
static inline const char *disk_superblock_check(const struct disk_superblock *super, uint64_t disk_blocks)
{
    struct disk_superblock want = *super;
    if (super->magic != DISK_MAGIC)
        return "there is no Turnstile file system";
    if (super->version != DISK_VERSION || super->block_bytes != DISK_BLOCK_BYTES)
        return "the file system is of another version";
    if (super->checksum != disk_superblock_checksum(super))
        return "the superblock's checksum is wrong";
    const char *wrong = disk_layout(&want);
    if (wrong)
        return wrong;
    if (__builtin_memcmp(&want, super, sizeof want) || super->label[sizeof super->label - 1])
        return "the superblock contradicts itself";
    if (super->block_count > disk_blocks)
        return "the disk is shorter than its file system";
    return NULL;
}

/* The commit record's checksum, to be continued over the copies: disk_checksum(sum, copy, DISK_BLOCK_BYTES). */
static inline uint64_t disk_commit_checksum(const struct disk_commit *record)
{
    uint64_t sum = disk_checksum(DISK_COMMIT_MAGIC, record, offsetof(struct disk_commit, checksum));
    return disk_checksum(sum, &record->count, DISK_BLOCK_BYTES - offsetof(struct disk_commit, count));
}

/* May a transaction write this block? The superblock and the log itself never. */
static inline bool disk_is_logged(const struct disk_superblock *super, uint32_t block)
{
    return block >= super->cleanup_start && block < super->block_count;
}

/* Is the record that of a transaction (its copies are not looked at)? */
static inline bool disk_commit_is_sound(const struct disk_superblock *super, const struct disk_commit *record)
{
    if (record->magic != DISK_COMMIT_MAGIC || record->count > DISK_LOG_COPIES_MAX || record->count > super->log_count - 1)
        return false;
    for (uint32_t i = 0; i < record->count; i++)
        if (!disk_is_logged(super, record->home[i]))
            return false;
    return true;
}

/* Which kind of name an entry holds: 1 to 59 bytes, neither 0 nor '/', neither "." nor "..". */
static inline bool disk_name_is_sound(const char *name, size_t length)
{
    if (length == 0 || length > DISK_NAME_MAX || (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'))))
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] == 0 || name[i] == '/')
            return false;
    return true;
}

#endif
