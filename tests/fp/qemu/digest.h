/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A digest of a sequence of results and flags, computed alike by cases.c here and by guest.c there.
 */
#ifndef DIGEST_H
#define DIGEST_H

#include <stdint.h>

static inline uint64_t digest_add(uint64_t digest, uint64_t result, uint32_t flags)
{
    digest = (digest ^ result) * 0x9e3779b97f4a7c15u;
    digest = (digest ^ digest >> 29 ^ flags) * 0xbf58476d1ce4e5b9u;
    return digest ^ digest >> 32;
}

#endif
