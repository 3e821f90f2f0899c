/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copies stencils one behind the other and patches the operands in. A run's code keeps its first op in the register where handlers
 * have theirs, so an op in the middle is entered through a few bytes that move it back. Links, budgets, slow paths and exact ends
 * are the interpreter's own data and functions.
 */
#include "native.h"
#include "native_stubs.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define NATIVE_BYTES (UINT64_C(24) << 20)
#define INSN_BYTES_MAX 512u
#define RUN_ALIGN 16u

enum native_hole {
#define NATIVE_HOLE(name) HOLE_##name,
#include "native/holes.def"
#undef NATIVE_HOLE
    HOLE_CONTINUE,
    HOLE_COUNT = HOLE_CONTINUE
};

struct native_site {
    uint16_t field;  /* offset of 4 bytes in the code */
    uint8_t hole;    /* enum native_hole */
    int32_t addend;
};

struct stencil {
    const uint8_t *code;
    const struct native_site *sites;
    uint16_t size, count;
};

#include "native_table_fast.h"
#include "native_table_timed.h"
#include "native_table_checked.h"

struct stencils {
    struct stencil row[ISA_OP_COUNT]; /* no code: the row's stencil could not be extracted */
    struct stencil handler, entry, line_end, fence, check;
};

#define ROLES(variant)                                                                                                             \
    .handler = STENCIL_##variant##_handler, .entry = STENCIL_##variant##_entry, .line_end = STENCIL_##variant##_line_end,          \
    .fence = STENCIL_##variant##_fence, .check = STENCIL_##variant##_check

static const struct stencils stencils_of[] = {
    [NATIVE_FAST] = {
        .row = {
#include "native_index_fast.h"
        }, ROLES(fast)
    },
    [NATIVE_TIMED] = {
        .row = {
#include "native_index_timed.h"
        }, ROLES(timed)
    },
    [NATIVE_CHECKED] = {
        .row = {
#include "native_index_checked.h"
        }, ROLES(checked)
    },
};

static const struct native_stubs stubs_fast = {.enter = engine_enter, .over = slow_over, .fp_load = slow_fp_load, .illegal = slow_illegal,
                                               .load = slow_load, .store = slow_store, .lr = slow_lr, .sc = slow_sc, .amo = slow_amo};
static const struct native_stubs stubs_timed = {.enter = engine_enter, .over = slow_over, .check = engine_check_over, .fp_load = slow_fp_load,
                                                .illegal = slow_illegal, .load = timed_load, .store = timed_store, .lr = timed_lr,
                                                .sc = timed_sc, .amo = timed_amo};

const struct native_stubs *code_cache_stubs(bool timed)
{
    return timed ? &stubs_timed : &stubs_fast;
}

struct native {
    uint8_t *code;
    uint64_t used;
};

struct native *native_create(void)
{
    struct native *native = calloc(1, sizeof *native);
    if (!native)
        return NULL;
    void *map = mmap(NULL, NATIVE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) { /* a host that forbids it interprets */
        free(native);
        return NULL;
    }
    native->code = map;
    return native;
}

void native_destroy(struct native *native)
{
    if (!native)
        return;
    munmap(native->code, NATIVE_BYTES);
    free(native);
}

void native_flush(struct native *native)
{
    if (native)
        native->used = 0;
}

static bool has_room(const struct native *native, unsigned insns)
{
    return native->used + (uint64_t)insns * INSN_BYTES_MAX + RUN_ALIGN <= NATIVE_BYTES;
}

bool native_is_full(const struct native *native)
{
    return native && !has_room(native, LINE_BYTES / 2 + 1);
}

uint64_t native_bytes(const struct native *native)
{
    return native ? native->used : 0;
}

static int32_t x_register(unsigned reg)
{
    return (int32_t)(offsetof(struct hart, x) + reg * sizeof(uint64_t));
}

static int32_t f_register(unsigned reg)
{
    return (int32_t)(offsetof(struct hart, f) + reg * sizeof(uint64_t));
}

