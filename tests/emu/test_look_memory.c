/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking at caches, lines, the bus, devices: the views agree with each other, with the counts and with what a guest did, and
 * neither looking nor logging changes the run.
 */
#include "program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/platform.h>
#include <string.h>

enum { WORD = 0x10000 };

static void run_steps(struct emu_machine *machine, uint64_t steps)
{
    struct emu_event events[64];
    struct emu_until until;
    emu_until_init(&until);
    until.steps = emu_position(machine).steps + steps;
    until.cycle = 2000000;
    while (emu_run(machine, &until).kind == EMU_STOP_EVENTS_FULL)
        while (emu_events_read(machine, events, 64))
            ;
}

static struct emu_machine *random_machine(struct random *random, unsigned fidelity, bool log)
{
    struct program_shape shape = {.harts = 1 + random_below(random, 4),
                                  .insns = 100 + random_below(random, 100),
                                  .loops = 10,
                                  .devices = random_below(random, 2),
                                  .paged = random_below(random, 2)};
    struct guest guest = program_random(random, &shape);
    struct emu_config config = guest_config(shape.harts);
    config.fidelity = fidelity;
    config.l1d = (struct emu_cache_config){.bytes = 512, .ways = 2};
    config.bus.arbiter = random_below(random, 4);
    struct emu_machine *machine = guest_machine(&guest, &config);
    cr_assert(emu_bus_log(machine, log));
    return machine;
}

/* ---- caches and lines ---- */

/* Every line that a cache has is that line's in the line's view, and nobody else has what is E or M. */
static unsigned check_caches(const struct emu_machine *machine)
{
    unsigned lines = 0;
    for (unsigned hart = 0; hart < emu_harts(machine); hart++)
        for (unsigned side = 0; side < 2; side++) {
            struct emu_cache_shape shape;
            struct emu_cache_view view;
            emu_cache_shape(machine, (enum emu_side)side, &shape);
            for (unsigned place = 0; place < shape.sets * shape.ways; place++) {
                cr_assert(emu_cache_view(machine, hart, (enum emu_side)side, place / shape.ways, place % shape.ways, &view));
                if (view.state == 0)
                    continue;
                struct emu_line_view line;
                struct emu_line_at_hart at;
                cr_assert(emu_line_view(machine, view.address + 13, &line));
                cr_assert(emu_line_at_hart(machine, view.address + 63, hart, &at));
                cr_expect(eq(u64, line.address, view.address));
                cr_expect(eq(uint, side == EMU_DATA ? line.data_set : line.instruction_set, place / shape.ways));
                cr_expect(eq(uint, side == EMU_DATA ? at.data : at.instruction, view.state));
                cr_expect(ge(uint, line.copies, 1));
                if (strchr("EM", *emu_line_state_name(view.state)))
                    cr_expect(eq(uint, line.copies, 1));
                lines++;
            }
            cr_expect(not(emu_cache_view(machine, hart, (enum emu_side)side, shape.sets, 0, &view)));
            cr_expect(not(emu_cache_view(machine, hart, (enum emu_side)side, 0, shape.ways, &view)));
        }
    return lines;
}

Test(look_memory, caches_and_lines_say_the_same_at_every_stop_and_looking_changes_nothing)
{
    for (unsigned program = 0; program < 20; program++) {
        struct random random = {77 + program}, same = random;
        struct emu_machine *seen = random_machine(&random, EMU_TIMED, true), *unseen = random_machine(&same, EMU_TIMED, false);
        unsigned lines = 0;
        for (unsigned stop = 0; stop < 50; stop++) {
            run_steps(seen, 100);
            run_steps(unseen, 100);
            lines += check_caches(seen);
            for (unsigned port = 0; port < emu_ports(seen); port++) {
                struct emu_port_view view;
                struct emu_line_view line;
                emu_port_view(seen, port, &view);
                if (view.waiting && emu_line_view(seen, view.address, &line))
                    cr_expect(ge(uint, line.waiting, 1));
            }
        }
        cr_expect(gt(uint, lines, 500));
        cr_expect(eq(u64, emu_state_hash(seen), emu_state_hash(unseen)), "program %u", program);
        emu_machine_destroy(seen);
        emu_machine_destroy(unseen);
    }
}

Test(look_memory, in_fast_fidelity_caches_are_empty_and_the_bus_is_idle)
{
    struct random random = {5};
    struct emu_machine *machine = random_machine(&random, EMU_FAST, true);
    struct emu_bus_record record;
    run_steps(machine, 3000);
    cr_expect(eq(uint, check_caches(machine), 0));
    cr_expect(not(emu_bus_log_read(machine, 0, &record)));
    emu_machine_destroy(machine);
}

