/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The cache of decoded code as the machine sees it: one for all harts, made with it, thrown away when full.
 */
#ifndef HART_CODE_CACHE_H
#define HART_CODE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

struct code_cache;
struct hart_shared;

struct native_stubs;

struct code_cache_counts {
    uint64_t bytes, runs_decoded, lines_discarded;
};

/* `pages`: of struct memory. NULL when out of memory. */
struct code_cache *code_cache_create(uint32_t pages);
void code_cache_destroy(struct code_cache *cache); /* NULL is allowed */
/* What translated code calls; NULL where nothing is translated. */
const struct native_stubs *code_cache_stubs(bool timed);
bool code_is_full(const struct code_cache *cache);
/* Throws all decoded code away; from here on it is that of the present fidelity. To be called once the harts are made. Not while the
 * engine runs. Never changes the run. */
void code_flush(struct hart_shared *shared);
struct code_cache_counts code_cache_counts(const struct code_cache *cache);

#endif
