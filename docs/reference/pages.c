/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `pages csrs|traps|events|counts|turnstile` prints a page of docs/reference, made from the rows of isa/csr.def, isa/trap.def and
 * emu's event, input, stop and reason rows, and of those that are counted. Runs during the build; a test compares the committed
 * pages with what it prints.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static void head(const char *page, const char *rows, const char *title)
{
    printf("<!-- Made by docs/reference/pages.c from %s. Change the rows, build, and copy the page\n"
           "from the build folder (docs/%s.md). -->\n"
           "# %s\n\n",
           rows, page, title);
}

/* A bar would end the cell. */
static void cell(const char *text)
{
    for (; *text; text++)
        printf(*text == '|' ? "\\|" : "%c", *text);
}

static const char *csr_mode(unsigned number)
{
    static const char *const modes[] = {"U", "S", "", "M"};
    return modes[number >> 8 & 3];
}

static const char *csr_writable(unsigned number)
{
    return number >> 10 == 3 ? "no" : "yes";
}

static void csr_row(unsigned first, unsigned last, unsigned step, const char *name, const char *meaning)
{
    if (first == last)
        printf("| `0x%03x` | `%s` | %s | %s | ", first, name, csr_mode(first), csr_writable(first));
    else
        printf("| `0x%03x` to `0x%03x`%s | `%s` | %s | %s | ", first, last, step == 2 ? ", even" : "", name, csr_mode(first),
               csr_writable(first));
    cell(meaning);
    puts(" |");
}

static void page_csrs(void)
{
    head("csrs", "isa/include/isa/csr.def", "Control and status registers");
    puts("The registers that exist, with the lowest privilege that may access them, and whether they may be written. Any other\n"
         "number raises an illegal instruction exception. What a write can change is one function a row in `emu/hart/csr.c`.\n"
         "Numbers, privileges and read-only rule: privileged specification 1.12, chapter 2; `stimecmp`: the Sstc extension.\n\n"
         "| number | name | from | writable | meaning |\n|---|---|---|---|---|");
#define CSR(number, name, meaning)                  csr_row(number, number, 1, #name, meaning);
#define CSR_BLOCK(first, last, step, name, meaning) csr_row(first, last, step, #name, meaning);
#include <isa/csr.def>
}

static void page_traps(void)
{
    head("traps", "isa/include/isa/trap.def", "Traps");
    puts("Causes as `mcause` and `scause` show them (privileged specification 1.12, table of `mcause` values).\n\n"
         "## Exceptions\n\n| cause | name | meaning |\n|---|---|---|");
#define TRAP(name, number, meaning) printf("| %d | `%s` | %s |\n", number, #name, meaning);
#include <isa/trap.def>
    puts("\n## Interrupts\n\nBit 63 of the cause is set. The number is also the bit in `mip` and `mie`. Of several that are "
         "pending the\n"
         "order is MEI, MSI, MTI, SEI, SSI, STI.\n\n| cause | name | meaning |\n|---|---|---|");
#define INTERRUPT(name, number, meaning) printf("| %d | `%s` | %s |\n", number, #name, meaning);
#include <isa/trap.def>
}

static void named_row(const char *symbol, const char *text, const char *meaning)
{
    printf("| `%s` | `%s` | ", text, symbol);
    cell(meaning);
    puts(" |");
}

