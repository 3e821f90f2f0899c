/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The boot ROM at PLATFORM_BOOT_ROM_BASE, in effect QEMU `virt`'s: every hart leaves reset here and jumps to the start address
 * with a0 = its hart id, a1 = the device tree, a2 = the fw_dynamic information that OpenSBI's dynamic firmware reads
 * (OpenSBI, docs/firmware/fw_dynamic.md), which follows in the ROM.
 */
#ifndef LOAD_BOOTROM_H
#define LOAD_BOOTROM_H

#include <stddef.h>
#include <stdint.h>

#define BOOTROM_BYTES 88 /* what bootrom_fill writes */

enum { BOOTROM_NEXT_MODE_U = 0, BOOTROM_NEXT_MODE_S = 1, BOOTROM_NEXT_MODE_M = 3 };

struct bootrom_config {
    uint64_t start;     /* where all harts go: the firmware, or a bare-metal program */
    uint64_t fdt;       /* address of the device tree */
    uint64_t next;      /* where the firmware goes next: the kernel; 0 if there is none */
    uint64_t next_mode; /* one of BOOTROM_NEXT_MODE_*; S for a kernel */
    uint64_t boot_hart; /* the hart that the firmware starts the kernel on */
};

/* Writes the ROM's contents, position independent, and returns BOOTROM_BYTES; 0, nothing written, if `size` is less. */
size_t bootrom_fill(void *buffer, size_t size, const struct bootrom_config *config);

#endif
