/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes libisa's tables as C: one pair of functions a distinct operand layout (bits to struct isa_insn and back), the row tables,
 * and for each length a decision tree of switches that finds the row. Rows with the same layout share its functions.
 */
#include "tablegen.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const target_names[TARGET_COUNT] = {"rd", "rs1", "rs2", "rs3", "rm", "imm"};

/* The rows of a node of the decision tree, and the bits already known to match. */
struct node {
    const struct row *rows[ROWS_MAX];
    int count;
    uint32_t known;
};

struct text {
    char at[1200];
    size_t length;
};

static struct text layouts[ROWS_MAX];
static int layout_count;

static void append(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t room = sizeof text->at - text->length;
    int length = vsnprintf(text->at + text->length, room, format, args);
    va_end(args);
    if (length < 0 || (size_t)length >= room)
        fail("a layout's text is too long.");
    text->length += (size_t)length;
}

static uint32_t piece_mask(const struct piece *piece)
{
    return (UINT32_C(2) << (piece->hi - piece->lo)) - 1;
}

static int field_width(const struct field *field)
{
    int width = 0;
    for (int i = 0; i < field->piece_count; i++)
        if (field->pieces[i].hi + 1 > width)
            width = field->pieces[i].hi + 1;
    return width;
}

/* The field's value as a C expression of `bits`, without sign. */
static void append_raw_value(struct text *text, const struct field *field)
{
    for (int i = 0; i < field->piece_count; i++) {
        const struct piece *piece = &field->pieces[i];
        append(text, "%s(bits >> %d & 0x%xu)", i ? " | " : "", piece->pos, (unsigned)piece_mask(piece));
        if (piece->lo)
            append(text, " << %d", piece->lo);
    }
    if (field->bias)
        append(text, " | %d", field->bias);
}

static void append_extract(struct text *text, const struct row *row)
{
    for (int target = 0; target < TARGET_COUNT; target++) {
        const struct source *source = &row->sources[target];
        const char *type = target == TARGET_IMM ? "int32_t" : "uint8_t";
        if (source->field && source->field->is_signed) {
            append(text, "    insn->%s = sign_extend(", target_names[target]);
            append_raw_value(text, source->field);
            append(text, ", %d);\n", field_width(source->field));
        } else if (source->field) {
            append(text, "    insn->%s = (%s)(", target_names[target], type);
            append_raw_value(text, source->field);
            append(text, ");\n");
        } else if (source->constant) {
            append(text, "    insn->%s = %d;\n", target_names[target], source->constant);
        }
    }
}

/* Equal extraction means equal layout: returns the number of the row's layout, a new one when no earlier row has it. */
static int layout_of(const struct row *row)
{
    struct text *text = &layouts[layout_count];
    text->at[0] = '\0';
    text->length = 0;
    append_extract(text, row);
    for (int i = 0; i < layout_count; i++)
        if (strcmp(layouts[i].at, text->at) == 0)
            return i;
    return layout_count++;
}

static void emit_insert(FILE *out, const struct row *row)
{
    fprintf(out, "static uint32_t insert_%d(const struct isa_insn *insn)\n{\n    return 0", row->layout);
    for (int target = 0; target < TARGET_COUNT; target++) {
        const struct field *field = row->sources[target].field;
        for (int i = 0; field && i < field->piece_count; i++) {
            const struct piece *piece = &field->pieces[i];
            fprintf(out, "\n        | ((uint32_t)insn->%s >> %d & 0x%xu) << %d", target_names[target], piece->lo,
                    (unsigned)piece_mask(piece), piece->pos);
        }
    }
    fputs(";\n}\n\n", out);
}

