/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source lines and inlined calls, through libdw. Nothing is read before it is asked for, and of each image only the compilation
 * units that are needed. The tables of address ranges that compilers make are not relied on: each unit says itself what its code
 * is. What is walked is counted, so that a damaged image, which may lead in circles, costs seconds at most.
 */
#define _GNU_SOURCE
#include "symbols_parts.h"

#include <dwarf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNPACKED_BYTES_MOST (UINT64_C(1) << 30)
#define RANGES_MOST         (UINT32_C(1) << 22)
#define STEPS_MOST          (UINT32_C(1) << 20) /* entries and ranges looked at to answer one question */
#define ROWS_MOST           (UINT32_C(1) << 27) /* of line tables, for one question */
#define DEPTH_MOST          64
#define OVERLAPS_MOST       64 /* units that claim the same code */

/* ---- DWARF ---- */

/* Compressed sections are unpacked by libdw all at once; not if they say that they would fill the memory. */
static bool is_unpackable(Elf *elf)
{
    uint64_t bytes = 0;
    size_t names;
    GElf_Shdr header;
    GElf_Chdr packed;
    if (elf_getshdrstrndx(elf, &names))
        return false;
    for (Elf_Scn *section = elf_nextscn(elf, NULL); section; section = elf_nextscn(elf, section)) {
        const char *name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
        if (name && !strncmp(name, ".zdebug", 7))
            return false; /* an old way that RISC-V's tools never took */
        if (!name || !(header.sh_flags & SHF_COMPRESSED))
            continue;
        if (!gelf_getchdr(section, &packed) || packed.ch_size > UNPACKED_BYTES_MOST - bytes)
            return false;
        bytes += packed.ch_size;
    }
    return true;
}

Dwarf *symbols_dwarf(struct symbols_image *image)
{
    if (!image->dwarf_tried) {
        image->dwarf_tried = true;
        if (is_unpackable(image->elf))
            image->dwarf = dwarf_begin_elf(image->elf, DWARF_C_READ, NULL);
        if (image->dwarf)
            dwarf_setalt(image->dwarf, image->dwarf); /* else libdw opens the file that .gnu_debugaltlink names */
    }
    return image->dwarf;
}

void symbols_dwarf_finish(struct symbols_image *image)
{
    free(image->units);
    for (size_t i = 0; i < 2; i++)
        free(image->cfi[i].ranges);
    if (image->dwarf)
        dwarf_end(image->dwarf);
}

/* ---- units ---- */

/* The unit at *offset, which moves on to the next; false after the last. */
static bool next_unit(Dwarf *dwarf, Dwarf_Off *offset, Dwarf_Die *ret_unit)
{
    Dwarf_Off next;
    size_t header_bytes;
    while (dwarf && !dwarf_nextcu(dwarf, *offset, &next, &header_bytes, NULL, NULL, NULL) && next > *offset) {
        Dwarf_Off die = *offset + header_bytes;
        *offset = next;
        if (dwarf_offdie(dwarf, die, ret_unit))
            return true;
    }
    return false;
}

static bool add_range(struct symbols_image *image, size_t *room, struct unit_range range)
{
    if (image->unit_count == *room) {
        size_t more = *room ? 2 * *room : 256;
        struct unit_range *units = more <= RANGES_MOST ? realloc(image->units, more * sizeof *units) : NULL;
        if (!units)
            return false;
        image->units = units;
        *room = more;
    }
    image->units[image->unit_count++] = range;
    return true;
}

static bool add_unit(struct symbols_image *image, size_t *room, Dwarf_Die *unit)
{
    Dwarf_Addr base, begin, end;
    ptrdiff_t at = 0;
    while ((at = dwarf_ranges(unit, at, &base, &begin, &end)) > 0)
        if (begin < end && !add_range(image, room, (struct unit_range){begin, end, dwarf_dieoffset(unit)}))
            return false;
    return true;
}

static int compare_units(const void *left, const void *right)
{
    const struct unit_range *a = left, *b = right;
    return a->begin < b->begin ? -1 : a->begin > b->begin;
}

static void read_units(struct symbols_image *image)
{
    if (image->units_tried)
        return;
    Dwarf *dwarf = symbols_dwarf(image);
    Dwarf_Off offset = 0;
    Dwarf_Die unit;
    size_t room = 0;
    image->units_tried = true;
    while (next_unit(dwarf, &offset, &unit) && add_unit(image, &room, &unit))
        ;
    if (image->unit_count)
        qsort(image->units, image->unit_count, sizeof *image->units, compare_units);
}

/* The unit whose code is at this address of the image's. */
static bool find_unit(struct symbols_image *image, uint64_t own, Dwarf_Die *ret_unit)
{
    read_units(image);
    size_t low = 0, high = image->unit_count;
    while (low < high) { /* the first behind the address */
        size_t middle = low + (high - low) / 2;
        if (image->units[middle].begin <= own)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i > 0 && low - i < OVERLAPS_MOST; i--)
        if (own < image->units[i - 1].end)
            return dwarf_offdie(image->dwarf, image->units[i - 1].die, ret_unit);
    return false;
}

