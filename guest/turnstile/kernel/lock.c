/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Critical sections in four structures (lock.h). What a section costs besides spinning: interrupts off and on, and two counts.
 */
#include "lock.h"

#include "csr.h"
#include "device.h"
#include "hart.h"
#include "memory.h"
#include "power.h"
#include "print.h"
#include "structure.h"

enum structure structure = STRUCTURE_FINE;
const struct spin_primitive *spin_primitive;

static const char *const structure_names[] = {"uni", "global", "bkl", "fine"};

/* Both are written by structure `global` and `bkl` only; the locks are there for their counts and names. */
static struct lock global_lock = {.name = "global"};
static struct lock kernel_lock = {.name = "kernel"};

static struct lock *registered;

struct class_sums {
    _Atomic uint64_t acquisitions, contended; /* of locks that were finished */
};
static struct class_sums sums[LOCK_CLASSES];

#define LOCK_CLASS(name, meaning) #name,
static const char *const class_names[] = {
#include "lock_class.def"
};
#undef LOCK_CLASS

void lock_init(struct lock *lock, enum lock_class class, const char *name)
{
    *lock = (struct lock){.class = class, .name = name};
}

void lock_finish(struct lock *lock)
{
    /* amoadd.d */
    atomic_fetch_add_explicit(&sums[lock->class].acquisitions, lock->acquisitions, memory_order_relaxed);
    atomic_fetch_add_explicit(&sums[lock->class].contended, lock->contended, memory_order_relaxed);
}

void lock_register(struct lock *lock)
{
    lock->next = registered;
    registered = lock;
}

void interrupts_push(void)
{
    uint64_t before;
    __asm__ volatile("csrrci %0, sstatus, 2" : "=r"(before) : : "memory");
    struct hart *self = hart_self();
    if (self->interrupt_depth++ == 0)
        self->interrupts_were_on = before & SSTATUS_SIE;
}

void interrupts_pop(void)
{
    struct hart *self = hart_self();
    if (self->interrupt_depth == 0)
        panic("interrupts are let on more often than kept off");
    if (--self->interrupt_depth == 0 && self->interrupts_were_on)
        CSR_SET(sstatus, SSTATUS_SIE);
}

static void count(struct lock *lock, bool waited)
{
    lock->acquisitions++;
    lock->contended += waited;
}

void lock_acquire(struct lock *lock)
{
    interrupts_push();
    struct hart *self = hart_self();
    bool waited = false;
    lock_check_acquire(lock);
    if (structure == STRUCTURE_FINE) {
        waited = spin_primitive->acquire(&lock->spin);
    } else if (structure == STRUCTURE_GLOBAL && self->global_depth++ == 0) {
        waited = spin_primitive->acquire(&global_lock.spin);
        count(&global_lock, waited);
    }
    self->sections++;
    atomic_store_explicit(&lock->holder, self->index + 1, memory_order_relaxed); /* sw */
    count(lock, waited);
    lock_check_acquired(lock);
}

void lock_release(struct lock *lock)
{
    struct hart *self = hart_self();
    lock_check_release(lock);
    self->sections--;
    atomic_store_explicit(&lock->holder, 0, memory_order_relaxed); /* sw */
    if (structure == STRUCTURE_FINE)
        spin_primitive->release(&lock->spin);
    else if (structure == STRUCTURE_GLOBAL && --self->global_depth == 0)
        spin_primitive->release(&global_lock.spin);
    interrupts_pop();
}

void kernel_enter(void)
{
    struct hart *self = hart_self();
    if (structure != STRUCTURE_BKL || self->has_kernel_lock)
        return;
    count(&kernel_lock, spin_primitive->acquire(&kernel_lock.spin));
    self->has_kernel_lock = true;
}

void kernel_leave(void)
{
    struct hart *self = hart_self();
    if (structure != STRUCTURE_BKL)
        return;
    self->has_kernel_lock = false;
    spin_primitive->release(&kernel_lock.spin);
}

const char *structure_name(void)
{
    return structure_names[structure];
}

static void add_row(struct text *text, const struct lock *lock)
{
    text_add(text, "%-16s %-12s %12lu %12lu\n", lock->name,
             lock == &global_lock || lock == &kernel_lock ? "-" : class_names[lock->class], lock->acquisitions, lock->contended);
}

static void print_locks(struct text *text)
{
    text_add(text, "structure %s, lock %s%s\n", structure_name(), spin_primitive->name, lock_check_is_on ? ", checked" : "");
    text_add(text, "%-16s %-12s %12s %12s\n", "lock", "class", "acquired", "contended");
    if (structure == STRUCTURE_GLOBAL)
        add_row(text, &global_lock);
    if (structure == STRUCTURE_BKL)
        add_row(text, &kernel_lock);
    for (const struct lock *lock = registered; lock; lock = lock->next)
        add_row(text, lock);
    for (unsigned class = 0; class < LOCK_CLASSES; class ++) {
        uint64_t acquisitions = atomic_load_explicit(&sums[class].acquisitions, memory_order_relaxed);
        if (acquisitions)
            text_add(text, "%-16s %-12s %12lu %12lu\n", "(those gone)", class_names[class], acquisitions,
                     atomic_load_explicit(&sums[class].contended, memory_order_relaxed));
    }
}

void structure_init(void)
{
    char word[16];
    spin_primitive = spin_find("ttas");
    if (command_line_word("lock", word, sizeof word)) {
        const struct spin_primitive *found = spin_find(word);
        if (!found)
            power_refuse("lock=%s is no lock: tas, ttas, xchg, llsc and ticket are", word);
        spin_primitive = found;
    }
    if (command_line_word("structure", word, sizeof word)) {
        unsigned i = 0;
        while (i < 4 && strcmp(word, structure_names[i]) != 0)
            i++;
        if (i == 4)
            power_refuse("structure=%s is no structure: uni, global, bkl and fine are", word);
        structure = (enum structure)i;
    }
    if (structure == STRUCTURE_UNI && hart_count() > 1 && !command_line_word("force", word, sizeof word))
        power_refuse(
            "structure=uni only disables interrupts, which is right on one hart, and there are %u; with the word force it runs "
            "all the same, and fails",
            hart_count());
    kernel_enter();
    static struct proc_row row = {.name = "locks", .print = print_locks};
    proc_register(&row);
}
