/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The surroundings of a program: privilege, page tables of random shape and permissions, PMP regions, delegation. The S-mode
 * vectors' page and the root table always stay reachable, since a fault there could be delegated for ever.
 */
#include "program.h"

#include <string.h>

enum { V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128 };

struct tables {
    struct record *record;
    unsigned used;
};

static uint64_t *table_words(struct tables *tables, unsigned table)
{
    return (uint64_t *)(void *)(tables->record->work + (DIFF_TABLES - DIFF_WORK) + table * 4096u);
}

static uint64_t pte(uint64_t paddr, unsigned flags)
{
    return paddr >> 12 << 10 | flags;
}

/* The entry of `level` for vaddr, tables made on the way. NULL: no table left, or a leaf in the way. */
static uint64_t *entry_at(struct tables *tables, unsigned levels, unsigned level, uint64_t vaddr)
{
    unsigned table = 0;
    for (unsigned at = levels - 1;; at--) {
        uint64_t *entry = &table_words(tables, table)[vaddr >> (12 + 9 * at) & 511];
        if (at == level)
            return entry;
        if (*entry & (R | W | X))
            return NULL;
        if (!*entry) {
            if (tables->used == DIFF_TABLE_PAGES)
                return NULL;
            *entry = pte(DIFF_TABLES + 4096u * tables->used++, V);
        }
        table = (unsigned)((*entry >> 10) - (DIFF_TABLES >> 12));
    }
}

static unsigned leaf_flags(uint64_t *random, unsigned good)
{
    if (!one_in(random, 4))
        return good;
    if (one_in(random, 3))
        return (unsigned)below(random, 256);
    return good ^ 1u << below(random, 8);
}

static void map_work(struct setting *s, struct tables *tables, unsigned levels, unsigned user, uint64_t *random)
{
    unsigned level = one_in(random, 4) ? 1 + (unsigned)below(random, 2) : 0;
    unsigned code = V | X | A | user | (one_in(random, 2) ? R : 0) | (one_in(random, 2) ? R | W : 0) | (one_in(random, 3) ? D : 0);
    unsigned data = V | R | W | A | user | (one_in(random, 2) ? D : 0) | (one_in(random, 6) ? G : 0);
    if (level > 0) {
        uint64_t size = UINT64_C(1) << (12 + 9 * level), target = DIFF_WORK & ~(size - 1);
        uint64_t *entry = entry_at(tables, levels, level, s->vcode);
        *entry = pte(target, leaf_flags(random, code | R | W | D));
        if (one_in(random, 16))
            *entry ^= UINT64_C(1) << (one_in(random, 2) ? 10 + below(random, 9) : 54 + below(random, 10));
        return;
    }
    for (unsigned page = 0; page < 2; page++)
        *entry_at(tables, levels, 0, s->vcode + page * 4096u) =
            pte(DIFF_CODE + page * 4096u, one_in(random, 6) ? leaf_flags(random, code) : code);
    uint64_t *first = NULL;
    for (unsigned page = 0; page < DIFF_DATA_BYTES / 4096; page++) {
        uint64_t *entry = entry_at(tables, levels, 0, s->vdata + page * 4096u);
        if (!entry)
            continue;
        unsigned shown = one_in(random, 5) ? (unsigned)below(random, 4) : page; /* aliases */
        *entry = pte(DIFF_DATA + shown * 4096u, leaf_flags(random, data));
        if (one_in(random, 24))
            *entry |= UINT64_C(1) << (54 + below(random, 10));
        if (page == 0)
            first = entry;
    }
    if (first) {
        uint64_t offset = (uint64_t)((uint8_t *)first - tables->record->work);
        uint64_t *window = entry_at(tables, levels, 0, s->vdata + 0x8000);
        s->table_at = DIFF_WORK + offset;
        if (window && !user) {
            *window = pte(s->table_at, V | R | W | A | D);
            s->vtable = s->vdata + 0x8000 + (s->table_at & 0xfff);
        }
    }
    if (one_in(random, 20)) { /* a pointer that no walk may follow */
        uint64_t *pointer = entry_at(tables, levels, 1, s->vdata);
        *pointer ^= UINT64_C(1) << (one_in(random, 2) ? 4 + 2 * below(random, 2) : 54 + below(random, 10));
    }
}

static void draw_paging(struct setting *s, struct record *record, unsigned user, uint64_t *random)
{
    struct tables tables = {record, 1};
    unsigned levels = one_in(random, 3) ? 4 : 3;
    /* Beyond physical addresses of devices; the low 30 bits are those of the work area, so that any page size fits. */
    uint64_t high = 64 + below(random, levels == 3 ? 192 : 100000);
    if (one_in(random, 3))
        high = (UINT64_C(1) << 34) - 2 - below(random, levels == 3 ? 200 : 100000);
    s->vcode = high << 30 | (DIFF_WORK & 0x3fffffff);
    s->vdata = s->vcode + (DIFF_DATA - DIFF_WORK);
    s->paging = true;
    *entry_at(&tables, levels, 2, DIFF_SUPERVISOR_VA) = pte(DIFF_RUNTIME & ~UINT64_C(0x3fffffff), V | R | X | A | D);
    map_work(s, &tables, levels, user, random);
    record->word[WORD_SATP] = (levels == 3 ? UINT64_C(8) : UINT64_C(9)) << 60 | (below(random, 4) << 44) | DIFF_TABLES >> 12;
    record->word[WORD_BYTES] = DIFF_WORK_BYTES;
}

