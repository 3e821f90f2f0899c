/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The stencils of `timed` fidelity with slices looked after on the way.
 */
#include "../fidelity_checked.h"
#include "stencils.inc"
