/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names and addresses, against nm, and images that are not what they should be.
 */
#define _GNU_SOURCE
#include "ui_guest.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <elf.h>
#include <inttypes.h>
#include <lib/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One of this name at this address; NULL: none. */
static const struct symbol *find_at(struct symbols *symbols, const char *name, uint64_t address)
{
    size_t first, count = symbols_prefix(symbols, name, &first);
    for (size_t i = first; i < first + count; i++)
        if (!strcmp(symbols_at(symbols, i)->name, name) && symbols_at(symbols, i)->address == address)
            return symbols_at(symbols, i);
    return NULL;
}

/* "ADDRESS [SIZE] TYPE NAME" */
static void compare_with_nm(char *text, size_t n, void *context)
{
    struct symbols *symbols = context;
    char *type = strrchr(text, ' ') - 1, *name = type + 2, *rest;
    uint64_t address = strtoull(text, &rest, 16), bytes = rest < type - 1 ? strtoull(rest, NULL, 16) : 0;
    const struct symbol *symbol = find_at(symbols, name, address);
    cr_assert(symbol != NULL, "%s", text);
    cr_expect(eq(u64, symbol->bytes, bytes), "%s", name);
    cr_expect(eq(int, symbol->is_global, *type >= 'A' && *type <= 'Z'), "%s", name);
    cr_expect(eq(int, symbol->is_absolute, *type == 'A'), "%s", name);
    cr_expect(symbols_find(symbols, name) != NULL, "%s", name);
    if (!symbol->is_shared)
        cr_expect(eq(ptr, (void *)symbols_find(symbols, name), (void *)symbol), "%s", name);
}

Test(symbols, they_are_those_that_nm_prints)
{
    static const char *const guests[] = {"debug", "dwarf4", "eh", "pointer"};
    for (size_t i = 0; i < sizeof guests / sizeof guests[0]; i++) {
        struct symbols *symbols = guest_symbols(guests[i]);
        size_t count = guest_ask("nm", guests[i], "-S", compare_with_nm, symbols);
        cr_expect(gt(sz, count, 15));
        cr_expect(eq(sz, symbols_count(symbols), count), "%s", guests[i]);
        symbols_destroy(symbols);
    }
}

Test(symbols, they_are_sorted_and_a_prefix_names_a_range)
{
    struct symbols *symbols = guest_symbols("debug");
    size_t count = symbols_count(symbols), first;
    for (size_t i = 1; i < count; i++)
        cr_expect(le(int, strcmp(symbols_at(symbols, i - 1)->name, symbols_at(symbols, i)->name), 0));
    cr_expect(eq(ptr, (void *)symbols_at(symbols, count), NULL));
    cr_expect(eq(sz, symbols_prefix(symbols, "", &first), count));
    cr_expect(eq(sz, first, 0));
    cr_expect(eq(sz, symbols_prefix(symbols, "trap", &first), 2));
    cr_expect(eq(str, (char *)symbols_at(symbols, first)->name, "trap_entry"));
    cr_expect(eq(str, (char *)symbols_at(symbols, first + 1)->name, "trapping"));
    cr_expect(eq(sz, symbols_prefix(symbols, "trapx", &first), 0));
    cr_expect(eq(sz, symbols_prefix(symbols, "~", &first), 0));
    symbols_destroy(symbols);
}

