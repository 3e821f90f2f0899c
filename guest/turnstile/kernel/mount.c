/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Mounting: from a disk to a root directory, and what the rest of the kernel asks of the file system (file_system.h). What is wrong
 * with a disk is said in a sentence here; nothing of it stops the kernel.
 */
#include "mount.h"

#include "bitmap.h"
#include "block.h"
#include "buffer.h"
#include "cleanup.h"
#include "device.h"
#include "file_system.h"
#include "inode.h"
#include "log.h"
#include "memory.h"
#include "page.h"
#include "path_call.h"
#include "print.h"
#include "turnstile/abi.h"

enum { BUFFERS_SPARE = 64, BUFFERS_MAX = 1024, INODES = 512 };

struct disk_superblock mounted;

static void print_disk(struct text *text)
{
    text_add(text, "blocks %u\nblocks_free %u\ninodes %u\ninodes_free %u\n", mounted.block_count - mounted.data_start,
             block_free_count(), mounted.inode_count - 1, inode_free_count());
    buffer_print(text);
    log_print(text);
}

static struct proc_row disk_row = {.name = "disk", .print = print_disk};

void file_system_init(void)
{
    if (block_init() == 0)
        proc_register(&disk_row);
}

/* Says why there is no file system. */
static int refuse(int error, const char *why)
{
    print("file system: %s\n", error == -ENOMEM ? "there is no memory for it" : why);
    return error;
}

static int read_superblock(struct disk_superblock *ret_super)
{
    if (block_count() == 0)
        return refuse(-ENODEV, "there is no disk");
    uint8_t *page = page_allocate();
    if (!page)
        return refuse(-ENOMEM, NULL);
    int error = block_transfer(BLOCK_READ, 0, page);
    memcpy(ret_super, page, sizeof *ret_super);
    page_free(page);
    if (error)
        return refuse(error, "the disk cannot be read");
    const char *wrong = disk_superblock_check(ret_super, block_count());
    return wrong ? refuse(-EUCLEAN, wrong) : 0;
}

static unsigned buffers_wanted(void)
{
    /* What the log can pin, and some. */
    unsigned least = 2 * log_room_of(&mounted) + BUFFERS_SPARE;
    uint64_t part = page_free_count() / 16;
    return part < least ? least : part > BUFFERS_MAX ? BUFFERS_MAX : (unsigned)part;
}

static int mount_parts(void)
{
    struct inode *root;
    int error = buffer_init(buffers_wanted());
    if (!error)
        error = inode_init(INODES);
    if (error)
        return refuse(error, NULL);
    error = log_mount(&mounted);
    if (error)
        return refuse(error, "its log cannot be read or replayed");
    error = bitmap_mount(&mounted);
    if (error)
        return refuse(error, "its bitmaps cannot be read, or are damaged");
    error = inode_find(DISK_INODE_ROOT, &root);
    if (!error)
        error = inode_lock(root);
    if (error)
        return refuse(error, "its root directory cannot be read, or is damaged");
    bool is_directory = root->disk.type == DISK_DIRECTORY && root->disk.links == 1 && root->disk.parent == DISK_INODE_ROOT;
    inode_unlock(root);
    inode_release(root);
    if (!is_directory)
        return refuse(-EUCLEAN, "its root directory is damaged");
    /* What cannot be cleaned up cannot be trusted to be written to; it may still be read. */
    if (cleanup_finish_all())
        log_fail("what a crash left over cannot be cleaned up");
    return 0;
}

int file_system_mount(void)
{
    struct disk_superblock super;
    int error = read_superblock(&super);
    if (error)
        return error;
    mounted = super;
    error = mount_parts();
    if (!error)
        log_keeper_start();
    else
        mounted = (struct disk_superblock){0};
    return error;
}

void file_system_stop(void)
{
    if (mounted.inode_count)
        log_stop();
}

int file_system_open(const char *path, unsigned flags, struct file **ret_file)
{
    return path_open(path, flags & ~OPEN_CREATE, ret_file);
}

/* ---- working directories are inodes ---- */

struct directory *directory_root(void)
{
    struct inode *root;
    return mounted.inode_count && inode_find(DISK_INODE_ROOT, &root) == 0 ? (struct directory *)root : NULL;
}

void directory_hold(struct directory *directory)
{
    if (directory)
        inode_hold((struct inode *)directory);
}

void directory_release(struct directory *directory)
{
    if (directory)
        inode_release((struct inode *)directory);
}
