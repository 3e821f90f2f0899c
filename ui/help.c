/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --help and the generated pages of docs/reference, all from the rows of option.def, cpu.def, ending.def and
 * <emu/config.def>.
 */
#include "cli.h"
#include "config.h"
#include "ending.h"
#include "monitor.h"

#include <string.h>

#define MEANING_COLUMN 26
#define MEANING_WIDTH  100

static const char *dashes(const struct option_row *row)
{
    return row->owner == OPTION_OURS || row->owner == OPTION_HIDDEN ? "--" : "-";
}

/* The rest of a line that has reached MEANING_COLUMN, and more of them where it is long. */
static void meaning_print(FILE *to, const char *meaning)
{
    while (strlen(meaning) > MEANING_WIDTH) {
        int length = MEANING_WIDTH;
        while (length > 0 && meaning[length] != ' ')
            length--;
        fprintf(to, "%.*s\n%*s", length, meaning, MEANING_COLUMN, "");
        meaning += length + 1;
    }
    fprintf(to, "%s\n", meaning);
}

static void help_options(FILE *to, enum option_owner owner)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->owner != owner)
            continue;
        const char *argument = option_argument(row);
        char left[160];
        int width =
            snprintf(left, sizeof left, "  %s%s%s%s", dashes(row), row->name, argument ? " " : "", argument ? argument : "");
        if (width < MEANING_COLUMN)
            fprintf(to, "%-*s", MEANING_COLUMN, left);
        else
            fprintf(to, "%s\n%*s", left, MEANING_COLUMN, "");
        meaning_print(to, option_meaning(row));
    }
}

/* Their names, some lines of them. */
static void help_ignored(FILE *to)
{
    int column = 0;
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].owner != OPTION_IGNORED)
            continue;
        column += fprintf(to, "%s-%s", column ? " " : "  ", option_rows[i].name);
        if (column > MEANING_WIDTH) {
            fputc('\n', to);
            column = 0;
        }
    }
    if (column)
        fputc('\n', to);
}

void help_print(FILE *to)
{
    fputs("usage: lockscope [option]... [program.elf]\n"
          "\n"
          "A deterministic RISC-V multiprocessor with QEMU virt's memory map. Without -kernel, -bios and a program it\n"
          "boots the bundled guest on 4 harts. `lockscope program.elf` starts the program in M-mode, as with -bios none\n"
          "-kernel program.elf. Every option may be written with one or two dashes, and as -option VALUE or -option=VALUE.\n"
          "\n"
          "As in QEMU:\n",
          to);
    help_options(to, OPTION_QEMU);
    fputs("\nQEMU's, accepted without a meaning here:\n", to);
    help_ignored(to);
    fputs("\nQEMU's, refused:\n", to);
    help_options(to, OPTION_REFUSED);
    fputs("\nlockscope's own:\n", to);
    help_options(to, OPTION_OURS);
    fputs("\nExit codes:\n", to);
    for (size_t i = 0; i < ENDING_COUNT; i++)
        fprintf(to, "  %-10s%s\n", ending_rows[i].code_text, ending_rows[i].meaning);
}

/* A table's cell: | would end it. */
static void cell_print(FILE *to, const char *text)
{
    for (; *text; text++)
        fprintf(to, *text == '|' ? "\\|" : "%c", *text);
}

static void reference_options_of(FILE *to, enum option_owner owner)
{
    fputs("| option | meaning |\n|---|---|\n", to);
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->owner != owner)
            continue;
        const char *argument = option_argument(row);
        fprintf(to, "| `%s%s%s", dashes(row), row->name, argument ? " " : "");
        cell_print(to, argument ? argument : "");
        if (row->alias)
            fprintf(to, "`, `%s%s", dashes(row), row->alias);
        fputs("` | ", to);
        cell_print(to, option_meaning(row));
        if (row->key)
            fprintf(to, " (`%s.%s`)", row->section, row->key);
        fputs(" |\n", to);
    }
}

