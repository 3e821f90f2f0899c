/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads .debug_frame and .eh_frame. libdw finds the entries; the instructions in them are carried out here, since libdw believes
 * any register number and makes room for so many registers (elfutils 0.188). Here a register that RISC-V does not have ends it.
 */
#define _GNU_SOURCE
#include "cfi.h"
#include "symbols_parts.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#define RANGES_MOST   (UINT32_C(1) << 22)
#define REMEMBER_MOST 16

/* ---- bytes ---- */

uint64_t cfi_number(struct cfi_cursor *cursor, unsigned bytes)
{
    uint64_t value = 0;
    if ((size_t)(cursor->end - cursor->at) < bytes) {
        cursor->is_bad = true;
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)cursor->at[i] << (8 * i);
    cursor->at += bytes;
    return value;
}

/* Seven bits a byte, the highest bit: there are more. Bits above the 64th are lost. */
static uint64_t read_leb(struct cfi_cursor *cursor, bool is_signed)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        byte = (uint8_t)cfi_number(cursor, 1);
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (is_signed && shift < 64 && (byte & 0x40))
        value |= ~UINT64_C(0) << shift;
    return value;
}

uint64_t cfi_uleb(struct cfi_cursor *cursor)
{
    return read_leb(cursor, false);
}

int64_t cfi_sleb(struct cfi_cursor *cursor)
{
    return (int64_t)read_leb(cursor, true);
}

static struct cfi_cursor block(struct cfi_cursor *cursor)
{
    uint64_t bytes = cfi_uleb(cursor);
    if (cursor->is_bad || bytes > (uint64_t)(cursor->end - cursor->at)) {
        cursor->is_bad = true;
        return (struct cfi_cursor){cursor->at, cursor->at, true};
    }
    cursor->at += bytes;
    return (struct cfi_cursor){cursor->at - bytes, cursor->at, false};
}

/* ---- entries ---- */

/* What an entry needs of the one it shares with others (CIE). */
struct common {
    Dwarf_Off offset; /* in the section; of which one this is */
    bool is_there;
    Dwarf_CIE cie;
    uint8_t encoding; /* of pointers to code */
    bool is_signal;
};

static int64_t sign(uint64_t value, unsigned bits)
{
    return (int64_t)(value << (64 - bits)) >> (64 - bits);
}

/* A pointer in one of the encodings of .eh_frame. */
static uint64_t read_pointer(const struct cfi_section *section, struct cfi_cursor *cursor, uint8_t encoding)
{
    uint64_t here = section->address + (uint64_t)(cursor->at - (const uint8_t *)section->data->d_buf), value = 0;
    switch (encoding & 0x0f) {
    case DW_EH_PE_absptr:
    case DW_EH_PE_udata8:
    case DW_EH_PE_sdata8:
        value = cfi_number(cursor, 8);
        break;
    case DW_EH_PE_udata4:
        value = cfi_number(cursor, 4);
        break;
    case DW_EH_PE_sdata4:
        value = (uint64_t)sign(cfi_number(cursor, 4), 32);
        break;
    case DW_EH_PE_udata2:
        value = cfi_number(cursor, 2);
        break;
    case DW_EH_PE_sdata2:
        value = (uint64_t)sign(cfi_number(cursor, 2), 16);
        break;
    case DW_EH_PE_uleb128:
        value = cfi_uleb(cursor);
        break;
    case DW_EH_PE_sleb128:
        value = (uint64_t)cfi_sleb(cursor);
        break;
    default:
        cursor->is_bad = true;
    }
    uint8_t base = encoding & 0xf0; /* DW_EH_PE_indirect is never that of code */
    if (base != DW_EH_PE_absptr && base != DW_EH_PE_pcrel)
        cursor->is_bad = true;
    return base == DW_EH_PE_pcrel ? here + value : value;
}

/* The augmentation: letters, and what each has among the data. */
static bool read_augmentation(struct common *common)
{
    const char *letters = common->cie.augmentation;
    struct cfi_cursor data = {common->cie.augmentation_data, common->cie.augmentation_data + common->cie.augmentation_data_size,
                              false};
    common->encoding = DW_EH_PE_absptr;
    common->is_signal = false;
    if (!letters || letters[0] == '\0')
        return true;
    if (letters[0] != 'z')
        return false;
    for (letters++; *letters; letters++) {
        if (*letters == 'R')
            common->encoding = (uint8_t)cfi_number(&data, 1);
        else if (*letters == 'L')
            cfi_number(&data, 1);
        else if (*letters == 'P')
            switch (cfi_number(&data, 1) & 0x07) { /* of what kind the pointer is that follows; signed ones are as long */
            case DW_EH_PE_udata4:
                cfi_number(&data, 4);
                break;
            case DW_EH_PE_udata2:
                cfi_number(&data, 2);
                break;
            case DW_EH_PE_uleb128:
                cfi_uleb(&data);
                break;
            default:
                cfi_number(&data, 8);
            }
        else if (*letters == 'S')
            common->is_signal = true;
        else
            break;
    }
    return !data.is_bad;
}

