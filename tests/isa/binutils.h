/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The assembler and disassembler of binutils as independent oracles. Each call is one run of each tool over all words, in a
 * temporary folder. Both are told exactly the extensions that isa/insn.def has. Tools that fail abort the test.
 */
#ifndef TESTS_ISA_BINUTILS_H
#define TESTS_ISA_BINUTILS_H

#include <stddef.h>
#include <stdint.h>

/* What objdump -d -M no-aliases prints for each word, which stand one behind the other from address 0. Its comments and symbolic
 * addresses are taken off: only what the bits of the word say is left. */
char **binutils_disassemble(const uint32_t *words, size_t count, unsigned bytes);

/* The bits that as makes of each line; `bytes` is the length that each must have. An erroneous line gives UINT32_MAX, with the
 * assembler's message on stderr. */
uint32_t *binutils_assemble(char *const *lines, size_t count, unsigned bytes);

void binutils_free_lines(char **lines, size_t count);

#endif
