/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine's handlers in `timed` fidelity.
 */
#include "fidelity_timed.h"
#include "handlers.inc"
