/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a program executes: one hart, a short run in fast, the instruction before each step decoded. Slow and exact, and independent
 * of what the program says about itself.
 */
#include "bench.h"

#include <emu/emu.h>
#include <isa/insn.h>

#define MIX_WORK_MAX 10 /* thousandths of the full work: some ten million steps */
#define CSR_MINSTRET 0xb02

static void count(struct mix *mix, const struct isa_insn *insn)
{
    mix->total++;
    switch (isa_rows[insn->op].kind) {
    case ISA_KIND_LD:
    case ISA_KIND_FLD:
        mix->loads++;
        break;
    case ISA_KIND_ST:
    case ISA_KIND_FST:
        mix->stores++;
        break;
    case ISA_KIND_LR:
    case ISA_KIND_SC:
    case ISA_KIND_AMO:
        mix->atomics++;
        break;
    case ISA_KIND_BR:
        mix->branches++;
        break;
    case ISA_KIND_JAL:
        mix->jumps++;
        break;
    case ISA_KIND_JALR:
        mix->jumps++;
        mix->indirect++;
        break;
    case ISA_KIND_FP1:
    case ISA_KIND_FP2:
    case ISA_KIND_FP3:
    case ISA_KIND_FPX1:
    case ISA_KIND_FPX2:
    case ISA_KIND_XFP1:
        mix->fp++;
        break;
    default:
        break;
    }
}

static bool is_marker(const struct isa_insn *insn)
{
    return insn->op == ISA_OP_csrrs && insn->imm == CSR_MINSTRET;
}

/* The measured part lies between the program's two reads of minstret. True when both were seen and the program ended well. */
static bool step_through(struct emu_machine *machine, struct mix *mix)
{
    struct emu_until until;
    struct emu_stop stop;
    unsigned markers = 0;
    emu_until_init(&until);
    until.steps = 0;
    do {
        struct emu_hart_view view;
        uint32_t bits = 0;
        emu_hart_view(machine, 0, &view);
        if (markers < 2 && emu_ram_read(machine, view.pc, &bits, sizeof bits)) {
            struct isa_insn insn = isa_decode(bits);
            if (is_marker(&insn))
                markers++;
            if (markers == 1)
                count(mix, &insn);
        }
        until.steps++;
        if (markers == 2)
            until.steps = UINT64_MAX;
        stop = emu_run(machine, &until);
    } while (stop.kind == EMU_STOP_LIMIT);
    return markers == 2 && stop.kind == EMU_STOP_FINISHED && stop.code == 0;
}

bool mix_count(const struct options *options, const char *program, struct mix *ret_mix, char failure[static BENCH_FAILURE_MAX])
{
    struct image image;
    if (!image_read(options->guests, program, &image, failure))
        return false;
    struct emu_config config;
    struct emu_error error;
    char bootargs[BOOTARGS_MAX];
    bootargs_write(options->work < MIX_WORK_MAX ? options->work : MIX_WORK_MAX, bootargs);
    emu_config_init(&config);
    config.fidelity = EMU_FAST;
    config.ram_bytes = BENCH_RAM_BYTES;
    config.kernel = image.bytes;
    config.kernel_bytes = image.size;
    config.bootargs = bootargs;
    struct emu_machine *machine = emu_machine_create(&config, &error);
    image_free(&image);
    if (!machine) {
        snprintf(failure, BENCH_FAILURE_MAX, "%.250s", error.text);
        return false;
    }
    *ret_mix = (struct mix){.program = program};
    bool is_ok = step_through(machine, ret_mix);
    emu_machine_destroy(machine);
    if (!is_ok)
        snprintf(failure, BENCH_FAILURE_MAX, "%.100s did not end as it should when stepped through", program);
    return is_ok;
}
