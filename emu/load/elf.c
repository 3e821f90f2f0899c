/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ELF loader, on libelf. libelf reads the tables; the sizes and addresses in them are checked here, all segments before
 * the first is written. The file may lie at any address, so tables are copied out entry by entry (gelf_*), never pointed into.
 * Symbols are a convenience: a damaged symbol table means no symbols, not a failed load.
 */
#include <load/elf.h>

#include <inttypes.h>
#include <gelf.h>
#include <string.h>

struct machine_name {
    unsigned number;
    const char *name;
};

static const struct machine_name machine_names[] = {
    {EM_386, "32-bit x86"}, {EM_X86_64, "x86-64"}, {EM_ARM, "32-bit Arm"}, {EM_AARCH64, "64-bit Arm"}, {EM_MIPS, "MIPS"},
    {EM_PPC, "PowerPC"},    {EM_PPC64, "PowerPC"}, {EM_S390, "s390"},      {EM_SPARCV9, "SPARC V9"},   {EM_68K, "68000"},
};

/* One file while it is being loaded. */
struct source {
    Elf *elf;
    GElf_Ehdr header;
    size_t segment_count;
    size_t size; /* bytes in the file */
};

static bool fits(uint64_t offset, uint64_t size, uint64_t limit)
{
    return size <= limit && offset <= limit - size;
}

static int set_machine_error(unsigned machine, struct emu_error *error)
{
    for (size_t i = 0; i < sizeof machine_names / sizeof machine_names[0]; i++)
        if (machine_names[i].number == machine)
            return emu_error_set(error, "the program is for %s, not for RISC-V", machine_names[i].name);
    return emu_error_set(error, "the program is not for RISC-V (its ELF machine number is %u)", machine);
}

/* What can be told from the file's first bytes, before libelf sees it. */
static bool check_identity(const unsigned char *ident, size_t size, struct emu_error *error)
{
    if (size < SELFMAG || memcmp(ident, ELFMAG, SELFMAG))
        return emu_error_set(error, "this is not an ELF file");
    if (size < EI_NIDENT)
        return emu_error_set(error, "the ELF file ends within its header");
    if (ident[EI_CLASS] == ELFCLASS32)
        return emu_error_set(error, "the program is 32-bit; only 64-bit RISC-V programs run here");
    if (ident[EI_CLASS] != ELFCLASS64)
        return emu_error_set(error, "the ELF file is damaged: its class is %u", ident[EI_CLASS]);
    if (ident[EI_DATA] == ELFDATA2MSB)
        return emu_error_set(error, "the program is big-endian; only little-endian RISC-V programs run here");
    if (ident[EI_DATA] != ELFDATA2LSB)
        return emu_error_set(error, "the ELF file is damaged: its byte order is %u", ident[EI_DATA]);
    if (size < sizeof(Elf64_Ehdr))
        return emu_error_set(error, "the ELF file ends within its header");
    return true;
}

static bool check_header(struct source *source, struct emu_error *error)
{
    const GElf_Ehdr *header = &source->header;
    if (!gelf_getehdr(source->elf, &source->header))
        return emu_error_set(error, "the ELF header cannot be read: %s", elf_errmsg(-1));
    if (header->e_machine != EM_RISCV)
        return set_machine_error(header->e_machine, error);
    if (header->e_type == ET_REL)
        return emu_error_set(error, "this is an object file; link it into a program first");
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return emu_error_set(error, "the ELF file is not a program (its type is %u)", header->e_type);
    if (header->e_phnum == 0)
        return emu_error_set(error, "the ELF file has no segments to load");
    if (header->e_phentsize != sizeof(Elf64_Phdr))
        return emu_error_set(error, "the ELF file is damaged: a program header has %u bytes instead of %zu", header->e_phentsize,
                             sizeof(Elf64_Phdr));
    /* libelf counts only the headers that are in the file. PN_XNUM stands for a number that it finds elsewhere. */
    if (elf_getphdrnum(source->elf, &source->segment_count) || source->segment_count == 0 ||
        (header->e_phnum != PN_XNUM && header->e_phnum != source->segment_count) ||
        !fits(header->e_phoff, source->segment_count * sizeof(Elf64_Phdr), source->size))
        return emu_error_set(error, "the ELF file is cut off: its program headers end beyond the file");
    return true;
}

/* Moves *index on to the next segment that has something to load and copies its header; false after the last. */
static bool next_segment(const struct source *source, size_t *index, GElf_Phdr *ret_segment)
{
    for (; *index < source->segment_count; ++*index) {
        if (!gelf_getphdr(source->elf, (int)*index, ret_segment))
            return false;
        if (ret_segment->p_type == PT_LOAD && ret_segment->p_memsz > 0) {
            ++*index;
            return true;
        }
    }
    return false;
}

