/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Loads a RISC-V ELF file that lies in memory: its PT_LOAD segments go to their physical addresses (p_paddr), as QEMU does,
 * and what a segment has beyond its file bytes is zeroed. Nothing is relocated. The file may be damaged or hostile: every
 * number in it is checked before it is used.
 */
#ifndef LOAD_ELF_H
#define LOAD_ELF_H

#include <emu/error.h>
#include <load/target.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_image {
    uint64_t entry;            /* physical: an entry inside an executable segment's virtual range is translated with it */
    uint64_t low, end;         /* first byte loaded and the one after the last */
    uint64_t tohost, fromhost; /* physical addresses of these symbols (dev/htif.h), 0 if there is none */
};

/* `data` needs no alignment and may be freed afterwards. On failure RAM and *ret_image are untouched (unless the target's
 * own functions failed) and the error says what is wrong with the file. */
bool elf_load(const void *data, size_t size, const struct load_target *target, struct elf_image *ret_image,
              struct emu_error *error);

#endif
