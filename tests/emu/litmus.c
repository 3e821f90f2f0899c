/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Litmus shapes: from rows to outcomes, once by interleaving and once by guests.
 */
#include "litmus.h"

#include "guest.h"

#include "../lib/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows ---- */

void litmus_parse(const struct litmus_shape *shape, struct litmus_program *ret_program)
{
    struct litmus_program p = {.name = shape->name};
    for (; p.threads < LITMUS_THREADS && shape->threads[p.threads]; p.threads++)
        for (const char *at = shape->threads[p.threads]; *at; at += *at == ' ') {
            unsigned *length = &p.length[p.threads];
            struct litmus_access *access = &p.access[p.threads][*length];
            if (++*length > LITMUS_ACCESSES || (at[0] != 'R' && at[0] != 'W') || (at[1] != 'x' && at[1] != 'y'))
                abort();
            *access = (struct litmus_access){.write = at[0] == 'W', .word = at[1] == 'y'};
            at += 2;
            if (access->write)
                access->value = (unsigned)(*at++ - '0');
            else
                access->read = p.reads++;
            if (access->value > 3 || p.reads > LITMUS_READS)
                abort();
        }
    *ret_program = p;
}

static unsigned outcome_of(const struct litmus_program *p, const uint64_t *reads, const uint64_t *words)
{
    unsigned outcome = 0;
    for (unsigned i = 0; i < p->reads; i++)
        outcome |= (unsigned)reads[i] << 2 * i;
    for (unsigned word = 0; word < 2; word++)
        outcome |= (unsigned)words[word] << 2 * (LITMUS_READS + word);
    return outcome;
}

struct interleaving {
    unsigned done[LITMUS_THREADS];
    uint64_t reads[LITMUS_READS], words[2];
};

static void interleave(const struct litmus_program *p, struct interleaving now, struct litmus_set *set)
{
    bool over = true;
    for (unsigned thread = 0; thread < p->threads; thread++) {
        if (now.done[thread] == p->length[thread])
            continue;
        const struct litmus_access *access = &p->access[thread][now.done[thread]];
        struct interleaving next = now;
        over = false;
        next.done[thread]++;
        if (access->write)
            next.words[access->word] = access->value;
        else
            next.reads[access->read] = next.words[access->word];
        interleave(p, next, set);
    }
    if (over)
        set->has[outcome_of(p, now.reads, now.words)] = true;
}

void litmus_allowed(const struct litmus_program *program, struct litmus_set *ret_set)
{
    *ret_set = (struct litmus_set){{false}};
    interleave(program, (struct interleaving){{0}}, ret_set);
}

unsigned litmus_count(const struct litmus_set *set)
{
    unsigned count = 0;
    for (unsigned outcome = 0; outcome < LITMUS_OUTCOMES; outcome++)
        count += set->has[outcome];
    return count;
}

void litmus_text(const struct litmus_program *program, unsigned outcome, char ret_text[static 64])
{
    int at = 0;
    for (unsigned thread = 0; thread < program->threads; thread++)
        for (unsigned i = 0; i < program->length[thread]; i++) {
            const struct litmus_access *access = &program->access[thread][i];
            if (!access->write)
                at += snprintf(ret_text + at, 64 - (size_t)at, "%u:%c=%u ", thread, "xy"[access->word],
                               (outcome >> (2 * access->read)) & 3);
        }
    snprintf(ret_text + at, 64 - (size_t)at, "last x=%u y=%u", outcome >> 2 * LITMUS_READS & 3,
             outcome >> 2 * (LITMUS_READS + 1) & 3);
}

/* ---- guests ---- */

/* Offsets in RAM. A round has WORDS_STRIDE bytes for its words and RESULT_STRIDE for each hart's reads. */
enum { BARRIER = 0x10000, DONE = 0x10400, RESULTS = 0x20000, RESULTS_HART = 0x8000, WORDS = 0x100000 };
enum { WORDS_STRIDE = 256, RESULT_STRIDE = 16, ROUNDS_MAX = 0x800 };

#define LIMIT_CYCLES 100000000

/* Registers with a meaning; t0, t1, t2 are free. */
enum { AT = S0, LEFT = S1, RESULT = S2, RANDOM = S3, FACTOR = S4, GATE = S5, TURN = A7, X = A1, Y = A5, READ = A2 };

static const unsigned delays[LITMUS_ACCESSES] = {A6, SP, TP};

static void put_big(struct guest *g, unsigned rd, uint64_t value)
{
    guest_li(g, rd, (uint32_t)(value >> 33) & 0x7fffffff);
    guest_ri(g, ISA_OP_slli, rd, rd, 32);
    guest_li(g, T0, (uint32_t)value & 0x7fffffff);
    guest_rr(g, ISA_OP_or, rd, rd, T0);
}

