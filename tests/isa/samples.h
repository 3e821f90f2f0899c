/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Instruction words to try: for every row random operands, corner operands and one-bit near misses, all CSR numbers, and random
 * words. Drawn from a printed seed, so that a failure comes back. Words whose low five bits announce more than 4 bytes are left
 * out.
 */
#ifndef TESTS_ISA_SAMPLES_H
#define TESTS_ISA_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

struct samples {
    uint32_t *words;
    size_t count;
};

/* A splitmix64 generator: the state is the seed, any value. */
uint64_t samples_random(uint64_t *state);

/* The seed: LOCKSCOPE_TEST_SEED from the environment, else a fixed one. Prints it once a process. */
uint64_t samples_seed(void);

struct samples samples_create_4_byte(void);
struct samples samples_create_2_byte(void); /* every 16-bit value that is not the start of a 4-byte instruction */
void samples_destroy(struct samples *samples);

#endif
