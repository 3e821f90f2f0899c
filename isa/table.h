/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What tablegen makes of insn.def and compressed.def, and decode.c, encode.c, disassemble.c use: matching bits to a row, the row's
 * operand layout, its text. Private to libisa. All tables are constant.
 */
#ifndef ISA_TABLE_H
#define ISA_TABLE_H

#include <isa/insn.h>

/* The words of the "operands" column, which member of struct isa_insn each prints, and how. */
#define ISA_OPERANDS(X)                                                                                                            \
    X(RD, "rd", RD)                                                                                                                \
    X(RS1, "rs1", RS1)                                                                                                             \
    X(RS2, "rs2", RS2)                                                                                                             \
    X(FRD, "frd", RD)                                                                                                              \
    X(FRS1, "frs1", RS1)                                                                                                           \
    X(FRS2, "frs2", RS2)                                                                                                           \
    X(FRS3, "frs3", RS3)                                                                                                           \
    X(IMM, "imm", IMM)       /* signed decimal */                                                                                  \
    X(SHAMT, "shamt", IMM)   /* hexadecimal */                                                                                     \
    X(IMM20, "imm20", IMM)   /* bits 31:12 in hexadecimal */                                                                       \
    X(TARGET, "target", IMM) /* pc + imm in hexadecimal */                                                                         \
    X(CSR, "csr", IMM)       /* name, or number in hexadecimal */                                                                  \
    X(ZIMM, "zimm", RS1)     /* the rs1 field as a number */                                                                       \
    X(PRED, "pred", IMM)     /* letters of iorw */                                                                                 \
    X(SUCC, "succ", IMM)                                                                                                           \
    X(RM, "[,rm]", RM)   /* rounding mode, unless dynamic */                                                                       \
    X(RM0, "[,rm0]", RM) /* rounding mode, unless to nearest even: operations that cannot round */                                 \
    X(SP, "sp", NONE)    /* literal */                                                                                             \
    X(COMMA, ",", NONE)                                                                                                            \
    X(OPEN, "(", NONE)                                                                                                             \
    X(CLOSE, ")", NONE)

enum isa_operand {
    ISA_OPERAND_END,
#define OPERAND(name, text, member) ISA_OPERAND_##name,
    ISA_OPERANDS(OPERAND)
#undef OPERAND
};

enum { ISA_OPERANDS_MAX = 12 }; /* words and punctuation of one row, with the end */

/* One value a row of compressed.def; ISA_C_none is 0. */
enum isa_c {
    ISA_C_none,
#define C_INSN(name, ...) ISA_C_##name,
#include <isa/compressed.def>
#undef C_INSN
    ISA_C_COUNT
};

/* Operand layout: the fields of an instruction from its bits, and back. insert ignores what does not fit. */
typedef void isa_extract(uint32_t bits, struct isa_insn *insn);
typedef uint32_t isa_insert(const struct isa_insn *insn);

struct isa_form {
    uint8_t operands[ISA_OPERANDS_MAX]; /* enum isa_operand */
    isa_extract *extract;
    isa_insert *insert;
    bool has_aq_rl; /* the mnemonic takes .aq, .rl, .aqrl */
};

struct isa_compressed {
    const char *name;
    uint16_t op; /* enum isa_op of the expansion */
    uint8_t operands[ISA_OPERANDS_MAX];
    isa_extract *extract;
};

extern const struct isa_form isa_forms[ISA_OP_COUNT];
extern const struct isa_compressed isa_compressed_rows[ISA_C_COUNT];

/* The row that 4 (2) bytes belong to, else 0. Rounding modes are not looked at. */
unsigned isa_match_4(uint32_t bits); /* enum isa_op */
unsigned isa_match_2(uint32_t bits); /* enum isa_c; bits 31:16 are 0 */

#endif
