/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Instructions as the architecture defines them: one enum value a row of isa/insn.def, and the three functions made from
 * those rows: decode, encode, disassemble. Compressed instructions (isa/compressed.def) decode to the base instruction they
 * expand to, with length 2; only the disassembler and the encoder know them by their own names.
 */
#ifndef ISA_INSN_H
#define ISA_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ISA_OP_add, ISA_OP_lr_w, ...: the mnemonic with dots as underscores. ISA_OP_illegal is 0; ISA_OP_COUNT is the number of values. */
enum isa_op {
    ISA_OP_illegal,
#define INSN(name, ...) ISA_OP_##name,
#include <isa/insn.def>
#undef INSN
    ISA_OP_COUNT
};

/* How an instruction is executed: which operands its function takes and what the engine does round it. */
enum isa_kind {
    ISA_KIND_NONE,  /* ISA_OP_illegal */
    ISA_KIND_RR,    /* rd = f(rs1, rs2) */
    ISA_KIND_RI,    /* rd = f(rs1, imm), shifts and CSR-free immediates */
    ISA_KIND_R1,    /* rd = f(rs1) */
    ISA_KIND_UI,    /* rd = f(pc, imm): lui, auipc */
    ISA_KIND_BR,    /* if f(rs1, rs2) then pc += imm */
    ISA_KIND_JAL,   /* rd = pc + len; pc += imm */
    ISA_KIND_JALR,  /* rd = pc + len; pc = (rs1 + imm) & ~1 */
    ISA_KIND_LD,    /* rd = f(memory[rs1 + imm]), width bytes */
    ISA_KIND_ST,    /* memory[rs1 + imm] = low width bytes of rs2 */
    ISA_KIND_FLD,   /* f[rd] = f(memory[rs1 + imm]) */
    ISA_KIND_FST,   /* memory[rs1 + imm] = low width bytes of f[rs2] */
    ISA_KIND_LR,    /* load-reserved, width bytes */
    ISA_KIND_SC,    /* store-conditional, width bytes */
    ISA_KIND_AMO,   /* rd = sign-extended old; memory = f(old, rs2), width bytes */
    ISA_KIND_CSR,   /* csrrw and its family; imm is the CSR number, rs1 the register or the 5-bit immediate */
    ISA_KIND_FP1,   /* f[rd] = f(f[rs1], rm) */
    ISA_KIND_FP2,   /* f[rd] = f(f[rs1], f[rs2], rm) */
    ISA_KIND_FP3,   /* f[rd] = f(f[rs1], f[rs2], f[rs3], rm) */
    ISA_KIND_FPX1,  /* x[rd] = f(f[rs1], rm) */
    ISA_KIND_FPX2,  /* x[rd] = f(f[rs1], f[rs2]) */
    ISA_KIND_XFP1,  /* f[rd] = f(x[rs1], rm) */
    ISA_KIND_SYS,   /* ecall, ebreak, mret, sret, wfi, sfence.vma, fence, fence.i, pause: the engine's own */
};

/* Timing class, for the cost of an instruction on the retired stream (docs/timing.md). */
enum isa_timing {
    ISA_TIMING_INT,
    ISA_TIMING_MUL,
    ISA_TIMING_DIV,
    ISA_TIMING_LOAD,
    ISA_TIMING_STORE,
    ISA_TIMING_AMO,
    ISA_TIMING_BRANCH,
    ISA_TIMING_JUMP,
    ISA_TIMING_FP,      /* add, multiply, fused multiply-add, conversions */
    ISA_TIMING_FP_MOVE, /* sign injection, moves, compare, classify, min, max */
    ISA_TIMING_FP_DIV,  /* divide, square root */
    ISA_TIMING_SYSTEM,
};

/* A decoded instruction. Register fields that the format does not have are 0. */
struct isa_insn {
    uint16_t op;  /* enum isa_op */
    uint8_t len;  /* 2 or 4 bytes; for an illegal instruction what its low two bits say */
    uint8_t rd, rs1, rs2, rs3;
    uint8_t rm;   /* rounding-mode field of FP instructions (7: dynamic); aq (bit 1) and rl (bit 0) of lr, sc, amo */
    int32_t imm;  /* immediate, sign-extended; for lui/auipc the value shifted left by 12; shamt; CSR number; fence fm|pred|succ */
    uint32_t bits; /* the instruction as fetched (16 bits zero-extended when compressed): what mtval gets */
};

/* A row, for those who need names or classes at run time. */
struct isa_row {
    const char *name;      /* mnemonic as the assembler takes it: "lr.w" */
    const char *extension; /* "I", "M", "A", "F", "D", "Zicsr", "Zba", ... */
    const char *meaning;   /* one line */
    uint32_t mask, match;  /* bits & mask == match */
    uint8_t kind;          /* enum isa_kind */
    uint8_t timing;        /* enum isa_timing */
    uint8_t width;         /* bytes accessed by memory kinds, else 0 */
    bool sets_rm;          /* has a rounding-mode field */
};

extern const struct isa_row isa_rows[ISA_OP_COUNT];

/* Decodes the instruction whose low halfword is in bits 15:0; for a 4-byte instruction bits 31:16 must be its high halfword, for a
 * 2-byte one they are ignored. Reserved encodings give ISA_OP_illegal. Rounding modes 5 and 6 in a sets_rm row are illegal.
 * Reserved fields of fence and fence.i are kept in rd, rs1 and imm and do not matter to execution. Never fails, has no state. */
struct isa_insn isa_decode(uint32_t bits);

/* The length in bytes that the low halfword announces: 2 or 4 (longer formats are treated as 4-byte illegal ones). */
static inline unsigned isa_length(uint16_t low)
{
    return (low & 3) == 3 ? 4 : 2;
}

/* Encodes a row's operands (op, rd, rs1, rs2, rs3, rm, imm are read) as a 4-byte instruction. Returns false when an operand is out
 * of the row's range or has bits the format cannot hold; *ret_bits is then unchanged. */
bool isa_encode(const struct isa_insn *insn, uint32_t *ret_bits);

/* Writes the instruction as binutils' objdump -M no-aliases prints it for the same bits (mnemonic, a tab, operands), with branch
 * and jump targets as absolute addresses from `pc` in hexadecimal, without the address comments that objdump adds. Illegal encodings
 * print as ".2byte 0x..." or ".4byte 0x..." (16 zero bits as "c.unimp"); reserved fields of fences are not shown. Returns the length
 * the whole text has, as snprintf does. */
size_t isa_disassemble(char *text, size_t size, uint32_t bits, uint64_t pc);

const char *isa_xreg_name(unsigned reg); /* "zero", "ra", ... */
const char *isa_freg_name(unsigned reg); /* "ft0", ... */

/* The name that assemblers know a CSR number by (csr_number.def), NULL when it has none. */
const char *isa_csr_name(unsigned number);

#endif
