/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The M-mode part of the image for machines without firmware. It gives each hart the state that firmware would: memory protection,
 * delegated traps, counters, extensions; and answers the few SBI calls that the kernel makes (timer, IPI, start of harts,
 * power-off). It knows the platform by emu/platform.h, and nothing of the kernel but where it begins.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "csr.h"
#include "machine_info.h"
#include "memory.h"
#include "sbi.h"
#include "emu/platform.h"
#include "machine.h"

#define MIP_SSIP               0x2ul
#define MIP_STIP               0x20ul
#define MIE_MSIE               0x8ul
#define MIE_MTIE               0x80ul
#define CAUSE_MACHINE_SOFTWARE 3
#define CAUSE_MACHINE_TIMER    7
#define CAUSE_CALL_FROM_S      9
#define MENVCFG_STCE           (1ul << 63) /* S-mode's own timer compare register */
#define MENVCFG_ADUE           (1ul << 61) /* the walker sets accessed and dirty bits */

enum { HART_STOPPED = 1, HART_START_PENDING = 2, HART_STARTED = 0 }; /* as SBI numbers them */

struct start {
    _Atomic unsigned state;
    uint64_t address, opaque;
};

static struct start starts[PLATFORM_HARTS_MAX];
static _Atomic unsigned arrivals;
static _Atomic uint64_t present[PLATFORM_HARTS_MAX / 64]; /* harts that came by */

void machine_skip(void);
void machine_trap_entry(void);
_Noreturn void machine_leave(uint64_t a0, uint64_t a1, uint64_t pc);
_Noreturn void machine_setup(uint64_t id, uint64_t tree);
void machine_trap(uint64_t *a);

static volatile uint32_t *msip(uint64_t id)
{
    return (volatile uint32_t *)PLATFORM_CLINT_BASE + id;
}

static void set_state(void)
{
    CSR_WRITE(mtvec, machine_skip); /* registers that the hart lacks are left alone */
    CSR_WRITE(pmpaddr0, PLATFORM_RAM_BASE >> 2 | ((MACHINE_BYTES >> 3) - 1));
    CSR_WRITE(pmpaddr1, ~0ul >> 10);
    CSR_WRITE(pmpcfg0, 0x1f18); /* 0: naturally aligned, no rights; 1: everything, all rights */
    CSR_WRITE(medeleg, 0xb1ff); /* all but calls from S-mode and M-mode */
    CSR_WRITE(mideleg, 0x222);
    CSR_WRITE(mcounteren, 7);
    CSR_WRITE(scounteren, 7);
    CSR_SET(0x30a, MENVCFG_STCE); /* menvcfg */
    CSR_SET(0x30a, MENVCFG_ADUE);
    CSR_WRITE(mtvec, machine_trap_entry);
    CSR_WRITE(satp, 0);
}

/* Sleeps until the kernel starts this hart. lw, fence: what the starter wrote is seen. */
static void wait_for_start(uint64_t id)
{
    CSR_WRITE(mie, MIE_MSIE);
    while (atomic_load_explicit(&starts[id].state, memory_order_acquire) != HART_START_PENDING)
        __asm__ volatile("wfi");
    *msip(id) = 0;
    atomic_store_explicit(&starts[id].state, HART_STARTED, memory_order_relaxed); /* sw */
}

_Noreturn void machine_setup(uint64_t id, uint64_t tree)
{
    set_state();
    /* amoadd.w: exactly one hart is the first, among those that a kernel of HARTS_MAX harts can use. amoor.d: those that come can
     * be started. */
    bool is_first = id < HARTS_MAX && atomic_fetch_add_explicit(&arrivals, 1, memory_order_relaxed) == 0;
    if (!is_first)
        atomic_store_explicit(&starts[id].state, HART_STOPPED, memory_order_relaxed);
    atomic_fetch_or_explicit(&present[id / 64], 1ul << id % 64, memory_order_release);
    uint64_t address = KERNEL_LOAD, opaque = tree;
    if (!is_first) {
        wait_for_start(id);
        address = starts[id].address;
        opaque = starts[id].opaque;
    }
    CSR_WRITE(mie, MIE_MSIE);
    machine_leave(id, opaque, address);
}

/* ---- SBI ---- */

