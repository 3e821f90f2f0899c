/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The PLIC. Enable bits are kept by source (one bit a context), since every change starts at a source: when one becomes or
 * ceases to be pending, only the contexts that enable it are looked at, and a context looks only at pending sources.
 * Invariant: a source is never both pending and in service; when it is neither, nothing waits in its gateway: a level source is low,
 * an edge source has no edge left. Output lines are derived.
 */
#include <dev/plic.h>

#include <emu/emu.h>
#include <stdlib.h>

enum {
    SOURCE_COUNT = PLATFORM_PLIC_SOURCES + 1, /* number 0 means "no source" */
    SOURCE_WORDS = (SOURCE_COUNT + 31) / 32,
    PRIORITY_MASK = (1 << PLATFORM_PLIC_PRIORITY_BITS) - 1,
    PENDING_BASE = 0x1000,
    ENABLE_BASE = 0x2000,
    ENABLE_STRIDE = 0x80,
    CONTEXT_BASE = PLATFORM_PLIC_CONTEXT_BASE,
    CONTEXT_STRIDE = PLATFORM_PLIC_CONTEXT_STRIDE,
    CONTEXT_THRESHOLD = 0,
    CONTEXT_CLAIM = 4,
};

_Static_assert(SOURCE_WORDS * 32 == SOURCE_COUNT, "the rows of `enabled` fill whole words of enable bits");

_Static_assert(SOURCE_COUNT <= UINT8_MAX + 1, "a source's number fits in a byte");
_Static_assert(PLIC_CONTEXTS_MAX <= UINT16_MAX, "a context's number fits in two");

struct source {
    bool level;          /* what the device drives */
    bool is_edge;        /* its kind: wiring, no state */
    bool is_in_service;  /* claimed and not yet completed, */
    uint16_t claimed_by; /* by this context; else 0 */
    uint8_t priority;
    uint32_t edges;      /* of an edge source, that the gateway has not let through yet */
};

struct target {
    uint8_t threshold;
    bool is_raised;      /* the line (derived) */
    uint8_t lost_source; /* whose claim by another context took the line down, since when it has neither risen nor been claimed for; */
    uint16_t lost_to;    /* that context; both 0: none */
    struct irq_line line;
};

struct plic {
    const struct device_host *host;
    unsigned contexts;
    unsigned context_words; /* 64-bit words in a row of `enabled` */
    struct source sources[SOURCE_COUNT];
    uint32_t pending[SOURCE_WORDS];
    uint64_t *enabled;      /* SOURCE_COUNT rows, one bit a context */
    struct target *targets; /* one a context */
};

static bool is_pending(const struct plic *plic, unsigned source)
{
    return plic->pending[source / 32] >> source % 32 & 1;
}

static uint64_t *enable_word(const struct plic *plic, unsigned source, unsigned context)
{
    return &plic->enabled[source * plic->context_words + context / 64];
}

static bool is_enabled(const struct plic *plic, unsigned source, unsigned context)
{
    return *enable_word(plic, source, context) >> context % 64 & 1;
}

/* The pending source that `context` enables with the highest priority above `floor`, the lowest number among equals; 0: none. */
static unsigned best_source(const struct plic *plic, unsigned context, unsigned floor)
{
    unsigned best = 0;
    for (unsigned word = 0; word < SOURCE_WORDS; word++) {
        for (uint32_t bits = plic->pending[word]; bits; bits &= bits - 1) {
            unsigned source = word * 32 + (unsigned)__builtin_ctz(bits);
            if (plic->sources[source].priority > floor && is_enabled(plic, source, context)) {
                floor = plic->sources[source].priority;
                best = source;
            }
        }
    }
    return best;
}

static void update_context(struct plic *plic, unsigned context)
{
    struct target *target = &plic->targets[context];
    target->is_raised = best_source(plic, context, target->threshold) != 0;
    if (target->is_raised)
        target->lost_source = target->lost_to = 0;
    irq_line_set(&target->line, target->is_raised);
}

/* Updates the contexts to which `source` makes a difference. */
static void update_source(struct plic *plic, unsigned source)
{
    for (unsigned word = 0; word < plic->context_words; word++) {
        for (uint64_t bits = plic->enabled[source * plic->context_words + word]; bits; bits &= bits - 1)
            update_context(plic, word * 64 + (unsigned)__builtin_ctzll(bits));
    }
}

