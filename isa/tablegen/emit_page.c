/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes docs/reference/instructions.md: the rows as tables, one an extension, in the order of the .def files. The committed page
 * is compared with this output by a test.
 */
#include "tablegen.h"

#include <string.h>

/* Bars would end a table's cell. */
static void emit_cell(FILE *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '|')
            fputc('\\', out);
        fputc(text[i], out);
    }
}

static void emit_code_cell(FILE *out, const char *text, size_t length)
{
    fputs(" | ", out);
    if (length) {
        fputc('`', out);
        emit_cell(out, text, length);
        fputc('`', out);
    }
}

static void emit_meaning(FILE *out, const struct row *row)
{
    const char *tail = strchr(row->pattern, ';');
    fputs(" | ", out);
    emit_cell(out, row->meaning, strlen(row->meaning));
    if (tail) {
        fputs(" (", out);
        emit_cell(out, tail + 2, strlen(tail + 2));
        fputc(')', out);
    }
    fputs(" |\n", out);
}

static size_t bits_length(const struct row *row)
{
    return strcspn(row->pattern, ";");
}

static void emit_extension(FILE *out, const struct table *base, const char *extension)
{
    fprintf(out, "\n## %s\n\n| instruction | operands | bits 31 to 0 | kind | timing | meaning |\n|---|---|---|---|---|---|\n",
            extension);
    for (int i = 0; i < base->count; i++) {
        const struct row *row = &base->rows[i];
        if (strcmp(row->extension, extension) != 0)
            continue;
        fprintf(out, "| `%s`", row->mnemonic);
        emit_code_cell(out, row->operands, strlen(row->operands));
        emit_code_cell(out, row->pattern, bits_length(row));
        fprintf(out, " | %s | %s", row->kind, row->timing);
        emit_meaning(out, row);
    }
}

void emit_page(FILE *out, const struct table *base, const struct table *compressed)
{
    fprintf(out,
            "<!-- Made by isa/tablegen from isa/include/isa/insn.def and compressed.def. Change those, build, and copy the page "
            "from the\n"
            "build folder (isa/instructions.md). -->\n"
            "# Instructions\n\n"
            "%d instructions of 4 bytes and %d of 2 bytes. The operands are in the order of the assembler and of\n"
            "`objdump -M no-aliases`; the kind says how the instruction is executed (`enum isa_kind`), the timing what it costs\n"
            "(`enum isa_timing`).\n",
            base->count, compressed->count);
    for (int i = 0; i < base->count; i++) {
        bool seen = false;
        for (int j = 0; j < i; j++)
            seen |= strcmp(base->rows[j].extension, base->rows[i].extension) == 0;
        if (!seen)
            emit_extension(out, base, base->rows[i].extension);
    }
    fputs("\n## C\n\nEach expands to a 4-byte instruction and is executed as that. Encodings that a condition excludes are "
          "reserved.\n\n"
          "| instruction | operands | bits 15 to 0 | expands to | meaning |\n|---|---|---|---|---|\n",
          out);
    for (int i = 0; i < compressed->count; i++) {
        const struct row *row = &compressed->rows[i];
        const struct row *expanded = rows_find(base, row->base);
        fprintf(out, "| `%s`", row->mnemonic);
        emit_code_cell(out, row->operands, strlen(row->operands));
        emit_code_cell(out, row->pattern, bits_length(row));
        fprintf(out, " | `%s%s%s`", expanded ? expanded->mnemonic : row->base, row->expansion[0] ? " " : "", row->expansion);
        emit_meaning(out, row);
    }
}
