/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The images and the index of their symbols: one array by name, one by address. libelf reads the tables; nothing in them is
 * trusted: what is no proper name or lies outside the file is left out. DWARF is the business of dwarf.c.
 */
#define _GNU_SOURCE
#include "symbols_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOLS_MOST (UINT32_C(1) << 24)

/* ---- images ---- */

struct symbols *symbols_create(void)
{
    return calloc(1, sizeof(struct symbols));
}

static void image_finish(struct symbols_image *image)
{
    symbols_dwarf_finish(image);
    if (image->elf)
        elf_end(image->elf);
    free(image->bytes);
    free(image->name);
}

static void forget_index(struct symbols *symbols)
{
    free(symbols->all);
    free(symbols->by_address);
    free(symbols->outer);
    symbols->all = NULL;
    symbols->by_address = symbols->outer = NULL;
    symbols->count = symbols->address_count = 0;
    symbols->is_indexed = false;
}

void symbols_destroy(struct symbols *symbols)
{
    if (!symbols)
        return;
    forget_index(symbols);
    for (size_t i = 0; i < symbols->image_count; i++)
        image_finish(&symbols->images[i]);
    free(symbols);
}

bool symbols_is_elf(const void *bytes, size_t count)
{
    return count >= SELFMAG && !memcmp(bytes, ELFMAG, SELFMAG);
}

static bool check_identity(const struct symbols_image *image, struct emu_error *error)
{
    const unsigned char *ident = image->bytes;
    if (!symbols_is_elf(ident, image->size))
        return emu_error_set(error, "%s is no ELF file, so it has no symbols", image->name);
    if (image->size < sizeof(Elf64_Ehdr))
        return emu_error_set(error, "%s is damaged: the ELF file ends within its header", image->name);
    if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB)
        return emu_error_set(error, "%s is not for 64-bit RISC-V", image->name);
    return true;
}

static bool image_open(struct symbols_image *image, struct emu_error *error)
{
    GElf_Ehdr header;
    if (!image->name || !image->bytes)
        return emu_error_set(error, "the host is out of memory");
    if (!check_identity(image, error))
        return false;
    elf_version(EV_CURRENT);
    image->elf = elf_memory(image->bytes, image->size);
    if (!image->elf || !gelf_getehdr(image->elf, &header))
        return emu_error_set(error, "%s cannot be read: %s", image->name, elf_errmsg(-1));
    if (header.e_machine != EM_RISCV)
        return emu_error_set(error, "%s is not for 64-bit RISC-V", image->name);
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        return emu_error_set(error, "%s is no linked program, so its symbols have no addresses", image->name);
    return true;
}

bool symbols_take(struct symbols *symbols, void *elf, size_t bytes, const char *name, int64_t bias, struct emu_error *error)
{
    if (symbols->image_count == SYMBOLS_IMAGES_MOST) {
        free(elf);
        return emu_error_set(error, "%s: there can be %d images with symbols", name, SYMBOLS_IMAGES_MOST);
    }
    struct symbols_image image = {.name = strdup(name), .bytes = elf, .size = bytes, .bias = bias};
    if (!image_open(&image, error)) {
        image_finish(&image);
        return false;
    }
    symbols->images[symbols->image_count++] = image;
    forget_index(symbols);
    return true;
}

bool symbols_add(struct symbols *symbols, const void *elf, size_t bytes, const char *name, int64_t bias, struct emu_error *error)
{
    void *copy = malloc(bytes ? bytes : 1);
    if (copy && bytes)
        memcpy(copy, elf, bytes);
    return symbols_take(symbols, copy, bytes, name, bias, error);
}

size_t symbols_images(const struct symbols *symbols)
{
    return symbols->image_count;
}

const char *symbols_image_name(const struct symbols *symbols, size_t image)
{
    return symbols->images[image].name;
}

bool symbols_is_code(const struct symbols *symbols, uint64_t address)
{
    for (size_t i = 0; i < symbols->image_count; i++) {
        const struct symbols_image *image = &symbols->images[i];
        uint64_t own = address - (uint64_t)image->bias;
        size_t count;
        GElf_Phdr segment;
        if (elf_getphdrnum(image->elf, &count))
            continue;
        for (size_t s = 0; s < count && gelf_getphdr(image->elf, (int)s, &segment); s++)
            if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) && own - segment.p_vaddr < segment.p_memsz)
                return true;
    }
    return false;
}

