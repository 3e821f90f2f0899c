/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The monitor's commands that look into translation, caches, bus and devices.
 */
#include "monitor_private.h"
#include "word.h"

#include <inttypes.h>
#include <isa/trap.h>
#include <string.h>

static const char mode_names[] = "US?M";

/* ---- translation ---- */

static void print_flags(FILE *out, unsigned flags)
{
    static const char names[] = "VRWXUGAD";
    for (unsigned bit = 8; bit-- > 0;)
        fputc(flags >> bit & 1 ? names[bit] : '-', out);
}

static void print_translation(FILE *out, const struct emu_translation *t)
{
    static const char *const places[] = {"nothing", "RAM", "ROM", "a device"};
    if (t->levels == 0)
        fprintf(out, "mode %c: addresses are physical\n", mode_names[t->mode & 3]);
    else
        fprintf(out, "mode %c, Sv%u, ASID %u\n", mode_names[t->mode & 3], 12 + 9 * t->levels, t->asid);
    for (unsigned i = 0; i < t->entries; i++) {
        fprintf(out, "level %u: 0x%" PRIx64 ": 0x%016" PRIx64 " ", t->entry[i].level, t->entry[i].address, t->entry[i].value);
        print_flags(out, (unsigned)t->entry[i].value & 0xff);
        fputc('\n', out);
    }
    if (t->has_leaf) {
        fprintf(out, "physical 0x%" PRIx64, t->paddr);
        if (t->page_bytes)
            fprintf(out, ", in a page of %" PRIu64 " KiB", t->page_bytes >> 10);
        fprintf(out, ": %s\n", places[t->place]);
    }
    if (t->why != EMU_REFUSAL_NONE)
        fprintf(out, "refused: %s (%s); trap %" PRIu64 ", %s\n", emu_refusal_name(t->why), emu_refusal_meaning(t->why), t->cause,
                isa_cause_name(t->cause));
    else if (t->sets_ad)
        fputs("the walk would set A or D\n", out);
    if (t->in_tlb)
        fprintf(out, "TLB entry %u: physical 0x%" PRIx64 "%s%s\n", t->tlb_index, t->tlb_paddr,
                t->tlb_suffices ? ", used" : ", does not suffice", t->tlb_stale ? ", differs from the tables" : "");
}

bool monitor_take_access(struct monitor *monitor, const struct words *words, uint64_t *ret_address, enum emu_access *ret_access,
                         struct emu_error *error)
{
    static const char *const kinds[] = {[EMU_FETCH] = "fetch", [EMU_LOAD] = "load", [EMU_STORE] = "store"};
    unsigned access;
    if (words->count == 0 || words->count > 2)
        return emu_error_set(error, "write translate ADDRESS [fetch|load|store]");
    for (access = 0; words->count == 2 && access < 3 && strcmp(words->word[1], kinds[access]);)
        access++;
    if (access == 3)
        return emu_error_set(error, "an access is fetch, load or store, not '%.40s'", words->word[1]);
    *ret_access = words->count == 2 ? (enum emu_access)access : EMU_LOAD;
    return monitor_value(monitor, words->word[0], ret_address, error);
}

bool command_translate(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct emu_translation translation;
    uint64_t address;
    enum emu_access access;
    if (!monitor_take_access(monitor, words, &address, &access, error))
        return false;
    emu_translate(monitor->host.machine, monitor->hart, address, access, &translation);
    print_translation(monitor->out, &translation);
    return true;
}

/* "data", "code", or both; *ret_words is how many words that were. */
static void sides_of(const struct words *words, bool ret_sides[2], unsigned *ret_words)
{
    bool data = words->count > 0 && !strcmp(words->word[0], "data"), code = words->count > 0 && !strcmp(words->word[0], "code");
    ret_sides[EMU_DATA] = !code;
    ret_sides[EMU_INSTRUCTION] = !data;
    *ret_words = data || code;
}

static const char *const side_names[] = {[EMU_DATA] = "data", [EMU_INSTRUCTION] = "code"};

bool command_tlb(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    bool sides[2];
    unsigned taken;
    sides_of(words, sides, &taken);
    if (words->count > taken)
        return emu_error_set(error, "write tlb, tlb data or tlb code");
    for (unsigned side = 0; side < 2; side++) {
        struct emu_tlb_view view;
        unsigned used = 0;
        for (unsigned i = 0; sides[side] && emu_tlb_view(monitor->host.machine, monitor->hart, side, i, &view); i++) {
            if (!view.valid)
                continue;
            used++;
            fprintf(monitor->out, "%s %2u: 0x%016" PRIx64 " -> 0x%" PRIx64 ", %" PRIu64 " KiB, ASID %u, ", side_names[side], i,
                    view.vaddr, view.paddr, view.page_bytes >> 10, view.asid);
            print_flags(monitor->out, view.flags);
            fputc('\n', monitor->out);
        }
        if (sides[side] && used == 0)
            fprintf(monitor->out, "%s: empty\n", side_names[side]);
    }
    return true;
}

