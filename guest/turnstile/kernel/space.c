/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Address spaces. A page of a region is made when it is first touched; fork shares all pages, and one that could be written is
 * copied by whoever writes first (PTE_COPY, page_references). Accessed and dirty bits are set from the start, so that the tables
 * are written by the kernel alone.
 *
 * Before a page that was mapped goes to somebody else, all harts that have the space loaded have forgotten the translation: they
 * are asked (flushes_requested, an IPI), and the asker waits for their answer. Who waits with interrupts disabled answers, too
 * (spin_pause), so that nobody waits in a circle.
 */
#include "space.h"

#include "csr.h"
#include "hart.h"
#include "memory.h"
#include "object.h"
#include "page.h"
#include "print.h"
#include "process.h"
#include "structure.h"
#include "table.h"

enum { BATCH = 32 };

_Alignas(4096) uint64_t kernel_table[512];
extern uint64_t kernel_table_satp; /* boot.S */

static struct object_pool pool = OBJECT_POOL_INITIAL(struct address_space, "spaces");
static _Atomic uint64_t code_epoch = 1;

/* ---- what harts have loaded ---- */

static void flush_own(void)
{
    /* With an ASID (0), so that the kernel's global entries stay. */
    __asm__ volatile("sfence.vma zero, %0" : : "r"(0ul) : "memory");
}

void space_flush_poll(void)
{
    struct hart *self = hart_self();
    uint32_t requested = atomic_load_explicit(&self->flushes_requested, memory_order_acquire); /* lw; fence r,rw */
    if (requested == atomic_load_explicit(&self->flushes_done, memory_order_relaxed))
        return;
    flush_own();
    self->flushes++;
    atomic_store_explicit(&self->flushes_done, requested, memory_order_release); /* fence rw,w; sw */
}

/* All harts that have the space loaded forget its translations. No spin lock is held. */
static void shoot_down(struct address_space *space)
{
    lock_check_none_held(NULL, "translations are shot down");
    interrupts_push();
    unsigned own = hart_self()->index;
    flush_own();
    atomic_thread_fence(
        memory_order_seq_cst); /* fence rw,rw: the entries are written before we see who has them; see space_activate */
    uint64_t others = atomic_load_explicit(&space->active, memory_order_relaxed) & ~(1ull << own);
    uint32_t tickets[HARTS_MAX];
    for (unsigned i = 0; i < hart_count(); i++)
        if (others >> i & 1) /* amoadd.w.rl */
            tickets[i] = atomic_fetch_add_explicit(&harts[i].flushes_requested, 1, memory_order_release) + 1;
    if (others)
        ipi_send(others);
    for (unsigned i = 0; i < hart_count(); i++)
        while (others >> i & 1 && (int32_t)(atomic_load_explicit(&harts[i].flushes_done, memory_order_acquire) - tickets[i]) < 0)
            spin_pause();
    interrupts_pop();
}

void space_activate(struct address_space *space)
{
    struct hart *self = hart_self();
    struct address_space *old = self->space;
    if (space == old)
        return;
    uint64_t bit = 1ull << self->index;
    if (space)
        atomic_fetch_or_explicit(&space->active, bit, memory_order_relaxed); /* amoor.d */
    atomic_thread_fence(memory_order_seq_cst); /* fence rw,rw: who changes entries later sees that we have them; see shoot_down */
    self->space = space;
    CSR_WRITE(satp, SATP_SV39 | physical_of(space ? space->table : kernel_table) >> PAGE_SHIFT);
    flush_own();
    if (old)
        atomic_fetch_and_explicit(&old->active, ~bit, memory_order_release); /* amoand.d.rl */
}

void space_code_changed(void)
{
    atomic_fetch_add_explicit(&code_epoch, 1, memory_order_release); /* amoadd.d.rl */
}

void space_code_check(void)
{
    struct hart *self = hart_self();
    uint64_t epoch = atomic_load_explicit(&code_epoch, memory_order_acquire);
    if (self->code_epoch == epoch)
        return;
    self->code_epoch = epoch;
    __asm__ volatile("fence.i" : : : "memory");
}

/* ---- making and ending ---- */