/* Hart 1 stores to the word, then hart 0 reserves it, and both stay where they are. */
static struct guest reserving_guest(unsigned *ret_store)
{
    struct guest guest = {.count = 0}, *g = &guest;
    guest_ram(g, S0, WORD);
    guest_branch(g, ISA_OP_bne, A0, ZERO, 0);
    unsigned to_store = g->count - 1;
    guest_li(g, T1, 300);
    unsigned wait = g->count;
    guest_ri(g, ISA_OP_addi, T1, T1, -1);
    guest_branch(g, ISA_OP_bne, T1, ZERO, wait);
    guest_ri(g, ISA_OP_addi, S0, S0, 8);
    guest_rr(g, ISA_OP_lr_w, T0, S0, 0);
    guest_jump(g, g->count);
    guest_land(g, to_store);
    *ret_store = g->count;
    guest_st(g, ISA_OP_sd, S0, S0, 0);
    guest_jump(g, g->count);
    return guest;
}

Test(look_memory, a_line_shows_its_copies_its_reservation_and_who_wrote_to_it)
{
    unsigned store;
    struct guest guest = reserving_guest(&store);
    struct emu_config config = guest_config(2);
    config.fidelity = EMU_TIMED;
    struct emu_machine *machine = guest_machine(&guest, &config);
    struct emu_line_view line;
    struct emu_line_at_hart at[2];
    struct emu_bus_record record;
    cr_assert(emu_bus_log(machine, true));
    cr_assert(emu_line_view(machine, GUEST_RAM + WORD, &line));
    cr_expect(eq(uint, line.copies, 0));
    cr_expect(eq(uint, line.writer, EMU_NOBODY));
    cr_expect(not(line.slow));
    run_steps(machine, 4000);
    cr_assert(emu_line_view(machine, GUEST_RAM + WORD + 5, &line));
    for (unsigned hart = 0; hart < 2; hart++)
        cr_assert(emu_line_at_hart(machine, GUEST_RAM + WORD, hart, &at[hart]));
    cr_expect(eq(u64, line.address, GUEST_RAM + WORD));
    cr_expect(eq(uint, line.copies, 2));
    cr_expect(eq(uint, line.reservations, 1));
    cr_expect(line.slow);
    cr_expect(not(line.code));
    cr_expect(eq(uint, line.writer, 1));
    cr_expect(eq(str, (char *)emu_line_state_name(at[0].data), "S"));
    cr_expect(eq(str, (char *)emu_line_state_name(at[1].data), "S"));
    cr_expect(eq(uint, at[0].instruction, 0));
    cr_expect(at[0].reserved);
    cr_expect(eq(u64, at[0].reservation, GUEST_RAM + WORD + 8));
    cr_expect(eq(uint, at[0].reservation_bytes, 4));
    cr_expect(not(at[1].reserved));
    for (unsigned back = 0; emu_bus_log_read(machine, back, &record); back++)
        if (record.address == line.address && record.effect == line.written)
            break;
    cr_expect(eq(int, record.kind, EMU_TRANSACTION_READ_X));
    cr_expect(eq(u64, record.pc, GUEST_RAM + 4 * store));
    cr_assert(emu_line_view(machine, GUEST_RAM, &line));
    cr_expect(line.code);
    cr_expect(not(emu_line_view(machine, PLATFORM_UART_BASE, &line)));
    cr_expect(not(emu_line_at_hart(machine, GUEST_RAM + emu_ram_bytes(machine), 0, &at[0])));
    emu_machine_destroy(machine);
}

/* ---- the bus ---- */

static uint64_t transactions(const struct emu_machine *machine)
{
    struct emu_bus_stats stats;
    uint64_t sum = 0;
    emu_bus_stats(machine, &stats);
    for (unsigned kind = 0; kind < EMU_TRANSACTION_COUNT; kind++)
        sum += stats.transactions[kind];
    return sum;
}

