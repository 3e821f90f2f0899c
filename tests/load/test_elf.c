/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ELF loader: a good program built by hand, every way to damage it that has its own sentence, and every cut of it.
 */
#include "fake_ram.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <elf.h>
#include <lib/random.h>
#include <load/elf.h>
#include <stddef.h>
#include <stdio.h>

/* Two segments: code whose virtual addresses differ from the physical ones, and data with a BSS; a symbol table. */
struct program {
    Elf64_Ehdr header;
    Elf64_Phdr segments[3];
    uint8_t code[32];
    uint8_t data[16];
    Elf64_Sym symbols[4];
    char names[24];
    Elf64_Shdr sections[3];
};

#define CODE_VIRTUAL  UINT64_C(0xffffffff80000000)
#define CODE_PHYSICAL (FAKE_RAM_BASE + 0x1000)
#define DATA          (FAKE_RAM_BASE + 0x3000)

enum { BSS_SIZE = 48 };

static struct program good(void)
{
    struct program p = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_RISCV,
                   .e_version = EV_CURRENT,
                   .e_entry = CODE_VIRTUAL + 4,
                   .e_phoff = offsetof(struct program, segments),
                   .e_shoff = offsetof(struct program, sections),
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 3,
                   .e_shentsize = sizeof(Elf64_Shdr),
                   .e_shnum = 3},
        .segments = {{.p_type = PT_LOAD,
                      .p_flags = PF_R | PF_X,
                      .p_offset = offsetof(struct program, code),
                      .p_vaddr = CODE_VIRTUAL,
                      .p_paddr = CODE_PHYSICAL,
                      .p_filesz = 32,
                      .p_memsz = 32},
                     {.p_type = PT_LOAD,
                      .p_flags = PF_R | PF_W,
                      .p_offset = offsetof(struct program, data),
                      .p_vaddr = DATA,
                      .p_paddr = DATA,
                      .p_filesz = 16,
                      .p_memsz = 16 + BSS_SIZE},
                     {.p_type = PT_NOTE, .p_offset = UINT64_MAX, .p_filesz = UINT64_MAX}},
        .symbols = {{0},
                    {.st_name = 1, .st_value = DATA + 8, .st_shndx = SHN_ABS},
                    {.st_name = 8, .st_value = CODE_VIRTUAL + 16, .st_shndx = SHN_ABS},
                    {.st_name = 1, .st_value = 99, .st_shndx = SHN_UNDEF}},
        .names = "\0tohost\0fromhost",
        .sections = {{0},
                     {.sh_type = SHT_SYMTAB,
                      .sh_offset = offsetof(struct program, symbols),
                      .sh_size = sizeof(Elf64_Sym) * 4,
                      .sh_link = 2,
                      .sh_entsize = sizeof(Elf64_Sym)},
                     {.sh_type = SHT_STRTAB, .sh_offset = offsetof(struct program, names), .sh_size = 24}},
    };
    memset(p.code, 'c', sizeof p.code);
    memset(p.data, 'd', sizeof p.data);
    return p;
}

static struct fake_ram ram;

/* Loads from a heap copy of exactly this size, so that the address sanitizer sees a read beyond it. */
static bool load(const void *data, size_t size, struct elf_image *ret_image, struct emu_error *error)
{
    void *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    fake_ram_init(&ram);
    error->text[0] = 0;
    bool is_good = elf_load(copy, size, &ram.target, ret_image, error);
    free(copy);
    return is_good;
}

Test(elf, segments_go_to_their_physical_addresses_and_the_rest_is_zeroed)
{
    struct program p = good();
    struct elf_image image;
    struct emu_error error;
    cr_assert(load(&p, sizeof p, &image, &error), "%s", error.text);
    for (unsigned i = 0; i < FAKE_RAM_SIZE; i++) {
        uint8_t want = i >= 0x1000 && i < 0x1020              ? 'c'
                       : i >= 0x3000 && i < 0x3010            ? 'd'
                       : i >= 0x3010 && i < 0x3010 + BSS_SIZE ? 0
                                                              : 0xaa;
        cr_assert(eq(u8, ram.bytes[i], want), "at 0x%x", i);
    }
}

