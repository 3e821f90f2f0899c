/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When to look, and what the line says. The guest's last line is the only part that others have written: of it, only printable
 * characters reach the terminal.
 */
#define _GNU_SOURCE
#include "progress.h"
#include "config.h"
#include "host.h"
#include "terminal.h"

#include <emu/platform.h>
#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#define IN_PLACE_SECONDS 0.5
#define LINES_SECONDS    10.0
#define LINES_COLUMNS    200
#define TEXT_BYTES       1024 /* of the whole line; columns are cut so that it suffices */

/* Not a file or a device that shows nothing: a pipe's reader may write to the terminal, as tee does. */
static bool may_reach_terminal(int fd)
{
    struct stat file;
    return fd >= 0 && !fstat(fd, &file) && !S_ISREG(file.st_mode) && (!S_ISCHR(file.st_mode) || isatty(fd));
}

static bool is_same_file(int a, int b)
{
    struct stat one, other;
    return a >= 0 && !fstat(a, &one) && !fstat(b, &other) && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

void progress_start(struct progress *progress, const struct options *options, int console_fd)
{
    bool in_place = terminal_has_line();
    *progress = (struct progress){.is_fresh = true, .is_approximate = config_is_approximate(&options->machine)};
    if (!options->headless || options->progress == SAID_OFF || (options->progress == SAID_AUTO && !in_place))
        return;
    progress->form = in_place ? PROGRESS_IN_PLACE : PROGRESS_LINES;
    progress->is_shared = in_place ? may_reach_terminal(console_fd) : is_same_file(console_fd, STDERR_FILENO);
    progress->locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (progress->locale && strcmp(nl_langinfo_l(CODESET, progress->locale), "UTF-8")) {
        freelocale(progress->locale);
        progress->locale = (locale_t)0;
    }
    progress->sampled = host_seconds();
    progress->due = progress->sampled + (in_place ? IN_PLACE_SECONDS : LINES_SECONDS);
}

void progress_finish(struct progress *progress)
{
    terminal_line_erase();
    if (progress->locale)
        freelocale(progress->locale);
    progress->form = PROGRESS_NONE;
    progress->locale = (locale_t)0;
}

/* ---- what the guest says ---- */

static bool is_control(char byte)
{
    return (unsigned char)byte < ' ' || byte == '\x7f';
}

static bool is_blank(const struct heard_line *line)
{
    for (size_t i = 0; i < line->count; i++)
        if (line->bytes[i] != ' ' && !is_control(line->bytes[i]))
            return false;
    return true;
}

/* Whether the byte belongs to an escape sequence (ECMA-48, 5.3 and 5.4), which says nothing here. A control character ends one. */
static bool hear_escape(struct progress *progress, char byte)
{
    bool was_escape = progress->heard == HEARD_ESCAPE;
    if (byte == '\x1b') {
        progress->heard = HEARD_ESCAPE;
        return true;
    }
    if (progress->heard == HEARD_TEXT || is_control(byte)) {
        progress->heard = HEARD_TEXT;
        return false;
    }
    if (was_escape && byte == '[')
        progress->heard = HEARD_SEQUENCE;
    else if (was_escape ? byte >= '0' || byte < 0 : byte >= '@' || byte < 0)
        progress->heard = HEARD_TEXT;
    return true;
}

/* In UTF-8, the last character. */
static void back_space(struct heard_line *line)
{
    bool is_rest = line->count > 0;
    while (is_rest) {
        line->count--;
        is_rest = line->count > 0 && (line->bytes[line->count] & 0xc0) == 0x80;
    }
}

static void end_line(struct progress *progress)
{
    if (!is_blank(&progress->line))
        progress->last = progress->line;
    progress->line.count = 0;
}

void progress_hear(struct progress *progress, char byte)
{
    struct heard_line *line = &progress->line;
    if (progress->form == PROGRESS_NONE)
        return;
    progress->has_spoken = true;
    progress->is_fresh = byte == '\n' || (byte == '\r' && progress->is_fresh);
    if (hear_escape(progress, byte))
        return;
    if (byte == '\n')
        end_line(progress);
    else if (progress->is_returned && byte != '\r')
        line->count = 0;
    progress->is_returned = byte == '\r';
    if (byte == '\b')
        back_space(line);
    else if (byte != '\n' && byte != '\r' && line->count < sizeof line->bytes)
        line->bytes[line->count++] = byte;
}

/* ---- what we say ---- */

struct text {
    char bytes[TEXT_BYTES];
    size_t count;
    unsigned columns; /* that are left */
};

static void put(struct text *text, const char *bytes, size_t count, unsigned columns)
{
    if (columns > text->columns || count > sizeof text->bytes - text->count) {
        text->columns = 0; /* nothing comes behind what is left out */
        return;
    }
    memcpy(text->bytes + text->count, bytes, count);
    text->count += count;
    text->columns -= columns;
}

static void put_ascii(struct text *text, const char *string)
{
    for (; *string && text->columns > 0; string++)
        put(text, string, 1, 1);
}

/* The character at `from` if it can be shown, else a full stop: for controls, what is no UTF-8, and what takes no column of its own
 * (marks of writing direction among them). Returns how many bytes it has. Others than ASCII's are taken to be two columns wide:
 * terminals do not agree, and a line that is too long would wrap. */
static size_t put_character(struct text *text, const char *from, size_t most, bool utf8)
{
    wchar_t character;
    mbstate_t state = {0};
    bool is_ascii = (unsigned char)*from < 0x80;
    size_t count = utf8 && !is_ascii ? mbrtowc(&character, from, most, &state) : 1;
    if (count == 0 || count > most) {
        put(text, ".", 1, 1);
        return 1;
    }
    if (is_ascii)
        put(text, *from == '\t' ? " " : is_control(*from) ? "." : from, 1, 1);
    else if (utf8 && wcwidth(character) > 0)
        put(text, from, count, 2);
    else
        put(text, ".", 1, 1);
    return count;
}

static void put_heard(struct text *text, const struct progress *progress)
{
    const struct heard_line *line = is_blank(&progress->line) ? &progress->last : &progress->line;
    locale_t before = progress->locale ? uselocale(progress->locale) : (locale_t)0;
    for (size_t at = 0; at < line->count && text->columns > 0;)
        at += put_character(text, line->bytes + at, line->count - at, progress->locale);
    if (progress->locale)
        uselocale(before);
}

/* 1,234,567 */
static const char *number_text(char to[static 32], uint64_t number)
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%" PRIu64, number), at = 0;
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            to[at++] = ',';
        to[at++] = digits[i];
    }
    to[at] = '\0';
    return to;
}

