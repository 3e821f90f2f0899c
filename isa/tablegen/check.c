/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves that decoding is a function: no encoding belongs to two rows unless one of them says that it is a case (or alias) of the
 * other, and then all of its encodings belong to the other too. 4-byte rows have no conditions, so masks suffice; 2-byte rows are
 * tried on all 65,536 values.
 */
#include "tablegen.h"

#include <string.h>

static bool says_part_of(const struct row *row, const struct row *other)
{
    return strcmp(row->case_of, other->name) == 0 || strcmp(row->alias_of, other->name) == 0;
}

static void check_claims(const struct table *table, const struct row *row)
{
    const char *claims[] = {row->case_of, row->alias_of};
    for (int i = 0; i < 2; i++) {
        if (!claims[i][0])
            continue;
        const struct row *other = rows_find(table, claims[i]);
        if (!other)
            fail("row %s says that it is part of %s, which is not a row.", row->name, claims[i]);
        if ((other->mask & ~row->mask) != 0 || (row->match & other->mask) != other->match || row->mask == other->mask)
            fail("row %s says that it is part of %s, but some of its encodings are not.", row->name, other->name);
    }
}

static bool share(const struct row *a, const struct row *b, uint32_t *ret_bits)
{
    if (((a->match ^ b->match) & a->mask & b->mask) != 0)
        return false;
    if (a->bit_count == 32) {
        *ret_bits = a->match | b->match;
        return true;
    }
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        if (row_matches(a, bits) && row_matches(b, bits)) {
            *ret_bits = bits;
            return true;
        }
    }
    return false;
}

void check_table(const struct table *table)
{
    for (int i = 0; i < table->count; i++) {
        const struct row *a = &table->rows[i];
        check_claims(table, a);
        for (int j = 0; j < i; j++) {
            const struct row *b = &table->rows[j];
            uint32_t bits;
            if (strcmp(a->name, b->name) == 0)
                fail("there are two rows %s.", a->name);
            if (!says_part_of(a, b) && !says_part_of(b, a) && share(a, b, &bits))
                fail("rows %s and %s share the encoding 0x%0*x; correct a pattern, or write \"; case of ...\" in the special one.",
                     b->name, a->name, a->bit_count / 4, (unsigned)bits);
        }
    }
}
