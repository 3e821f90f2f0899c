/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The monitor's commands that make the machine go on, and those that change it.
 */
#include "monitor_private.h"
#include "word.h"

#include <inttypes.h>
#include <isa/insn.h>
#include <isa/trap.h>
#include <string.h>

#define STEPS_MOST (UINT64_C(1) << 40)

static bool count_of(const struct words *words, unsigned at, uint64_t *ret_count, struct emu_error *error)
{
    *ret_count = 1;
    if (words->count > at + 1)
        return emu_error_set(error, "'%.40s' is too much here", words->word[at + 1]);
    return words->count <= at || number_parse(words->word[at], 1, STEPS_MOST, ret_count) ||
           emu_error_set(error, "a number from 1 is expected, not '%.40s'", words->word[at]);
}

uint64_t monitor_done_by(const struct emu_machine *machine, unsigned hart)
{
    struct emu_hart_view view;
    emu_hart_view(machine, hart, &view);
    return view.instructions + view.traps;
}

bool command_continue(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    monitor_resumes(monitor);
    return true;
}

static bool freeze(struct monitor *monitor, unsigned hart, bool freezes, struct emu_error *error)
{
    const struct emu_input input = {.kind = freezes ? EMU_INPUT_FREEZE : EMU_INPUT_THAW, .hart = hart};
    return monitor_input(monitor, &input, error);
}

static bool is_frozen(const struct monitor *monitor, unsigned hart)
{
    struct emu_hart_view view;
    emu_hart_view(monitor->host.machine, hart, &view);
    return view.state == EMU_HART_FROZEN;
}

static bool only(struct monitor *monitor, unsigned hart, struct emu_error *error)
{
    for (unsigned h = 0; h < emu_harts(monitor->host.machine); h++)
        if (is_frozen(monitor, h) != (h != hart) && !freeze(monitor, h, h != hart, error))
            return false;
    return true;
}

bool command_step(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    uint64_t count;
    unsigned hart;
    if (words->count == 0 || strcmp(words->word[0], "hart")) {
        if (!count_of(words, 0, &count, error))
            return false;
        monitor->goal.steps = emu_position(monitor->host.machine).steps + count;
        monitor->counts_moves = true;
        for (unsigned h = 0; h < emu_harts(monitor->host.machine); h++)
            monitor->moved_from[h] = monitor_done_by(monitor->host.machine, h);
        monitor_goes_on(monitor);
        return true;
    }
    if (words->count < 2)
        return emu_error_set(error, "step hart needs the number of a hart");
    bool alone = words->count > 2 && !strcmp(words->word[2], "only");
    if (!monitor_hart_number(monitor, words->word[1], &hart, error) || !count_of(words, 2 + alone, &count, error))
        return false;
    if (!alone && is_frozen(monitor, hart))
        return emu_error_set(error, "hart %u is frozen: thaw it first, or step hart %u only", hart, hart);
    if (alone && !only(monitor, hart, error))
        return false;
    monitor->hart = hart;
    monitor->goal.hart = (int)hart;
    monitor->goal.done = monitor_done_by(monitor->host.machine, hart) + count;
    monitor_goes_on(monitor);
    return true;
}

bool command_cycle(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    uint64_t count, now = emu_now(monitor->host.machine);
    if (words->count > 0 && !strcmp(words->word[0], "to")) {
        if (words->count != 2 || !number_parse(words->word[1], 0, INT64_MAX, &count))
            return emu_error_set(error, "write cycle to CYCLE");
        if (count <= now)
            return emu_error_set(error, "cycle %" PRIu64 " is behind the machine, which is at %" PRIu64, count, now);
        monitor->goal.cycle = count;
    } else {
        if (!count_of(words, 0, &count, error))
            return false;
        monitor->goal.cycle = now + count;
    }
    monitor_goes_on(monitor);
    return true;
}

