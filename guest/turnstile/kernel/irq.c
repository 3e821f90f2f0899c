/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Device interrupts over the PLIC (its specification names the registers). A source is enabled for all harts (interrupts=all), so
 * that each is offered an interrupt and the first claim has it, or for the kernel's hart 0 alone (interrupts=one). Routines run
 * outside of any lock: drivers have their own.
 */
#include "irq.h"

#include "device.h"
#include "hart.h"
#include "init.h"
#include "machine_info.h"
#include "memory.h"
#include "power.h"
#include "print.h"
#include "turnstile/abi.h"

enum { SOURCES_MAX = 128 };

struct source {
    const char *name; /* NULL: nobody's. Fixed before the source is enabled */
    irq_routine *routine;
    void *argument;
    uint64_t served[HARTS_MAX]; /* each written by its hart */
};

static struct source sources[SOURCES_MAX];
static bool is_for_one;

static volatile uint32_t *plic(uint64_t offset)
{
    return kernel_address(machine.plic_base + offset);
}

static volatile uint32_t *enable_word(unsigned context, unsigned source)
{
    return plic(0x2000 + 0x80ul * context + source / 32 * 4);
}

static volatile uint32_t *context_register(unsigned context, unsigned offset)
{
    return plic(0x200000 + 0x1000ul * context + offset);
}

static bool has_context(unsigned hart)
{
    return machine.plic_base && machine.plic_context[hart] != ~0u;
}

int irq_register(unsigned source, const char *name, irq_routine *routine, void *argument)
{
    if (source == 0 || source >= SOURCES_MAX || source > machine.plic_sources || !machine.plic_base)
        return -EINVAL;
    struct source *row = &sources[source];
    if (row->name)
        return -EBUSY;
    row->routine = routine;
    row->argument = argument;
    row->name = name;
    *plic(4ul * source) = 1;
    for (unsigned hart = 0; hart < (is_for_one ? 1 : hart_count()); hart++)
        if (has_context(hart))
            *enable_word(machine.plic_context[hart], source) |= 1u << source % 32;
    return 0;
}

void irq_serve(void)
{
    struct hart *self = hart_self();
    volatile uint32_t *claim = context_register(machine.plic_context[self->index], 4);
    uint32_t source = *claim;
    self->external_interrupts++;
    if (source == 0) {
        self->empty_claims++; /* another hart was faster */
        return;
    }
    struct source *row = source < SOURCES_MAX ? &sources[source] : NULL;
    if (row && row->routine) {
        row->served[self->index]++;
        row->routine(row->argument);
    }
    *claim = source;
}

static void print_row(struct text *text, const char *name, uint64_t (*count)(unsigned hart, const void *row), const void *row)
{
    text_add(text, "%-14s", name);
    for (unsigned hart = 0; hart < hart_count(); hart++)
        text_add(text, " %8lu", count(hart, row));
    text_add(text, "\n");
}

static uint64_t count_field(unsigned hart, const void *offset)
{
    return *(const uint64_t *)((const char *)&harts[hart] + (uint64_t)offset);
}

static uint64_t count_served(unsigned hart, const void *row)
{
    return ((const struct source *)row)->served[hart];
}

#define FIELD(name) count_field, (const void *)offsetof(struct hart, name)

static void print_interrupts(struct text *text)
{
    text_add(text, "%-14s", "");
    for (unsigned hart = 0; hart < hart_count(); hart++)
        text_add(text, "     %s%u", hart < 10 ? "h0" : "h", hart);
    text_add(text, "\n");
    print_row(text, "timer", FIELD(timer_interrupts));
    print_row(text, "ipi", FIELD(ipis));
    print_row(text, "ipi sent", FIELD(ipis_sent));
    print_row(text, "flush", FIELD(flushes));
    print_row(text, "external", FIELD(external_interrupts));
    print_row(text, "empty claim", FIELD(empty_claims));
    for (unsigned i = 0; i < SOURCES_MAX; i++)
        if (sources[i].name)
            print_row(text, sources[i].name, count_served, &sources[i]);
}

void irq_hart_init(void)
{
    unsigned own = hart_self()->index;
    if (has_context(own))
        *context_register(machine.plic_context[own], 0) = 0; /* no priority is held back */
}

void irq_init(void)
{
    char word[8];
    if (command_line_word("interrupts", word, sizeof word)) {
        is_for_one = strcmp(word, "one") == 0;
        if (!is_for_one && strcmp(word, "all") != 0)
            power_refuse("interrupts=%s is no way to deliver interrupts: one and all are", word);
    }
    for (unsigned hart = 0; hart < hart_count(); hart++)
        if (has_context(hart))
            for (unsigned source = 0; source <= machine.plic_sources; source += 32)
                *enable_word(machine.plic_context[hart], source) = 0;
    static struct proc_row row = {.name = "interrupts", .print = print_interrupts};
    proc_register(&row);
}
