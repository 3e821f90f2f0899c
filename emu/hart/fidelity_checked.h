/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `timed` fidelity, where the run itself looks on the way whether the slice is over: it may be entered as long as that is not so.
 */
#ifndef HART_FIDELITY_CHECKED_H
#define HART_FIDELITY_CHECKED_H

#include "fidelity_timed.h"

#undef IS_OVER
#define IS_OVER(budget, behind) ((budget) < BUDGET(1, 0))

#endif
