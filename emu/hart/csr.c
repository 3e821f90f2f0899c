/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The control and status registers: one read and one write function a row of isa/csr.def, with the row's WARL rule.
 * Functions here know values; who may access what is csr_allowed. Privileged specification 1.12, chapters 2 to 4.
 */
#include <hart/hart.h>

#define BIT(n) (UINT64_C(1) << (n))
#define FIELD_SIE BIT(1)
#define FIELD_MIE BIT(3)
#define FIELD_SPIE BIT(5)
#define FIELD_MPIE BIT(7)
#define FIELD_SPP BIT(8)
#define FIELD_MPP (BIT(11) | BIT(12))
#define FIELD_MPRV BIT(17)
#define FIELD_SUM BIT(18)
#define FIELD_MXR BIT(19)
#define FIELD_TVM BIT(20)
#define FIELD_TW BIT(21)
#define FIELD_TSR BIT(22)
#define FIELD_UXL_64 BIT(33)
#define FIELD_SXL_64 BIT(35)
#define FIELD_SD BIT(63)
#define FS_SHIFT 13
#define MSTATUS_WRITABLE                                                                                                           \
    (FIELD_SIE | FIELD_MIE | FIELD_SPIE | FIELD_MPIE | FIELD_SPP | FIELD_MPP | FIELD_MPRV | FIELD_SUM | FIELD_MXR | FIELD_TVM |   \
     FIELD_TW | FIELD_TSR)
#define SSTATUS_WRITABLE (FIELD_SIE | FIELD_SPIE | FIELD_SPP | FIELD_SUM | FIELD_MXR)
#define ENVCFG_FIOM BIT(0)
#define MENVCFG_STCE BIT(63)
#define MIDELEG_WRITABLE (ISA_MIP(SSI) | ISA_MIP(STI) | ISA_MIP(SEI))
#define MIE_WRITABLE (MIDELEG_WRITABLE | ISA_MIP(MSI) | ISA_MIP(MTI) | ISA_MIP(MEI))
#define MEDELEG_WRITABLE UINT64_C(0xb3ff)
#define COUNTEREN_WRITABLE UINT64_C(0xffffffff)
#define COUNTINHIBIT_WRITABLE UINT64_C(0x5)
#define MISA_VALUE (BIT(63) | BIT('a' - 'a') | BIT('c' - 'a') | BIT('d' - 'a') | BIT('f' - 'a') | BIT('i' - 'a') |                \
                    BIT('m' - 'a') | BIT('s' - 'a') | BIT('u' - 'a'))
#define PMPADDR_WRITABLE (BIT(54) - 1)
enum { PMP_R = 1, PMP_W = 2, PMP_L = 0x80, PMP_A_TOR = 1 };

/* A register that is just storage, with the bits a write may change. */
#define PLAIN(name, mask)                                                                                                          \
    static uint64_t read_##name(const struct hart *h, unsigned i)                                                                 \
    {                                                                                                                              \
        return h->name;                                                                                                            \
    }                                                                                                                              \
    static void write_##name(struct hart *h, unsigned i, uint64_t value)                                                          \
    {                                                                                                                              \
        h->name = (h->name & ~(uint64_t)(mask)) | (value & (mask));                                                                \
    }
/* One that a write does not change. */
#define FIXED(name, value)                                                                                                         \
    static uint64_t read_##name(const struct hart *h, unsigned i)                                                                 \
    {                                                                                                                              \
        return value;                                                                                                              \
    }                                                                                                                              \
    static void write_##name(struct hart *h, unsigned i, uint64_t ignored)                                                        \
    {                                                                                                                              \
    }
#define READ(name) static uint64_t read_##name(const struct hart *h, unsigned i)
#define WRITE(name) static void write_##name(struct hart *h, unsigned i, uint64_t value)

