/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Small guests made of instruction words, for tests of the machine: a program is put together instruction by instruction, becomes a
 * raw kernel at the start of RAM, and all harts begin there with a0 = hart number (the boot ROM's rule). Loops use the number of
 * words so far as labels.
 */
#ifndef EMU_GUEST_H
#define EMU_GUEST_H

#include <emu/emu.h>
#include <isa/insn.h>
#include <stdint.h>

#define GUEST_WORDS 1088 /* a page and a line */
#define GUEST_RAM   UINT64_C(0x80000000)

enum guest_register { ZERO, RA, SP, GP, TP, T0, T1, T2, S0, S1, A0, A1, A2, A3, A4, A5, A6, A7, S2, S3, S4, S5 };

struct guest {
    uint32_t words[GUEST_WORDS];
    unsigned count;
};

/* Everything aborts with a sentence when an operand does not fit: that is a mistake in the test. */
void guest_put(struct guest *guest, struct isa_insn insn);
void guest_rr(struct guest *guest, enum isa_op op, unsigned rd, unsigned rs1, unsigned rs2); /* and sc, amo */
void guest_ri(struct guest *guest, enum isa_op op, unsigned rd, unsigned rs1, int imm);      /* and loads, jalr */
void guest_st(struct guest *guest, enum isa_op op, unsigned rs2, unsigned rs1, int imm);
void guest_csr(struct guest *guest, enum isa_op op, unsigned rd, unsigned csr, unsigned rs1);
void guest_op(struct guest *guest, enum isa_op op);
/* To a label: words from the start of the program. */
void guest_branch(struct guest *guest, enum isa_op op, unsigned rs1, unsigned rs2, unsigned label);
void guest_jump(struct guest *guest, unsigned label);
/* Makes the branch or jump at word `at`, put with any label, go to the present end instead. */
void guest_land(struct guest *guest, unsigned at);
/* rd = value, below 2^31. */
void guest_li(struct guest *guest, unsigned rd, uint32_t value);
/* rd = GUEST_RAM + offset. */
void guest_ram(struct guest *guest, unsigned rd, uint32_t offset);
/* Writes `value` to the finisher, using t0 and t1, and stays there. */
void guest_finish(struct guest *guest, uint32_t value);
/* Sends a byte through the UART, using t0 and t1. */
void guest_putc(struct guest *guest, char byte);

/* A machine with this guest; `config` may be NULL (defaults); 2 MiB of RAM unless it says otherwise. Aborts on failure. */
struct emu_machine *guest_machine(const struct guest *guest, const struct emu_config *config);
struct emu_config guest_config(unsigned harts);

/* Runs until something other than a full ring or a chosen machine event stops it; events are read and thrown away. At most `cycles`
 * more cycles. */
struct emu_stop guest_run(struct emu_machine *machine, uint64_t cycles);
/* The same, collecting console output (at most size - 1 bytes and a zero). */
struct emu_stop guest_run_console(struct emu_machine *machine, uint64_t cycles, char *text, unsigned size);

uint64_t guest_ram_u64(const struct emu_machine *machine, uint32_t offset);

#endif