Test(look_memory, the_log_has_every_transaction_since_it_was_begun_with_its_phases_in_order)
{
    for (unsigned program = 0; program < 20; program++) {
        struct random random = {4000 + program};
        struct emu_machine *machine = random_machine(&random, EMU_TIMED, false);
        struct emu_bus_record record, later = {.effect = UINT64_MAX};
        run_steps(machine, 500);
        uint64_t before = transactions(machine);
        cr_expect(not(emu_bus_log_read(machine, 0, &record)));
        cr_assert(emu_bus_log(machine, true));
        run_steps(machine, 1500);
        unsigned count = 0;
        for (; emu_bus_log_read(machine, count, &record); count++, later = record) {
            cr_expect(le(u64, record.requested, record.granted));
            cr_expect(eq(u64, record.granted + 12, record.effect));
            cr_expect(le(u64, record.effect, record.done));
            cr_expect(lt(u64, record.effect, later.effect));
            cr_expect(lt(uint, record.port, emu_ports(machine)));
            cr_expect(lt(int, record.kind, EMU_TRANSACTION_COUNT));
            bool device = record.kind == EMU_TRANSACTION_DEVICE_READ || record.kind == EMU_TRANSACTION_DEVICE_WRITE;
            struct emu_line_view line;
            cr_expect(eq(int, emu_line_view(machine, record.address, &line), !device));
        }
        uint64_t all = transactions(machine) - before;
        cr_expect(eq(u64, count, all < EMU_BUS_LOG_RECORDS ? all : EMU_BUS_LOG_RECORDS));
        cr_expect(gt(uint, count, 0));
        cr_assert(emu_bus_log(machine, false));
        run_steps(machine, 100);
        cr_expect(not(emu_bus_log_read(machine, 0, &record)), "forgotten");
        emu_machine_destroy(machine);
    }
}

/* ---- devices ---- */

Test(look_memory, what_is_mapped_does_not_overlap_and_is_what_the_memory_map_says)
{
    struct guest guest = {.count = 0};
    guest_jump(&guest, 0);
    struct emu_config config = guest_config(1);
    config.aclint = true;
    struct emu_machine *machine = guest_machine(&guest, &config);
    struct emu_region region, other;
    unsigned uarts = 0, virtios = 0;
    for (unsigned i = 0; emu_region(machine, i, &region); i++) {
        if (i > 0 && emu_region(machine, i - 1, &other))
            cr_expect(le(u64, other.base + other.bytes, region.base), "%s, %s: in order", region.name, other.name);
        uarts += !strcmp(region.name, "serial") && region.base == PLATFORM_UART_BASE && region.bytes == PLATFORM_UART_SIZE;
        virtios += !strcmp(region.name, "virtio_mmio");
        if (!strcmp(region.name, "ram"))
            cr_expect(eq(u64, region.bytes, emu_ram_bytes(machine)));
    }
    cr_expect(eq(uint, uarts, 1));
    cr_expect(eq(uint, virtios, PLATFORM_VIRTIO_COUNT));
    emu_machine_destroy(machine);
}

Test(look_memory, a_devices_registers_show_what_a_guest_wrote_to_them)
{
    struct guest guest = {.count = 0};
    guest_li(&guest, T0, PLATFORM_UART_BASE);
    guest_li(&guest, T1, 0x5a);
    guest_st(&guest, ISA_OP_sb, T1, T0, 7); /* the scratch register */
    guest_jump(&guest, guest.count);
    struct emu_config config = guest_config(1);
    config.virtio.slot[2] = EMU_VIRTIO_RNG;
    struct emu_machine *machine = guest_machine(&guest, &config);
    struct emu_region region;
    struct emu_field fields[64];
    unsigned met = 0, numbered = 0;
    run_steps(machine, 100);
    uint64_t hash = emu_state_hash(machine);
    for (unsigned i = 0; emu_region(machine, i, &region); i++) {
        size_t count = emu_region_fields(machine, i, fields, 64);
        for (size_t n = 0; n < count && n < 64; n++) {
            met += !strcmp(region.name, "serial") && !strcmp(fields[n].name, "scr") && fields[n].value == 0x5a;
            numbered += region.base == PLATFORM_VIRTIO_BASE + 2 * PLATFORM_VIRTIO_STRIDE && strstr(fields[n].name, "queue") != NULL;
        }
        if (!strcmp(region.name, "ram") || !strcmp(region.name, "rom"))
            cr_expect(eq(sz, count, 0));
        bool is_rng = region.base == PLATFORM_VIRTIO_BASE + 2 * PLATFORM_VIRTIO_STRIDE;
        if (!strcmp(region.name, "virtio_mmio"))
            cr_expect(eq(str, (char *)emu_virtio_at(machine, region.base), (char *)(is_rng ? "entropy" : "nothing")));
        else
            cr_expect(emu_virtio_at(machine, region.base) == NULL);
        cr_expect(eq(sz, emu_region_fields(machine, i, fields, 1), count), "however many there is room for");
    }
    cr_expect(eq(uint, met, 1));
    cr_expect(gt(uint, numbered, 3));
    cr_expect(eq(u64, emu_state_hash(machine), hash));
    emu_machine_destroy(machine);
}

static void put_word(struct guest *guest, uint32_t address, uint32_t value)
{
    guest_li(guest, T0, address);
    guest_li(guest, T1, value);
    guest_st(guest, ISA_OP_sw, T1, T0, 0);
}