PLAIN(mscratch, UINT64_MAX)
PLAIN(sscratch, UINT64_MAX)
PLAIN(mepc, ~UINT64_C(1))
PLAIN(sepc, ~UINT64_C(1))
PLAIN(mcause, UINT64_MAX)
PLAIN(scause, UINT64_MAX)
PLAIN(mtval, UINT64_MAX)
PLAIN(stval, UINT64_MAX)
PLAIN(mtvec, ~UINT64_C(2))
PLAIN(stvec, ~UINT64_C(2))
PLAIN(medeleg, MEDELEG_WRITABLE)
PLAIN(mideleg, MIDELEG_WRITABLE)
PLAIN(mie, MIE_WRITABLE)
PLAIN(mcounteren, COUNTEREN_WRITABLE)
PLAIN(scounteren, COUNTEREN_WRITABLE)
PLAIN(senvcfg, ENVCFG_FIOM)

FIXED(mvendorid, 0)
FIXED(marchid, 0)
FIXED(mimpid, 0)
FIXED(mconfigptr, 0)
FIXED(mhartid, h->id)
FIXED(misa, MISA_VALUE)
FIXED(hpmcounter, 0)
FIXED(mhpmcounter, 0)
FIXED(mhpmevent, 0)
FIXED(time, h->shared->mtime(h->shared->context, h->cycle))

/* ---- floating point ---- */

static void fp_dirty(struct hart *h)
{
    h->fs = 3;
}

READ(fflags)
{
    return h->fflags;
}

WRITE(fflags)
{
    h->fflags = value & 0x1f;
    fp_dirty(h);
}

READ(frm)
{
    return h->frm;
}

WRITE(frm)
{
    h->frm = value & 7;
    fp_dirty(h);
}

READ(fcsr)
{
    return (uint64_t)h->frm << 5 | h->fflags;
}

WRITE(fcsr)
{
    h->fflags = value & 0x1f;
    h->frm = value >> 5 & 7;
    fp_dirty(h);
}

/* ---- status ---- */

uint64_t csr_mstatus(const struct hart *h)
{
    return h->mstatus | FIELD_UXL_64 | FIELD_SXL_64 | (uint64_t)h->fs << FS_SHIFT | (h->fs == 3 ? FIELD_SD : 0);
}

READ(mstatus)
{
    return csr_mstatus(h);
}

WRITE(mstatus)
{
    uint64_t mpp = value & FIELD_MPP;
    if (mpp == BIT(12)) /* mode 2 is reserved: MPP keeps what it had */
        value = (value & ~FIELD_MPP) | (h->mstatus & FIELD_MPP);
    h->mstatus = value & MSTATUS_WRITABLE;
    h->fs = value >> FS_SHIFT & 3;
    mmu_context_changed(h);
}

READ(sstatus)
{
    return csr_mstatus(h) & (SSTATUS_WRITABLE | UINT64_C(3) << FS_SHIFT | UINT64_C(3) << 32 | FIELD_SD);
}

WRITE(sstatus)
{
    h->mstatus = (h->mstatus & ~SSTATUS_WRITABLE) | (value & SSTATUS_WRITABLE);
    h->fs = value >> FS_SHIFT & 3;
    mmu_context_changed(h);
}

READ(satp)
{
    return h->satp;
}

WRITE(satp)
{
    uint64_t mode = value >> 60, before = h->satp >> 60;
    if (mode != 0 && mode != 8 && mode != 9)
        return;
    h->satp = value;
    if (mode != before && before != 0)
        mmu_fence(h, true, 0, true, 0); /* entries of the other scheme would not mean the same */
    mmu_context_changed(h);
}

/* ---- interrupts ---- */

static bool stce(const struct hart *h)
{
    return h->menvcfg & MENVCFG_STCE;
}

uint64_t csr_mip(const struct hart *h)
{
    uint64_t soft = stce(h) ? h->mip_soft & ~ISA_MIP(STI) : h->mip_soft;
    return soft | h->mip_pins;
}

READ(mip)
{
    return csr_mip(h);
}