static void row_print(FILE *to, const struct emu_config_row *row)
{
    char values[64], initial[32];
    config_values_text(row, values);
    config_default_text(row, initial);
    cell_print(to, values);
    fprintf(to, " | %s | ", initial);
    cell_print(to, row->meaning);
    fputs(" |\n", to);
}

static void reference_properties(FILE *to)
{
    fputs("\n### Properties of `-cpu rv64`\n"
          "\n"
          "Each sets a row of [the configuration](config.md). A switch may also be yes or no, true or false. (What a trap and\n"
          "an own store do to a reservation is no property any more: `reservation.keep-on-trap` and\n"
          "`reservation.own-store-clears` are rows of their own.)\n"
          "\n"
          "| property | row | values | default | meaning |\n|---|---|---|---|---|\n",
          to);
    for (size_t i = 0; i < cpu_property_count; i++) {
        const struct cpu_property *property = &cpu_properties[i];
        if (!property->key)
            continue;
        fprintf(to, "| `%s` | `%s.%s` | ", property->name, property->section, property->key);
        row_print(to, emu_config_find(property->section, property->key));
    }
    for (int is_there = 1; is_there >= 0; is_there--) {
        fprintf(to, "\nWhat harts %s, which may be said and not changed:", is_there ? "always have" : "do not have");
        const char *between = "";
        for (size_t i = 0; i < cpu_property_count; i++) {
            if (cpu_properties[i].key || cpu_properties[i].is_there != is_there)
                continue;
            fprintf(to, "%s `%s` (%s)", between, cpu_properties[i].name, cpu_properties[i].section);
            between = ",";
        }
        fputs(".\n", to);
    }
}

static void reference_devices(FILE *to)
{
    fputs("\n### Devices of `-device`\n"
          "\n"
          "| device | meaning |\n|---|---|\n",
          to);
    for (size_t i = 0; i < device_row_count; i++) {
        const struct device_row *row = &device_rows[i];
        fprintf(to, "| `%s%s` | %s |\n", row->name, row->arguments, row->meaning);
    }
    fputs(
        "\n"
        "There are eight slots, `virtio-mmio-bus.0` at 0x10001000 to `virtio-mmio-bus.7` at 0x10008000. Without `bus=` a device\n"
        "takes the highest that is free, as in QEMU. What is in them is also said by the rows `virtio.slot0` to `virtio.slot7`\n"
        "of [the configuration](config.md); a disk's file, and what a console is connected to, only by options. `id=` is allowed\n"
        "everywhere, and `rng=` of virtio-rng-device, `bootindex=` and `scsi=` of virtio-blk-device and `name=` of virtconsole mean nothing.\n"
        "\n"
        "A virtconsole without a `stdio` chardev says nothing and hears nothing. With one it has the terminal or standard input\n"
        "and output, and the UART has not.\n"
        "\n"
        "### Properties of `-drive`\n"
        "\n"
        "| property | values | meaning |\n|---|---|---|\n",
        to);
    for (size_t i = 0; i < drive_key_row_count; i++) {
        const struct drive_key_row *row = &drive_key_rows[i];
        if (!row->values)
            continue;
        fprintf(to, "| `%s` | ", row->name);
        cell_print(to, row->values);
        fprintf(to, " | %s |\n", row->meaning);
    }
    fputs(
        "\n"
        "A disk has as many sectors of 512 bytes as its file, rounded up; what the file lacks of the last one reads as zeros. The\n"
        "file is locked while it is used (also against QEMU). It is written when the guest flushes, which is answered only when\n"
        "the file is safe from a power cut (but for `cache=unsafe`), and at the end of the run. A driver that has not agreed on\n"
        "flushes has every write in the file when it is answered. With `snapshot=on`, `-snapshot`, and in a replay, nothing is\n"
        "written to it. With `lose=SEED` the end of the run is a power cut for the disk: a part of the sectors that were\n"
        "written and not flushed is lost; all, most, half, few or none of them as SEED modulo 5 is 0 to 4. When the file cannot be\n"
        "read or written the run ends, with exit code 2. When and how the file is written makes no difference to the machine.\n",
        to);
}

