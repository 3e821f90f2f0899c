/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The driver of virtio's block device behind memory-mapped registers, versions 1 (legacy) and 2 (VIRTIO 1.1, sections 4.2, 5.2
 * and 2.6). Its one lock is shared by the threads that ask and by the interrupt routine that answers, on whatever hart that runs. A
 * request takes a slot, which has three descriptors of its own for ever: header, data, status. What the device writes is not
 * trusted: a slot that is not in flight cannot be answered.
 */
#include <stdatomic.h>
#include <stddef.h>

#include "block.h"
#include "irq.h"
#include "lock.h"
#include "machine_info.h"
#include "memory.h"
#include "power.h"
#include "print.h"
#include "wait.h"
#include "turnstile/abi.h"
#include "turnstile/disk.h"

/* ---- registers and what the device reads and writes ---- */

enum {
    REG_MAGIC = 0x000,
    REG_VERSION = 0x004,
    REG_DEVICE = 0x008,
    REG_DEVICE_FEATURES = 0x010,
    REG_DEVICE_FEATURES_SELECT = 0x014,
    REG_DRIVER_FEATURES = 0x020,
    REG_DRIVER_FEATURES_SELECT = 0x024,
    REG_LEGACY_PAGE_BYTES = 0x028,
    REG_QUEUE_SELECT = 0x030,
    REG_QUEUE_MAX = 0x034,
    REG_QUEUE_SIZE = 0x038,
    REG_LEGACY_QUEUE_ALIGN = 0x03c,
    REG_LEGACY_QUEUE_PAGE = 0x040,
    REG_QUEUE_READY = 0x044,
    REG_QUEUE_NOTIFY = 0x050,
    REG_INTERRUPT_STATUS = 0x060,
    REG_INTERRUPT_ACKNOWLEDGE = 0x064,
    REG_STATUS = 0x070,
    REG_QUEUE_DESCRIPTORS = 0x080, /* low word; the high one follows. So the next two */
    REG_QUEUE_AVAILABLE = 0x090,
    REG_QUEUE_USED = 0x0a0,
    REG_CAPACITY = 0x100, /* of the block device's configuration: sectors */
};

enum { MAGIC = 0x74726976, DEVICE_BLOCK = 2 };
enum { STATUS_ACKNOWLEDGED = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8, STATUS_FAILED = 128 };
enum { FEATURE_READ_ONLY = 1 << 5, FEATURE_FLUSH = 1 << 9, FEATURE_HIGH_VERSION_1 = 1 << 0 };
enum { QUEUE_SIZE = 64, PER_SLOT = 3, SLOTS = QUEUE_SIZE / PER_SLOT, SECTOR_BYTES = 512, QUEUE_ALIGN = 4096 };
enum { DESCRIPTOR_NEXT = 1, DESCRIPTOR_DEVICE_WRITES = 2 };
enum { TYPE_READ = 0, TYPE_WRITE = 1, TYPE_FLUSH = 4 };

struct descriptor {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags, next;
};

struct available {
    uint16_t flags;
    _Atomic uint16_t index;
    uint16_t ring[QUEUE_SIZE];
};

struct used_element {
    uint32_t id, bytes;
};

struct used {
    uint16_t flags;
    _Atomic uint16_t index;
    struct used_element ring[QUEUE_SIZE];
};

struct header {
    uint32_t type, reserved;
    uint64_t sector;
};

/* As version 1 wants it: one piece, the used ring on a boundary of its own. */
static struct {
    struct descriptor descriptors[QUEUE_SIZE];
    struct available available;
    struct used used __attribute__((aligned(QUEUE_ALIGN)));
} queue __attribute__((aligned(QUEUE_ALIGN)));

struct slot {
    struct block_request *request; /* NULL: free */
    struct header header;
    volatile uint8_t status;
};

static struct {
    /* fixed by block_init */
    uint8_t *registers; /* NULL: no disk */
    uint64_t blocks;
    bool can_flush, is_read_only;

    struct lock lock;
    struct slot slots[SLOTS];
    uint16_t used_seen; /* the used ring's index, as far as it was looked at */
    bool is_broken;
} disk = {.lock = LOCK_INITIAL(DISK, "virtio-blk")};

/* Accesses to registers stay in order among themselves and against memory: fence iorw,iorw around each. */
static uint32_t read_register(unsigned offset)
{
    uint32_t value = *(volatile uint32_t *)(disk.registers + offset);
    __asm__ volatile("fence iorw, iorw" ::: "memory");
    return value;
}

static void write_register(unsigned offset, uint32_t value)
{
    __asm__ volatile("fence iorw, iorw" ::: "memory");
    *(volatile uint32_t *)(disk.registers + offset) = value;
}

