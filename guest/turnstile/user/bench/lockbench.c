/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lockbench: what a lock and its release cost the threads that want it, each on a hart of its own: alone, and all at once. Cycles
 * of a pair of calls, round a section that adds to one word; the least and the greatest share of a thread show how fair the lock
 * is.
 */
#include <stdatomic.h>

#include "clock.h"
#include "lock.h"
#include "measure.h"
#include "program.h"
#include "stdio.h"
#include "stdlib.h"
#include "system.h"
#include "thread.h"

enum { PARTIES_MAX = 64 };

static struct spin spin;
static struct mutex mutex;
static struct semaphore semaphore;
static int kernel_semaphore;
static _Atomic uint64_t atomic_word;
static volatile uint64_t word;
static struct barrier barrier;
static uint64_t cycles[PARTIES_MAX];

static void use_atomic(void)
{
    atomic_fetch_add_explicit(&atomic_word, 1, memory_order_relaxed); /* amoadd.d */
}

static void use_spin(void)
{
    spin_acquire(&spin);
    word++;
    spin_release(&spin);
}

static void use_mutex(void)
{
    mutex_acquire(&mutex);
    word++;
    mutex_release(&mutex);
}

static void use_semaphore(void)
{
    semaphore_wait(&semaphore);
    word++;
    semaphore_post(&semaphore);
}

static void use_kernel(void)
{
    sys_semaphore_wait(kernel_semaphore);
    word++;
    sys_semaphore_post(kernel_semaphore);
}

static const struct {
    const char *name;
    void (*use)(void);
    enum mutex_way way;
    bool counts_word;
} rows[] = {
    {"atomic", use_atomic, 0, false},
    {"spin", use_spin, 0, true},
    {"mutex_spin", use_mutex, MUTEX_SPIN, true},
    {"mutex_sleep", use_mutex, MUTEX_SLEEP, true},
    {"mutex_spin_sleep", use_mutex, MUTEX_SPIN_SLEEP, true},
    {"semaphore", use_semaphore, 0, true},
    {"kernel_semaphore", use_kernel, 0, true},
};

static unsigned row;

static int64_t contend(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    measure_on_hart(number);
    barrier_wait(&barrier);
    uint64_t begin = cycles_now();
    for (unsigned i = 0; i < measure.times; i++)
        rows[row].use();
    cycles[number] = cycles_now() - begin;
    return 0;
}

static void run_row(void)
{
    struct thread *threads[PARTIES_MAX];
    char key[40];
    uint64_t sum = 0, least = UINT64_MAX, greatest = 0;
    mutex_init(&mutex, rows[row].way);
    semaphore_init(&semaphore, 1);
    snprintf(key, sizeof key, "%s_alone", rows[row].name);
    measure_put(key, measure_mean(rows[row].use, measure.times));
    word = 0;
    barrier_init(&barrier, measure.parties);
    for (unsigned i = 1; i < measure.parties; i++)
        measure_good("thread", thread_create(&threads[i], contend, (void *)(uintptr_t)i));
    contend(NULL);
    for (unsigned i = 1; i < measure.parties; i++)
        thread_join(threads[i], NULL);
    for (unsigned i = 0; i < measure.parties; i++) {
        sum += cycles[i];
        least = cycles[i] < least ? cycles[i] : least;
        greatest = cycles[i] > greatest ? cycles[i] : greatest;
    }
    if (rows[row].counts_word && word != (uint64_t)measure.parties * measure.times)
        die("%s lost updates: %lu of %lu are there", rows[row].name, word, (uint64_t)measure.parties * measure.times);
    measure_put(rows[row].name, sum / measure.parties / measure.times);
    snprintf(key, sizeof key, "%s_spread", rows[row].name);
    measure_put(key, least ? greatest * 100 / least : 0);
}

int main(int argc, char **argv)
{
    measure_options(argc, argv, 200, measure_harts() < PARTIES_MAX ? measure_harts() : PARTIES_MAX, PARTIES_MAX);
    measure_put("threads", measure.parties);
    measure_on_hart(0);
    kernel_semaphore = (int)measure_good("a semaphore", sys_semaphore_create(1));
    for (row = 0; row < sizeof rows / sizeof rows[0]; row++)
        run_row();
    putchar('\n');
    return 0;
}
