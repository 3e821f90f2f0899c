/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Interrupts from device to hart, with guests: who of several harts gets an external interrupt, what the others are told and what
 * the events say about it.
 */
#include "guest.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

enum { MEPC = 0x341, MSTATUS = 0x300, MIDELEG = 0x303, STVEC = 0x105, SEPC = 0x141, SIE = 0x104, SIP = 0x144, SCAUSE = 0x142 };
enum { PMPADDR0 = 0x3b0, PMPCFG0 = 0x3a0, SSTATUS = 0x100, MCYCLE = 0xb00, SSI = 2, ROUNDS = 20 };
enum { MIE = 0x304, MIP = 0x344, MEIE = 1 << 11, RESULTS = 0x10000, UART = 10, CYCLES = 100000 };

static const char *const fidelities[] = {[EMU_TIMED] = "timed", [EMU_FAST] = "fast"};

/* s2 = the PLIC, s3 = the claim register of the hart's M context, s4 = the hart's doubleword of results. */
static void put_addresses(struct guest *guest)
{
    guest_li(guest, S2, 0xc000000);
    guest_li(guest, S3, 0xc200004);
    guest_ri(guest, ISA_OP_slli, T0, A0, 13);
    guest_rr(guest, ISA_OP_add, S3, S3, T0);
    guest_ram(guest, S4, RESULTS);
    guest_ri(guest, ISA_OP_slli, T0, A0, 3);
    guest_rr(guest, ISA_OP_add, S4, S4, T0);
}

/* Each hart enables the UART's source for its M context and waits for an external interrupt. */
static void put_waiting(struct guest *guest)
{
    put_addresses(guest);
    guest_ri(guest, ISA_OP_addi, T1, ZERO, 1);
    guest_st(guest, ISA_OP_sw, T1, S2, 4 * UART);
    guest_ri(guest, ISA_OP_slli, T0, A0, 8);
    guest_li(guest, T1, 0x2000);
    guest_rr(guest, ISA_OP_add, T0, T0, T1);
    guest_rr(guest, ISA_OP_add, T0, T0, S2);
    guest_li(guest, T1, 1 << UART);
    guest_st(guest, ISA_OP_sw, T1, T0, 0);
    guest_li(guest, T0, 0x10000000);
    guest_ri(guest, ISA_OP_addi, T1, ZERO, 1);
    guest_st(guest, ISA_OP_sb, T1, T0, 1);
    guest_li(guest, T1, MEIE);
    guest_csr(guest, ISA_OP_csrrs, ZERO, MIE, T1);
    guest_op(guest, ISA_OP_wfi);
}

/* The result is what the hart claimed + 100. */
static void put_claim(struct guest *guest)
{
    guest_ri(guest, ISA_OP_lw, T1, S3, 0);
    guest_ri(guest, ISA_OP_addi, T1, T1, 100);
    guest_st(guest, ISA_OP_sd, T1, S4, 0);
}

/* All harts wait and then claim at once; or hart 0 alone claims, and the others watch their pin. */
static struct guest claiming_guest(bool only_hart_0)
{
    struct guest guest = {.count = 0};
    put_waiting(&guest);
    unsigned others = guest.count;
    guest_branch(&guest, ISA_OP_bne, A0, ZERO, guest.count);
    put_claim(&guest);
    guest_jump(&guest, guest.count);
    if (!only_hart_0) {
        guest_land(&guest, others);
        put_claim(&guest);
        guest_jump(&guest, guest.count);
        return guest;
    }
    guest_land(&guest, others);
    unsigned again = guest.count;
    guest_csr(&guest, ISA_OP_csrrs, T1, MIP, 0);
    guest_ri(&guest, ISA_OP_srli, T1, T1, 11);
    guest_branch(&guest, ISA_OP_bne, T1, ZERO, again);
    guest_ri(&guest, ISA_OP_addi, T1, ZERO, 7);
    guest_st(&guest, ISA_OP_sd, T1, S4, 0);
    guest_jump(&guest, guest.count);
    return guest;
}

struct claims {
    struct emu_event empty, stale; /* the last ones */
    unsigned empty_count, stale_count;
};