static void write_address(unsigned offset, const void *address)
{
    write_register(offset, (uint32_t)physical_of(address));
    write_register(offset + 4, (uint32_t)(physical_of(address) >> 32));
}

/* ---- answers ---- */

static void answer(struct slot *slot, int result)
{
    struct block_request *request = slot->request;
    slot->request = NULL;
    request->result = result;
    request->is_done = true;
    wake_all(request);
    wake_one(&disk.slots);
}

/* The device does not keep to the rules: nothing that it says counts any more. */
static void give_up(const char *why)
{
    print("virtio-blk: %s: the disk is not used any more\n", why);
    disk.is_broken = true;
    write_register(REG_STATUS, STATUS_FAILED);
    for (unsigned i = 0; i < SLOTS; i++)
        if (disk.slots[i].request)
            answer(&disk.slots[i], -EIO);
}

static void take_answers(void)
{
    /* lhu; fence r,rw: the elements and the data are read after the index that covers them. */
    while (!disk.is_broken && disk.used_seen != atomic_load_explicit(&queue.used.index, memory_order_acquire)) {
        uint32_t id = *(volatile uint32_t *)&queue.used.ring[disk.used_seen++ % QUEUE_SIZE].id;
        struct slot *slot = id % PER_SLOT == 0 && id / PER_SLOT < SLOTS ? &disk.slots[id / PER_SLOT] : NULL;
        if (slot && slot->request)
            answer(slot, slot->status == 0 ? 0 : -EIO);
        else
            give_up("it answered what was not asked");
    }
}

static void interrupt(void *argument)
{
    (void)argument;
    lock_acquire(&disk.lock);
    write_register(REG_INTERRUPT_ACKNOWLEDGE, read_register(REG_INTERRUPT_STATUS));
    take_answers();
    lock_release(&disk.lock);
}

/* ---- questions ---- */

static struct slot *free_slot(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (!disk.slots[i].request)
            return &disk.slots[i];
    return NULL;
}

static void send(struct slot *slot, struct block_request *request)
{
    unsigned first = (unsigned)(slot - disk.slots) * PER_SLOT, last = first + PER_SLOT - 1;
    bool has_data = request->kind != BLOCK_FLUSH;
    struct descriptor *descriptor = &queue.descriptors[first];
    slot->request = request;
    slot->status = 0xff;
    slot->header = (struct header){
        .type = request->kind == BLOCK_READ    ? TYPE_READ
                : request->kind == BLOCK_WRITE ? TYPE_WRITE
                                               : TYPE_FLUSH,
        .sector = has_data ? (uint64_t)request->block * (DISK_BLOCK_BYTES / SECTOR_BYTES) : 0,
    };
    descriptor[0] = (struct descriptor){physical_of(&slot->header), sizeof slot->header, DESCRIPTOR_NEXT,
                                        (uint16_t)(has_data ? first + 1 : last)};
    if (has_data)
        descriptor[1] =
            (struct descriptor){physical_of(request->data), DISK_BLOCK_BYTES,
                                DESCRIPTOR_NEXT | (request->kind == BLOCK_READ ? DESCRIPTOR_DEVICE_WRITES : 0), (uint16_t)last};
    descriptor[2] = (struct descriptor){physical_of((const void *)&slot->status), 1, DESCRIPTOR_DEVICE_WRITES, 0};
    uint16_t index = atomic_load_explicit(&queue.available.index, memory_order_relaxed); /* lhu */
    queue.available.ring[index % QUEUE_SIZE] = (uint16_t)first;
    /* fence rw,w; sh: the device sees the index after what it covers. */
    atomic_store_explicit(&queue.available.index, (uint16_t)(index + 1), memory_order_release);
    write_register(REG_QUEUE_NOTIFY, 0);
}

void block_start(struct block_request *request)
{
    struct slot *slot;
    lock_acquire(&disk.lock);
    request->is_done = false;
    request->result = 0;
    while (!disk.is_broken && !(slot = free_slot()))
        wait_on(&disk.slots, &disk.lock);
    if (disk.is_broken || (request->kind != BLOCK_FLUSH && request->block >= disk.blocks))
        request->result = -EIO;
    else if (request->kind == BLOCK_WRITE && disk.is_read_only)
        request->result = -EROFS;
    request->is_done = request->result != 0;
    /* Without the feature, what was written is safe when it is answered (section 5.2.5). */
    if (request->kind == BLOCK_FLUSH && !disk.can_flush)
        request->is_done = true;
    if (!request->is_done)
        send(slot, request);
    lock_release(&disk.lock);
}

int block_finish(struct block_request *request)
{
    lock_acquire(&disk.lock);
    while (!request->is_done)
        wait_on(request, &disk.lock);
    int result = request->result;
    lock_release(&disk.lock);
    return result;
}

