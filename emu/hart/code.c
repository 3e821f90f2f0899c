/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Decoding code into runs, linking space for them, and throwing them away when their line is written. Discarded runs are
 * poisoned, not freed: links to them lead to a handler that looks the address up again. Memory returns at the next flush.
 */
#include "engine.h"
#include "native.h"

#include <emu/hint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK_OPS 4096u
#define RUN_OPS_MAX 416u
#define CACHE_BYTES_MAX (UINT64_C(40) << 20)

struct code_cache *code_cache_create(uint32_t pages)
{
    struct code_cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return NULL;
    cache->pages = pages;
    void *map = mmap(NULL, pages * sizeof(void *), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    cache->of_page = map == MAP_FAILED ? NULL : map;
    cache->single = malloc(sizeof *cache->single);
    if (cache->single)
        memset(cache->single, 0, sizeof *cache->single);
    cache->native = native_create(); /* NULL: everything is interpreted */
    if (cache->of_page && cache->single)
        return cache;
    code_cache_destroy(cache);
    return NULL;
}

static void free_chunks(struct code_cache *cache)
{
    while (cache->chunk) {
        struct op *before;
        memcpy(&before, (const void *)cache->chunk, sizeof before);
        free(cache->chunk);
        cache->chunk = before;
    }
    cache->chunk_used = 0;
}

static void free_pages(struct code_cache *cache, struct memory *memory)
{
    for (uint32_t page = 0; page < cache->pages; page++) {
        if (!cache->of_page[page])
            continue;
        free(cache->of_page[page]);
        cache->of_page[page] = NULL;
        if (memory)
            memory->code[page] = 0;
    }
}

void code_cache_destroy(struct code_cache *cache)
{
    if (!cache)
        return;
    free_chunks(cache);
    if (cache->of_page) {
        free_pages(cache, NULL);
        munmap(cache->of_page, cache->pages * sizeof(void *));
    }
    native_destroy(cache->native);
    free(cache->single);
    free(cache);
}

bool code_is_full(const struct code_cache *cache)
{
    return cache->bytes + native_bytes(cache->native) > CACHE_BYTES_MAX || native_is_full(cache->native);
}

struct code_cache_counts code_cache_counts(const struct code_cache *cache)
{
    return (struct code_cache_counts){cache->bytes + native_bytes(cache->native), cache->runs_decoded, cache->lines_discarded};
}

void code_flush(struct hart_shared *shared)
{
    free_chunks(shared->code);
    free_pages(shared->code, shared->memory);
    shared->code->bytes = 0;
    native_flush(shared->code->native);
    store_watch_again(shared);
    shared->code->cut = NULL;
    shared->code->handlers = shared->timed ? &op_handlers_timed : &op_handlers_fast;
    for (unsigned h = 0; h < shared->count; h++) {
        shared->harts[h].stubs = code_cache_stubs(shared->timed);
        mmu_l0_flush_code(&shared->harts[h]);
    }
}

struct code_page *code_page_of(struct hart_shared *shared, uint32_t page)
{
    struct code_cache *cache = shared->code;
    if (!cache->of_page[page]) {
        cache->of_page[page] = calloc(1, sizeof **cache->of_page);
        if (!cache->of_page[page])
            return NULL;
        cache->of_page[page]->page = page;
        cache->bytes += sizeof **cache->of_page;
    }
    return cache->of_page[page];
}

static struct op *room_for_run(struct code_cache *cache)
{
    if (!cache->chunk || cache->chunk_used + RUN_OPS_MAX > CHUNK_OPS) {
        struct op *fresh = malloc(CHUNK_OPS * sizeof *fresh);
        if (!fresh)
            return NULL;
        struct op *before = cache->chunk;
        memcpy((void *)fresh, &before, sizeof before);
        cache->chunk = fresh;
        cache->chunk_used = 1;
        cache->bytes += CHUNK_OPS * sizeof *fresh;
    }
    return cache->chunk + cache->chunk_used;
}

/* ---- one instruction ---- */

static bool has_extension(const struct emu_cpu_config *cpu, const char *extension)
{
    if (extension[0] != 'Z' || extension[1] != 'b')
        return true;
    return extension[2] == 'a' ? cpu->zba : extension[2] == 'b' ? cpu->zbb : cpu->zbs;
}

static struct isa_insn decode(const struct hart_shared *shared, uint32_t bits)
{
    struct isa_insn insn = isa_decode(bits);
    if (!has_extension(&shared->cpu, isa_rows[insn.op].extension))
        insn.op = ISA_OP_illegal;
    return insn;
}

/* Does nothing after it in the line belong to the same run? */
static bool ends_run(const struct isa_insn *insn)
{
    switch (isa_rows[insn->op].kind) {
    case ISA_KIND_NONE:
    case ISA_KIND_JAL:
    case ISA_KIND_JALR:
    case ISA_KIND_CSR:
        return true;
    case ISA_KIND_SYS:
        return insn->op != ISA_OP_fence && insn->op != ISA_OP_fence_tso && insn->op != ISA_OP_fence_i;
    default:
        return false;
    }
}

static uint8_t bucket(uint8_t rd)
{
    return rd ? rd : HART_X_BUCKET;
}

/* A hint to the machine (emu/include/emu/hint.h), unless the configuration says that there are none. */
static bool is_hint(const struct hart_shared *shared, const struct isa_insn *insn)
{
    return insn->op == ISA_OP_slti && insn->rd == 0 && insn->rs1 == 0 && shared->hints &&
           (insn->imm == EMU_HINT_TIMED || insn->imm == EMU_HINT_FAST || insn->imm == EMU_HINT_STOP);
}

static struct op make_op(const struct hart_shared *shared, const struct isa_insn *insn, unsigned offset)
{
    struct op op = {.run = shared->code->handlers->row[insn->op], .imm = insn->imm, .a = insn->rd, .b = insn->rs1,
                    .at = (uint16_t)(offset | (insn->len == 4 ? AT_LONG : 0))};
    if (is_hint(shared, insn))
        op.run = slow_hint;
    switch (isa_rows[insn->op].kind) {
    case ISA_KIND_NONE:
        op.imm = (int32_t)insn->bits;
        break;
    case ISA_KIND_RR:
    case ISA_KIND_SC:
    case ISA_KIND_AMO:
        op.imm = insn->rs2;
        op.a = bucket(insn->rd);
        break;
    case ISA_KIND_RI:
    case ISA_KIND_R1:
    case ISA_KIND_UI:
    case ISA_KIND_JAL:
    case ISA_KIND_JALR:
    case ISA_KIND_LD:
    case ISA_KIND_LR:
    case ISA_KIND_CSR:
        op.a = bucket(insn->rd);
        break;
    case ISA_KIND_BR:
    case ISA_KIND_ST:
    case ISA_KIND_FST:
        op.a = insn->rs2;
        break;
    case ISA_KIND_FPX1:
    case ISA_KIND_FPX2:
        op.a = bucket(insn->rd); /* fall through */
    case ISA_KIND_FP1:
    case ISA_KIND_FP2:
    case ISA_KIND_FP3:
    case ISA_KIND_XFP1:
        op.imm = insn->rs2 | insn->rs3 << 8 | insn->rm << 16;
        break;
    case ISA_KIND_SYS:
        if (insn->op == ISA_OP_sfence_vma)
            op.a = insn->rs2;
        break;
    default:
        break;
    }
    return op;
}

static void put_link(const struct hart_shared *shared, struct op *op, int32_t refund)
{
    struct op_link *link = (struct op_link *)(op + 1);
    op->at |= 2u << AT_SLOTS_SHIFT;
    op[2] = (struct op){.run = shared->code->handlers->link, .at = AT_MARK};
    *link = (struct op_link){.target = op + 2, .refund = refund};
}

static struct op *put_line_end(const struct hart_shared *shared, struct op *op, unsigned next_offset)
{
    *op = (struct op){.run = shared->code->handlers->line_end, .imm = (int32_t)next_offset, .at = AT_MARK};
    put_link(shared, op, 0);
    return op + 3;
}

/* ---- what instructions cost ---- */

static unsigned cycles_of(const struct emu_pipeline_config *pipeline, const struct isa_insn *insn)
{
    if (insn->op == ISA_OP_fence_i)
        return 1 + pipeline->mispredict_cycles; /* what was fetched is fetched again */
    switch (isa_rows[insn->op].timing) {
    case ISA_TIMING_MUL:
        return pipeline->multiply_cycles;
    case ISA_TIMING_DIV:
        return pipeline->divide_cycles;
    case ISA_TIMING_FP:
        return pipeline->fp_cycles;
    case ISA_TIMING_FP_DIV:
        return pipeline->fp_divide_cycles;
    case ISA_TIMING_BRANCH: /* falling through; backward was predicted taken */
        return 1 + (insn->imm < 0 ? pipeline->mispredict_cycles : 0);
    case ISA_TIMING_JUMP:
        return 1 + (insn->op == ISA_OP_jalr ? pipeline->mispredict_cycles : 0);
    default:
        return 1;
    }
}

/* Registers numbered as 1 to 31 integer, 32 to 63 floating-point; 0: none. */
static unsigned load_result(const struct isa_insn *insn)
{
    switch (isa_rows[insn->op].kind) {
    case ISA_KIND_LD:
    case ISA_KIND_LR:
    case ISA_KIND_SC:
    case ISA_KIND_AMO:
        return insn->rd;
    case ISA_KIND_FLD:
        return 32 + insn->rd;
    default:
        return 0;
    }
}

static bool reads(const struct isa_insn *insn, unsigned reg)
{
    unsigned f = 32;
    switch (isa_rows[insn->op].kind) {
    case ISA_KIND_RR:
    case ISA_KIND_BR:
    case ISA_KIND_ST:
    case ISA_KIND_SC:
    case ISA_KIND_AMO:
    case ISA_KIND_SYS: /* sfence.vma; the others have no register there that a load could have written */
        return reg == insn->rs1 || reg == insn->rs2;
    case ISA_KIND_RI:
    case ISA_KIND_R1:
    case ISA_KIND_JALR:
    case ISA_KIND_LD:
    case ISA_KIND_FLD:
    case ISA_KIND_LR:
    case ISA_KIND_XFP1:
        return reg == insn->rs1;
    case ISA_KIND_CSR:
        return reg == insn->rs1 && (insn->op == ISA_OP_csrrw || insn->op == ISA_OP_csrrs || insn->op == ISA_OP_csrrc);
    case ISA_KIND_FST:
        return reg == insn->rs1 || reg == f + insn->rs2;
    case ISA_KIND_FP1:
    case ISA_KIND_FPX1:
        return reg == f + insn->rs1;
    case ISA_KIND_FP2:
    case ISA_KIND_FPX2:
        return reg == f + insn->rs1 || reg == f + insn->rs2;
    case ISA_KIND_FP3:
        return reg == f + insn->rs1 || reg == f + insn->rs2 || reg == f + insn->rs3;
    default:
        return false;
    }
}

static bool has_bubble(const struct isa_insn *before, const struct isa_insn *insn)
{
    unsigned result = load_result(before);
    return result && reads(insn, result);
}

/* What an instruction costs, as a budget, the bubble behind a load apart. */
static int32_t cost_of(const struct hart_shared *shared, const struct isa_insn *insn)
{
    return (int32_t)BUDGET(shared->timed ? cycles_of(&shared->pipeline, insn) : 1, 1);
}

/* What a branch that is taken costs more than one that is not. */
static int32_t cost_of_taking(const struct hart_shared *shared, const struct isa_insn *insn)
{
    if (!shared->timed || isa_rows[insn->op].kind != ISA_KIND_BR)
        return 0;
    int32_t mispredict = (int32_t)BUDGET(shared->pipeline.mispredict_cycles, 0);
    return insn->imm < 0 ? -mispredict : mispredict;
}

static uint32_t fetch(const struct memory *memory, uint32_t page, unsigned offset)
{
    const uint8_t *at = memory_host(memory, page) + offset;
    uint32_t bits = (uint32_t)(at[0] | at[1] << 8);
    if (isa_length((uint16_t)bits) == 4 && offset + 2 < PAGE_BYTES)
        bits |= (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    return bits;
}

/* ---- runs ---- */

struct insn_at {
    struct isa_insn insn;
    unsigned offset;
    bool bubble;   /* a load whose result the next one in the run uses: it costs the bubble too */
    int32_t after; /* what the instructions behind it in the run cost */
};

static int32_t cost_with_bubble(const struct hart_shared *shared, const struct insn_at *at)
{
    return cost_of(shared, &at->insn) + (at->bubble ? (int32_t)BUDGET(shared->pipeline.load_use_cycles, 0) : 0);
}

/* The most cycles that an instruction takes behind which its run goes on (timed). */
#define RUNS_ON_CYCLES 4

static bool runs_on(const struct hart_shared *shared, const struct insn_at *at)
{
    return !shared->timed || budget_cycles(cost_with_bubble(shared, at)) <= RUNS_ON_CYCLES;
}

/* May a slice end before this instruction, when a run is not just entered there? Before all that others could notice, and often enough
 * that no instruction begins more than HART_OVERRUN_CYCLES behind the slice's end: in every 16 bytes, and before all that takes longer
 * than a cycle. Depends on the instruction and its place only, not on where its run was entered. */
static bool is_check(const struct hart_shared *shared, const struct insn_at *at)
{
    switch (isa_rows[at->insn.op].kind) {
    case ISA_KIND_LD:
    case ISA_KIND_ST:
    case ISA_KIND_FLD:
    case ISA_KIND_FST:
    case ISA_KIND_LR:
    case ISA_KIND_SC:
    case ISA_KIND_AMO:
    case ISA_KIND_CSR:
    case ISA_KIND_SYS:
    case ISA_KIND_NONE:
        return true;
    default:
        return at->offset % 16 < 4 || is_hint(shared, &at->insn) || budget_cycles(cost_with_bubble(shared, at)) > 1;
    }
}

bool code_is_check(const struct hart_shared *shared, uint32_t page, unsigned offset)
{
    struct insn_at at = {.insn = decode(shared, fetch(shared->memory, page, offset)), .offset = offset};
    return is_check(shared, &at); /* loads, which may have a bubble, are among the others */
}

/* The instructions of the run that begins at offset: to the line's end, an unconditional transfer, one that takes long, or before an
 * instruction that straddles lines, which is a run of its own. Returns how many; *ret_end is the offset behind them. */
static unsigned scan_run(const struct hart_shared *shared, uint32_t page, unsigned offset, struct insn_at *insns, unsigned *ret_end)
{
    unsigned line_end = (offset & ~(LINE_BYTES - 1)) + LINE_BYTES, count = 0;
    while (offset < line_end) {
        struct isa_insn insn = decode(shared, fetch(shared->memory, page, offset));
        if (offset + insn.len > line_end && count > 0)
            break;
        if (shared->timed && count > 0)
            insns[count - 1].bubble = has_bubble(&insns[count - 1].insn, &insn);
        if (count > 0 && !runs_on(shared, &insns[count - 1])) /* by its bubble */
            break;
        insns[count++] = (struct insn_at){.insn = insn, .offset = offset};
        offset += insn.len;
        if (ends_run(&insn) || !runs_on(shared, &insns[count - 1]))
            break;
    }
    *ret_end = offset;
    int32_t after = 0;
    for (unsigned i = count; i-- > 0;) {
        insns[i].after = after;
        after += cost_with_bubble(shared, &insns[i]);
    }
    return count;
}

static bool has_break(const struct hart_shared *shared, unsigned offset)
{
    for (unsigned i = 0; i < shared->break_count; i++)
        if ((shared->breaks[i].pc & AT_OFFSET) == offset)
            return true;
    return false;
}

static void mark_code(struct hart_shared *shared, uint32_t page, unsigned offset)
{
    unsigned line = offset / LINE_BYTES;
    uint64_t *code = &shared->memory->code[page];
    for (unsigned h = 0; !(*code >> line & 1) && h < shared->count; h++)
        shared->harts[h].reservation->key = 0; /* stores there must come by the slow path */
    *code |= UINT64_C(1) << line;
    store_mark_slow(shared, page, line);
}

static bool is_split(const struct insn_at *at)
{
    return at->offset % LINE_BYTES + at->insn.len > LINE_BYTES;
}

/* Puts a mark before an instruction. */
static struct op *put_mark(struct op *op, op_function *run, const struct isa_insn *insn, unsigned offset)
{
    *op = (struct op){.run = run, .imm = insn->op, .at = (uint16_t)(offset | AT_MARK | (insn->len == 4 ? AT_LONG : 0))};
    return op + 1;
}

/* Lays out one copy of a run's ops; where they are goes to header->slot, counted from `first`. */
static struct op *put_run(struct hart_shared *shared, struct op *first, struct op *op, const struct insn_at *insns, unsigned count,
                          unsigned end, struct run_header *header)
{
    for (unsigned i = 0; i < count; i++) {
        header->slot[i] = (uint8_t)(op - first);
        if (shared->checks && header->checks >> i & 1)
            op = put_mark(op, shared->code->handlers->check, &insns[i].insn, insns[i].offset);
        if (shared->timed && is_split(&insns[i]))
            op = put_mark(op, shared->code->handlers->two_lines, &insns[i].insn, insns[i].offset);
        if (has_break(shared, insns[i].offset))
            op = put_mark(op, shared->code->handlers->breakpoint, &insns[i].insn, insns[i].offset);
        if (shared->reservation.strict) /* the last: behind it nothing can come before the instruction */
            op = put_mark(op, engine_strict, &insns[i].insn, insns[i].offset);
        *op = make_op(shared, &insns[i].insn, insns[i].offset);
        op->at |= insns[i].bubble ? AT_BUBBLE : 0;
        unsigned kind = isa_rows[insns[i].insn.op].kind;
        if (kind == ISA_KIND_BR || kind == ISA_KIND_JAL)
            put_link(shared, op, insns[i].after - cost_of_taking(shared, &insns[i].insn));
        op += (op->at >> AT_SLOTS_SHIFT & 3) + 1;
    }
    return ends_run(&insns[count - 1].insn) ? op : put_line_end(shared, op, end);
}

/* Where the n-th instruction of a run is entered: behind its check, for that has been looked at. */
static unsigned entry_slot(const struct hart_shared *shared, const struct run_header *header, unsigned n)
{
    return header->slot[n] + (shared->checks && header->checks >> n & 1);
}

static void make_native(struct hart_shared *shared, struct op *first, const struct insn_at *insns, unsigned count, bool has_line_end)
{
    struct native_insn list[LINE_BYTES / 2 + 1];
    const struct run_header *header = (const struct run_header *)first;
    for (unsigned i = 0; i < count; i++) {
        if (has_break(shared, insns[i].offset) || (shared->timed && is_split(&insns[i])) || shared->reservation.strict)
            return;
        list[i] = (struct native_insn){.op = first + entry_slot(shared, header, i), .insn = &insns[i].insn, .offset = insns[i].offset,
                                       .left = insns[i].after + cost_with_bubble(shared, &insns[i]),
                                       .check = shared->checks && header->checks >> i & 1,
                                       .by_handler = is_hint(shared, &insns[i].insn)};
    }
    if (has_line_end) {
        struct op *last = list[count - 1].op;
        list[count++] = (struct native_insn){.op = last + (last->at >> AT_SLOTS_SHIFT & 3) + 1};
    }
    native_compile(shared->code->native, !shared->timed ? NATIVE_FAST : shared->checks ? NATIVE_CHECKED : NATIVE_TIMED, list, count,
                   header->exact);
}

static void note_check(struct code_page *code, unsigned half, bool check)
{
    uint64_t bit = UINT64_C(1) << half % 64;
    code->checks[half / 64] = (code->checks[half / 64] & ~bit) | (check ? bit : 0);
}

const struct op *code_decode(struct hart_shared *shared, struct code_page *code, unsigned offset)
{
    struct code_cache *cache = shared->code;
    struct op *first = room_for_run(cache), *op = first;
    if (!first)
        return NULL;
    mark_code(shared, code->page, offset);
    if (offset == PAGE_BYTES - 2 && isa_length((uint16_t)fetch(shared->memory, code->page, offset)) == 4) {
        *op++ = (struct op){.run = shared->code->handlers->straddle, .at = (uint16_t)(offset | AT_LONG)};
        code->entry[offset / 2] = first;
        code->left[offset / 2] = ONE_STEP;
        code->slot[offset / 2] = 0;
    } else {
        struct insn_at insns[LINE_BYTES / 2];
        unsigned end, count = scan_run(shared, code->page, offset, insns, &end);
        if (end % LINE_BYTES == 2 && (end - 1) / LINE_BYTES != offset / LINE_BYTES)
            mark_code(shared, code->page, end - 2);
        struct run_header *header = (struct run_header *)first;
        header->checks = 0;
        for (unsigned i = 0; i < count && shared->timed; i++)
            header->checks |= (uint32_t)is_check(shared, &insns[i]) << i;
        op = put_run(shared, first, first + sizeof *header / sizeof *op, insns, count, end, header);
        header->count = (uint8_t)count;
        for (unsigned i = 0; i < count; i++)
            header->begin[i] = (uint16_t)budget_cycles(insns[0].after + cost_with_bubble(shared, &insns[0]) - insns[i].after -
                                                       cost_with_bubble(shared, &insns[i]));
        header->exact = (uint8_t)(op - first - (ptrdiff_t)(sizeof *header / sizeof *op));
        struct run_header same = *header;
        op = put_run(shared, first + header->exact, op, insns, count, end, &same);
        for (unsigned i = 0; i < count; i++) {
            unsigned half = insns[i].offset / 2;
            if (!code->entry[half]) {
                code->slot[half] = (uint8_t)entry_slot(shared, header, i);
                code->entry[half] = first + code->slot[half];
            }
            note_check(code, half, header->checks >> i & 1);
            code->left[half] = insns[i].after + cost_with_bubble(shared, &insns[i]);
        }
        make_native(shared, first, insns, count, !ends_run(&insns[count - 1].insn));
    }
    cache->chunk_used += (unsigned)(op - first);
    cache->runs_decoded++;
    return code->entry[offset / 2];
}

const struct op *code_decode_single(struct hart_shared *shared, uint32_t page, unsigned offset, uint32_t bits)
{
    struct code_cache *cache = shared->code;
    struct isa_insn insn = decode(shared, bits);
    struct op *op = cache->single_ops;
    cache->single->page = page;
    cache->single->left[offset / 2] = cost_of(shared, &insn);
    if (has_break(shared, offset))
        op = put_mark(op, shared->code->handlers->breakpoint, &insn, offset);
    if (shared->reservation.strict)
        op = put_mark(op, engine_strict, &insn, offset);
    *op = make_op(shared, &insn, offset);
    unsigned kind = isa_rows[insn.op].kind;
    if (kind == ISA_KIND_BR || kind == ISA_KIND_JAL)
        put_link(shared, op, -cost_of_taking(shared, &insn));
    op += (op->at >> AT_SLOTS_SHIFT & 3) + 1;
    put_line_end(shared, op, offset + insn.len);
    return cache->single_ops;
}

/* ---- discarding ---- */

static bool poison(const struct code_cache *cache, struct code_page *code, unsigned half)
{
    struct op *op = code->entry[half];
    if (op) {
        op->run = cache->handlers->stale;
        op->imm = code->left[half];
    }
    code->entry[half] = NULL;
    code->left[half] = 0;
    return op != NULL;
}

bool code_discard_line(struct hart_shared *shared, uint32_t page, unsigned line)
{
    struct code_page *code = shared->code->of_page[page];
    if (!store_is_watched(shared, page, line))
        shared->memory->code[page] &= ~(UINT64_C(1) << line);
    if (!code)
        return false;
    bool any = false;
    unsigned first = line * LINE_BYTES / 2;
    if (first > 0 && code->entry[first - 1] && code->entry[first - 1]->at & AT_LONG)
        any |= poison(shared->code, code, first - 1); /* straddles into this line */
    for (unsigned half = first; half < first + LINE_BYTES / 2; half++)
        any |= poison(shared->code, code, half);
    shared->code->lines_discarded += any;
    return any;
}