/* A byte comes when all wait; `stride`: steps a call. */
static struct emu_machine *run(const struct guest *guest, unsigned harts, unsigned fidelity, uint64_t stride, struct claims *ret)
{
    struct emu_config config = guest_config(harts);
    struct emu_event event;
    struct emu_until until;
    config.fidelity = fidelity;
    struct emu_machine *machine = guest_machine(guest, &config);
    emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_EMPTY_CLAIM) | EMU_EVENT_BIT(EMU_EVENT_NOTIFICATION_STALE));
    guest_run(machine, CYCLES);
    cr_assert(emu_input(machine, &(struct emu_input){.kind = EMU_INPUT_CONSOLE_BYTE, .a = 'x'}, 0, NULL, NULL));
    *ret = (struct claims){.empty_count = 0};
    emu_until_init(&until);
    until.cycle = emu_now(machine) + 20000;
    for (uint64_t before = UINT64_MAX; emu_position(machine).steps != before;) {
        before = emu_position(machine).steps;
        until.steps = stride == UINT64_MAX ? stride : before + stride;
        emu_run(machine, &until);
        while (emu_events_read(machine, &event, 1)) {
            bool empty = event.kind == EMU_EVENT_EMPTY_CLAIM;
            *(empty ? &ret->empty : &ret->stale) = event;
            *(empty ? &ret->empty_count : &ret->stale_count) += 1;
        }
    }
    return machine;
}

Test(interrupts, one_of_all_harts_gets_the_source_and_the_others_claim_in_vain)
{
    const struct guest guest = claiming_guest(false);
    for (unsigned fidelity = EMU_TIMED; fidelity <= EMU_FAST; fidelity++) {
        for (unsigned harts = 1; harts <= 64; harts *= 4) {
            struct claims claims;
            struct emu_machine *machine = run(&guest, harts, fidelity, UINT64_MAX, &claims);
            unsigned winners = 0, winner = 0;
            for (unsigned hart = 0; hart < harts; hart++) {
                uint64_t result = guest_ram_u64(machine, RESULTS + 8 * hart);
                cr_expect(result == 100 || result == 100 + UART, "%s, hart %u: %lu", fidelities[fidelity], hart,
                          (unsigned long)result);
                winner = result == 100 + UART ? hart : winner;
                winners += result == 100 + UART;
            }
            cr_expect(eq(uint, winners, 1), "%s, %u harts", fidelities[fidelity], harts);
            cr_expect(eq(uint, claims.empty_count, harts - 1), "%s, %u harts", fidelities[fidelity], harts);
            cr_expect(eq(uint, claims.stale_count, harts - 1), "%s, %u harts", fidelities[fidelity], harts);
            if (harts > 1) {
                cr_expect(eq(u64, claims.empty.a, EMU_EMPTY_CLAIM_ANOTHER_FIRST));
                cr_expect(eq(u64, claims.empty.b, 2u * claims.empty.hart | UART << 16 | (uint64_t)winner * 2 << 32));
                cr_expect(eq(u16, claims.empty.other, (uint16_t)winner));
            }
            emu_machine_destroy(machine);
        }
    }
}

Test(interrupts, a_pin_that_falls_by_anothers_claim_before_the_hart_claims_is_a_stale_notification)
{
    const struct guest guest = claiming_guest(true);
    for (unsigned fidelity = EMU_TIMED; fidelity <= EMU_FAST; fidelity++) {
        struct claims claims;
        struct emu_machine *machine = run(&guest, 2, fidelity, UINT64_MAX, &claims);
        cr_expect(eq(u64, guest_ram_u64(machine, RESULTS), 100 + UART));
        cr_expect(eq(u64, guest_ram_u64(machine, RESULTS + 8), 7), "hart 1 sees its pin fall");
        cr_expect(eq(uint, claims.empty_count, 0));
        cr_expect(eq(uint, claims.stale_count, 1));
        cr_expect(eq(u16, claims.stale.hart, 1));
        cr_expect(eq(u16, claims.stale.other, 0));
        cr_expect(eq(u64, claims.stale.a, UART));
        cr_expect(eq(u64, claims.stale.b, 2), "context 2; 0 claimed");
        emu_machine_destroy(machine);
    }
}

