/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Short critical sections. Every one in the kernel is
 *
 *     lock_acquire(&table->lock);
 *     ...
 *     lock_release(&table->lock);
 *
 * What that does is the machine's structure, chosen on the command line (structure=...), with the same call sites:
 *
 *   uni     the section runs with interrupts disabled. Right on one hart only.
 *   global  besides, the section has the one global spin lock; a hart that has it may enter further sections.
 *   bkl     the kernel as a whole has one lock, taken when a hart enters it and released when it leaves for user mode or idles;
 * sections only disable interrupts. fine    each section has its own lock.
 *
 * Always: disable interrupts, then spin; release, then restore interrupts. A section must not sleep, touch user memory, or be long;
 * sections that may are guarded by a mutex (mutex.h). Sections nest in the order of lock_class.def. A section that has to wait for
 * something uses wait.h, which hands the lock over. Implemented by lock.c, lock_spin.c (how to spin: lock=...), and lock_check.c or
 * lock_check_none.c.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define LOCK_CLASS(name, meaning) LOCK_##name,
enum lock_class {
#include "lock_class.def"
    LOCK_CLASSES
};
#undef LOCK_CLASS

/* What a hart spins on. What the words mean is the primitive's business; all zero is free. */
struct spin {
    _Atomic uint32_t word;
    _Atomic uint32_t next;
};

struct lock {
    struct spin spin;
    _Atomic uint32_t holder; /* the kernel's number of the hart that has it + 1, or 0; kept by structures `global` and `fine` */
    enum lock_class class;
    const char *name;
    uint64_t acquisitions; /* counts: written by who has it */
    uint64_t contended;    /* of which: had to spin */
    struct lock *next;     /* lock_register */
};

/* A lock is made free. name lives as long as the lock. A lock that is all zero but for its name and class is free, too: */
#define LOCK_INITIAL(class_, name_)                                                                                                \
    {                                                                                                                              \
        .class = LOCK_##class_, .name = (name_)                                                                                    \
    }
void lock_init(struct lock *lock, enum lock_class class, const char *name);
/* Its counts are added to its class's; it is not used again. */
void lock_finish(struct lock *lock);
/* Names a lock that is never finished in /proc/locks, in a row of its own. */
void lock_register(struct lock *lock);

void lock_acquire(struct lock *lock);
void lock_release(struct lock *lock);
/* Nested: interrupts come on again when as many pops were made as pushes, if they were on before the first. */
void interrupts_push(void);
void interrupts_pop(void);

#endif
