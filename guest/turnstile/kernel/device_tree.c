/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads the flattened device tree (Devicetree specification 0.4, chapter 5) into struct machine_info. Two walks: the first finds
 * harts and the handles of their interrupt controllers, the second all else. Nothing of the tree is needed afterwards.
 */
#include "machine_info.h"
#include "memory.h"
#include "print.h"

enum { MAGIC = 0xd00dfeed, BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4, END = 9 };
enum { DEPTH_MAX = 16, IRQ_S_EXTERNAL = 9 };

struct machine_info machine;

struct property {
    const uint8_t *bytes; /* NULL: the node has none */
    uint32_t length;
};

/* A node, and those above it. */
struct node {
    const char *name;
    uint32_t address_cells, size_cells; /* of its children */
    struct property compatible, reg, interrupts, interrupts_extended, device_type, status, phandle, isa, frequency, sources,
        bootargs;
};

struct walk {
    const uint8_t *tree, *at, *end;
    const char *strings;
    uint32_t strings_bytes;
    struct node nodes[DEPTH_MAX];
    unsigned depth; /* of the present node + 1 */
    void (*visit)(const struct node *node, const struct node *parent);
};

static uint32_t handles[HARTS_MAX]; /* of each hart's interrupt controller */

static uint32_t cell(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t cells(const uint8_t *at, uint32_t count)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < count; i++)
        value = value << 32 | cell(at + 4 * i);
    return value;
}

/* Whether the property's texts, each ended by 0, have one that is `text`. */
static bool has_text(struct property property, const char *text)
{
    size_t length = strlen(text) + 1;
    for (uint32_t at = 0; property.bytes && at < property.length;) {
        if (property.length - at >= length && memcmp(property.bytes + at, text, length) == 0)
            return true;
        while (at < property.length && property.bytes[at])
            at++;
        at++;
    }
    return false;
}

static bool has_word(struct property property, const char *word)
{
    size_t length = strlen(word);
    for (uint32_t at = 0; property.bytes && at + length <= property.length; at++)
        if (memcmp(property.bytes + at, word, length) == 0 &&
            (property.bytes[at + length] == '_' || property.bytes[at + length] == 0))
            return true;
    return false;
}

static struct range range_of(const struct node *node, const struct node *parent)
{
    uint32_t address = parent->address_cells, size = parent->size_cells;
    if (!node->reg.bytes || node->reg.length < 4 * (address + size))
        return (struct range){0, 0};
    uint64_t start = cells(node->reg.bytes, address);
    return (struct range){start, start + cells(node->reg.bytes + 4 * address, size)};
}

static void reserve(struct range range)
{
    if (range.start >= range.end)
        return;
    if (machine.reserved_count == RESERVED_MAX)
        panic("the device tree reserves more than %u ranges of memory", RESERVED_MAX);
    machine.reserved[machine.reserved_count++] = range;
}

/* ---- first walk ---- */

static void add_hart(uint64_t id, bool has_sstc)
{
    machine.harts_named++;
    if (!has_sstc)
        machine.has_sstc = false;
    unsigned at = machine.harts;
    while (at > 0 && machine.hart_id[at - 1] > id)
        at--;
    if (at == HARTS_MAX)
        return;
    unsigned last = machine.harts < HARTS_MAX ? machine.harts : HARTS_MAX - 1;
    for (unsigned i = last; i > at; i--) {
        machine.hart_id[i] = machine.hart_id[i - 1];
        handles[i] = handles[i - 1];
    }
    machine.hart_id[at] = id;
    handles[at] = 0;
    machine.harts = last + 1;
}

static bool is_cpu(const struct node *node)
{
    return node->reg.bytes && has_text(node->device_type, "cpu") && !has_text(node->status, "disabled");
}

static void visit_cpu(const struct node *node, const struct node *parent)
{
    if (is_cpu(node) && parent->address_cells <= 2 && node->reg.length >= 4 * parent->address_cells)
        add_hart(cells(node->reg.bytes, parent->address_cells), has_word(node->isa, "sstc"));
    if (strcmp(node->name, "cpus") == 0 && node->frequency.bytes && node->frequency.length >= 4)
        machine.timebase_hz = cells(node->frequency.bytes, node->frequency.length / 4 > 1 ? 2 : 1);
    if (strcmp(node->name, "interrupt-controller") == 0 && is_cpu(parent) && node->phandle.length >= 4) {
        uint64_t id = cells(parent->reg.bytes, parent->reg.length / 4 > 1 ? 2 : 1);
        for (unsigned i = 0; i < machine.harts; i++)
            if (machine.hart_id[i] == id)
                handles[i] = cell(node->phandle.bytes);
    }
}

