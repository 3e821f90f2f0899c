/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes what guest.c includes: a table of operands, and for each operation and mode a digest of our results and flags over it.
 */
#include "../fp_cases.h"
#include "digest.h"
#include <inttypes.h>
#include <isa/exec_fp.h>
#include <stdio.h>

#define CASES 6000

static uint64_t cases[CASES][3];

#define CALL_F1(name)  isa_exec_##name(v[0], rm, f)
#define CALL_F2(name)  isa_exec_##name(v[0], v[1], rm, f)
#define CALL_F3(name)  isa_exec_##name(v[0], v[1], v[2], rm, f)
#define CALL_FX1(name) CALL_F1(name)
#define CALL_FX2(name) CALL_F2(name)
#define CALL_XF1(name) CALL_F1(name)
#define OPERATION(shape, name, mnemonic)                                                                                           \
    static uint64_t run_##name(const uint64_t *v, unsigned rm, uint32_t *f)                                                        \
    {                                                                                                                              \
        return CALL_##shape(name);                                                                                                 \
    }
#include "operations.def"

static uint64_t (*const operations[])(const uint64_t *v, unsigned rm, uint32_t *f) = {
#define OPERATION(shape, name, mnemonic) run_##name,
#include "operations.def"
};

/* Binary64, boxed binary32, and a mixture with registers that hold neither. */
static void make_cases(void)
{
    uint64_t state;

    random_start(&state);
    for (unsigned i = 0; i < CASES; i++) {
        unsigned kind = i % 5;

        random_operands(kind < 2 ? &isa_f64 : &isa_f32, cases[i], &state);
        for (int j = 0; j < 3 && kind >= 2; j++)
            cases[i][j] = isa_f32_box((uint32_t)cases[i][j]);
        if (kind == 4)
            cases[i][random_next(&state) % 3] = random_next(&state) >> random_next(&state) % 64;
    }
}

int main(void)
{
    make_cases();
    puts("static const uint64_t cases[][3] = {");
    for (unsigned i = 0; i < CASES; i++)
        printf("{0x%" PRIx64 "u, 0x%" PRIx64 "u, 0x%" PRIx64 "u},\n", cases[i][0], cases[i][1], cases[i][2]);
    puts("};\nstatic const uint64_t digests[][5] = {");
    for (unsigned op = 0; op < sizeof operations / sizeof operations[0]; op++) {
        printf("{");
        for (unsigned rm = 0; rm < MODES; rm++) {
            uint64_t digest = 0;

            /* NX set beforehand in every other case, so that both ways of the fast path count. */
            for (unsigned i = 0; i < CASES; i++) {
                uint32_t flags = i & 1;
                uint64_t result = operations[op](cases[i], rm, &flags);

                digest = digest_add(digest, result, flags);
            }
            printf("0x%" PRIx64 "u,", digest);
        }
        puts("},");
    }
    puts("};");
    return 0;
}
