/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What words stand for in the monitor: registers, CSRs, symbols, memory, numbers of harts.
 */
#include "expression.h"
#include "monitor_private.h"
#include "word.h"

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

struct names {
    const struct monitor *monitor;
    unsigned hart;
};

/* What an event holds, registers, symbols, CSRs, in this order; with a $ before it a name is no symbol. */
static bool value_of_name(void *context, const char *name, uint64_t *ret_value)
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
    const struct symbol *symbol = is_register ? NULL : symbols_find(monitor->host.symbols, name);
    int csr = symbol ? -1 : monitor_csr(name);
    if (symbol)
        *ret_value = symbol->address;
    return symbol || (csr >= 0 && emu_csr_read(monitor->host.machine, names->hart, (unsigned)csr, ret_value));
}

static bool value_of_memory(void *context, uint64_t address, unsigned bytes, uint64_t *ret_value)
{
    const struct names *names = context;
    *ret_value = 0;
    return monitor_read(names->monitor, address, ret_value, bytes);
}

bool monitor_value_on(struct monitor *monitor, unsigned hart, const char *text, uint64_t *ret_value, struct emu_error *error)
{
    struct names names = {monitor, hart};
    const struct expression_reader reader = {&names, value_of_name, value_of_memory};
    return expression_evaluate(text, &reader, ret_value, error);
}

bool monitor_value(struct monitor *monitor, const char *text, uint64_t *ret_value, struct emu_error *error)
{
    return monitor_value_on(monitor, monitor->hart, text, ret_value, error);
}

bool monitor_read(const struct monitor *monitor, uint64_t address, void *to, size_t bytes)
{
    return emu_virtual_read(monitor->host.machine, monitor->hart, address, to, bytes, NULL);
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
