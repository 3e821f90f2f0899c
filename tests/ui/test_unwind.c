/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Backtraces of a guest that runs: by call frame information, against the calls that were seen to be made; by the frame pointer;
 * and through a trap.
 */
#define _GNU_SOURCE
#include "ui_guest.h"

#include <unwind_trap.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/emu.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST 32
enum { MTVEC = 0x305, MSCRATCH = 0x340, MEPC = 0x341 };

struct rig {
    struct symbols *symbols;
    struct emu_machine *machine;
    struct unwind_memory memory;
    bool is_deaf; /* memory cannot be read */
};

static bool read_memory(void *context, uint64_t address, void *to, size_t bytes)
{
    struct rig *rig = context;
    return !rig->is_deaf && emu_ram_read(rig->machine, address, to, bytes);
}

static bool no_memory(void *context, uint64_t address, void *to, size_t bytes)
{
    return false;
}

static struct rig *rig_create(const char *guest)
{
    struct rig *rig = calloc(1, sizeof *rig);
    struct emu_error error = {""};
    struct emu_config config;
    size_t bytes;
    void *elf = guest_read(guest, &bytes);
    emu_config_init(&config);
    config.fidelity = EMU_FAST;
    config.ram_bytes = 4 << 20;
    config.kernel = elf;
    config.kernel_bytes = bytes;
    rig->machine = emu_machine_create(&config, &error);
    cr_assert(rig->machine != NULL, "%s", error.text);
    rig->symbols = symbols_create();
    cr_assert(symbols_take(rig->symbols, elf, bytes, guest, 0, &error), "%s", error.text);
    rig->memory = (struct unwind_memory){read_memory, rig};
    return rig;
}

static void rig_destroy(struct rig *rig)
{
    emu_machine_destroy(rig->machine);
    symbols_destroy(rig->symbols);
    free(rig);
}

static struct unwind_frame innermost(const struct rig *rig)
{
    struct emu_hart_view view;
    emu_hart_view(rig->machine, 0, &view);
    return unwind_begin(view.pc, view.x);
}

/* Runs to the nth time that `name` is reached. */
static void run_to(struct rig *rig, const char *name, unsigned times)
{
    struct emu_until until;
    emu_until_init(&until);
    uint64_t address = guest_address(rig->symbols, name);
    cr_assert(emu_break_set(rig->machine, address));
    while (times--) {
        struct emu_stop stop = emu_run(rig->machine, &until);
        cr_assert(eq(int, stop.kind, EMU_STOP_BREAKPOINT), "%s", emu_stop_name(stop.kind));
        cr_assert(eq(u64, stop.pc, address));
    }
}

static const char *name_of(struct rig *rig, const struct unwind_frame *frame, char text[static SYMBOLS_TEXT_BYTES])
{
    symbols_write(rig->symbols, unwind_address(frame), text, SYMBOLS_TEXT_BYTES);
    text[strcspn(text, "+")] = '\0';
    return text;
}

/* Expects the names of all frames from this one on, and `by` of each step but the last, which ends it. */
static void expect_frames(struct rig *rig, struct unwind_frame *frame, enum unwind_by by, const char *const *names)
{
    char text[SYMBOLS_TEXT_BYTES];
    for (size_t i = 0; names[i]; i++) {
        cr_expect(eq(str, (char *)name_of(rig, frame, text), (char *)names[i]), "frame %zu", i);
        enum unwind_by got = names[i + 1] ? unwind_step(rig->symbols, &rig->memory, frame) : by;
        bool is_leaf = i == 0 && by == UNWIND_FRAME_POINTER; /* which has called nobody */
        cr_expect(eq(int, got, is_leaf ? UNWIND_RA : by), "frame %zu, %s", i, names[i]);
    }
}

static const char *const leaf_frames[] = {"leaf", "recurse",      "recurse", "recurse", "recurse", "two.c:helper",
                                          "two",  "one.c:helper", "main",    "_start",  NULL};