/* ---- names ---- */

bool symbols_name_is_good(const char *name)
{
    size_t length = strnlen(name, SYMBOLS_NAME_BYTES_MOST + 1);
    if (length == 0 || length > SYMBOLS_NAME_BYTES_MOST)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
            return false;
    return true;
}

/* Appends the path's folders and file, each as "/name", to what is there; ".." takes one away. */
static void path_append(char path[static SYMBOLS_TEXT_BYTES], size_t *length, const char *more)
{
    for (; *more; more += strcspn(more, "/")) {
        more += strspn(more, "/");
        size_t bytes = strcspn(more, "/");
        if (bytes == 2 && !strncmp(more, "..", 2)) {
            while (*length > 0 && path[--*length] != '/')
                ;
        } else if (bytes > 0 && !(bytes == 1 && *more == '.') && *length + 1 + bytes < SYMBOLS_TEXT_BYTES) {
            path[(*length)++] = '/';
            memcpy(path + *length, more, bytes);
            *length += bytes;
        }
        path[*length] = '\0';
    }
}

bool symbols_path_ends(const char *directory, const char *path, const char *part)
{
    char whole[SYMBOLS_TEXT_BYTES] = "", end[SYMBOLS_TEXT_BYTES] = "";
    size_t whole_length = 0, end_length = 0;
    if (path[0] != '/' && directory)
        path_append(whole, &whole_length, directory);
    path_append(whole, &whole_length, path);
    path_append(end, &end_length, part);
    if (end_length == 0 || end_length > whole_length || strcmp(whole + whole_length - end_length, end))
        return false;
    return part[0] != '/' || end_length == whole_length;
}

/* The assembler's own: marks of where code ("$x", "$xrv64...") and data begin, and labels within functions. */
static bool is_internal(const char *name)
{
    bool is_mark = name[0] == '$' && (name[1] == 'x' || name[1] == 'd');
    return (is_mark && (name[2] == '\0' || name[2] == '.' || !strncmp(name + 2, "rv", 2))) || (name[0] == '.' && name[1] == 'L');
}

static bool is_wanted(const GElf_Sym *symbol)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info);
    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_COMMON && type != STT_SECTION && type != STT_TLS &&
           type != STT_FILE;
}

static enum symbol_kind kind_of(const GElf_Sym *symbol)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info);
    return type == STT_FUNC || type == STT_GNU_IFUNC ? SYMBOL_FUNCTION : type == STT_OBJECT ? SYMBOL_OBJECT : SYMBOL_LABEL;
}

/* The table of an image that tells most: the full one, else what it exports. */
static Elf_Scn *find_table(Elf *elf, GElf_Shdr *ret_header)
{
    Elf_Scn *found = NULL;
    GElf_Shdr header;
    for (Elf_Scn *section = elf_nextscn(elf, NULL); section; section = elf_nextscn(elf, section)) {
        if (!gelf_getshdr(section, &header) || (header.sh_type != SHT_SYMTAB && (header.sh_type != SHT_DYNSYM || found)))
            continue;
        found = section;
        *ret_header = header;
        if (header.sh_type == SHT_SYMTAB)
            break;
    }
    return found;
}

/* Room for one more, which doubles. */
static struct symbol *symbol_room(struct symbols *symbols, size_t *room)
{
    if (symbols->count == *room) {
        size_t more = *room ? 2 * *room : 4096;
        struct symbol *all = more <= SYMBOLS_MOST ? realloc(symbols->all, more * sizeof *all) : NULL;
        if (!all)
            return NULL;
        symbols->all = all;
        *room = more;
    }
    return &symbols->all[symbols->count];
}

