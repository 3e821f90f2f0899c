/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the reader of machine files: no input may crash it or fail without a sentence of one line, and what it accepts comes back
 * from the machine file that is printed of it.
 */
#include "fuzz.h"

#include <config.h>
#include <machine_file.h>
#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool is_sentence(const struct emu_error *error)
{
    return error->text[0] && !strpbrk(error->text, "\n\r\x1b");
}

static void try_again(const struct options *options)
{
    struct options again = {0};
    struct emu_error error = {""};
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    require(file);
    config_print(file, &options->machine);
    fclose(file);
    emu_config_init(&again.machine);
    require(machine_file_parse(&again, "printed", text, bytes, &error));
    for (size_t i = 0; i < emu_config_row_count; i++)
        require(emu_config_value(&again.machine, &emu_config_rows[i]) == emu_config_value(&options->machine, &emu_config_rows[i]));
    require(config_finish(&again, NULL) == config_finish(options, NULL));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct options options = {0};
    struct emu_error error = {""};
    emu_config_init(&options.machine);
    if (!machine_file_parse(&options, "input", (const char *)data, size, &error)) {
        require(is_sentence(&error));
        return 0;
    }
    require(config_finish(&options, &error) || (is_sentence(&error) && options.blame[0]));
    try_again(&options);
    return 0;
}