WRITE(mip)
{
    uint64_t writable = ISA_MIP(SSI) | ISA_MIP(SEI) | (stce(h) ? 0 : ISA_MIP(STI));
    h->mip_soft = (h->mip_soft & ~writable) | (value & writable);
}

READ(sip)
{
    return csr_mip(h) & h->mideleg;
}

WRITE(sip)
{
    uint64_t writable = ISA_MIP(SSI) & h->mideleg;
    h->mip_soft = (h->mip_soft & ~writable) | (value & writable);
}

READ(sie)
{
    return h->mie & h->mideleg;
}

WRITE(sie)
{
    h->mie = (h->mie & ~h->mideleg) | (value & h->mideleg);
}

/* ---- time and counters ---- */

READ(menvcfg)
{
    return h->menvcfg;
}

WRITE(menvcfg)
{
    h->menvcfg = value & (ENVCFG_FIOM | (h->shared->cpu.sstc ? MENVCFG_STCE : 0));
    hart_timer_update(h);
}

READ(stimecmp)
{
    return h->stimecmp;
}

WRITE(stimecmp)
{
    h->stimecmp = value;
    hart_timer_update(h);
}

enum { INHIBIT_CYCLE = 1, INHIBIT_INSTRET = 4 };

READ(mcycle)
{
    return (h->mcountinhibit & INHIBIT_CYCLE ? 0 : h->cycle) + h->cycle_offset;
}

WRITE(mcycle)
{
    h->cycle_offset = value - (h->mcountinhibit & INHIBIT_CYCLE ? 0 : h->cycle);
}

READ(minstret)
{
    return (h->mcountinhibit & INHIBIT_INSTRET ? 0 : h->instret) + h->instret_offset;
}

WRITE(minstret)
{
    h->instret_offset = value - (h->mcountinhibit & INHIBIT_INSTRET ? 0 : h->instret);
}

READ(mcountinhibit)
{
    return h->mcountinhibit;
}

WRITE(mcountinhibit)
{
    uint64_t cycles = read_mcycle(h, 0), instret = read_minstret(h, 0);
    h->mcountinhibit = value & COUNTINHIBIT_WRITABLE;
    h->cycle_offset = cycles - (h->mcountinhibit & INHIBIT_CYCLE ? 0 : h->cycle);
    h->instret_offset = instret - (h->mcountinhibit & INHIBIT_INSTRET ? 0 : h->instret);
}

READ(cycle)
{
    return read_mcycle(h, 0);
}

WRITE(cycle)
{
}

READ(instret)
{
    return read_minstret(h, 0);
}

WRITE(instret)
{
}

/* ---- protection ---- */

READ(pmpaddr)
{
    return h->pmpaddr[i];
}

WRITE(pmpaddr)
{
    bool next_locks = i + 1 < PMP_ENTRIES && h->pmpcfg[i + 1] & PMP_L && (h->pmpcfg[i + 1] >> 3 & 3) == PMP_A_TOR;
    if (h->pmpcfg[i] & PMP_L || next_locks)
        return;
    h->pmpaddr[i] = value & PMPADDR_WRITABLE;
    pmp_changed(h);
}

/* i: 0 for pmpcfg0 (entries 0 to 7), 1 for pmpcfg2 (8 to 15) */
READ(pmpcfg)
{
    uint64_t value = 0;
    for (unsigned byte = 0; byte < 8; byte++)
        value |= (uint64_t)h->pmpcfg[i * 8 + byte] << byte * 8;
    return value;
}

WRITE(pmpcfg)
{
    for (unsigned byte = 0; byte < 8; byte++) {
        uint8_t *cfg = &h->pmpcfg[i * 8 + byte];
        uint8_t wanted = (uint8_t)(value >> byte * 8) & 0x9f;
        if (*cfg & PMP_L || (wanted & (PMP_R | PMP_W)) == PMP_W)
            continue;
        *cfg = wanted;
    }
    pmp_changed(h);
}

