/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * shootdown: threads on all harts read pages that another gives up and takes again. A read of a page that is gone must fault, and
 * what is read must be that page's: its number, or 0.
 */
#include <setjmp.h>
#include <stdatomic.h>

#include "process.h"
#include "program.h"
#include "signal.h"
#include "stdlib.h"
#include "stress.h"
#include "string.h"
#include "system.h"
#include "thread.h"

enum { PAGE = 4096, PAGES = 8, PARTIES_MAX = 32 };

static volatile uint64_t *pages;      /* PAGES of them at the heap's end, or fewer */
static _Atomic uint32_t there, epoch; /* how many are there for sure; odd while that changes */
static _Atomic bool is_over;
static jmp_buf after_fault[PARTIES_MAX];
static struct thread *readers[PARTIES_MAX];
static uint64_t faults[PARTIES_MAX], reads[PARTIES_MAX];

static void leave_read(int signal, struct signal_frame *frame)
{
    uint64_t set = 1ull << SIGSEGV;
    unsigned number = 0;
    while (number < stress.parties && readers[number] != thread_self())
        number++;
    if (number == stress.parties)
        _Exit(2);
    sys_sigmask(SIGNAL_UNBLOCK, &set, NULL);
    longjmp(after_fault[number], 1);
}

/* A read of page `page` between two looks at the epoch, which say whether it was there all the time, or gone all the time. */
static void read_once(unsigned number, unsigned page)
{
    volatile uint32_t before = atomic_load_explicit(&epoch, memory_order_acquire); /* lw; fence r,rw */
    volatile uint32_t count = atomic_load_explicit(&there, memory_order_relaxed);  /* lw */
    volatile bool has_faulted = true;
    volatile uint64_t value = 0;
    if (setjmp(after_fault[number]) == 0) {
        value = pages[page * PAGE / 8];
        has_faulted = false;
    }
    atomic_thread_fence(memory_order_seq_cst);                                                      /* fence rw,rw */
    bool is_same = before % 2 == 0 && atomic_load_explicit(&epoch, memory_order_relaxed) == before; /* lw */
    if (!has_faulted)
        STRESS_CHECK(value == 0 || value == 0x1000 + page);
    if (is_same)
        STRESS_CHECK(has_faulted == (page >= count));
    *(has_faulted ? &faults[number] : &reads[number]) += 1;
}

static int64_t read_pages(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    uint64_t seed = stress_seed(number), harts;
    sys_affinity_get(0, &harts);
    if (harts >> ((number + 1) % 64) & 1)
        sys_affinity_set(0, 1ull << (number + 1) % 64);
    while (readers[number] != thread_self())
        sys_yield();
    while (!atomic_load_explicit(&is_over, memory_order_relaxed)) {
        read_once(number, random_next(&seed) % PAGES);
        if (random_next(&seed) % 64 == 0)
            sys_yield();
    }
    return 0;
}

static void resize(uint32_t from, uint32_t to)
{
    atomic_fetch_add_explicit(&epoch, 1, memory_order_seq_cst); /* amoadd.w.aqrl */
    STRESS_CHECK(sys_sbrk(((int64_t)to - (int64_t)from) * PAGE) == (int64_t)(uintptr_t)pages + from * PAGE);
    for (uint32_t page = from; page < to; page++) {
        STRESS_CHECK(pages[page * PAGE / 8] == 0);
        pages[page * PAGE / 8] = 0x1000 + page;
    }
    atomic_store_explicit(&there, to, memory_order_relaxed);    /* sw */
    atomic_fetch_add_explicit(&epoch, 1, memory_order_seq_cst); /* amoadd.w.aqrl */
}

/* Takes what was given up, so that a stale translation would show another's data. */
static void use_free_pages(void)
{
    int pid = process_fork();
    if (pid == 0) {
        char *memory = (char *)(uintptr_t)sys_sbrk(16 * PAGE);
        if ((int64_t)memory > 0)
            memset(memory, 0xee, 16 * PAGE);
        _Exit(0);
    }
    if (pid > 0)
        STRESS_CHECK(process_wait(pid) == 0);
}

int main(int argc, char **argv)
{
    stress_options(argc, argv, 80, 3, PARTIES_MAX);
    signal_set(SIGSEGV, leave_read, 0, 0);
    free(malloc((stress.parties + 2) * 2 * THREAD_STACK_BYTES)); /* so that the heap's end stays where it is */
    uint64_t end = (uint64_t)sys_sbrk(0), seed = stress_seed(99);
    sys_sbrk((int64_t)((PAGE - end % PAGE) % PAGE));
    pages = (volatile uint64_t *)(uintptr_t)sys_sbrk(0);
    uint32_t count = 0;
    resize(0, count = PAGES);
    for (unsigned i = 0; i < stress.parties; i++) {
        int error = thread_create(&readers[i], read_pages, (void *)(uintptr_t)i);
        if (error)
            stress_failed("thread: %s", strerror(error));
    }
    for (unsigned i = 0; i < stress.iterations; i++) {
        uint32_t next = random_next(&seed) % (PAGES + 1);
        if (next == count)
            continue;
        resize(count, next);
        count = next;
        if (random_next(&seed) % 4 == 0)
            use_free_pages();
        else
            sys_yield();
    }
    atomic_store_explicit(&is_over, true, memory_order_relaxed);
    for (unsigned i = 0; i < stress.parties; i++)
        if (thread_join(readers[i], NULL))
            stress_failed("a thread could not be joined");
    uint64_t all_reads = 0, all_faults = 0;
    for (unsigned i = 0; i < stress.parties; i++) {
        all_reads += reads[i];
        all_faults += faults[i];
    }
    STRESS_CHECK(all_reads > 0 && all_faults > 0); /* else nothing was shown */
    return stress_ok();
}
