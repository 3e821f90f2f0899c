/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All harts increment one word with lr.w, addi, sc.w, bnez. Each counts its failed sc.w in a register; the word must end at the sum
 * of all increments.
 */
#include "bench.h"

#define INCREMENTS 20000000

const char bench_name[] = "contend";

static struct {
    uint32_t value;
} __attribute__((aligned(64))) word;

void bench_prepare(unsigned hart) {}

void bench_run(unsigned hart, struct bench_result *result)
{
    uint64_t left = bench_share(hart, INCREMENTS), failed = 0, value, is_failed;
    result->done = left;
    __asm__ volatile("1: lr.w %[value], (%[word])\n"
                     "   addi %[value], %[value], 1\n"
                     "   sc.w %[is_failed], %[value], (%[word])\n"
                     "   bnez %[is_failed], 2f\n"
                     "   addi %[left], %[left], -1\n"
                     "   bnez %[left], 1b\n"
                     "   j 3f\n"
                     "2: addi %[failed], %[failed], 1\n"
                     "   j 1b\n"
                     "3:\n"
                     : [value] "=&r"(value), [is_failed] "=&r"(is_failed), [left] "+r"(left), [failed] "+r"(failed)
                     : [word] "r"(&word.value)
                     : "memory");
    result->failed_sc = failed;
}

bool bench_check(const struct bench_result *sum)
{
    return word.value == sum->done;
}
