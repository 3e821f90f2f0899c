/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The device tree that describes the machine to its guest: for what is modelled, the same in meaning as QEMU 7.2's `virt`
 * (a test compares them node by node), except that `model` names this emulator and `riscv,ndev` does not count source 0 (QEMU
 * corrected that later).
 */
#ifndef LOAD_FDT_H
#define LOAD_FDT_H

#include <emu/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDT_RNG_SEED_BYTES 32

/* Strings are copied into the tree. */
struct fdt_config {
    unsigned harts; /* 1 to PLATFORM_HARTS_MAX */
    uint64_t ram_base, ram_size;
    const char *isa;                   /* `riscv,isa`, extensions in QEMU's spelling and order: "rv64imafdc_zicsr_..._sstc" */
    const char *mmu_type;              /* "riscv,sv39", "riscv,sv48"; NULL: no MMU */
    bool aclint;                       /* MSWI, MTIMER and SSWI instead of the CLINT */
    uint8_t rng_seed[FDT_RNG_SEED_BYTES];
    const char *bootargs;              /* the kernel's command line; NULL or "": none */
    uint64_t initrd_start, initrd_end; /* equal: none */
};

/* Returns a blob from malloc, its size in *ret_size; NULL, with a sentence, when out of memory. */
void *fdt_build(const struct fdt_config *config, size_t *ret_size, struct emu_error *error);

/* Checks a blob that a user supplies, so that guests and we may read it: header, structure, strings. The blob may be longer than
 * the tree in it. `blob` is aligned to 8 bytes, as malloc's memory is. */
bool fdt_check(const void *blob, size_t size, struct emu_error *error);

#endif
