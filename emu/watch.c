/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Watchpoints as a client sees them. Where accesses are compared is emu/hart/store.c; what keeps them there is the slow bit of the
 * line and its bit of decoded code, neither of which is state.
 */
#include "machine.h"

static unsigned find_watch(const struct emu_machine *m, uint64_t address, unsigned bytes)
{
    unsigned i = 0;
    while (i < m->shared.watch_count && (m->watches[i].paddr != address || m->watches[i].size != bytes))
        i++;
    return i;
}

static void count_readers(struct emu_machine *m)
{
    m->shared.watch_readers = 0;
    for (unsigned i = 0; i < m->shared.watch_count; i++)
        m->shared.watch_readers += m->watches[i].kinds & EMU_WATCH_READ;
}

bool emu_watch_set(struct emu_machine *m, emu_paddr address, unsigned bytes, unsigned kinds)
{
    unsigned at = find_watch(m, address, bytes);
    if (bytes == 0 || bytes > HART_WATCH_BYTES || !memory_is_ram_range(&m->memory, address, bytes) || at == WATCHES_MAX)
        return false;
    if (at == m->shared.watch_count)
        m->shared.watch_count++;
    m->watches[at] = (struct hart_watch){.paddr = address, .size = (uint8_t)bytes, .kinds = (uint8_t)kinds};
    m->shared.watch_hits &= ~(UINT64_C(1) << at);
    count_readers(m);
    store_watch_bytes(&m->shared, &m->watches[at]);
    return true;
}

bool emu_watch_clear(struct emu_machine *m, emu_paddr address, unsigned bytes)
{
    unsigned at = find_watch(m, address, bytes);
    if (at == m->shared.watch_count)
        return false;
    unsigned last = --m->shared.watch_count;
    uint64_t is_last_hit = m->shared.watch_hits >> last & 1;
    m->watches[at] = m->watches[last];
    m->shared.watch_hits &= ~(UINT64_C(1) << at | UINT64_C(1) << last);
    m->shared.watch_hits |= at == last ? 0 : is_last_hit << at;
    count_readers(m);
    return true;
}

bool machine_watch_stop(struct emu_machine *m, struct emu_stop *ret_stop)
{
    unsigned number = (unsigned)__builtin_ctzll(m->shared.watch_hits);
    const struct hart_watch *watch = &m->watches[number];
    m->shared.watch_hits &= m->shared.watch_hits - 1;
    *ret_stop = (struct emu_stop){.kind = EMU_STOP_WATCHPOINT,
                                  .hart = watch->by < m->config.harts ? watch->by : EMU_NOBODY,
                                  .pc = watch->pc,
                                  .address = watch->paddr,
                                  .bytes = watch->size,
                                  .access = watch->what,
                                  .a = watch->before,
                                  .b = watch->after};
    return true;
}
