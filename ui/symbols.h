/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names and source lines of what runs in the machine, from the ELF images that were given. Nothing is printed here and no file is
 * read. Adding an image costs little: symbols, lines and frames are looked at when first asked for. What is damaged in an image is
 * left out. Names that hold control characters, or more than 1000 bytes, are left out as well: they are meant for terminals.
 *
 * Every string and every struct symbol stays as it is until the next symbols_add or symbols_take, and is freed by symbols_destroy.
 * Addresses are as the guest sees them: the image's own plus its bias. One thread at a time.
 */
#ifndef UI_SYMBOLS_H
#define UI_SYMBOLS_H

#include <emu/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYMBOLS_IMAGES_MOST 64
/* How far behind a symbol without a size an address may lie and still be named after it. */
#define SYMBOLS_LABEL_BYTES (UINT64_C(64) << 10)
/* Room for whatever symbols_write writes. */
#define SYMBOLS_TEXT_BYTES 2048

struct symbols;

enum symbol_kind { SYMBOL_FUNCTION, SYMBOL_OBJECT, SYMBOL_LABEL };

struct symbol {
    const char *name;
    const char *file;  /* of a local one the source file, as the linker kept it; NULL: not known, or global */
    const char *image; /* as it was added */
    uint64_t address;
    uint64_t bytes; /* 0: without a size */
    enum symbol_kind kind;
    bool is_global;
    bool is_absolute; /* a number, not a place: its image's bias is not in it, and no address is named after it */
    bool is_shared;   /* there are others of this name */
};

struct symbols *symbols_create(void);
void symbols_destroy(struct symbols *symbols);

/* Whether these bytes begin as an ELF file; others are raw images, which have no symbols. */
bool symbols_is_elf(const void *bytes, size_t count);
/* Adds an image, of which a copy is made; `name` is for messages. Its own addresses + bias are the guest's. False with a sentence
 * if it is no ELF file for 64-bit RISC-V, or memory is short. That it has no symbols is no failure. */
bool symbols_add(struct symbols *symbols, const void *elf, size_t bytes, const char *name, int64_t bias, struct emu_error *error);
/* The same without a copy: `elf` is from malloc and belongs to the module from now on, also on failure. */
bool symbols_take(struct symbols *symbols, void *elf, size_t bytes, const char *name, int64_t bias, struct emu_error *error);
/* How many images there are. */
size_t symbols_images(const struct symbols *symbols);
const char *symbols_image_name(const struct symbols *symbols, size_t image);

/* ---- names ---- */

/* How many symbols there are, and the nth of them in the order of their names (bytewise; those of one name: global ones first, then
 * by address), from 0. */
size_t symbols_count(struct symbols *symbols);
const struct symbol *symbols_at(struct symbols *symbols, size_t n);
/* Those that begin with `prefix`: the first one's number, and how many. */
size_t symbols_prefix(struct symbols *symbols, const char *prefix, size_t *ret_first);
/* By "name" or "file.c:name" (the file's last parts, as "lib/file.c", will do). Of several the first in the order above; NULL:
 * none. */
const struct symbol *symbols_find(struct symbols *symbols, const char *text);
/* All that such a text can mean, in the same order; at most `room` of them. Returns how many it wrote. */
size_t symbols_find_all(struct symbols *symbols, const char *text, const struct symbol **ret_symbols, size_t room);

/* What an address belongs to: the function or object that holds it, the innermost of several; else the label before it, if no
 * other symbol lies between. NULL: nothing. */
const struct symbol *symbols_lookup(struct symbols *symbols, uint64_t address, uint64_t *ret_offset);
/* Writes "name+0x12", "name", or with a local name that others have "file.c:name+0x12"; symbols_find understands what is before the
 * "+". Else "" and false. */
bool symbols_write(struct symbols *symbols, uint64_t address, char *text, size_t bytes);
/* The same, named after what the address `by` belongs to: a return address is the caller's, though what follows the call may be the next
 * function's already. */
bool symbols_write_by(struct symbols *symbols, uint64_t by, uint64_t address, char *text, size_t bytes);
/* Whether the address is in what an image calls code. Without images nothing is. */
bool symbols_is_code(const struct symbols *symbols, uint64_t address);

/* ---- source lines, from DWARF ---- */

struct symbols_line {
    const char *file;      /* as DWARF says */
    const char *directory; /* where it was compiled; NULL: not known */
    unsigned line;
    unsigned column;  /* 0: not known */
    uint64_t address; /* where the line's code that holds the address begins */
};

/* A call that the compiler has replaced by the function itself. */
struct symbols_inline {
    const char *name;      /* of the function; "?" if DWARF does not say */
    const char *file;      /* where it is called; NULL: not known */
    const char *directory; /* as in symbols_line */
    unsigned line;
};

/* The line of an address. Of a return address ask for the byte before it, which is in the call. */
bool symbols_line(struct symbols *symbols, uint64_t address, struct symbols_line *ret_line);
/* "file.c:123" (the file's last parts will do) -> the places where its code begins, in order: of each stretch of its code the first
 * address. Returns how many there are and writes those that fit. 0: *ret_next is the next line of such a file that has code, 0 if
 * none has. */
size_t symbols_line_addresses(struct symbols *symbols, const char *text, uint64_t *ret_addresses, size_t room, unsigned *ret_next);
/* The inlined calls at an address, innermost first; the function around them is not among them. Returns how many, at
 * most `room`. */
size_t symbols_inlined(struct symbols *symbols, uint64_t address, struct symbols_inline *ret_inlined, size_t room);

#endif
