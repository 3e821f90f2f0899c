/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine's handlers in `fast` fidelity.
 */
#include "fidelity_fast.h"
#include "handlers.inc"
