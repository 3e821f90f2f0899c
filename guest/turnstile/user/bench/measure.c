/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the benchmarks share (measure.h).
 */
#include "measure.h"

#include "clock.h"
#include "program.h"
#include "stdio.h"
#include "stdlib.h"
#include "system.h"

struct measure measure;

void measure_options(int argc, char **argv, unsigned times, unsigned parties, unsigned parties_max)
{
    struct options options = {.letters = "n:p:", .usage = "[-n TIMES] [-p PARTIES]"};
    measure = (struct measure){times, parties};
    for (int letter; (letter = option_next(&options, argv));)
        if (letter == 'n')
            measure.times = (unsigned)number_argument("TIMES", options.value, 10000000);
        else
            measure.parties = (unsigned)number_argument("PARTIES", options.value, parties_max);
    if (options.next < argc)
        die_usage(options.usage);
    if (measure.times == 0 || measure.parties == 0)
        die("nothing is to be measured");
    printf("%s harts=%u n=%u", program_name, measure_harts(), measure.times);
}

unsigned measure_harts(void)
{
    static unsigned harts;
    char *text = harts ? NULL : file_read_or_die("/proc/harts");
    for (const char *line = text ? next_line(text) : NULL; line; line = next_line(line))
        harts++;
    free(text);
    return harts;
}

void measure_on_hart(unsigned hart)
{
    measure_good("affinity", sys_affinity_set(0, 1ull << hart % measure_harts()));
}

void measure_put(const char *key, uint64_t value)
{
    printf(" %s=%lu", key, value);
}

uint64_t measure_mean(void (*run)(void), unsigned times)
{
    for (int i = 0; i < 3; i++)
        run();
    uint64_t begin = cycles_now();
    for (unsigned i = 0; i < times; i++)
        run();
    return (cycles_now() - begin) / times;
}

int64_t measure_good(const char *what, int64_t result)
{
    if (result < 0)
        die_error(what, result);
    return result;
}