static bool check_segment(const struct source *source, const GElf_Phdr *segment, const struct load_target *target,
                          struct emu_error *error)
{
    if (!fits(segment->p_offset, segment->p_filesz, source->size))
        return emu_error_set(error,
                             "the ELF file is cut off: a segment needs bytes 0x%" PRIx64 " and the 0x%" PRIx64
                             " after it, the file has 0x%zx",
                             segment->p_offset, segment->p_filesz, source->size);
    if (segment->p_filesz > segment->p_memsz)
        return emu_error_set(error, "the ELF file is damaged: the segment at 0x%" PRIx64 " is larger in the file than in memory",
                             segment->p_paddr);
    if (!load_target_holds(target, segment->p_paddr, segment->p_memsz))
        return emu_error_set(
            error, "the segment at 0x%" PRIx64 " (0x%" PRIx64 " bytes) is outside RAM, which is 0x%" PRIx64 " to 0x%" PRIx64,
            segment->p_paddr, segment->p_memsz, target->ram_base, target->ram_base + (target->ram_size - 1));
    return true;
}

/* Checks all segments; finds the range they cover. */
static bool check_segments(const struct source *source, const struct load_target *target, struct elf_image *image,
                           struct emu_error *error)
{
    image->low = UINT64_MAX;
    GElf_Phdr segment;
    for (size_t i = 0; next_segment(source, &i, &segment);) {
        if (!check_segment(source, &segment, target, error))
            return false;
        if (segment.p_paddr < image->low)
            image->low = segment.p_paddr;
        if (segment.p_paddr + segment.p_memsz > image->end)
            image->end = segment.p_paddr + segment.p_memsz;
    }
    if (image->end == 0)
        return emu_error_set(error, "the ELF file has no segments to load");
    return true;
}

static bool write_segment(const GElf_Phdr *segment, const uint8_t *data, const struct load_target *target)
{
    uint64_t rest = segment->p_memsz - segment->p_filesz;
    if (segment->p_filesz && !target->write(target->context, segment->p_paddr, data + segment->p_offset, segment->p_filesz))
        return false;
    return rest == 0 || target->zero(target->context, segment->p_paddr + segment->p_filesz, rest);
}

static bool write_segments(const struct source *source, const uint8_t *data, const struct load_target *target,
                           struct emu_error *error)
{
    GElf_Phdr segment;
    for (size_t i = 0; next_segment(source, &i, &segment);)
        if (!write_segment(&segment, data, target))
            return emu_error_set(error, "the segment at 0x%" PRIx64 " could not be written to RAM", segment.p_paddr);
    return true;
}

/* Where a virtual address of the program was loaded; itself if no segment with these flags holds it. */
static uint64_t to_physical(const struct source *source, uint64_t address, uint32_t flags)
{
    GElf_Phdr segment;
    for (size_t i = 0; next_segment(source, &i, &segment);)
        if ((segment.p_flags & flags) == flags && address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_memsz)
            return address - segment.p_vaddr + segment.p_paddr;
    return address;
}

static void find_in_table(const struct source *source, Elf_Scn *section, const GElf_Shdr *header, struct elf_image *image)
{
    Elf_Data *table = elf_getdata(section, NULL);
    GElf_Sym symbol;
    for (int i = 0; table && gelf_getsym(table, i, &symbol); i++) {
        const char *name = elf_strptr(source->elf, header->sh_link, symbol.st_name);
        if (!name || symbol.st_shndx == SHN_UNDEF)
            continue;
        if (!strcmp(name, "tohost"))
            image->tohost = to_physical(source, symbol.st_value, 0);
        else if (!strcmp(name, "fromhost"))
            image->fromhost = to_physical(source, symbol.st_value, 0);
    }
}

static void find_symbols(const struct source *source, struct elf_image *image)
{
    GElf_Shdr header;
    for (Elf_Scn *section = elf_nextscn(source->elf, NULL); section; section = elf_nextscn(source->elf, section))
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB && fits(header.sh_offset, header.sh_size, source->size))
            find_in_table(source, section, &header, image);
}

static bool load(struct source *source, const uint8_t *data, const struct load_target *target, struct elf_image *image,
                 struct emu_error *error)
{
    if (!check_header(source, error) || !check_segments(source, target, image, error) ||
        !write_segments(source, data, target, error))
        return false;
    image->entry = to_physical(source, source->header.e_entry, PF_X);
    find_symbols(source, image);
    return true;
}

bool elf_load(const void *data, size_t size, const struct load_target *target, struct elf_image *ret_image, struct emu_error *error)
{
    struct source source = {.size = size};
    struct elf_image image = {0};
    if (!check_identity(data, size, error))
        return false;
    elf_version(EV_CURRENT);
    source.elf = elf_memory((char *)data, size); /* reads only */
    if (!source.elf)
        return emu_error_set(error, "the ELF file cannot be read: %s", elf_errmsg(-1));
    bool is_good = load(&source, data, target, &image, error);
    elf_end(source.elf);
    if (is_good)
        *ret_image = image;
    return is_good;
}