Test(symbols, a_file_tells_two_of_one_name_apart)
{
    struct symbols *symbols = guest_symbols("debug");
    uint64_t one = guest_address(symbols, "one.c:helper"), two = guest_address(symbols, "two.c:helper");
    cr_expect(ne(u64, one, two));
    cr_expect(eq(u64, guest_address(symbols, "helper"), one < two ? one : two));
    cr_expect(eq(u64, guest_address(symbols, "guest/one.c:helper"), one)); /* by DWARF: the linker keeps no folders */
    cr_expect(eq(u64, guest_address(symbols, "two.c:leaf"), guest_address(symbols, "leaf")));
    static const char *const none[] = {"three.c:helper", "ne.c:helper", "one.c:",        ":helper", "one.c:help", "", ":",
                                       "help",           "helper ",     "x/one.c:helper"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        cr_expect(eq(ptr, (void *)symbols_find(symbols, none[i]), NULL), "%s", none[i]);
    symbols_destroy(symbols);
}

Test(symbols, what_is_written_of_an_address_leads_back_to_it)
{
    struct symbols *symbols = guest_symbols("debug");
    char text[SYMBOLS_TEXT_BYTES];
    uint64_t code_end = guest_address(symbols, "two") + symbols_find(symbols, "two")->bytes;
    for (uint64_t address = GUEST_RAM; address < GUEST_RAM + 0x2400; address++) {
        if (!symbols_write(symbols, address, text, sizeof text)) {
            cr_expect(eq(str, text, ""));
            cr_expect(ge(u64, address, code_end));
            continue;
        }
        char *plus = strchr(text, '+');
        uint64_t offset = plus ? strtoull(plus + 1, NULL, 0) : 0;
        if (plus)
            *plus = '\0';
        cr_expect(eq(u64, guest_address(symbols, text) + offset, address), "%s", text);
    }
    symbols_write(symbols, guest_address(symbols, "two.c:helper") + 2, text, sizeof text);
    cr_expect(eq(str, text, "two.c:helper+0x2"));
    symbols_write(symbols, guest_address(symbols, "recurse"), text, sizeof text);
    cr_expect(eq(str, text, "recurse"));
    cr_expect(not(symbols_write(symbols, GUEST_RAM - 1, text, sizeof text)));
    uint64_t next = guest_address(symbols, "recurse"); /* as if the function before it ended in a call */
    symbols_write_by(symbols, next - 1, next, text, sizeof text);
    cr_expect(eq(str, text, "one.c:helper+0x3a"));
    symbols_write(symbols, guest_address(symbols, "recurse") + 4, text, 6);
    cr_expect(eq(str, text, "recur"));
    symbols_destroy(symbols);
}

Test(symbols, a_bias_moves_what_is_a_place)
{
    struct emu_error error = {""};
    struct symbols *symbols = symbols_create(), *plain = guest_symbols("debug");
    size_t bytes;
    void *elf = guest_read("debug", &bytes);
    const int64_t bias = -0x40000000;
    cr_assert(symbols_add(symbols, elf, bytes, "moved", bias, &error), "%s", error.text);
    free(elf);
    cr_assert(eq(sz, symbols_count(symbols), symbols_count(plain)));
    for (size_t i = 0; i < symbols_count(symbols); i++) {
        const struct symbol *a = symbols_at(symbols, i), *b = symbols_at(plain, i);
        cr_expect(eq(str, (char *)a->name, (char *)b->name));
        cr_expect(eq(u64, a->address, b->is_absolute ? b->address : b->address + (uint64_t)bias));
    }
    struct symbols_line moved, line;
    uint64_t leaf = guest_address(symbols, "leaf"), found[4];
    unsigned next;
    cr_assert(symbols_line(symbols, leaf, &moved) && symbols_line(plain, leaf - (uint64_t)bias, &line));
    cr_expect(eq(uint, moved.line, line.line));
    cr_expect(eq(u64, moved.address, line.address + (uint64_t)bias));
    char text[64];
    snprintf(text, sizeof text, "two.c:%u", line.line);
    cr_assert(ge(sz, symbols_line_addresses(symbols, text, found, 4, &next), 1));
    cr_expect(eq(u64, found[0], leaf));
    cr_expect(symbols_is_code(symbols, leaf));
    cr_expect(not(symbols_is_code(symbols, leaf - (uint64_t)bias)));
    symbols_destroy(symbols);
    symbols_destroy(plain);
}

Test(symbols, several_images_are_looked_up_together)
{
    struct emu_error error = {""};
    struct symbols *symbols = guest_symbols("debug");
    size_t one = symbols_count(symbols), bytes, offset;
    void *elf = guest_read("eh", &bytes);
    cr_assert(symbols_take(symbols, elf, bytes, "user", 0x100000, &error));
    cr_expect(gt(sz, symbols_count(symbols), one));
    cr_expect(eq(sz, symbols_images(symbols), 2));
    cr_expect(eq(str, (char *)symbols_image_name(symbols, 1), "user"));
    uint64_t in;
    const struct symbol *first = symbols_lookup(symbols, GUEST_RAM + 4, &in),
                        *second = symbols_lookup(symbols, GUEST_RAM + 0x100004, &offset);
    cr_assert(first && second);
    cr_expect(eq(str, (char *)first->name, "_start"));
    cr_expect(eq(str, (char *)first->image, "debug"));
    cr_expect(eq(str, (char *)second->name, "_start"));
    cr_expect(eq(str, (char *)second->image, "user"));
    symbols_destroy(symbols);
}

/* ---- images made by hand ---- */

struct made {
    Elf64_Ehdr header;
    Elf64_Sym symbols[12];
    char names[2048];
    Elf64_Shdr sections[3];
};

static struct made made(void)
{
    return (struct made){
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_RISCV,
                   .e_version = EV_CURRENT,
                   .e_shoff = offsetof(struct made, sections),
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_shentsize = sizeof(Elf64_Shdr),
                   .e_shnum = 3},
        .sections = {[1] = {.sh_type = SHT_SYMTAB,
                            .sh_offset = offsetof(struct made, symbols),
                            .sh_size = 12 * sizeof(Elf64_Sym),
                            .sh_link = 2,
                            .sh_entsize = sizeof(Elf64_Sym),
                            .sh_addralign = 8},
                     [2] = {.sh_type = SHT_STRTAB, .sh_offset = offsetof(struct made, names), .sh_size = 2048, .sh_addralign = 1}},
    };
}