Test(interrupts, what_the_events_of_claims_say_does_not_depend_on_where_the_run_is_stopped)
{
    const struct guest guest = claiming_guest(false);
    for (unsigned fidelity = EMU_TIMED; fidelity <= EMU_FAST; fidelity++) {
        struct claims whole, stepped;
        struct emu_machine *a = run(&guest, 3, fidelity, UINT64_MAX, &whole), *b = run(&guest, 3, fidelity, 1, &stepped);
        cr_expect(eq(uint, stepped.empty_count, 2));
        cr_expect(eq(uint, stepped.stale_count, 2));
        cr_expect(zero(int, memcmp(&whole.empty, &stepped.empty, sizeof whole.empty)), "%s", fidelities[fidelity]);
        cr_expect(zero(int, memcmp(&whole.stale, &stepped.stale, sizeof whole.stale)), "%s", fidelities[fidelity]);
        emu_machine_destroy(a);
        emu_machine_destroy(b);
    }
}

Test(interrupts, the_machine_can_stop_on_an_empty_claim)
{
    struct guest guest = {.count = 0};
    put_addresses(&guest);
    put_claim(&guest);
    guest_finish(&guest, 0x5555);
    struct emu_machine *machine = guest_machine(&guest, NULL);
    struct emu_until until;
    emu_until_init(&until);
    emu_stop_on(machine, EMU_EVENT_BIT(EMU_EVENT_EMPTY_CLAIM));
    struct emu_stop stop = emu_run(machine, &until);
    cr_expect(eq(int, stop.kind, EMU_STOP_MACHINE_EVENT));
    cr_expect(eq(uint, stop.event, EMU_EVENT_EMPTY_CLAIM));
    cr_expect(eq(uint, stop.hart, 0));
    emu_machine_destroy(machine);
}

/* rd = the SETSSIP register of the hart in rs. */
static void put_setssip(struct guest *guest, unsigned rd, unsigned rs)
{
    guest_li(guest, rd, 0x2f00000);
    guest_ri(guest, ISA_OP_slli, T0, rs, 2);
    guest_rr(guest, ISA_OP_add, rd, rd, T0);
}

/* To S-mode with all of memory, SSI delegated. */
static void put_enter_s(struct guest *guest)
{
    guest_ri(guest, ISA_OP_addi, T0, ZERO, -1);
    guest_csr(guest, ISA_OP_csrrw, ZERO, PMPADDR0, T0);
    guest_ri(guest, ISA_OP_addi, T0, ZERO, 0x1f);
    guest_csr(guest, ISA_OP_csrrw, ZERO, PMPCFG0, T0);
    guest_ri(guest, ISA_OP_addi, T0, ZERO, SSI);
    guest_csr(guest, ISA_OP_csrrw, ZERO, MIDELEG, T0);
    guest_li(guest, T0, 1 << 11);
    guest_csr(guest, ISA_OP_csrrw, ZERO, MSTATUS, T0);
    unsigned at = guest->count;
    guest_ri(guest, ISA_OP_auipc, T0, 0, 0);
    guest_ri(guest, ISA_OP_addi, T0, T0, 4 * 4);
    guest_csr(guest, ISA_OP_csrrw, ZERO, MEPC, T0);
    guest_op(guest, ISA_OP_mret);
    if (guest->count != at + 4)
        cr_fatal("the entry is 4 words long");
}

/* The harts send each other a supervisor interrupt in turn: who takes one counts it, clears it and sends one back, until there were
 * enough. Hart 0's results: how many, and the last cause. */
static struct guest ping_pong_guest(void)
{
    struct guest guest = {.count = 0};
    guest_jump(&guest, 0);
    unsigned handler = guest.count; /* in S-mode */
    guest_csr(&guest, ISA_OP_csrrs, T1, SCAUSE, 0);
    guest_st(&guest, ISA_OP_sd, T1, S4, 16);
    guest_ri(&guest, ISA_OP_addi, T1, ZERO, SSI);
    guest_csr(&guest, ISA_OP_csrrc, ZERO, SIP, T1);
    guest_ri(&guest, ISA_OP_addi, S1, S1, 1);
    guest_st(&guest, ISA_OP_sd, S1, S4, 0);
    guest_ri(&guest, ISA_OP_addi, T1, ZERO, 1);
    guest_st(&guest, ISA_OP_sw, T1, S3, 0);
    guest_ri(&guest, ISA_OP_addi, T1, ZERO, ROUNDS);
    unsigned more = guest.count;
    guest_branch(&guest, ISA_OP_bne, S1, T1, guest.count);
    guest_branch(&guest, ISA_OP_beq, A0, ZERO, guest.count + 2); /* hart 0 has had the last one */
    unsigned stay = guest.count;
    guest_jump(&guest, stay);
    guest_finish(&guest, 0x5555);
    guest_land(&guest, more);
    guest_op(&guest, ISA_OP_sret);

