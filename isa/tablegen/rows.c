/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads the rows of insn.def and compressed.def and takes their patterns, operand lists and expansions apart. After rows_read each
 * row's bits are accounted for, and every operand it prints or expands to is a field or a constant.
 */
#include "tablegen.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("tablegen: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static const struct row base_texts[] = {
#define INSN(name_, mnemonic_, pattern_, operands_, kind_, timing_, width_, extension_, meaning_)                                  \
    {.name = #name_,                                                                                                               \
     .mnemonic = mnemonic_,                                                                                                        \
     .pattern = pattern_,                                                                                                          \
     .operands = operands_,                                                                                                        \
     .kind = #kind_,                                                                                                               \
     .timing = #timing_,                                                                                                           \
     .width = width_,                                                                                                              \
     .extension = extension_,                                                                                                      \
     .meaning = meaning_,                                                                                                          \
     .bit_count = 32},
#include <isa/insn.def>
#undef INSN
};

static const struct row compressed_texts[] = {
#define C_INSN(name_, mnemonic_, pattern_, operands_, base_, expansion_, meaning_)                                                 \
    {.name = #name_,                                                                                                               \
     .mnemonic = mnemonic_,                                                                                                        \
     .pattern = pattern_,                                                                                                          \
     .operands = operands_,                                                                                                        \
     .base = #base_,                                                                                                               \
     .expansion = expansion_,                                                                                                      \
     .meaning = meaning_,                                                                                                          \
     .bit_count = 16},
#include <isa/compressed.def>
#undef C_INSN
};

/* Names in patterns that are not immediates: which field they are (part of), which bits of its value, and what it is added to. */
static const struct token {
    const char *text, *field;
    enum target target;
    int hi, lo, bias;
} tokens[] = {
    {"rd", "rd", TARGET_RD, 4, 0, 0},      {"rs1", "rs1", TARGET_RS1, 4, 0, 0},    {"rs2", "rs2", TARGET_RS2, 4, 0, 0},
    {"rs3", "rs3", TARGET_RS3, 4, 0, 0},   {"rd'", "rd'", TARGET_RD, 2, 0, 8},     {"rs1'", "rs1'", TARGET_RS1, 2, 0, 8},
    {"rs2'", "rs2'", TARGET_RS2, 2, 0, 8}, {"rm", "rm", TARGET_RM, 2, 0, 0},       {"aq", "aqrl", TARGET_RM, 1, 1, 0},
    {"rl", "aqrl", TARGET_RM, 0, 0, 0},    {"csr", "csr", TARGET_IMM, 11, 0, 0},   {"zimm", "zimm", TARGET_RS1, 4, 0, 0},
    {"fm", "fence", TARGET_IMM, 11, 8, 0}, {"pred", "fence", TARGET_IMM, 7, 4, 0}, {"succ", "fence", TARGET_IMM, 3, 0, 0},
};

static const struct operand_word {
    const char *text;
    int target; /* enum target; TARGET_NONE for punctuation and literals */
} operand_words[] = {
#define OPERAND(name, text, member) [ISA_OPERAND_##name] = {text, TARGET_##member},
    ISA_OPERANDS(OPERAND)
#undef OPERAND
};

enum { OPERAND_WORD_COUNT = sizeof operand_words / sizeof operand_words[0] };

