/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What commands tell as data, for programs (--json): a row for each command that has more to give than its lines. 64-bit values are
 * strings "0x...", since JSON's numbers are doubles to many readers; cycles and counts are numbers.
 */
#include "json_text.h"
#include "monitor_private.h"
#include "word.h"

#include <inttypes.h>
#include <isa/insn.h>
#include <isa/trap.h>
#include <string.h>

static json_t *hex(uint64_t value)
{
    return json_sprintf("0x%" PRIx64, value);
}

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *text(const char *any)
{
    return json_text(any, strlen(any));
}

static json_t *port_json(const struct emu_machine *machine, unsigned port)
{
    struct emu_port_view view;
    if (port == EMU_NOBODY)
        return json_null();
    emu_port_view(machine, port, &view);
    return json_sprintf("%s %u", view.name, view.number);
}

/* ---- harts and registers ---- */

static json_t *hart_json(const struct monitor *monitor, unsigned hart)
{
    struct emu_hart_view view;
    emu_hart_view(monitor->host.machine, hart, &view);
    return json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:i}", "hart", (int)hart, "mode", monitor_mode_name(view.mode), "state",
                     monitor_state_name(view.state), "pc", hex(view.pc), "cycle", number(view.cycle), "instructions",
                     number(view.instructions), "reservation", view.reserved ? hex(view.reservation) : json_null(),
                     "reservation_bytes", view.reserved ? (int)view.reservation_bytes : 0);
}

static json_t *harts_json(struct monitor *monitor, const struct words *words)
{
    json_t *list = json_array();
    for (unsigned hart = 0; hart < emu_harts(monitor->host.machine); hart++)
        json_array_append_new(list, hart_json(monitor, hart));
    return list;
}

static json_t *this_hart_json(struct monitor *monitor, const struct words *words)
{
    return hart_json(monitor, monitor->hart);
}

static json_t *named_json(struct monitor *monitor, const struct words *words)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < words->count; i++) {
        uint64_t value;
        struct emu_error error;
        if (monitor_value(monitor, words->word[i], &value, &error))
            json_object_set_new(object, words->word[i], hex(value));
    }
    return object;
}

/* All 32 of one kind. */
static void add_registers(json_t *object, const char *(*name)(unsigned), const uint64_t value[static 32])
{
    for (unsigned i = 0; i < 32; i++)
        json_object_set_new(object, name(i), hex(value[i]));
}

static json_t *regs_json(struct monitor *monitor, const struct words *words)
{
    struct emu_hart_view view;
    if (words->count > 0)
        return named_json(monitor, words);
    emu_hart_view(monitor->host.machine, monitor->hart, &view);
    json_t *object = json_pack("{s:o}", "pc", hex(view.pc));
    add_registers(object, isa_xreg_name, view.x);
    return object;
}

static json_t *fregs_json(struct monitor *monitor, const struct words *words)
{
    struct emu_hart_view view;
    if (words->count > 0)
        return named_json(monitor, words);
    emu_hart_view(monitor->host.machine, monitor->hart, &view);
    json_t *object = json_object();
    add_registers(object, isa_freg_name, view.f);
    return object;
}

static json_t *csr_json(struct monitor *monitor, const struct words *words)
{
    json_t *object = json_object();
    for (unsigned n = 0; n < 4096; n++) {
        const char *name = isa_csr_name(n);
        bool is_wanted = name && words->count == 0;
        uint64_t value;
        for (unsigned i = 0; name && i < words->count; i++)
            is_wanted |= !strcmp(words->word[i] + (words->word[i][0] == '$'), name);
        if (is_wanted && emu_csr_read(monitor->host.machine, monitor->hart, n, &value))
            json_object_set_new(object, name, hex(value));
    }
    return object;
}

static json_t *value_json(struct monitor *monitor, const struct words *words)
{
    uint64_t value;
    struct emu_error error;
    return monitor_value(monitor, words->text, &value, &error) ? hex(value) : NULL;
}

/* ---- the machine ---- */

