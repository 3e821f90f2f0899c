/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Build tool: reads an object file made of stencils.inc and writes its functions as C tables: the bytes, and where which operand
 * goes. A function that the copier could not handle (another relocation, a call) is left out, with a note; its instruction is
 * then left to its handler. Usage: extract STENCILS.o TABLE.h INDEX.h FIDELITY; the fidelity becomes part of the tables' names.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const hole_names[] = {
#define NATIVE_HOLE(name) "hole_" #name,
#include "holes.def"
#undef NATIVE_HOLE
};
#define HOLE_COUNT (sizeof hole_names / sizeof hole_names[0])

#define STENCIL_BYTES_MAX 440 /* native.c reserves 512 an instruction, with its entry and check */

struct object {
    Elf *elf;
    Elf_Data *symbols;
    size_t symbol_count, names; /* names: index of the string table */
};

static int hole_index(const char *name)
{
    for (size_t i = 0; i < HOLE_COUNT; i++)
        if (!strcmp(name, hole_names[i]))
            return (int)i;
    return -1;
}

static Elf_Data *relocations_of(Elf *elf, size_t section, size_t *ret_count)
{
    *ret_count = 0;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
        GElf_Shdr header;
        if (!gelf_getshdr(scn, &header) || header.sh_type != SHT_RELA || header.sh_info != section)
            continue;
        *ret_count = header.sh_entsize ? header.sh_size / header.sh_entsize : 0;
        return elf_getdata(scn, NULL);
    }
    return NULL;
}

/* A jump to the next stencil: jmp rel32 or jcc rel32 in front of the relocated field. */
static bool is_jump(const uint8_t *code, uint64_t field)
{
    return (field >= 1 && code[field - 1] == 0xe9) || (field >= 2 && code[field - 2] == 0x0f && (code[field - 1] & 0xf0) == 0x80);
}

struct site {
    uint64_t field;
    int hole; /* HOLE_COUNT: jump to the next stencil */
    int64_t addend;
};

/* Collects a function's sites; false, with a reason, if one cannot be handled. */
static bool collect(const struct object *o, size_t section, const uint8_t *code, struct site *sites, unsigned *ret_count,
                    const char **ret_reason)
{
    size_t count;
    Elf_Data *relocations = relocations_of(o->elf, section, &count);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        GElf_Rela rela;
        GElf_Sym symbol;
        if (!gelf_getrela(relocations, (int)i, &rela) || !gelf_getsym(o->symbols, (int)GELF_R_SYM(rela.r_info), &symbol) || i >= 64) {
            *ret_reason = "unreadable relocation";
            return false;
        }
        const char *name = elf_strptr(o->elf, o->names, symbol.st_name);
        unsigned type = (unsigned)GELF_R_TYPE(rela.r_info);
        int hole = name ? hole_index(name) : -1;
        bool jump = name && !strcmp(name, "st_continue") && (type == R_X86_64_PLT32 || type == R_X86_64_PC32) && rela.r_addend == -4;
        if (jump && is_jump(code, rela.r_offset))
            hole = (int)HOLE_COUNT;
        else if (hole < 0 || type != R_X86_64_32S) {
            *ret_reason = name && *name ? name : "a relocation to data";
            return false;
        }
        sites[(*ret_count)++] = (struct site){rela.r_offset, hole, jump ? 0 : rela.r_addend};
    }
    return true;
}

static void emit(FILE *out, const char *fidelity, const char *name, const uint8_t *code, uint64_t size, const struct site *sites, unsigned count)
{
    unsigned kept = 0;
    if (count > 0 && sites[count - 1].hole == (int)HOLE_COUNT && sites[count - 1].field + 4 == size && code[size - 5] == 0xe9) {
        size -= 5; /* falls through into the next one */
        count--;
    }
    fprintf(out, "static const uint8_t code_%s_%s[] = {", fidelity, name);
    for (uint64_t i = 0; i < size; i++)
        fprintf(out, "%u,", code[i]);
    fprintf(out, "0};\nstatic const struct native_site sites_%s_%s[] = {", fidelity, name);
    for (unsigned i = 0; i < count; i++, kept++)
        fprintf(out, "{%u, %d, %lld},", (unsigned)sites[i].field, sites[i].hole, (long long)sites[i].addend);
    fprintf(out, "{0, 0, 0}};\n#define STENCIL_%s_%s {code_%s_%s, sites_%s_%s, %u, %u}\n", fidelity, name, fidelity, name, fidelity,
            name, (unsigned)size, kept);
}

/* Stencils that are no row's. */
static bool is_role(const char *name)
{
    return !strcmp(name, "handler") || !strcmp(name, "fence") || !strcmp(name, "line_end") || !strcmp(name, "check") || !strcmp(name, "entry");
}

static void extract_symbol(FILE *out, FILE *index, const char *fidelity, const struct object *o, const GElf_Sym *symbol)
{
    const char *name = elf_strptr(o->elf, o->names, symbol->st_name), *reason = "";
    Elf_Scn *scn = elf_getscn(o->elf, symbol->st_shndx);
    Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
    struct site sites[64];
    unsigned count;
    if (!name || strncmp(name, "st_", 3) || GELF_ST_TYPE(symbol->st_info) != STT_FUNC || !data || symbol->st_value != 0 ||
        symbol->st_size > data->d_size)
        return;
    if (symbol->st_size > STENCIL_BYTES_MAX)
        printf("%s: not translated (too long)\n", name + 3);
    else if (collect(o, symbol->st_shndx, data->d_buf, sites, &count, &reason)) {
        emit(out, fidelity, name + 3, data->d_buf, symbol->st_size, sites, count);
        if (!is_role(name + 3))
            fprintf(index, "[ISA_OP_%s] = STENCIL_%s_%s,\n", name + 3, fidelity, name + 3);
    } else
        printf("%s: not translated (%s)\n", name + 3, reason);
}

static bool open_symbols(struct object *o)
{
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(o->elf, scn));) {
        GElf_Shdr header;
        if (!gelf_getshdr(scn, &header) || header.sh_type != SHT_SYMTAB || !header.sh_entsize)
            continue;
        o->symbols = elf_getdata(scn, NULL);
        o->symbol_count = header.sh_size / header.sh_entsize;
        o->names = header.sh_link;
        return o->symbols != NULL;
    }
    return false;
}

int main(int argc, char **argv)
{
    struct object o = {0};
    int fd = argc == 5 ? open(argv[1], O_RDONLY) : -1;
    if (fd < 0 || elf_version(EV_CURRENT) == EV_NONE || !(o.elf = elf_begin(fd, ELF_C_READ, NULL)) || !open_symbols(&o)) {
        fprintf(stderr, "extract: cannot read the object file %s: %s\n", argc > 1 ? argv[1] : "(none given)", strerror(errno));
        return 1;
    }
    FILE *out = fopen(argv[2], "w"), *index = fopen(argv[3], "w");
    if (!out || !index) {
        fprintf(stderr, "extract: cannot write %s or %s: %s\n", argv[2], argv[3], strerror(errno));
        return 1;
    }
    fprintf(out, "/* Made by emu/hart/native/extract.c; do not edit. */\n");
    for (size_t i = 0; i < o.symbol_count; i++) {
        GElf_Sym symbol;
        if (gelf_getsym(o.symbols, (int)i, &symbol))
            extract_symbol(out, index, argv[4], &o, &symbol);
    }
    elf_end(o.elf);
    close(fd);
    return fclose(out) || fclose(index) ? 1 : 0;
}
