/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How to spin: the primitives that lock=... chooses from. Each row is an acquire and a release on a struct spin, called with
 * interrupts disabled. acquire returns whether its first try failed.
 */
#include "csr.h"
#include "hart.h"
#include "memory.h"
#include "space.h"
#include "structure.h"

void spin_pause(void)
{
    space_flush_poll();
    halt_if_panicking();
    __asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010" : : : "memory"); /* pause */
}

/* ---- tas: set the flag until it was reset. amoor.w.aq; sw with a fence before it ---- */

static bool tas_acquire(struct spin *spin)
{
    bool waited = false;
    while (atomic_fetch_or_explicit(&spin->word, 1, memory_order_acquire)) {
        waited = true;
        spin_pause();
    }
    return waited;
}

static void word_release(struct spin *spin)
{
    atomic_store_explicit(&spin->word, 0, memory_order_release);
}

/* ---- ttas: the same, but while the flag is set only read it. amoswap.w.aq; lw ---- */

static bool ttas_acquire(struct spin *spin)
{
    bool waited = false;
    while (atomic_exchange_explicit(&spin->word, 1, memory_order_acquire)) {
        waited = true;
        while (atomic_load_explicit(&spin->word, memory_order_relaxed))
            spin_pause();
    }
    return waited;
}

/* ---- xchg: exchange `closed` with the lock until what comes back is `open`. amoswap.w.aq ---- */

enum { SPIN_OPEN = 0, SPIN_CLOSED = 1 };

static bool xchg_acquire(struct spin *spin)
{
    bool waited = false;
    uint32_t register_value = SPIN_CLOSED;
    while ((register_value = atomic_exchange_explicit(&spin->word, SPIN_CLOSED, memory_order_acquire)) != SPIN_OPEN) {
        waited = true;
        spin_pause();
    }
    return waited;
}

/* ---- llsc: load-locked, then store-conditional, whatever was loaded; until it was open and the store succeeded. lr.w.aq, sc.w
 * ---- */

static bool llsc_acquire(struct spin *spin)
{
    bool waited = false;
    for (;;) {
        uint32_t was, failed;
        __asm__ volatile("lr.w.aq %0, (%2)\n\tsc.w %1, %3, (%2)"
                         : "=&r"(was), "=&r"(failed)
                         : "r"(&spin->word), "r"(SPIN_CLOSED)
                         : "memory");
        if (was == SPIN_OPEN && !failed)
            return waited;
        waited |= was != SPIN_OPEN;
        spin_pause();
    }
}

/* ---- ticket: first come, first served. amoadd.w; lw with a fence behind it; sw with a fence before it ---- */

static bool ticket_acquire(struct spin *spin)
{
    uint32_t mine = atomic_fetch_add_explicit(&spin->next, 1, memory_order_relaxed);
    if (atomic_load_explicit(&spin->word, memory_order_acquire) == mine)
        return false;
    while (atomic_load_explicit(&spin->word, memory_order_acquire) != mine)
        spin_pause();
    return true;
}

static void ticket_release(struct spin *spin)
{
    uint32_t served = atomic_load_explicit(&spin->word, memory_order_relaxed);
    atomic_store_explicit(&spin->word, served + 1, memory_order_release);
}

static const struct spin_primitive primitives[] = {
    {"tas", tas_acquire, word_release},   {"ttas", ttas_acquire, word_release},       {"xchg", xchg_acquire, word_release},
    {"llsc", llsc_acquire, word_release}, {"ticket", ticket_acquire, ticket_release},
};

const struct spin_primitive *spin_find(const char *name)
{
    for (unsigned i = 0; i < sizeof primitives / sizeof primitives[0]; i++)
        if (strcmp(name, primitives[i].name) == 0)
            return &primitives[i];
    return NULL;
}
