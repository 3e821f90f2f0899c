/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where firmware, kernel, device tree and initial RAM disk go in RAM: the rules of QEMU 7.2's `virt`, as pure functions, so
 * that firmware built for it finds everything where it expects it. Addresses and sizes are in bytes.
 */
#ifndef LOAD_PLACEMENT_H
#define LOAD_PLACEMENT_H

#include <stdint.h>

/* The device tree goes as high as it can, so that a kernel and its RAM disk do not run into it, but below 3 GiB if RAM begins
 * below that, so that 32-bit code can reach it; aligned down to 2 MiB. 0 if RAM has no room for it. */
uint64_t placement_fdt(uint64_t ram_base, uint64_t ram_size, uint64_t fdt_size);

/* A kernel started by firmware begins at the first 2 MiB boundary at or after the firmware's end: a 64-bit kernel wants its
 * pages aligned so. 0 if there is none below 2^64. */
uint64_t placement_kernel(uint64_t firmware_end);

/* The RAM disk begins half of RAM, at most 128 MiB, after the kernel's start. */
uint64_t placement_initrd(uint64_t kernel_start, uint64_t ram_size);

#endif
