/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Dates and waiting.
 */
#include "clock.h"

#include "system.h"

enum { DAYS_400 = 146097, DAYS_100 = 36524, DAYS_4 = 1461, DAYS_1 = 365 };

/* Days are counted from 1 March, so that the leap day is the last of its year: then each month but the last is regular. */
static void date_of_days(struct date *date, int64_t since_1970)
{
    int64_t days = since_1970 + 719468; /* since 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - (DAYS_400 - 1)) / DAYS_400;
    unsigned rest = (unsigned)(days - era * DAYS_400);
    unsigned centuries = rest / DAYS_100 < 4 ? rest / DAYS_100 : 3;
    rest -= centuries * DAYS_100;
    unsigned fours = rest / DAYS_4;
    rest -= fours * DAYS_4;
    unsigned years = rest / DAYS_1 < 4 ? rest / DAYS_1 : 3;
    rest -= years * DAYS_1;
    static const uint8_t lengths[12] = {31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29}; /* from March */
    unsigned month = 0;
    while (rest >= lengths[month])
        rest -= lengths[month++];
    date->year = era * 400 + centuries * 100 + fours * 4 + years + (month >= 10);
    date->month = (month + 2) % 12 + 1;
    date->day = rest + 1;
    date->weekday = (unsigned)(((since_1970 + 4) % 7 + 7) % 7); /* 1970 began on a Thursday */
}

struct date date_of(int64_t nanoseconds)
{
    const int64_t second = 1000000000, day = 86400;
    int64_t seconds = nanoseconds / second - (nanoseconds % second < 0), days = seconds / day - (seconds % day < 0);
    unsigned rest = (unsigned)(seconds - days * day);
    struct date date = {.hour = rest / 3600, .minute = rest / 60 % 60, .second = rest % 60};
    date.nanosecond = (uint32_t)(nanoseconds - seconds * second);
    date_of_days(&date, days);
    return date;
}

const char *month_name(unsigned month)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return month >= 1 && month <= 12 ? names[month - 1] : "?";
}

const char *weekday_name(unsigned weekday)
{
    static const char *const names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    return weekday < 7 ? names[weekday] : "?";
}

int sleep_ms(uint64_t milliseconds)
{
    return (int)sys_sleep(milliseconds * 1000000);
}
