/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a benchmark program and the harness around it owe each other. A program is a name, a function that prepares a hart, and one
 * that does the hart's share of the measured work; the harness starts the harts together, waits for all of them, sums what they
 * report and prints one line. The same image runs on QEMU and on lockscope with any number of harts.
 */
#ifndef BENCH_H
#define BENCH_H

#include <emu/platform.h>

#define BENCH_HARTS_MAX   PLATFORM_HARTS_MAX
#define BENCH_STACK_SHIFT 13
#define BENCH_WORK_FULL   1000 /* bench_work when the boot arguments do not say work=N */

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One cache line, so that harts do not write to each other's. */
struct bench_result {
    uint64_t checksum; /* independent of how the harts interleave; summed over the harts */
    uint64_t done;     /* units of work, as the program defines them */
    uint64_t failed_sc;
    uint64_t ecalls, faults, timer_interrupts;
    bool is_wrong; /* the program found an error of the machine's */
} __attribute__((aligned(64)));

/* A program defines these three. bench_prepare runs on every hart before the clock starts, bench_run after. */
extern const char bench_name[];
void bench_prepare(unsigned hart);
void bench_run(unsigned hart, struct bench_result *result);
/* True when the summed result is what it must be; run on hart 0 at the end. */
bool bench_check(const struct bench_result *sum);

/* Known from bench_prepare on. */
extern unsigned bench_harts;
extern uint64_t bench_work; /* thousandths of the full work, from the boot arguments */

extern uint8_t bench_heap[] __asm__("_end");

/* Hart `hart`'s share of `full` units of work scaled by bench_work; at least 1. */
uint64_t bench_share(unsigned hart, uint64_t full);

/* A pseudo-random sequence: Knuth's MMIX constants, high bits used. */
static inline uint32_t bench_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

#define CSR_READ(name)                                                                                                             \
    ({                                                                                                                             \
        uint64_t value_;                                                                                                           \
        __asm__ volatile("csrr %0, " #name : "=r"(value_));                                                                        \
        value_;                                                                                                                    \
    })
#define CSR_WRITE(name, value) __asm__ volatile("csrw " #name ", %0" ::"rK"((uint64_t)(value)) : "memory")
#define CSR_SET(name, value)   __asm__ volatile("csrs " #name ", %0" ::"rK"((uint64_t)(value)) : "memory")
#define CSR_CLEAR(name, value) __asm__ volatile("csrc " #name ", %0" ::"rK"((uint64_t)(value)) : "memory")

#endif
#endif
