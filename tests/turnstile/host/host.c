/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The scheduler of the stand-ins, and on top of it lock.h, wait.h and mutex.h. Threads are the host's, but each waits for its own
 * semaphore, and who stops running posts that of one other: so nothing ever runs at the same time, and sanitizers see ordinary
 * threads.
 */
#include "host.h"

#include <lib/random.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lock.h"
#include "log.h"
#include "mutex.h"
#include "page.h"
#include "print.h"
#include "process.h"
#include "time.h"
#include "wait.h"
#include "turnstile/abi.h"

enum { THREADS_MAX = 16, HELD_MAX = 8 };

struct thread {
    pthread_t host;
    sem_t baton;
    unsigned number;
    bool is_ended;
    const void *channel; /* that it waits for, NULL: it can go on */
    const struct lock *held[HELD_MAX];
    unsigned held_count;
    void (*function)(unsigned thread);
};

static struct {
    struct random random;
    struct host_options options;
    struct thread threads[THREADS_MAX]; /* 0: the test's own */
    unsigned count, next;
    uint64_t pages_used, clock;
    char printed[4096];
    struct process process;
} host;

static __thread struct thread *self;

static void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void fail(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    abort();
}

void host_init(const struct host_options *options)
{
    memset(&host, 0, sizeof host);
    host.options = *options;
    host.random.state = options->seed;
    host.count = 1;
    sem_init(&host.threads[0].baton, 0, 0);
    self = &host.threads[0];
}

unsigned host_random(unsigned limit)
{
    return random_below(&host.random, limit);
}

/* ---- threads ---- */

static struct thread *choose(void)
{
    struct thread *ready[THREADS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < host.count; i++)
        if (!host.threads[i].is_ended && !host.threads[i].channel)
            ready[count++] = &host.threads[i];
    return count ? ready[host_random(count)] : NULL;
}

/* Lets the chosen thread run; returns when this one is chosen again. */
static void switch_threads(void)
{
    struct thread *me = self, *next = choose();
    if (!next)
        fail("deadlock: every thread waits, this one for %p", me->channel);
    if (next == me)
        return;
    sem_post(&next->baton);
    while (sem_wait(&me->baton))
        ;
}

void host_pause(void)
{
    if (self->held_count == 0 && host_random(100) < host.options.switch_percent)
        switch_threads();
}

static void *run(void *argument)
{
    self = argument;
    while (sem_wait(&self->baton))
        ;
    self->function(self->number);
    if (self->held_count)
        fail("a thread ended with a lock");
    self->is_ended = true;
    wake_all(&host.threads[0]);
    struct thread *next = choose();
    if (!next)
        fail("deadlock: the last thread that ran has ended");
    sem_post(&next->baton);
    return NULL;
}

void host_run(unsigned count, void (*function)(unsigned thread))
{
    host.count = 1 + count;
    for (unsigned i = 1; i <= count; i++) {
        struct thread *thread = &host.threads[i];
        *thread = (struct thread){.number = i - 1, .function = function};
        sem_init(&thread->baton, 0, 0);
        if (pthread_create(&thread->host, NULL, run, thread))
            fail("no thread");
    }
    for (unsigned left = count; left;) {
        self->channel = &host.threads[0];
        switch_threads();
        left = 0;
        for (unsigned i = 1; i <= count; i++)
            left += !host.threads[i].is_ended;
    }
    for (unsigned i = 1; i <= count; i++)
        pthread_join(host.threads[i].host, NULL);
    host.count = 1;
}

/* ---- lock.h ---- */

void lock_init(struct lock *lock, enum lock_class class, const char *name)
{
    *lock = (struct lock)LOCK_INITIAL(INODE, name);
    lock->class = class;
}

void lock_finish(struct lock *lock) {}

void lock_register(struct lock *lock) {}