uint64_t block_count(void)
{
    return disk.blocks;
}

/* ---- finding and starting the device ---- */

/* With `flush=off` the device has a cache that it is never asked to flush: for seeing what the log's flushes are for. */
static bool wants_flushes(void)
{
    char word[8];
    if (!command_line_word("flush", word, sizeof word) || strcmp(word, "on") == 0)
        return true;
    if (strcmp(word, "off"))
        power_refuse("flush=%s is neither on nor off", word);
    return false;
}

static bool negotiate(unsigned version)
{
    write_register(REG_DEVICE_FEATURES_SELECT, 0);
    uint32_t features = read_register(REG_DEVICE_FEATURES);
    disk.can_flush = features & FEATURE_FLUSH && wants_flushes();
    disk.is_read_only = features & FEATURE_READ_ONLY;
    write_register(REG_DRIVER_FEATURES_SELECT, 0);
    write_register(REG_DRIVER_FEATURES, features & (FEATURE_FLUSH | FEATURE_READ_ONLY));
    if (version == 1)
        return true;
    write_register(REG_DEVICE_FEATURES_SELECT, 1);
    uint32_t high = read_register(REG_DEVICE_FEATURES);
    write_register(REG_DRIVER_FEATURES_SELECT, 1);
    write_register(REG_DRIVER_FEATURES, high & FEATURE_HIGH_VERSION_1);
    write_register(REG_STATUS, STATUS_ACKNOWLEDGED | STATUS_DRIVER | STATUS_FEATURES_OK);
    return high & FEATURE_HIGH_VERSION_1 && read_register(REG_STATUS) & STATUS_FEATURES_OK;
}

static bool set_queue(unsigned version)
{
    write_register(REG_QUEUE_SELECT, 0);
    if (read_register(REG_QUEUE_MAX) < QUEUE_SIZE)
        return false;
    write_register(REG_QUEUE_SIZE, QUEUE_SIZE);
    if (version == 1) {
        write_register(REG_LEGACY_QUEUE_ALIGN, QUEUE_ALIGN);
        write_register(REG_LEGACY_QUEUE_PAGE, (uint32_t)(physical_of(&queue) / QUEUE_ALIGN));
        return true;
    }
    write_address(REG_QUEUE_DESCRIPTORS, queue.descriptors);
    write_address(REG_QUEUE_AVAILABLE, &queue.available);
    write_address(REG_QUEUE_USED, &queue.used);
    write_register(REG_QUEUE_READY, 1);
    return true;
}

/* 0, or why this disk cannot be used. */
static const char *start(unsigned interrupt_source)
{
    unsigned version = read_register(REG_VERSION);
    write_register(REG_STATUS, 0);
    write_register(REG_STATUS, STATUS_ACKNOWLEDGED);
    write_register(REG_STATUS, STATUS_ACKNOWLEDGED | STATUS_DRIVER);
    if (!negotiate(version))
        return "it does not accept what this driver wants";
    if (version == 1)
        write_register(REG_LEGACY_PAGE_BYTES, QUEUE_ALIGN);
    if (!set_queue(version))
        return "its queue is too short";
    if (irq_register(interrupt_source, "virtio-blk", interrupt, NULL))
        return "its interrupt cannot be had";
    uint64_t sectors = read_register(REG_CAPACITY) | (uint64_t)read_register(REG_CAPACITY + 4) << 32;
    disk.blocks = sectors / (DISK_BLOCK_BYTES / SECTOR_BYTES);
    write_register(REG_STATUS, STATUS_ACKNOWLEDGED | STATUS_DRIVER | STATUS_DRIVER_OK | (version == 1 ? 0 : STATUS_FEATURES_OK));
    return NULL;
}

/* The one with the lowest address that is a disk. */
int block_init(void)
{
    unsigned interrupt_source = 0;
    for (unsigned i = 0; i < machine.virtio_count; i++) {
        uint8_t *before = disk.registers;
        disk.registers = kernel_address(machine.virtio[i].address);
        unsigned version = read_register(REG_VERSION);
        if (read_register(REG_MAGIC) == MAGIC && (version == 1 || version == 2) && read_register(REG_DEVICE) == DEVICE_BLOCK &&
            (!before || before > disk.registers))
            interrupt_source = machine.virtio[i].interrupt;
        else
            disk.registers = before;
    }
    if (!disk.registers)
        return -ENODEV;
    lock_register(&disk.lock);
    const char *wrong = start(interrupt_source);
    if (wrong) {
        print("virtio-blk: %s\n", wrong);
        write_register(REG_STATUS, STATUS_FAILED);
        disk.blocks = 0;
        return -ENODEV;
    }
    return 0;
}