/* Puts a symbol behind those that are there. */
static void put(struct made *elf, const char *name, unsigned type, uint64_t address, uint64_t bytes)
{
    unsigned n = 1, at = 1;
    while (elf->symbols[n].st_name) {
        at = elf->symbols[n].st_name + (unsigned)strlen(elf->names + elf->symbols[n].st_name) + 1;
        n++;
    }
    cr_assert(n < 12 && at + strlen(name) < sizeof elf->names);
    strcpy(elf->names + at, name);
    elf->symbols[n] = (Elf64_Sym){
        .st_name = at, .st_info = ELF64_ST_INFO(STB_GLOBAL, type), .st_shndx = 1, .st_value = address, .st_size = bytes};
}

static struct symbols *made_symbols(const struct made *elf)
{
    struct emu_error error = {""};
    struct symbols *symbols = symbols_create();
    cr_assert(symbols_add(symbols, elf, sizeof *elf, "made", 0, &error), "%s", error.text);
    return symbols;
}

Test(symbols, an_address_belongs_to_the_innermost_that_holds_it_else_to_the_label_before_it)
{
    struct made elf = made();
    put(&elf, "outer", STT_FUNC, 0x1000, 0x100);
    put(&elf, "inner", STT_FUNC, 0x1010, 0x10);
    put(&elf, "within", STT_NOTYPE, 0x1014, 0);
    put(&elf, "late", STT_FUNC, 0x10f0, 0x20); /* begins in one, ends behind it */
    put(&elf, "label", STT_NOTYPE, 0x2000, 0);
    put(&elf, "after", STT_OBJECT, 0x2100, 8);
    put(&elf, "alias", STT_NOTYPE, 0x2100, 0);
    put(&elf, "far", STT_NOTYPE, 0x10000000, 0);
    put(&elf, "last", STT_FUNC, UINT64_MAX - 7, 8);
    static const struct {
        uint64_t address;
        const char *text;
    } rows[] = {{0xfff, ""},
                {0x1000, "outer"},
                {0x1010, "inner"},
                {0x1018, "inner+0x8"},
                {0x1020, "outer+0x20"},
                {0x10ef, "outer+0xef"},
                {0x10f0, "late"},
                {0x1108, "late+0x18"},
                {0x1110, ""},
                {0x1fff, ""},
                {0x2000, "label"},
                {0x20ff, "label+0xff"},
                {0x2100, "after"},
                {0x2107, "after+0x7"},
                {0x10000000, "far"},
                {0x1000ffff, "far+0xffff"},
                {0x10010000, ""},
                {UINT64_MAX - 8, ""},
                {UINT64_MAX - 7, "last"}};
    struct symbols *symbols = made_symbols(&elf);
    char text[SYMBOLS_TEXT_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect(eq(int, symbols_write(symbols, rows[i].address, text, sizeof text), rows[i].text[0] != '\0'));
        cr_expect(eq(str, text, (char *)rows[i].text), "0x%" PRIx64, rows[i].address);
    }
    symbols_destroy(symbols);
}

Test(symbols, names_that_would_harm_a_terminal_or_mean_nothing_are_left_out)
{
    struct made elf = made();
    char longest[SYMBOLS_TEXT_BYTES];
    memset(longest, 'x', sizeof longest);
    longest[1001] = '\0';
    put(&elf, "\033[2J", STT_FUNC, 0x1000, 4);
    put(&elf, "\x7f", STT_FUNC, 0x1000, 4);
    put(&elf, longest, STT_FUNC, 0x1000, 4);
    put(&elf, "$x", STT_NOTYPE, 0x1000, 0);
    put(&elf, "$d.7", STT_NOTYPE, 0x1000, 0);
    put(&elf, "$xrv64i2p1", STT_NOTYPE, 0x1000, 0);
    put(&elf, ".L12", STT_NOTYPE, 0x1000, 0);
    put(&elf, "section", STT_SECTION, 0x1000, 0);
    put(&elf, "tls", STT_TLS, 0x1000, 4);
    put(&elf, "$good", STT_FUNC, 0x1000, 4);
    struct symbols *symbols = made_symbols(&elf);
    cr_assert(eq(sz, symbols_count(symbols), 1));
    cr_expect(eq(str, (char *)symbols_at(symbols, 0)->name, "$good"));
    symbols_destroy(symbols);
}