    guest_land(&guest, 0);
    put_addresses(&guest);
    guest_ri(&guest, ISA_OP_xori, S2, A0, 1);
    put_setssip(&guest, S3, S2);
    guest_ram(&guest, T1, 4 * handler);
    guest_csr(&guest, ISA_OP_csrrw, ZERO, STVEC, T1);
    put_enter_s(&guest);
    guest_ri(&guest, ISA_OP_addi, T1, ZERO, SSI);
    guest_csr(&guest, ISA_OP_csrrs, ZERO, SIE, T1);
    guest_csr(&guest, ISA_OP_csrrs, ZERO, SSTATUS, T1); /* SIE */
    unsigned others = guest.count;
    guest_branch(&guest, ISA_OP_beq, A0, ZERO, guest.count);
    guest_st(&guest, ISA_OP_sw, T1, S3, 0); /* bit 0 is clear: nothing */
    guest_ri(&guest, ISA_OP_addi, T1, ZERO, 1);
    guest_st(&guest, ISA_OP_sw, T1, S3, 0);
    guest_land(&guest, others);
    unsigned wait = guest.count;
    guest_op(&guest, ISA_OP_wfi);
    guest_jump(&guest, wait);
    return guest;
}

Test(interrupts, supervisors_interrupt_each_other_by_sswi)
{
    const struct guest guest = ping_pong_guest();
    for (unsigned fidelity = EMU_TIMED; fidelity <= EMU_FAST; fidelity++) {
        struct emu_config config = guest_config(2);
        config.fidelity = fidelity;
        config.aclint = true;
        struct emu_machine *machine = guest_machine(&guest, &config);
        struct emu_stop stop = guest_run(machine, CYCLES);
        cr_expect(eq(int, stop.kind, EMU_STOP_FINISHED), "%s: %s", fidelities[fidelity], emu_stop_name(stop.kind));
        cr_expect(eq(u64, guest_ram_u64(machine, RESULTS), ROUNDS), "%s", fidelities[fidelity]);
        cr_expect(eq(u64, guest_ram_u64(machine, RESULTS + 16), UINT64_C(1) << 63 | 1), "%s", fidelities[fidelity]);
        emu_machine_destroy(machine);
    }
}

Test(interrupts, without_aclint_there_is_no_sswi)
{
    struct guest guest = {.count = 0};
    put_setssip(&guest, S3, A0);
    guest_st(&guest, ISA_OP_sw, ZERO, S3, 0);
    struct emu_machine *machine = guest_machine(&guest, NULL);
    struct emu_event event;
    emu_stop_on(machine, EMU_EVENT_BIT(EMU_EVENT_ACCESS_FAULTED));
    struct emu_until until;
    emu_until_init(&until);
    cr_expect(eq(int, emu_run(machine, &until).kind, EMU_STOP_MACHINE_EVENT));
    cr_assert(eq(sz, emu_events_read(machine, &event, 1), 1));
    cr_expect(eq(u64, event.a, 0x2f00000));
    emu_machine_destroy(machine);
}

