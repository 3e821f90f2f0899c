/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * No translation: for builds whose handlers are not chained by jumps and for other hosts.
 */
#include "native.h"

const struct native_stubs *code_cache_stubs(bool timed)
{
    return NULL;
}

struct native *native_create(void)
{
    return NULL;
}

void native_destroy(struct native *native)
{
}

void native_compile(struct native *native, enum native_variant variant, const struct native_insn *insns, unsigned count, unsigned exact)
{
}

void native_flush(struct native *native)
{
}

bool native_is_full(const struct native *native)
{
    return false;
}

uint64_t native_bytes(const struct native *native)
{
    return 0;
}
