/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The machine of the tests.
 */
#include "machine.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

struct emu_config test_config(void)
{
    struct emu_config config;
    emu_config_init(&config);
    config.fidelity = EMU_FAST;
    config.ram_bytes = 4 << 20;
    return config;
}

static void input(struct emu_machine *m, unsigned kind, unsigned hart, uint64_t a, uint64_t b)
{
    struct emu_error error = {0};
    struct emu_input in = {.kind = kind, .hart = hart, .a = a, .b = b};
    cr_assert(emu_input(m, &in, 0, NULL, &error), "%s", error.text);
}

struct emu_machine *test_machine(const struct emu_config *config)
{
    struct emu_error error = {0};
    struct emu_machine *m = emu_machine_create(config, &error);
    cr_assert(m != NULL, "%s", error.text);
    test_poke(m, TEST_TRAPPED, 4, test_insn(ISA_OP_jal, 0, 0, 0, 0));
    test_poke(m, TEST_ENTER, 4, test_insn(ISA_OP_mret, 0, 0, 0, 0));
    test_set_csr(m, 0x305, TEST_TRAPPED);
    return m;
}

uint32_t test_insn(enum isa_op op, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm)
{
    struct isa_insn insn = {.op = (uint16_t)op, .rd = (uint8_t)rd, .rs1 = (uint8_t)rs1, .rs2 = (uint8_t)rs2, .imm = imm};
    uint32_t bits = 0;
    cr_assert(isa_encode(&insn, &bits), "%s does not encode", isa_rows[op].name);
    return bits;
}

void test_poke(struct emu_machine *m, uint64_t address, unsigned size, uint64_t value)
{
    input(m, EMU_INPUT_POKE, size, address, value);
}

uint64_t test_peek(const struct emu_machine *m, uint64_t address, unsigned size)
{
    uint64_t value = 0;
    cr_assert(emu_ram_read(m, address, &value, size));
    return value;
}

void test_code(struct emu_machine *m, uint64_t address, const uint32_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        test_poke(m, address + 4 * i, 4, words[i]);
}

void test_set_x(struct emu_machine *m, unsigned reg, uint64_t value)
{
    input(m, EMU_INPUT_SET_XREG, 0, reg, value);
}

void test_set_csr(struct emu_machine *m, unsigned number, uint64_t value)
{
    input(m, EMU_INPUT_SET_CSR, 0, number, value);
}

void test_set_pc(struct emu_machine *m, uint64_t pc)
{
    input(m, EMU_INPUT_SET_PC, 0, 0, pc);
}

static struct emu_hart_view view(const struct emu_machine *m)
{
    struct emu_hart_view view;
    emu_hart_view(m, 0, &view);
    return view;
}

uint64_t test_x(const struct emu_machine *m, unsigned reg)
{
    return view(m).x[reg];
}

uint64_t test_csr(const struct emu_machine *m, unsigned number)
{
    uint64_t value = 0;
    cr_assert(emu_csr_read(m, 0, number, &value), "no CSR 0x%x", number);
    return value;
}

uint64_t test_pc(const struct emu_machine *m)
{
    return view(m).pc;
}

unsigned test_mode(const struct emu_machine *m)
{
    return view(m).mode;
}

void test_steps(struct emu_machine *m, uint64_t steps)
{
    struct emu_until until;
    emu_until_init(&until);
    until.steps = emu_position(m).steps + steps;
    struct emu_stop stop = emu_run(m, &until);
    cr_assert(eq(int, stop.kind, EMU_STOP_LIMIT), "stopped with %s", emu_stop_name(stop.kind));
}

void test_enter(struct emu_machine *m, enum isa_mode mode, uint64_t pc)
{
    if (test_mode(m) != ISA_MODE_M) { /* back by a trap: mret is illegal below M-mode, or cannot be fetched */
        test_set_csr(m, 0x302, 0);
        test_set_pc(m, TEST_ENTER);
        test_steps(m, 1);
        cr_assert(eq(uint, test_mode(m), ISA_MODE_M));
    }
    test_set_csr(m, TEST_MSTATUS, (test_csr(m, TEST_MSTATUS) & ~UINT64_C(0x1800)) | (uint64_t)mode << 11);
    test_set_csr(m, TEST_MEPC, pc);
    test_set_pc(m, TEST_ENTER);
    test_steps(m, 1);
    cr_assert(eq(uint, test_mode(m), mode));
}

/* A device access that has begun is done, or faults, at an event of its own. */
static void finish_access(struct emu_machine *m)
{
    struct emu_hart_view view;
    for (emu_hart_view(m, 0, &view); view.state == EMU_HART_ACCESSING; emu_hart_view(m, 0, &view)) {
        struct emu_until until;
        emu_until_init(&until);
        until.position = (struct emu_position){emu_position(m).events + 1, emu_position(m).steps};
        emu_run(m, &until);
    }
}

int64_t test_execute(struct emu_machine *m, enum isa_mode mode, uint32_t word)
{
    test_poke(m, TEST_CODE, 4, word);
    test_set_csr(m, TEST_MCAUSE, 0);
    test_enter(m, mode, TEST_CODE);
    test_steps(m, 1);
    finish_access(m);
    return test_mode(m) == ISA_MODE_M && test_pc(m) == TEST_TRAPPED ? (int64_t)test_csr(m, TEST_MCAUSE) : -1;
}
