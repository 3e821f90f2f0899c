/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Decoded code: straight runs of predecoded instructions, keyed by physical page and shared by all harts. A run goes from where it
 * was first entered to the end of its 64-byte line or to an unconditional transfer, whatever was decoded before.
 * Never state: it may be thrown away at any time.
 */
#ifndef HART_CODE_H
#define HART_CODE_H

#include <hart/code_cache.h>
#include <hart/hart.h>
#include <isa/insn.h>

struct op;

/* Handlers are chained by tail calls in optimised builds; in others each returns the next instruction to a loop (NULL: leave). */
#ifdef ENGINE_TAIL_CALLS
typedef void op_result;
#else
typedef const struct op *op_result;
#endif
typedef op_result op_function(struct hart *h, const struct op *op, int64_t budget, struct l0_data *l0);

/* A predecoded instruction. rd = x0 is rewritten to the bucket. A third register, or rs2|rs3|rm of FP formats, is in imm. */
struct op {
    op_function *run;
    int32_t imm;
    uint8_t a;   /* rd; stores and branches: rs2 */
    uint8_t b;   /* rs1 */
    uint16_t at; /* AT_* */
};

#define AT_OFFSET 0x0ffeu  /* offset in the page */
#define AT_LONG 0x0001u    /* 4 bytes, else 2 */
#define AT_SLOTS_SHIFT 12  /* bits 13:12: slots it takes, less one */
#define AT_BUBBLE 0x4000u  /* a load whose result the next instruction in its run uses */
#define AT_MARK 0x8000u    /* not an instruction: end of a line, breakpoint, check */

/* Branches, jal and line ends take three slots: the op, a link, and the stub that the link leads to until it is resolved. */
struct op_link {
    const struct op *target;
    int32_t refund; /* given back to the budget when taken: the rest of this run, and what taking it costs less than not */
    int32_t charge; /* then taken off: what the target run costs; 0 until the link is resolved */
};
_Static_assert(sizeof(struct op_link) == sizeof(struct op), "a link takes an op's slot");

/* Before the first op of a run. A run is laid out twice: the first copy may be translated, the second is always interpreted op by
 * op and is where instructions are cut out. */
struct run_header {
    uint8_t count;
    uint8_t exact;    /* slots from an op to its second copy */
    uint8_t slot[LINE_BYTES / 2 + 10]; /* of each instruction, marks included, from the header */
    uint32_t checks;                   /* instructions before which a slice may end (timed) */
    uint16_t begin[LINE_BYTES / 2];    /* of each instruction, in cycles from the first one's begin */
};
_Static_assert(sizeof(struct run_header) % sizeof(struct op) == 0, "a header takes whole slots");

struct code_page {
    struct op *entry[PAGE_BYTES / 2]; /* by halfword: where to begin; NULL: not decoded */
    int32_t left[PAGE_BYTES / 2];     /* budget that the rest of the run costs, entered here; 0: not decoded */
    uint8_t slot[PAGE_BYTES / 2];     /* from the run's header to entry */
    uint64_t checks[PAGE_BYTES / 128]; /* timed: halfwords with instructions before which a slice may end, where decoded */
    uint32_t page;
};

struct code_cache {
    struct code_page **of_page;   /* by page index */
    uint32_t pages;
    struct op *chunk;             /* arena being filled; its first slot links to the chunk before */
    unsigned chunk_used;
    uint64_t bytes;
    const struct op_handlers *handlers; /* of the present fidelity */
    struct native *native;        /* NULL: no translation on this host or in this build */
    struct code_page *single;     /* stands for the page of an instruction that is executed alone */
    struct op single_ops[8];
    struct op *cut;               /* instruction replaced by the end of an exact run */
    op_function *cut_run;
    uint64_t runs_decoded, lines_discarded;
};

/* The handlers, by row and by role; handlers.inc */
struct op_handlers {
    op_function *row[ISA_OP_COUNT];
    op_function *line_end, *link, *stale, *breakpoint, *straddle, *two_lines, *cut, *check;
};
extern const struct op_handlers op_handlers_fast, op_handlers_timed;

/* The page's decoded code; NULL when out of memory. */
struct code_page *code_page_of(struct hart_shared *shared, uint32_t page);
/* Decodes the run that begins at this offset of the page. NULL when out of memory. */
const struct op *code_decode(struct hart_shared *shared, struct code_page *code, unsigned offset);
/* One instruction to be executed alone: it lies across pages, or PMP differs within its page. */
const struct op *code_decode_single(struct hart_shared *shared, uint32_t page, unsigned offset, uint32_t bits);
/* timed: may a slice end before the instruction at this offset of the page, as its bytes are now? */
bool code_is_check(const struct hart_shared *shared, uint32_t page, unsigned offset);
/* Throws away what was decoded from a line that is written to; true if there was anything. */
bool code_discard_line(struct hart_shared *shared, uint32_t page, unsigned line);

#endif
