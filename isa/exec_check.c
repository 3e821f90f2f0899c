/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Compile-time proof that every row of insn.def whose kind has a combining function in exec_int.h has one, with the signature of
 * its kind. Emits nothing. A missing function is an undeclared identifier that bears the row's name.
 */
#include <isa/exec_int.h>

#define HAS(name, result, ...)                                                                                                     \
    _Static_assert(__builtin_types_compatible_p(__typeof__(isa_exec_##name), result(__VA_ARGS__)), "signature of "                 \
                                                                                                   "isa_exec_" #name);

#define HAS_RR(name)  HAS(name, uint64_t, uint64_t, uint64_t)
#define HAS_RI(name)  HAS(name, uint64_t, uint64_t, int64_t)
#define HAS_R1(name)  HAS(name, uint64_t, uint64_t)
#define HAS_UI(name)  HAS(name, uint64_t, uint64_t, int64_t)
#define HAS_BR(name)  HAS(name, bool, uint64_t, uint64_t)
#define HAS_LD(name)  HAS(name, uint64_t, uint64_t)
#define HAS_FLD(name) HAS(name, uint64_t, uint64_t)
#define HAS_AMO(name) HAS(name, uint64_t, uint64_t, uint64_t)

/* Executed by the engine alone, or by exec_fp.h */
#define HAS_JAL(name)
#define HAS_JALR(name)
#define HAS_ST(name)
#define HAS_FST(name)
#define HAS_LR(name)
#define HAS_SC(name)
#define HAS_CSR(name)
#define HAS_SYS(name)
#define HAS_FP1(name)
#define HAS_FP2(name)
#define HAS_FP3(name)
#define HAS_FPX1(name)
#define HAS_FPX2(name)
#define HAS_XFP1(name)

#define INSN(name, mnemonic, pattern, operands, kind, ...) HAS_##kind(name)
#include <isa/insn.def>
#undef INSN
