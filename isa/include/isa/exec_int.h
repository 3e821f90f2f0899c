/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What each integer instruction computes: one function a row of insn.def, isa_exec_<name>, for the kinds RR, RI, R1, UI, BR, LD,
 * FLD and AMO. This is the only text of their semantics; every execution loop inlines it. Pure functions of their arguments,
 * defined for all values (no shift, overflow or division trap of the host shows). The engine does registers, memory and traps.
 *
 * LD and FLD take the loaded bytes zero-extended and give the register's value. AMO takes the old bytes zero-extended and gives the
 * new memory value, of which only the row's width bytes count.
 */
#ifndef ISA_EXEC_INT_H
#define ISA_EXEC_INT_H

#include <stdbool.h>
#include <stdint.h>

#define EXEC_RR(name)  static inline uint64_t isa_exec_##name(uint64_t rs1, uint64_t rs2)
#define EXEC_RI(name)  static inline uint64_t isa_exec_##name(uint64_t rs1, int64_t imm)
#define EXEC_R1(name)  static inline uint64_t isa_exec_##name(uint64_t rs1)
#define EXEC_UI(name)  static inline uint64_t isa_exec_##name(uint64_t pc, int64_t imm)
#define EXEC_BR(name)  static inline bool isa_exec_##name(uint64_t rs1, uint64_t rs2)
#define EXEC_LD(name)  static inline uint64_t isa_exec_##name(uint64_t raw)
#define EXEC_FLD(name) static inline uint64_t isa_exec_##name(uint64_t raw)
#define EXEC_AMO(name) static inline uint64_t isa_exec_##name(uint64_t old, uint64_t rs2)

/* The low 8, 16 or 32 bits, sign-extended to a register. */
static inline uint64_t isa_sext8(uint64_t value)
{
    return (uint64_t)(int64_t)(int8_t)value;
}

static inline uint64_t isa_sext16(uint64_t value)
{
    return (uint64_t)(int64_t)(int16_t)value;
}

static inline uint64_t isa_sext32(uint64_t value)
{
    return (uint64_t)(int64_t)(int32_t)value;
}

/* I: integers */
EXEC_UI(lui)
{
    (void)pc;
    return (uint64_t)imm;
}
EXEC_UI(auipc)
{
    return pc + (uint64_t)imm;
}
EXEC_RI(addi)
{
    return rs1 + (uint64_t)imm;
}
EXEC_RI(slti)
{
    return (int64_t)rs1 < imm;
}
EXEC_RI(sltiu)
{
    return rs1 < (uint64_t)imm;
}
EXEC_RI(xori)
{
    return rs1 ^ (uint64_t)imm;
}
EXEC_RI(ori)
{
    return rs1 | (uint64_t)imm;
}
EXEC_RI(andi)
{
    return rs1 & (uint64_t)imm;
}
EXEC_RI(slli)
{
    return rs1 << (imm & 63);
}
EXEC_RI(srli)
{
    return rs1 >> (imm & 63);
}
EXEC_RI(srai)
{
    return (uint64_t)((int64_t)rs1 >> (imm & 63));
}
EXEC_RR(add)
{
    return rs1 + rs2;
}
EXEC_RR(sub)
{
    return rs1 - rs2;
}
EXEC_RR(sll)
{
    return rs1 << (rs2 & 63);
}
EXEC_RR(slt)
{
    return (int64_t)rs1 < (int64_t)rs2;
}
EXEC_RR(sltu)
{
    return rs1 < rs2;
}
EXEC_RR(xor)
{
    return rs1 ^ rs2;
}
EXEC_RR(srl)
{
    return rs1 >> (rs2 & 63);
}
EXEC_RR(sra)
{
    return (uint64_t)((int64_t)rs1 >> (rs2 & 63));
}
EXEC_RR(or)
{
    return rs1 | rs2;
}
EXEC_RR(and)
{
    return rs1 & rs2;
}
EXEC_RI(addiw)
{
    return isa_sext32(rs1 + (uint64_t)imm);
}
EXEC_RI(slliw)
{
    return isa_sext32(rs1 << (imm & 31));
}
EXEC_RI(srliw)
{
    return isa_sext32((uint32_t)rs1 >> (imm & 31));
}
EXEC_RI(sraiw)
{
    return (uint64_t)(int64_t)((int32_t)rs1 >> (imm & 31));
}
EXEC_RR(addw)
{
    return isa_sext32(rs1 + rs2);
}
EXEC_RR(subw)
{
    return isa_sext32(rs1 - rs2);
}
EXEC_RR(sllw)
{
    return isa_sext32(rs1 << (rs2 & 31));
}
EXEC_RR(srlw)
{
    return isa_sext32((uint32_t)rs1 >> (rs2 & 31));
}
EXEC_RR(sraw)
{
    return (uint64_t)(int64_t)((int32_t)rs1 >> (rs2 & 31));
}