static void reference_without_meaning(FILE *to)
{
    const char *between = "";
    fputs("\n### Options of QEMU's that mean nothing here\n"
          "\n"
          "They could not make a difference to the machine, and are accepted with a note:",
          to);
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].owner != OPTION_IGNORED)
            continue;
        fprintf(to, "%s `-%s`", between, option_rows[i].name);
        between = ",";
    }
    fputs(".\n"
          "\n"
          "### Options of QEMU's that are refused\n"
          "\n",
          to);
    reference_options_of(to, OPTION_REFUSED);
}

static void reference_config(FILE *to)
{
    const char *section = "";
    fputs("# Configuration\n"
          "\n"
          "Generated by `lockscope --reference config`; do not edit.\n"
          "\n"
          "What can be said about the machine: a row each, in sections. A row is set in a machine file (`--machine-file\n"
          "FILE`), with `--set SECTION.KEY=VALUE`, or by one of the [options](options.md) that name it. `--print-config`\n"
          "prints all of them, as they are in effect, as a machine file.\n"
          "\n"
          "A machine file is text:\n"
          "\n"
          "```\n"
          "; a comment, also with #, also behind a value and a blank\n"
          "[machine]\n"
          "harts = 4\n"
          "[bus]\n"
          "memory = 60\n"
          "```\n"
          "\n"
          "* Numbers are decimal or, with `0x`, hexadecimal; decimal numbers of bytes may have K, M or G behind them. A switch\n"
          "  is on or off; yes, no, true and false mean the same.\n"
          "* A row that a file leaves out stays as it is; a row that it sets twice is a mistake.\n"
          "* Of several files the later wins over the earlier. The other options on the command line win over all files,\n"
          "  wherever they stand; of these the last counts. With `--replay-input` the record comes first, below the files;\n"
          "  what would not be the recorded machine is refused.\n"
          "* The machine must be possible as a whole: granule, width, cache sizes and ways are powers of two, and a cache has\n"
          "  a line of 64 bytes for each way.\n"
          "* A file has at most 64 KiB, a line 160 characters without comment and the blanks around it.\n"
          "\n"
          "A quantum above the look-ahead, which is `bus.arbitration` + `bus.address` but at most 12 cycles, makes an\n"
          "approximation: the run says so on standard error, and in its [statistics](stats.md).\n",
          to);
    for (size_t i = 0; i < emu_config_row_count; i++) {
        const struct emu_config_row *row = &emu_config_rows[i];
        if (strcmp(section, row->section))
            fprintf(to, "\n## `[%s]`\n\n| key | values | default | meaning |\n|---|---|---|---|\n", section = row->section);
        fprintf(to, "| `%s` | ", row->key);
        row_print(to, row);
    }
}

