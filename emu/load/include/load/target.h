/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where loaders put what they load: the machine's RAM, seen as one range of physical addresses and two functions.
 * Loaders check every range against it before they write anything, so that a failed load leaves RAM as it was.
 */
#ifndef LOAD_TARGET_H
#define LOAD_TARGET_H

#include <stdbool.h>
#include <stdint.h>

struct load_target {
    void *context;
    /* Both get ranges within RAM only; false if the write failed all the same. */
    bool (*write)(void *context, uint64_t address, const void *data, uint64_t size);
    bool (*zero)(void *context, uint64_t address, uint64_t size);
    uint64_t ram_base, ram_size; /* bytes */
};

/* True if all of the range lies in RAM. An empty range does so anywhere from ram_base to the end. */
static inline bool load_target_holds(const struct load_target *target, uint64_t address, uint64_t size)
{
    return address >= target->ram_base && size <= target->ram_size && address - target->ram_base <= target->ram_size - size;
}

#endif
