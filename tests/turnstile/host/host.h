/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Stand-ins on the host for what Turnstile's storage uses of the rest of the kernel, so that its own source files run here under
 * sanitizers: threads of which one runs at a time, chosen by a seed wherever the kernel could be interrupted or has to wait; locks,
 * waiting and mutexes that abort on misuse and on deadlock; pages; a process. Everything is a function of the seed.
 *
 * The kernel's parts keep their state in static variables and are mounted once: a test forks a process for each mount.
 */
#ifndef TURNSTILE_HOST_H
#define TURNSTILE_HOST_H

#include <stdbool.h>
#include <stdint.h>

struct host_options {
    uint64_t seed;
    unsigned switch_percent; /* how often another thread goes on where none has to */
    uint64_t pages;          /* that page_allocate gives */
};

void host_init(const struct host_options *options);
/* Runs the function on `count` threads until all have returned. The argument is the thread's number. */
void host_run(unsigned count, void (*function)(unsigned thread));
/* Another thread may go on here. */
void host_pause(void);
unsigned host_random(unsigned limit);
/* What has been printed by the kernel so far. */
const char *host_printed(void);
uint64_t host_pages_used(void);

#endif