/* I: branches */
EXEC_BR(beq)
{
    return rs1 == rs2;
}
EXEC_BR(bne)
{
    return rs1 != rs2;
}
EXEC_BR(blt)
{
    return (int64_t)rs1 < (int64_t)rs2;
}
EXEC_BR(bge)
{
    return (int64_t)rs1 >= (int64_t)rs2;
}
EXEC_BR(bltu)
{
    return rs1 < rs2;
}
EXEC_BR(bgeu)
{
    return rs1 >= rs2;
}

/* I, F, D: what a load makes of the bytes */
EXEC_LD(lb)
{
    return isa_sext8(raw);
}
EXEC_LD(lh)
{
    return isa_sext16(raw);
}
EXEC_LD(lw)
{
    return isa_sext32(raw);
}
EXEC_LD(ld)
{
    return raw;
}
EXEC_LD(lbu)
{
    return raw;
}
EXEC_LD(lhu)
{
    return raw;
}
EXEC_LD(lwu)
{
    return raw;
}
EXEC_FLD(flw)
{
    return raw | 0xffffffff00000000u;
}
EXEC_FLD(fld)
{
    return raw;
}

/* M. Dividing by zero gives all ones and the dividend as remainder; the most negative value divided by -1 gives itself, remainder 0
 * (unprivileged specification, chapter M, table of division semantics). */
EXEC_RR(mul)
{
    return rs1 * rs2;
}
EXEC_RR(mulh)
{
    return (uint64_t)(((__int128)(int64_t)rs1 * (int64_t)rs2) >> 64);
}
EXEC_RR(mulhsu)
{
    return (uint64_t)(((__int128)(int64_t)rs1 * (__int128)rs2) >> 64);
}
EXEC_RR(mulhu)
{
    return (uint64_t)(((unsigned __int128)rs1 * rs2) >> 64);
}
EXEC_RR(div)
{
    if (rs2 == 0)
        return UINT64_MAX;
    if (rs2 == UINT64_MAX)
        return 0 - rs1;
    return (uint64_t)((int64_t)rs1 / (int64_t)rs2);
}
EXEC_RR(divu)
{
    return rs2 == 0 ? UINT64_MAX : rs1 / rs2;
}
EXEC_RR(rem)
{
    if (rs2 == 0)
        return rs1;
    if (rs2 == UINT64_MAX)
        return 0;
    return (uint64_t)((int64_t)rs1 % (int64_t)rs2);
}
EXEC_RR(remu)
{
    return rs2 == 0 ? rs1 : rs1 % rs2;
}
EXEC_RR(mulw)
{
    return isa_sext32(rs1 * rs2);
}
EXEC_RR(divw)
{
    int32_t divisor = (int32_t)rs2;
    if (divisor == 0)
        return UINT64_MAX;
    return isa_sext32((uint64_t)((int64_t)(int32_t)rs1 / divisor)); /* 64-bit division: INT32_MIN / -1 fits */
}
EXEC_RR(divuw)
{
    uint32_t divisor = (uint32_t)rs2;
    return divisor == 0 ? UINT64_MAX : isa_sext32((uint32_t)rs1 / divisor);
}
EXEC_RR(remw)
{
    int32_t divisor = (int32_t)rs2;
    if (divisor == 0)
        return isa_sext32(rs1);
    return (uint64_t)((int64_t)(int32_t)rs1 % divisor);
}
EXEC_RR(remuw)
{
    uint32_t divisor = (uint32_t)rs2;
    return isa_sext32(divisor == 0 ? (uint32_t)rs1 : (uint32_t)rs1 % divisor);
}

/* A */
EXEC_AMO(amoswap_w)
{
    (void)old;
    return rs2;
}
EXEC_AMO(amoadd_w)
{
    return old + rs2;
}
EXEC_AMO(amoxor_w)
{
    return old ^ rs2;
}
EXEC_AMO(amoand_w)
{
    return old & rs2;
}
EXEC_AMO(amoor_w)
{
    return old | rs2;
}
EXEC_AMO(amomin_w)
{
    return (int32_t)old < (int32_t)rs2 ? old : rs2;
}
EXEC_AMO(amomax_w)
{
    return (int32_t)old > (int32_t)rs2 ? old : rs2;
}
EXEC_AMO(amominu_w)
{
    return (uint32_t)old < (uint32_t)rs2 ? old : rs2;
}
EXEC_AMO(amomaxu_w)
{
    return (uint32_t)old > (uint32_t)rs2 ? old : rs2;
}
EXEC_AMO(amoswap_d)
{
    (void)old;
    return rs2;
}
EXEC_AMO(amoadd_d)
{
    return old + rs2;
}
EXEC_AMO(amoxor_d)
{
    return old ^ rs2;
}
EXEC_AMO(amoand_d)
{
    return old & rs2;
}
EXEC_AMO(amoor_d)
{
    return old | rs2;
}
EXEC_AMO(amomin_d)
{
    return (int64_t)old < (int64_t)rs2 ? old : rs2;
}
EXEC_AMO(amomax_d)
{
    return (int64_t)old > (int64_t)rs2 ? old : rs2;
}
EXEC_AMO(amominu_d)
{
    return old < rs2 ? old : rs2;
}
EXEC_AMO(amomaxu_d)
{
    return old > rs2 ? old : rs2;
}

