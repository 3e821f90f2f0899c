/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pieces of guests, for the tests of statistics.
 */
#include "counted.h"

void counted_own(struct guest *g)
{
    guest_ram(g, S1, OWN);
    guest_ri(g, ISA_OP_slli, T0, A0, 16);
    guest_rr(g, ISA_OP_add, S1, S1, T0);
}

void counted_translation(struct guest *g)
{
    guest_ri(g, ISA_OP_addi, T0, ZERO, -1);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_PMPADDR0, T0);
    guest_ri(g, ISA_OP_addi, T0, ZERO, 0x1f);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_PMPCFG0, T0);
    guest_ram(g, S2, ROOT);
    guest_li(g, S3, 0x2000000f); /* the gigabyte at GUEST_RAM; V, R, W and X */
    guest_st(g, ISA_OP_sd, S3, S2, 16);
    guest_ri(g, ISA_OP_srli, T0, S2, 12);
    guest_ri(g, ISA_OP_addi, T1, ZERO, 8);
    guest_ri(g, ISA_OP_slli, T1, T1, 60);
    guest_rr(g, ISA_OP_or, T0, T0, T1);
    guest_csr(g, ISA_OP_csrrw, ZERO, CSR_SATP, T0);
    guest_li(g, T0, 0x800); /* MPP: S */
    guest_csr(g, ISA_OP_csrrs, ZERO, CSR_MSTATUS, T0);
}

uint64_t counted_sum(const uint64_t *counts, unsigned count)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += counts[i];
    return sum;
}
