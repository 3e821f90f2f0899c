/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What tests may ask of timed fidelity today. While it behaves as fast, tests of what only caches and a bus can show are skipped.
 */
#ifndef EMU_TIMED_H
#define EMU_TIMED_H

#include <stdbool.h>

static const bool TIMED_WORKS = true;

#define NEEDS_TIMED()                                                                                                              \
    do {                                                                                                                           \
        if (!TIMED_WORKS)                                                                                                          \
            cr_skip("timed fidelity is not there yet");                                                                            \
    } while (0)

#endif
