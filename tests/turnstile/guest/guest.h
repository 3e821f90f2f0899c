/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The test program of the kernel: calls, printing, and the rows of its tests. It has no libc: what fails here is the kernel's.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "turnstile/abi.h"

#define SYSCALL(number, name, arguments, meaning) long sys_##name arguments;
#include "turnstile/syscall.def"
#undef SYSCALL
long raw_call(long number, ...);
long keeps_registers(unsigned long loops);
void restorer(void);

void say(const char *format, ...); /* %d %x %s, all long but %s */
void fail(const char *file, int line, const char *what, long value);
/* Ends the test, which is a process of its own. */
#define CHECK(condition) ((condition) ? (void)0 : fail(__FILE__, __LINE__, #condition, 0))
#define EQUAL(got, want)                                                                                                           \
    do {                                                                                                                           \
        long got_ = (long)(got);                                                                                                   \
        if (got_ != (long)(want))                                                                                                  \
            fail(__FILE__, __LINE__, #got " == " #want, got_);                                                                     \
    } while (0)

long wait_for(long pid);                                /* its status, as wait gives it */
long free_pages(void);                                  /* of /proc/memory */
long number_behind(const char *file, const char *word); /* in a text of /proc; -1: not there */
unsigned harts(void);
void *memset(void *to, int value, size_t bytes);
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);

/* ---- test_console.c: do not return ---- */
void read_terminal(bool is_raw, bool is_quiet);
void crash(const char *what, unsigned length);

struct test {
    const char *name;
    void (*run)(void);
};
extern const struct test process_tests[], memory_tests[], thread_tests[], signal_tests[], file_tests[], bad_tests[];
extern unsigned rounds; /* how much of each */

#endif
