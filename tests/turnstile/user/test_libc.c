/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pure parts of Turnstile's libc, against the host's where that has the same function.
 */
#include "user_libc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/random.h"

/* ---- printf ---- */

#define SAME(...)                                                                                                                  \
    do {                                                                                                                           \
        char want[300], got[300];                                                                                                  \
        int wanted = snprintf(want, sizeof want, __VA_ARGS__), length = ts_snprintf(got, sizeof got, __VA_ARGS__);                 \
        cr_expect(eq(str, got, want), "%s", #__VA_ARGS__);                                                                         \
        cr_expect(eq(int, length, wanted), "%s", #__VA_ARGS__);                                                                    \
    } while (0)

Test(user_printf, numbers_look_as_they_do_on_the_host)
{
    static const int64_t values[] = {0, 1, -1, 7, 42, -42, 255, 256, 65536, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        int small = (int)values[i];
        long large = values[i];
        SAME("%d|%5d|%-5d|%05d|%+d|% d|%.3d|%8.3d|%-8.3d|%+.0d", small, small, small, small, small, small, small, small, small,
             small);
        SAME("%ld|%20ld|%-20ld|%020ld|%+ld", large, large, large, large, large);
        SAME("%u|%x|%X|%o|%#x|%#X|%#o", (unsigned)small, (unsigned)small, (unsigned)small, (unsigned)small, (unsigned)small,
             (unsigned)small, (unsigned)small);
        SAME("%lu|%lx|%#018lx|%.20lx", (unsigned long)large, (unsigned long)large, (unsigned long)large, (unsigned long)large);
        SAME("%hhd|%hd|%hhu|%hu|%hhx", (signed char)small, (short)small, (unsigned char)small, (unsigned short)small,
             (unsigned char)small);
        SAME("%zu|%jd|%td", (size_t)large, (intmax_t)large, (ptrdiff_t)large);
    }
    SAME("%.0d|%.0u|%#.0o|%5.0d", 0, 0u, 0u, 0);
}

Test(user_printf, texts_are_padded_and_cut)
{
    SAME("%s|%10s|%-10s|%.2s|%10.2s|%-10.2s|%.0s", "text", "text", "text", "text", "text", "text", "text");
    SAME("%c|%3c|%-3c|%%|%*d|%-*d|%.*s", 'x', 'y', 'z', 6, 42, 6, 42, 3, "abcdef");
    SAME("%*d|%.*d", -6, 42, 3, 7);
    SAME("%40s|%-40s", "long", "long");
    SAME("%s", "");
    SAME("%p", (void *)0x1234);
}

Test(user_printf, what_is_no_conversion_stands_as_it_is)
{
    char got[100];
    const char *format = "%y %5q 100%"; /* a variable, so that the compiler does not check it */
    cr_expect(eq(int, ts_snprintf(got, sizeof got, "%s", format), 11));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    ts_snprintf(got, sizeof got, format);
#pragma GCC diagnostic pop
    cr_expect(eq(str, got, "%y %5q 100%"));
}

Test(user_printf, a_short_buffer_takes_what_fits_and_the_length_is_the_whole)
{
    char got[8];
    memset(got, 'x', sizeof got);
    cr_expect(eq(int, ts_snprintf(got, 4, "%d", 123456), 6));
    cr_expect(eq(str, got, "123"));
    cr_expect(eq(chr, got[4], 'x'));
    cr_expect(eq(int, ts_snprintf(NULL, 0, "%s", "abc"), 3));
    cr_expect(eq(int, ts_snprintf(got, 1, "abc"), 3));
    cr_expect(eq(str, got, ""));
}

/* ---- numbers ---- */

Test(user_numbers, strtol_is_the_hosts)
{
    static const char *const texts[] = {"0",
                                        "42",
                                        "-42",
                                        "+7",
                                        "  13x",
                                        "0x1f",
                                        "0X1F",
                                        "017",
                                        "08",
                                        "0x",
                                        "0xg",
                                        "",
                                        "-",
                                        "abc",
                                        "z",
                                        "7fffffffffffffff",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "-9223372036854775808",
                                        "-9223372036854775809",
                                        "99999999999999999999999",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "-1"};
    static const int bases[] = {0, 2, 8, 10, 16, 36};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (size_t b = 0; b < sizeof bases / sizeof bases[0]; b++) {
            char *end, *want_end;
            errno = user_errno = 0;
            long want = strtol(texts[i], &want_end, bases[b]), got = ts_strtol(texts[i], &end, bases[b]);
            cr_expect(eq(long, got, want), "%s, base %d", texts[i], bases[b]);
            cr_expect(eq(ptr, end, want_end), "%s, base %d", texts[i], bases[b]);
            cr_expect(eq(int, user_errno == ERANGE, errno == ERANGE), "%s, base %d", texts[i], bases[b]);
            errno = user_errno = 0;
            unsigned long want_u = strtoul(texts[i], NULL, bases[b]), got_u = ts_strtoul(texts[i], NULL, bases[b]);
            cr_expect(eq(ulong, got_u, want_u), "%s, base %d", texts[i], bases[b]);
        }
}

/* ---- texts and memory ---- */

Test(user_text, texts_are_searched_as_on_the_host)
{
    static const char *const texts[] = {"", "a", "abc", "abcabc", "aaab", "hello world", "\x80\xff"};
    for (size_t i = 0; i < 7; i++)
        for (size_t n = 0; n < 7; n++) {
            const char *a = texts[i], *b = texts[n];
            cr_expect(eq(int, (ts_strcmp(a, b) > 0) - (ts_strcmp(a, b) < 0), (strcmp(a, b) > 0) - (strcmp(a, b) < 0)));
            cr_expect(eq(int, ts_strncmp(a, b, 2) == 0, strncmp(a, b, 2) == 0));
            cr_expect(eq(ptr, ts_strstr(a, b), strstr(a, b)));
            cr_expect(eq(sz, ts_strspn(a, b), strspn(a, b)));
            cr_expect(eq(sz, ts_strcspn(a, b), strcspn(a, b)));
            cr_expect(eq(ptr, ts_strchr(a, b[0]), strchr(a, b[0])));
            cr_expect(eq(ptr, ts_strrchr(a, b[0]), strrchr(a, b[0])));
            cr_expect(eq(sz, ts_strlen(a), strlen(a)));
        }
    char room[4];
    cr_expect(eq(sz, text_copy(room, "abcdef", sizeof room), 6));
    cr_expect(eq(str, room, "abc"));
}

Test(user_text, memory_moves_whatever_overlaps)
{
    struct random random = {1};
    char want[200], got[200];
    for (int round = 0; round < 5000; round++) {
        for (size_t i = 0; i < sizeof want; i++)
            want[i] = got[i] = (char)random_next(&random);
        size_t from = random_below(&random, 100), to = random_below(&random, 100), count = random_below(&random, 100);
        memmove(want + to, want + from, count);
        ts_memmove(got + to, got + from, count);
        size_t at = random_below(&random, 100);
        int value = (int)random_below(&random, 256);
        memset(want + at, value, count);
        ts_memset(got + at, value, count);
        cr_assert(eq(int, memcmp(want, got, sizeof want), 0));
        cr_assert(eq(int, ts_memcmp(want, got, sizeof want), 0));
    }
}

/* ---- sorting ---- */

struct pair {
    int key, number;
};

static int compare_keys(const void *a, const void *b)
{
    const struct pair *left = (const struct pair *)a, *right = (const struct pair *)b;
    return (left->key > right->key) - (left->key < right->key);
}

static void sort_and_check(bool is_stable)
{
    struct random random = {3};
    static struct pair pairs[1000];
    for (int count = 0; count < 1000; count = count * 2 + 1) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            pairs[i] = (struct pair){(int)random_below(&random, 50), i};
            sum += pairs[i].key * 1000 + i;
        }
        ts_qsort(pairs, (size_t)count, sizeof pairs[0], compare_keys);
        for (int i = 0; i < count; i++) {
            sum -= pairs[i].key * 1000 + pairs[i].number;
            if (i == 0)
                continue;
            cr_assert(le(int, pairs[i - 1].key, pairs[i].key));
            if (is_stable && pairs[i - 1].key == pairs[i].key)
                cr_assert(lt(int, pairs[i - 1].number, pairs[i].number));
        }
        cr_assert(eq(long, sum, 0));
        for (int key = 0; key < 50; key++) {
            struct pair wanted = {key, 0},
                        *found = (struct pair *)ts_bsearch(&wanted, pairs, (size_t)count, sizeof pairs[0], compare_keys);
            bool is_there = false;
            for (int i = 0; i < count; i++)
                is_there |= pairs[i].key == key;
            cr_assert(eq(int, found != NULL, is_there));
            cr_assert(found == NULL || found->key == key);
        }
    }
}

