/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers, switches and near misses. Knows no option and no row.
 */
#include "word.h"

#include <stdlib.h>
#include <string.h>

bool number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *ret_value)
{
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = text + (hexadecimal ? 2 : 0);
    const char *allowed = hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";
    size_t length = strspn(digits, allowed);
    if (length == 0 || digits[length] != '\0')
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        char digit[2] = {digits[i], '\0'};
        if (__builtin_mul_overflow(value, hexadecimal ? UINT64_C(16) : UINT64_C(10), &value) ||
            __builtin_add_overflow(value, strtoull(digit, NULL, 16), &value))
            return false;
    }
    if (value < least || value > most)
        return false;
    *ret_value = value;
    return true;
}

bool switch_parse(const char *text, bool *ret_on)
{
    static const char *const words[][2] = {{"off", "on"}, {"no", "yes"}, {"false", "true"}};
    for (size_t i = 0; text && i < sizeof words / sizeof words[0]; i++)
        for (int on = 0; on < 2; on++)
            if (!strcmp(text, words[i][on])) {
                *ret_on = on;
                return true;
            }
    return false;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 31 };
    size_t rows[LONGEST + 1][LONGEST + 1];
    size_t m = least(strlen(a), LONGEST), n = least(strlen(b), LONGEST);
    for (size_t i = 0; i <= m; i++)
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            size_t best = least(rows[i - 1][j], rows[i][j - 1]) + 1;
            best = least(best, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, rows[i - 2][j - 2] + 1);
            rows[i][j] = best;
        }
    return rows[m][n];
}

struct nearest nearest_to(const char *word)
{
    return (struct nearest){.word = word, .bound = least(strlen(word) / 3 + 1, 3) + 1};
}

bool nearest_offer(struct nearest *nearest, const char *name)
{
    size_t d = distance(nearest->word, name);
    if (d >= nearest->bound || d >= strlen(name))
        return false;
    nearest->bound = d;
    nearest->name = name;
    return true;
}