Test(unwind, a_leaf_without_a_frame_leads_to_the_start_by_call_frame_information)
{
    static const char *const guests[] = {"debug", "dwarf4", "eh"};
    for (size_t i = 0; i < 3; i++) {
        struct rig *rig = rig_create(guests[i]);
        run_to(rig, "leaf", 3); /* the trap calls it as well */
        struct unwind_frame frame = innermost(rig);
        expect_frames(rig, &frame, UNWIND_CFI, leaf_frames);
        cr_expect(eq(u64, frame.x[2], guest_address(rig->symbols, "stack_top")));
        cr_expect(frame.known >> 8 & 1);
        cr_expect(eq(u64, frame.x[8], 0));
        cr_expect(eq(int, unwind_step(rig->symbols, &rig->memory, &frame), UNWIND_END));
        rig_destroy(rig);
    }
}

Test(unwind, without_call_frame_information_the_frame_pointer_leads_to_the_start)
{
    struct rig *rig = rig_create("pointer");
    run_to(rig, "leaf", 3);
    struct unwind_frame frame = innermost(rig);
    expect_frames(rig, &frame, UNWIND_FRAME_POINTER, leaf_frames);
    cr_expect(eq(u64, frame.x[2], guest_address(rig->symbols, "stack_top")));
    cr_expect(eq(int, unwind_step(rig->symbols, &rig->memory, &frame), UNWIND_END));
    rig_destroy(rig);
}

static struct emu_stop step(struct rig *rig)
{
    struct emu_until until;
    emu_until_init(&until);
    until.steps = emu_position(rig->machine).steps + 1;
    struct emu_stop stop = emu_run(rig->machine, &until);
    cr_assert(stop.kind == EMU_STOP_LIMIT || stop.kind == EMU_STOP_FINISHED, "%s", emu_stop_name(stop.kind));
    return stop;
}

static bool through_trap(struct rig *rig, const struct unwind_frame *handler, struct unwind_frame *ret_outer)
{
    struct unwind_cause cause = {.scratch_csr = MSCRATCH, .epc_csr = MEPC};
    cr_assert(emu_csr_read(rig->machine, 0, MEPC, &cause.epc));
    cr_assert(emu_csr_read(rig->machine, 0, MTVEC, &cause.vector));
    cr_assert(emu_csr_read(rig->machine, 0, MSCRATCH, &cause.scratch));
    return unwind_through_trap(&rig->memory, handler, &cause, ret_outer);
}

/* From the handler's first instruction to its last, and from the functions that it calls. */
Test(unwind, from_every_instruction_of_a_handler_the_interrupted_frames_are_found_with_nothing_but_its_code)
{
    static const char *const interrupted[] = {"trapping", "two", "one.c:helper", "main", "_start", NULL};
    static const char *const guests[] = {"debug", "dwarf4", "eh", "scratch"};
    for (size_t i = 0; i < sizeof guests / sizeof guests[0]; i++) {
        struct rig *rig = rig_create(guests[i]);
        unsigned insns = 0, in_functions = 0;
        run_to(rig, "trap_entry", 1);
        uint64_t saved[32];
        struct emu_hart_view view;
        emu_hart_view(rig->machine, 0, &view);
        memcpy(saved, view.x, sizeof saved);
        for (;;) {
            struct unwind_frame frame = innermost(rig), outer;
            char text[SYMBOLS_TEXT_BYTES];
            unsigned depth = 0;
            while (strcmp(name_of(rig, &frame, text), "trap_entry") && depth++ < 4)
                cr_assert(eq(int, unwind_step(rig->symbols, &rig->memory, &frame), UNWIND_CFI));
            cr_assert(through_trap(rig, &frame, &outer), "%s, 0x%" PRIx64, guests[i], frame.pc);
            cr_expect(eq(u64, outer.x[2], saved[2]));
            cr_expect(eq(u64, outer.x[8], saved[8]), "%s, 0x%" PRIx64, guests[i], frame.pc);
            cr_expect(eq(u64, outer.x[1], saved[1]));
            insns++;
            in_functions += depth > 0;
            expect_frames(rig, &outer, UNWIND_CFI, interrupted);
            step(rig);
            frame = innermost(rig);
            if (!strcmp(name_of(rig, &frame, text), "trapping"))
                break;
            cr_assert(lt(uint, insns, 1000));
        }
        cr_expect(gt(uint, insns, 70), "%s", guests[i]);
        cr_expect(gt(uint, in_functions, 5), "%s", guests[i]);
        rig_destroy(rig);
    }
}

