/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Shadows of cached lines. A state is dirty if its line must be written back before it goes. Stores go to RAM past all this; so a
 * clean copy's shadow is what it was given, and differs from RAM once somebody has stored who had no right to; a dirty one's is
 * what memory had when the line became dirty, since nobody tells when a store makes it so.
 */
#include "shadow.h"

#include <mem/memory.h>
#include <stdlib.h>
#include <string.h>

struct shadow {
    const struct caches *caches;
    const struct coherence *coherence;
    const uint8_t *lines;
    uint8_t (*of)[LINE_BYTES]; /* by slot, while it holds a line: clean, the copy; dirty, memory's bytes */

    /* of the transaction */
    uint32_t line;
    uint8_t memory[LINE_BYTES]; /* what memory has */
    uint8_t given[LINE_BYTES];  /* by a cache */
    bool is_given;
};

bool shadow_make(struct shadow **ret_shadow, const struct caches *caches, const struct coherence *coherence, const uint8_t *lines)
{
    *ret_shadow = NULL;
    struct shadow *shadow = lines ? calloc(1, sizeof *shadow) : NULL;
    if (!shadow)
        return true;
    *shadow = (struct shadow){.caches = caches, .coherence = coherence, .lines = lines, .line = CACHE_NONE};
    shadow->of = calloc(caches->slots, sizeof *shadow->of);
    if (shadow->of)
        *ret_shadow = shadow;
    else
        free(shadow);
    return true;
}

void shadow_destroy(struct shadow *shadow)
{
    if (!shadow)
        return;
    free(shadow->of);
    free(shadow);
}

static const uint8_t *ram(const struct shadow *shadow, uint32_t line)
{
    return shadow->lines + (uint64_t)line * LINE_BYTES;
}

static void copy(uint8_t *to, const uint8_t *from)
{
    memcpy(to, from, LINE_BYTES);
}

static bool is_equal(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, LINE_BYTES) == 0;
}

static bool is_dirty(const struct shadow *shadow, uint32_t slot)
{
    return shadow->coherence->row[shadow->caches->slot[slot].state][STIMULUS_EVICT].actions & ACTION_WRITE_BACK;
}

static bool is_true_copy(const struct shadow *shadow, uint32_t slot)
{
    return is_equal(shadow->of[slot], ram(shadow, shadow->caches->slot[slot].line));
}

bool shadow_begin(struct shadow *shadow, uint32_t line)
{
    bool holds = true;
    if (!shadow)
        return true;
    shadow->line = line;
    shadow->is_given = false;
    copy(shadow->memory, ram(shadow, line));
    for (uint32_t slot = cache_first_holder(shadow->caches, line); slot != CACHE_NONE; slot = shadow->caches->slot[slot].next) {
        if (is_dirty(shadow, slot))
            copy(shadow->memory, shadow->of[slot]);
        else
            holds &= is_true_copy(shadow, slot);
    }
    return holds;
}

bool shadow_answers(struct shadow *shadow, uint32_t slot, unsigned actions)
{
    if (!shadow)
        return true;
    const uint8_t *bytes = is_dirty(shadow, slot) ? ram(shadow, shadow->line) : shadow->of[slot];
    if (actions & ACTION_SUPPLY) {
        copy(shadow->given, bytes);
        shadow->is_given = true;
    }
    if (actions & ACTION_UPDATE)
        copy(shadow->memory, bytes);
    return true;
}

bool shadow_delivers(const struct shadow *shadow, uint32_t line)
{
    return !shadow || is_equal(shadow->is_given ? shadow->given : shadow->memory, ram(shadow, line));
}

bool shadow_leaves(struct shadow *shadow, uint32_t slot, unsigned actions)
{
    if (!shadow)
        return true;
    uint32_t line = shadow->caches->slot[slot].line;
    if (!(actions & ACTION_WRITE_BACK))
        return is_true_copy(shadow, slot);
    if (line == shadow->line)
        copy(shadow->memory, ram(shadow, line));
    return true;
}

bool shadow_end(struct shadow *shadow, uint32_t line)
{
    bool is_kept = false;
    if (!shadow)
        return true;
    for (uint32_t slot = cache_first_holder(shadow->caches, line); slot != CACHE_NONE; slot = shadow->caches->slot[slot].next) {
        bool dirty = is_dirty(shadow, slot);
        /* Clean ones have been compared with RAM at the beginning, or have been given its bytes. */
        copy(shadow->of[slot], dirty ? shadow->memory : ram(shadow, line));
        is_kept |= dirty;
    }
    return is_kept || is_equal(shadow->memory, ram(shadow, line));
}

bool shadow_holds(const struct shadow *shadow)
{
    for (uint32_t slot = 0; shadow && slot < shadow->caches->slots; slot++)
        if (shadow->caches->slot[slot].state != LINE_I && !is_dirty(shadow, slot) && !is_true_copy(shadow, slot))
            return false;
    return true;
}
