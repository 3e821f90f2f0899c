/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * harts [-1]: what each hart has done since the last look: shares of user, kernel and idle time, and events a second. Refreshed
 * each second until a key is pressed; -1, or no terminal: once, over a quarter of a second.
 */
#include "clock.h"
#include "errno.h"
#include "program.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

enum { HARTS_MAX = 64, BAR = 20 };
enum column { USER, KERNEL, SWITCHES, CALLS, FAULTS, STEALS, COLUMNS };
static const char *const names[COLUMNS] = {"user_ms", "kernel_ms", "switches", "calls", "faults", "steals"};

struct look {
    int64_t ns;
    unsigned harts;
    uint64_t values[HARTS_MAX][COLUMNS];
};

static void look(struct look *ret_look)
{
    int columns[COLUMNS];
    char *text = file_read_or_die("/proc/harts");
    ret_look->ns = sys_clock(CLOCK_MONOTONIC);
    ret_look->harts = 0;
    for (int i = 0; i < COLUMNS; i++)
        columns[i] = table_column(text, names[i]);
    for (const char *line = next_line(text); line && ret_look->harts < HARTS_MAX; line = next_line(line)) {
        for (int i = 0; i < COLUMNS; i++)
            ret_look->values[ret_look->harts][i] = table_number(line, columns[i]);
        ret_look->harts++;
    }
    free(text);
}

static void put_bar(unsigned user, unsigned kernel)
{
    unsigned first = (user * BAR + 50) / 100, second = (kernel * BAR + 50) / 100;
    for (unsigned i = 0; i < BAR; i++)
        putchar(i < first ? '#' : i < first + second ? '+' : '.');
}

static void show(const struct look *before, const struct look *after, bool is_live)
{
    const char *line_end = is_live ? "\033[K\n" : "\n";
    uint64_t ms = (uint64_t)(after->ns - before->ns) / 1000000;
    ms = ms ? ms : 1;
    if (is_live)
        printf("\033[H");
    printf("hart  user kernel   idle  %-*s %10s %10s %10s %10s%s", BAR, "# user + kernel", "switches/s", "calls/s", "faults/s",
           "steals/s", line_end);
    for (unsigned hart = 0; hart < after->harts; hart++) {
        uint64_t now[COLUMNS];
        for (int i = 0; i < COLUMNS; i++)
            now[i] = after->values[hart][i] - before->values[hart][i];
        /* The kernel adds idle time up when it ends, so it is what the others leave. */
        unsigned user = (unsigned)(now[USER] * 100 / ms), kernel = (unsigned)(now[KERNEL] * 100 / ms);
        unsigned idle = user + kernel < 100 ? 100 - user - kernel : 0;
        printf("%4u %4u %% %4u %% %4u %%  ", hart, user, kernel, idle);
        put_bar(user, kernel);
        for (int i = SWITCHES; i < COLUMNS; i++)
            printf(" %10lu", now[i] * 1000 / ms);
        printf("%s", line_end);
    }
    if (is_live)
        printf("any key ends this\033[J");
    fflush(stdout);
}

static bool is_key_pressed(void)
{
    return sys_tty_control(0, TTY_INPUT_PENDING, 0) > 0;
}

static void run_live(void)
{
    static struct look looks[2];
    unsigned at = 0;
    printf("\033[H\033[2J");
    sys_tty_control(0, TTY_MODE_SET, TTY_RAW | TTY_NO_ECHO);
    look(&looks[0]);
    while (!is_key_pressed()) {
        for (int i = 0; i < 10 && !is_key_pressed(); i++)
            if (sleep_ms(100))
                break;
        look(&looks[at ^ 1]);
        show(&looks[at], &looks[at ^ 1], true);
        at ^= 1;
    }
    char key; /* what was typed behind it is for the shell */
    sys_read(0, &key, 1);
    sys_tty_control(0, TTY_MODE_SET, 0);
    putchar('\n');
}

int main(int argc, char **argv)
{
    static struct look before, after;
    struct options options = {.letters = "1", .usage = "[-1]"};
    bool is_once = sys_tty_control(0, TTY_MODE_GET, 0) < 0 || sys_tty_control(1, TTY_MODE_GET, 0) < 0;
    while (option_next(&options, argv))
        is_once = true;
    if (options.next < argc)
        die_usage(options.usage);
    if (!is_once) {
        run_live();
        return 0;
    }
    look(&before);
    sleep_ms(250);
    look(&after);
    show(&before, &after, false);
    return 0;
}
