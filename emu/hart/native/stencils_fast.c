/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The stencils of `fast` fidelity.
 */
#include "../fidelity_fast.h"
#include "stencils.inc"