Test(elf, entry_and_symbols_are_translated_to_physical_addresses)
{
    struct program p = good();
    struct elf_image image;
    struct emu_error error;
    cr_assert(load(&p, sizeof p, &image, &error), "%s", error.text);
    cr_expect(eq(u64, image.entry, CODE_PHYSICAL + 4));
    cr_expect(eq(u64, image.low, CODE_PHYSICAL));
    cr_expect(eq(u64, image.end, DATA + 16 + BSS_SIZE));
    cr_expect(eq(u64, image.tohost, DATA + 8));
    cr_expect(eq(u64, image.fromhost, CODE_PHYSICAL + 16));
}

Test(elf, an_entry_outside_executable_segments_is_taken_as_it_is)
{
    static const uint64_t entries[] = {DATA + 4, CODE_VIRTUAL + 32, CODE_VIRTUAL - 1, 0, CODE_PHYSICAL};
    for (unsigned i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        struct program p = good();
        struct elf_image image;
        struct emu_error error;
        p.header.e_entry = entries[i];
        cr_assert(load(&p, sizeof p, &image, &error));
        cr_expect(eq(u64, image.entry, entries[i]));
    }
}

Test(elf, a_program_without_symbols_is_loaded)
{
    struct program p = good();
    struct elf_image image;
    struct emu_error error;
    p.header.e_shoff = p.header.e_shnum = 0;
    cr_assert(load(&p, sizeof p, &image, &error));
    cr_expect(eq(u64, image.tohost, 0));
    cr_expect(eq(u64, image.fromhost, 0));
}

Test(elf, damaged_symbols_do_not_hinder_loading)
{
    static const struct {
        unsigned section;
        Elf64_Shdr header;
    } rows[] = {
        {1, {.sh_type = SHT_SYMTAB, .sh_offset = UINT64_MAX - 8, .sh_size = 96, .sh_link = 2, .sh_entsize = 24}},
        {1, {.sh_type = SHT_SYMTAB, .sh_offset = 8, .sh_size = UINT64_MAX, .sh_link = 2, .sh_entsize = 24}},
        {1, {.sh_type = SHT_SYMTAB, .sh_offset = 3, .sh_size = 97, .sh_link = 2, .sh_entsize = 0}},
        {1, {.sh_type = SHT_SYMTAB, .sh_offset = 64, .sh_size = 96, .sh_link = 77, .sh_entsize = 24}},
        {1, {.sh_type = SHT_SYMTAB, .sh_offset = 64, .sh_size = 96, .sh_link = 1, .sh_entsize = 24}},
        {2, {.sh_type = SHT_STRTAB, .sh_offset = sizeof(struct program) - 2, .sh_size = 2000}},
        {2, {.sh_type = SHT_STRTAB, .sh_offset = 16, .sh_size = 3}},
        {2, {.sh_type = SHT_NOBITS, .sh_offset = 16, .sh_size = 3}},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct program p = good();
        struct elf_image image;
        struct emu_error error;
        p.sections[rows[i].section] = rows[i].header;
        cr_expect(load(&p, sizeof p, &image, &error), "row %u: %s", i, error.text);
        cr_expect(eq(u64, image.entry, CODE_PHYSICAL + 4));
    }
}

/* One field of the good program changed: offset, width and new value, and the sentence that must follow. */
#define FIELD(member, value) offsetof(struct program, member), sizeof(((struct program *)0)->member), value

#define HEADERS_CUT          "the ELF file is cut off: its program headers end beyond the file"

