/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Scripts of reservations, interpreted: each step is one instruction, put into RAM behind the last one.
 */
#include "script.h"

#include "guest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Offsets in RAM. A script has AREA bytes to itself, from a line on. */
enum { CODE = 0x1000, CODE_END = 0x2000, TRAPPED = 0x3000, AREA_FIRST = 0x10000, AREA_END = 0x3f00000, AREA = 0x4200 };
/* The operand's line begins OPERAND bytes into the area; a multiple of 16 KiB behind lies B. */
enum { OPERAND = 0x100, FURTHER = 0x4000, AREA_STRIDE = 0x4240 };
enum { CSR_MSTATUS = 0x300, CSR_MIE = 0x304, CSR_MTVEC = 0x305, CSR_MEPC = 0x341, CSR_MIP = 0x344, CSR_SEPC = 0x141 };
enum { CSR_PMPCFG0 = 0x3a0, CSR_PMPADDR0 = 0x3b0 };
enum { EVENTS_MAX = 16, STEP_CYCLES = 100000, UNTOUCHED = 0x5a5a };

#define WATCHED    (EMU_EVENT_BIT(EMU_EVENT_RESERVATION_LOST) | EMU_EVENT_BIT(EMU_EVENT_SC_FAILED))
#define ANY_REASON EMU_REASON_COUNT

struct script_machine {
    struct emu_machine *machine;
    unsigned granule;
    uint32_t code, area;               /* next free offsets */
    uint64_t value;                    /* stored last */
    uint8_t memory[AREA], first[AREA]; /* what the area should hold, and held at first */
    /* of the running script */
    uint32_t operand;                /* offset in RAM */
    unsigned width;                  /* of the operand */
    uint32_t reserved[SCRIPT_HARTS]; /* offset of each hart's reserved operand */
    char *why;
};

struct step {
    const char *text;
    int hart; /* -1: a device, -2: the machine */
    char op[16];
    uint32_t place;
    enum { NEW, OLD, FIRST } value;
    bool is_sc, ok, fails, traps;
    unsigned reason; /* of the failure */
    unsigned losses, lost_hart[SCRIPT_HARTS], lost_reason[SCRIPT_HARTS];
    struct isa_insn insn;
    uint64_t pc;
};

static bool wrong(struct script_machine *s, const struct step *step, const char *format, ...)
{
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(s->why, 256, "at \"%.*s\": %s", (int)strcspn(step->text, ";"), step->text, text);
    return false;
}

static void misspelt(const char *script, const char *at)
{
    fprintf(stderr, "script: \"%s\" is not understood at \"%s\"\n", script, at);
    abort();
}

/* ---- reading ---- */

static void skip_blanks(const char **at)
{
    *at += strspn(*at, " ");
}

static bool take(const char **at, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0)
        return false;
    *at += length;
    skip_blanks(at);
    return true;
}

static unsigned take_reason(const char **at)
{
    unsigned found = ANY_REASON;
    for (unsigned reason = 0; reason < EMU_REASON_COUNT; reason++) {
        const char *name = emu_reason_name(reason);
        if (strncmp(*at, name, strlen(name)) == 0 && (found == ANY_REASON || strlen(name) > strlen(emu_reason_name(found))))
            found = reason; /* the longest: "store" is no "store-x" */
    }
    if (found != ANY_REASON)
        take(at, emu_reason_name(found));
    return found;
}

static enum isa_op op_of(const char *name)
{
    for (unsigned op = 1; op < ISA_OP_COUNT; op++)
        if (strcmp(isa_rows[op].name, name) == 0)
            return (enum isa_op)op;
    return ISA_OP_illegal;
}

