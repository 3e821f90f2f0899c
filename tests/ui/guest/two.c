/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The guest's second file, whose helper is not the first one's.
 */
#include "guest.h"

static volatile long hidden[2];

NOINLINE long leaf(long value)
{
    return value + counter;
}

static NOINLINE long helper(long value)
{
    char room[3000];
    *(volatile char *)room = (char)value;
    long sum = recurse(3);
    hidden[0] = count(sum);
    return sum + *(volatile char *)room;
}

static NOINLINE long trapping(long value)
{
    __asm__ volatile(".option push\n.option norvc\necall\n.option pop" ::: "memory");
    return value + hidden[0];
}

NOINLINE long two(long value)
{
    long sum = helper(value);
    return sum + trapping(sum);
}