/* Of the instructions since the last look. */
struct sample {
    unsigned moving; /* harts that run, or wait for a device only */
    double mips;
};

static struct sample sample(struct progress *progress, const struct emu_machine *machine, double now)
{
    uint64_t instructions = 0;
    struct sample taken = {.moving = 0};
    for (unsigned hart = 0; hart < emu_harts(machine); hart++) {
        struct emu_hart_view view;
        emu_hart_view(machine, hart, &view);
        taken.moving += view.state == EMU_HART_RUNNING || view.state == EMU_HART_ACCESSING;
        instructions += view.instructions;
    }
    double seconds = now - progress->sampled;
    taken.mips = seconds > 0 ? (double)(instructions - progress->instructions) / seconds * 1e-6 : 0;
    progress->sampled = now;
    progress->instructions = instructions;
    return taken;
}

static void compose(struct text *text, const struct progress *progress, const struct emu_machine *machine, struct sample sample)
{
    char cycles[32], head[160];
    emu_cycle now = emu_now(machine);
    snprintf(head, sizeof head, "[%s%s %.2f s, %s cycles, %.1f MIPS, %u/%u harts] ",
             emu_fidelity_now(machine) == EMU_FAST ? "fast" : "timed", progress->is_approximate ? ", approximate," : "",
             (double)now / PLATFORM_BUS_HZ, number_text(cycles, now), sample.mips, sample.moving, emu_harts(machine));
    put_ascii(text, head);
    put_heard(text, progress);
}

static void say_line(const struct progress *progress, const struct emu_machine *machine, struct sample sample)
{
    struct text text = {.columns = LINES_COLUMNS};
    struct pollfd fd = {STDERR_FILENO, POLLOUT, 0};
    put_ascii(&text, "lockscope: ");
    compose(&text, progress, machine, sample);
    while (text.bytes[text.count - 1] == ' ')
        text.count--;
    text.bytes[text.count++] = '\n';
    if (poll(&fd, 1, 0) == 1 && fd.revents == POLLOUT)
        (void)!write(STDERR_FILENO, text.bytes, text.count);
}

static void draw_line(const struct progress *progress, const struct emu_machine *machine, struct sample sample)
{
    struct text text = {.columns = terminal_line_columns()};
    unsigned columns = text.columns;
    compose(&text, progress, machine, sample);
    terminal_line_draw(text.bytes, text.count, columns - text.columns);
}

void progress_look(struct progress *progress, const struct emu_machine *machine)
{
    double now = progress->form == PROGRESS_NONE ? 0 : host_seconds();
    if (progress->form == PROGRESS_NONE || now < progress->due)
        return;
    if (progress->form == PROGRESS_LINES && progress->is_shared && !progress->is_fresh)
        return; /* as soon as the guest's line is at its end */
    double interval = progress->form == PROGRESS_LINES ? LINES_SECONDS : IN_PLACE_SECONDS;
    bool was_held_up = now > progress->due + interval; /* a suspension: what has been done per second means nothing */
    struct sample taken = sample(progress, machine, now);
    if (progress->form == PROGRESS_LINES)
        say_line(progress, machine, taken);
    else if (!was_held_up && (!progress->is_shared || (progress->is_fresh && !progress->has_spoken)))
        draw_line(progress, machine, taken);
    progress->has_spoken = false;
    progress->due = now + interval;
}