static uint32_t place_of(const struct script_machine *s, const char *script, const char **at)
{
    uint32_t mask = s->granule - 1, begin = s->operand & ~mask, end = ((s->operand + s->width - 1) & ~mask) + s->granule;
    uint32_t places[128] = {['A'] = s->operand,
                            ['S'] = begin < s->operand ? begin : s->operand + s->width,
                            ['N'] = end,
                            ['P'] = begin - 8,
                            ['L'] = s->operand + 64,
                            ['B'] = s->operand + FURTHER};
    uint32_t place = places[**at & 127];
    if (place == 0)
        misspelt(script, *at);
    ++*at;
    if (**at == '+' || **at == '-') {
        int distance, length;
        sscanf(*at, "%d%n", &distance, &length);
        place += (uint32_t)distance;
        *at += length;
    }
    skip_blanks(at);
    return place;
}

static void read_outcomes(struct step *step, const char *script, const char **at)
{
    do {
        unsigned hart = (unsigned)(**at - '0');
        if (take(at, "ok")) {
            step->ok = true;
        } else if (take(at, "fails")) {
            step->fails = true;
            step->reason = take_reason(at);
        } else if (take(at, "traps")) {
            step->traps = true;
        } else if (hart < SCRIPT_HARTS && (++*at, skip_blanks(at), take(at, "lost"))) {
            step->lost_hart[step->losses] = hart;
            step->lost_reason[step->losses] = take_reason(at);
            if (step->lost_reason[step->losses++] == ANY_REASON)
                misspelt(script, *at);
        } else {
            misspelt(script, *at);
        }
    } while (take(at, ","));
}

static bool read_step(const struct script_machine *s, const char *script, const char **at, struct step *ret_step)
{
    struct step step = {.text = *at, .hart = take(at, "dev") ? -1 : take(at, "all") ? -2 : *(*at)++ - '0'};
    skip_blanks(at);
    size_t length = strcspn(*at, " :;");
    snprintf(step.op, sizeof step.op, "%.*s", (int)length, *at);
    *at += length;
    skip_blanks(at);
    if (**at != ':' && **at != ';' && **at)
        step.place = place_of(s, script, at);
    step.value = take(at, "=old") ? OLD : take(at, "=first") ? FIRST : NEW;
    step.insn = (struct isa_insn){.op = (uint16_t)op_of(step.op)};
    step.is_sc = isa_rows[step.insn.op].kind == ISA_KIND_SC;
    if (step.hart < -2 || step.hart >= SCRIPT_HARTS)
        misspelt(script, step.text);
    if (take(at, ":"))
        read_outcomes(&step, script, at);
    if (**at && !take(at, ";"))
        misspelt(script, *at);
    if (step.is_sc && !step.ok && !step.fails && !step.traps)
        misspelt(script, step.text);
    *ret_step = step;
    return true;
}

/* ---- doing ---- */

static void input(struct script_machine *s, unsigned kind, unsigned hart, uint64_t a, uint64_t b)
{
    struct emu_error error;
    if (!emu_input(s->machine, &(struct emu_input){.kind = kind, .hart = hart, .a = a, .b = b}, 0, NULL, &error)) {
        fprintf(stderr, "script: %s\n", error.text);
        abort();
    }
}

/* Before a script and after a reset: all harts frozen, in M-mode or about to be, and other modes may use all memory. */
static void prepare(struct script_machine *s)
{
    for (unsigned hart = 0; hart < SCRIPT_HARTS; hart++) {
        input(s, EMU_INPUT_FREEZE, hart, 0, 0);
        input(s, EMU_INPUT_SET_CSR, hart, CSR_MTVEC, GUEST_RAM + TRAPPED);
        input(s, EMU_INPUT_SET_CSR, hart, CSR_PMPADDR0, UINT64_MAX);
        input(s, EMU_INPUT_SET_CSR, hart, CSR_PMPCFG0, 0x1f);
    }
}

struct script_machine *script_machine_create(const struct emu_config *config)
{
    struct script_machine *s = calloc(1, sizeof *s);
    struct guest guest = {.count = 0};
    struct emu_config mine = *config;
    if (!s)
        abort();
    mine.harts = SCRIPT_HARTS;
    mine.ram_bytes = UINT64_C(64) << 20;
    guest_jump(&guest, 0);
    s->machine = guest_machine(&guest, &mine);
    s->granule = config->reservation.granule_bytes;
    s->code = CODE;
    s->area = AREA_FIRST;
    emu_events_select(s->machine, WATCHED);
    prepare(s);
    return s;
}

