/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Raw images: bytes that go to one address as they are (a kernel's Image file, a firmware's .bin, an initial RAM disk). Linux's `Image`
 * begins with a header that says how much memory it will use (Linux, Documentation/riscv/boot-image-header.rst).
 */
#ifndef LOAD_IMAGE_H
#define LOAD_IMAGE_H

#include <emu/error.h>
#include <load/target.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if the bytes begin as an ELF file does: then elf_load is the one to call. */
bool image_is_elf(const void *data, size_t size);

/* How many bytes of memory the image occupies once it runs: its size, or what its header says if that is more. False with a sentence
 * if the header says that the image is of another kind. */
bool image_extent(const void *data, size_t size, uint64_t *ret_bytes, struct emu_error *error);

/* Writes `size` bytes to `address`. False, and RAM untouched, if they are not all within RAM. */
bool image_load(const void *data, size_t size, uint64_t address, const struct load_target *target, struct emu_error *error);

#endif