static json_t *hash_json(struct monitor *monitor, const struct words *words)
{
    struct emu_position position = emu_position(monitor->host.machine);
    return json_pack("{s:o, s:o, s:o, s:o}", "hash", json_sprintf("%016" PRIx64, emu_state_hash(monitor->host.machine)), "cycle",
                     number(emu_now(monitor->host.machine)), "events", number(position.events), "steps", number(position.steps));
}

static json_t *bus_json(struct monitor *monitor, const struct words *words)
{
    const struct emu_machine *machine = monitor->host.machine;
    uint64_t count = 10;
    struct emu_bus_record record;
    json_t *list = json_array();
    if (words->count > 0 && !number_parse(words->word[0], 1, EMU_BUS_LOG_RECORDS, &count))
        return list;
    for (uint64_t back = count; back-- > 0;)
        if (emu_bus_log_read(machine, (unsigned)back, &record))
            json_array_append_new(list,
                                  json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:i}", "kind",
                                            emu_transaction_name(record.kind), "by", port_json(machine, record.port), "pc",
                                            hex(record.pc), "address", hex(record.address), "requested", number(record.requested),
                                            "granted", number(record.granted), "effect", number(record.effect), "done",
                                            number(record.done), "from_cache", record.from_cache, "sharers", (int)record.sharers));
    return list;
}

static json_t *line_json(struct monitor *monitor, const struct words *words)
{
    const struct emu_machine *machine = monitor->host.machine;
    struct emu_line_view line;
    uint64_t address;
    struct emu_error error;
    if (!monitor_value(monitor, words->text, &address, &error) || !emu_line_view(machine, address, &line))
        return NULL;
    json_t *harts = json_array();
    for (unsigned hart = 0; hart < emu_harts(machine); hart++) {
        struct emu_line_at_hart at;
        if (!emu_line_at_hart(machine, address, hart, &at) || (!at.data && !at.instruction && !at.reserved && !at.waiting))
            continue;
        json_array_append_new(harts, json_pack("{s:i, s:s, s:s, s:o, s:b}", "hart", (int)hart, "data", emu_line_state_name(at.data),
                                               "code", emu_line_state_name(at.instruction), "reservation",
                                               at.reserved ? hex(at.reservation) : json_null(), "waits", at.waiting));
    }
    return json_pack("{s:o, s:i, s:i, s:b, s:b, s:o, s:o, s:o}", "address", hex(line.address), "copies", (int)line.copies,
                     "reservations", (int)line.reservations, "slow", line.slow, "decoded", line.code, "harts", harts, "writer",
                     port_json(machine, line.writer), "written", number(line.writer == EMU_NOBODY ? 0 : line.written));
}

static json_t *reservations_json(struct monitor *monitor, const struct words *words)
{
    json_t *list = json_array();
    for (unsigned hart = 0; hart < emu_harts(monitor->host.machine); hart++) {
        struct emu_hart_view view;
        struct emu_hart_stats stats;
        json_t *by = json_object();
        emu_hart_view(monitor->host.machine, hart, &view);
        emu_hart_stats(monitor->host.machine, hart, &stats);
        for (unsigned reason = 0; reason < EMU_REASON_COUNT; reason++)
            if (stats.sc_failed_by[reason])
                json_object_set_new(by, emu_reason_name(reason), number(stats.sc_failed_by[reason]));
        json_array_append_new(list, json_pack("{s:i, s:o, s:o, s:o, s:o}", "hart", (int)hart, "reservation",
                                              view.reserved ? hex(view.reservation) : json_null(), "sc_succeeded",
                                              number(stats.sc_succeeded), "sc_failed", number(stats.sc_failed), "by", by));
    }
    return list;
}

static json_t *failures_json(struct monitor *monitor, const struct words *words)
{
    uint64_t count = 10;
    struct emu_sc_failure failure;
    json_t *list = json_array();
    if (words->count > 0 && !number_parse(words->word[0], 1, EMU_SC_LOG_RECORDS, &count))
        return list;
    for (uint64_t back = count; back-- > 0;)
        if (emu_sc_log_read(monitor->host.machine, (unsigned)back, &failure))
            json_array_append_new(list, json_pack("{s:i, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "hart", (int)failure.hart, "cycle",
                                                  number(failure.cycle), "pc", hex(failure.pc), "address", hex(failure.address),
                                                  "reason", emu_reason_name(failure.reason), "by",
                                                  failure.by == EMU_NOBODY ? json_null() : json_integer(failure.by), "by_pc",
                                                  hex(failure.by_pc), "lost_cycle", number(failure.lost_cycle)));
    return list;
}