void script_machine_destroy(struct script_machine *s)
{
    if (s)
        emu_machine_destroy(s->machine);
    free(s);
}

/* Lets one hart execute one instruction. */
static bool execute(struct script_machine *s, unsigned hart, struct isa_insn insn, uint64_t address, uint64_t value,
                    uint64_t *ret_pc)
{
    struct emu_until until;
    uint32_t word;
    insn.rd = isa_rows[insn.op].kind == ISA_KIND_SYS || isa_rows[insn.op].kind == ISA_KIND_ST ? 0 : A2;
    insn.rs1 = isa_rows[insn.op].kind == ISA_KIND_SYS ? 0 : A0;
    insn.rs2 =
        isa_rows[insn.op].kind == ISA_KIND_SYS || isa_rows[insn.op].kind == ISA_KIND_LR || isa_rows[insn.op].kind == ISA_KIND_LD
            ? 0
            : A1;
    if (!isa_encode(&insn, &word))
        abort();
    if (s->code == CODE_END)
        s->code = CODE;
    *ret_pc = GUEST_RAM + s->code;
    s->code += 4;
    input(s, EMU_INPUT_POKE, 4, *ret_pc, word);
    input(s, EMU_INPUT_SET_PC, hart, 0, *ret_pc);
    input(s, EMU_INPUT_SET_XREG, hart, A0, address);
    input(s, EMU_INPUT_SET_XREG, hart, A1, value);
    input(s, EMU_INPUT_SET_XREG, hart, A2, UNTOUCHED);
    input(s, EMU_INPUT_THAW, hart, 0, 0);
    uint64_t limit = emu_now(s->machine) + STEP_CYCLES;
    struct emu_hart_view view;
    do { /* beginning to wait is a step; the wait ends in an event */
        struct emu_position position = emu_position(s->machine);
        emu_until_init(&until);
        until.cycle = limit;
        emu_hart_view(s->machine, hart, &view);
        if (view.state == EMU_HART_ACCESSING)
            until.position = (struct emu_position){position.events + 1, position.steps};
        else
            until.steps = position.steps + 1;
        emu_run(s->machine, &until);
        emu_hart_view(s->machine, hart, &view);
    } while ((view.pc == *ret_pc || view.state == EMU_HART_ACCESSING) && emu_now(s->machine) < limit);
    input(s, EMU_INPUT_FREEZE, hart, 0, 0);
    return view.pc != *ret_pc && view.state != EMU_HART_ACCESSING;
}

/* What a step should leave in memory. */
static void write_expected(struct script_machine *s, const struct step *step, uint64_t value, unsigned bytes)
{
    memcpy(s->memory + (step->place - s->area), &value, bytes);
}

static uint64_t value_for(struct script_machine *s, const struct step *step, unsigned bytes)
{
    uint64_t value = 0;
    if (step->value == NEW)
        return s->value += UINT64_C(0x0101010101010101);
    memcpy(&value, (step->value == OLD ? s->memory : s->first) + (step->place - s->area), bytes);
    return value;
}

static bool do_poke(struct script_machine *s, const struct step *step)
{
    unsigned bytes = (unsigned)(step->op[5] - '0');
    uint64_t value = value_for(s, step, bytes);
    write_expected(s, step, value, bytes);
    input(s, EMU_INPUT_POKE, bytes, GUEST_RAM + step->place, value);
    return true;
}

