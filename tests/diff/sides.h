/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Running one image of guest RAM on both machines. Both leave their RAM in the caller's buffer.
 */
#ifndef TESTS_DIFF_SIDES_H
#define TESTS_DIFF_SIDES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIDE_RAM_BYTES (UINT64_C(128) << 20)

/* In this process, through libemu. False with a sentence on stderr when it does not end by itself. */
bool side_run_ours(unsigned fidelity, const uint8_t *image, size_t bytes, uint64_t result_at, uint8_t *ret_result, size_t result_bytes);
/* As a child: RAM is a file that both map. Killed after `seconds`. */
bool side_run_qemu(const uint8_t *image, size_t bytes, uint64_t result_at, uint8_t *ret_result, size_t result_bytes, unsigned seconds);

#endif