Test(unwind, nothing_but_a_handler_is_taken_for_one)
{
    struct rig *rig = rig_create("debug");
    run_to(rig, "leaf", 3); /* a trap has been before, so that mepc and mtvec are there */
    struct unwind_frame frame = innermost(rig), outer;
    do
        cr_expect(not(through_trap(rig, &frame, &outer)), "0x%" PRIx64, frame.pc);
    while (unwind_step(rig->symbols, &rig->memory, &frame) != UNWIND_END);
    rig_destroy(rig);
}

/* What calls and returns do to the list of return addresses, by the encodings in the specification: jal and jalr with rd = ra,
 * c.jalr; and a jump to ra. */
static unsigned follow(struct rig *rig, uint64_t pc, uint64_t *returns, unsigned depth)
{
    uint32_t word = 0;
    cr_assert(emu_ram_read(rig->machine, pc, &word, 4));
    uint16_t half = (uint16_t)word;
    bool is_short = (half & 3) != 3;
    if ((word & 0xfff) == 0x0ef || (word & 0xfff) == 0x0e7 || ((half & 0xf07f) == 0x9002 && half >> 7 & 31)) {
        cr_assert(depth < DEPTH_MOST);
        returns[depth++] = pc + (is_short ? 2 : 4);
    } else if (half == 0x8082 || word == 0x00008067) {
        cr_assert(depth > 0);
        depth--;
    }
    return depth;
}

/* Whether the frames of a hart at `pc` are those of the calls made. */
static void compare(struct rig *rig, const uint64_t *returns, unsigned depth)
{
    struct unwind_frame frame = innermost(rig);
    uint64_t pc = frame.pc;
    for (unsigned i = depth; i-- > 0;) {
        cr_assert(eq(int, unwind_step(rig->symbols, &rig->memory, &frame), UNWIND_CFI), "0x%" PRIx64 ", depth %u", pc, i);
        cr_assert(eq(u64, frame.pc, returns[i]), "0x%" PRIx64 ", depth %u", pc, i);
    }
    cr_assert(eq(int, unwind_step(rig->symbols, &rig->memory, &frame), UNWIND_END), "0x%" PRIx64, pc);
}

Test(unwind, every_instruction_of_a_run_leads_to_the_calls_that_led_to_it)
{
    static const char *const guests[] = {"debug", "dwarf4", "eh"};
    for (size_t g = 0; g < 3; g++) {
        struct rig *rig = rig_create(guests[g]);
        run_to(rig, "_start", 1);
        emu_break_clear(rig->machine, GUEST_RAM);
        uint64_t returns[DEPTH_MOST], entry = guest_address(rig->symbols, "trap_entry"), resumed = 0;
        unsigned depth = 0, compared = 0, deepest = 0;
        struct emu_stop stop;
        do {
            uint64_t pc = innermost(rig).pc;
            if (pc == entry) {
                cr_assert(emu_csr_read(rig->machine, 0, MEPC, &resumed));
                resumed += 4;
            }
            if (pc == resumed)
                resumed = 0;
            if (!resumed && depth > 0) { /* the handler and _start have no call frame information */
                compare(rig, returns, depth);
                compared++;
            }
            depth = follow(rig, pc, returns, depth);
            deepest = depth > deepest ? depth : deepest;
            stop = step(rig);
        } while (stop.kind != EMU_STOP_FINISHED);
        cr_expect(gt(uint, compared, 300));
        cr_expect(eq(uint, deepest, 9));
        rig_destroy(rig);
    }
}

