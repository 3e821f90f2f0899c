/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The machine's structure (lock.h), as those few places need it that enter and leave the kernel. Implemented by lock.c.
 */
#ifndef KERNEL_STRUCTURE_H
#define KERNEL_STRUCTURE_H

#include <stdbool.h>
#include <stdint.h>

struct lock;
struct spin;

enum structure { STRUCTURE_UNI, STRUCTURE_GLOBAL, STRUCTURE_BKL, STRUCTURE_FINE };

/* One way to spin: a row of lock_spin.c. acquire tells whether it had to wait. */
struct spin_primitive {
    const char *name;
    bool (*acquire)(struct spin *spin);
    void (*release)(struct spin *spin);
};

extern enum structure structure;
extern const struct spin_primitive *spin_primitive;

const struct spin_primitive *spin_find(const char *name); /* NULL: there is none of that name */
const char *structure_name(void);

/* From the command line, before any lock is used by a second hart. Ends the machine when it says what cannot be. */
void structure_init(void);

/* The big kernel lock; in other structures nothing. With interrupts disabled. */
void kernel_enter(void);
void kernel_leave(void);

/* Between two tries, with interrupts disabled: answers what other harts wait for this one to do. */
void spin_pause(void);

/* ---- lock_check.c, lock_check_none.c ---- */
void lock_check_acquire(struct lock *lock); /* before */
void lock_check_acquired(struct lock *lock);
void lock_check_release(struct lock *lock);
/* This hart holds no lock but `except` (may be NULL): before it sleeps or touches user memory. */
void lock_check_none_held(const struct lock *except, const char *what);
extern const bool lock_check_is_on;

#endif
