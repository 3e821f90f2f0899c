/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CSRs and their fields: shown, and written by name.
 */
#include "monitor_private.h"

#include <inttypes.h>
#include <isa/trap.h>
#include <string.h>

struct csr_field {
    const char *csr, *name;
    unsigned high, low;
};

static const struct csr_field csr_fields[] = {
#define CSR_FIELD(csr, high, low, name) {#csr, name, high, low},
#include "csr_field.def"
#undef CSR_FIELD
};

static uint64_t mask_of(const struct csr_field *field)
{
    unsigned width = field->high - field->low + 1;
    return (width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1) << field->low;
}

/* A field of one bit is shown if it is set; PMP entries that are off are left out. */
static void print_csr(FILE *out, const char *name, uint64_t value)
{
    bool is_pmp = !strncmp(name, "pmpcfg", 6);
    fprintf(out, "%-9s 0x%016" PRIx64, name, value);
    for (size_t i = 0; i < sizeof csr_fields / sizeof csr_fields[0]; i++) {
        const struct csr_field *field = &csr_fields[i];
        unsigned width = field->high - field->low + 1;
        uint64_t bits = (value & mask_of(field)) >> field->low;
        if (strcmp(field->csr, name) || (!bits && (width == 1 || is_pmp)))
            continue;
        fprintf(out, width > 12 ? " %s=0x%" PRIx64 : " %s=%" PRIu64, field->name, bits);
    }
    if (!strcmp(name, "mcause") || !strcmp(name, "scause"))
        fprintf(out, " (%s)", isa_cause_name(value));
    fputc('\n', out);
}

bool command_csr(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    static const char *const usual[] = {"mstatus", "mtvec", "mepc", "mcause", "mtval", "mie", "mip",  "medeleg",
                                        "mideleg", "stvec", "sepc", "scause", "stval", "sie", "satp", "mhartid"};
    unsigned count = words->count ? words->count : sizeof usual / sizeof usual[0];
    for (unsigned i = 0; i < count; i++) {
        const char *name = words->count ? words->word[i] + (words->word[i][0] == '$') : usual[i];
        uint64_t value;
        int number = monitor_csr(name);
        if (number < 0 || !emu_csr_read(monitor->host.machine, monitor->hart, (unsigned)number, &value))
            return emu_error_set(error, "there is no CSR '%.40s'", name);
        print_csr(monitor->out, name, value);
    }
    return true;
}

/* "mstatus.MIE" */
static const struct csr_field *field_of(const char *text)
{
    const char *dot = strchr(text, '.');
    for (size_t i = 0; dot && i < sizeof csr_fields / sizeof csr_fields[0]; i++) {
        const struct csr_field *field = &csr_fields[i];
        if (strlen(field->csr) == (size_t)(dot - text) && !strncmp(field->csr, text, (size_t)(dot - text)) &&
            !strcmp(field->name, dot + 1))
            return field;
    }
    return NULL;
}

bool monitor_csr_input(struct monitor *monitor, const char *name, uint64_t value, struct emu_input *ret_input,
                       struct emu_error *error)
{
    const struct csr_field *field = field_of(name);
    uint64_t old = 0;
    int number = monitor_csr(field ? field->csr : name);
    if (number < 0 || !emu_csr_read(monitor->host.machine, monitor->hart, (unsigned)number, &old))
        return emu_error_set(error,
                             strchr(name, '.') ? "there is no field '%.40s'; csr shows those that are set"
                                               : "there is no register and no CSR '%.40s'",
                             name);
    if (field && value > mask_of(field) >> field->low)
        return emu_error_set(error, "%s is %u bit%s wide: 0x%" PRIx64 " does not fit", name, field->high - field->low + 1,
                             field->high == field->low ? "" : "s", value);
    *ret_input = (struct emu_input){.kind = EMU_INPUT_SET_CSR,
                                    .hart = monitor->hart,
                                    .a = (uint64_t)number,
                                    .b = field ? (old & ~mask_of(field)) | value << field->low : value};
    return true;
}

const char *monitor_csr_field(unsigned n, const char **ret_csr)
{
    bool is_there = n < sizeof csr_fields / sizeof csr_fields[0];
    *ret_csr = is_there ? csr_fields[n].csr : NULL;
    return is_there ? csr_fields[n].name : NULL;
}

/* ---- PMP ---- */

/* Privileged specification 1.12, 3.7.1: [first, last] that entry `n` names, from its address register and the one before it. */
static bool pmp_range(unsigned mode, uint64_t before, uint64_t address, uint64_t *ret_first, uint64_t *ret_last)
{
    enum { OFF, TOR, NA4, NAPOT };
    uint64_t ones = address ^ (address + 1); /* the lowest zero bit and all ones below it */
    *ret_first = mode == TOR ? before << 2 : mode == NA4 ? address << 2 : (address & ~ones) << 2;
    *ret_last = mode == TOR ? (address << 2) - 1 : mode == NA4 ? *ret_first + 3 : (*ret_first | ones << 2 | 3);
    return mode != OFF && (mode != TOR || before < address);
}

void monitor_print_pmp(struct monitor *monitor)
{
    uint64_t before = 0;
    unsigned count = 0;
    for (unsigned n = 0; n < 16; n++) {
        static const char *const modes[] = {"off", "TOR", "NA4", "NAPOT"};
        uint64_t configs = 0, address = 0, first, last;
        emu_csr_read(monitor->host.machine, monitor->hart, 0x3a0 + n / 8 * 2, &configs);
        emu_csr_read(monitor->host.machine, monitor->hart, 0x3b0 + n, &address);
        unsigned config = configs >> 8 * (n % 8) & 0xff;
        if (pmp_range(config >> 3 & 3, before, address, &first, &last)) {
            fprintf(monitor->out, "pmp %2u: 0x%016" PRIx64 " to 0x%016" PRIx64 " %c%c%c %s%s\n", n, first, last,
                    config & 1 ? 'r' : '-', config & 2 ? 'w' : '-', config & 4 ? 'x' : '-', modes[config >> 3 & 3],
                    config & 0x80 ? ", locked" : "");
            count++;
        }
        before = address;
    }
    if (count == 0)
        fputs("no PMP entry is on: M-mode may do everything, S and U nothing\n", monitor->out);
}