/* Hart 0 reads the cycle and writes SETSSIP of hart 1 with the next instruction; hart 1 waits for it with wfi. */
Test(interrupts, a_supervisor_ipi_wakes_the_other_hart_12_cycles_after_its_write_took_effect)
{
    enum { TO_THE_EFFECT = 12, TO_THE_PIN = 12, EARLY = 400 };
    struct guest guest = {.count = 0};
    put_addresses(&guest);
    guest_ri(&guest, ISA_OP_xori, S2, A0, 1);
    put_setssip(&guest, S3, S2);
    guest_ri(&guest, ISA_OP_addi, T1, ZERO, SSI);
    guest_csr(&guest, ISA_OP_csrrw, ZERO, MIE, T1);
    unsigned others = guest.count;
    guest_branch(&guest, ISA_OP_bne, A0, ZERO, guest.count);
    guest_ri(&guest, ISA_OP_addi, T0, ZERO, EARLY);
    guest_ri(&guest, ISA_OP_addi, T0, T0, -1);
    guest_branch(&guest, ISA_OP_bne, T0, ZERO, guest.count - 1);
    guest_ri(&guest, ISA_OP_addi, T1, ZERO, 1);
    guest_csr(&guest, ISA_OP_csrrs, T2, MCYCLE, 0);
    guest_st(&guest, ISA_OP_sw, T1, S3, 0);
    guest_st(&guest, ISA_OP_sd, T2, S4, 0);
    guest_op(&guest, ISA_OP_wfi);
    guest_land(&guest, others);
    guest_op(&guest, ISA_OP_wfi);
    guest_jump(&guest, guest.count);
    struct emu_config config = guest_config(2);
    config.aclint = true; /* fast; docs/timing.md has a row for timed */
    struct emu_machine *machine = guest_machine(&guest, &config);
    struct emu_event event;
    emu_stop_on(machine, EMU_EVENT_BIT(EMU_EVENT_HART_WOKE));
    struct emu_until until;
    emu_until_init(&until);
    until.cycle = CYCLES;
    cr_assert(eq(int, emu_run(machine, &until).kind, EMU_STOP_MACHINE_EVENT));
    cr_assert(eq(sz, emu_events_read(machine, &event, 1), 1));
    cr_expect(eq(u16, event.hart, 1));
    guest_run(machine, 200);
    cr_expect(eq(u64, event.cycle, guest_ram_u64(machine, RESULTS) + 1 + TO_THE_EFFECT + TO_THE_PIN));
    emu_machine_destroy(machine);
}

/* Hart 0 claims and completes the UART's source, whose level stays high, again and again; all other harts wait and enable it, too.
 */
static struct guest flickering_guest(unsigned rounds)
{
    struct guest guest = {.count = 0};
    put_waiting(&guest);
    unsigned others = guest.count;
    guest_branch(&guest, ISA_OP_bne, A0, ZERO, guest.count);
    guest_ri(&guest, ISA_OP_addi, S5, ZERO, (int)rounds);
    unsigned again = guest.count;
    guest_ri(&guest, ISA_OP_lw, T1, S3, 0);
    guest_st(&guest, ISA_OP_sw, T1, S3, 0);
    guest_ri(&guest, ISA_OP_addi, S5, S5, -1);
    guest_branch(&guest, ISA_OP_bne, S5, ZERO, again);
    guest_land(&guest, others);
    guest_csr(&guest, ISA_OP_csrrw, ZERO, MIE, ZERO);
    guest_op(&guest, ISA_OP_wfi);
    guest_jump(&guest, guest.count);
    return guest;
}

Test(interrupts, no_stale_notification_of_256_harts_is_lost_when_tiny_reads_drain_a_small_ring)
{
    enum { HARTS = 256, FLICKERS = 20 };
    const struct guest guest = flickering_guest(FLICKERS);
    for (unsigned fidelity = EMU_TIMED; fidelity <= EMU_FAST; fidelity++) {
        struct emu_config config = guest_config(HARTS);
        unsigned stale[HARTS] = {0}, full = 0;
        config.fidelity = fidelity;
        config.event_ring_records = 1024;
        struct emu_machine *machine = guest_machine(&guest, &config);
        guest_run(machine, CYCLES);
        emu_events_select(machine, EMU_EVENT_BIT(EMU_EVENT_NOTIFICATION_STALE));
        cr_assert(emu_input(machine, &(struct emu_input){.kind = EMU_INPUT_CONSOLE_BYTE, .a = 'x'}, 0, NULL, NULL));
        struct emu_until until;
        struct emu_event events[3];
        struct emu_stop stop;
        emu_until_init(&until);
        size_t count;
        do {
            stop = emu_run(machine, &until);
            full += stop.kind == EMU_STOP_EVENTS_FULL;
            count = emu_events_read(machine, events, 3);
            for (size_t i = 0; i < count; i++)
                stale[events[i].hart]++;
        } while (stop.kind == EMU_STOP_EVENTS_FULL || count > 0);
        cr_expect(gt(uint, full, 100), "%s: the ring was never full", fidelities[fidelity]);
        for (unsigned hart = 0; hart < HARTS; hart++)
            cr_expect(eq(uint, stale[hart], hart ? FLICKERS : 0), "%s, hart %u", fidelities[fidelity], hart);
        emu_machine_destroy(machine);
    }
}