Test(user_sort, equal_elements_keep_their_order)
{
    sort_and_check(true);
}

Test(user_sort, without_memory_it_sorts_all_the_same)
{
    user_heap_limit = 0;
    sort_and_check(false);
}

/* ---- malloc ---- */

static void allocate_at_random(unsigned seed, size_t most)
{
    enum { BLOCKS = 200 };
    struct random random = {seed};
    unsigned char *blocks[BLOCKS] = {NULL};
    size_t sizes[BLOCKS] = {0}, available;
    for (int round = 0; round < 20000; round++) {
        unsigned at = random_below(&random, BLOCKS), way = random_below(&random, 3);
        size_t size = random_below(&random, random_below(&random, 10) ? 300 : (unsigned)most);
        for (size_t i = 0; i < sizes[at]; i++)
            cr_assert(eq(u8, blocks[at][i], (uint8_t)(at + i)));
        if (way == 0) {
            ts_free(blocks[at]);
            blocks[at] = NULL;
            sizes[at] = 0;
            continue;
        }
        unsigned char *block = way == 1 ? (unsigned char *)ts_realloc(blocks[at], size) : (unsigned char *)ts_calloc(size, 1);
        if (!block)
            continue;
        cr_assert(eq(u64, (uintptr_t)block % 16, 0));
        if (way == 1) {
            for (size_t i = 0; i < sizes[at] && i < size; i++)
                cr_assert(eq(u8, block[i], (uint8_t)(at + i)));
        } else {
            for (size_t i = 0; i < size; i++)
                cr_assert(eq(u8, block[i], 0));
            ts_free(blocks[at]);
        }
        blocks[at] = block;
        sizes[at] = size;
        for (size_t i = 0; i < size; i++)
            block[i] = (unsigned char)(at + i);
        if (round % 500 == 0)
            cr_assert(allocate_is_sound(&available));
    }
    for (int i = 0; i < BLOCKS; i++)
        ts_free(blocks[i]);
    cr_assert(allocate_is_sound(&available));
    cr_assert(gt(sz, available, 0));
}

