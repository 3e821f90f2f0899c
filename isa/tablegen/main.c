/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tablegen TABLES.c PAGE.md: makes libisa's tables and the instruction reference from insn.def and compressed.def. Runs during the
 * build; a mistake in a row stops the build with a sentence.
 */
#include "tablegen.h"

static struct table base, compressed;

static FILE *open_output(const char *path)
{
    FILE *out = fopen(path, "w");
    if (!out)
        fail("cannot write %s.", path);
    return out;
}

static void close_output(FILE *out, const char *path)
{
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed)
        fail("could not write all of %s.", path);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        fail("usage: tablegen TABLES.c PAGE.md");
    rows_read(&base, &compressed);
    check_table(&base);
    check_table(&compressed);
    FILE *out = open_output(argv[1]);
    emit_c(out, &base, &compressed);
    close_output(out, argv[1]);
    out = open_output(argv[2]);
    emit_page(out, &base, &compressed);
    close_output(out, argv[2]);
    return 0;
}