static bool next_entry(const struct symbols_image *image, const struct cfi_section *section, Dwarf_Off at, Dwarf_Off *ret_next,
                       Dwarf_CFI_Entry *ret_entry)
{
    return !dwarf_next_cfi(image->bytes, section->data, section->is_eh, at, ret_next, ret_entry);
}

static bool read_common(const struct symbols_image *image, const struct cfi_section *section, Dwarf_Off offset,
                        struct common *common)
{
    if (common->offset == offset && common->is_there)
        return true;
    Dwarf_CFI_Entry entry;
    Dwarf_Off next;
    common->offset = offset;
    common->is_there = false;
    if (offset >= section->data->d_size || !next_entry(image, section, offset, &next, &entry) || !dwarf_cfi_cie_p(&entry))
        return false;
    common->cie = entry.cie;
    common->is_there = read_augmentation(common);
    return common->is_there;
}

/* The code that an entry is about; its instructions are what the cursor has left. */
static bool read_range(const struct cfi_section *section, const struct common *common, const Dwarf_FDE *fde,
                       struct cfi_cursor *ret_rest, struct cfi_range *ret_range)
{
    struct cfi_cursor cursor = {fde->start, fde->end, false};
    uint64_t begin = read_pointer(section, &cursor, common->encoding);
    uint64_t bytes = read_pointer(section, &cursor, common->encoding & 0x0f);
    if (common->cie.augmentation && common->cie.augmentation[0] == 'z')
        block(&cursor);
    *ret_rest = cursor;
    ret_range->begin = begin;
    ret_range->end = begin + bytes;
    return !cursor.is_bad && begin < ret_range->end;
}

static int compare_ranges(const void *left, const void *right)
{
    const struct cfi_range *a = left, *b = right;
    return a->begin < b->begin ? -1 : a->begin > b->begin;
}

static bool add_range(struct cfi_section *section, size_t *room, struct cfi_range range)
{
    if (section->count == *room) {
        size_t more = *room ? 2 * *room : 256;
        struct cfi_range *ranges = more <= RANGES_MOST ? realloc(section->ranges, more * sizeof *ranges) : NULL;
        if (!ranges)
            return false;
        section->ranges = ranges;
        *room = more;
    }
    section->ranges[section->count++] = range;
    return true;
}

static void read_section(const struct symbols_image *image, struct cfi_section *section)
{
    struct common common = {.is_there = false};
    size_t room = 0;
    Dwarf_Off next;
    for (Dwarf_Off at = 0; at < section->data->d_size; at = next) {
        Dwarf_CFI_Entry entry;
        struct cfi_cursor rest;
        next = 0;
        bool is_entry = next_entry(image, section, at, &next, &entry);
        if (next <= at)
            break;
        struct cfi_range range = {.entry = at};
        if (is_entry && !dwarf_cfi_cie_p(&entry) && read_common(image, section, entry.fde.CIE_pointer, &common) &&
            read_range(section, &common, &entry.fde, &rest, &range) && !add_range(section, &room, range))
            break;
    }
    if (section->count)
        qsort(section->ranges, section->count, sizeof *section->ranges, compare_ranges);
}

static void read_sections(struct symbols_image *image)
{
    size_t names;
    GElf_Shdr header;
    if (image->cfi_tried)
        return;
    image->cfi_tried = true;
    symbols_dwarf(image); /* unpacks what is packed */
    if (elf_getshdrstrndx(image->elf, &names))
        return;
    for (Elf_Scn *section = elf_nextscn(image->elf, NULL); section; section = elf_nextscn(image->elf, section)) {
        const char *name = gelf_getshdr(section, &header) ? elf_strptr(image->elf, names, header.sh_name) : NULL;
        bool is_eh = name && !strcmp(name, ".eh_frame");
        struct cfi_section *cfi = &image->cfi[is_eh];
        if (!name || (!is_eh && strcmp(name, ".debug_frame")) || cfi->data || header.sh_type == SHT_NOBITS ||
            (header.sh_flags & SHF_COMPRESSED))
            continue;
        cfi->data = elf_getdata(section, NULL);
        cfi->address = header.sh_addr;
        cfi->is_eh = is_eh;
        if (cfi->data && cfi->data->d_buf)
            read_section(image, cfi);
    }
}

