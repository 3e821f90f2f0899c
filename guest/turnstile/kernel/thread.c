/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Making and ending threads, their kernel stacks and FP registers. A stack has a slot in a part of the address space of its own;
 * the lower half of a slot is never mapped, so that a stack that is full faults. A slot keeps its pages when its thread is gone:
 * mapping them again would have to be told to all harts. They count as free (thread_cached_pages).
 */
#include "thread.h"

#include "csr.h"
#include "hart.h"
#include "memory.h"
#include "object.h"
#include "page.h"
#include "print.h"
#include "process.h"
#include "process_parts.h"
#include "space.h"
#include "table.h"

enum { SLOTS = 1024, SLOTS_PER_TABLE = 512 / 4, WORD = 64 };

static struct object_pool pool = OBJECT_POOL_INITIAL(struct thread, "threads");
static struct object_pool fp_pool = OBJECT_POOL_INITIAL(struct fp_state, "FP registers");

static struct lock stack_lock = LOCK_INITIAL(STACK, "stacks");
/* stack_lock */
static uint64_t used[SLOTS / WORD], mapped[SLOTS / WORD];
static uint64_t cached; /* slots that are mapped and not used */

static _Alignas(4096) uint64_t middle[512];
static uint64_t *tables[SLOTS / SLOTS_PER_TABLE]; /* fixed after thread_init */
static _Atomic uint64_t stack_epoch = 1;

extern char boot_stack[];
void thread_begin(void);

/* ---- stacks ---- */

static bool map_slot(unsigned slot)
{
    for (unsigned i = 2; i < 4; i++) {
        void *page = page_allocate();
        uint64_t *pte = &tables[slot / SLOTS_PER_TABLE][slot % SLOTS_PER_TABLE * 4 + i];
        if (!page) {
            if (i == 3)
                page_free(table_page(pte[-1]));
            return false;
        }
        *pte = table_pte(page, PTE_READ | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY);
    }
    mapped[slot / WORD] |= 1ull << slot % WORD;
    atomic_fetch_add_explicit(&stack_epoch, 1, memory_order_release); /* amoadd.d.rl */
    return true;
}

/* The first slot that is not used, and mapped if so wanted; SLOTS: none. */
static unsigned find_slot(bool is_mapped)
{
    for (unsigned i = 0; i < SLOTS / WORD; i++) {
        uint64_t free = ~used[i] & (is_mapped ? mapped[i] : ~0ull);
        if (free)
            return i * WORD + (unsigned)__builtin_ctzll(free);
    }
    return SLOTS;
}

/* A slot, or SLOTS. */
static unsigned take_slot(void)
{
    lock_acquire(&stack_lock);
    unsigned slot = find_slot(true);
    if (slot < SLOTS) {
        cached--;
    } else {
        slot = find_slot(false);
        if (slot < SLOTS && !map_slot(slot))
            slot = SLOTS;
    }
    if (slot < SLOTS)
        used[slot / WORD] |= 1ull << slot % WORD;
    lock_release(&stack_lock);
    return slot;
}

static void give_slot(unsigned slot)
{
    lock_acquire(&stack_lock);
    used[slot / WORD] &= ~(1ull << slot % WORD);
    cached++;
    lock_release(&stack_lock);
}

void thread_stack_check(struct hart *self)
{
    uint64_t epoch = atomic_load_explicit(&stack_epoch, memory_order_acquire);
    if (self->stack_epoch == epoch)
        return;
    self->stack_epoch = epoch;
    __asm__ volatile("sfence.vma zero, %0" : : "r"(0ul) : "memory");
}

uint64_t thread_cached_pages(void)
{
    lock_acquire(&stack_lock);
    uint64_t pages = cached * (KERNEL_STACK_BYTES / PAGE_BYTES);
    lock_release(&stack_lock);
    return pages;
}

/* ---- threads ---- */

