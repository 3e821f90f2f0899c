/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mutextorture: threads with all locks of libc: mutexes that spin, sleep, or both, spin locks, conditions and barriers; what they
 * guard must stay consistent.
 */
#include <stdatomic.h>

#include "lock.h"
#include "program.h"
#include "stress.h"
#include "system.h"

enum { CELLS = 4 };

struct cell {
    struct mutex mutex;
    uint64_t left, right; /* equal whenever the mutex is free */
    _Atomic uint32_t inside;
};

static struct cell cells[CELLS];
static struct spin spin;
static uint64_t spins;
static struct mutex queue_mutex;
static struct condition has_more, has_room;
static uint64_t put, taken;
static struct barrier barrier;
static _Atomic uint64_t acquired;

static void enter(struct cell *cell, uint64_t *seed)
{
    if (random_next(seed) % 4 == 0) {
        if (!mutex_try_acquire(&cell->mutex))
            return;
    } else {
        mutex_acquire(&cell->mutex);
    }
    STRESS_CHECK(atomic_fetch_add_explicit(&cell->inside, 1, memory_order_relaxed) == 0); /* amoadd.w */
    STRESS_CHECK(cell->left == cell->right);
    cell->left++;
    if (random_next(seed) % 8 == 0)
        sys_yield();
    cell->right++;
    atomic_fetch_sub_explicit(&cell->inside, 1, memory_order_relaxed); /* amoadd.w */
    mutex_release(&cell->mutex);
    atomic_fetch_add_explicit(&acquired, 1, memory_order_relaxed); /* amoadd.d */
}

/* Mutexes in order, two at a time: money moves from one cell to another. */
static void enter_two(uint64_t *seed)
{
    unsigned first = random_next(seed) % (CELLS - 1), second = first + 1 + random_next(seed) % (CELLS - 1 - first);
    mutex_acquire(&cells[first].mutex);
    mutex_acquire(&cells[second].mutex);
    STRESS_CHECK(cells[first].left == cells[first].right && cells[second].left == cells[second].right);
    cells[first].left++;
    cells[second].left++;
    cells[second].right++;
    cells[first].right++;
    mutex_release(&cells[second].mutex);
    mutex_release(&cells[first].mutex);
    atomic_fetch_add_explicit(&acquired, 2, memory_order_relaxed); /* amoadd.d */
}

static void pass_one_through_the_queue(void)
{
    mutex_acquire(&queue_mutex);
    while (put - taken >= 3)
        condition_wait(&has_room, &queue_mutex);
    put++;
    condition_signal(&has_more);
    mutex_release(&queue_mutex);
    mutex_acquire(&queue_mutex);
    while (put == taken)
        condition_wait(&has_more, &queue_mutex);
    taken++;
    condition_broadcast(&has_room);
    mutex_release(&queue_mutex);
}

static void run(unsigned number)
{
    uint64_t seed = stress_seed(number);
    for (unsigned i = 0; i < stress.iterations; i++) {
        switch (random_next(&seed) % 6) {
        case 0:
        case 1:
        case 2:
            enter(&cells[random_next(&seed) % CELLS], &seed);
            break;
        case 3:
            enter_two(&seed);
            break;
        case 4:
            spin_acquire(&spin);
            spins++;
            spin_release(&spin);
            atomic_fetch_add_explicit(&acquired, 1, memory_order_relaxed); /* amoadd.d */
            break;
        default:
            pass_one_through_the_queue();
        }
        if (i % 32 == 31)
            barrier_wait(&barrier);
    }
}

int main(int argc, char **argv)
{
    static const enum mutex_way ways[CELLS] = {MUTEX_SLEEP, MUTEX_SPIN_SLEEP, MUTEX_SPIN, MUTEX_SLEEP};
    stress_options(argc, argv, 300, 4, 32);
    for (int i = 0; i < CELLS; i++)
        mutex_init(&cells[i].mutex, ways[i]);
    barrier_init(&barrier, stress.parties);
    stress_threads(run);
    uint64_t sum = spins;
    for (int i = 0; i < CELLS; i++) {
        STRESS_CHECK(cells[i].left == cells[i].right);
        sum += cells[i].left;
    }
    STRESS_CHECK(sum == atomic_load_explicit(&acquired, memory_order_relaxed)); /* ld */
    STRESS_CHECK(put == taken);
    return stress_ok();
}