/* The chosen hart's instruction; false: it cannot be read. */
static bool instruction_at(struct monitor *monitor, uint64_t pc, struct isa_insn *ret_insn)
{
    uint32_t bits;
    if (!monitor_fetch(monitor, monitor->hart, pc, &bits))
        return false;
    *ret_insn = isa_decode(bits);
    return true;
}

/* Does it come back behind itself? What is called by way of t0 saves registers for its caller, whose sp is another one then. */
static bool is_call(const struct isa_insn *insn, bool *ret_keeps_sp)
{
    bool is_jump = insn->op == ISA_OP_jal || insn->op == ISA_OP_jalr;
    *ret_keeps_sp = insn->op == ISA_OP_ecall || insn->rd == 1;
    return insn->op == ISA_OP_ecall || (is_jump && (insn->rd == 1 || insn->rd == 5));
}

bool command_next(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct emu_hart_view view;
    struct isa_insn insn;
    bool keeps_sp;
    emu_hart_view(monitor->host.machine, monitor->hart, &view);
    if (instruction_at(monitor, view.pc, &insn) && is_call(&insn, &keeps_sp)) {
        struct frame_wish frame = monitor_frame(monitor, view.mode);
        frame.has_sp = keeps_sp;
        frame.sp = view.x[2];
        if (!monitor_stop_at(monitor, view.pc + insn.len, &frame, error))
            return false;
    } else {
        monitor->goal.hart = (int)monitor->hart;
        monitor->goal.done = monitor_done_by(monitor->host.machine, monitor->hart) + 1;
    }
    monitor_goes_on(monitor);
    return true;
}

/* From an interrupted frame's pc on: at it, or, as after an ecall, behind it. */
static bool finish_trap(struct monitor *monitor, const struct unwind_frame *outer, const struct frame_wish *wish,
                        struct emu_error *error)
{
    struct isa_insn insn;
    return monitor_stop_at(monitor, outer->pc, wish, error) &&
           (!instruction_at(monitor, outer->pc, &insn) || monitor_stop_at(monitor, outer->pc + insn.len, wish, error));
}

bool command_finish(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct emu_hart_view view;
    emu_hart_view(monitor->host.machine, monitor->hart, &view);
    struct unwind_frame frame = unwind_begin(view.pc, view.x);
    unsigned mode = view.mode;
    struct caller caller = monitor_caller(monitor, &mode, &frame);
    if (caller.by == UNWIND_END || frame.pc % 2)
        return emu_error_set(error, "hart %u's function has no caller that is known; backtrace shows what is", monitor->hart);
    if (caller.by == UNWIND_RA && frame.pc == view.pc)
        return emu_error_set(error,
                             "hart %u's function has no caller that is known: there is no call frame information, and ra is pc",
                             monitor->hart);
    struct frame_wish wish = monitor_frame(monitor, caller.is_interrupted ? caller.from : view.mode);
    wish.has_sp = frame.known & 1u << 2;
    wish.sp = frame.x[2];
    if (!(caller.is_interrupted ? finish_trap(monitor, &frame, &wish, error) : monitor_stop_at(monitor, frame.pc, &wish, error)))
        return false;
    monitor_goes_on(monitor);
    return true;
}

bool command_until(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    const struct frame_wish any = {0};
    uint64_t address;
    if (words->count == 0)
        return emu_error_set(error, "until needs an address");
    if (!monitor_value(monitor, words->text, &address, error))
        return false;
    if (address % 2)
        return emu_error_set(error, "0x%" PRIx64 " is odd: no instruction begins there", address);
    if (!monitor_stop_at(monitor, address, &any, error))
        return false;
    monitor_goes_on(monitor);
    return true;
}

static bool freeze_all(struct monitor *monitor, struct words *words, bool freezes, struct emu_error *error)
{
    unsigned hart;
    if (words->count == 0)
        return emu_error_set(error, "the numbers of harts are missing");
    for (unsigned i = 0; i < words->count; i++)
        if (!monitor_hart_number(monitor, words->word[i], &hart, error))
            return false;
    for (unsigned i = 0; i < words->count; i++)
        if (!monitor_hart_number(monitor, words->word[i], &hart, error) || !freeze(monitor, hart, freezes, error))
            return false;
    return true;
}