static const struct stencil *stencil_of(const struct stencils *stencils, const struct native_insn *n)
{
    if (!n->insn)
        return &stencils->line_end;
    unsigned op = n->insn->op;
    if (op == ISA_OP_fence || op == ISA_OP_fence_tso || op == ISA_OP_fence_i)
        return &stencils->fence;
    return stencils->row[op].code && !n->by_handler ? &stencils->row[op] : &stencils->handler;
}

static void fill_values(int32_t *values, const struct native_insn *n, const struct op *first, unsigned exact)
{
    const struct op *op = n->op;
    unsigned kind = n->insn ? isa_rows[n->insn->op].kind : ISA_KIND_NONE;
    bool fp = kind == ISA_KIND_FLD || kind == ISA_KIND_FST;
    values[HOLE_a] = fp ? f_register(op->a) : x_register(op->a);
    values[HOLE_b] = x_register(op->b);
    values[HOLE_c] = x_register(op->imm & 31);
    values[HOLE_imm] = op->imm;
    values[HOLE_at] = (int32_t)n->offset;
    values[HOLE_next] = (int32_t)(n->offset + (n->insn ? n->insn->len : 0));
    unsigned target = (n->insn ? n->offset : 0) + (unsigned)op->imm; /* of a branch, jump or line end */
    values[HOLE_line] = (int32_t)(target / LINE_BYTES % LINES_PER_PAGE);
    values[HOLE_check] = (int32_t)(BUDGET(1, 0) - n->left);
    values[HOLE_op] = (int32_t)((op - first) * (ptrdiff_t)sizeof *op);
    values[HOLE_exact] = (int32_t)((op - first + (ptrdiff_t)exact) * (ptrdiff_t)sizeof *op);
}

/* Copies a stencil and patches it; jumps to the next one lead to `next`, NULL: right behind this one. Returns the end. */
static uint8_t *copy(uint8_t *to, const struct stencil *stencil, const int32_t *values, const uint8_t *next)
{
    uint8_t *end = to + stencil->size;
    memcpy(to, stencil->code, stencil->size);
    for (unsigned i = 0; i < stencil->count; i++) {
        const struct native_site *site = &stencil->sites[i];
        uint8_t *field = to + site->field;
        int32_t value = site->hole == HOLE_CONTINUE ? (int32_t)((next ? next : end) - (field + 4)) : values[site->hole] + site->addend;
        memcpy(field, &value, sizeof value);
    }
    return end;
}

/* The way into the middle of a run: makes the first op current, and jumps to the instruction's code. */
static uint8_t *put_entry(const struct stencils *stencils, uint8_t *to, const struct op *first, const struct op *op,
                          const uint8_t *code)
{
    int32_t values[HOLE_COUNT] = {[HOLE_op] = (int32_t)((first - op) * (ptrdiff_t)sizeof *op)};
    to = copy(to, &stencils->entry, values, code);
    int32_t distance = (int32_t)(code - (to + 5));
    *to = 0xe9; /* jmp rel32: the stencil falls through */
    memcpy(to + 1, &distance, sizeof distance);
    return to + 5;
}

void native_compile(struct native *native, enum native_variant variant, const struct native_insn *insns, unsigned count, unsigned exact)
{
    const struct stencils *stencils = &stencils_of[variant];
    const uint8_t *start[LINE_BYTES / 2 + 1] = {NULL};
    const struct op *first = insns[0].op;
    if (!native || !has_room(native, count))
        return;
    native->used = (native->used + RUN_ALIGN - 1) & ~(uint64_t)(RUN_ALIGN - 1);
    uint8_t *to = native->code + native->used;
    for (unsigned i = 0; i < count; i++) {
        int32_t values[HOLE_COUNT];
        fill_values(values, &insns[i], first, exact);
        if (insns[i].check && i > 0) /* the first one's has been looked at by whoever enters */
            to = copy(to, &stencils->check, values, NULL);
        start[i] = to;
        to = copy(to, stencil_of(stencils, &insns[i]), values, NULL);
    }
    insns[0].op->run = (op_function *)(uintptr_t)start[0];
    for (unsigned i = 1; i < count; i++) {
        insns[i].op->run = (op_function *)(uintptr_t)to;
        to = put_entry(stencils, to, first, insns[i].op, start[i]);
    }
    native->used = (uint64_t)(to - native->code);
}
