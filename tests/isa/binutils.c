/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs riscv64-unknown-elf-as, objdump and objcopy (paths from Meson). Words go through .insn directives in an ELF file, because
 * objdump knows the extensions from the file's attributes; for raw binary files it leaves out Zba, Zbb and Zbs.
 */
#define _GNU_SOURCE
#include "binutils.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARCH "rv64imafdc_zicsr_zifencei_zba_zbb_zbs_zihintpause"

static void *checked(void *pointer, const char *what)
{
    if (!pointer) {
        perror(what);
        abort();
    }
    return pointer;
}

static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int run(const char *format, ...)
{
    char *command;
    va_list args;
    va_start(args, format);
    if (vasprintf(&command, format, args) < 0)
        abort();
    va_end(args);
    int status = system(command);
    free(command);
    return status;
}

static void enter_folder(char *folder)
{
    strcpy(folder, "/tmp/lockscope-isa-XXXXXX");
    checked(mkdtemp(folder), "mkdtemp");
}

static void leave_folder(const char *folder)
{
    run("rm -r %s", folder);
}

static FILE *open_in(const char *folder, const char *name, const char *mode)
{
    char path[80];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return checked(fopen(path, mode), path);
}

/* "  1c:\t1eb6352f          \tsc.d.aqrl\ta0,a1,(a2) # comment" -> "sc.d.aqrl\ta0,a1,(a2)"; "jal\tra,58 <.text+0x58>" ->
 * "jal\tra,0x58" */
static char *text_of_line(char *line)
{
    char *text = strchr(line, ':');
    text = text ? strchr(text + 1, '\t') : NULL;
    text = text ? strchr(text + 1, '\t') : NULL;
    if (!text)
        return NULL;
    text++;
    text[strcspn(text, "\n")] = '\0';
    char *comment = strstr(text, " # ");
    if (comment)
        *comment = '\0';
    char *symbol = strstr(text, " <");
    if (!symbol)
        return checked(strdup(text), "strdup");
    *symbol = '\0';
    char *address = symbol;
    while (address > text && strchr("0123456789abcdef", address[-1]))
        address--;
    char *result;
    if (asprintf(&result, "%.*s0x%s", (int)(address - text), text, address) < 0)
        abort();
    return result;
}

char **binutils_disassemble(const uint32_t *words, size_t count, unsigned bytes)
{
    char folder[40];
    enter_folder(folder);
    FILE *file = open_in(folder, "words.s", "w");
    for (size_t i = 0; i < count; i++)
        fprintf(file, ".insn %u,0x%x\n", bytes, words[i]);
    fclose(file);
    if (run("%s -march=" MARCH " -o %s/words.o %s/words.s && %s -d -z -M no-aliases %s/words.o > %s/words.txt", TEST_AS, folder,
            folder, TEST_OBJDUMP, folder, folder))
        abort();
    file = open_in(folder, "words.txt", "r");
    char **lines = checked(calloc(count, sizeof *lines), "calloc");
    char line[400];
    size_t found = 0;
    while (fgets(line, sizeof line, file)) {
        char *text = line[0] == ' ' ? text_of_line(line) : NULL;
        if (!text)
            continue;
        if (found == count)
            abort();
        lines[found++] = text;
    }
    fclose(file);
    leave_folder(folder);
    if (found != count) {
        fprintf(stderr, "objdump printed %zu instructions for %zu words\n", found, count);
        abort();
    }
    return lines;
}

/* as names the line of each error as FILE:LINE: */
static size_t mark_errors(FILE *messages, char *bad, size_t count)
{
    char line[400];
    size_t errors = 0;
    while (fgets(line, sizeof line, messages)) {
        const char *error = strstr(line, ": Error:");
        const char *number = error;
        while (number && number > line && number[-1] != ':')
            number--;
        size_t index = number ? (size_t)atol(number) : 0;
        if (index == 0 || index > count)
            continue;
        fputs(line, stderr);
        bad[index - 1] = 1;
        errors++;
    }
    return errors;
}

static void write_lines(const char *folder, char *const *lines, const char *bad, size_t count, unsigned bytes)
{
    FILE *file = open_in(folder, "lines.s", "w");
    for (size_t i = 0; i < count; i++)
        fprintf(file, "%s\n", bad[i] ? (bytes == 2 ? ".2byte 0xffff" : ".4byte 0xffffffff") : lines[i]);
    fclose(file);
}

uint32_t *binutils_assemble(char *const *lines, size_t count, unsigned bytes)
{
    char folder[40];
    enter_folder(folder);
    char *bad = checked(calloc(count, 1), "calloc");
    for (int pass = 0; pass < 2; pass++) {
        write_lines(folder, lines, bad, count, bytes);
        const char *march = bytes == 2 ? MARCH : "rv64imafd_zicsr_zifencei_zba_zbb_zbs_zihintpause";
        if (run("%s -march=%s -mno-relax -o %s/lines.o %s/lines.s 2> %s/errors", TEST_AS, march, folder, folder, folder) == 0)
            break;
        FILE *messages = open_in(folder, "errors", "r");
        if (mark_errors(messages, bad, count) == 0 || pass == 1)
            abort();
        fclose(messages);
    }
    if (run("%s -O binary -j .text %s/lines.o %s/lines.bin", TEST_OBJCOPY, folder, folder))
        abort();
    FILE *file = open_in(folder, "lines.bin", "r");
    uint32_t *words = checked(malloc(count * sizeof *words), "malloc");
    for (size_t i = 0; i < count; i++) {
        words[i] = 0;
        if (fread(&words[i], bytes, 1, file) != 1) {
            fprintf(stderr, "as made fewer than %zu instructions of %u bytes\n", count, bytes);
            abort();
        }
        if (bad[i])
            words[i] = UINT32_MAX;
    }
    if (fgetc(file) != EOF) {
        fprintf(stderr, "as made more than %zu instructions of %u bytes\n", count, bytes);
        abort();
    }
    fclose(file);
    free(bad);
    leave_folder(folder);
    return words;
}

void binutils_free_lines(char **lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(lines[i]);
    free(lines);
}
