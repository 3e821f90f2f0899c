/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Error sentences.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/error.h>
#include <string.h>

Test(error, the_sentence_is_formatted_and_the_result_is_false)
{
    struct emu_error error;
    cr_expect(eq(int, emu_error_set(&error, "no %s at 0x%x", "RAM", 0x80), 0));
    cr_expect(eq(str, error.text, "no RAM at 0x80"));
}

Test(error, nobody_need_listen)
{
    cr_expect(eq(int, emu_error_set(NULL, "unheard"), 0));
}

Test(error, a_long_sentence_is_cut)
{
    struct emu_error error;
    emu_error_set(&error, "%1000d", 1);
    cr_expect(eq(sz, strlen(error.text), EMU_ERROR_MAX - 1));
}