/* ---- second walk ---- */

static void read_plic(const struct node *node, struct range range)
{
    machine.plic_base = range.start;
    machine.plic_sources = node->sources.length >= 4 ? cell(node->sources.bytes) : 0;
    for (uint32_t i = 0; i + 8 <= node->interrupts_extended.length; i += 8)
        for (unsigned hart = 0; hart < machine.harts; hart++)
            if (cell(node->interrupts_extended.bytes + i) == handles[hart] &&
                cell(node->interrupts_extended.bytes + i + 4) == IRQ_S_EXTERNAL)
                machine.plic_context[hart] = i / 8;
}

static void read_chosen(const struct node *node)
{
    if (node->bootargs.bytes && node->bootargs.length)
        text_copy(machine.command_line, (const char *)node->bootargs.bytes,
                  node->bootargs.length < sizeof machine.command_line ? node->bootargs.length : sizeof machine.command_line);
}

static void visit_device(const struct node *node, const struct node *parent)
{
    struct range range = range_of(node, parent);
    struct device_place place = {range.start, node->interrupts.length >= 4 ? cell(node->interrupts.bytes) : 0};
    if (strcmp(node->name, "chosen") == 0)
        read_chosen(node);
    if (strcmp(parent->name, "reserved-memory") == 0)
        reserve(range);
    if (has_text(node->device_type, "memory") && range.end - range.start > machine.memory.end - machine.memory.start)
        machine.memory = range;
    if (has_text(node->status, "disabled"))
        return;
    if (has_text(node->compatible, "ns16550a") && !machine.uart.address)
        machine.uart = place;
    else if (has_text(node->compatible, "google,goldfish-rtc"))
        machine.rtc = place;
    else if (has_text(node->compatible, "virtio,mmio") && machine.virtio_count < VIRTIO_MAX)
        machine.virtio[machine.virtio_count++] = place;
    else if (has_text(node->compatible, "riscv,plic0") || has_text(node->compatible, "sifive,plic-1.0.0"))
        read_plic(node, range);
    else if (has_text(node->compatible, "riscv,aclint-sswi"))
        machine.sswi_base = range.start;
    else if (has_text(node->compatible, "sifive,test1"))
        machine.finisher = range.start;
}

/* ---- walking ---- */

static void note_property(struct node *node, const char *name, struct property property)
{
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
        {"compatible", offsetof(struct node, compatible)},
        {"reg", offsetof(struct node, reg)},
        {"interrupts", offsetof(struct node, interrupts)},
        {"interrupts-extended", offsetof(struct node, interrupts_extended)},
        {"device_type", offsetof(struct node, device_type)},
        {"status", offsetof(struct node, status)},
        {"phandle", offsetof(struct node, phandle)},
        {"riscv,isa", offsetof(struct node, isa)},
        {"timebase-frequency", offsetof(struct node, frequency)},
        {"riscv,ndev", offsetof(struct node, sources)},
        {"bootargs", offsetof(struct node, bootargs)},
    };
    if (strcmp(name, "#address-cells") == 0 && property.length == 4)
        node->address_cells = cell(property.bytes);
    if (strcmp(name, "#size-cells") == 0 && property.length == 4)
        node->size_cells = cell(property.bytes);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(name, rows[i].name) == 0)
            *(struct property *)((char *)node + rows[i].offset) = property;
}

/* A node's properties come before its children: it is visited when the first child or its end comes. */
static void visit(struct walk *walk, bool *is_visited)
{
    static const struct node nothing = {.name = "", .address_cells = 2, .size_cells = 1};
    if (!*is_visited && walk->depth > 0)
        walk->visit(&walk->nodes[walk->depth - 1], walk->depth > 1 ? &walk->nodes[walk->depth - 2] : &nothing);
    *is_visited = true;
}

