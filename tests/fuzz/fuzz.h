/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The entry point that libFuzzer expects, here also called by corpus_main.c. Every fuzz_*.c defines it once.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