static void set_pending(struct plic *plic, unsigned source, bool value)
{
    uint32_t bit = (uint32_t)1 << source % 32;
    plic->pending[source / 32] = (plic->pending[source / 32] & ~bit) | (value ? bit : 0);
}

/* The gateway: lets one request through when there is one and the last is done with. */
static void pass_gateway(struct plic *plic, unsigned source)
{
    struct source *s = &plic->sources[source];
    if (s->is_in_service || is_pending(plic, source) || !(s->is_edge ? s->edges > 0 : s->level))
        return;
    s->edges -= s->is_edge;
    set_pending(plic, source, true);
    plic->host->irq_pending(plic->host->context, source);
    update_source(plic, source);
}

void plic_set_source(void *device, unsigned source, bool level)
{
    struct plic *plic = device;
    if (source == 0 || source >= SOURCE_COUNT)
        return;
    struct source *s = &plic->sources[source];
    if (s->is_edge && level && !s->level && s->edges < UINT32_MAX)
        s->edges++;
    s->level = level;
    pass_gateway(plic, source);
}

uint32_t plic_edges_waiting(const struct plic *plic, unsigned source)
{
    return source < SOURCE_COUNT ? plic->sources[source].edges : 0;
}

struct plic_source_view plic_source_view(const struct plic *plic, unsigned source)
{
    const struct source *s = &plic->sources[source];
    return (struct plic_source_view){s->level, s->is_edge, is_pending(plic, source), s->is_in_service, s->claimed_by, s->priority, s->edges};
}

struct plic_context_view plic_context_view(const struct plic *plic, unsigned context)
{
    const struct target *target = &plic->targets[context];
    return (struct plic_context_view){target->threshold, target->is_raised, best_source(plic, context, 0)};
}

bool plic_is_enabled(const struct plic *plic, unsigned source, unsigned context)
{
    return is_enabled(plic, source, context);
}

/* A claim has taken `source` away: the lines of the contexts that had nothing else fall, of others than the claimer in vain. */
static void withdraw(struct plic *plic, unsigned source, unsigned claimer, unsigned agent)
{
    for (unsigned word = 0; word < plic->context_words; word++) {
        for (uint64_t bits = plic->enabled[source * plic->context_words + word]; bits; bits &= bits - 1) {
            unsigned context = word * 64 + (unsigned)__builtin_ctzll(bits);
            struct target *target = &plic->targets[context];
            bool was_raised = target->is_raised;
            update_context(plic, context);
            if (context == claimer || !was_raised || target->is_raised)
                continue;
            target->lost_source = (uint8_t)source;
            target->lost_to = (uint16_t)claimer;
            struct device_claim stale = {.agent = agent, .context = context, .source = source, .first = claimer};
            plic->host->notification_stale(plic->host->context, &stale);
        }
    }
}

/* A source that `context` enables and cannot have: because another context has claimed it, or (priority 0) because none can. 0: none. */
static unsigned denied_source(const struct plic *plic, unsigned context, enum emu_empty_claim why)
{
    for (unsigned source = 1; source < SOURCE_COUNT; source++) {
        const struct source *s = &plic->sources[source];
        bool is_denied = why == EMU_EMPTY_CLAIM_ANOTHER_FIRST ? s->is_in_service && s->claimed_by != context
                                                              : is_pending(plic, source) && s->priority == 0;
        if (is_denied && is_enabled(plic, source, context))
            return source;
    }
    return 0;
}

static void report_empty_claim(struct plic *plic, unsigned context, unsigned agent)
{
    const struct target *target = &plic->targets[context];
    struct device_claim claim = {.agent = agent, .context = context, .why = EMU_EMPTY_CLAIM_ANOTHER_FIRST,
                                 .source = target->lost_source, .first = target->lost_to};
    if (claim.source == 0) {
        claim.source = denied_source(plic, context, EMU_EMPTY_CLAIM_ANOTHER_FIRST);
        claim.first = plic->sources[claim.source].claimed_by;
    }
    if (claim.source == 0) {
        claim.source = denied_source(plic, context, EMU_EMPTY_CLAIM_PRIORITY_ZERO);
        claim.why = claim.source ? EMU_EMPTY_CLAIM_PRIORITY_ZERO : EMU_EMPTY_CLAIM_NOTHING_PENDING;
    }
    plic->host->claim_empty(plic->host->context, &claim);
}