/* ---- caches and lines ---- */

bool command_cache(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    bool sides[2];
    unsigned taken, lines = 0;
    uint64_t chosen = 0;
    struct emu_cache_shape shape;
    sides_of(words, sides, &taken);
    bool one = words->count > taken;
    emu_cache_shape(monitor->host.machine, sides[EMU_DATA] ? EMU_DATA : EMU_INSTRUCTION, &shape);
    if (words->count > taken + 1 || (one && !number_parse(words->word[taken], 0, shape.sets - 1, &chosen)))
        return emu_error_set(error, "write cache [data|code] [SET]; there are sets 0 to %u", shape.sets - 1);
    for (unsigned side = 0; side < 2; side++) {
        emu_cache_shape(monitor->host.machine, side, &shape);
        for (unsigned set = 0; sides[side] && set < shape.sets; set++)
            for (unsigned way = 0; way < shape.ways && (!one || set == chosen); way++) {
                struct emu_cache_view view;
                if (!emu_cache_view(monitor->host.machine, monitor->hart, side, set, way, &view) || view.state == 0)
                    continue;
                lines++;
                fprintf(monitor->out, "%s set %3u way %u: 0x%" PRIx64 " %s%s\n", side_names[side], set, way, view.address,
                        emu_line_state_name(view.state), view.announces ? ", stores are announced" : "");
            }
    }
    fprintf(monitor->out, "%u line%s\n", lines, lines == 1 ? "" : "s");
    return true;
}

static void print_port(FILE *out, const struct emu_machine *machine, unsigned port)
{
    struct emu_port_view view;
    emu_port_view(machine, port, &view);
    fprintf(out, "%s %u", view.name, view.number);
}

bool command_line(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    const struct emu_machine *machine = monitor->host.machine;
    struct emu_line_view line;
    uint64_t address;
    if (words->count == 0)
        return emu_error_set(error, "an address is missing");
    if (!monitor_value(monitor, words->text, &address, error))
        return false;
    if (!emu_line_view(machine, address, &line))
        return emu_error_set(error, "physical address 0x%" PRIx64 " is neither RAM nor ROM", address);
    fprintf(monitor->out, "line 0x%" PRIx64 ": in %u cache%s, reserved by %u, set %u (data) %u (code)%s%s\n", line.address,
            line.copies, line.copies == 1 ? "" : "s", line.reservations, line.data_set, line.instruction_set,
            line.slow ? ", slow" : "", line.code ? ", decoded" : "");
    for (unsigned hart = 0; hart < emu_harts(machine); hart++) {
        struct emu_line_at_hart at;
        if (!emu_line_at_hart(machine, address, hart, &at) || (!at.data && !at.instruction && !at.reserved && !at.waiting))
            continue;
        fprintf(monitor->out, "hart %u: data %s, code %s", hart, emu_line_state_name(at.data), emu_line_state_name(at.instruction));
        if (at.reserved)
            fprintf(monitor->out, ", reserves %u bytes at 0x%" PRIx64, at.reservation_bytes, at.reservation);
        fprintf(monitor->out, "%s\n", at.waiting ? ", waits for it" : "");
    }
    if (line.writer != EMU_NOBODY) {
        fputs("last made writable for ", monitor->out);
        print_port(monitor->out, machine, line.writer);
        fprintf(monitor->out, " at cycle %" PRIu64 "\n", line.written);
    }
    return true;
}

bool command_bus(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    const struct emu_machine *machine = monitor->host.machine;
    uint64_t count = 10;
    struct emu_bus_record record;
    if (words->count > 1 || (words->count == 1 && !number_parse(words->word[0], 1, EMU_BUS_LOG_RECORDS, &count)))
        return emu_error_set(error, "write bus N, from 1 to %d", EMU_BUS_LOG_RECORDS);
    fputs("kind        by           address              asked       granted        effect          done\n", monitor->out);
    for (uint64_t back = count; back-- > 0;) {
        struct emu_port_view port;
        if (!emu_bus_log_read(machine, (unsigned)back, &record))
            continue;
        emu_port_view(machine, record.port, &port);
        fprintf(monitor->out, "%-11s %-6s %3u  0x%-10" PRIx64 " %13" PRIu64 " %13" PRIu64 " %13" PRIu64 " %13" PRIu64 "%s",
                emu_transaction_name(record.kind), port.name, port.number, record.address, record.requested, record.granted,
                record.effect, record.done, record.from_cache ? "  from a cache" : "");
        if (record.sharers)
            fprintf(monitor->out, "  sharers %u", record.sharers);
        fputc('\n', monitor->out);
    }
    for (unsigned port = 0; port < emu_ports(machine); port++) {
        struct emu_port_view view;
        emu_port_view(machine, port, &view);
        if (view.waiting)
            fprintf(monitor->out, "%s %u waits since cycle %" PRIu64 ": %s 0x%" PRIx64 "\n", view.name, view.number, view.requested,
                    view.request, view.address);
    }
    return true;
}