static void emit_layouts(FILE *out, struct table *table)
{
    for (int i = 0; i < table->count; i++) {
        struct row *row = &table->rows[i];
        int count_before = layout_count;
        row->layout = layout_of(row);
        if (layout_count > count_before)
            fprintf(out, "static void extract_%d(uint32_t bits, struct isa_insn *insn)\n{\n%s}\n\n", row->layout,
                    layouts[row->layout].at);
        bool inserted = row->bit_count == 16;
        for (int j = 0; j < i; j++)
            inserted |= table->rows[j].layout == row->layout;
        if (!inserted)
            emit_insert(out, row);
    }
}

static void emit_indent(FILE *out, int depth)
{
    fprintf(out, "%*s", depth * 4, "");
}

/* The condition that is left when the known bits match; nothing when there is none. */
static void row_condition(struct text *text, const struct row *row, uint32_t known)
{
    text->at[0] = '\0';
    text->length = 0;
    uint32_t mask = row->mask & ~known;
    if (mask)
        append(text, "(bits & 0x%xu) == 0x%xu", (unsigned)mask, (unsigned)(row->match & mask));
    for (int i = 0; i < row->condition_count; i++) {
        append(text, "%s(", text->length ? " && " : "");
        append_raw_value(text, row->conditions[i].field);
        append(text, ") != %d", row->conditions[i].forbidden);
    }
}

static void emit_return(FILE *out, int depth, const struct row *row, uint32_t known)
{
    struct text condition;
    row_condition(&condition, row, known);
    if (condition.length) {
        emit_indent(out, depth);
        fprintf(out, "if (%s)\n", condition.at);
        depth++;
    }
    emit_indent(out, depth);
    fprintf(out, "return ISA_%s_%s;\n", row->bit_count == 32 ? "OP" : "C", row->name);
}

static int more_specific_first(const void *a, const void *b)
{
    const struct row *left = *(const struct row *const *)a, *right = *(const struct row *const *)b;
    int difference = __builtin_popcount(right->mask) - __builtin_popcount(left->mask);
    return difference ? difference : (left < right ? -1 : left > right);
}

/* Of the runs of bits that all rows fix and nobody looked at yet, the one in which the rows differ most. Returns its width, 0 if
 * the rows differ in none. */
static int choose_bits(const struct node *node, int *ret_pos)
{
    uint32_t common = ~node->known;
    for (int i = 0; i < node->count; i++)
        common &= node->rows[i]->mask;
    int best_width = 0, best_values = 1;
    for (int pos = 0; pos < 32;) {
        int width = 0;
        while (pos + width < 32 && width < 7 && (common >> (pos + width) & 1))
            width++;
        uint32_t mask = (UINT32_C(1) << width) - 1;
        bool seen[128] = {false};
        int values = 0;
        for (int i = 0; i < node->count; i++) {
            uint32_t value = node->rows[i]->match >> pos & mask;
            values += !seen[value];
            seen[value] = true;
        }
        if (width && values > best_values) {
            best_values = values;
            best_width = width;
            *ret_pos = pos;
        }
        pos += width ? width : 1;
    }
    return best_width;
}

static void emit_node(FILE *out, struct node *node, int depth)
{
    int pos = 0;
    int width = choose_bits(node, &pos);
    if (width == 0) {
        qsort(node->rows, (size_t)node->count, sizeof node->rows[0], more_specific_first);
        for (int i = 0; i < node->count; i++)
            emit_return(out, depth, node->rows[i], node->known);
        emit_indent(out, depth);
        fputs("break;\n", out);
        return;
    }
    uint32_t mask = (UINT32_C(1) << width) - 1;
    emit_indent(out, depth);
    fprintf(out, "switch (bits >> %d & 0x%xu) {\n", pos, (unsigned)mask);
    for (uint32_t value = 0; value <= mask; value++) {
        struct node *child = calloc(1, sizeof *child);
        if (!child)
            fail("out of memory.");
        child->known = node->known | mask << pos;
        for (int i = 0; i < node->count; i++)
            if ((node->rows[i]->match >> pos & mask) == value)
                child->rows[child->count++] = node->rows[i];
        if (child->count) {
            emit_indent(out, depth);
            fprintf(out, "case 0x%x:\n", (unsigned)value);
            emit_node(out, child, depth + 1);
        }
        free(child);
    }
    emit_indent(out, depth);
    fputs("}\n", out);
    if (depth > 1) {
        emit_indent(out, depth);
        fputs("break;\n", out);
    }
}

