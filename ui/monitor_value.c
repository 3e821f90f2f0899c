/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What words stand for in the monitor: registers, CSRs, symbols, memory, numbers of harts.
 */
#include "expression.h"
#include "monitor_private.h"
#include "word.h"

#include <inttypes.h>
#include <isa/insn.h>
#include <string.h>

int monitor_csr(const char *name)
{
    for (unsigned number = 0; number < 4096; number++) {
        const char *its = isa_csr_name(number);
        if (its && !strcmp(its, name))
            return (int)number;
    }
    return -1;
}

bool monitor_register(const char *name, enum register_kind *ret_kind, unsigned *ret_number)
{
    for (unsigned i = 0; i < 32; i++) {
        char number[8];
        snprintf(number, sizeof number, "x%u", i);
        bool is_x = !strcmp(name, number) || !strcmp(name, isa_xreg_name(i)) || (i == 8 && !strcmp(name, "fp"));
        number[0] = 'f';
        if (!is_x && strcmp(name, number) && strcmp(name, isa_freg_name(i)))
            continue;
        *ret_kind = is_x ? REGISTER_X : REGISTER_F;
        *ret_number = i;
        return true;
    }
    return false;
}

#define SAME_NAMES_MOST 64 /* of several symbols of one name so many are looked at */

struct names {
    struct monitor *monitor;
    unsigned hart;
};

static bool is_ambiguous(const char *name, const struct symbol *const *all, size_t count, struct emu_error *error)
{
    char list[180] = "";
    size_t said = 0, length = 0;
    for (; said < count; said++) {
        const struct symbol *symbol = all[said];
        const char *of = symbol->is_global ? symbol->image : symbol->file;
        char one[120];
        snprintf(one, sizeof one, "%s%.40s%s0x%" PRIx64, said ? ", " : "", of ? of : "", of ? ": " : "", symbol->address);
        if (length + strlen(one) >= sizeof list)
            break;
        length += (size_t)snprintf(list + length, sizeof list - length, "%s", one);
    }
    return emu_error_set(error, "several symbols are called '%.60s' (%s%s): write FILE:NAME, or the address", name, list,
                         said < count ? ", ..." : "");
}

/* One that is global is meant before those of files. *ret_symbol is NULL if there is none; false: it could be several. */
static bool find_symbol(const struct monitor *monitor, const char *name, const struct symbol **ret_symbol, struct emu_error *error)
{
    const struct symbol *all[SAME_NAMES_MOST];
    size_t count = symbols_find_all(monitor->host.symbols, name, all, SAME_NAMES_MOST);
    *ret_symbol = count ? all[0] : NULL;
    for (size_t i = 1; i < count && all[i]->is_global == all[0]->is_global; i++)
        if (all[i]->address != all[0]->address)
            return is_ambiguous(name, all, count, error);
    return true;
}

/* What an event holds, registers, symbols, CSRs, in this order; with a $ before it a name is no symbol. */
static bool value_of_name(void *context, const char *name, uint64_t *ret_value, struct emu_error *error)
{
    const struct names *names = context;
    const struct monitor *monitor = names->monitor;
    struct emu_hart_view view;
    bool is_register = name[0] == '$';
    name += is_register;
    emu_hart_view(monitor->host.machine, names->hart, &view);
    if (monitor->has_event && (!strcmp(name, "a") || !strcmp(name, "b"))) {
        *ret_value = name[0] == 'a' ? monitor->a : monitor->b;
        return true;
    }
    if (!strcmp(name, "pc") || !strcmp(name, "hart") || !strcmp(name, "clock")) {
        *ret_value = name[0] == 'p' ? view.pc : name[0] == 'h' ? names->hart : view.cycle;
        return true;
    }
    enum register_kind kind;
    unsigned number;
    if (monitor_register(name, &kind, &number)) {
        *ret_value = kind == REGISTER_X ? view.x[number] : view.f[number];
        return true;
    }
    const struct symbol *symbol = NULL;
    if (!is_register && !find_symbol(monitor, name, &symbol, error))
        return false;
    int csr = symbol ? -1 : monitor_csr(name);
    if (symbol)
        *ret_value = symbol->address;
    return symbol || (csr >= 0 && emu_csr_read(monitor->host.machine, names->hart, (unsigned)csr, ret_value)) ||
           emu_error_set(error, "there is no register and no symbol '%s%.100s'", is_register ? "$" : "", name);
}

static bool value_of_memory(void *context, uint64_t address, unsigned bytes, uint64_t *ret_value)
{
    const struct names *names = context;
    *ret_value = 0;
    return monitor_examine(names->monitor, names->hart, EMU_LOAD, address, ret_value, bytes);
}

bool monitor_value_on(struct monitor *monitor, unsigned hart, const char *text, uint64_t *ret_value, struct emu_error *error)
{
    struct names names = {monitor, hart};
    const struct expression_reader reader = {&names, value_of_name, value_of_memory};
    return expression_evaluate(text, &reader, ret_value, error);
}

bool monitor_check(struct monitor *monitor, const char *text, struct emu_error *error)
{
    struct names names = {monitor, monitor->hart};
    const struct expression_reader reader = {&names, value_of_name, value_of_memory};
    return expression_check(text, &reader, error);
}

bool monitor_value(struct monitor *monitor, const char *text, uint64_t *ret_value, struct emu_error *error)
{
    return monitor_value_on(monitor, monitor->hart, text, ret_value, error);
}

bool monitor_examine(struct monitor *monitor, unsigned hart, enum emu_access access, uint64_t address, void *to, size_t bytes)
{
    struct emu_read read;
    bool is_read = emu_virtual_read(monitor->host.machine, hart, address, access, to, bytes, &read);
    if (!monitor->read.is_elsewhere)
        monitor->read = read;
    return is_read;
}

bool monitor_hart_number(struct monitor *monitor, const char *text, unsigned *ret_hart, struct emu_error *error)
{
    uint64_t number;
    unsigned harts = emu_harts(monitor->host.machine);
    if (!number_parse(text, 0, harts - 1, &number))
        return emu_error_set(error, "the harts are 0 to %u, not '%.40s'", harts - 1, text);
    *ret_hart = (unsigned)number;
    return true;
}

bool monitor_fetch(struct monitor *monitor, unsigned hart, uint64_t pc, uint32_t *ret_bits)
{
    *ret_bits = 0;
    return monitor_examine(monitor, hart, EMU_FETCH, pc, ret_bits, 2) &&
           (isa_length((uint16_t)*ret_bits) == 2 || monitor_examine(monitor, hart, EMU_FETCH, pc, ret_bits, 4));
}
