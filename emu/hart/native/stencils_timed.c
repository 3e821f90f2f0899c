/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The stencils of `timed` fidelity.
 */
#include "../fidelity_timed.h"
#include "stencils.inc"
