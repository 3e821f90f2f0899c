/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Puts guests together and runs them.
 */
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void guest_put(struct guest *guest, struct isa_insn insn)
{
    if (guest->count == GUEST_WORDS || !isa_encode(&insn, &guest->words[guest->count])) {
        fprintf(stderr, "guest: word %u: %s does not take these operands\n", guest->count, isa_rows[insn.op].name);
        abort();
    }
    guest->count++;
}

void guest_rr(struct guest *guest, enum isa_op op, unsigned rd, unsigned rs1, unsigned rs2)
{
    guest_put(guest, (struct isa_insn){.op = (uint16_t)op, .rd = (uint8_t)rd, .rs1 = (uint8_t)rs1, .rs2 = (uint8_t)rs2});
}

void guest_ri(struct guest *guest, enum isa_op op, unsigned rd, unsigned rs1, int imm)
{
    guest_put(guest, (struct isa_insn){.op = (uint16_t)op, .rd = (uint8_t)rd, .rs1 = (uint8_t)rs1, .imm = imm});
}

void guest_st(struct guest *guest, enum isa_op op, unsigned rs2, unsigned rs1, int imm)
{
    guest_put(guest, (struct isa_insn){.op = (uint16_t)op, .rs1 = (uint8_t)rs1, .rs2 = (uint8_t)rs2, .imm = imm});
}

void guest_csr(struct guest *guest, enum isa_op op, unsigned rd, unsigned csr, unsigned rs1)
{
    guest_ri(guest, op, rd, rs1, (int)csr);
}

void guest_op(struct guest *guest, enum isa_op op)
{
    guest_put(guest, (struct isa_insn){.op = (uint16_t)op});
}

void guest_branch(struct guest *guest, enum isa_op op, unsigned rs1, unsigned rs2, unsigned label)
{
    guest_st(guest, op, rs2, rs1, 4 * ((int)label - (int)guest->count));
}

void guest_jump(struct guest *guest, unsigned label)
{
    guest_ri(guest, ISA_OP_jal, ZERO, 0, 4 * ((int)label - (int)guest->count));
}

void guest_land(struct guest *guest, unsigned at)
{
    struct isa_insn insn = isa_decode(guest->words[at]);
    insn.imm = 4 * (int)(guest->count - at);
    if (!isa_encode(&insn, &guest->words[at]))
        abort();
}

void guest_li(struct guest *guest, unsigned rd, uint32_t value)
{
    int low = (int)(value << 20) >> 20;
    guest_ri(guest, ISA_OP_lui, rd, 0, (int)(value - (uint32_t)low));
    guest_ri(guest, ISA_OP_addiw, rd, rd, low);
}

void guest_ram(struct guest *guest, unsigned rd, uint32_t offset)
{
    unsigned other = rd == T0 ? T1 : T0;
    guest_li(guest, other, offset);
    guest_ri(guest, ISA_OP_addi, rd, ZERO, 1);
    guest_ri(guest, ISA_OP_slli, rd, rd, 31);
    guest_rr(guest, ISA_OP_add, rd, rd, other);
}

void guest_finish(struct guest *guest, uint32_t value)
{
    guest_li(guest, T0, 0x100000);
    guest_li(guest, T1, value);
    guest_st(guest, ISA_OP_sw, T1, T0, 0);
    guest_jump(guest, guest->count);
}

void guest_putc(struct guest *guest, char byte)
{
    guest_li(guest, T0, 0x10000000);
    guest_ri(guest, ISA_OP_addi, T1, ZERO, byte);
    guest_st(guest, ISA_OP_sb, T1, T0, 0);
}

struct emu_config guest_config(unsigned harts)
{
    struct emu_config config;
    emu_config_init(&config);
    config.fidelity = EMU_FAST;
    config.harts = harts;
    config.ram_bytes = UINT64_C(4) << 20;
    return config;
}

struct emu_machine *guest_machine(const struct guest *guest, const struct emu_config *config)
{
    struct emu_config mine = config ? *config : guest_config(1);
    struct emu_error error;
    mine.kernel = guest->words;
    mine.kernel_bytes = guest->count * sizeof guest->words[0];
    struct emu_machine *machine = emu_machine_create(&mine, &error);
    if (!machine) {
        fprintf(stderr, "guest: %s\n", error.text);
        abort();
    }
    return machine;
}

struct emu_stop guest_run_console(struct emu_machine *machine, uint64_t cycles, char *text, unsigned size)
{
    struct emu_until until;
    struct emu_stop stop;
    struct emu_event events[64];
    unsigned length = 0;
    emu_until_init(&until);
    until.cycle = emu_now(machine) + cycles;
    do {
        size_t count;
        stop = emu_run(machine, &until);
        while ((count = emu_events_read(machine, events, 64)) > 0)
            for (size_t i = 0; i < count; i++)
                if (events[i].kind == EMU_EVENT_CONSOLE_OUT && length + 1 < size)
                    text[length++] = (char)events[i].a;
    } while (stop.kind == EMU_STOP_EVENTS_FULL || stop.kind == EMU_STOP_MACHINE_EVENT);
    if (size)
        text[length] = '\0';
    return stop;
}

struct emu_stop guest_run(struct emu_machine *machine, uint64_t cycles)
{
    return guest_run_console(machine, cycles, NULL, 0);
}

uint64_t guest_ram_u64(const struct emu_machine *machine, uint32_t offset)
{
    uint64_t value = 0;
    if (!emu_ram_read(machine, GUEST_RAM + offset, &value, sizeof value))
        abort();
    return value;
}
