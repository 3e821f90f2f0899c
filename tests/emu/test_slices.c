/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Harts that run ahead of each other by the look-ahead come to exactly what harts come to that take turns cycle by cycle: on the
 * hash gate's guest, on random programs and on the benchmark programs, for every arbiter and bus, with costs and caches that are
 * usual and that are not.
 */
#include "gate_guest.h"
#include "pair.h"
#include "program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/platform.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARBITERS = 4, BUSES = 2, HART_COUNTS = 5, ROUNDS = 2 };
static const unsigned hart_counts[HART_COUNTS] = {1, 2, 4, 8, 16};

/* Arbitration, address, interval, width, memory, cache to cache, device. */
static const unsigned costs[][7] = {
    {2, 10, 2, 16, 40, 8, 8},      {1, 0, 1, 64, 0, 0, 1},   {1, 2, 1, 8, 3, 20, 3},
    {90, 300, 50, 1, 400, 5, 200}, {3, 8, 1, 32, 17, 1, 40},
};

static const struct emu_cache_config caches[] = {{32768, 4}, {64, 1}, {128, 1}, {256, 4}, {1024, 2}};

enum { COSTS = sizeof costs / sizeof costs[0], CACHES = sizeof caches / sizeof caches[0] };

/* Half of all draws are the plain one. */
static unsigned draw(struct random *random, unsigned count)
{
    return random_below(random, 2) ? random_below(random, count) : 0;
}

static struct emu_config random_config(struct random *random, unsigned harts, unsigned bus, unsigned arbiter)
{
    static const unsigned entries[] = {32, 1, 2, 3};
    struct emu_config config = guest_config(harts);
    config.fidelity = EMU_TIMED;
    config.seed = random_below(random, 4);
    const unsigned *cost = costs[draw(random, COSTS)];
    config.bus = (struct emu_bus_config){bus, arbiter, cost[0], cost[1], cost[2], cost[3], cost[4], cost[5], cost[6]};
    config.l1i = caches[draw(random, CACHES)];
    config.l1d = caches[draw(random, CACHES)];
    config.l1i.replacement = random_below(random, 2);
    config.l1d.replacement = random_below(random, 2);
    config.cpu.itlb_entries = entries[draw(random, 4)];
    config.cpu.dtlb_entries = entries[draw(random, 4)];
    config.cpu.svadu = draw(random, 2) == 0;
    config.cpu.misaligned = draw(random, 4) != 1;
    config.pipeline.walk_cycles = draw(random, 2) ? 9 : 1;
    config.pipeline.load_use_cycles = draw(random, 2) ? 30 : 1;
    config.reservation.granule_bytes = 64u >> draw(random, 5);
    config.reservation.fill = draw(random, 2);
    config.reservation.hold_cycles = draw(random, 2) ? 0 : 64;
    config.reservation.failures_per_million = draw(random, 4) == 1 ? 300000 : 0;
    config.reservation.keep_on_trap = draw(random, 2);
    config.reservation.own_store_clears = draw(random, 2);
    return config;
}