struct address_space *space_create(void)
{
    struct address_space *space = object_allocate(&pool);
    uint64_t *table = page_allocate();
    if (!space || !table) {
        object_free(&pool, space);
        page_free(table);
        return NULL;
    }
    memcpy(table + 256, kernel_table + 256, 256 * sizeof *table);
    mutex_init(&space->mutex, "space");
    space->table = table;
    space->regions[REGION_STACK] = (struct region){USER_STACK_TOP - USER_STACK_BYTES, USER_STACK_TOP, REGION_READ | REGION_WRITE};
    return space;
}

static int free_one(uint64_t *pte, uint64_t address, void *argument)
{
    (void)address;
    (void)argument;
    page_free(table_page(*pte));
    return 0;
}

void space_destroy(struct address_space *space)
{
    if (!space)
        return;
    ASSERT(atomic_load_explicit(&space->active, memory_order_acquire) == 0);
    table_walk(space->table, free_one, NULL);
    table_destroy(space->table);
    mutex_finish(&space->mutex);
    object_free(&pool, space);
}

int space_add_region(struct address_space *space, uint64_t start, uint64_t end, unsigned rights)
{
    if (start < USER_BASE || start >= end || end > USER_STACK_TOP || start % PAGE_BYTES || end % PAGE_BYTES)
        return -ENOEXEC;
    struct region *free = NULL;
    for (unsigned i = 0; i < REGIONS_MAX; i++) {
        struct region *region = &space->regions[i];
        if (region->rights && start < region->end && end > region->start)
            return -ENOEXEC;
        if (i >= REGION_FIRST && !region->rights && !free)
            free = region;
    }
    if (!free)
        return -ENOEXEC;
    *free = (struct region){start, end, rights};
    return 0;
}

