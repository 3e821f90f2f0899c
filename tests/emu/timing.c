/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs micro-programs: code and tables are put into RAM, each hart executes its code once with its registers on other lines (so
 * that the code is in its instruction cache), the steps before are done, and then all harts are let go at one cycle.
 */
#include "timing.h"

#include "assemble.h"
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Offsets in RAM. */
enum { CODE = 0x1f00, CODE_STRIDE = 0x1000, STEPS = 0x8000, TARGET = 0xa000, TABLES = 0x10000, DATA = 0x20000, SET = 0x40800 };
enum { DUMMY_PAGES = 8, SET_STRIDE = 0x2000, SET_DUMMY = 0x60a00 };
enum { ROOT48 = TABLES, ROOT39 = TABLES + 0x1000, MIDDLE = TABLES + 0x2000, LEAVES = TABLES + 0x3000 };
enum { UNMAPPED_PAGE = 6, TARGET_PAGE = 16 };
#define VIRTUAL UINT64_C(0x40000000) /* of page 0 of the data */
enum { PTE_TABLE = 1, PTE_LEAF = 0xcf, PTE_A = 0x40, PTE_D = 0x80 };
enum { MSTATUS = 0x300, MIE = 0x304, MTVEC = 0x305, MEPC = 0x341, MIP = 0x344, SATP = 0x180, PMPCFG0 = 0x3a0, PMPADDR0 = 0x3b0 };
enum { MSTATUS_MIE = 1 << 3, MSTATUS_MPP_S = 1 << 11, MSTATUS_MPP_M = 3 << 11, MSTATUS_FS = 3 << 13, MSTATUS_MPRV = 1 << 17 };
enum { SSI = 1 << 1, MSI = 1 << 3 };
#define MSIP_OF_HART_1 UINT64_C(0x2000004)
#define MTIME          UINT64_C(0x200bff8)
enum { RUN_CYCLES = 2000, REST_CYCLES = 100 };

struct bench {
    const struct timing_row *row;
    struct emu_machine *machine;
    uint64_t end[TIMING_HARTS]; /* behind the measured code */
    uint64_t step;              /* where the next step's code goes */
    bool is_stepped;            /* stops after every step of a hart */
};

/* ---- sums ---- */

static uint64_t sum_of(const char **at, const struct emu_config *config);

static void misread(const char *at)
{
    fprintf(stderr, "timing: \"%s\" is not understood\n", at);
    abort();
}

