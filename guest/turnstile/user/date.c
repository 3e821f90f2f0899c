/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * date: the time of day, UTC.
 */
#include "clock.h"
#include "program.h"
#include "stdio.h"
#include "system.h"

int main(void)
{
    int64_t now = sys_clock(CLOCK_REALTIME);
    if (now < 0)
        die_error("the clock", now);
    struct date date = date_of(now);
    printf("%s %s %2u %02u:%02u:%02u UTC %ld\n", weekday_name(date.weekday), month_name(date.month), date.day, date.hour,
           date.minute, date.second, date.year);
    return 0;
}
