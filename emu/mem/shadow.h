/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What caches and memory would hold if data did not live in one place: a shadow per cached line. Shows whether the protocol would
 * have delivered the bytes that an agent finds in RAM. A copy that need not be written back is to be equal to RAM whenever somebody
 * looks; of one that must be, what memory still has is kept.
 *
 * For assertions: each function notes what it is told, and says whether all is as it should be. Without assertions nothing is kept
 * and nothing costs anything. What has left the caches by cache_drop alone counts as written back. No bus, no reservations.
 */
#ifndef MEM_SHADOW_H
#define MEM_SHADOW_H

#include <mem/cache.h>

struct shadow;

/* `lines`: the bytes of all lines as agents see them, RAM. True in any case; *ret_shadow is NULL if `lines` is, or when out of
 * memory: then nothing is checked, and all is as it should be. */
bool shadow_make(struct shadow **ret_shadow, const struct caches *caches, const struct coherence *coherence, const uint8_t *lines);
void shadow_destroy(struct shadow *shadow); /* NULL is allowed */

/* A transaction on a line. Before anything changes: */
bool shadow_begin(struct shadow *shadow, uint32_t line);
/* a holder answers with these actions (enum action); its state is still the old one; */
bool shadow_answers(struct shadow *shadow, uint32_t slot, unsigned actions);
/* all have answered: is what the agent is given now, by a cache or else by memory, what it finds in RAM? */
bool shadow_delivers(const struct shadow *shadow, uint32_t line);
/* a slot of this or another line is about to be emptied to make room; */
bool shadow_leaves(struct shadow *shadow, uint32_t slot, unsigned actions);
/* and when the states are the new ones: does somebody still have what was written? */
bool shadow_end(struct shadow *shadow, uint32_t line);

/* All copies, at any time between transactions. */
bool shadow_holds(const struct shadow *shadow);

#endif