/* ---- the instructions ---- */

struct execution {
    const struct cfi_section *section;
    const struct common *common;
    uint64_t own;      /* the address asked for */
    uint64_t location; /* the row's */
    struct cfi_row row, initial, remembered[REMEMBER_MOST];
    unsigned depth;
};

static struct cfi_rule *rule_of(struct execution *e, struct cfi_cursor *cursor, uint64_t reg)
{
    if (reg >= CFI_REGISTERS) {
        cursor->is_bad = true;
        reg = 0;
    }
    return &e->row.reg[reg];
}

static void set_rule(struct execution *e, struct cfi_cursor *cursor, uint64_t reg, enum cfi_how how, int64_t value)
{
    *rule_of(e, cursor, reg) = (struct cfi_rule){.how = how, .value = value};
}

static int64_t factored(const struct execution *e, uint64_t value)
{
    return (int64_t)(value * (uint64_t)e->common->cie.data_alignment_factor);
}

static void set_expression(struct cfi_rule *rule, enum cfi_how how, struct cfi_cursor *cursor)
{
    struct cfi_cursor expression = block(cursor);
    *rule = (struct cfi_rule){.how = how, .expression = expression.at, .bytes = (size_t)(expression.end - expression.at)};
}

/* Goes on to the next row; false: the present one is that of the address. */
static bool advance(struct execution *e, uint64_t units)
{
    uint64_t location = e->location + units * e->common->cie.code_alignment_factor;
    if (location > e->own)
        return false;
    e->location = location;
    return true;
}

static void set_cfa(struct execution *e, uint64_t reg, int64_t offset)
{
    e->row.cfa_register = reg < 32 ? (unsigned)reg : CFI_REGISTERS;
    e->row.cfa = (struct cfi_rule){.how = CFI_VALUE, .value = offset};
}

/* Those that define where the frame is. */
static bool execute_cfa(struct execution *e, struct cfi_cursor *cursor, uint8_t op)
{
    uint64_t reg;
    switch (op) {
    case DW_CFA_def_cfa:
        reg = cfi_uleb(cursor);
        set_cfa(e, reg, (int64_t)cfi_uleb(cursor));
        return true;
    case DW_CFA_def_cfa_sf:
        reg = cfi_uleb(cursor);
        set_cfa(e, reg, factored(e, (uint64_t)cfi_sleb(cursor)));
        return true;
    case DW_CFA_def_cfa_register:
        set_cfa(e, cfi_uleb(cursor), e->row.cfa.value);
        return true;
    case DW_CFA_def_cfa_offset:
        set_cfa(e, e->row.cfa_register, (int64_t)cfi_uleb(cursor));
        return true;
    case DW_CFA_def_cfa_offset_sf:
        set_cfa(e, e->row.cfa_register, factored(e, (uint64_t)cfi_sleb(cursor)));
        return true;
    case DW_CFA_def_cfa_expression:
        set_expression(&e->row.cfa, CFI_EXPRESSION, cursor);
        return true;
    default:
        return false;
    }
}

/* Those that say where one register is. */
static bool execute_register(struct execution *e, struct cfi_cursor *cursor, uint8_t op)
{
    uint64_t reg = cfi_uleb(cursor);
    switch (op) {
    case DW_CFA_undefined:
        set_rule(e, cursor, reg, CFI_UNDEFINED, 0);
        return true;
    case DW_CFA_same_value:
        set_rule(e, cursor, reg, CFI_SAME, 0);
        return true;
    case DW_CFA_offset_extended:
        set_rule(e, cursor, reg, CFI_OFFSET, factored(e, cfi_uleb(cursor)));
        return true;
    case DW_CFA_offset_extended_sf:
        set_rule(e, cursor, reg, CFI_OFFSET, factored(e, (uint64_t)cfi_sleb(cursor)));
        return true;
    case DW_CFA_GNU_negative_offset_extended:
        set_rule(e, cursor, reg, CFI_OFFSET, factored(e, -cfi_uleb(cursor)));
        return true;
    case DW_CFA_val_offset:
        set_rule(e, cursor, reg, CFI_VALUE, factored(e, cfi_uleb(cursor)));
        return true;
    case DW_CFA_val_offset_sf:
        set_rule(e, cursor, reg, CFI_VALUE, factored(e, (uint64_t)cfi_sleb(cursor)));
        return true;
    case DW_CFA_register:
        set_rule(e, cursor, reg, CFI_REGISTER, (int64_t)(cfi_uleb(cursor) & INT64_MAX));
        return true;
    case DW_CFA_restore_extended:
        *rule_of(e, cursor, reg) = e->initial.reg[reg < CFI_REGISTERS ? reg : 0];
        return true;
    case DW_CFA_expression:
        set_expression(rule_of(e, cursor, reg), CFI_AT_EXPRESSION, cursor);
        return true;
    case DW_CFA_val_expression:
        set_expression(rule_of(e, cursor, reg), CFI_EXPRESSION, cursor);
        return true;
    default:
        return false;
    }
}