Test(unwind, expressions_say_where_a_frame_and_its_registers_are)
{
    struct rig *rig = rig_create("debug");
    run_to(rig, "strange", 1);
    for (unsigned i = 0; i < 7; i++)
        step(rig);
    struct unwind_frame frame = innermost(rig);
    cr_assert(frame.x[1] == 0 && frame.x[8] == 0, "the function's own are not in place yet");
    cr_assert(eq(int, unwind_step(rig->symbols, &rig->memory, &frame), UNWIND_CFI));
    cr_expect(eq(u64, frame.x[2], guest_address(rig->symbols, "stack_top")));
    cr_expect(eq(u64, frame.x[8], 77));
    cr_expect(eq(u64, frame.x[9], 42));
    cr_expect(symbols_lookup(rig->symbols, frame.pc, NULL) == symbols_find(rig->symbols, "_start"));
    rig_destroy(rig);
}

/* One with this in place of the first function's instructions, which begin with an advance of two bytes and a frame of 16. */
static struct symbols *damaged(const uint8_t *instructions, size_t count)
{
    static const uint8_t begin[] = {0x42, 0x0e, 0x10, 0x44};
    struct emu_error error = {""};
    struct symbols *symbols = symbols_create();
    size_t bytes;
    uint8_t *elf = guest_read("eh", &bytes), *found = memmem(elf, bytes, begin, sizeof begin);
    cr_assert(found != NULL);
    memcpy(found, instructions, count);
    cr_assert(symbols_take(symbols, elf, bytes, "damaged", 0, &error), "%s", error.text);
    return symbols;
}

Test(unwind, call_frame_information_that_makes_no_sense_is_as_none)
{
    static const struct {
        uint8_t instructions[8];
        size_t count;
    } rows[] = {{{0x05, 0xff, 0xff, 0xff, 0x7f, 0x00}, 6}, /* a register that there is not */
                {{0x0b}, 1},                               /* nothing to restore */
                {{0x3f}, 1},                               /* no instruction */
                {{0x0d, 0x7f}, 2},                         /* a frame in a register that there is not */
                {{0x10, 0x01, 0xff, 0x7f}, 4}};            /* an expression that ends behind the entry */
    const struct unwind_memory memory = {no_memory, NULL};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct symbols *symbols = damaged(rows[i].instructions, rows[i].count);
        uint64_t helper = guest_address(symbols, "one.c:helper"), x[32] = {[1] = guest_address(symbols, "main") + 4};
        struct unwind_frame frame = unwind_begin(helper, x);
        cr_expect(eq(int, unwind_step(symbols, &memory, &frame), UNWIND_RA), "row %zu", i);
        cr_expect(eq(u64, frame.pc, x[1]));
        symbols_destroy(symbols);
    }
}

Test(unwind, memory_that_cannot_be_read_ends_it)
{
    static const char *const guests[] = {"debug", "eh", "pointer"};
    for (size_t i = 0; i < 3; i++) {
        struct rig *rig = rig_create(guests[i]);
        run_to(rig, "leaf", 1);
        struct unwind_frame frame = innermost(rig);
        rig->is_deaf = true;
        cr_expect(ne(int, unwind_step(rig->symbols, &rig->memory, &frame), UNWIND_END)); /* by ra alone */
        struct unwind_frame before = frame;
        cr_expect(eq(int, unwind_step(rig->symbols, &rig->memory, &frame), UNWIND_END));
        cr_expect(eq(int, memcmp(&before, &frame, sizeof frame), 0));
        rig_destroy(rig);
    }
}