static uint32_t claim(struct plic *plic, unsigned context, unsigned agent)
{
    unsigned source = best_source(plic, context, 0);
    if (source == 0) {
        report_empty_claim(plic, context, agent);
    } else {
        plic->sources[source].is_in_service = true;
        plic->sources[source].claimed_by = (uint16_t)context;
        set_pending(plic, source, false);
        withdraw(plic, source, context, agent);
    }
    plic->targets[context].lost_source = plic->targets[context].lost_to = 0;
    return source;
}

static void complete(struct plic *plic, unsigned context, uint64_t source)
{
    if (source == 0 || source >= SOURCE_COUNT || !is_enabled(plic, (unsigned)source, context))
        return;
    plic->sources[source].is_in_service = false;
    plic->sources[source].claimed_by = 0;
    pass_gateway(plic, (unsigned)source);
}

/* 32 enable bits of a context, those of sources word * 32 and up. */
static uint32_t read_enables(const struct plic *plic, unsigned context, unsigned word)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < 32; i++)
        bits |= (uint32_t)is_enabled(plic, word * 32 + i, context) << i;
    return bits;
}

static void write_enables(struct plic *plic, unsigned context, unsigned word, uint32_t bits)
{
    uint64_t mask = (uint64_t)1 << context % 64;
    if (word == 0)
        bits &= ~(uint32_t)1;
    for (unsigned i = 0; i < 32; i++) {
        uint64_t *row = enable_word(plic, word * 32 + i, context);
        *row = (*row & ~mask) | (bits >> i & 1 ? mask : 0);
    }
    update_context(plic, context);
}

/* What lies at an offset. `index` is the source, or the word of 32 sources. */
enum reg { REG_NONE, REG_PRIORITY, REG_PENDING, REG_ENABLE, REG_THRESHOLD, REG_CLAIM };

struct place {
    enum reg reg;
    unsigned index;
    unsigned context;
};

static struct place find(const struct plic *plic, uint64_t offset)
{
    struct place p = {REG_NONE, 0, 0};
    uint64_t context = 0;
    if (offset < PENDING_BASE) {
        p.index = (unsigned)offset / 4;
        p.reg = p.index > 0 && p.index < SOURCE_COUNT ? REG_PRIORITY : REG_NONE;
    } else if (offset < ENABLE_BASE) {
        p.index = (unsigned)(offset - PENDING_BASE) / 4;
        p.reg = p.index < SOURCE_WORDS ? REG_PENDING : REG_NONE;
    } else if (offset < CONTEXT_BASE) {
        context = (offset - ENABLE_BASE) / ENABLE_STRIDE;
        p.index = (unsigned)(offset - ENABLE_BASE) % ENABLE_STRIDE / 4;
        p.reg = p.index < SOURCE_WORDS ? REG_ENABLE : REG_NONE;
    } else {
        context = (offset - CONTEXT_BASE) / CONTEXT_STRIDE;
        uint64_t rest = (offset - CONTEXT_BASE) % CONTEXT_STRIDE;
        p.reg = rest == CONTEXT_THRESHOLD ? REG_THRESHOLD : rest == CONTEXT_CLAIM ? REG_CLAIM : REG_NONE;
    }
    if (context >= plic->contexts)
        p.reg = REG_NONE;
    else
        p.context = (unsigned)context;
    return p;
}

static bool is_valid(const struct device_access *access)
{
    return access->size == 4 && access->offset % 4 == 0;
}

static bool plic_read(void *device, const struct device_access *access, uint64_t *ret_value)
{
    struct plic *plic = device;
    if (!is_valid(access))
        return false;
    struct place p = find(plic, access->offset);
    switch (p.reg) {
    case REG_NONE:
        *ret_value = 0;
        break;
    case REG_PRIORITY:
        *ret_value = plic->sources[p.index].priority;
        break;
    case REG_PENDING:
        *ret_value = plic->pending[p.index];
        break;
    case REG_ENABLE:
        *ret_value = read_enables(plic, p.context, p.index);
        break;
    case REG_THRESHOLD:
        *ret_value = plic->targets[p.context].threshold;
        break;
    case REG_CLAIM:
        *ret_value = claim(plic, p.context, access->agent);
        break;
    }
    return true;
}