static bool do_insn(struct script_machine *s, struct step *step)
{
    const struct isa_row *row = &isa_rows[step->insn.op];
    unsigned hart = (unsigned)step->hart;
    uint64_t value = 0;
    struct emu_hart_view view;
    if (row->kind == ISA_KIND_ST || row->kind == ISA_KIND_SC || row->kind == ISA_KIND_AMO)
        value = value_for(s, step, row->width);
    if (row->kind == ISA_KIND_ST || step->ok)
        write_expected(s, step, value, row->width);
    if (row->kind == ISA_KIND_AMO) {
        if (step->insn.op != ISA_OP_amoswap_w && step->insn.op != ISA_OP_amoswap_d)
            misspelt(step->text, row->name); /* nothing else is computed here */
        write_expected(s, step, value, row->width);
    }
    if (row->kind == ISA_KIND_LR)
        s->reserved[hart] = step->place;
    if (step->insn.op == ISA_OP_mret || step->insn.op == ISA_OP_sret) {
        input(s, EMU_INPUT_SET_CSR, hart, CSR_MSTATUS, 0x1900); /* to M, to S */
        input(s, EMU_INPUT_SET_CSR, hart, CSR_MEPC, GUEST_RAM + TRAPPED + 0x100);
        input(s, EMU_INPUT_SET_CSR, hart, CSR_SEPC, GUEST_RAM + TRAPPED + 0x100);
    }
    if (!execute(s, hart, step->insn, GUEST_RAM + step->place, value, &step->pc))
        return wrong(s, step, "the step did not end");
    emu_hart_view(s->machine, hart, &view);
    if (step->traps != (view.pc == GUEST_RAM + TRAPPED))
        return wrong(s, step, "the pc is 0x%llx", (unsigned long long)view.pc);
    if (step->is_sc && !step->traps && view.x[A2] != step->fails)
        return wrong(s, step, "the sc gave %llu", (unsigned long long)view.x[A2]);
    return true;
}

/* Supervisor software interrupt, taken in M-mode instead of an instruction. */
static bool do_interrupt(struct script_machine *s, struct step *step)
{
    unsigned hart = (unsigned)step->hart;
    input(s, EMU_INPUT_SET_CSR, hart, CSR_MSTATUS, 0x1808);
    input(s, EMU_INPUT_SET_CSR, hart, CSR_MIE, 2);
    input(s, EMU_INPUT_SET_CSR, hart, CSR_MIP, 2);
    step->insn.op = ISA_OP_fence;
    bool ok = do_insn(s, step);
    input(s, EMU_INPUT_SET_CSR, hart, CSR_MIP, 0);
    input(s, EMU_INPUT_SET_CSR, hart, CSR_MIE, 0);
    return ok;
}

static bool do_step(struct script_machine *s, struct step *step)
{
    if (step->hart == -1)
        return do_poke(s, step);
    if (step->hart == -2) {
        input(s, EMU_INPUT_RESET, 0, 0, 0);
        prepare(s);
        return true;
    }
    if (strcmp(step->op, "interrupt") == 0)
        return do_interrupt(s, step);
    if (step->insn.op == ISA_OP_illegal)
        misspelt(step->text, step->op);
    return do_insn(s, step);
}

/* ---- comparing ---- */

/* Does the event say what the step announces? Traps, returns and resets: the event's pc is where the hart went. */
static bool check_loss(struct script_machine *s, const struct step *step, const struct emu_event *event, unsigned *seen)
{
    bool own_pc = isa_rows[step->insn.op].kind == ISA_KIND_SYS || step->traps || step->hart == -2;
    unsigned culprit = step->hart >= 0 ? (unsigned)step->hart : step->hart == -1 ? UINT16_MAX : event->hart;
    unsigned number = 0;
    while (number < step->losses && step->lost_hart[number] != event->hart)
        number++;
    if (number == step->losses || *seen >> number & 1)
        return wrong(s, step, "hart %u lost its reservation (%s)", event->hart, emu_reason_name((unsigned)event->a));
    *seen |= 1u << number;
    if (event->a != step->lost_reason[number])
        return wrong(s, step, "hart %u lost its reservation by %s", event->hart, emu_reason_name((unsigned)event->a));
    if (event->b != GUEST_RAM + s->reserved[event->hart])
        return wrong(s, step, "hart %u: the event's operand is 0x%llx", event->hart, (unsigned long long)event->b);
    if (event->other != culprit)
        return wrong(s, step, "hart %u: the event blames agent %u", event->hart, event->other);
    if (!own_pc && event->pc != step->pc)
        return wrong(s, step, "hart %u: the event's pc is 0x%llx", event->hart, (unsigned long long)event->pc);
    return true;
}

