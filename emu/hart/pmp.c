/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Physical memory protection: 16 entries, granularity 4 bytes (privileged specification 1.12, "Physical Memory Protection").
 * The lowest-numbered entry that matches any byte of an access decides, and must match all its bytes.
 */
#include <hart/hart.h>

enum { PMP_R = 1, PMP_W = 2, PMP_X = 4, PMP_A_SHIFT = 3, PMP_L = 0x80 };
#define PMP_ALL (1u << MMU_FETCH | 1u << MMU_LOAD | 1u << MMU_STORE)
enum { PMP_OFF, PMP_TOR, PMP_NA4, PMP_NAPOT };

/* First byte and last byte of entry i; false if it matches nothing. */
static bool pmp_range(const struct hart *hart, unsigned i, uint64_t *ret_first, uint64_t *ret_last)
{
    uint64_t address = hart->pmpaddr[i];
    switch (hart->pmpcfg[i] >> PMP_A_SHIFT & 3) {
    case PMP_TOR:
        *ret_first = i ? hart->pmpaddr[i - 1] << 2 : 0;
        *ret_last = (address << 2) - 1;
        return *ret_first < address << 2;
    case PMP_NA4:
        *ret_first = address << 2;
        *ret_last = *ret_first + 3;
        return true;
    case PMP_NAPOT: {
        uint64_t ones = address ^ (address + 1); /* the trailing ones and the zero above them */
        *ret_first = (address & ~ones) << 2;
        *ret_last = *ret_first + (ones << 2 | 3);
        return true;
    }
    default:
        return false;
    }
}

static unsigned entry_rights(const struct hart *hart, unsigned i, unsigned mode)
{
    unsigned cfg = hart->pmpcfg[i];
    if (mode == ISA_MODE_M && !(cfg & PMP_L))
        return PMP_ALL;
    return (cfg & PMP_X ? 1u << MMU_FETCH : 0) | (cfg & PMP_R ? 1u << MMU_LOAD : 0) | (cfg & PMP_W ? 1u << MMU_STORE : 0);
}

/* Rights for [first, last]; false if an entry covers only part of it. */
static bool range_rights(const struct hart *hart, uint64_t first, uint64_t last, unsigned mode, unsigned *ret_rights)
{
    for (unsigned i = 0; i < PMP_ENTRIES; i++) {
        uint64_t begin, end;
        if (!pmp_range(hart, i, &begin, &end) || last < begin || first > end)
            continue;
        *ret_rights = entry_rights(hart, i, mode);
        return first >= begin && last <= end;
    }
    *ret_rights = mode == ISA_MODE_M ? PMP_ALL : 0;
    return true;
}

bool pmp_allows(const struct hart *hart, uint64_t paddr, unsigned size, enum mmu_access access, unsigned mode)
{
    unsigned rights;
    if (mode == ISA_MODE_M && !hart->pmp_active)
        return true;
    return range_rights(hart, paddr, paddr + size - 1, mode, &rights) && rights >> access & 1;
}

bool pmp_page_rights(const struct hart *hart, uint64_t paddr, unsigned mode, unsigned *ret_rights)
{
    uint64_t first = paddr & PAGE_MASK;
    if (!hart->pmp_active) {
        *ret_rights = mode == ISA_MODE_M ? PMP_ALL : 0;
        return true;
    }
    return range_rights(hart, first, first + PAGE_BYTES - 1, mode, ret_rights);
}

void pmp_changed(struct hart *hart)
{
    hart->pmp_active = false;
    for (unsigned i = 0; i < PMP_ENTRIES; i++)
        hart->pmp_active |= (hart->pmpcfg[i] >> PMP_A_SHIFT & 3) != PMP_OFF;
    mmu_l0_flush(hart);
}
