/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Damaged file systems: a small sound one, with words changed. Checksums are made right again, so that the damage is behind them.
 */
#ifndef TURNSTILE_HOST_DAMAGE_H
#define TURNSTILE_HOST_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

enum { DAMAGE_IMAGE_BYTES = 1 << 20, DAMAGE_RECORD_BYTES = 8 };

/* The sound one. `bytes`: DAMAGE_IMAGE_BYTES of zeros, aligned to 8. */
void damage_make(uint8_t *bytes);
/* Each record of `data` changes one 32-bit word: block (2 bytes), word (2 bytes), value (4 bytes), little-endian, each taken modulo
 * what there is. A record of block 0xffff leaves the superblock's checksum as it is, one of 0xfffe that of the log. */
void damage_apply(uint8_t *bytes, const uint8_t *data, size_t size);
/* So many records that hit what matters: inodes, entries, pointers, bitmaps, the log. `data` has room for them. */
void damage_draw(uint64_t seed, unsigned records, uint8_t *data);

#endif
