/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The files of disks. A file is written only when the guest flushes, and at the end; then all that it has written since goes there
 * in the order of sectors, and is made safe, before the machine goes on.
 */
#define _GNU_SOURCE
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define SUPPLY_SECTORS 256                 /* read at once, at least */
#define STORE_SECTORS  256                 /* written at once, at most */
#define HASH_BYTES     (UINT64_C(1) << 20) /* a piece */

/* Reads up to `bytes`; less only at the file's end. */
static ssize_t read_at(int fd, void *to, size_t bytes, uint64_t at)
{
    size_t done = 0;
    while (done < bytes) {
        ssize_t n = pread(fd, (char *)to + done, bytes - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static bool write_at(int fd, const void *from, size_t bytes, uint64_t at)
{
    size_t done = 0;
    while (done < bytes) {
        ssize_t n = pwrite(fd, (const char *)from + done, bytes - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n ? errno : ENOSPC;
            return false;
        }
        done += (size_t)n;
    }
    return true;
}

/* ---- opening ---- */

/* Two of our own disks in one file: only if neither writes to it. */
static bool check_twice(const struct disks *disks, const struct disk_file *disk, struct emu_error *error)
{
    struct stat own, other;
    for (const struct disk_file *before = disks->slot; before < disk; before++)
        if (before->path && (before->is_kept || disk->is_kept) && !fstat(before->fd, &other) && !fstat(disk->fd, &own) &&
            own.st_dev == other.st_dev && own.st_ino == other.st_ino)
            return emu_error_set(error, "the disk %s is there twice; that can be only with readonly=on or snapshot=on", disk->path);
    return true;
}

static bool lock(const struct disk_file *disk, struct emu_error *error)
{
    struct flock lock = {.l_type = disk->is_kept ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};
    if (!fcntl(disk->fd, F_OFD_SETLK, &lock) || (errno != EAGAIN && errno != EACCES))
        return true; /* or the file system has no locks */
    return emu_error_set(error, "the disk %s is in use: another program has locked it%s", disk->path,
                         disk->is_kept ? "; several can use it only with readonly=on or snapshot=on" : " for writing");
}

/* What other emulators' formats begin with. */
static const char *format_of(int fd)
{
    uint8_t head[8] = {0};
    if (read_at(fd, head, sizeof head, 0) < 0)
        return NULL;
    return !memcmp(head, "QFI\xfb", 4) ? "qcow2" : !memcmp(head, "KDMV", 4) ? "vmdk" : !memcmp(head, "vhdxfile", 8) ? "vhdx" : NULL;
}

static bool open_file(struct disk_file *disk, const char *file, struct emu_error *error)
{
    struct stat status;
    disk->fd = open(file, (disk->is_kept ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    if (disk->fd < 0 && disk->is_kept && (errno == EACCES || errno == EPERM || errno == EROFS) && !access(file, R_OK))
        return emu_error_set(error, "cannot write to the disk %s: %s; with readonly=on or snapshot=on it is only read", file,
                             strerror(errno));
    if (disk->fd < 0 || fstat(disk->fd, &status))
        return emu_error_set(error, "cannot open the disk %s: %s", file, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return emu_error_set(error, "cannot open the disk %s: %s", file,
                             S_ISDIR(status.st_mode) ? strerror(EISDIR) : "Not a regular file");
    disk->bytes = (uint64_t)status.st_size;
    disk->sectors = (disk->bytes + EMU_SECTOR_BYTES - 1) / EMU_SECTOR_BYTES;
    if (disk->sectors > EMU_DISK_SECTORS_MAX)
        return emu_error_set(error, "the disk %s is larger than 2 TiB", file);
    const char *format = format_of(disk->fd);
    if (format)
        return emu_error_set(error, "the disk %s is a %s image, and only raw ones can be used; qemu-img convert -O raw makes one",
                             file, format);
    return true;
}

static bool is_zero(const uint8_t *bytes, size_t count)
{
    return count == 0 || (bytes[0] == 0 && !memcmp(bytes, bytes + 1, count - 1));
}

/* Holes are skipped, so that a large empty disk costs nothing. */
static bool hash_file(struct disk_file *disk, struct emu_error *error)
{
    uint8_t *piece = malloc(HASH_BYTES);
    XXH3_state_t *state = XXH3_createState();
    bool ok = piece && state;
    errno = ok ? 0 : ENOMEM;
    if (ok)
        XXH3_64bits_reset(state);
    for (uint64_t at = 0; ok && at < disk->bytes;) {
        off_t data = lseek(disk->fd, (off_t)at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break;
        if (data > 0 && (uint64_t)data / HASH_BYTES * HASH_BYTES > at)
            at = (uint64_t)data / HASH_BYTES * HASH_BYTES;
        ssize_t count = read_at(disk->fd, piece, HASH_BYTES, at);
        ok = count > 0;
        errno = count == 0 ? EIO : errno;
        if (ok && !is_zero(piece, (size_t)count)) {
            uint64_t place[2] = {at, (uint64_t)count}; /* little-endian, as everywhere */
            XXH3_64bits_update(state, place, sizeof place);
            XXH3_64bits_update(state, piece, (size_t)count);
        }
        at += HASH_BYTES;
    }
    if (ok)
        disk->hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    free(piece);
    return ok || emu_error_set(error, "cannot read the disk %s: %s", disk->path, strerror(errno));
}

static bool open_disk(struct disks *disks, unsigned slot, const struct disk_option *option, bool replaying, bool hash,
                      struct emu_error *error)
{
    struct disk_file *disk = &disks->slot[slot];
    *disk = (struct disk_file){.fd = -1, .read_only = option->read_only, .is_safe = !option->unsafe, .lose = option->lose};
    disk->is_kept = !option->read_only && !option->snapshot && !replaying;
    memcpy(disk->serial, option->serial, sizeof disk->serial);
    disk->path = realpath(option->file, NULL);
    if (!disk->path && !(disk->path = strdup(option->file)))
        return emu_error_set(error, "cannot open the disk %s: %s", option->file, strerror(errno));
    return open_file(disk, option->file, error) && check_twice(disks, disk, error) && lock(disk, error) &&
           (!hash || hash_file(disk, error));
}

uint64_t disks_data_bytes(const struct options *options)
{
    uint64_t bytes = 0;
    struct stat status;
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++)
        if (options->disk[slot].file[0] && !stat(options->disk[slot].file, &status))
            bytes += (uint64_t)status.st_blocks * 512;
    return bytes;
}

bool disks_open(struct disks *disks, const struct options *options, bool replaying, bool hash, struct emu_error *error)
{
    signal(SIGXFSZ, SIG_IGN); /* write says EFBIG instead */
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++)
        if (options->disk[slot].file[0] && !open_disk(disks, slot, &options->disk[slot], replaying, hash, error))
            return false;
    return true;
}

void disks_configure(const struct disks *disks, struct emu_config *config)
{
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++) {
        const struct disk_file *disk = &disks->slot[slot];
        if (disk->path)
            config->disk[slot] = (struct emu_disk_config){
                .present = true, .read_only = disk->read_only, .sectors = disk->sectors, .serial = disk->serial};
    }
}

void disks_finish(struct disks *disks)
{
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++) {
        struct disk_file *disk = &disks->slot[slot];
        if (disk->path && disk->fd >= 0)
            close(disk->fd);
        free(disk->path);
        *disk = (struct disk_file){0};
    }
}

/* ---- the machine's wishes ---- */

static bool supply(struct disk_file *disk, struct emu_machine *machine, const struct emu_stop *stop, struct emu_error *error)
{
    uint8_t bytes[SUPPLY_SECTORS * EMU_SECTOR_BYTES];
    uint64_t at = stop->sector * EMU_SECTOR_BYTES, sectors = disk->sectors - stop->sector;
    if (sectors > SUPPLY_SECTORS)
        sectors = SUPPLY_SECTORS;
    size_t wanted = sectors * EMU_SECTOR_BYTES;
    size_t there = at + wanted <= disk->bytes ? wanted : disk->bytes - at;
    ssize_t count = read_at(disk->fd, bytes, there, at);
    if (count < 0)
        return emu_error_set(error, "cannot read the disk %s: %s", disk->path, strerror(errno));
    if ((size_t)count < there)
        return emu_error_set(error, "the disk %s has shrunk: it had %" PRIu64 " bytes, and ends at %" PRIu64 " now", disk->path,
                             disk->bytes, at + (uint64_t)count);
    memset(bytes + there, 0, wanted - there);
    return emu_disk_supply(machine, stop->slot, stop->sector, sectors, bytes, error);
}

/* Is this sector one that a power cut lost? By the seed all, most, half, few or none of them are (splitmix64, Steele, Lea and Flood
 * 2014). */
static bool is_lost(uint64_t seed, uint64_t sector)
{
    static const unsigned percent[] = {100, 90, 50, 10, 0};
    uint64_t z = (seed + sector + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ seed << 32;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % 100 < percent[seed % 5];
}

static bool store(struct disk_file *disk, struct emu_machine *machine, unsigned slot, bool is_cut, struct emu_error *error)
{
    uint8_t bytes[STORE_SECTORS * EMU_SECTOR_BYTES];
    uint64_t sector = 0, count;
    bool ok = true, has_written = false;
    while (disk->is_kept && ok && (count = emu_disk_dirty(machine, slot, &sector, STORE_SECTORS, bytes))) {
        if (is_cut)
            count = 1;
        if (!is_cut || !is_lost(disk->lose, sector))
            ok = write_at(disk->fd, bytes, count * EMU_SECTOR_BYTES, sector * EMU_SECTOR_BYTES);
        disk->is_changed = has_written = true;
        sector += count;
    }
    if (ok && has_written && disk->is_safe)
        ok = !fdatasync(disk->fd);
    if (!ok)
        return emu_error_set(error, "cannot write to the disk %s: %s", disk->path, strerror(errno));
    return emu_disk_flushed(machine, slot, error);
}

bool disks_serve(struct disks *disks, struct emu_machine *machine, const struct emu_stop *stop, struct emu_error *error)
{
    struct disk_file *disk = &disks->slot[stop->slot];
    return stop->kind == EMU_STOP_NEED_BLOCK ? supply(disk, machine, stop, error) : store(disk, machine, stop->slot, false, error);
}

bool disks_store(struct disks *disks, struct emu_machine *machine, struct emu_error *error)
{
    bool ok = true;
    for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++)
        if (disks->slot[slot].path)
            ok &= store(&disks->slot[slot], machine, slot, disks->slot[slot].lose != 0, ok ? error : NULL);
    return ok;
}