void space_set_heap(struct address_space *space, uint64_t start)
{
    space->heap_start = space->heap_end = (start + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    space->regions[REGION_HEAP] = (struct region){space->heap_start, space->heap_start, REGION_READ | REGION_WRITE};
}

static const struct region *find_region(const struct address_space *space, uint64_t address)
{
    for (unsigned i = 0; i < REGIONS_MAX; i++)
        if (space->regions[i].rights && address >= space->regions[i].start && address < space->regions[i].end)
            return &space->regions[i];
    return NULL;
}

static uint64_t pte_flags(unsigned rights)
{
    return PTE_USER | PTE_ACCESSED | PTE_DIRTY | (rights & REGION_READ ? PTE_READ : 0) |
           (rights & REGION_WRITE ? PTE_READ | PTE_WRITE : 0) | (rights & REGION_EXECUTE ? PTE_EXECUTE : 0);
}

static int make_page(struct address_space *space, const struct region *region, uint64_t *pte)
{
    void *page = page_allocate();
    if (!page)
        return -ENOMEM;
    *pte = table_pte(page, pte_flags(region->rights));
    space->pages++;
    return 0;
}

int space_write(struct address_space *space, uint64_t address, const void *from, uint64_t bytes)
{
    for (uint64_t done = 0, piece; done < bytes; done += piece) {
        uint64_t at = address + done;
        piece = PAGE_BYTES - at % PAGE_BYTES;
        piece = piece < bytes - done ? piece : bytes - done;
        const struct region *region = find_region(space, at);
        if (!region)
            return -EFAULT;
        uint64_t *pte = table_entry(space->table, at, true);
        if (!pte || (!(*pte & PTE_VALID) && make_page(space, region, pte) != 0))
            return -ENOMEM;
        memcpy((char *)table_page(*pte) + at % PAGE_BYTES, (const char *)from + done, piece);
    }
    return 0;
}

/* ---- fork ---- */

struct copying {
    struct address_space *to;
    bool has_protected; /* an entry of the original lost its right to write */
};

static int share_one(uint64_t *pte, uint64_t address, void *argument)
{
    struct copying *copying = argument;
    uint64_t *copy = table_entry(copying->to->table, address, true);
    if (!copy)
        return -ENOMEM;
    if (*pte & PTE_WRITE) {
        *pte = (*pte & ~PTE_WRITE) | PTE_COPY;
        copying->has_protected = true;
    }
    page_hold(table_page(*pte));
    *copy = *pte;
    copying->to->pages++;
    return 0;
}

struct address_space *space_copy(struct address_space *space)
{
    struct copying copying = {.to = space_create()};
    if (!copying.to)
        return NULL;
    mutex_acquire(&space->mutex);
    memcpy(copying.to->regions, space->regions, sizeof space->regions);
    copying.to->heap_start = space->heap_start;
    copying.to->heap_end = space->heap_end;
    int error = table_walk(space->table, share_one, &copying);
    if (copying.has_protected)
        shoot_down(space);
    mutex_release(&space->mutex);
    if (error) {
        space_destroy(copying.to);
        return NULL;
    }
    return copying.to;
}

/* ---- faults ---- */

/* The page is shared with other spaces, or was: the last one keeps it. */
static int unshare(struct address_space *space, uint64_t *pte)
{
    void *old = table_page(*pte);
    if (page_references(old) == 1) {
        *pte = (*pte & ~PTE_COPY) | PTE_WRITE;
        flush_own(); /* others that still have the narrower entry fault once more, and find it mended */
        return 0;
    }
    void *page = page_allocate();
    if (!page)
        return -ENOMEM;
    memcpy(page, old, PAGE_BYTES);
    *pte = table_pte(page, (*pte & 0x3ff & ~PTE_COPY) | PTE_WRITE);
    shoot_down(space);
    page_free(old);
    return 0;
}

static int mend(struct address_space *space, uint64_t address, unsigned right)
{
    const struct region *region = find_region(space, address);
    if (!region || !(region->rights & right))
        return -EFAULT;
    uint64_t *pte = table_entry(space->table, address, true);
    if (!pte)
        return -ENOMEM;
    if (!(*pte & PTE_VALID))
        return make_page(space, region, pte);
    if (right == REGION_WRITE && *pte & PTE_COPY)
        return unshare(space, pte);
    flush_own(); /* another hart was faster */
    return 0;
}

int space_fault(struct address_space *space, uint64_t address, unsigned right)
{
    mutex_acquire(&space->mutex);
    int error = mend(space, address, right);
    mutex_release(&space->mutex);
    return error;
}

/* ---- heap ---- */

static void unmap(struct address_space *space, uint64_t start, uint64_t end)
{
    void *pages[BATCH];
    for (uint64_t at = start; at < end;) {
        unsigned count = 0;
        for (; at < end && count < BATCH; at += PAGE_BYTES) {
            uint64_t *pte = table_entry(space->table, at, false);
            if (!pte)
                at |= 511 << PAGE_SHIFT; /* no table: nothing up to the next one's addresses */
            if (!pte || !(*pte & PTE_VALID))
                continue;
            pages[count++] = table_page(*pte);
            *pte = 0;
        }
        if (count)
            shoot_down(space);
        space->pages -= count;
        while (count)
            page_free(pages[--count]);
    }
}

static int64_t move_heap(struct address_space *space, int64_t bytes)
{
    uint64_t old = space->heap_end, end = old + (uint64_t)bytes;
    if (bytes < 0 ? end > old || end < space->heap_start : end < old || end > USER_STACK_TOP)
        return -ENOMEM;
    struct region *heap = &space->regions[REGION_HEAP];
    uint64_t top = (end + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    for (unsigned i = 0; i < REGIONS_MAX; i++) /* a page stays free in front of what comes next */
        if (i != REGION_HEAP && space->regions[i].rights && space->regions[i].start >= heap->start &&
            top + PAGE_BYTES > space->regions[i].start)
            return -ENOMEM;
    uint64_t before = heap->end;
    heap->end = top;
    space->heap_end = end;
    unmap(space, top, before);
    return (int64_t)old;
}

int64_t space_move_heap(struct address_space *space, int64_t bytes)
{
    mutex_acquire(&space->mutex);
    int64_t old = move_heap(space, bytes);
    mutex_release(&space->mutex);
    return old;
}

void space_init(void)
{
    memcpy(kernel_table + 256, boot_table + 256, 256 * sizeof kernel_table[0]);
    kernel_table_satp = SATP_SV39 | physical_of(kernel_table) >> PAGE_SHIFT;
    CSR_WRITE(satp, kernel_table_satp);
    __asm__ volatile("sfence.vma" : : : "memory");
}