static const char *directory_of(Dwarf_Die *unit)
{
    Dwarf_Attribute attribute;
    const char *directory = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    return directory && symbols_name_is_good(directory) ? directory : NULL;
}

/* ---- lines ---- */

static bool image_line(struct symbols_image *image, uint64_t own, struct symbols_line *ret_line)
{
    Dwarf_Die unit;
    Dwarf_Addr begin;
    int number, column = 0;
    Dwarf_Line *line = find_unit(image, own, &unit) ? dwarf_getsrc_die(&unit, own) : NULL;
    const char *file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
    if (!file || !symbols_name_is_good(file) || dwarf_lineno(line, &number) || number <= 0 || dwarf_lineaddr(line, &begin))
        return false;
    if (dwarf_linecol(line, &column) || column < 0)
        column = 0;
    *ret_line = (struct symbols_line){
        .file = file, .directory = directory_of(&unit), .line = number, .column = column, .address = begin + (uint64_t)image->bias};
    return true;
}

bool symbols_line(struct symbols *symbols, uint64_t address, struct symbols_line *ret_line)
{
    for (size_t i = 0; i < symbols->image_count; i++)
        if (image_line(&symbols->images[i], address - (uint64_t)symbols->images[i].bias, ret_line))
            return true;
    return false;
}

/* One search for the code of a line. */
struct line_search {
    const char *file;
    unsigned line, next, rows;
    bool takes_any;        /* not only where a statement begins */
    const char *directory; /* of the unit */
    const char *asked;     /* the file last compared, and what came out */
    bool is_asked_good;
    uint64_t *found; /* owned */
    size_t count, room;
};

static void search_found(struct line_search *search, uint64_t address)
{
    if (search->count == search->room) {
        size_t more = search->room ? 2 * search->room : 64;
        uint64_t *found = realloc(search->found, more * sizeof *found);
        if (!found)
            return;
        search->found = found;
        search->room = more;
    }
    search->found[search->count++] = address;
}

/* The row's line if it is in the file that is looked for, else 0. */
static unsigned search_number(struct line_search *search, Dwarf_Line *row)
{
    bool is_end;
    int number;
    const char *file = dwarf_linesrc(row, NULL, NULL);
    if (!file || dwarf_lineendsequence(row, &is_end) || is_end || dwarf_lineno(row, &number) || number <= 0)
        return 0;
    if (file != search->asked) { /* the same file is the same string, most times */
        search->asked = file;
        search->is_asked_good = symbols_name_is_good(file) && symbols_path_ends(search->directory, file, search->file);
    }
    return search->is_asked_good ? number : 0;
}

static void search_unit(struct line_search *search, Dwarf_Die *unit, int64_t bias)
{
    Dwarf_Lines *lines;
    Dwarf_Addr address;
    size_t count;
    bool is_within = false, is_statement;
    if (dwarf_getsrclines(unit, &lines, &count))
        return;
    for (size_t i = 0; i < count && search->rows < ROWS_MOST; i++, search->rows++) {
        Dwarf_Line *row = dwarf_onesrcline(lines, i);
        unsigned number = row ? search_number(search, row) : 0;
        if (number > search->line && (search->next == 0 || number < search->next))
            search->next = number;
        if (number != search->line) {
            is_within = false;
        } else if (!is_within && !dwarf_linebeginstatement(row, &is_statement) && (is_statement || search->takes_any) &&
                   !dwarf_lineaddr(row, &address)) {
            search_found(search, address + (uint64_t)bias);
            is_within = true;
        }
    }
}

static void search_units(struct symbols *symbols, struct line_search *search, bool by_name)
{
    for (size_t i = 0; i < symbols->image_count; i++) {
        struct symbols_image *image = &symbols->images[i];
        Dwarf *dwarf = symbols_dwarf(image);
        Dwarf_Off offset = 0;
        Dwarf_Die unit;
        while (search->rows < ROWS_MOST && next_unit(dwarf, &offset, &unit)) {
            const char *name = by_name ? dwarf_diename(&unit) : NULL;
            search->asked = NULL;
            search->directory = directory_of(&unit);
            if (!by_name || (name && symbols_name_is_good(name) && symbols_path_ends(search->directory, name, search->file)))
                search_unit(search, &unit, image->bias);
        }
    }
}

/* First in the units of that name; what is in a header may be in any. */
static void search_all(struct symbols *symbols, struct line_search *search)
{
    search_units(symbols, search, true);
    if (search->count == 0 && search->next == 0)
        search_units(symbols, search, false);
}