static json_t *stops_json(struct monitor *monitor, const struct words *words)
{
    static const char *const kinds[] = {[STOP_NONE] = "", [STOP_BREAK] = "break", [STOP_CATCH] = "catch", [STOP_WATCH] = "watch"};
    const struct stop_point *points[STOPS_MOST];
    unsigned count = monitor_stop_points(monitor, points);
    if (words->count > 0)
        return NULL;
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++) {
        const struct stop_point *point = points[i];
        bool is_catch = point->kind == STOP_CATCH;
        json_array_append_new(list,
                              json_pack("{s:i, s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:b}", "number", (int)point->number, "kind",
                                        kinds[point->kind], "address", is_catch ? json_null() : hex(point->address), "event",
                                        is_catch ? json_string(event_word(point->event.kind)) : json_null(), "hart",
                                        point->hart < 0 ? json_null() : json_integer(point->hart), "condition", point->condition,
                                        "met", number(point->met), "ignored", number(point->ignored), "on", !point->is_off));
    }
    return list;
}

/* ---- what commands tell while they show it ---- */

static void tell(struct monitor *monitor, json_t *item)
{
    if (!monitor->told)
        monitor->told = json_array();
    json_array_append_new(monitor->told, item);
}

void monitor_tell_value(struct monitor *monitor, uint64_t address, uint64_t value, unsigned bytes)
{
    if (monitor->options->json)
        tell(monitor, json_pack("{s:o, s:o, s:i}", "address", hex(address), "value", hex(value), "bytes", (int)bytes));
}

void monitor_tell_string(struct monitor *monitor, uint64_t address, const char *bytes, size_t length)
{
    if (!monitor->options->json)
        return;
    json_t *list = json_array();
    for (size_t i = 0; i < length; i++)
        json_array_append_new(list, json_integer((unsigned char)bytes[i]));
    tell(monitor, json_pack("{s:o, s:o, s:o}", "address", hex(address), "string", json_text(bytes, length), "bytes", list));
}

void monitor_tell_insn(struct monitor *monitor, uint64_t address, uint32_t bits, unsigned length, const char *insn)
{
    char place[SYMBOLS_TEXT_BYTES];
    if (!monitor->options->json)
        return;
    symbols_write(monitor->host.symbols, address, place, sizeof place);
    tell(monitor, json_pack("{s:o, s:o, s:i, s:s, s:o}", "address", hex(address), "bits", hex(bits), "bytes", (int)length,
                            "instruction", insn, "symbol", text(place)));
}

void monitor_tell_frame(struct monitor *monitor, const char *by, uint64_t pc, uint64_t address)
{
    char place[SYMBOLS_TEXT_BYTES];
    struct symbols_inline calls[8];
    struct symbols_line line;
    if (!monitor->options->json)
        return;
    json_t *inlined = json_array();
    size_t count = symbols_inlined(monitor->host.symbols, address, calls, sizeof calls / sizeof calls[0]);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(inlined, text(calls[i].name));
    bool has_line = symbols_line(monitor->host.symbols, address, &line);
    symbols_write_by(monitor->host.symbols, address, pc, place, sizeof place);
    tell(monitor, json_pack("{s:o, s:o, s:s, s:o, s:o, s:o}", "pc", hex(pc), "symbol", text(place), "by", by, "inlined", inlined,
                            "file", has_line ? text(line.file) : json_null(), "line", has_line ? number(line.line) : json_null()));
}

void monitor_tell_trap(struct monitor *monitor, uint64_t cause, unsigned from, unsigned to)
{
    if (monitor->options->json)
        tell(monitor, json_pack("{s:s, s:o, s:s, s:s}", "trap", isa_cause_name(cause), "cause", hex(cause), "from",
                                monitor_mode_name(from), "to", monitor_mode_name(to)));
}