static void page_events(void)
{
    head("events", "the .def files in emu/include/emu", "Events, inputs, stops, reasons");
    puts("The three channels between machine and client (`emu/include/emu/emu.h`), and why a reservation is lost.\n\n"
         "## Events\n\nWhat happened. An event cannot influence the machine. Each record holds `cycle`, `hart`, `other`, `pc`, `a` "
         "and `b`.\n\n"
         "| event | `EMU_EVENT_` | what `a` and `b` hold |\n|---|---|---|");
#define EVENT(name, text, meaning) named_row(#name, text, meaning);
#include <emu/event.def>
#undef EVENT
    puts("\n## Inputs\n\nAll that can influence the machine from outside, besides its configuration.\n\n"
         "| input | `EMU_INPUT_` | what `hart`, `a` and `b` hold |\n|---|---|---|");
#define INPUT(name, text, meaning) named_row(#name, text, meaning);
#include <emu/input.def>
#undef INPUT
    puts("\n## Stops\n\nWhy `emu_run` returned.\n\n| stop | `EMU_STOP_` | meaning |\n|---|---|---|");
#define STOP(name, text, meaning) named_row(#name, text, meaning);
#include <emu/stop.def>
#undef STOP
    puts("\n## Empty claims\n\nWhy a claim at the PLIC read 0: in the event `empty-claim`.\n\n"
         "| reason | `EMU_EMPTY_CLAIM_` | meaning |\n|---|---|---|");
#define EMPTY_CLAIM(name, text, meaning) named_row(#name, text, meaning);
#include <emu/empty_claim.def>
#undef EMPTY_CLAIM
    puts("\n## Reasons\n\nWhy a reservation was lost: in the events `reservation-lost` and `sc-fail`.\n\n"
         "| reason | `EMU_REASON_` | meaning |\n|---|---|---|");
#define REASON(name, text, meaning) named_row(#name, text, meaning);
#include <emu/reason.def>
#undef REASON
}

static void page_counts(void)
{
    head("counts", "the .def files in emu/include/emu", "What is counted");
    puts("Kinds that [the statistics](stats.md) and the summary count by; [statistics](../statistics.md) says what they mean "
         "together.\n\n"
         "## Transactions\n\nOn the bus.\n\n| transaction | `EMU_TRANSACTION_` | meaning |\n|---|---|---|");
#define BUS_KIND(name, text, meaning) named_row(#name, text, meaning);
#include <emu/bus_kind.def>
#undef BUS_KIND
    puts("\n## Misses\n\nWhat a line was fetched over the bus for.\n\n| miss | `EMU_MISS_` | by |\n|---|---|---|");
#define MISS(name, text, meaning) named_row(#name, text, meaning);
#include <emu/miss.def>
#undef MISS
    puts("\n## Cycles\n\nWhat the cycles of a hart went to. Each is in one row.\n\n| cycles | `EMU_CYCLES_` | meaning "
         "|\n|---|---|---|");
#define CYCLES(name, text, heading, meaning) named_row(#name, text, meaning);
#include <emu/cycles.def>
#undef CYCLES
}

/* SYSCALL's arguments come with their parentheses. */
static void call_row(unsigned number, const char *name, const char *arguments, const char *meaning)
{
    printf("| %u | `%s%s` | ", number, name, arguments);
    cell(meaning);
    puts(" |");
}

static void page_turnstile(void)
{
    unsigned row = 0;
    head("turnstile", "guest/turnstile/include/turnstile/syscall.def and guest/turnstile/kernel/lock_class.def",
         "Turnstile: system calls and locks");
    puts("[Turnstile](../turnstile.md) explains what is around them.\n\n"
         "## System calls\n\n"
         "The number is in a7, the arguments are in a0 to a5; a0 is the result, or a negative errno of\n"
         "`guest/turnstile/include/turnstile/abi.h`, which has the types, too.\n\n"
         "| number | call | meaning |\n|---|---|---|");
#define SYSCALL(number, name, arguments, meaning) call_row(number, #name, #arguments, meaning);
#include "turnstile/syscall.def"
#undef SYSCALL
    puts("\n## The order of spin locks\n\n"
         "A hart that holds a lock takes only locks of classes below it, never two of one class.\n\n"
         "| order | class | guards |\n|---|---|---|");
#define LOCK_CLASS(name, meaning) printf("| %u | `%s` | %s |\n", ++row, #name, meaning);
#include "lock_class.def"
#undef LOCK_CLASS
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } pages[] = {{"csrs", page_csrs},
                 {"traps", page_traps},
                 {"events", page_events},
                 {"counts", page_counts},
                 {"turnstile", page_turnstile}};
    for (size_t i = 0; argc == 2 && i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(argv[1], pages[i].name) != 0)
            continue;
        pages[i].print();
        return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
    }
    fputs("usage: pages csrs|traps|events|counts|turnstile\n", stderr);
    return 2;
}
