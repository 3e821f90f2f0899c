/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The signals with their numbers and names (signal_list.h).
 */
#include "signal_list.h"

#include "signal.h"
#include "stdio.h"

void signal_list(void)
{
    for (int signal = 1; signal < SIGNALS; signal++)
        if (signal_name(signal))
            printf("%2d %-5s %s\n", signal, signal_name(signal), signal_text(signal));
}