static const struct {
    size_t offset, size;
    uint64_t value;
    const char *sentence;
} damages[] = {
    {FIELD(header.e_ident[0], 0), "this is not an ELF file"},
    {FIELD(header.e_ident[EI_CLASS], ELFCLASS32), "the program is 32-bit; only 64-bit RISC-V programs run here"},
    {FIELD(header.e_ident[EI_CLASS], 7), "the ELF file is damaged: its class is 7"},
    {FIELD(header.e_ident[EI_DATA], ELFDATA2MSB), "the program is big-endian; only little-endian RISC-V programs run here"},
    {FIELD(header.e_ident[EI_DATA], 0), "the ELF file is damaged: its byte order is 0"},
    {FIELD(header.e_machine, EM_X86_64), "the program is for x86-64, not for RISC-V"},
    {FIELD(header.e_machine, EM_AARCH64), "the program is for 64-bit Arm, not for RISC-V"},
    {FIELD(header.e_machine, 4711), "the program is not for RISC-V (its ELF machine number is 4711)"},
    {FIELD(header.e_type, ET_REL), "this is an object file; link it into a program first"},
    {FIELD(header.e_type, ET_CORE), "the ELF file is not a program (its type is 4)"},
    {FIELD(header.e_phnum, 0), "the ELF file has no segments to load"},
    {FIELD(header.e_phentsize, 32), "the ELF file is damaged: a program header has 32 bytes instead of 56"},
    {FIELD(header.e_phoff, UINT64_MAX), HEADERS_CUT},
    {FIELD(header.e_phoff, UINT64_MAX - 100), HEADERS_CUT},
    {FIELD(header.e_phoff, sizeof(struct program)), HEADERS_CUT},
    {FIELD(header.e_phoff, sizeof(struct program) - 56), HEADERS_CUT},
    {FIELD(header.e_phnum, 0xfffe), HEADERS_CUT},
    {FIELD(header.e_phnum, PN_XNUM), HEADERS_CUT},
    {FIELD(segments[0].p_offset, UINT64_MAX), "the ELF file is cut off: a segment needs bytes 0xffffffffffffffff and the 0x20 "
                                              "after it, the file has 0x250"},
    {FIELD(segments[0].p_filesz, 0x1000), NULL},
    {FIELD(segments[0].p_filesz, 33), "the ELF file is damaged: the segment at 0x80001000 is larger in the file than in memory"},
    {FIELD(segments[0].p_paddr, 0x1000), "the segment at 0x1000 (0x20 bytes) is outside RAM, which is 0x80000000 to 0x8000ffff"},
    {FIELD(segments[0].p_paddr, FAKE_RAM_BASE + FAKE_RAM_SIZE - 31), NULL},
    {FIELD(segments[0].p_paddr, UINT64_MAX - 15), NULL},
    {FIELD(segments[1].p_memsz, UINT64_MAX), NULL},
    {FIELD(segments[1].p_memsz, FAKE_RAM_SIZE), NULL},
};

Test(elf, each_damage_has_its_sentence_and_leaves_ram_alone)
{
    for (unsigned i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct program p = good();
        struct elf_image image = {.entry = 4711};
        struct emu_error error;
        memcpy((uint8_t *)&p + damages[i].offset, &damages[i].value, damages[i].size);
        cr_expect(not(load(&p, sizeof p, &image, &error)), "row %u", i);
        cr_expect(ne(str, error.text, ""), "row %u", i);
        if (damages[i].sentence)
            cr_expect(eq(str, error.text, (char *)damages[i].sentence), "row %u", i);
        cr_expect(eq(uint, ram.calls, 0), "row %u", i);
        cr_expect(eq(u64, image.entry, 4711), "row %u", i);
    }
}

Test(elf, a_program_whose_segments_are_all_empty_is_refused)
{
    struct program p = good();
    struct elf_image image;
    struct emu_error error;
    p.segments[0].p_type = PT_NULL;
    p.segments[1].p_memsz = p.segments[1].p_filesz = 0;
    cr_expect(not(load(&p, sizeof p, &image, &error)));
    cr_expect(eq(str, error.text, "the ELF file has no segments to load"));
}

Test(elf, a_file_cut_off_anywhere_fails_or_loads_but_never_crashes)
{
    struct program p = good();
    unsigned loaded = 0;
    for (size_t size = 0; size <= sizeof p; size++) {
        struct elf_image image;
        struct emu_error error;
        if (load(&p, size, &image, &error)) {
            loaded++;
            cr_expect(ge(sz, size, offsetof(struct program, symbols)), "only symbols and sections may be missing");
        } else {
            cr_expect(ne(str, error.text, ""), "%zu bytes", size);
        }
    }
    cr_expect(ge(uint, loaded, 1));
}

Test(elf, random_damage_never_crashes)
{
    struct random random = {1};
    for (unsigned i = 0; i < 20000; i++) {
        struct program p = good();
        struct elf_image image;
        struct emu_error error;
        for (unsigned n = 1 + random_below(&random, 4); n > 0; n--)
            ((uint8_t *)&p)[random_below(&random, sizeof p)] = (uint8_t)random_next(&random);
        if (!load(&p, sizeof p, &image, &error))
            cr_assert(ne(str, error.text, ""), "seed 1, round %u", i);
    }
}