/* Leaves the word's line alone (half the time), loads it, or takes it to write, by two bits of t0. */
static void put_warming(struct guest *g, unsigned shift, unsigned address)
{
    guest_ri(g, ISA_OP_srli, T1, T0, (int)shift);
    guest_ri(g, ISA_OP_andi, T1, T1, 3);
    guest_ri(g, ISA_OP_addi, T1, T1, -2);
    unsigned leave = g->count;
    guest_branch(g, ISA_OP_blt, T1, ZERO, 0);
    unsigned take = g->count;
    guest_branch(g, ISA_OP_bne, T1, ZERO, 0);
    guest_ri(g, ISA_OP_lw, T2, address, 0);
    unsigned loaded = g->count;
    guest_jump(g, 0);
    guest_land(g, take);
    guest_rr(g, ISA_OP_amoor_w, ZERO, address, ZERO);
    guest_land(g, loaded);
    guest_land(g, leave);
}

/* Draws this round's delays, 0 to 63, 0 to 15, 0 to 3 or none, times 2 to the power of `stretch`, and cache states. */
static void put_draw(struct guest *g, unsigned stretch)
{
    guest_rr(g, ISA_OP_mul, RANDOM, RANDOM, FACTOR);
    guest_ri(g, ISA_OP_addi, RANDOM, RANDOM, 0x4d1);
    for (unsigned i = 0; i < LITMUS_ACCESSES; i++) {
        guest_ri(g, ISA_OP_srli, delays[i], RANDOM, 36 + 8 * (int)i);
        guest_ri(g, ISA_OP_andi, T0, delays[i], 3);
        guest_ri(g, ISA_OP_slli, T0, T0, 1);
        guest_ri(g, ISA_OP_srli, delays[i], delays[i], 2);
        guest_ri(g, ISA_OP_andi, delays[i], delays[i], 63);
        guest_rr(g, ISA_OP_srl, delays[i], delays[i], T0);
        guest_ri(g, ISA_OP_slli, delays[i], delays[i], (int)stretch);
    }
    guest_ri(g, ISA_OP_srli, T0, RANDOM, 60);
    put_warming(g, 0, X);
    put_warming(g, 2, Y);
}

static void put_barrier(struct guest *g, unsigned harts, bool pause)
{
    guest_ri(g, ISA_OP_addi, T1, ZERO, 1);
    guest_rr(g, ISA_OP_amoadd_w, ZERO, GATE, T1);
    guest_ri(g, ISA_OP_addi, TURN, TURN, (int)harts);
    unsigned wait = g->count;
    if (pause)
        guest_op(g, ISA_OP_pause);
    guest_ri(g, ISA_OP_lw, T0, GATE, 0);
    guest_branch(g, ISA_OP_blt, T0, TURN, wait);
}

static void put_write(struct guest *g, const struct litmus_variant *variant, unsigned address, unsigned value, bool wide)
{
    guest_ri(g, ISA_OP_addi, T2, ZERO, (int)value);
    if (variant->write == LITMUS_STORE) {
        guest_st(g, wide ? ISA_OP_sd : ISA_OP_sw, T2, address, 0);
    } else if (variant->write == LITMUS_SWAP) {
        guest_rr(g, wide ? ISA_OP_amoswap_d : ISA_OP_amoswap_w, ZERO, address, T2);
    } else {
        unsigned again = g->count;
        guest_rr(g, wide ? ISA_OP_lr_d : ISA_OP_lr_w, T0, address, 0);
        guest_rr(g, wide ? ISA_OP_sc_d : ISA_OP_sc_w, T1, address, T2);
        guest_branch(g, ISA_OP_bne, T1, ZERO, again);
    }
}

static void put_read(struct guest *g, const struct litmus_variant *variant, unsigned rd, unsigned address, bool wide)
{
    if (variant->read == LITMUS_LOAD)
        guest_ri(g, wide ? ISA_OP_ld : ISA_OP_lw, rd, address, 0);
    else if (variant->read == LITMUS_AMOOR)
        guest_rr(g, wide ? ISA_OP_amoor_d : ISA_OP_amoor_w, rd, address, ZERO);
    else
        guest_rr(g, wide ? ISA_OP_lr_d : ISA_OP_lr_w, rd, address, 0);
}

static void put_thread(struct guest *g, const struct litmus_program *p, unsigned thread, const struct litmus_variant *variant,
                       bool wide, struct random *random)
{
    for (unsigned i = 0; i < p->length[thread]; i++) {
        const struct litmus_access *access = &p->access[thread][i];
        unsigned none = g->count;
        guest_branch(g, ISA_OP_beq, delays[i], ZERO, 0);
        unsigned again = g->count;
        guest_ri(g, ISA_OP_addi, delays[i], delays[i], -1);
        guest_branch(g, ISA_OP_bne, delays[i], ZERO, again);
        guest_land(g, none);
        for (unsigned nops = random_below(random, 4); nops; nops--)
            guest_ri(g, ISA_OP_addi, ZERO, ZERO, 0);
        if (access->write)
            put_write(g, variant, access->word ? Y : X, access->value, wide);
        else
            put_read(g, variant, READ + i, access->word ? Y : X, wide);
    }
    for (unsigned i = 0; i < p->length[thread]; i++)
        guest_st(g, ISA_OP_sw, READ + i, RESULT, 4 * (int)i);
}