static void read_table(struct symbols *symbols, const struct symbols_image *image, size_t *room)
{
    GElf_Shdr header;
    GElf_Sym symbol;
    Elf_Scn *table = find_table(image->elf, &header);
    Elf_Data *data = table ? elf_getdata(table, NULL) : NULL;
    const char *file = NULL;
    for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
        const char *name = elf_strptr(image->elf, header.sh_link, symbol.st_name);
        bool is_good = name && symbols_name_is_good(name);
        if (GELF_ST_TYPE(symbol.st_info) == STT_FILE)
            file = is_good ? name : NULL; /* that of the locals which follow */
        if (!is_good || !is_wanted(&symbol) || is_internal(name))
            continue;
        struct symbol *one = symbol_room(symbols, room);
        if (!one)
            return;
        bool is_global = GELF_ST_BIND(symbol.st_info) != STB_LOCAL;
        bool is_absolute = symbol.st_shndx == SHN_ABS;
        *one = (struct symbol){.name = name,
                               .file = is_global ? NULL : file,
                               .image = image->name,
                               .address = symbol.st_value + (is_absolute ? 0 : (uint64_t)image->bias),
                               .bytes = symbol.st_size,
                               .kind = kind_of(&symbol),
                               .is_global = is_global,
                               .is_absolute = is_absolute};
        if (one->address + one->bytes < one->address)
            one->bytes = 0;
        symbols->count++;
    }
}

/* ---- the index ---- */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_names(const void *left, const void *right)
{
    const struct symbol *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    if (!order)
        order = b->is_global - a->is_global;
    if (!order)
        order = compare_numbers(a->address, b->address);
    if (!order)
        order = strcmp(a->file ? a->file : "", b->file ? b->file : "");
    return order ? order : compare_numbers(a->bytes, b->bytes);
}

/* Of those at one address the largest first, and of those alike last the one to name it by. */
static int compare_addresses(const void *left, const void *right, void *all)
{
    uint32_t i = *(const uint32_t *)left, j = *(const uint32_t *)right;
    const struct symbol *a = (const struct symbol *)all + i, *b = (const struct symbol *)all + j;
    int order = compare_numbers(a->address, b->address);
    if (!order)
        order = compare_numbers(b->bytes, a->bytes);
    if (!order)
        order = a->is_global - b->is_global;
    if (!order)
        order = (b->kind == SYMBOL_LABEL) - (a->kind == SYMBOL_LABEL);
    return order ? order : compare_numbers(j, i);
}

static bool is_in(const struct symbol *symbol, uint64_t address)
{
    return address - symbol->address < symbol->bytes;
}

/* What surrounds each: those of a size that begin before and have not ended, the last of them to begin. */
static void find_outer(struct symbols *symbols)
{
    uint32_t open = UINT32_MAX;
    for (uint32_t i = 0; i < symbols->address_count; i++) {
        const struct symbol *symbol = &symbols->all[symbols->by_address[i]];
        while (open != UINT32_MAX && !is_in(&symbols->all[symbols->by_address[open]], symbol->address))
            open = symbols->outer[open];
        symbols->outer[i] = open;
        if (symbol->bytes)
            open = i;
    }
}

static void index_addresses(struct symbols *symbols)
{
    symbols->by_address = malloc((symbols->count + 1) * sizeof *symbols->by_address);
    symbols->outer = malloc((symbols->count + 1) * sizeof *symbols->outer);
    if (!symbols->by_address || !symbols->outer)
        return;
    for (uint32_t i = 0; i < symbols->count; i++)
        if (!symbols->all[i].is_absolute)
            symbols->by_address[symbols->address_count++] = i;
    qsort_r(symbols->by_address, symbols->address_count, sizeof *symbols->by_address, compare_addresses, symbols->all);
    find_outer(symbols);
}

static void index_all(struct symbols *symbols)
{
    if (symbols->is_indexed)
        return;
    size_t room = 0;
    symbols->is_indexed = true;
    for (size_t i = 0; i < symbols->image_count; i++)
        read_table(symbols, &symbols->images[i], &room);
    if (symbols->count)
        qsort(symbols->all, symbols->count, sizeof *symbols->all, compare_names);
    for (size_t i = 1; i < symbols->count; i++)
        if (!strcmp(symbols->all[i - 1].name, symbols->all[i].name))
            symbols->all[i - 1].is_shared = symbols->all[i].is_shared = true;
    index_addresses(symbols);
}

/* ---- lookups ---- */

size_t symbols_count(struct symbols *symbols)
{
    index_all(symbols);
    return symbols->count;
}

const struct symbol *symbols_at(struct symbols *symbols, size_t n)
{
    return n < symbols_count(symbols) ? &symbols->all[n] : NULL;
}

