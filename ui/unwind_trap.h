/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a trap handler to what it interrupted: where the handler has put the interrupted registers is read from its own code, which
 * is followed from the trap vector on. It need not be described by anything. Nothing is executed, and following ends soon.
 */
#ifndef UI_UNWIND_TRAP_H
#define UI_UNWIND_TRAP_H

#include "unwind.h"

/* What the hart's CSRs say of the last trap into one mode. */
struct unwind_cause {
    uint64_t vector; /* where the trap has led: of a vectored interrupt its own entry */
    uint64_t epc;
    uint64_t scratch;              /* what the scratch register holds now */
    unsigned scratch_csr, epc_csr; /* their numbers: mscratch or sscratch, mepc or sepc */
};

/* Whether the frame is the handler's own: its pc, or the call before it, is reached from the vector without a call in between,
 * other than ones that return. If so, *ret_outer is the interrupted frame, with those registers that the handler has saved or kept.
 */
bool unwind_through_trap(const struct unwind_memory *memory, const struct unwind_frame *handler, const struct unwind_cause *cause,
                         struct unwind_frame *ret_outer);

#endif