Test(look_memory, the_interrupt_controllers_show_what_a_guest_set_and_what_became_of_it)
{
    struct guest guest = {.count = 0}, *g = &guest;
    const uint32_t context = PLATFORM_PLIC_BASE + PLATFORM_PLIC_CONTEXT_BASE + 3 * PLATFORM_PLIC_CONTEXT_STRIDE;
    unsigned idle = 0;
    guest_branch(g, ISA_OP_bne, A0, ZERO, idle); /* hart 1 stays here */
    put_word(g, PLATFORM_PLIC_BASE + 4 * PLATFORM_UART_IRQ, 5);
    put_word(g, PLATFORM_PLIC_BASE + 0x2000 + 3 * 0x80, 1u << PLATFORM_UART_IRQ);
    put_word(g, context, 4);
    put_word(g, PLATFORM_CLINT_BASE + 4, 1);
    put_word(g, PLATFORM_MTIMECMP_BASE + 8, 77);
    put_word(g, PLATFORM_MTIMECMP_BASE + 12, 0);
    guest_li(g, T0, PLATFORM_UART_BASE);
    guest_ri(g, ISA_OP_addi, T1, ZERO, 1);
    guest_st(g, ISA_OP_sb, T1, T0, 1);
    guest_ri(g, ISA_OP_lb, T1, T0, 0); /* a mark: the breakpoint below comes behind all that */
    unsigned before_claim = g->count;
    guest_li(g, T0, context);
    guest_ri(g, ISA_OP_lw, S1, T0, 4);
    unsigned after_claim = g->count;
    guest_jump(g, after_claim);
    for (unsigned fidelity = 0; fidelity < 2; fidelity++) {
        struct emu_config config = guest_config(2);
        config.fidelity = fidelity;
        struct emu_machine *machine = guest_machine(&guest, &config);
        struct emu_irq_view irq;
        struct emu_irq_context_view at;
        struct emu_timer_view timer;
        emu_break_set(machine, GUEST_RAM + 4 * before_claim);
        cr_assert(eq(int, guest_run(machine, 100000).kind, EMU_STOP_BREAKPOINT));
        cr_assert(emu_irq_view(machine, PLATFORM_UART_IRQ, &irq));
        cr_expect(eq(str, (char *)irq.name, "serial"));
        cr_expect(not(irq.pending));
        cr_expect(eq(uint, irq.priority, 5));
        const struct emu_input byte = {.kind = EMU_INPUT_CONSOLE_BYTE, .a = 'x'};
        cr_assert(emu_input(machine, &byte, 0, NULL, NULL));
        cr_assert(emu_irq_view(machine, PLATFORM_UART_IRQ, &irq));
        cr_assert(emu_irq_context_view(machine, 3, &at));
        cr_expect(irq.high && irq.pending && !irq.in_service);
        cr_expect(eq(uint, at.hart, 1));
        cr_expect(eq(uint, at.mode, 1));
        cr_expect(eq(uint, at.threshold, 4));
        cr_expect(at.raised);
        cr_expect(eq(uint, at.best, PLATFORM_UART_IRQ));
        cr_expect(emu_irq_enabled(machine, PLATFORM_UART_IRQ, 3));
        cr_expect(not(emu_irq_enabled(machine, PLATFORM_UART_IRQ, 2)));
        emu_timer_view(machine, 1, &timer);
        cr_expect(eq(u64, timer.mtimecmp, 77));
        cr_expect(eq(int, timer.due, timer.mtime >= 77));
        cr_expect(timer.msip);
        emu_timer_view(machine, 0, &timer);
        cr_expect(eq(u64, timer.mtimecmp, UINT64_MAX));
        cr_expect(not(timer.msip || timer.due));
        emu_break_set(machine, GUEST_RAM + 4 * after_claim);
        cr_assert(eq(int, guest_run(machine, 100000).kind, EMU_STOP_BREAKPOINT));
        cr_assert(emu_irq_view(machine, PLATFORM_UART_IRQ, &irq));
        cr_assert(emu_irq_context_view(machine, 3, &at));
        cr_expect(irq.in_service && !irq.pending);
        cr_expect(eq(uint, irq.claimed_by, 3));
        cr_expect(not(at.raised || at.best));
        cr_expect(not(emu_irq_view(machine, 0, &irq) || emu_irq_view(machine, emu_irq_sources(machine) + 1, &irq)));
        cr_expect(not(emu_irq_context_view(machine, emu_irq_contexts(machine), &at)));
        emu_machine_destroy(machine);
    }
}