static uint64_t napot(uint64_t base, uint64_t size)
{
    return base >> 2 | ((size >> 3) - 1);
}

static void set_pmp(struct record *record, unsigned entry, uint64_t address, unsigned cfg)
{
    record->word[WORD_PMPADDR + entry] = address;
    record->word[entry < 8 ? WORD_PMPCFG0 : WORD_PMPCFG2] |= (uint64_t)cfg << entry % 8 * 8;
}

static unsigned pmp_rights(uint64_t *random)
{
    static const uint8_t legal[] = {0, 1, 3, 4, 5, 7, 7, 7};
    return legal[below(random, sizeof legal)];
}

static void draw_pmp(struct setting *s, struct record *record, uint64_t *random)
{
    enum { TOR = 8, NA4 = 16, NAPOT = 24 };
    set_pmp(record, 0, napot(DIFF_SUPERVISOR, 0x1000), NAPOT | 7);
    set_pmp(record, 1, napot(DIFF_TABLES, 0x2000), NAPOT | 7); /* the two that map the vectors */
    if (!one_in(random, 16))
        set_pmp(record, 15, UINT64_MAX >> 10, NAPOT | 7);
    if (one_in(random, 2))
        return;
    s->pmp_regions = true;
    s->sub_page_pmp = one_in(random, 2);
    unsigned entries = 1 + (unsigned)below(random, 4);
    for (unsigned entry = 3; entry < 3 + 2 * entries; entry += 2) {
        uint64_t page = DIFF_WORK + (one_in(random, 4) ? below(random, 12) : 2 + below(random, 4)) * 4096;
        bool fine = s->sub_page_pmp && page >= DIFF_DATA && page < DIFF_DATA + DIFF_DATA_BYTES;
        uint64_t offset = fine ? below(random, 1024) * 4 : 0;
        unsigned rights = pmp_rights(random);
        if (page >= DIFF_DATA + DIFF_DATA_BYTES - 0x3000 && !(rights & 2) && !fine) /* may reach the tables: differences.def, pmp_ad */
            rights &= ~1u;
        switch (below(random, 3)) {
        case 0:
            set_pmp(record, entry, fine ? (page + offset) >> 2 : napot(page, 0x1000), (fine ? NA4 : NAPOT) | rights);
            break;
        case 1: {
            uint64_t size = fine ? UINT64_C(8) << below(random, 10) : UINT64_C(0x1000) << below(random, 3);
            set_pmp(record, entry, napot((page + offset) & ~(size - 1), size), NAPOT | rights);
            break;
        }
        default:
            set_pmp(record, entry - 1, (page + offset) >> 2, 0);
            set_pmp(record, entry, (page + offset + (fine ? below(random, 64) * 4 : below(random, 3) * 4096)) >> 2, TOR | rights);
        }
    }
}

void setting_draw(struct setting *s, struct record *record, uint64_t *random)
{
    static const uint8_t modes[] = {3, 3, 1, 1, 0};
    *s = (struct setting){.mode = modes[below(random, sizeof modes)], .vcode = DIFF_CODE, .vdata = DIFF_DATA};
    uint64_t status = (uint64_t)s->mode << 11 | (one_in(random, 8) ? 0 : 0x6000); /* FS off or dirty */
    record->word[WORD_BYTES] = DIFF_TABLES - DIFF_WORK;
    bool mprv = s->mode == 3 && one_in(random, 4);
    if (mprv || (s->mode < 3 && one_in(random, 2))) {
        /* After the mret into M that starts it, MPP is U: that is what MPRV makes accesses do until the program changes it. */
        draw_paging(s, record, s->mode == 0 || one_in(random, 3) ? U : 0, random);
        s->translated_data = true;
        if (mprv)
            s->vcode = DIFF_CODE;
    }
    draw_pmp(s, record, random);
    if (mprv)
        status |= 1u << 17;
    status |= below(random, 4) << 18;                 /* SUM, MXR */
    status |= one_in(random, 4) ? below(random, 8) << 20 : 0; /* TVM, TW, TSR */
    status |= below(random, 2) << 5 | below(random, 2) << 7 | below(random, 2) << 8; /* SPIE, MPIE, SPP */
    record->word[WORD_MSTATUS] = status;
    record->word[WORD_MEDELEG] = one_in(random, 2) ? draw(random) & 0xb1ff : 0; /* never ecalls of S: its vectors are made of them */
    record->word[WORD_MIDELEG] = one_in(random, 2) ? draw(random) & 0x222 : 0;
    record->word[WORD_MIE] = one_in(random, 3) ? draw(random) & 0xaaa : 0;
    s->interrupt = UINT64_C(2) << 4 * below(random, 3);
    record->word[WORD_MIP] = one_in(random, 3) ? s->interrupt : 0;
    record->word[WORD_MCOUNTEREN] = one_in(random, 2) ? draw(random) & 0xffffffff : 0xffffffff;
    record->word[WORD_SCOUNTEREN] = one_in(random, 2) ? draw(random) & 0xffffffff : 0xffffffff;
    record->word[WORD_STVEC] = (s->paging ? DIFF_SUPERVISOR_VA : DIFF_SUPERVISOR) + below(random, 2);
    record->word[WORD_VECTORED] = below(random, 2);
    record->word[WORD_MENVCFG] = one_in(random, 4);
    record->word[WORD_VCODE] = s->vcode;
}
