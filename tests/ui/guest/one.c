/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The guest's first file.
 */
#include "guest.h"

volatile long counter;
static volatile long hidden[4];

static inline __attribute__((always_inline)) long count_twice(long by)
{
    hidden[0] = count(by);
    return count(by + 1);
}

static NOINLINE long helper(long value)
{
    long before = count_twice(value);
    long after = two(before + 1);
    return before + after;
}

NOINLINE long recurse(long depth)
{
    if (depth == 0)
        return leaf(7);
    long below = recurse(depth - 1);
    hidden[1] = below;
    return below + depth;
}

NOINLINE unsigned long on_trap(unsigned long pc)
{
    hidden[2] = (long)pc;
    leaf(1);
    return pc + 4;
}

int main(void)
{
    long sum = 0;
    for (long i = 0; i < 3; i++)
        sum += helper(i);
    hidden[3] = sum;
    return 0;
}