static void reference_options(FILE *to)
{
    fputs("# Options\n"
          "\n"
          "Generated by `lockscope --reference options`; do not edit.\n"
          "\n"
          "`lockscope [option]... [program.elf]`\n"
          "\n"
          "Every option may be written with one or two dashes, and as `-option VALUE` or `-option=VALUE`. Given twice, the last\n"
          "one counts. `--` ends the options. Many options set a row of [the configuration](config.md), which can also be\n"
          "written to a file.\n"
          "\n"
          "What is run:\n"
          "\n"
          "* Without `-bios`, `-kernel` and a program: the bundled guest (OpenSBI and U-Boot) on 4 harts.\n"
          "* `-kernel FILE`: OpenSBI starts the kernel in S-mode. With `-bios none` the kernel itself starts in M-mode.\n"
          "* `lockscope program.elf`: the same as `-bios none -kernel program.elf`, unless `-bios` says otherwise.\n"
          "* `-bios FILE` alone: only the firmware.\n"
          "\n"
          "The firmware and the bundled guest are looked for where their packages put them, under the folder that the\n"
          "environment variable `LOCKSCOPE_ROOT` names (default: the root of the file system).\n"
          "\n"
          "## As in QEMU\n"
          "\n",
          to);
    reference_options_of(to, OPTION_QEMU);
    reference_properties(to);
    reference_devices(to);
    reference_without_meaning(to);
    fputs("\n## lockscope's own\n\n", to);
    reference_options_of(to, OPTION_OURS);
    fputs(
        "\n## Keys\n"
        "\n"
        "On a terminal, all keys are the guest's but those that follow the escape key (`--escape`, default Ctrl-A):\n"
        "\n"
        "| keys | meaning |\n"
        "|---|---|\n"
        "| Ctrl-A x | quit |\n"
        "| Ctrl-A h | help |\n"
        "| Ctrl-A c | stop: the [monitor](monitor.md) |\n"
        "| Ctrl-A Ctrl-A | send Ctrl-A to the guest |\n"
        "\n"
        "## Input that is not a terminal\n"
        "\n"
        "Standard input is fed to the console as fast as the guest takes it: at every multiple of 10,000 machine cycles the\n"
        "receive FIFO is filled up, from the first moment on at which the guest has written nothing for 10 million cycles (0.1\n"
        "seconds of machine time) and looks for input: it has its receive interrupt enabled or polls the receiver (while a guest\n"
        "starts, it throws away what it receives). This depends on the machine and the bytes only, so the same script gives the\n"
        "same run. (A pipe that stays open without bringing a byte for a second is\n"
        "taken to be live from then on: its bytes are applied when they come. The record of such a run still repeats it.)\n"
        "\n"
        "After the end of the input the run goes on until the\n"
        "guest ends it, every hart waits for good, or a limit is reached; a guest that polls its console for ever, as U-Boot's\n"
        "prompt does, needs `--max-cycles` or `--timeout`.\n"
        "\n"
        "## Progress of a headless run\n"
        "\n"
        "With `--headless`, and if standard error is a terminal, one line there is rewritten twice a second and erased at the "
        "end:\n"
        "\n"
        "```\n"
        "[timed 2.47 s, 246,656,753 cycles, 99.1 MIPS, 4/4 harts] Hit any key to stop autoboot:  2\n"
        "```\n"
        "\n"
        "That is: the fidelity, the machine's time and its cycles, millions of instructions per second of the host's time since "
        "the\n"
        "line before, how many harts run (the others wait in wfi), and the last line of the guest's console, of which only\n"
        "printable characters are shown (others than ASCII's if the locale is UTF-8). It is cut to the terminal's width.\n"
        "\n"
        "Where the console goes to a terminal, too, or to a pipe, whose reader may write to one, the line is there only while the\n"
        "guest has been silent for half a second at the beginning of a line. It is not drawn in the background, nor where `TERM`\n"
        "is `dumb` or not set. With `--progress on` such a terminal, or a pipe or a file, has a whole line every 10 seconds\n"
        "instead, which begins with `lockscope:` (if the console goes to the same place, as soon as the guest's line ends).\n"
        "None of it makes a difference to the machine.\n",
        to);
}

static void reference_exit_codes(FILE *to)
{
    fputs("# Exit codes\n"
          "\n"
          "Generated by `lockscope --reference exit-codes`; do not edit.\n"
          "\n"
          "| code | stop | meaning |\n"
          "|---|---|---|\n",
          to);
    for (size_t i = 0; i < ENDING_COUNT; i++)
        fprintf(to, "| %s | `%s` | %s |\n", ending_rows[i].code_text, ending_rows[i].name, ending_rows[i].meaning);
    fputs("\n"
          "A guest may end with any code, also one of lockscope's own. Whenever lockscope itself ends the run with a code other\n"
          "than 0, it says so in one sentence on standard error that begins with `lockscope:`; the field `stop` of `--stats`\n"
          "(the second column above) is never ambiguous.\n",
          to);
}

bool reference_print(FILE *to, const char *page)
{
    if (!strcmp(page, "options"))
        reference_options(to);
    else if (!strcmp(page, "exit-codes"))
        reference_exit_codes(to);
    else if (!strcmp(page, "config"))
        reference_config(to);
    else if (!strcmp(page, "monitor"))
        monitor_reference(to);
    else
        return false;
    return true;
}
