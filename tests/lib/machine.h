/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A machine for tests: 4 MiB of RAM, code put there word by word, state set through inputs, modes entered by a real mret. What goes
 * wrong in here fails the test that called.
 */
#ifndef TESTS_LIB_MACHINE_H
#define TESTS_LIB_MACHINE_H

#include <emu/emu.h>
#include <isa/insn.h>
#include <isa/trap.h>

#define TEST_CODE UINT64_C(0x80000000)    /* where test_code puts code unless told */
#define TEST_TRAPPED UINT64_C(0x80000800) /* mtvec: a jump to itself */
#define TEST_ENTER UINT64_C(0x80000900)   /* the mret of test_enter */
#define TEST_DATA UINT64_C(0x80004000)

enum { TEST_MSTATUS = 0x300, TEST_MEPC = 0x341, TEST_MCAUSE = 0x342, TEST_MTVAL = 0x343 };

struct emu_config test_config(void);
/* The machine at power-on, mtvec set to TEST_TRAPPED. Destroy with emu_machine_destroy. */
struct emu_machine *test_machine(const struct emu_config *config);

uint32_t test_insn(enum isa_op op, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm);
void test_poke(struct emu_machine *m, uint64_t address, unsigned size, uint64_t value);
uint64_t test_peek(const struct emu_machine *m, uint64_t address, unsigned size);
void test_code(struct emu_machine *m, uint64_t address, const uint32_t *words, unsigned count);
void test_set_x(struct emu_machine *m, unsigned reg, uint64_t value);
uint64_t test_x(const struct emu_machine *m, unsigned reg);
void test_set_csr(struct emu_machine *m, unsigned number, uint64_t value);
uint64_t test_csr(const struct emu_machine *m, unsigned number);
void test_set_pc(struct emu_machine *m, uint64_t pc);
uint64_t test_pc(const struct emu_machine *m);
unsigned test_mode(const struct emu_machine *m);
void test_steps(struct emu_machine *m, uint64_t steps);
/* Goes to `mode` at pc by an mret; keeps the other bits of mstatus. */
void test_enter(struct emu_machine *m, enum isa_mode mode, uint64_t pc);
/* Executes one instruction in `mode` at TEST_CODE. The cause of its trap into M-mode, or -1. */
int64_t test_execute(struct emu_machine *m, enum isa_mode mode, uint32_t word);

#endif