bool command_freeze(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    return freeze_all(monitor, words, true, error);
}

bool command_thaw(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    return freeze_all(monitor, words, false, error);
}

bool command_reset(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    const struct emu_input input = {.kind = EMU_INPUT_RESET};
    return monitor_input(monitor, &input, error);
}

bool command_quit(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    monitor->quits = true;
    return true;
}

/* ---- changes ---- */

/* Which input writes this register; false: there is none of that name. */
static bool input_of_register(const char *name, struct emu_input *input)
{
    enum register_kind kind;
    unsigned number;
    bool is_pc = !strcmp(name, "pc");
    if (!is_pc && !monitor_register(name, &kind, &number))
        return false;
    input->kind = is_pc ? EMU_INPUT_SET_PC : kind == REGISTER_X ? EMU_INPUT_SET_XREG : EMU_INPUT_SET_FREG;
    input->a = is_pc ? 0 : number;
    return true;
}

/* The text behind the first word. */
static const char *behind_first(const struct words *words)
{
    const char *text = words->text + strcspn(words->text, " \t");
    return text + strspn(text, " \t");
}

bool command_set(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct emu_input input = {.hart = monitor->hart};
    if (words->count < 2)
        return emu_error_set(error, "write set NAME VALUE");
    const char *name = words->word[0] + (words->word[0][0] == '$');
    uint64_t value;
    if (!monitor_value(monitor, behind_first(words), &value, error))
        return false;
    input.b = value;
    if ((!input_of_register(name, &input) && !monitor_csr_input(monitor, name, value, &input, error)) ||
        !monitor_input(monitor, &input, error))
        return false;
    if (input.kind == EMU_INPUT_SET_CSR && emu_csr_read(monitor->host.machine, monitor->hart, (unsigned)input.a, &value) &&
        value != input.b)
        fprintf(monitor->out, "%.*s takes 0x%" PRIx64 " and is 0x%" PRIx64 " now\n", (int)strcspn(name, "."), name, input.b, value);
    return true;
}

bool command_write(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct emu_input input = {.kind = EMU_INPUT_POKE};
    uint64_t size = 8;
    if (words->count < 2 || words->count > 3)
        return emu_error_set(error, "write ADDRESS VALUE [SIZE]; a value of several words is written in quotation marks");
    if (!monitor_value(monitor, words->word[0], &input.a, error) || !monitor_value(monitor, words->word[1], &input.b, error))
        return false;
    if (words->count == 3 && !(number_parse(words->word[2], 1, 8, &size) && (size & (size - 1)) == 0))
        return emu_error_set(error, "the size is 1, 2, 4 or 8 bytes, not '%.40s'", words->word[2]);
    input.hart = (unsigned)size;
    return monitor_input(monitor, &input, error);
}

bool command_fidelity(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    static const char *const names[] = {[EMU_TIMED] = "timed", [EMU_FAST] = "fast"};
    struct emu_input input = {.kind = EMU_INPUT_FIDELITY};
    if (words->count == 0) {
        fprintf(monitor->out, "%s\n", names[emu_fidelity_now(monitor->host.machine)]);
        return true;
    }
    if (words->count > 1 || (strcmp(words->word[0], "timed") && strcmp(words->word[0], "fast")))
        return emu_error_set(error, "the fidelities are timed and fast, not '%.40s'", words->text);
    input.a = !strcmp(words->word[0], "fast") ? EMU_FAST : EMU_TIMED;
    return monitor_input(monitor, &input, error);
}

/* ---- the monitor itself ---- */

bool command_source(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    if (words->count != 1)
        return emu_error_set(error, "source needs the name of a file");
    return monitor_open(monitor, words->word[0], error);
}

bool command_echo(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    fprintf(monitor->out, "%s\n", words->text);
    return true;
}