static void emit_match(FILE *out, const struct table *table, int bytes)
{
    struct node root = {.count = 0};
    for (int i = 0; i < table->count; i++)
        if (!table->rows[i].alias_of[0])
            root.rows[root.count++] = &table->rows[i];
    fprintf(out, "unsigned isa_match_%d(uint32_t bits)\n{\n", bytes);
    emit_node(out, &root, 1);
    fputs("    return 0;\n}\n\n", out);
}

static void emit_operands(FILE *out, const struct row *row)
{
    fputs(".operands = {", out);
    for (const uint8_t *operand = row->operand_list; *operand; operand++)
        fprintf(out, "%d, ", *operand);
    fputs("0}", out);
}

static void emit_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void emit_base_tables(FILE *out, const struct table *base)
{
    fputs("const struct isa_row isa_rows[ISA_OP_COUNT] = {\n"
          "    [ISA_OP_illegal] = {.name = \"illegal\", .extension = \"\", .meaning = \"not an instruction\"},\n",
          out);
    for (int i = 0; i < base->count; i++) {
        const struct row *row = &base->rows[i];
        fprintf(out,
                "    [ISA_OP_%s] = {.name = \"%s\", .extension = \"%s\", .mask = 0x%xu, .match = 0x%xu, .kind = ISA_KIND_%s, "
                ".timing = ISA_TIMING_%s, .width = %d, .sets_rm = %s, .meaning = ",
                row->name, row->mnemonic, row->extension, (unsigned)row->mask, (unsigned)row->match, row->kind, row->timing,
                row->width, row_field(row, "rm") ? "true" : "false");
        emit_string(out, row->meaning);
        fputs("},\n", out);
    }
    fputs("};\n\nconst struct isa_form isa_forms[ISA_OP_COUNT] = {\n", out);
    for (int i = 0; i < base->count; i++) {
        const struct row *row = &base->rows[i];
        fprintf(out, "    [ISA_OP_%s] = {", row->name);
        emit_operands(out, row);
        fprintf(out, ", .extract = extract_%d, .insert = insert_%d, .has_aq_rl = %s},\n", row->layout, row->layout,
                row_field(row, "aqrl") ? "true" : "false");
    }
    fputs("};\n\n", out);
}

static void emit_compressed_table(FILE *out, const struct table *compressed)
{
    fputs("const struct isa_compressed isa_compressed_rows[ISA_C_COUNT] = {\n", out);
    for (int i = 0; i < compressed->count; i++) {
        const struct row *row = &compressed->rows[i];
        fprintf(out, "    [ISA_C_%s] = {.name = \"%s\", .op = ISA_OP_%s, ", row->name, row->mnemonic, row->base);
        emit_operands(out, row);
        fprintf(out, ", .extract = extract_%d},\n", row->layout);
    }
    fputs("};\n\n", out);
}

void emit_c(FILE *out, struct table *base, struct table *compressed)
{
    fputs("/* SPDX-License-Identifier: GPL-3.0-or-later\n"
          " *\n"
          " * Made by tablegen from isa/insn.def and isa/compressed.def. Change those.\n"
          " */\n"
          "#include \"table.h\"\n\n"
          "static inline int32_t sign_extend(uint32_t value, unsigned width)\n"
          "{\n"
          "    return (int32_t)(value << (32 - width)) >> (32 - width);\n"
          "}\n\n",
          out);
    emit_layouts(out, base);
    emit_layouts(out, compressed);
    emit_base_tables(out, base);
    emit_compressed_table(out, compressed);
    emit_match(out, base, 4);
    emit_match(out, compressed, 2);
}