void lock_acquire(struct lock *lock)
{
    host_pause();
    /* Nobody is interrupted inside a section, so a lock that is taken is taken by this thread. */
    if (lock->holder)
        fail("lock %s is taken twice", lock->name);
    if (self->held_count && self->held[self->held_count - 1]->class >= lock->class)
        fail("lock %s is taken inside %s, against the order", lock->name, self->held[self->held_count - 1]->name);
    if (self->held_count == HELD_MAX)
        fail("too many locks");
    lock->holder = 1;
    lock->acquisitions++;
    self->held[self->held_count++] = lock;
}

void lock_release(struct lock *lock)
{
    unsigned i = self->held_count;
    while (i && self->held[i - 1] != lock)
        i--;
    if (!i)
        fail("lock %s is released by who has not got it", lock->name);
    memmove(&self->held[i - 1], &self->held[i], (self->held_count - i) * sizeof self->held[0]);
    self->held_count--;
    lock->holder = 0;
    host_pause();
}

/* ---- wait.h ---- */

void wait_on(const void *channel, struct lock *held)
{
    if (self->held_count != 1 || self->held[0] != held)
        fail("sleeping with a lock other than %s", held->name);
    self->held_count = 0;
    held->holder = 0;
    self->channel = channel;
    switch_threads();
    lock_acquire(held);
}

static unsigned wake(const void *channel, unsigned limit)
{
    unsigned count = 0, first = host_random(host.count);
    for (unsigned i = 0; i < host.count && count < limit; i++) {
        struct thread *thread = &host.threads[(first + i) % host.count];
        if (thread->channel == channel && !thread->is_ended) {
            thread->channel = NULL;
            count++;
        }
    }
    return count;
}

unsigned wake_all(const void *channel)
{
    return wake(channel, UINT32_MAX);
}

unsigned wake_one(const void *channel)
{
    return wake(channel, 1);
}

/* ---- mutex.h ---- */

void mutex_init(struct mutex *mutex, const char *name)
{
    *mutex = (struct mutex)MUTEX_INITIAL(name);
}

void mutex_finish(struct mutex *mutex) {}

void mutex_acquire(struct mutex *mutex)
{
    if (self->held_count)
        fail("mutex %s is wanted inside a section", mutex->lock.name);
    host_pause();
    if (mutex->owner == self)
        fail("mutex %s is taken twice", mutex->lock.name);
    while (mutex->owner) {
        self->channel = mutex;
        switch_threads();
    }
    mutex->owner = self;
}

void mutex_release(struct mutex *mutex)
{
    if (mutex->owner != self)
        fail("mutex %s is released by who has not got it", mutex->lock.name);
    mutex->owner = NULL;
    wake_all(mutex);
    host_pause();
}

/* ---- page.h, print.h, time.h, process.h ---- */

void *page_allocate(void)
{
    if (host.pages_used == host.options.pages)
        return NULL;
    void *page = aligned_alloc(PAGE_BYTES, PAGE_BYTES);
    if (!page)
        return NULL;
    host.pages_used++;
    return memset(page, 0, PAGE_BYTES);
}

void page_free(void *page)
{
    host.pages_used -= page != NULL;
    free(page);
}

uint64_t page_free_count(void)
{
    return host.options.pages - host.pages_used;
}

uint64_t host_pages_used(void)
{
    return host.pages_used;
}

void print(const char *format, ...)
{
    size_t length = strlen(host.printed);
    va_list list;
    va_start(list, format);
    vsnprintf(host.printed + length, sizeof host.printed - length, format, list);
    va_end(list);
}

const char *host_printed(void)
{
    return host.printed;
}

void panic(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fail(" (panic)");
}

void text_add(struct text *text, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    uint64_t room = text->room > text->length ? text->room - text->length : 0;
    text->length += (uint64_t)vsnprintf(room ? text->bytes + text->length : NULL, room, format, list);
    va_end(list);
}

int64_t time_of_day_ns(void)
{
    return (int64_t)++host.clock;
}

struct process *current_process(void)
{
    return &host.process;
}

struct thread *current_thread(void)
{
    return self;
}

/* No thread of the kernel's own: tests say when changes are made safe. */
void log_keeper_start(void) {}