struct thread *thread_create(struct process *process, const char *name, void (*entry)(void))
{
    struct thread *thread = object_allocate(&pool);
    unsigned slot = thread ? take_slot() : SLOTS;
    if (slot == SLOTS) {
        object_free(&pool, thread);
        return NULL;
    }
    thread->process = process;
    thread->name = name;
    thread->stack_slot = slot;
    thread->stack_top = KERNEL_STACK_REGION + (slot + 1ull) * 2 * KERNEL_STACK_BYTES;
    thread->frame = (struct trap_frame *)(thread->stack_top - FRAME_BYTES);
    /* The stack may be new to this hart, too. */
    interrupts_push();
    thread_stack_check(hart_self());
    memset(thread->frame, 0, FRAME_BYTES);
    interrupts_pop();
    thread->frame->status = SSTATUS_SPIE;
    thread->context.ra = (uint64_t)thread_first;
    thread->context.sp = (uint64_t)thread->frame;
    thread->context.s[1] = (uint64_t)entry;
    thread->queue = hart_self()->index;
    atomic_store_explicit(&thread->affinity, ~0ull >> (64 - hart_count()), memory_order_relaxed);
    return thread;
}

struct thread *thread_create_idle(struct hart *hart)
{
    struct thread *thread = thread_create(NULL, "idle", NULL);
    if (!thread)
        panic("there is no memory for hart %u", hart->index);
    thread->idle_of = hart;
    hart->idle = hart->thread = thread;
    hart->kernel_sp = thread->stack_top;
    return thread;
}

void thread_destroy(struct thread *thread)
{
    give_slot(thread->stack_slot);
    object_free(&fp_pool, thread->fp);
    object_free(&pool, thread);
}

/* What thread_first calls before anything else: as a switch that comes back, at depth 1. */
void thread_begin(void)
{
    switch_finish();
    hart_self()->interrupts_were_on = true;
    interrupts_pop();
}

/* ---- FP ---- */

void thread_fp_save(struct thread *thread)
{
    if (!thread->fp || (thread->frame->status & SSTATUS_FS) != SSTATUS_FS_DIRTY)
        return;
    CSR_SET(sstatus, SSTATUS_FS_DIRTY);
    fp_store(thread->fp);
    thread->frame->status = (thread->frame->status & ~(uint64_t)SSTATUS_FS) | SSTATUS_FS_CLEAN;
}

bool thread_fp_make(struct thread *thread)
{
    thread->fp = object_allocate(&fp_pool);
    return thread->fp != NULL;
}

bool thread_fp_begin(struct thread *thread)
{
    if (!thread_fp_make(thread))
        return false;
    interrupts_push();
    CSR_SET(sstatus, SSTATUS_FS_DIRTY);
    fp_load(thread->fp);
    thread->frame->status = (thread->frame->status & ~(uint64_t)SSTATUS_FS) | SSTATUS_FS_CLEAN;
    interrupts_pop();
    return true;
}

void thread_fp_end(struct thread *thread)
{
    interrupts_push();
    struct fp_state *fp = thread->fp;
    thread->fp = NULL;
    thread->frame->status &= ~(uint64_t)SSTATUS_FS;
    interrupts_pop();
    object_free(&fp_pool, fp);
}

void thread_init(void)
{
    lock_register(&stack_lock);
    for (unsigned i = 0; i < SLOTS / SLOTS_PER_TABLE; i++) {
        tables[i] = page_allocate();
        if (!tables[i])
            panic("there is no memory for kernel stacks");
        middle[i] = table_pte(tables[i], 0);
    }
    boot_table[511] = kernel_table[511] = table_pte(middle, 0);
    static struct thread idle; /* its stack is where the kernel began */
    idle.idle_of = hart_self();
    idle.name = "idle";
    hart_self()->idle = hart_self()->thread = &idle;
    hart_self()->kernel_sp = (uint64_t)boot_stack + KERNEL_STACK_BYTES;
    idle.stack_top = hart_self()->kernel_sp;
    idle.frame = (struct trap_frame *)idle.stack_top;
    atomic_store_explicit(&idle.state, THREAD_RUNNING, memory_order_relaxed);
}
