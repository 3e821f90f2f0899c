/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a function to its caller, one step at a time: by the images' call frame information, else by the frame pointer, else by ra.
 * What a guest has on its stack is not trusted: a step ends with a caller or without, and costs little. Chains can lead in circles,
 * so the caller limits the number of steps.
 *
 * Through a trap: a handler's outermost frame has no caller; unwind_trap.h leads on.
 */
#ifndef UI_UNWIND_H
#define UI_UNWIND_H

#include "symbols.h"

struct unwind_memory {
    /* Reads memory as the hart sees it; false if any byte is not there. */
    bool (*read)(void *context, uint64_t address, void *to, size_t bytes);
    void *context;
};

struct unwind_frame {
    uint64_t pc;
    bool is_call;   /* pc is a return address: the call is before it */
    uint32_t known; /* bit n: x[n] is what the function has there */
    uint64_t x[32];
};

/* By what a caller was found. */
enum unwind_by {
    UNWIND_END,           /* there is none: the outermost frame, or nothing tells */
    UNWIND_CFI,           /* call frame information */
    UNWIND_FRAME_POINTER, /* s0 */
    UNWIND_RA             /* ra */
};

/* The innermost frame of a hart, all of whose registers are known. */
struct unwind_frame unwind_begin(uint64_t pc, const uint64_t x[static 32]);
void unwind_set(struct unwind_frame *frame, unsigned reg, uint64_t value);

/* The address to look names and lines up by: a return address may be the next function's already. */
uint64_t unwind_address(const struct unwind_frame *frame);
/* Replaces *frame by its caller's, unless the answer is UNWIND_END. */
enum unwind_by unwind_step(struct symbols *symbols, const struct unwind_memory *memory, struct unwind_frame *frame);

#endif