static bool is_present(uint64_t id)
{
    return id < PLATFORM_HARTS_MAX && atomic_load_explicit(&present[id / 64], memory_order_acquire) >> id % 64 & 1;
}

static long set_timer(uint64_t when)
{
    ((volatile uint64_t *)PLATFORM_MTIMECMP_BASE)[CSR_READ(mhartid)] = when;
    CSR_CLEAR(mip, MIP_STIP);
    CSR_SET(mie, MIE_MTIE);
    return SBI_SUCCESS;
}

static long send_ipi(uint64_t mask, uint64_t base)
{
    for (unsigned bit = 0; bit < 64; bit++)
        if (mask >> bit & 1) {
            if (!is_present(base + bit))
                return SBI_INVALID_PARAMETER;
            *msip(base + bit) = 1;
        }
    return SBI_SUCCESS;
}

static long start_hart(uint64_t id, uint64_t address, uint64_t opaque)
{
    if (id >= PLATFORM_HARTS_MAX)
        return SBI_INVALID_PARAMETER;
    /* Harts that have not come by yet are on their way: at power-on all run. */
    while (!is_present(id))
        ;
    if (atomic_load_explicit(&starts[id].state, memory_order_acquire) != HART_STOPPED)
        return SBI_ALREADY_AVAILABLE;
    starts[id].address = address;
    starts[id].opaque = opaque;
    atomic_store_explicit(&starts[id].state, HART_START_PENDING, memory_order_release);
    *msip(id) = 1;
    return SBI_SUCCESS;
}

static _Noreturn void reset_system(uint64_t type)
{
    *(volatile uint32_t *)PLATFORM_FINISHER_BASE = type == 0 ? PLATFORM_FINISHER_PASS : PLATFORM_FINISHER_RESET;
    for (;;)
        __asm__ volatile("wfi");
}

static bool is_extension(uint64_t id)
{
    return id == SBI_BASE || id == SBI_TIME || id == SBI_IPI || id == SBI_HSM || id == SBI_RESET;
}

/* a[0] to a[7] are the caller's registers. */
static void serve_call(uint64_t *a)
{
    long error = SBI_NOT_SUPPORTED;
    uint64_t value = 0;
    if (a[7] == SBI_TIME && a[6] == 0)
        error = set_timer(a[0]);
    else if (a[7] == SBI_IPI && a[6] == 0)
        error = send_ipi(a[0], a[1]);
    else if (a[7] == SBI_HSM && a[6] == SBI_HSM_START)
        error = start_hart(a[0], a[1], a[2]);
    else if (a[7] == SBI_HSM && a[6] == SBI_HSM_STATUS && is_present(a[0])) {
        error = SBI_SUCCESS;
        value = atomic_load_explicit(&starts[a[0]].state, memory_order_relaxed);
    } else if (a[7] == SBI_RESET && a[6] == 0)
        reset_system(a[0]);
    else if (a[7] == SBI_BASE && (a[6] == 0 || a[6] == 3)) {
        error = SBI_SUCCESS;
        value = a[6] == 0 ? 0x01000000 : is_extension(a[0]); /* version 1.0 */
    }
    a[0] = (uint64_t)error;
    a[1] = value;
}

void machine_trap(uint64_t *a)
{
    uint64_t cause = CSR_READ(mcause);
    if (cause == (CAUSE_INTERRUPT | CAUSE_MACHINE_SOFTWARE)) {
        *msip(CSR_READ(mhartid)) = 0;
        CSR_SET(mip, MIP_SSIP);
    } else if (cause == (CAUSE_INTERRUPT | CAUSE_MACHINE_TIMER)) {
        CSR_CLEAR(mie, MIE_MTIE);
        CSR_SET(mip, MIP_STIP);
    } else if (cause == CAUSE_CALL_FROM_S) {
        CSR_WRITE(mepc, CSR_READ(mepc) + 4);
        serve_call(a);
    } else { /* nothing else comes to M-mode but by a fault of the kernel's or of this file: end with status 1 */
        *(volatile uint32_t *)PLATFORM_FINISHER_BASE = 1u << 16 | PLATFORM_FINISHER_FAIL;
        for (;;)
            __asm__ volatile("wfi");
    }
}