/* The rest. False: the row is found, or (is_bad) nothing is. */
static bool execute_other(struct execution *e, struct cfi_cursor *cursor, uint8_t op)
{
    switch (op) {
    case DW_CFA_nop:
        return true;
    case DW_CFA_advance_loc1:
        return advance(e, cfi_number(cursor, 1));
    case DW_CFA_advance_loc2:
        return advance(e, cfi_number(cursor, 2));
    case DW_CFA_advance_loc4:
        return advance(e, cfi_number(cursor, 4));
    case DW_CFA_set_loc:
        e->location = read_pointer(e->section, cursor, e->common->encoding);
        return e->location <= e->own;
    case DW_CFA_GNU_args_size:
        cfi_uleb(cursor);
        return true;
    case DW_CFA_remember_state:
        cursor->is_bad = e->depth == REMEMBER_MOST;
        if (!cursor->is_bad)
            e->remembered[e->depth++] = e->row;
        return true;
    case DW_CFA_restore_state:
        cursor->is_bad = e->depth == 0;
        if (!cursor->is_bad)
            e->row = e->remembered[--e->depth];
        return true;
    default:
        if (!execute_cfa(e, cursor, op) && !execute_register(e, cursor, op))
            cursor->is_bad = true;
        return true;
    }
}

/* False: damaged. */
static bool execute(struct execution *e, struct cfi_cursor cursor)
{
    bool goes_on = true;
    while (goes_on && !cursor.is_bad && cursor.at < cursor.end) {
        uint8_t op = (uint8_t)cfi_number(&cursor, 1), low = op & 0x3f;
        switch (op & 0xc0) { /* three have their operand in the same byte */
        case DW_CFA_advance_loc:
            goes_on = advance(e, low);
            break;
        case DW_CFA_offset:
            set_rule(e, &cursor, low, CFI_OFFSET, factored(e, cfi_uleb(&cursor)));
            break;
        case DW_CFA_restore:
            e->row.reg[low] = e->initial.reg[low];
            break;
        default:
            goes_on = execute_other(e, &cursor, op);
        }
    }
    return !cursor.is_bad;
}

/* ---- lookup ---- */

static const struct cfi_range *find_range(const struct cfi_section *section, uint64_t own)
{
    size_t low = 0, high = section->count;
    while (low < high) { /* the first behind the address */
        size_t middle = low + (high - low) / 2;
        if (section->ranges[middle].begin <= own)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && own < section->ranges[low - 1].end ? &section->ranges[low - 1] : NULL;
}

static bool section_lookup(const struct symbols_image *image, const struct cfi_section *section, uint64_t own,
                           struct cfi_row *ret_row)
{
    const struct cfi_range *range = find_range(section, own);
    struct common common = {.is_there = false};
    struct cfi_range again;
    struct cfi_cursor rest;
    Dwarf_CFI_Entry entry;
    Dwarf_Off next;
    if (!range || !next_entry(image, section, range->entry, &next, &entry) ||
        !read_common(image, section, entry.fde.CIE_pointer, &common) || !read_range(section, &common, &entry.fde, &rest, &again))
        return false;
    struct execution e = {.section = section, .common = &common, .own = own, .location = range->begin};
    e.row.cfa_register = CFI_REGISTERS;
    struct cfi_cursor first = {common.cie.initial_instructions, common.cie.initial_instructions_end, false};
    if (!execute(&e, first))
        return false;
    e.initial = e.row;
    if (!execute(&e, rest) || common.cie.return_address_register >= CFI_REGISTERS)
        return false;
    *ret_row = e.row;
    ret_row->return_register = (unsigned)common.cie.return_address_register;
    ret_row->is_signal = common.is_signal;
    return ret_row->cfa.how == CFI_EXPRESSION || ret_row->cfa_register < 32;
}

bool cfi_lookup(struct symbols *symbols, uint64_t address, struct cfi_row *ret_row)
{
    for (size_t i = 0; i < symbols->image_count; i++) {
        struct symbols_image *image = &symbols->images[i];
        read_sections(image);
        for (size_t s = 0; s < 2; s++)
            if (image->cfi[s].count && section_lookup(image, &image->cfi[s], address - (uint64_t)image->bias, ret_row))
                return true;
    }
    return false;
}