/* The first whose name's first `length` bytes are at least (`above`: greater than) those of `prefix`. */
static size_t bound(const struct symbols *symbols, const char *prefix, size_t length, bool above)
{
    size_t low = 0, high = symbols->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strncmp(symbols->all[middle].name, prefix, length);
        if (order < 0 || (above && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t symbols_prefix(struct symbols *symbols, const char *prefix, size_t *ret_first)
{
    index_all(symbols);
    size_t length = strlen(prefix);
    *ret_first = bound(symbols, prefix, length, false);
    return bound(symbols, prefix, length, true) - *ret_first;
}

/* Whether a symbol is of the file that was named, by the linker's word or by DWARF's, which has more of the path. */
static bool is_of_file(struct symbols *symbols, const struct symbol *symbol, const char *file)
{
    struct symbols_line line;
    if (symbol->file && symbols_path_ends(NULL, symbol->file, file))
        return true;
    return symbol->kind == SYMBOL_FUNCTION && symbols_line(symbols, symbol->address, &line) &&
           symbols_path_ends(line.directory, line.file, file);
}

/* Those of a name, and of a file if one is named (NULL: any). */
static size_t find_in(struct symbols *symbols, const char *file, const char *name, const struct symbol **ret_symbols, size_t room)
{
    size_t count = 0;
    for (size_t at = bound(symbols, name, strlen(name) + 1, false); at < symbols->count && count < room; at++) {
        const struct symbol *symbol = &symbols->all[at];
        if (strcmp(symbol->name, name))
            break;
        if (!file || is_of_file(symbols, symbol, file))
            ret_symbols[count++] = symbol;
    }
    return count;
}

size_t symbols_find_all(struct symbols *symbols, const char *text, const struct symbol **ret_symbols, size_t room)
{
    index_all(symbols);
    size_t count = find_in(symbols, NULL, text, ret_symbols, room);
    const char *colon = strrchr(text, ':');
    char file[SYMBOLS_TEXT_BYTES];
    if (count > 0 || !colon || colon == text || (size_t)(colon - text) >= sizeof file)
        return count;
    memcpy(file, text, colon - text);
    file[colon - text] = '\0';
    return find_in(symbols, file, colon + 1, ret_symbols, room);
}

const struct symbol *symbols_find(struct symbols *symbols, const char *text)
{
    const struct symbol *symbol;
    return symbols_find_all(symbols, text, &symbol, 1) ? symbol : NULL;
}

const struct symbol *symbols_lookup(struct symbols *symbols, uint64_t address, uint64_t *ret_offset)
{
    index_all(symbols);
    size_t low = 0, high = symbols->address_count;
    while (low < high) { /* the first behind the address */
        size_t middle = low + (high - low) / 2;
        if (symbols->all[symbols->by_address[middle]].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct symbol *nearest = &symbols->all[symbols->by_address[low - 1]], *found = NULL;
    for (uint32_t i = low - 1; i != UINT32_MAX && !found; i = symbols->outer[i])
        if (is_in(&symbols->all[symbols->by_address[i]], address))
            found = &symbols->all[symbols->by_address[i]];
    if (!found && !nearest->bytes && address - nearest->address < SYMBOLS_LABEL_BYTES)
        found = nearest;
    if (found && ret_offset)
        *ret_offset = address - found->address;
    return found;
}

bool symbols_write_by(struct symbols *symbols, uint64_t by, uint64_t address, char *text, size_t bytes)
{
    uint64_t offset;
    const struct symbol *symbol = symbols_lookup(symbols, by, &offset);
    text[0] = '\0';
    if (!symbol)
        return false;
    offset += address - by;
    bool with_file = symbol->is_shared && symbol->file;
    int length = snprintf(text, bytes, "%s%s%s", with_file ? symbol->file : "", with_file ? ":" : "", symbol->name);
    if (offset && length > 0 && (size_t)length < bytes)
        snprintf(text + length, bytes - length, "+0x%" PRIx64, offset);
    return true;
}

bool symbols_write(struct symbols *symbols, uint64_t address, char *text, size_t bytes)
{
    return symbols_write_by(symbols, address, address, text, bytes);
}