static uint64_t first_seed(void)
{
    const char *chosen = getenv("LOCKSCOPE_TEST_SEED");
    uint64_t seed = chosen ? strtoull(chosen, NULL, 0) : 20261122;
    fprintf(stderr, "LOCKSCOPE_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

static void report(const struct pair_sum *sum)
{
    fprintf(stderr,
            "%llu places, %llu programs ended, %llu cycles, %llu steps, %llu records, sc %llu of %llu failed, %llu traps, %llu "
            "interrupts, %llu walks\n",
            (unsigned long long)sum->compared, (unsigned long long)sum->ended, (unsigned long long)sum->cycles,
            (unsigned long long)sum->steps, (unsigned long long)sum->records, (unsigned long long)sum->sc_failed,
            (unsigned long long)(sum->sc_failed + sum->sc_succeeded), (unsigned long long)sum->traps,
            (unsigned long long)sum->interrupts, (unsigned long long)sum->walks);
}

/* Runs a guest of some program on one row of arbiters, buses and harts. */
typedef void try_row(struct random *random, struct emu_config *config, struct pair *pair, struct pair_sum *sum);

static void for_all_rows(try_row *try, const char *name, unsigned rounds)
{
    struct pair_sum sum = {0};
    uint64_t seed = first_seed();
    for (unsigned row = 0; row < rounds * ARBITERS * BUSES * HART_COUNTS; row++, seed++) {
        struct random random = {seed};
        struct emu_config config =
            random_config(&random, hart_counts[row % HART_COUNTS], row / HART_COUNTS % BUSES, row / HART_COUNTS / BUSES % ARBITERS);
        struct pair pair = {.name = name, .seed = seed, .config = &config, .stretch = 100, .cycles = 60000};
        try(&random, &config, &pair, &sum);
    }
    report(&sum);
}

static void try_guest(struct random *random, const struct guest *guest, struct emu_config *config, struct pair *pair,
                      struct pair_sum *sum)
{
    config->kernel = guest->words;
    config->kernel_bytes = guest->count * sizeof guest->words[0];
    pair_run(pair, *random, sum);
}

static void try_gate(struct random *random, struct emu_config *config, struct pair *pair, struct pair_sum *sum)
{
    struct guest guest = gate_guest(EMU_TIMED, config->harts);
    pair->cycles = 300000;
    pair->stretch = 1000;
    try_guest(random, &guest, config, pair, sum);
}

static void try_program(struct random *random, struct emu_config *config, struct pair *pair, struct pair_sum *sum)
{
    struct program_shape shape = {.harts = config->harts,
                                  .insns = 60 + random_below(random, 160),
                                  .loops = 6,
                                  .devices = random_below(random, 2),
                                  .paged = random_below(random, 2)};
    struct guest guest = program_random(random, &shape);
    try_guest(random, &guest, config, pair, sum);
}

static void try_program_with_inputs(struct random *random, struct emu_config *config, struct pair *pair, struct pair_sum *sum)
{
    pair->flags = PAIR_INPUTS;
    pair->stretch = 30;
    pair->cycles = 30000;
    try_program(random, config, pair, sum);
}

static void try_cut_program(struct random *random, struct emu_config *config, struct pair *pair, struct pair_sum *sum)
{
    pair->flags = PAIR_CUT;
    pair->cycles = 20000;
    try_program(random, config, pair, sum);
}

Test(slices, the_gates_guest_is_the_same_in_slices_of_one_cycle)
{
    for_all_rows(try_gate, "gate", 1);
}

Test(slices, random_programs_are_the_same_in_slices_of_one_cycle)
{
    for_all_rows(try_program, "program", 2 * ROUNDS);
}

Test(slices, random_programs_with_inputs_are_the_same_in_slices_of_one_cycle)
{
    for_all_rows(try_program_with_inputs, "program with inputs", ROUNDS);
}

Test(slices, random_programs_stopped_and_watched_are_the_same_in_slices_of_one_cycle)
{
    for_all_rows(try_cut_program, "cut program", ROUNDS);
}

/* Hart 1 sleeps, wakes by its timer, and stores to the second of the two lines that hart 0 reads across. */
static struct guest woken_writer(void)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_ram(g, S1, 0x4000);
    guest_li(g, S5, 2000);
    guest_branch(g, ISA_OP_bne, A0, ZERO, 0);
    unsigned to_sleeper = g->count - 1, loop = g->count;
    guest_ri(g, ISA_OP_ld, T0, S1, 128); /* takes the first line's place */
    guest_ri(g, ISA_OP_ld, T0, S1, 60);  /* the first line misses, then the second hits, unless it has been taken away */
    guest_rr(g, ISA_OP_add, S2, S2, T0);
    guest_ri(g, ISA_OP_addi, S5, S5, -1);
    guest_branch(g, ISA_OP_bne, S5, ZERO, loop);
    guest_st(g, ISA_OP_sd, S2, S1, 192);
    guest_finish(g, 0x5555);
    guest_land(g, to_sleeper);
    guest_li(g, S3, PLATFORM_CLINT_BASE + 0x4008); /* its MTIMECMP */
    guest_li(g, S4, PLATFORM_CLINT_BASE + 0xbff8);
    guest_li(g, T0, 0x80);
    guest_csr(g, ISA_OP_csrrw, ZERO, 0x304, T0); /* mie: MTIE; interrupts stay off */
    unsigned again = g->count;
    guest_ri(g, ISA_OP_ld, T0, S4, 0);
    guest_ri(g, ISA_OP_addi, T0, T0, 21);
    guest_st(g, ISA_OP_sd, T0, S3, 0);
    guest_op(g, ISA_OP_wfi);
    guest_ri(g, ISA_OP_addi, T1, T1, 1);
    guest_st(g, ISA_OP_sd, T1, S1, 64);
    guest_jump(g, again);
    return guest;
}

Test(slices, what_a_hart_alone_reads_across_two_lines_is_what_one_that_wakes_meanwhile_has_stored)
{
    struct pair_sum sum = {0};
    struct guest guest = woken_writer();
    struct emu_config config = guest_config(2);
    config.fidelity = EMU_TIMED;
    config.l1d = (struct emu_cache_config){.bytes = 128, .ways = 1};
    struct pair pair = {.name = "woken writer", .config = &config, .stretch = 500, .cycles = 400000};
    try_guest(&(struct random){1}, &guest, &config, &pair, &sum);
    report(&sum);
    cr_expect(ge(u64, sum.ended, 1));
}

#ifdef TEST_BENCH_GUESTS

static void *read_image(const char *program, size_t *ret_size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.elf", TEST_BENCH_GUESTS, program);
    FILE *file = fopen(path, "rb");
    cr_assert(file != NULL, "%s", path);
    void *bytes = malloc(1 << 20);
    *ret_size = fread(bytes, 1, 1 << 20, file);
    cr_assert(gt(sz, *ret_size, 0));
    fclose(file);
    return bytes;
}

Test(slices, the_benchmark_programs_are_the_same_in_slices_of_one_cycle)
{
    static const char *const programs[] = {"contend", "intmix", "fpmix", "memwalk", "trapmix"};
    struct pair_sum sum = {0};
    for (unsigned program = 0; program < sizeof programs / sizeof programs[0]; program++)
        for (unsigned harts = 1; harts <= 8; harts *= 2) {
            struct random random = {program * 100 + harts};
            struct emu_config config = guest_config(harts);
            config.fidelity = EMU_TIMED;
            config.ram_bytes = UINT64_C(256) << 20;
            config.bootargs = "work=1";
            config.bus.kind = harts == 4;
            config.bus.arbiter = (program + harts) % ARBITERS;
            config.seed = harts == 8;
            size_t size;
            void *image = read_image(programs[program], &size);
            config.kernel = image;
            config.kernel_bytes = size;
            struct pair pair = {
                .name = programs[program], .seed = random.state, .config = &config, .stretch = 2000, .cycles = 1500000};
            pair_run(&pair, random, &sum);
            free(image);
        }
    report(&sum);
    cr_expect(ge(u64, sum.ended, 1));
}

#endif
