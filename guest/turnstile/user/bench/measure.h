/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the benchmarks share: -n TIMES, -p how many at once; one line "NAME key=value ..." with mean cycles, measured by rdcycle on
 * the hart to which the measuring thread is bound.
 */
#ifndef USER_MEASURE_H
#define USER_MEASURE_H

#include <stdint.h>

struct measure {
    unsigned times, parties;
};
extern struct measure measure;

void measure_options(int argc, char **argv, unsigned times, unsigned parties, unsigned parties_max);
/* Binds the calling thread to one of the harts (modulo how many there are). */
void measure_on_hart(unsigned hart);
unsigned measure_harts(void);
/* Adds " key=value" to the line. */
void measure_put(const char *key, uint64_t value);
/* Mean cycles of run(), of `times` calls after a few that do not count. */
uint64_t measure_mean(void (*run)(void), unsigned times);
/* A negative result ends the program with a sentence. */
int64_t measure_good(const char *what, int64_t result);

#endif