/* ---- translation and devices ---- */

static json_t *translate_json(struct monitor *monitor, const struct words *words)
{
    static const char *const places[] = {"nothing", "ram", "rom", "device"};
    struct emu_translation t;
    struct emu_error error;
    uint64_t address;
    enum emu_access access;
    if (!monitor_take_access(monitor, words, &address, &access, &error))
        return NULL;
    emu_translate(monitor->host.machine, monitor->hart, address, access, &t);
    json_t *entries = json_array(), *tlb = json_null();
    for (unsigned i = 0; i < t.entries; i++)
        json_array_append_new(entries, json_pack("{s:i, s:o, s:o}", "level", (int)t.entry[i].level, "address",
                                                 hex(t.entry[i].address), "value", hex(t.entry[i].value)));
    if (t.in_tlb)
        tlb = json_pack("{s:i, s:o, s:b, s:b}", "entry", (int)t.tlb_index, "physical", hex(t.tlb_paddr), "used", t.tlb_suffices,
                        "differs", t.tlb_stale);
    return json_pack("{s:o, s:s, s:i, s:i, s:o, s:o, s:o, s:s, s:o, s:o, s:b, s:o}", "address", hex(address), "mode",
                     monitor_mode_name(t.mode), "levels", (int)t.levels, "asid", (int)t.asid, "entries", entries, "physical",
                     t.has_leaf ? hex(t.paddr) : json_null(), "page_bytes", number(t.page_bytes), "place",
                     t.has_leaf ? places[t.place] : "nothing", "refused",
                     t.why == EMU_REFUSAL_NONE ? json_null() : json_string(emu_refusal_name(t.why)), "cause",
                     t.why == EMU_REFUSAL_NONE ? json_null() : hex(t.cause), "sets_ad", t.sets_ad, "tlb", tlb);
}

static json_t *fields_json(const struct emu_machine *machine, unsigned region)
{
    struct emu_field fields[REGION_FIELDS_MOST];
    size_t count = emu_region_fields(machine, region, fields, REGION_FIELDS_MOST);
    json_t *object = json_object();
    for (size_t i = 0; i < count && i < REGION_FIELDS_MOST; i++)
        json_object_set_new(object, fields[i].name, hex(fields[i].value));
    return object;
}

static json_t *devices_json(struct monitor *monitor, const struct words *words)
{
    const struct emu_machine *machine = monitor->host.machine;
    struct emu_region region;
    json_t *list = json_array();
    int index = words->count ? monitor_region_named(monitor, words->text) : -1;
    for (unsigned i = 0; emu_region(machine, i, &region); i++) {
        const char *virtio = emu_virtio_at(machine, region.base);
        if (index >= 0 && i != (unsigned)index)
            continue;
        json_t *one = json_pack("{s:s, s:o, s:o, s:o}", "name", region.name, "first", hex(region.base), "last",
                                hex(region.base + region.bytes - 1), "virtio", virtio ? text(virtio) : json_null());
        if (index >= 0)
            json_object_set_new(one, "fields", fields_json(machine, i));
        json_array_append_new(list, one);
    }
    return list;
}

json_t *monitor_data(struct monitor *monitor, const struct command *command, const struct words *words, bool ok)
{
    static const struct {
        command_function *command;
        json_t *(*data)(struct monitor *monitor, const struct words *words);
    } rows[] = {
        {command_harts, harts_json},
        {command_hart, this_hart_json},
        {command_regs, regs_json},
        {command_fregs, fregs_json},
        {command_csr, csr_json},
        {command_print, value_json},
        {command_hash, hash_json},
        {command_bus, bus_json},
        {command_line, line_json},
        {command_reservations, reservations_json},
        {command_info, stops_json},
        {command_sc_failures, failures_json},
        {command_translate, translate_json},
        {command_devices, devices_json},
    };
    json_t *told = monitor->told;
    monitor->told = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && ok && !told; i++)
        if (rows[i].command == command->function)
            return rows[i].data(monitor, words);
    return told;
}
