/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The trap mix: on each hart a small kernel in S-mode with Sv39 page tables of its own runs a user program that touches pages which
 * are not mapped (first read-only on the load, then writable on the store), makes short system calls, has its pages unmapped again,
 * and is interrupted by the timer at times of its own choosing, so that the number of traps does not depend on the machine's clock.
 */
#include "bench.h"
#include "trapmix.h"

#define ROUNDS           3000
#define PAGES            64
#define CALLS_PER_ROUND  64
#define TIMERS_PER_ROUND 4

#define PAGE_BYTES       4096
#define USER_CODE        UINT64_C(0x10000)
#define USER_STACK_END   UINT64_C(0x21000)
#define USER_DATA        UINT64_C(0x200000)

enum { PTE_V = 1, PTE_R = 2, PTE_W = 4, PTE_X = 8, PTE_U = 16, PTE_G = 32, PTE_A = 64, PTE_D = 128 };
enum { CALL_NUMBER, CALL_ARM, CALL_UNMAP, CALL_EXIT };
enum { CAUSE_ECALL_U = 8, CAUSE_FETCH_FAULT = 12, CAUSE_LOAD_FAULT = 13, CAUSE_STORE_FAULT = 15, CAUSE_TIMER = 5 };
#define CAUSE_INTERRUPT (UINT64_C(1) << 63)
#define SATP_SV39       (UINT64_C(8) << 60)
#define MSTATUS_MPP     (UINT64_C(3) << 11)

struct table {
    uint64_t entry[PAGE_BYTES / 8];
} __attribute__((aligned(PAGE_BYTES)));

struct supervisor_frame {
    uint64_t x[32];
    uint64_t kernel_stack;
};
_Static_assert(offsetof(struct supervisor_frame, kernel_stack) == FRAME_KERNEL_STACK, "");

struct machine_frame {
    uint64_t t0, t1, mtimecmp, stack;
};
_Static_assert(offsetof(struct machine_frame, mtimecmp) == MACHINE_MTIMECMP, "");
_Static_assert(offsetof(struct machine_frame, stack) == MACHINE_STACK, "");

/* All of a hart's kernel. The frame is first: supervisor_trap gets its address. */
struct kernel {
    struct supervisor_frame frame;
    struct machine_frame machine;
    struct bench_result counts;
    struct table root, middle, low, data;
    uint8_t user_stack[PAGE_BYTES], kernel_stack[PAGE_BYTES];
    uint8_t pages[PAGES][PAGE_BYTES];
} __attribute__((aligned(PAGE_BYTES)));

uint64_t trapmix_enter(struct machine_frame *machine, struct supervisor_frame *frame, uint64_t user_pc, uint64_t user_sp,
                       uint64_t argument);
void trapmix_supervisor_entry(void);
struct supervisor_frame *supervisor_trap(struct supervisor_frame *frame);

extern uint8_t user_code[] __asm__("_user");

const char bench_name[] = "trapmix";

static struct kernel *kernel_of(unsigned hart)
{
    return (struct kernel *)bench_heap + hart;
}

/* ---- the user program: a page of its own, no data but the stack ---- */

#define USER __attribute__((section(".user"), noinline))

static inline __attribute__((always_inline)) uint64_t call(uint64_t number, uint64_t argument)
{
    register uint64_t a0 __asm__("a0") = argument;
    register uint64_t a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    return a0;
}

USER static void user_main(uint64_t rounds)
{
    uint64_t sum = 0;
    for (uint64_t round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < PAGES; i++) {
            volatile uint64_t *page = (volatile uint64_t *)(USER_DATA + (i * 37 + round) % PAGES * PAGE_BYTES);
            for (unsigned j = 0; j < 24; j++) {
                sum += page[j * 16];
                page[j * 16] = sum ^ round;
            }
            if (i % (PAGES / TIMERS_PER_ROUND) == 0)
                call(CALL_ARM, 0);
        }
        for (unsigned i = 0; i < CALLS_PER_ROUND; i++)
            sum += call(CALL_NUMBER, i);
        call(CALL_UNMAP, 0);
    }
    call(CALL_EXIT, sum);
}

/* ---- the kernel ---- */

static uint64_t leaf_or_table(const void *page, uint64_t bits)
{
    return (uint64_t)(uintptr_t)page >> 12 << 10 | bits | PTE_V;
}

static void machine_call(uint64_t number, uint64_t argument)
{
    call(number, argument);
}

static void fence(uint64_t address)
{
    __asm__ volatile("sfence.vma %0, zero" ::"r"(address) : "memory");
}