static void begin_node(struct walk *walk)
{
    if (walk->depth == DEPTH_MAX)
        panic("the device tree is deeper than %u nodes", DEPTH_MAX);
    walk->nodes[walk->depth++] = (struct node){.name = (const char *)walk->at, .address_cells = 2, .size_cells = 1};
    size_t length = 0;
    while (walk->at + length < walk->end && walk->at[length])
        length++;
    walk->at += (length + 4) & ~3ul;
}

static void read_property(struct walk *walk)
{
    struct property property = {walk->at + 8, cell(walk->at)};
    uint32_t name = cell(walk->at + 4);
    if (property.length > (uint64_t)(walk->end - walk->at) || name >= walk->strings_bytes || walk->depth == 0)
        panic("the device tree is damaged: a property of %u bytes", property.length);
    note_property(&walk->nodes[walk->depth - 1], walk->strings + name, property);
    walk->at += 8 + ((property.length + 3) & ~3u);
}

static void walk_tree(const uint8_t *tree, void (*each)(const struct node *node, const struct node *parent))
{
    static struct walk walk;
    walk = (struct walk){.tree = tree,
                         .at = tree + cell(tree + 8),
                         .end = tree + cell(tree + 4),
                         .strings = (const char *)tree + cell(tree + 12),
                         .strings_bytes = cell(tree + 32),
                         .visit = each};
    bool is_visited = true;
    while (walk.at + 4 <= walk.end) {
        uint32_t token = cell(walk.at);
        walk.at += 4;
        if (token == BEGIN_NODE) {
            visit(&walk, &is_visited);
            begin_node(&walk);
            is_visited = false;
        } else if (token == END_NODE && walk.depth > 0) {
            visit(&walk, &is_visited);
            walk.depth--;
        } else if (token == PROPERTY && walk.at + 8 <= walk.end) {
            read_property(&walk);
        } else if (token != NOP) {
            return;
        }
    }
}

/* By address, with no overlap: page.c counts on that. */
static void sort_reserved(void)
{
    for (unsigned i = 0; i < machine.reserved_count; i++)
        for (unsigned j = i + 1; j < machine.reserved_count; j++)
            if (machine.reserved[j].start < machine.reserved[i].start) {
                struct range other = machine.reserved[j];
                machine.reserved[j] = machine.reserved[i];
                machine.reserved[i] = other;
            }
    for (unsigned i = 1; i < machine.reserved_count; i++)
        if (machine.reserved[i].start < machine.reserved[i - 1].end) {
            machine.reserved[i].start = machine.reserved[i - 1].end;
            if (machine.reserved[i].end < machine.reserved[i].start)
                machine.reserved[i].end = machine.reserved[i].start;
        }
}

void machine_read(uint64_t address)
{
    const uint8_t *tree = kernel_address(address);
    machine.has_sstc = true;
    if (address == 0 || address % 4 || cell(tree) != MAGIC)
        panic("there is no device tree at %p", (void *)address);
    for (unsigned i = 0; i < HARTS_MAX; i++)
        machine.plic_context[i] = ~0u;
    walk_tree(tree, visit_cpu);
    walk_tree(tree, visit_device);
    for (const uint8_t *at = tree + cell(tree + 16); cells(at + 8, 2); at += 16)
        reserve((struct range){cells(at, 2), cells(at, 2) + cells(at + 8, 2)});
    if (machine.harts == 0 || machine.timebase_hz == 0 || machine.memory.end == 0)
        panic("the device tree names %u harts, a clock of %lu Hz and memory up to %p: not enough", machine.harts,
              machine.timebase_hz, (void *)machine.memory.end);
    if (machine.memory.end > KERNEL_PHYSICAL_MAX)
        machine.memory.end = KERNEL_PHYSICAL_MAX;
    sort_reserved();
}

bool command_line_word(const char *name, char *value, unsigned bytes)
{
    size_t length = strlen(name);
    for (const char *at = machine.command_line; *at;) {
        while (*at == ' ')
            at++;
        const char *word = at;
        while (*at && *at != ' ')
            at++;
        size_t word_length = (size_t)(at - word);
        if (word_length < length || memcmp(word, name, length) != 0 || (word_length > length && word[length] != '='))
            continue;
        size_t rest = word_length > length ? word_length - length - 1 : 0;
        rest = rest < bytes - 1 ? rest : bytes - 1;
        memcpy(value, at - (word_length > length ? word_length - length - 1 : 0), rest);
        value[rest] = 0;
        return true;
    }
    return false;
}