/* Zba */
EXEC_RR(add_uw)
{
    return (uint32_t)rs1 + rs2;
}
EXEC_RR(sh1add)
{
    return (rs1 << 1) + rs2;
}
EXEC_RR(sh2add)
{
    return (rs1 << 2) + rs2;
}
EXEC_RR(sh3add)
{
    return (rs1 << 3) + rs2;
}
EXEC_RR(sh1add_uw)
{
    return ((uint64_t)(uint32_t)rs1 << 1) + rs2;
}
EXEC_RR(sh2add_uw)
{
    return ((uint64_t)(uint32_t)rs1 << 2) + rs2;
}
EXEC_RR(sh3add_uw)
{
    return ((uint64_t)(uint32_t)rs1 << 3) + rs2;
}
EXEC_RI(slli_uw)
{
    return (uint64_t)(uint32_t)rs1 << (imm & 63);
}

/* Zbb. Rotations mask both shift counts, so that a count of 0 shifts by 0 and not by the width. */
EXEC_RR(andn)
{
    return rs1 & ~rs2;
}
EXEC_RR(orn)
{
    return rs1 | ~rs2;
}
EXEC_RR(xnor)
{
    return ~(rs1 ^ rs2);
}
EXEC_R1(clz)
{
    return rs1 == 0 ? 64 : (uint64_t)__builtin_clzll(rs1);
}
EXEC_R1(clzw)
{
    return (uint32_t)rs1 == 0 ? 32 : (uint64_t)__builtin_clz((uint32_t)rs1);
}
EXEC_R1(ctz)
{
    return rs1 == 0 ? 64 : (uint64_t)__builtin_ctzll(rs1);
}
EXEC_R1(ctzw)
{
    return (uint32_t)rs1 == 0 ? 32 : (uint64_t)__builtin_ctz((uint32_t)rs1);
}
EXEC_R1(cpop)
{
    return (uint64_t)__builtin_popcountll(rs1);
}
EXEC_R1(cpopw)
{
    return (uint64_t)__builtin_popcount((uint32_t)rs1);
}
EXEC_RR(max)
{
    return (int64_t)rs1 > (int64_t)rs2 ? rs1 : rs2;
}
EXEC_RR(maxu)
{
    return rs1 > rs2 ? rs1 : rs2;
}
EXEC_RR(min)
{
    return (int64_t)rs1 < (int64_t)rs2 ? rs1 : rs2;
}
EXEC_RR(minu)
{
    return rs1 < rs2 ? rs1 : rs2;
}
EXEC_R1(sext_b)
{
    return isa_sext8(rs1);
}
EXEC_R1(sext_h)
{
    return isa_sext16(rs1);
}
EXEC_R1(zext_h)
{
    return (uint16_t)rs1;
}
EXEC_RR(rol)
{
    return rs1 << (rs2 & 63) | rs1 >> (-rs2 & 63);
}
EXEC_RR(rolw)
{
    uint32_t word = (uint32_t)rs1;
    return isa_sext32(word << (rs2 & 31) | word >> (-rs2 & 31));
}
EXEC_RR(ror)
{
    return rs1 >> (rs2 & 63) | rs1 << (-rs2 & 63);
}
EXEC_RI(rori)
{
    return isa_exec_ror(rs1, (uint64_t)imm);
}
EXEC_RR(rorw)
{
    uint32_t word = (uint32_t)rs1;
    return isa_sext32(word >> (rs2 & 31) | word << (-rs2 & 31));
}
EXEC_RI(roriw)
{
    return isa_exec_rorw(rs1, (uint64_t)imm);
}
EXEC_R1(orc_b)
{
    /* Or the bits of each byte into its lowest, then spread that by multiplication: no carry leaves a byte. */
    uint64_t low = rs1 | (rs1 >> 4 & 0x0f0f0f0f0f0f0f0fu);
    low |= low >> 2 & 0x3333333333333333u;
    low |= low >> 1;
    return (low & 0x0101010101010101u) * 0xff;
}
EXEC_R1(rev8)
{
    return __builtin_bswap64(rs1);
}

/* Zbs */
EXEC_RR(bclr)
{
    return rs1 & ~(UINT64_C(1) << (rs2 & 63));
}
EXEC_RI(bclri)
{
    return rs1 & ~(UINT64_C(1) << (imm & 63));
}
EXEC_RR(bext)
{
    return rs1 >> (rs2 & 63) & 1;
}
EXEC_RI(bexti)
{
    return rs1 >> (imm & 63) & 1;
}
EXEC_RR(binv)
{
    return rs1 ^ UINT64_C(1) << (rs2 & 63);
}
EXEC_RI(binvi)
{
    return rs1 ^ UINT64_C(1) << (imm & 63);
}
EXEC_RR(bset)
{
    return rs1 | UINT64_C(1) << (rs2 & 63);
}
EXEC_RI(bseti)
{
    return rs1 | UINT64_C(1) << (imm & 63);
}

#endif