/* A load maps the page read-only, a store makes it writable; the walker sets A and D. */
static void page_fault(struct kernel *k, uint64_t address, bool is_store)
{
    uint64_t page = (address - USER_DATA) / PAGE_BYTES;
    if (address < USER_DATA || page >= PAGES) {
        k->counts.is_wrong = true;
        machine_call(MACHINE_CALL_EXIT, 0);
    }
    k->data.entry[page] = leaf_or_table(k->pages[page], PTE_U | PTE_R | (is_store ? PTE_W : 0));
    fence(address);
    k->counts.faults++;
}

static void system_call(struct kernel *k)
{
    uint64_t *x = k->frame.x;
    CSR_WRITE(sepc, CSR_READ(sepc) + 4);
    k->counts.ecalls++;
    switch (x[17]) {
    case CALL_NUMBER:
        x[10] = x[10] * 3 + 1;
        break;
    case CALL_ARM:
        machine_call(MACHINE_CALL_ARM, 0);
        break;
    case CALL_UNMAP:
        for (unsigned i = 0; i < PAGES; i++)
            k->data.entry[i] = 0;
        __asm__ volatile("sfence.vma" ::: "memory");
        break;
    default:
        machine_call(MACHINE_CALL_EXIT, x[10]);
    }
}

struct supervisor_frame *supervisor_trap(struct supervisor_frame *frame)
{
    struct kernel *k = (struct kernel *)frame;
    uint64_t cause = CSR_READ(scause);
    if (cause == CAUSE_ECALL_U) {
        system_call(k);
    } else if (cause == CAUSE_LOAD_FAULT || cause == CAUSE_STORE_FAULT) {
        page_fault(k, CSR_READ(stval), cause == CAUSE_STORE_FAULT);
    } else if (cause == (CAUSE_INTERRUPT | CAUSE_TIMER)) {
        k->counts.timer_interrupts++;
        machine_call(MACHINE_CALL_CLEAR, 0);
    } else {
        k->counts.is_wrong = true;
        machine_call(MACHINE_CALL_EXIT, 0);
    }
    return frame;
}

/* ---- M-mode ---- */

void bench_prepare(unsigned hart)
{
    struct kernel *k = kernel_of(hart);
    k->frame.kernel_stack = (uint64_t)(uintptr_t)(k->kernel_stack + PAGE_BYTES);
    k->machine.mtimecmp = PLATFORM_CLINT_BASE + 0x4000 + 8 * (uint64_t)hart;
    k->root.entry[0] = leaf_or_table(&k->middle, 0);
    k->root.entry[PLATFORM_RAM_BASE >> 30] =
        leaf_or_table((void *)(uintptr_t)PLATFORM_RAM_BASE, PTE_R | PTE_W | PTE_X | PTE_G | PTE_A | PTE_D);
    k->middle.entry[0] = leaf_or_table(&k->low, 0);
    k->middle.entry[USER_DATA >> 21] = leaf_or_table(&k->data, 0);
    k->low.entry[USER_CODE >> 12] = leaf_or_table(user_code, PTE_U | PTE_R | PTE_X | PTE_A);
    k->low.entry[(USER_STACK_END >> 12) - 1] = leaf_or_table(k->user_stack, PTE_U | PTE_R | PTE_W | PTE_A | PTE_D);
    CSR_WRITE(pmpaddr0, UINT64_MAX >> 10);
    CSR_WRITE(pmpcfg0, 0x1f); /* NAPOT, all memory, RWX */
    CSR_WRITE(medeleg, 1 << CAUSE_ECALL_U | 1 << CAUSE_FETCH_FAULT | 1 << CAUSE_LOAD_FAULT | 1 << CAUSE_STORE_FAULT);
    CSR_WRITE(mideleg, 1 << CAUSE_TIMER);
    CSR_WRITE(sie, 1 << CAUSE_TIMER);
    CSR_WRITE(stvec, (uintptr_t)trapmix_supervisor_entry);
    CSR_WRITE(satp, SATP_SV39 | (uint64_t)(uintptr_t)&k->root >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
}

void bench_run(unsigned hart, struct bench_result *result)
{
    struct kernel *k = kernel_of(hart);
    uint64_t rounds = bench_share(hart, ROUNDS);
    CSR_CLEAR(mie, 8); /* a software interrupt is for the barrier, in M-mode */
    CSR_CLEAR(mstatus, MSTATUS_MPP);
    uint64_t sum =
        trapmix_enter(&k->machine, &k->frame, USER_CODE + ((uintptr_t)user_main - (uintptr_t)user_code), USER_STACK_END, rounds);
    CSR_SET(mie, 8);
    *result = k->counts;
    result->done = rounds;
    result->checksum = sum;
}

bool bench_check(const struct bench_result *sum)
{
    return sum->ecalls == sum->done * (CALLS_PER_ROUND + TIMERS_PER_ROUND + 1) + bench_harts &&
           sum->faults == sum->done * PAGES * 2 && sum->timer_interrupts == sum->done * TIMERS_PER_ROUND;
}