static uint64_t key_value(const char *name, size_t length, const struct emu_config *config)
{
    const struct emu_bus_config *bus = &config->bus;
    uint64_t effect = bus->arbitration_cycles + bus->address_cycles, beats = 64 / bus->beat_bytes;
    const struct {
        const char *name;
        uint64_t value;
    } whole[] = {{"effect", effect},
                 {"beats", beats},
                 {"from-memory", effect + bus->memory_cycles + beats},
                 {"from-cache", effect + bus->cache_cycles + beats}};
    for (unsigned i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (strlen(whole[i].name) == length && strncmp(whole[i].name, name, length) == 0)
            return whole[i].value;
    for (size_t i = 0; i < emu_config_row_count; i++) {
        const struct emu_config_row *row = &emu_config_rows[i];
        bool is_cost = strcmp(row->section, "pipeline") == 0 || strcmp(row->section, "bus") == 0;
        if (is_cost && strlen(row->key) == length && strncmp(row->key, name, length) == 0)
            return emu_config_value(config, row);
    }
    misread(name);
    return 0;
}

static bool take(const char **at, const char *text)
{
    *at += strspn(*at, " ");
    if (strncmp(*at, text, strlen(text)) != 0)
        return false;
    *at += strlen(text);
    *at += strspn(*at, " ");
    return true;
}

static uint64_t factor_of(const char **at, const struct emu_config *config)
{
    uint64_t value;
    if (take(at, "max(")) {
        value = sum_of(at, config);
        take(at, ",");
        uint64_t other = sum_of(at, config);
        take(at, ")");
        return other > value ? other : value;
    }
    if (take(at, "(")) {
        value = sum_of(at, config);
        take(at, ")");
        return value;
    }
    size_t length = strspn(*at, "abcdefghijklmnopqrstuvwxyz-");
    char *end = (char *)*at + length;
    value = length ? key_value(*at, length, config) : strtoull(*at, &end, 10);
    if (end == *at)
        misread(*at);
    *at = end;
    return value;
}

static uint64_t product_of(const char **at, const struct emu_config *config)
{
    uint64_t value = factor_of(at, config);
    for (;;) {
        if (take(at, "*"))
            value *= factor_of(at, config);
        else if (take(at, "/"))
            value /= factor_of(at, config);
        else
            return value;
    }
}

static uint64_t sum_of(const char **at, const struct emu_config *config)
{
    uint64_t value = product_of(at, config);
    while (take(at, "+"))
        value += product_of(at, config);
    return value;
}

uint64_t timing_sum(const char *sum, const struct emu_config *config)
{
    uint64_t value = sum_of(&sum, config);
    if (*sum)
        misread(sum);
    return value;
}

/* ---- inputs ---- */

static void input(struct bench *b, unsigned kind, unsigned hart, uint64_t a, uint64_t value, emu_cycle cycle)
{
    struct emu_error error;
    if (!emu_input(b->machine, &(struct emu_input){.kind = kind, .hart = hart, .a = a, .b = value}, cycle, NULL, &error)) {
        fprintf(stderr, "timing: %s: %s\n", b->row->name, error.text);
        abort();
    }
}

static void poke(struct bench *b, uint32_t offset, unsigned bytes, uint64_t value)
{
    input(b, EMU_INPUT_POKE, bytes, GUEST_RAM + offset, value, 0);
}

static void set_csr(struct bench *b, unsigned hart, unsigned csr, uint64_t value)
{
    input(b, EMU_INPUT_SET_CSR, hart, csr, value, 0);
}

static void set_x(struct bench *b, unsigned hart, const char *name, uint64_t value)
{
    input(b, EMU_INPUT_SET_XREG, hart, assemble_register(name), value, 0);
}

static struct emu_hart_view view_of(const struct bench *b, unsigned hart)
{
    struct emu_hart_view view;
    emu_hart_view(b->machine, hart, &view);
    return view;
}

static void run(struct bench *b)
{
    struct emu_until until;
    emu_until_init(&until);
    until.cycle = emu_now(b->machine) + RUN_CYCLES;
    do {
        if (b->is_stepped)
            until.steps = emu_position(b->machine).steps + 1;
        if (emu_run(b->machine, &until).kind != EMU_STOP_LIMIT)
            abort();
    } while (emu_position(b->machine).steps == until.steps);
}

static void run_alone(struct bench *b, unsigned hart, uint64_t pc, uint64_t end)
{
    input(b, EMU_INPUT_SET_PC, hart, 0, pc, 0);
    input(b, EMU_INPUT_THAW, hart, 0, 0, 0);
    run(b);
    input(b, EMU_INPUT_FREEZE, hart, 0, 0, 0);
    if (view_of(b, hart).pc != end) {
        fprintf(stderr, "timing: %s: hart %u is at 0x%llx, not at 0x%llx\n", b->row->name, hart,
                (unsigned long long)view_of(b, hart).pc, (unsigned long long)end);
        abort();
    }
}

/* ---- code and tables ---- */

static void put_code(struct bench *b, uint32_t offset, const struct assembled *code)
{
    for (unsigned i = 0; i < code->count; i++)
        poke(b, offset + 2 * i, 2, code->halves[i]);
}

static const char before_code[] = "csrrs s8, minstret, zero; csrrs s10, mcycle, zero";
static const char behind_code[] = "csrrs s11, mcycle, zero; csrrs s9, minstret, zero; jal zero, .+0";
enum { INSTRUCTIONS_AROUND = 3, BYTES_BEFORE = 8, BYTES_TO_LOOP = 8 };

static uint64_t code_address(unsigned hart)
{
    return GUEST_RAM + CODE + hart * CODE_STRIDE;
}

static void put_measured(struct bench *b, unsigned hart)
{
    struct assembled code = {.count = 0};
    assemble(&code, before_code);
    assemble(&code, b->row->code[hart]);
    b->end[hart] = code_address(hart) + 2 * code.count;
    assemble(&code, behind_code);
    put_code(b, CODE + hart * CODE_STRIDE, &code);
}

static uint64_t entry(uint32_t offset, unsigned flags)
{
    return (GUEST_RAM + offset) >> 12 << 10 | flags;
}

static void put_tables(struct bench *b)
{
    struct assembled target = {.count = 0};
    poke(b, ROOT48, 8, entry(ROOT39, PTE_TABLE));
    poke(b, ROOT39 + 8, 8, entry(MIDDLE, PTE_TABLE));
    poke(b, MIDDLE, 8, entry(LEAVES, PTE_TABLE));
    for (uint32_t page = 0; page < 2 * DUMMY_PAGES; page++) {
        unsigned flags = page == 2 ? PTE_LEAF & ~PTE_D : page == 3 ? PTE_LEAF & ~(PTE_A | PTE_D) : PTE_LEAF;
        poke(b, LEAVES + 8 * page, 8, page == UNMAPPED_PAGE ? 0 : entry(DATA + page * 0x1000, flags));
    }
    poke(b, LEAVES + 8 * TARGET_PAGE, 8, entry(TARGET, PTE_LEAF));
    assemble(&target, "ecall");
    put_code(b, TARGET, &target);
}

/* ---- registers ---- */

static bool is_translated(const struct bench *b, unsigned hart)
{
    return hart == 0 && (b->row->world == TIMING_SV39_DATA || b->row->world == TIMING_SV48_DATA);
}

/* `dummy`: for the execution that only brings the code in, on lines that the measured one does not touch. */
static void set_registers(struct bench *b, unsigned hart, bool dummy)
{
    static const uint32_t in_page[] = {0x400, 0x440, 0x480, 0x4c0, 0xfc0, 0};
    uint64_t page0 = (is_translated(b, hart) ? VIRTUAL : GUEST_RAM + DATA) + (dummy ? DUMMY_PAGES * 0x1000 : 0);
    char name[] = "a0";
    for (unsigned i = 0; i < 6; i++, name[1]++)
        set_x(b, hart, name, page0 + i * 0x1000 + in_page[i]);
    strcpy(name, "s2");
    for (unsigned i = 0; i < 5; i++, name[1]++)
        set_x(b, hart, name, GUEST_RAM + (dummy ? SET_DUMMY + 64 * i : SET + i * SET_STRIDE));
    set_x(b, hart, "s7", dummy ? GUEST_RAM + SET_DUMMY + 0x200 : code_address(hart) + 64);
    set_x(b, hart, "ra", b->end[hart]);
    set_x(b, hart, "t5", dummy ? page0 : VIRTUAL + UNMAPPED_PAGE * 0x1000);
    set_x(b, hart, "t6", code_address(hart) + BYTES_BEFORE);
    set_x(b, hart, "gp", GUEST_RAM + LEAVES);
    set_x(b, hart, "tp", dummy ? GUEST_RAM + SET_DUMMY + 0x240 : MSIP_OF_HART_1);
    set_x(b, hart, "sp", dummy ? GUEST_RAM + SET_DUMMY + 0x280 : MTIME);
}

static void set_csrs(struct bench *b, unsigned hart, bool dummy)
{
    enum timing_world world = b->row->world;
    uint64_t status = MSTATUS_FS | MSTATUS_MPP_M;
    bool goes_to_target = world == TIMING_SV39_CODE && hart == 0;
    if (is_translated(b, hart))
        status = MSTATUS_FS | MSTATUS_MPP_S | MSTATUS_MPRV;
    if (goes_to_target)
        status = MSTATUS_FS | MSTATUS_MPP_S;
    if (world == TIMING_INTERRUPTS)
        status |= MSTATUS_MIE;
    set_csr(b, hart, PMPADDR0, UINT64_MAX);
    set_csr(b, hart, PMPCFG0, 0x1f);
    set_csr(b, hart, MTVEC, b->end[hart] & ~UINT64_C(3));
    set_csr(b, hart, MEPC, goes_to_target ? VIRTUAL + TARGET_PAGE * 0x1000 : b->end[hart]);
    bool wakes = dummy && !goes_to_target; /* so that a wfi does not wait */
    set_csr(b, hart, MIP, wakes ? SSI : 0);
    set_csr(b, hart, MIE, wakes ? SSI : MSI);
    if (is_translated(b, hart) || goes_to_target)
        set_csr(b, hart, SATP,
                world == TIMING_SV48_DATA ? UINT64_C(9) << 60 | (GUEST_RAM + ROOT48) >> 12
                                          : UINT64_C(8) << 60 | (GUEST_RAM + ROOT39) >> 12);
    set_csr(b, hart, MSTATUS, status);
}

static void set_up(struct bench *b, unsigned hart, bool dummy)
{
    set_registers(b, hart, dummy);
    set_csrs(b, hart, dummy);
}

/* ---- steps ---- */

static void drop(struct bench *b, uint32_t offset)
{
    poke(b, offset, 8, guest_ram_u64(b->machine, offset));
}

static void drop_by_name(struct bench *b, const char *name)
{
    if (strcmp(name, "tables") == 0) {
        drop(b, ROOT48);
        drop(b, ROOT39 + 8);
        drop(b, MIDDLE);
        for (unsigned page = 0; page <= TARGET_PAGE; page += 8)
            drop(b, LEAVES + 8 * page);
    } else if (strncmp(name, "code ", 5) == 0) {
        drop(b, CODE + 64 * (uint32_t)strtoul(name + 5, NULL, 10));
    } else if (strcmp(name, "target") == 0) {
        drop(b, TARGET);
    } else {
        drop(b, (uint32_t)(view_of(b, 1).x[assemble_register(name)] - GUEST_RAM));
    }
}

static void do_step(struct bench *b, const char *step)
{
    if (strncmp(step, "drop ", 5) == 0) {
        drop_by_name(b, step + 5);
        return;
    }
    unsigned hart = (unsigned)(step[0] - '0');
    if (hart >= TIMING_HARTS || step[1] != ':')
        misread(step);
    struct assembled code = {.count = 0};
    assemble(&code, step + 2);
    uint64_t end = b->step + 2 * code.count;
    assemble(&code, "jal zero, .+0");
    put_code(b, (uint32_t)(b->step - GUEST_RAM), &code);
    run_alone(b, hart, b->step, end);
    b->step += 64;
}

static void do_steps(struct bench *b)
{
    char steps[1024];
    snprintf(steps, sizeof steps, "%s", b->row->before ? b->row->before : "");
    char *next = steps;
    for (char *step; (step = strsep(&next, ";"));) {
        step += strspn(step, " ");
        if (*step)
            do_step(b, step);
    }
}

/* ---- all of it ---- */

struct emu_config timing_config(const struct timing_row *row)
{
    struct emu_config config = guest_config(TIMING_HARTS);
    struct emu_error error;
    char key[32], word[32];
    config.fidelity = EMU_TIMED;
    if (row->config && (sscanf(row->config, "%31s %31s", key, word) != 2 || !emu_config_find("bus", key) ||
                        !emu_config_set(&config, emu_config_find("bus", key), word, &error)))
        misread(row->config);
    config.aclint = true; /* costs nothing, and one row sends by it */
    return config;
}

unsigned timing_instructions(const struct timing_row *row, unsigned hart)
{
    struct assembled code = {.count = 0};
    assemble(&code, row->code[hart]);
    return code.instructions + (unsigned)row->more[hart];
}

static bool counts_agree(const struct bench *b, unsigned hart)
{
    uint64_t cycles, instructions;
    struct emu_hart_view view = view_of(b, hart);
    return emu_csr_read(b->machine, hart, 0xb00, &cycles) && emu_csr_read(b->machine, hart, 0xb02, &instructions) &&
           cycles == view.cycle && instructions == view.instructions;
}

static struct timing_result measure(struct bench *b)
{
    struct timing_result result = {.counts_agree = true};
    emu_cycle start = emu_now(b->machine) + REST_CYCLES;
    for (unsigned hart = 0; hart < TIMING_HARTS; hart++) {
        if (b->row->code[hart]) {
            input(b, EMU_INPUT_SET_PC, hart, 0, code_address(hart), 0);
            input(b, EMU_INPUT_THAW, hart, 0, 0, start);
            start = 0; /* now */
        }
    }
    run(b);
    for (unsigned hart = 0; hart < TIMING_HARTS; hart++) {
        struct emu_hart_view view = view_of(b, hart);
        if (!b->row->code[hart] || view.pc != b->end[hart] + BYTES_TO_LOOP)
            continue;
        result.cycles[hart] =
            view.x[assemble_register("s11")] - view.x[assemble_register("s10")] - 1; /* the first reading takes a cycle */
        result.retired[hart] = view.x[assemble_register("s9")] - view.x[assemble_register("s8")] - INSTRUCTIONS_AROUND;
        result.counts_agree &= counts_agree(b, hart);
    }
    return result;
}

struct timing_result timing_run(const struct timing_row *row, const struct emu_config *config, bool is_stepped)
{
    struct guest guest = {.count = 0};
    guest_jump(&guest, 0);
    struct bench b = {.row = row, .machine = guest_machine(&guest, config), .step = GUEST_RAM + STEPS};
    for (unsigned hart = 0; hart < TIMING_HARTS; hart++)
        input(&b, EMU_INPUT_FREEZE, hart, 0, 0, 0);
    put_tables(&b);
    for (unsigned hart = 0; hart < TIMING_HARTS; hart++) {
        if (row->code[hart]) {
            put_measured(&b, hart);
            set_up(&b, hart, true);
            run_alone(&b, hart, code_address(hart), b.end[hart] + BYTES_TO_LOOP);
        }
        set_up(&b, hart, false);
    }
    do_steps(&b);
    for (unsigned hart = 0; hart < TIMING_HARTS; hart++)
        set_up(&b, hart, false);
    b.is_stepped = is_stepped;
    struct timing_result result = measure(&b);
    emu_machine_destroy(b.machine);
    return result;
}