/* ---- devices ---- */

const char *monitor_region_name(const struct monitor *monitor, unsigned n)
{
    struct emu_region region;
    return emu_region(monitor->host.machine, n, &region) ? region.name : NULL;
}

int monitor_region_named(struct monitor *monitor, const char *text)
{
    struct emu_region region;
    struct emu_error error;
    uint64_t address;
    bool is_address = monitor_value(monitor, text, &address, &error);
    for (unsigned i = 0; emu_region(monitor->host.machine, i, &region); i++)
        if (!strcmp(region.name, text) || (is_address && address - region.base < region.bytes))
            return (int)i;
    return -1;
}

static void print_fields(struct monitor *monitor, unsigned index)
{
    struct emu_field fields[REGION_FIELDS_MOST];
    size_t count = emu_region_fields(monitor->host.machine, index, fields, REGION_FIELDS_MOST);
    for (size_t i = 0; i < count && i < REGION_FIELDS_MOST; i++) {
        fprintf(monitor->out, "  %-32s 0x%" PRIx64, fields[i].name, fields[i].value);
        if (fields[i].bytes > 8)
            fprintf(monitor->out, " and %zu more bytes", fields[i].bytes - 8);
        fputc('\n', monitor->out);
    }
    if (count > REGION_FIELDS_MOST)
        fprintf(monitor->out, "  and %zu more\n", count - REGION_FIELDS_MOST);
    if (count == 0)
        fputs("  no registers\n", monitor->out);
}

static void print_region(struct monitor *monitor, const struct emu_region *region)
{
    const char *virtio = emu_virtio_at(monitor->host.machine, region->base);
    fprintf(monitor->out, "0x%010" PRIx64 " to 0x%010" PRIx64 " %s%s%s\n", region->base, region->base + region->bytes - 1,
            region->name, virtio ? ": " : "", virtio ? virtio : "");
}

bool command_devices(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    struct emu_region region;
    int index = words->count ? monitor_region_named(monitor, words->text) : -1;
    if (words->count && index < 0)
        return emu_error_set(error, "there is no device '%.40s', by name or by address; devices lists them", words->text);
    for (unsigned i = 0; emu_region(monitor->host.machine, i, &region); i++)
        if (index < 0 || i == (unsigned)index)
            print_region(monitor, &region);
    if (index >= 0)
        print_fields(monitor, (unsigned)index);
    return true;
}

static void print_sources(FILE *out, const struct emu_machine *machine)
{
    for (unsigned source = 1; source <= emu_irq_sources(machine); source++) {
        struct emu_irq_view irq;
        if (!emu_irq_view(machine, source, &irq) || (!irq.high && !irq.pending && !irq.in_service && !irq.priority))
            continue;
        fprintf(out, "source %u (%s): priority %u%s%s", source, irq.name[0] ? irq.name : "nobody's", irq.priority,
                irq.high ? ", high" : "", irq.pending ? ", pending" : "");
        if (irq.in_service)
            fprintf(out, ", claimed by context %u", irq.claimed_by);
        fputs(", enabled for", out);
        for (unsigned context = 0; context < emu_irq_contexts(machine); context++)
            if (emu_irq_enabled(machine, source, context))
                fprintf(out, " %u", context);
        fputc('\n', out);
    }
}

bool command_irq(struct monitor *monitor, struct words *words, struct emu_error *error)
{
    const struct emu_machine *machine = monitor->host.machine;
    print_sources(monitor->out, machine);
    for (unsigned context = 0; context < emu_irq_contexts(machine); context++) {
        struct emu_irq_context_view view;
        if (!emu_irq_context_view(machine, context, &view) || (!view.raised && !view.threshold && !view.best))
            continue;
        fprintf(monitor->out, "context %u (hart %u, %c): threshold %u, %s", context, view.hart, mode_names[view.mode & 3],
                view.threshold, view.raised ? "raised" : "not raised");
        if (view.best)
            fprintf(monitor->out, ", a claim would get %u", view.best);
        fputc('\n', monitor->out);
    }
    for (unsigned hart = 0; hart < emu_harts(machine); hart++) {
        struct emu_timer_view timer;
        emu_timer_view(machine, hart, &timer);
        fprintf(monitor->out, "hart %u: mtime %" PRIu64 ", mtimecmp 0x%" PRIx64 "%s%s\n", hart, timer.mtime, timer.mtimecmp,
                timer.due ? ", due" : "", timer.msip ? ", software interrupt" : "");
    }
    return true;
}