static int compare_found(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

/* In order, each once. */
static size_t search_sort(struct line_search *search)
{
    size_t count = 0;
    if (search->count)
        qsort(search->found, search->count, sizeof *search->found, compare_found);
    for (size_t i = 0; i < search->count; i++)
        if (count == 0 || search->found[i] != search->found[count - 1])
            search->found[count++] = search->found[i];
    return count;
}

size_t symbols_line_addresses(struct symbols *symbols, const char *text, uint64_t *ret_addresses, size_t room, unsigned *ret_next)
{
    const char *colon = strrchr(text, ':');
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
    *ret_next = 0;
    if (!colon || colon == text || digits == 0 || digits > 9 || colon[1 + digits])
        return 0;
    struct line_search search = {.file = strndup(text, colon - text), .line = strtoul(colon + 1, NULL, 10)};
    if (search.file && search.line > 0) {
        search_all(symbols, &search);
        search.takes_any = search.count == 0; /* a line's code may lie within another's statements only */
        if (search.takes_any)
            search_all(symbols, &search);
    }
    size_t count = search_sort(&search);
    for (size_t i = 0; i < count && i < room; i++)
        ret_addresses[i] = search.found[i];
    if (count == 0)
        *ret_next = search.next;
    free((char *)search.file);
    free(search.found);
    return count;
}

/* ---- inlined calls ---- */

/* A walk down to what surrounds an address. */
struct walk {
    uint64_t own; /* the address, as the image has it */
    unsigned steps;
    Dwarf_Die inlined[DEPTH_MOST]; /* outermost first */
    size_t count;
};

static bool walk_on(struct walk *walk)
{
    return walk->steps < STEPS_MOST && walk->steps++ < STEPS_MOST;
}

static bool walk_is_in(struct walk *walk, Dwarf_Die *die)
{
    Dwarf_Addr base, begin, end;
    ptrdiff_t at = 0;
    while (walk_on(walk) && (at = dwarf_ranges(die, at, &base, &begin, &end)) > 0)
        if (walk->own >= begin && walk->own < end)
            return true;
    return false;
}

/* Moves on to the next sibling; one that does not lie behind is damage. */
static bool walk_sibling(struct walk *walk, Dwarf_Die *die)
{
    Dwarf_Die next;
    if (!walk_on(walk) || dwarf_siblingof(die, &next) || dwarf_dieoffset(&next) <= dwarf_dieoffset(die))
        return false;
    *die = next;
    return true;
}

/* What may hold functions without being code. */
static bool is_scope(int tag)
{
    return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_class_type || tag == DW_TAG_structure_type;
}

static bool is_code(int tag)
{
    return tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine;
}

static void walk_down(struct walk *walk, Dwarf_Die *unit)
{
    Dwarf_Die stack[DEPTH_MOST]; /* where to go on, above the scopes that were entered */
    Dwarf_Die die;
    size_t depth = 0, blocks = 0;
    bool is_there = !dwarf_child(unit, &die);
    while (is_there) {
        int tag = dwarf_tag(&die);
        Dwarf_Die child;
        if (is_code(tag) && walk_is_in(walk, &die)) {
            if (tag == DW_TAG_inlined_subroutine && walk->count < DEPTH_MOST)
                walk->inlined[walk->count++] = die;
            depth = 0; /* nothing beside it holds the address */
            is_there = blocks++ < DEPTH_MOST && !dwarf_child(&die, &child);
            if (is_there)
                die = child;
        } else if (is_scope(tag) && depth < DEPTH_MOST && walk_on(walk) && !dwarf_child(&die, &child)) {
            stack[depth++] = die;
            die = child;
        } else {
            while (!(is_there = walk_sibling(walk, &die)) && depth > 0)
                die = stack[--depth];
        }
    }
}

static unsigned number_of(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word word;
    return dwarf_formudata(dwarf_attr(die, name, &attribute), &word) || word > INT32_MAX ? 0 : (unsigned)word;
}

static struct symbols_inline describe(Dwarf_Die *unit, Dwarf_Die *die)
{
    Dwarf_Files *files;
    size_t count;
    const char *name = dwarf_diename(die), *file = NULL;
    unsigned number = number_of(die, DW_AT_call_file);
    if (!dwarf_getsrcfiles(unit, &files, &count) && number < count)
        file = dwarf_filesrc(files, number, NULL, NULL);
    return (struct symbols_inline){.name = name && symbols_name_is_good(name) ? name : "?",
                                   .file = file && symbols_name_is_good(file) ? file : NULL,
                                   .directory = directory_of(unit),
                                   .line = number_of(die, DW_AT_call_line)};
}

size_t symbols_inlined(struct symbols *symbols, uint64_t address, struct symbols_inline *ret_inlined, size_t room)
{
    for (size_t i = 0; i < symbols->image_count; i++) {
        struct walk walk = {.own = address - (uint64_t)symbols->images[i].bias};
        Dwarf_Die unit;
        if (!find_unit(&symbols->images[i], walk.own, &unit))
            continue;
        walk_down(&walk, &unit);
        size_t count = walk.count < room ? walk.count : room;
        for (size_t n = 0; n < count; n++)
            ret_inlined[n] = describe(&unit, &walk.inlined[walk.count - 1 - n]);
        return count;
    }
    return 0;
}
