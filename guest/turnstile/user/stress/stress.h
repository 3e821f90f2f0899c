/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What stress programs share: -s SEED, -n ITERATIONS, -p how many at once; one line at the end, "NAME: ok, ..." or "NAME: failed:
 * ...".
 */
#ifndef USER_STRESS_H
#define USER_STRESS_H

#include <stdint.h>

struct stress {
    uint64_t seed;
    unsigned iterations, parties;
};
extern struct stress stress;

void stress_options(int argc, char **argv, unsigned iterations, unsigned parties, unsigned parties_max);
/* Says so and ends the process with status 1. */
_Noreturn void stress_failed(const char *format, ...) __attribute__((format(__printf__, 1, 2)));
#define STRESS_CHECK(condition) ((condition) ? (void)0 : stress_failed("%s:%d: not so: %s", __FILE_NAME__, __LINE__, #condition))
/* Runs run(number) in stress.parties processes; fails if one of them did not exit with 0. Some may be killed by SIGKILL meanwhile
 * if that is allowed: how many were. */
unsigned stress_processes(void (*run)(unsigned number), int may_be_killed);
/* The same with threads. */
void stress_threads(void (*run)(unsigned number));
/* The seed of party `number`'s own row of random numbers. */
uint64_t stress_seed(unsigned number);
/* The last line; returns main's status. */
int stress_ok(void);

#endif
