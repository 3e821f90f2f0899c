/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Checks of locks, in the debug image: each hart keeps what it holds, and a lock taken against the order of lock_class.def, taken
 * twice, released by a hart that does not hold it, held with interrupts on, or held while sleeping ends in a panic that names the
 * locks. Works in all structures, since the sections are the same.
 */
#include "csr.h"
#include "hart.h"
#include "lock.h"
#include "print.h"
#include "structure.h"

const bool lock_check_is_on = true;

enum { HELD_MAX = 16 };

struct held {
    unsigned count;
    struct lock *locks[HELD_MAX];
};
static struct held helds[HARTS_MAX]; /* each written by its hart alone */

static struct held *held(void)
{
    return &helds[hart_self()->index];
}

static void check_interrupts(const struct lock *lock)
{
    if (CSR_READ(sstatus) & SSTATUS_SIE)
        panic("interrupts are on in the section of lock %s", lock->name);
}

void lock_check_acquire(struct lock *lock)
{
    const struct held *h = held();
    check_interrupts(lock);
    for (unsigned i = 0; i < h->count; i++) {
        if (h->locks[i] == lock)
            panic("lock %s is taken twice", lock->name);
        if (h->locks[i]->class >= lock->class)
            panic("lock %s is taken while %s is held, which comes behind it or is of its class", lock->name, h->locks[i]->name);
    }
    if (h->count == HELD_MAX)
        panic("lock %s is the %uth at once", lock->name, HELD_MAX + 1);
}

void lock_check_acquired(struct lock *lock)
{
    struct held *h = held();
    h->locks[h->count++] = lock;
}

void lock_check_release(struct lock *lock)
{
    struct held *h = held();
    unsigned i = 0;
    while (i < h->count && h->locks[i] != lock)
        i++;
    if (i == h->count)
        panic("lock %s is released by hart %u, which does not hold it (its holder is %u)", lock->name, hart_self()->index,
              atomic_load_explicit(&lock->holder, memory_order_relaxed) - 1);
    check_interrupts(lock);
    for (h->count--; i < h->count; i++)
        h->locks[i] = h->locks[i + 1];
}

void lock_check_none_held(const struct lock *except, const char *what)
{
    interrupts_push();
    const struct held *h = held();
    for (unsigned i = 0; i < h->count; i++)
        if (h->locks[i] != except)
            panic("%s while lock %s is held", what, h->locks[i]->name);
    interrupts_pop();
}