Test(user_malloc, blocks_keep_what_is_in_them)
{
    allocate_at_random(1, 20000);
}

Test(user_malloc, a_heap_with_gaps_works)
{
    user_heap_is_disturbed = true;
    allocate_at_random(2, 20000);
}

Test(user_malloc, running_out_is_null_and_errno)
{
    user_heap_limit = 300000;
    allocate_at_random(3, 60000);
    user_errno = 0;
    cr_expect(eq(ptr, ts_malloc(1 << 20), NULL));
    cr_expect(eq(int, user_errno, ENOMEM));
    cr_expect(eq(ptr, ts_malloc(SIZE_MAX), NULL));
    cr_expect(eq(ptr, ts_malloc(SIZE_MAX - 100), NULL));
    cr_expect(eq(ptr, ts_calloc(SIZE_MAX / 2, 3), NULL));
    void *block = ts_malloc(100);
    cr_expect(eq(ptr, ts_realloc(block, SIZE_MAX), NULL));
    cr_expect(ne(ptr, ts_realloc(block, 200), NULL));
}

Test(user_malloc, what_was_freed_is_used_again)
{
    void *blocks[100];
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 100; i++)
            cr_assert(ne(ptr, blocks[i] = ts_malloc(10000), NULL)); /* 200 MB in all, from a heap of 8 */
        for (int i = 0; i < 100; i++)
            ts_free(blocks[(i * 37) % 100]);
    }
}