static void put_hart(struct guest *g, const struct litmus_program *p, unsigned thread, const struct litmus_variant *variant,
                     const struct litmus_place *place, unsigned times, unsigned stretch, struct random *random)
{
    bool pause = random_below(random, 2);
    guest_ram(g, AT, WORDS);
    guest_ram(g, RESULT, RESULTS + RESULTS_HART * thread);
    guest_ram(g, GATE, BARRIER);
    guest_li(g, LEFT, times);
    put_big(g, RANDOM, random_next(random));
    put_big(g, FACTOR, UINT64_C(0x5851f42d4c957f2d));
    guest_ri(g, ISA_OP_addi, TURN, ZERO, 0);
    unsigned again = g->count;
    guest_ri(g, ISA_OP_addi, X, AT, (int)place->x);
    guest_li(g, T0, place->y);
    guest_rr(g, ISA_OP_add, Y, AT, T0);
    put_draw(g, stretch);
    put_barrier(g, p->threads, pause);
    put_thread(g, p, thread, variant, place->bytes == 8, random);
    guest_ri(g, ISA_OP_addi, AT, AT, WORDS_STRIDE);
    guest_ri(g, ISA_OP_addi, RESULT, RESULT, RESULT_STRIDE);
    guest_ri(g, ISA_OP_addi, LEFT, LEFT, -1);
    guest_branch(g, ISA_OP_bne, LEFT, ZERO, again);
}

/* Hart 0 waits for all and ends the run. */
static void put_end(struct guest *g, unsigned harts)
{
    guest_ram(g, S0, DONE);
    guest_ri(g, ISA_OP_addi, T1, ZERO, 1);
    guest_rr(g, ISA_OP_amoadd_w, ZERO, S0, T1);
    guest_ri(g, ISA_OP_addi, T1, ZERO, (int)harts);
    unsigned others = g->count;
    guest_branch(g, ISA_OP_bne, A0, ZERO, others);
    unsigned wait = g->count;
    guest_op(g, ISA_OP_pause);
    guest_ri(g, ISA_OP_lw, T0, S0, 0);
    guest_branch(g, ISA_OP_bne, T0, T1, wait);
    guest_finish(g, 0x5555);
}

static bool read_word(const struct emu_machine *machine, uint32_t offset, unsigned bytes, uint64_t *ret_value)
{
    *ret_value = 0;
    return emu_ram_read(machine, GUEST_RAM + offset, ret_value, bytes) && *ret_value <= 3;
}

static bool observe(const struct emu_machine *machine, const struct litmus_program *p, const struct litmus_place *place,
                    unsigned round, struct litmus_set *set)
{
    uint64_t reads[LITMUS_READS] = {0}, words[2];
    for (unsigned thread = 0; thread < p->threads; thread++)
        for (unsigned i = 0; i < p->length[thread]; i++)
            if (!p->access[thread][i].write && !read_word(machine, RESULTS + RESULTS_HART * thread + RESULT_STRIDE * round + 4 * i,
                                                          4, &reads[p->access[thread][i].read]))
                return false;
    if (!read_word(machine, WORDS + WORDS_STRIDE * round + place->x, place->bytes, &words[0]) ||
        !read_word(machine, WORDS + WORDS_STRIDE * round + place->y, place->bytes, &words[1]))
        return false;
    set->has[outcome_of(p, reads, words)] = true;
    return true;
}

bool litmus_run(const struct litmus_program *program, const struct litmus_variant *variant, const struct litmus_place *place,
                const struct emu_config *config, uint64_t seed, unsigned times, struct litmus_set *set)
{
    struct guest guest = {.count = 0};
    struct random random = {seed * 977 + 13};
    struct emu_config mine = *config;
    unsigned away[LITMUS_THREADS];
    if (times > ROUNDS_MAX)
        abort();
    mine.harts = program->threads;
    mine.seed = seed;
    for (unsigned hart = 0; hart < program->threads; hart++) {
        unsigned other = guest.count + 2;
        guest_ri(&guest, ISA_OP_addi, T0, ZERO, (int)hart);
        guest_branch(&guest, ISA_OP_beq, A0, T0, other + 1);
        unsigned skip = guest.count;
        guest_jump(&guest, 0);
        put_hart(&guest, program, (unsigned)((hart + seed) % program->threads), variant, place, times, seed % 4, &random);
        away[hart] = guest.count;
        guest_jump(&guest, 0);
        guest_land(&guest, skip);
    }
    for (unsigned hart = 0; hart < program->threads; hart++)
        guest_land(&guest, away[hart]);
    put_end(&guest, program->threads);
    struct emu_machine *machine = guest_machine(&guest, &mine);
    bool ok = guest_run(machine, LIMIT_CYCLES).kind == EMU_STOP_FINISHED;
    for (unsigned round = 0; ok && round < times; round++)
        ok = observe(machine, program, place, round, set);
    emu_machine_destroy(machine);
    return ok;
}
