/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A bare-metal guest for the virt machine: executes every operation in every mode on the operands of cases.inc, compares the
 * digests, names the pairs that differ on the UART, and ends the machine through the test device with their number.
 */
#include <stdint.h>
#include "digest.h"
#include "cases.inc"

#define UART   ((volatile uint8_t *)0x10000000)
#define FINISH (*(volatile uint32_t *)0x100000)

/* The instruction takes its operands from registers loaded with raw bits; rounding mode dynamic, from fcsr. */
#define LOAD_FLOATS    "fmv.d.x fa0, %1\n fmv.d.x fa1, %2\n fmv.d.x fa2, %3\n"
#define F_RESULT       "\n fmv.x.d %0, fa3\n"
#define CODE_F1(text)  LOAD_FLOATS text " fa3, fa0" F_RESULT
#define CODE_F2(text)  LOAD_FLOATS text " fa3, fa0, fa1" F_RESULT
#define CODE_F3(text)  LOAD_FLOATS text " fa3, fa0, fa1, fa2" F_RESULT
#define CODE_FX1(text) LOAD_FLOATS text " %0, fa0\n"
#define CODE_FX2(text) LOAD_FLOATS text " %0, fa0, fa1\n"
#define CODE_XF1(text) text " fa3, %1" F_RESULT

#define OPERATION(shape, name, mnemonic)                                                                                           \
    static uint64_t run_##name(const uint64_t *v)                                                                                  \
    {                                                                                                                              \
        uint64_t r;                                                                                                                \
        __asm__ volatile(CODE_##shape(mnemonic)                                                                                    \
                         : "=&r"(r)                                                                                                \
                         : "r"(v[0]), "r"(v[1]), "r"(v[2])                                                                         \
                         : "fa0", "fa1", "fa2", "fa3", "memory");                                                                  \
        return r;                                                                                                                  \
    }
#include "operations.def"

static const struct {
    const char *name;
    uint64_t (*run)(const uint64_t *v);
} operations[] = {
#define OPERATION(shape, name, mnemonic) {mnemonic, run_##name},
#include "operations.def"
};

static void print(const char *text)
{
    while (*text)
        *UART = (uint8_t)*text++;
}

static void check(void)
{
    static const char *const modes[] = {" rne", " rtz", " rdn", " rup", " rmm"};
    unsigned differing = 0;

    for (unsigned op = 0; op < sizeof operations / sizeof operations[0]; op++)
        for (unsigned rm = 0; rm < 5; rm++) {
            uint64_t digest = 0;

            for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                uint64_t fcsr = rm << 5 | (i & 1);

                __asm__ volatile("fscsr %0" : : "r"(fcsr) : "memory");
                uint64_t result = operations[op].run(cases[i]);
                __asm__ volatile("frflags %0" : "=r"(fcsr) : : "memory");
                digest = digest_add(digest, result, (uint32_t)fcsr);
            }
            if (digest != digests[op][rm]) {
                differing++;
                print("differs: ");
                print(operations[op].name);
                print(modes[rm]);
                print("\n");
            }
        }
    print(differing ? "FAIL\n" : "PASS\n");
    FINISH = differing ? 1u << 16 | 0x3333 : 0x5555;
    for (;;)
        ;
}

__attribute__((naked, section(".start"), used)) void _start(void)
{
    __asm__ volatile("li t0, 0x6000\n csrs mstatus, t0\n la sp, stack_top\n j %0" : : "i"(check));
}

__asm__(".bss\n .balign 16\n .skip 4096\n stack_top:\n .text");