/* ---- environment, dates, /proc, paths ---- */

Test(user_environment, variables_are_set_replaced_and_forgotten)
{
    static char *given[] = {"A=1", "LONG=x", NULL};
    environment_init(given);
    cr_expect(eq(str, ts_getenv("A"), "1"));
    cr_expect(eq(ptr, ts_getenv("LON"), NULL));
    cr_expect(eq(int, ts_setenv("A", "2", 0), 0));
    cr_expect(eq(str, ts_getenv("A"), "1"));
    for (int i = 0; i < 50; i++) {
        char name[8];
        snprintf(name, sizeof name, "V%d", i);
        cr_assert(eq(int, ts_setenv(name, name, 1), 0));
        cr_assert(eq(int, ts_setenv("A", name, 1), 0));
    }
    cr_expect(eq(str, ts_getenv("A"), "V49"));
    cr_expect(eq(str, ts_getenv("V7"), "V7"));
    cr_expect(eq(int, ts_unsetenv("V7"), 0));
    cr_expect(eq(int, ts_unsetenv("nothing"), 0));
    cr_expect(eq(ptr, ts_getenv("V7"), NULL));
    cr_expect(eq(str, ts_getenv("V49"), "V49"));
    cr_expect(eq(str, ts_getenv("LONG"), "x"));
    cr_expect(eq(int, ts_setenv("a=b", "x", 1), -1));
    cr_expect(eq(int, ts_setenv("", "x", 1), -1));
}

Test(user_dates, every_day_is_the_hosts)
{
    for (int64_t day = -100000; day < 100000; day += 13) {
        time_t seconds = day * 86400 + (day & 0xffff);
        struct tm want;
        gmtime_r(&seconds, &want);
        struct date got = date_of(seconds * 1000000000 + 5);
        cr_assert(eq(i64, got.year, want.tm_year + 1900), "day %" PRId64, day);
        cr_assert(eq(uint, got.month, (unsigned)want.tm_mon + 1), "day %" PRId64, day);
        cr_assert(eq(uint, got.day, (unsigned)want.tm_mday), "day %" PRId64, day);
        cr_assert(eq(uint, got.hour, (unsigned)want.tm_hour), "day %" PRId64, day);
        cr_assert(eq(uint, got.minute, (unsigned)want.tm_min), "day %" PRId64, day);
        cr_assert(eq(uint, got.second, (unsigned)want.tm_sec), "day %" PRId64, day);
        cr_assert(eq(uint, got.weekday, (unsigned)want.tm_wday), "day %" PRId64, day);
        cr_assert(eq(u32, got.nanosecond, 5));
    }
}

Test(user_proc, values_and_tables_are_read)
{
    const char *text = "free 12\nfree_kb 48\n  name  count\n one 1\n two 22";
    uint64_t value;
    cr_expect(proc_value(text, "free_kb", &value) && value == 48);
    cr_expect(not(proc_value(text, "fre", &value)));
    cr_expect(not(proc_value(text, "name", &value)));
    const char *heading = next_line(next_line(text));
    cr_expect(eq(int, table_column(heading, "count"), 1));
    cr_expect(eq(int, table_column(heading, "none"), -1));
    cr_expect(eq(u64, table_number(next_line(next_line(heading)), 1), 22));
    cr_expect(eq(u64, table_number(heading, 7), 0));
    cr_expect(eq(ptr, (void *)(uintptr_t)next_line("last\n"), NULL));
    char word[3];
    cr_expect(table_word(heading, 0, word, sizeof word));
    cr_expect(eq(str, word, "na"));
}