static bool plic_write(void *device, const struct device_access *access, uint64_t value)
{
    struct plic *plic = device;
    if (!is_valid(access))
        return false;
    struct place p = find(plic, access->offset);
    switch (p.reg) {
    case REG_NONE:
    case REG_PENDING: /* read-only */
        break;
    case REG_PRIORITY:
        plic->sources[p.index].priority = value & PRIORITY_MASK;
        update_source(plic, p.index);
        break;
    case REG_ENABLE:
        write_enables(plic, p.context, p.index, (uint32_t)value);
        break;
    case REG_THRESHOLD:
        plic->targets[p.context].threshold = value & PRIORITY_MASK;
        update_context(plic, p.context);
        break;
    case REG_CLAIM:
        complete(plic, p.context, (uint32_t)value);
        break;
    }
    return true;
}

/* A level source whose device still asserts after its own reset (none should) is pending again at once. */
static void plic_reset(void *device)
{
    struct plic *plic = device;
    for (unsigned source = 0; source < SOURCE_COUNT; source++) {
        struct source *s = &plic->sources[source];
        *s = (struct source){.level = s->level, .is_edge = s->is_edge};
    }
    for (unsigned word = 0; word < SOURCE_WORDS; word++)
        plic->pending[word] = 0;
    for (unsigned i = 0; i < SOURCE_COUNT * plic->context_words; i++)
        plic->enabled[i] = 0;
    for (unsigned context = 0; context < plic->contexts; context++) {
        struct target *target = &plic->targets[context];
        *target = (struct target){.line = target->line};
        irq_line_set(&target->line, false);
    }
    for (unsigned source = 1; source < SOURCE_COUNT; source++)
        pass_gateway(plic, source);
}

static void source_state(struct state *s, struct plic *plic, unsigned number)
{
    struct source *source = &plic->sources[number];
    state_open(s, "source", number);
    state_bool(s, "level", &source->level);
    state_bool(s, "is_in_service", &source->is_in_service);
    state_u16(s, "claimed_by", &source->claimed_by);
    state_u8(s, "priority", &source->priority);
    if (source->is_edge)
        state_u32(s, "edges", &source->edges);
    for (unsigned word = 0; word < plic->context_words; word++)
        state_u64(s, "enabled", &plic->enabled[number * plic->context_words + word]);
    state_close(s);
}

static void plic_state(struct state *s, void *device)
{
    struct plic *plic = device;
    state_open(s, "plic", 0);
    for (unsigned source = 1; source < SOURCE_COUNT; source++)
        source_state(s, plic, source);
    for (unsigned word = 0; word < SOURCE_WORDS; word++)
        state_u32(s, "pending", &plic->pending[word]);
    for (unsigned context = 0; context < plic->contexts; context++) {
        state_open(s, "context", context);
        state_u8(s, "threshold", &plic->targets[context].threshold);
        state_u8(s, "lost_source", &plic->targets[context].lost_source);
        state_u16(s, "lost_to", &plic->targets[context].lost_to);
        state_close(s);
    }
    state_close(s);
}

struct plic *plic_create(const struct device_host *host, const struct plic_config *config)
{
    struct plic *plic = calloc(1, sizeof *plic);
    if (!plic)
        return NULL;
    plic->host = host;
    plic->contexts = config->contexts;
    plic->context_words = (config->contexts + 63) / 64;
    plic->enabled = calloc((size_t)SOURCE_COUNT * plic->context_words, sizeof *plic->enabled);
    plic->targets = calloc(config->contexts, sizeof *plic->targets);
    if (!plic->enabled || !plic->targets) {
        plic_destroy(plic);
        return NULL;
    }
    for (unsigned context = 0; context < config->contexts; context++)
        plic->targets[context].line = config->lines[context];
    for (unsigned source = 1; source < SOURCE_COUNT; source++)
        plic->sources[source].is_edge = config->edge_sources[source / 32] >> source % 32 & 1;
    return plic;
}

void plic_destroy(struct plic *plic)
{
    if (!plic)
        return;
    free(plic->enabled);
    free(plic->targets);
    free(plic);
}

const struct device_ops plic_ops = {
    .name = "plic",
    .read = plic_read,
    .write = plic_write,
    .reset = plic_reset,
    .state = plic_state,
};