const struct row *rows_find(const struct table *table, const char *name)
{
    for (int i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}

const struct field *row_field(const struct row *row, const char *name)
{
    for (int i = 0; i < row->field_count; i++)
        if (strcmp(row->fields[i].name, name) == 0)
            return &row->fields[i];
    return NULL;
}

static uint32_t field_value(const struct field *field, uint32_t bits)
{
    uint32_t value = (uint32_t)field->bias;
    for (int i = 0; i < field->piece_count; i++) {
        const struct piece *piece = &field->pieces[i];
        uint32_t mask = (UINT32_C(2) << (piece->hi - piece->lo)) - 1;
        value |= (bits >> piece->pos & mask) << piece->lo;
    }
    return value;
}

bool row_matches(const struct row *row, uint32_t bits)
{
    if ((bits & row->mask) != row->match)
        return false;
    for (int i = 0; i < row->condition_count; i++)
        if (field_value(row->conditions[i].field, bits) == (uint32_t)row->conditions[i].forbidden)
            return false;
    return true;
}

static struct field *field_of(struct row *row, const char *name, enum target target)
{
    struct field *field = (struct field *)row_field(row, name);
    if (field)
        return field;
    if (row->field_count == FIELDS_MAX || strlen(name) >= sizeof field->name)
        fail("row %s: no room for field %s.", row->name, name);
    field = &row->fields[row->field_count++];
    strcpy(field->name, name);
    field->target = target;
    return field;
}

static void add_piece(struct row *row, struct field *field, int hi, int lo, int pos)
{
    if (pos < 0)
        fail("row %s: the pattern \"%s\" has more than %d bits.", row->name, row->pattern, row->bit_count);
    if (hi < lo || hi > 31)
        fail("row %s: field %s has a bit range %d:%d that runs the wrong way.", row->name, field->name, hi, lo);
    if (field->piece_count == PIECES_MAX)
        fail("row %s: field %s has too many pieces.", row->name, field->name);
    field->pieces[field->piece_count++] = (struct piece){hi, lo, pos};
}

/* NAME[9:6|2|...]: returns the position below its last bit. */
static int parse_immediate(struct row *row, const char *token, int pos)
{
    char name[12] = "";
    const char *bracket = strchr(token, '[');
    if ((size_t)(bracket - token) >= sizeof name)
        fail("row %s: \"%s\" is too long a name for an immediate.", row->name, token);
    memcpy(name, token, (size_t)(bracket - token));
    if (strcmp(name, "imm") && strcmp(name, "uimm") && strcmp(name, "nzimm") && strcmp(name, "nzuimm"))
        fail("row %s: \"%s\" is not an immediate.", row->name, token);
    struct field *field = field_of(row, name, TARGET_IMM);
    field->is_signed = !strchr(name, 'u');
    char *at = (char *)bracket;
    do {
        int hi = (int)strtol(at + 1, &at, 10), lo = hi;
        if (*at == ':')
            lo = (int)strtol(at + 1, &at, 10);
        pos -= hi - lo + 1;
        add_piece(row, field, hi, lo, pos);
    } while (*at == '|');
    if (strcmp(at, "]") != 0)
        fail("row %s: \"%s\" does not end in a bracket.", row->name, token);
    return pos;
}

/* rd, rs1/rd, aq, ...: returns the position below its last bit. */
static int parse_names(struct row *row, char *token, int pos)
{
    int width = 0;
    char *rest = NULL;
    for (char *name = strtok_r(token, "/", &rest); name; name = strtok_r(NULL, "/", &rest)) {
        const struct token *found = NULL;
        for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
            if (strcmp(tokens[i].text, name) == 0)
                found = &tokens[i];
        if (!found)
            fail("row %s: \"%s\" in the pattern is neither bits nor a field.", row->name, name);
        width = found->hi - found->lo + 1;
        struct field *field = field_of(row, found->field, found->target);
        field->bias = found->bias;
        add_piece(row, field, found->hi, found->lo, pos - width);
    }
    return pos - width;
}

/* "case of NAME", "alias of NAME", "FIELD != N" */
static void parse_tail(struct row *row, const char *text)
{
    char name[24];
    int number, end = 0;
    if (sscanf(text, " case of %23s%n", name, &end) == 1 && text[end] == '\0') {
        strcpy(row->case_of, name);
    } else if (sscanf(text, " alias of %23s%n", name, &end) == 1 && text[end] == '\0') {
        strcpy(row->alias_of, name);
    } else if (sscanf(text, " %23s != %d%n", name, &number, &end) == 2 && text[end] == '\0') {
        const struct field *field = row_field(row, name);
        if (!field || row->condition_count == CONDITIONS_MAX)
            fail("row %s: there is no field %s to put a condition on.", row->name, name);
        row->conditions[row->condition_count++] = (struct condition){field, number};
    } else {
        fail("row %s: \"%s\" is neither a condition nor \"case of\" nor \"alias of\".", row->name, text);
    }
}

static void parse_pattern(struct row *row)
{
    char text[160];
    if (strlen(row->pattern) >= sizeof text)
        fail("row %s: the pattern is too long.", row->name);
    strcpy(text, row->pattern);
    char *tails = NULL, *rest = NULL;
    char *bits = strtok_r(text, ";", &tails);
    int pos = row->bit_count;
    for (char *token = strtok_r(bits, " ", &rest); token; token = strtok_r(NULL, " ", &rest)) {
        if (strspn(token, "01") == strlen(token)) {
            for (const char *digit = token; *digit; digit++) {
                if (--pos < 0)
                    fail("row %s: the pattern \"%s\" has more than %d bits.", row->name, row->pattern, row->bit_count);
                row->mask |= UINT32_C(1) << pos;
                row->match |= (uint32_t)(*digit - '0') << pos;
            }
        } else if (strchr(token, '[')) {
            pos = parse_immediate(row, token, pos);
        } else {
            pos = parse_names(row, token, pos);
        }
    }
    if (pos != 0)
        fail("row %s: the pattern \"%s\" has %d bits, not %d.", row->name, row->pattern, row->bit_count - pos, row->bit_count);
    for (char *tail = strtok_r(NULL, ";", &tails); tail; tail = strtok_r(NULL, ";", &tails))
        parse_tail(row, tail);
    bool ends_in_11 = (row->mask & row->match & 3) == 3;
    if ((row->mask & 3) != 3 || ends_in_11 != (row->bit_count == 32))
        fail("row %s: the low two bits of the pattern do not announce %d bits.", row->name, row->bit_count);
}

static void parse_operands(struct row *row)
{
    int count = 0;
    for (const char *at = row->operands; *at;) {
        int best = 0;
        size_t best_length = 0;
        for (int i = 1; i < OPERAND_WORD_COUNT; i++) {
            size_t length = strlen(operand_words[i].text);
            if (length > best_length && strncmp(at, operand_words[i].text, length) == 0) {
                best = i;
                best_length = length;
            }
        }
        if (!best)
            fail("row %s: \"%s\" in the operands is not a word of ISA_OPERANDS.", row->name, at);
        if (count == ISA_OPERANDS_MAX - 1)
            fail("row %s has more than %d operand words.", row->name, ISA_OPERANDS_MAX - 1);
        row->operand_list[count++] = (uint8_t)best;
        at += best_length;
    }
}

/* A compressed row's sources: its expansion's words, in the order of the base row's operands. */
static void parse_expansion(struct row *row, const struct row *base)
{
    char text[40], *rest = NULL;
    strncpy(text, row->expansion, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    const char *word = strtok_r(text, ",()", &rest);
    for (const uint8_t *operand = base->operand_list; *operand; operand++) {
        int target = operand_words[*operand].target;
        if (target < 0)
            continue;
        if (!word)
            fail("row %s expands to too few operands for %s.", row->name, base->name);
        struct source *source = &row->sources[target];
        if (isdigit((unsigned char)word[0]))
            source->constant = atoi(word);
        else if (word[0] == 'x')
            source->constant = atoi(word + 1);
        else if (!(source->field = row_field(row, word)))
            fail("row %s expands to a field %s that its pattern lacks.", row->name, word);
        word = strtok_r(NULL, ",()", &rest);
    }
    if (word)
        fail("row %s expands to too many operands for %s.", row->name, base->name);
}

static void check_names_and_operands(const struct row *row)
{
    const char *name = row->name, *mnemonic = row->mnemonic;
    while (*name && (*name == *mnemonic || (*name == '_' && *mnemonic == '.')))
        name++, mnemonic++;
    if (*name || *mnemonic)
        fail("row %s: its mnemonic is %s; the name must be the same with dots as underscores.", row->name, row->mnemonic);
    if (row->alias_of[0])
        return;
    for (const uint8_t *operand = row->operand_list; *operand; operand++) {
        int target = operand_words[*operand].target;
        if (target >= 0 && !row->sources[target].field && row->bit_count == 32)
            fail("row %s prints %s, which its pattern lacks.", row->name, operand_words[*operand].text);
    }
}

static void check_width(const struct row *row)
{
    static const char *const memory_kinds[] = {"LD", "ST", "FLD", "FST", "LR", "SC", "AMO"};
    bool is_memory = false;
    for (size_t i = 0; i < sizeof memory_kinds / sizeof memory_kinds[0]; i++)
        is_memory |= strcmp(row->kind, memory_kinds[i]) == 0;
    if (is_memory != (row->width != 0))
        fail("row %s: kind %s and width %d do not go together.", row->name, row->kind, row->width);
}

void rows_read(struct table *ret_base, struct table *ret_compressed)
{
    _Static_assert(sizeof base_texts / sizeof base_texts[0] <= ROWS_MAX, "raise ROWS_MAX");
    ret_base->count = sizeof base_texts / sizeof base_texts[0];
    for (int i = 0; i < ret_base->count; i++) {
        struct row *row = &ret_base->rows[i];
        *row = base_texts[i];
        parse_pattern(row);
        parse_operands(row);
        for (int f = 0; f < row->field_count; f++)
            row->sources[row->fields[f].target].field = &row->fields[f];
        check_names_and_operands(row);
        check_width(row);
    }
    ret_compressed->count = sizeof compressed_texts / sizeof compressed_texts[0];
    for (int i = 0; i < ret_compressed->count; i++) {
        struct row *row = &ret_compressed->rows[i];
        *row = compressed_texts[i];
        parse_pattern(row);
        parse_operands(row);
        const struct row *base = rows_find(ret_base, row->base);
        if (base)
            parse_expansion(row, base);
        else if (strcmp(row->base, "illegal") != 0)
            fail("row %s expands to %s, which is not a row of insn.def.", row->name, row->base);
        check_names_and_operands(row);
    }
}
