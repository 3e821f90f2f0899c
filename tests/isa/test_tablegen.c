/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The generator must stop the build at mistakes in the rows, with a sentence that names them. Each generator here was built with
 * the rows of a folder of bad_rows/.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <string.h>

Test(tablegen, stops_at_a_mistake_and_names_the_rows)
{
    static const struct {
        const char *program, *sentence;
    } rows[] = {
        {TEST_TABLEGEN_OVERLAP, "tablegen: rows first and second share the encoding 0x0100000f; correct a pattern, or write \"; "
                                "case of ...\" in the special "
                                "one.\n"},
        {TEST_TABLEGEN_FALSE_CASE, "tablegen: row second says that it is part of first, but some of its encodings are not.\n"},
        {TEST_TABLEGEN_WRONG_LENGTH,
         "tablegen: row short_one: the pattern \"imm[10:0] rs1 000 rd 0001111\" has 31 bits, not 32.\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char command[600], got[400] = "";
        snprintf(command, sizeof command, "%s /dev/null /dev/null 2>&1", rows[i].program);
        FILE *output = popen(command, "r");
        cr_assert(output != NULL);
        size_t length = fread(got, 1, sizeof got - 1, output);
        got[length] = '\0';
        int status = pclose(output);
        cr_expect(ne(int, status, 0), "%s accepted its rows", rows[i].program);
        cr_expect(eq(str, got, (char *)rows[i].sentence));
    }
}
