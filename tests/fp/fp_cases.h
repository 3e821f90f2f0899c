/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Operands for the floating-point tests: a set of special values of each format, and a random source biased to what goes wrong
 * (exponent ends, few-bit and nearly full fractions, operands close to each other, sums that cancel, products that just underflow).
 * Also the table of arithmetic operations, each with its inline function and its exact reference.
 */
#ifndef FP_CASES_H
#define FP_CASES_H

#include <isa/fp.h>
#include <isa/fp_exact.h>
#include <stdint.h>

#define MODES 5

struct arithmetic {
    const char *name;
    const struct isa_fp_format *format;
    unsigned operands;                                                                      /* 1 to 3 */
    uint64_t (*inlined)(uint64_t a, uint64_t b, uint64_t c, unsigned rm, uint32_t *fflags); /* registers */
    uint64_t (*exact)(uint64_t a, uint64_t b, uint64_t c, unsigned rm, uint32_t *fflags);   /* values */
    uint64_t (*host)(uint64_t a, uint64_t b, uint64_t c); /* values; host's rounding mode, flags and NaNs */
};

extern const struct arithmetic arithmetics[];
extern const unsigned arithmetic_count;
extern const char *const mode_names[MODES];

/* Seeded from FP_SEED or a fixed number; prints the seed. */
void random_start(uint64_t *state);
uint64_t random_next(uint64_t *state);

/* A value of the format, unboxed. */
uint64_t random_value(const struct isa_fp_format *format, uint64_t *state);

/* Operands with some relation between them. */
void random_operands(const struct isa_fp_format *format, uint64_t operands[3], uint64_t *state);

/* Fills values (room for SPECIALS_MAX) and returns how many. A density of 0 gives the few, 1 the full set. */
#define SPECIALS_MAX 512
unsigned special_values(const struct isa_fp_format *format, int density, uint64_t *values);

/* The register that holds a value. */
uint64_t in_register(const struct isa_fp_format *format, uint64_t value);

#endif
