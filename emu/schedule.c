/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tournament's memory.
 */
#include "schedule.h"

#include <stdlib.h>

bool schedule_init(struct schedule *schedule, unsigned harts)
{
    unsigned leaves = 4;
    while (leaves < harts)
        leaves *= 2;
    *schedule = (struct schedule){.leaves = leaves, .key = malloc(2 * leaves * sizeof *schedule->key)};
    if (!schedule->key)
        return false;
    for (unsigned i = 0; i < 2 * leaves; i++)
        schedule->key[i] = SCHEDULE_IDLE;
    return true;
}

void schedule_finish(struct schedule *schedule)
{
    free(schedule->key);
    schedule->key = NULL;
}
