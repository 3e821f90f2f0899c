/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Flips each field of a component's state.
 */
#include <lib/state_check.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

uint64_t state_check_hash(state_function *function, void *object)
{
    struct state *s = state_create_hash();
    function(s, object);
    return state_finish_hash(s);
}

static uint64_t flip(state_function *function, void *object, uint64_t n, char ret_name[128])
{
    struct state *s = state_create_flip(n);
    function(s, object);
    return state_finish_flip(s, ret_name);
}

uint64_t state_check_flips(state_function *function, void *object)
{
    char name[128];
    uint64_t before = state_check_hash(function, object);
    uint64_t count = flip(function, object, UINT64_MAX, NULL);
    for (uint64_t n = 0; n < count; n++) {
        flip(function, object, n, name);
        cr_expect(ne(u64, state_check_hash(function, object), before), "flipping %s does not change the hash", name);
        flip(function, object, n, name);
        cr_expect(eq(u64, state_check_hash(function, object), before), "flipping %s twice does not restore it", name);
    }
    return count;
}