Test(symbols, files_that_have_none_are_refused_with_a_sentence)
{
    struct made elf = made(), other = elf;
    struct symbols *symbols = symbols_create();
    struct emu_error error;
    cr_expect(not(symbols_add(symbols, "raw", 3, "Image", 0, &error)));
    cr_expect(eq(str, error.text, "Image is no ELF file, so it has no symbols"));
    cr_expect(not(symbols_add(symbols, "", 0, "Image", 0, &error)));
    cr_expect(not(symbols_add(symbols, &elf, 40, "short", 0, &error)));
    cr_expect(eq(str, error.text, "short is damaged: the ELF file ends within its header"));
    other.header.e_machine = EM_X86_64;
    cr_expect(not(symbols_add(symbols, &other, sizeof other, "host", 0, &error)));
    cr_expect(eq(str, error.text, "host is not for 64-bit RISC-V"));
    other = elf;
    other.header.e_ident[EI_CLASS] = ELFCLASS32;
    cr_expect(not(symbols_add(symbols, &other, sizeof other, "rv32", 0, &error)));
    cr_expect(eq(str, error.text, "rv32 is not for 64-bit RISC-V"));
    other = elf;
    other.header.e_type = ET_REL;
    cr_expect(not(symbols_add(symbols, &other, sizeof other, "one.o", 0, &error)));
    cr_expect(eq(str, error.text, "one.o is no linked program, so its symbols have no addresses"));
    for (unsigned i = 0; i < SYMBOLS_IMAGES_MOST; i++)
        cr_assert(symbols_add(symbols, &elf, sizeof elf, "made", 0, &error));
    cr_expect(not(symbols_add(symbols, &elf, sizeof elf, "made", 0, &error)));
    cr_expect(eq(str, error.text, "made: there can be 64 images with symbols"));
    cr_expect(eq(sz, symbols_count(symbols), 0));
    cr_expect(symbols_is_elf(&elf, sizeof elf) && !symbols_is_elf("raw", 3) && !symbols_is_elf(&elf, 3));
    symbols_destroy(symbols);
    symbols_destroy(NULL);
}

Test(symbols, a_hundred_thousand_cost_nothing_until_they_are_asked_for)
{
    enum { COUNT = 100000, NAME = 16 };
    struct big {
        Elf64_Ehdr header;
        Elf64_Sym symbols[COUNT];
        char names[COUNT * NAME];
        Elf64_Shdr sections[3];
    } *big = calloc(1, sizeof *big);
    struct made small = made();
    struct random random = {1};
    big->header = small.header;
    big->header.e_shoff = offsetof(struct big, sections);
    memcpy(big->sections, small.sections, sizeof small.sections);
    big->sections[1].sh_offset = offsetof(struct big, symbols);
    big->sections[1].sh_size = sizeof big->symbols;
    big->sections[2].sh_offset = offsetof(struct big, names);
    big->sections[2].sh_size = sizeof big->names;
    for (unsigned i = 1; i < COUNT; i++) {
        unsigned j = random_below(&random, 1000000);
        snprintf(big->names + i * NAME, NAME, "f%06u.%u", j, i);
        big->symbols[i] = (Elf64_Sym){.st_name = i * NAME,
                                      .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                                      .st_shndx = 1,
                                      .st_value = UINT64_C(0x80000000) + 64 * j,
                                      .st_size = 64};
    }
    struct emu_error error = {""};
    struct symbols *symbols = symbols_create();
    cr_assert(symbols_add(symbols, big, sizeof *big, "big", 0, &error), "%s", error.text);
    cr_expect(eq(sz, symbols_count(symbols), COUNT - 1));
    for (unsigned i = 1; i < COUNT; i++) {
        const struct symbol *symbol = symbols_find(symbols, big->names + i * NAME);
        cr_assert(symbol != NULL, "%s", big->names + i * NAME);
        cr_expect(eq(u64, symbol->address, big->symbols[i].st_value));
        symbol = symbols_lookup(symbols, big->symbols[i].st_value + 63, NULL);
        cr_expect(symbol && symbol->address == big->symbols[i].st_value);
    }
    symbols_destroy(symbols);
    free(big);
}