static bool check_failure(struct script_machine *s, const struct step *step, const struct emu_event *event, bool *seen)
{
    if (!step->fails || *seen || event->hart != (unsigned)step->hart)
        return wrong(s, step, "an sc of hart %u failed", event->hart);
    *seen = true;
    if (step->reason != ANY_REASON && event->a != step->reason)
        return wrong(s, step, "the sc failed by %s", emu_reason_name((unsigned)event->a));
    if (event->pc != step->pc)
        return wrong(s, step, "the sc's pc is said to be 0x%llx", (unsigned long long)event->pc);
    return true;
}

static bool check_events(struct script_machine *s, const struct step *step)
{
    struct emu_event events[EVENTS_MAX];
    size_t count = emu_events_read(s->machine, events, EVENTS_MAX);
    unsigned losses = 0;
    bool failure = false;
    for (size_t i = 0; i < count; i++)
        if (!(events[i].kind == EMU_EVENT_SC_FAILED ? check_failure(s, step, &events[i], &failure)
                                                    : check_loss(s, step, &events[i], &losses)))
            return false;
    if (losses != (1u << step->losses) - 1)
        return wrong(s, step, "a reservation was not lost");
    if (failure != step->fails)
        return wrong(s, step, "no event says that the sc failed");
    return true;
}

static bool check_memory(struct script_machine *s, const struct step *step)
{
    uint8_t memory[AREA];
    if (!emu_ram_read(s->machine, GUEST_RAM + s->area, memory, sizeof memory))
        abort();
    if (memcmp(memory, s->memory, AREA) == 0)
        return true;
    for (unsigned i = 0; i < AREA; i++)
        if (memory[i] != s->memory[i])
            return wrong(s, step, "afterwards, byte %d of the operand's line is 0x%02x, not 0x%02x",
                         (int)i - OPERAND - (int)(s->operand - s->area - OPERAND) / 64 * 64, memory[i], s->memory[i]);
    return true;
}

/* No hart keeps a reservation or a mode other than M. */
static void forget(struct script_machine *s)
{
    struct emu_event events[EVENTS_MAX];
    uint64_t pc;
    for (unsigned hart = 0; hart < SCRIPT_HARTS; hart++) {
        execute(s, hart, (struct isa_insn){.op = ISA_OP_ecall}, 0, 0, &pc);
        execute(s, hart, (struct isa_insn){.op = ISA_OP_sc_w}, GUEST_RAM + TRAPPED + 0x800, 0, &pc);
    }
    while (emu_events_read(s->machine, events, EVENTS_MAX))
        ;
}

static unsigned operand_width(const char *script)
{
    const char *lr = strstr(script, "lr.");
    const char *sc = strstr(script, "sc.");
    const char *op = lr ? lr : sc;
    return op && op[3] == 'd' ? 8 : 4;
}

static bool run_once(struct script_machine *s, const char *script)
{
    const char *at = script;
    bool ok = true;
    struct step step = {.text = script};
    memcpy(s->first, s->memory, AREA);
    while (ok && *at)
        ok = read_step(s, script, &at, &step) && do_step(s, &step) && check_events(s, &step);
    ok = ok && check_memory(s, &step);
    forget(s);
    return ok;
}

bool script_run(struct script_machine *s, const char *script, unsigned at, bool again, char ret_why[static 256])
{
    if (s->area + AREA > AREA_END)
        s->area = AREA_FIRST;
    s->why = ret_why;
    s->operand = s->area + OPERAND + at;
    s->width = operand_width(script);
    if (!emu_ram_read(s->machine, GUEST_RAM + s->area, s->memory, AREA))
        abort();
    bool ok = run_once(s, script) && (!again || run_once(s, script));
    s->area += AREA_STRIDE;
    return ok;
}
