/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sleep SECONDS: waits; also parts of a second, as 0.25.
 */
#include "ctype.h"
#include "program.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

int main(int argc, char **argv)
{
    if (argc != 2)
        die_usage("SECONDS");
    char *point = strchr(argv[1], '.');
    uint64_t nanoseconds = 0;
    if (point) {
        *point = 0;
        uint64_t unit = 100000000;
        for (const char *digit = point + 1; *digit; digit++, unit /= 10) {
            if (!isdigit(*digit))
                die("SECONDS: %s.%s is no number", argv[1], point + 1);
            nanoseconds += unit * (unsigned)(*digit - '0');
        }
    }
    nanoseconds += (point == argv[1] ? 0 : number_argument("SECONDS", argv[1], 1000000000)) * 1000000000;
    int64_t error = sys_sleep(nanoseconds);
    if (error < 0)
        die_error("sleep", error);
    return 0;
}
