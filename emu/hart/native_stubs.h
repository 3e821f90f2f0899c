/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The out-of-line functions that translated code calls, as a table, so that it needs no address of the program's own.
 */
#ifndef HART_NATIVE_STUBS_H
#define HART_NATIVE_STUBS_H

#include "engine.h"

struct native_stubs {
    op_result (*enter)(struct hart *h, uint64_t pc, int64_t budget);
    op_function *over, *check, *fp_load, *illegal;
    op_result (*load)(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, enum isa_op row);
    op_result (*store)(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width, uint64_t value);
    op_result (*lr)(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width);
    op_result (*sc)(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, unsigned width);
    op_result (*amo)(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0, enum isa_op row);
};

#endif