/* ---- access by number ---- */

uint64_t csr_read(const struct hart *hart, unsigned number)
{
    switch (number) {
#define CSR(at, name, meaning) \
    case at:                   \
        return read_##name(hart, 0);
#define CSR_BLOCK(first, last, step, name, meaning) \
    case first ... last:                            \
        return read_##name(hart, (number - first) / step);
#include <isa/csr.def>
    default:
        return 0;
    }
}

void csr_write(struct hart *hart, unsigned number, uint64_t value)
{
    switch (number) {
#define CSR(at, name, meaning)        \
    case at:                          \
        write_##name(hart, 0, value); \
        break;
#define CSR_BLOCK(first, last, step, name, meaning)              \
    case first ... last:                                         \
        write_##name(hart, (number - first) / step, value);      \
        break;
#include <isa/csr.def>
    default:
        break;
    }
}

void csr_write_by_instruction(struct hart *hart, unsigned number, uint64_t value)
{
    csr_write(hart, number, value);
    if (number == 0xb00 && !(hart->mcountinhibit & INHIBIT_CYCLE))
        hart->cycle_offset--;
    if (number == 0xb02 && !(hart->mcountinhibit & INHIBIT_INSTRET))
        hart->instret_offset--;
}

bool csr_exists(const struct hart *hart, unsigned number)
{
    if (number == 0x14d)
        return hart->shared->cpu.sstc;
    switch (number) {
#define CSR(at, name, meaning) \
    case at:                   \
        return true;
#define CSR_BLOCK(first, last, step, name, meaning) \
    case first ... last:                            \
        return (number - first) % step == 0;
#include <isa/csr.def>
    default:
        return false;
    }
}

/* Bits 9:8 of the number: lowest privilege; bits 11:10 all ones: read-only (section 2.1). */
bool csr_allowed(const struct hart *hart, unsigned number, bool write)
{
    if (!csr_exists(hart, number) || hart->mode < (number >> 8 & 3) || (write && number >> 10 == 3))
        return false;
    if (number <= 3)
        return hart->fs != 0;
    if (number >= 0xc00 && number <= 0xc1f) {
        unsigned bit = number & 31;
        return hart->mode == ISA_MODE_M ||
               (hart->mcounteren >> bit & 1 && (hart->mode == ISA_MODE_S || hart->scounteren >> bit & 1));
    }
    if (number == 0x180 && hart->mode == ISA_MODE_S)
        return !(hart->mstatus & FIELD_TVM);
    if (number == 0x14d && hart->mode == ISA_MODE_S)
        return hart->mcounteren & 2 && stce(hart);
    return true;
}

/* ---- returns from traps ---- */

static void leave(struct hart *hart, unsigned mode)
{
    if (mode != ISA_MODE_M)
        hart->mstatus &= ~FIELD_MPRV;
    hart->mode = (uint8_t)mode;
    if (!hart->shared->reservation.keep_on_trap)
        reservation_end(hart->shared->reservations, hart->id, EMU_REASON_TRAP, hart->id);
    mmu_context_changed(hart);
}

void csr_mret(struct hart *hart)
{
    uint64_t s = hart->mstatus;
    unsigned mode = s >> 11 & 3;
    s = (s & ~FIELD_MIE) | (s & FIELD_MPIE ? FIELD_MIE : 0);
    hart->mstatus = (s | FIELD_MPIE) & ~FIELD_MPP;
    hart->pc = hart->mepc;
    leave(hart, mode);
}

void csr_sret(struct hart *hart)
{
    uint64_t s = hart->mstatus;
    unsigned mode = s & FIELD_SPP ? ISA_MODE_S : ISA_MODE_U;
    s = (s & ~FIELD_SIE) | (s & FIELD_SPIE ? FIELD_SIE : 0);
    hart->mstatus = (s | FIELD_SPIE) & ~FIELD_SPP;
    hart->pc = hart->sepc;
    leave(hart, mode);
}
