/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What ends a reservation and what does not, as scripts (script.h), each for every granule that it makes sense for, in fast
 * fidelity and with either fill in timed, with the operand at several places of its line, on lines new to the machine and on known
 * ones. And that these rows would notice: with snooping switched off they fail.
 */
#include "guest.h"
#include "script.h"
#include "timed.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

/* How a row wants its machine. */
enum {
    KEEP_ON_TRAP = 1,
    OWN_STORE_CLEARS = 2,
    SHARED_FILL = 4,     /* only: several harts have to reserve one granule */
    NEW_MACHINE = 8,     /* what happened before matters */
    ONE_LINE = 16,       /* the data cache is one line */
    ONE_SET = 32,        /* the data cache is one set of two lines */
    EXCLUSIVE_FILL = 64, /* only */
};

struct row {
    const char *name;
    unsigned least, most; /* granules */
    unsigned flags;
    const char *script;
};

static const struct row other_harts[] = {
    {"nothing at all", 4, 64, 0, "0 lr.w A; 0 sc.w A: ok"},
    {"nothing at all, doubleword", 4, 64, 0, "0 lr.d A; 0 sc.d A: ok"},

    {"a byte of it is stored", 4, 64, 0, "0 lr.w A; 1 sb A+3: 0 lost store; 0 sc.w A: fails store"},
    {"a halfword of it is stored", 4, 64, 0, "0 lr.w A; 1 sh A+2: 0 lost store; 0 sc.w A: fails store"},
    {"it is stored", 4, 64, 0, "0 lr.w A; 1 sw A: 0 lost store; 0 sc.w A: fails store"},
    {"a doubleword over it is stored", 4, 64, 0, "0 lr.w A; 1 sd A: 0 lost store; 0 sc.w A: fails store"},
    {"a misaligned store ends in it", 4, 64, 0, "0 lr.w A; 1 sd A-7: 0 lost store; 0 sc.w A: fails store"},
    {"a misaligned store begins in it", 4, 64, 0, "0 lr.w A; 1 sd A+3: 0 lost store; 0 sc.w A: fails store"},
    {"its doubleword is stored", 4, 64, 0, "0 lr.d A; 2 sd A: 0 lost store; 0 sc.d A: fails store"},
    {"its lower half is stored", 4, 64, 0, "0 lr.d A; 2 sw A: 0 lost store; 0 sc.d A: fails store"},
    {"its upper half is stored", 4, 64, 0, "0 lr.d A; 2 sw A+4: 0 lost store; 0 sc.d A: fails store"},
    {"its last byte is stored", 4, 64, 0, "0 lr.d A; 2 sb A+7: 0 lost store; 0 sc.d A: fails store"},
    {"the value it has is stored", 4, 64, 0, "0 lr.w A; 1 sw A =old: 0 lost store; 0 sc.w A: fails store"},
    {"another value, then the first again is stored (A-B-A)", 4, 64, 0,
     "0 lr.w A; 1 sw A: 0 lost store; 1 sw A =first; 0 sc.w A: fails store"},
    {"two harts store A and B and A", 4, 64, 0, "0 lr.d A; 1 sd A: 0 lost store; 2 sd A =first; 0 sc.d A: fails store"},
    {"the first store is to blame, not the second", 4, 64, 0, "0 lr.w A; 1 sw A: 0 lost store; 2 sw A; 0 sc.w A: fails store"},
    {"the first reason counts", 8, 64, 0,
     "0 lr.w A; 1 sw S: 0 lost false-sharing; 2 sw A; dev poke.4 A; 0 sc.w A: fails false-sharing"},
    {"a store before the lr does not count", 4, 64, 0, "1 sw A; 0 lr.w A; 0 sc.w A: ok"},
    {"a new lr makes up for a loss", 4, 64, 0, "0 lr.w A; 1 sw A: 0 lost store; 0 sc.w A: fails store; 0 lr.w A; 0 sc.w A: ok"},
    {"a new lr without an sc makes up for a loss", 4, 64, 0, "0 lr.w A; 1 sw A: 0 lost store; 0 lr.w A; 0 sc.w A: ok"},

    {"a byte of the granule is stored", 8, 64, 0, "0 lr.w A; 1 sb S: 0 lost false-sharing; 0 sc.w A: fails false-sharing"},
    {"a word of the granule is stored", 8, 64, 0, "0 lr.w A; 1 sw S: 0 lost false-sharing; 0 sc.w A: fails false-sharing"},
    {"a doubleword of the granule is stored", 16, 64, 0, "0 lr.d A; 1 sd S: 0 lost false-sharing; 0 sc.d A: fails false-sharing"},
    {"a byte of the next granule is stored", 4, 64, 0, "0 lr.w A; 1 sb N; 0 sc.w A: ok"},
    {"a doubleword of the next granule is stored", 4, 64, 0, "0 lr.w A; 1 sd N; 0 sc.w A: ok"},
    {"all up to its granule is stored", 4, 64, 0, "0 lr.d A; 1 sd P; 1 sd N; 0 sc.d A: ok"},
    {"the next line is stored to", 4, 64, 0, "0 lr.w A; 1 sd L; 1 sw L; 0 sc.w A: ok"},
    {"a line of the same set is stored to", 4, 64, 0, "0 lr.w A; 1 sd B; 0 sc.w A: ok"},

    {"it is swapped", 4, 64, 0, "0 lr.w A; 1 amoswap.w A: 0 lost store; 0 sc.w A: fails store"},
    {"it is swapped for what it was", 4, 64, 0, "0 lr.w A; 1 amoswap.w A =old: 0 lost store; 0 sc.w A: fails store"},
    {"its upper half is swapped", 4, 64, 0, "0 lr.d A; 1 amoswap.w A+4: 0 lost store; 0 sc.d A: fails store"},
    {"its granule is swapped", 8, 64, 0, "0 lr.w A; 1 amoswap.w S: 0 lost false-sharing; 0 sc.w A: fails false-sharing"},
    {"the next granule is swapped", 4, 64, 0, "0 lr.w A; 1 amoswap.w N; 0 sc.w A: ok"},
    {"the next line is swapped", 4, 64, 0, "0 lr.d A; 1 amoswap.d L; 0 sc.d A: ok"},

    {"an sc to it", 4, 64, SHARED_FILL, "0 lr.w A; 1 lr.w A; 1 sc.w A: ok, 0 lost store; 0 sc.w A: fails store"},
    {"an sc to it, earlier lr", 4, 64, SHARED_FILL, "1 lr.w A; 0 lr.w A; 1 sc.w A: ok, 0 lost store; 0 sc.w A: fails store"},
    {"an sc of the value it has", 4, 64, SHARED_FILL, "0 lr.d A; 1 lr.d A; 1 sc.d A =old: ok, 0 lost store; 0 sc.d A: fails store"},
    {"an sc to its granule", 8, 64, SHARED_FILL,
     "0 lr.w A; 1 lr.w S; 1 sc.w S: ok, 0 lost false-sharing; 0 sc.w A: fails false-sharing"},
    {"an sc to the next granule", 4, 64, 0, "0 lr.w A; 1 lr.w N; 1 sc.w N: ok; 0 sc.w A: ok"},
    {"an sc to another line", 4, 64, 0, "0 lr.w A; 1 lr.w L; 1 sc.w L: ok; 0 sc.w A: ok"},
    {"a failed sc, without lr", 4, 64, 0, "0 lr.w A; 1 sc.w A: fails; 0 sc.w A: ok"},
    {"a failed sc, reserved elsewhere", 4, 64, 0, "0 lr.w A; 1 lr.w L; 1 sc.w A: fails none; 0 sc.w A: ok"},
    {"a failed sc, reservation lost", 4, 64, SHARED_FILL,
     "1 lr.w A; 2 sw A: 1 lost store; 0 lr.w A; 1 sc.w A: fails store; 0 sc.w A: ok"},

    {"loads", 4, 64, 0, "0 lr.d A; 1 lb A; 1 lw A+4; 2 ld A; 1 ld L; 0 sc.d A: ok"},
    {"an lr of it", 4, 64, SHARED_FILL, "0 lr.w A; 1 lr.w A; 0 sc.w A: ok, 1 lost store; 1 sc.w A: fails store"},
    {"an lr of its granule", 8, 64, SHARED_FILL,
     "0 lr.w A; 1 lr.w S; 0 sc.w A: ok, 1 lost false-sharing; 1 sc.w S: fails false-sharing"},
    {"an lr of the next granule", 4, 64, 0, "0 lr.w A; 1 lr.w N; 0 sc.w A: ok; 1 sc.w N: ok"},
    {"traps and returns", 4, 64, 0, "0 lr.w A; 1 ecall: traps; 1 mret; 2 ebreak: traps; 2 sret; 0 sc.w A: ok"},
    {"fences", 4, 64, 0, "0 lr.w A; 1 fence; 1 fence.i; 1 sfence.vma; 0 sc.w A: ok"},

    {"a store ends what two harts have", 4, 64, SHARED_FILL,
     "0 lr.w A; 1 lr.w A; 2 sw A: 0 lost store, 1 lost store; 0 sc.w A: fails store; 1 sc.w A: fails store"},
    {"one is hit, one beside it", 8, 64, SHARED_FILL,
     "0 lr.w A; 1 lr.w S; 2 sw A: 0 lost store, 1 lost false-sharing; 0 sc.w A: fails store; 1 sc.w S: fails false-sharing"},
    {"two of three harts lose to the third's sc", 4, 64, SHARED_FILL,
     "0 lr.w A; 1 lr.w A; 2 lr.w A; 1 sc.w A: ok, 0 lost store, 2 lost store; 2 sc.w A: fails store; 0 sc.w A: fails store"},
    {"harts pass it round", 4, 64, 0,
     "0 lr.w A; 0 sc.w A: ok; 1 lr.w A; 1 sc.w A: ok; 2 lr.w A; 2 sc.w A: ok; 0 lr.w A; 0 sc.w A: ok"},
};

static const struct row devices[] = {
    {"a byte of it", 4, 64, 0, "0 lr.w A; dev poke.1 A+1: 0 lost dma; 0 sc.w A: fails dma"},
    {"a halfword of it", 4, 64, 0, "0 lr.w A; dev poke.2 A: 0 lost dma; 0 sc.w A: fails dma"},
    {"the word", 4, 64, 0, "0 lr.w A; dev poke.4 A: 0 lost dma; 0 sc.w A: fails dma"},
    {"the doubleword", 4, 64, 0, "0 lr.d A; dev poke.8 A: 0 lost dma; 0 sc.d A: fails dma"},
    {"the upper half", 4, 64, 0, "0 lr.d A; dev poke.4 A+4: 0 lost dma; 0 sc.d A: fails dma"},
    {"the value it has", 4, 64, 0, "0 lr.w A; dev poke.4 A =old: 0 lost dma; 0 sc.w A: fails dma"},
    {"another value and the first again", 4, 64, 0, "0 lr.w A; dev poke.4 A: 0 lost dma; dev poke.4 A =first; 0 sc.w A: fails dma"},
    {"its granule", 8, 64, 0, "0 lr.w A; dev poke.1 S: 0 lost dma; 0 sc.w A: fails dma"},
    {"across the end of its line's predecessor", 4, 64, 0, "0 lr.w A; dev poke.8 A-5: 0 lost dma; 0 sc.w A: fails dma"},
    {"what two harts have", 4, 64, SHARED_FILL, "0 lr.w A; 2 lr.w A; dev poke.4 A: 0 lost dma, 2 lost dma; 0 sc.w A: fails dma"},
    {"the next granule", 4, 64, 0, "0 lr.w A; dev poke.8 N; 0 sc.w A: ok"},
    {"the granule before", 4, 64, 0, "0 lr.d A; dev poke.8 P; 0 sc.d A: ok"},
    {"another line", 4, 64, 0, "0 lr.w A; dev poke.8 L; dev poke.8 B; 0 sc.w A: ok"},
    {"before the lr", 4, 64, 0, "dev poke.4 A; 0 lr.w A; 0 sc.w A: ok"},
};

static const struct row own_doing[] = {
    {"sc without any lr", 4, 64, NEW_MACHINE, "0 sc.w A: fails none"},
    {"sc twice", 4, 64, 0, "0 lr.w A; 0 sc.w A: ok; 0 sc.w A: fails own-sc"},
    {"a failed sc ends it too", 4, 64, 0, "0 lr.w A; 0 sc.w L: fails none; 0 sc.w A: fails own-sc"},
    {"two failed sc", 4, 64, 0, "0 lr.w A; 1 sw A: 0 lost store; 0 sc.w A: fails store; 0 sc.w A: fails"},

    {"sc to another word of the granule", 8, 64, 0, "0 lr.w A; 0 sc.w S: ok"},
    {"sc to another doubleword of the granule", 16, 64, 0, "0 lr.d A; 0 sc.d S: ok"},
    {"sc to the next granule", 4, 64, 0, "0 lr.w A; 0 sc.w N: fails none"},
    {"sc to the next line", 4, 64, 0, "0 lr.w A; 0 sc.w L: fails none"},
    {"sc to a line of the same set", 4, 64, 0, "0 lr.w A; 0 sc.w B: fails none"},
    {"lr.w, sc.d, in a granule of a word", 4, 4, 0, "0 lr.w A; 0 sc.d A: fails none"},
    {"lr.w, sc.d, in a larger granule", 8, 64, 0, "0 lr.w A; 0 sc.d A: ok"},
    {"lr.d, sc.w to the lower half", 4, 64, 0, "0 lr.d A; 0 sc.w A: ok"},
    {"lr.d, sc.w to the upper half", 4, 64, 0, "0 lr.d A; 0 sc.w A+4: ok"},
    {"lr.d, sc.w to the upper half, lower half stored", 4, 64, 0, "0 lr.d A; 1 sw A: 0 lost store; 0 sc.w A+4: fails store"},

    {"a second lr of it", 4, 64, 0, "0 lr.w A; 0 lr.w A; 0 sc.w A: ok"},
    {"a second lr elsewhere, sc to the first", 4, 64, 0, "0 lr.w A; 0 lr.w L; 0 sc.w A: fails none"},
    {"a second lr elsewhere, sc to the second", 4, 64, 0, "0 lr.w A; 0 lr.w L; 0 sc.w L: ok"},
    {"a second lr elsewhere, the first is stored to", 4, 64, 0, "0 lr.w A; 0 lr.w L; 1 sw A; 0 sc.w L: ok"},
    {"a second lr elsewhere, the second is stored to", 4, 64, 0, "0 lr.w A; 0 lr.w L; 1 sw L: 0 lost store; 0 sc.w L: fails store"},
    {"a second lr in the next granule, the first is stored to", 4, 64, 0, "0 lr.w A; 0 lr.w N; 1 sw A; 0 sc.w N: ok"},
    {"a second lr in the same set, the first is stored to", 4, 64, 0, "0 lr.w A; 0 lr.w B; 1 sw A; 0 sc.w B: ok"},
    {"a narrower lr leaves the upper half", 4, 4, 0, "0 lr.d A; 0 lr.w A; 1 sw A+4; 0 sc.w A: ok"},
    {"a narrower lr leaves the upper half to false sharing", 8, 64, 0,
     "0 lr.d A; 0 lr.w A; 1 sw A+4: 0 lost false-sharing; 0 sc.w A: fails false-sharing"},

    {"loads", 4, 64, 0, "0 lr.d A; 0 lw A; 0 ld A; 0 ld N; 0 lb L; 0 sc.d A: ok"},
    {"fences", 4, 64, 0, "0 lr.w A; 0 fence; 0 fence.i; 0 sfence.vma; 0 sc.w A: ok"},
    {"swaps", 4, 64, 0, "0 lr.w A; 0 amoswap.w L; 0 amoswap.w A; 0 sc.w A: ok"},
    {"swaps, where own stores clear", 4, 64, OWN_STORE_CLEARS, "0 lr.w A; 0 amoswap.w A; 0 sc.w A: ok"},
    {"a store to it", 4, 64, 0, "0 lr.w A; 0 sw A; 0 sc.w A: ok"},
    {"a store to its granule", 8, 64, 0, "0 lr.w A; 0 sb S; 0 sc.w A: ok"},
    {"a store to it, where own stores clear", 4, 64, OWN_STORE_CLEARS,
     "0 lr.w A; 0 sw A: 0 lost own-store; 0 sc.w A: fails own-store"},
    {"a byte stored, where own stores clear", 4, 64, OWN_STORE_CLEARS,
     "0 lr.d A; 0 sb A+7: 0 lost own-store; 0 sc.d A: fails own-store"},
    {"a misaligned store, where own stores clear", 4, 64, OWN_STORE_CLEARS,
     "0 lr.d A; 0 sd A-7: 0 lost own-store; 0 sc.d A: fails own-store"},
    {"a store to its granule, where own stores clear", 8, 64, OWN_STORE_CLEARS,
     "0 lr.w A; 0 sb S: 0 lost own-store; 0 sc.w A: fails own-store"},
    {"a store to the next granule, where own stores clear", 4, 64, OWN_STORE_CLEARS, "0 lr.w A; 0 sd N; 0 sc.w A: ok"},
    {"a store to another line, where own stores clear", 4, 64, OWN_STORE_CLEARS, "0 lr.w A; 0 sd L; 0 sd B; 0 sc.w A: ok"},

    {"ecall", 4, 64, 0, "0 lr.w A; 0 ecall: traps, 0 lost trap; 0 sc.w A: fails trap"},
    {"ebreak", 4, 64, 0, "0 lr.w A; 0 ebreak: traps, 0 lost trap; 0 sc.w A: fails trap"},
    {"an interrupt", 4, 64, 0, "0 lr.w A; 0 interrupt: traps, 0 lost trap; 0 sc.w A: fails trap"},
    {"a misaligned sc", 4, 64, 0, "0 lr.w A; 0 sc.w A+2: traps, 0 lost trap; 0 sc.w A: fails trap"},
    {"mret", 4, 64, 0, "0 lr.w A; 0 mret: 0 lost trap; 0 sc.w A: fails trap"},
    {"sret", 4, 64, 0, "0 lr.w A; 0 sret: 0 lost trap; 0 sc.w A: fails trap"},
    {"an lr in a handler does not outlive it", 4, 64, 0, "0 ecall: traps; 0 lr.w A; 0 mret: 0 lost trap; 0 sc.w A: fails trap"},
    {"ecall, where traps keep it", 4, 64, KEEP_ON_TRAP, "0 lr.w A; 0 ecall: traps; 0 sc.w A: ok"},
    {"an interrupt, where traps keep it", 4, 64, KEEP_ON_TRAP, "0 lr.w A; 0 interrupt: traps; 0 sc.w A: ok"},
    {"a trap and its return, where traps keep it", 4, 64, KEEP_ON_TRAP, "0 lr.w A; 0 ebreak: traps; 0 mret; 0 sc.w A: ok"},
    {"sret, where traps keep it", 4, 64, KEEP_ON_TRAP, "0 lr.d A; 0 sret; 0 sc.d A: ok"},
    {"a kept one is lost as others are", 4, 64, KEEP_ON_TRAP,
     "0 lr.w A; 0 ecall: traps; 1 sw A: 0 lost store; 0 mret; 0 sc.w A: fails store"},

    {"reset", 4, 64, 0, "0 lr.w A; all reset: 0 lost reset; 0 sc.w A: fails reset"},
    {"reset of all", 4, 64, 0,
     "0 lr.w A; 1 lr.d L; all reset: 0 lost reset, 1 lost reset; 1 sc.d L: fails reset; 0 sc.w A: fails reset"},
    {"a new lr after a reset", 4, 64, 0, "0 lr.w A; all reset: 0 lost reset; 0 lr.w A; 0 sc.w A: ok"},
};

/* Only in timed fidelity. */
static const struct row caches[] = {
    {"a load of another line takes its place", 4, 64, ONE_LINE, "0 lr.w A; 0 lw L: 0 lost eviction; 0 sc.w A: fails eviction"},
    {"a store to another line takes its place", 4, 64, ONE_LINE, "0 lr.d A; 0 sd B: 0 lost eviction; 0 sc.d A: fails eviction"},
    {"a swap of another line takes its place", 4, 64, ONE_LINE,
     "0 lr.w A; 0 amoswap.w L: 0 lost eviction; 0 sc.w A: fails eviction"},
    {"a load of the line itself takes no place", 4, 64, ONE_LINE, "0 lr.w A; 0 lw A; 0 sc.w A: ok"},
    {"another hart loads another line", 4, 64, ONE_LINE, "0 lr.w A; 1 lw A; 1 lw L; 1 lw B; 0 sc.w A: ok"},
    {"a load takes the other way", 4, 64, ONE_SET, "0 lr.w A; 0 lw L; 0 sc.w A: ok"},
    {"the reserved line is never the victim while there is another", 4, 64, ONE_SET,
     "0 lr.w A; 0 lw L; 0 lw B; 0 sw L; 0 sd B; 0 lw L; 0 sc.w A: ok"},
    {"nor when it is the oldest", 4, 64, ONE_SET, "0 lw A; 0 lw L; 0 lr.w A; 0 lw B; 0 lw L; 0 sc.w A: ok"},
};

/* Only in timed fidelity with exclusive fill. */
static const struct row thefts[] = {
    {"an lr of it", 4, 64, EXCLUSIVE_FILL, "0 lr.w A; 1 lr.w A: 0 lost exclusive; 0 sc.w A: fails exclusive; 1 sc.w A: ok"},
    {"an lr of its granule", 8, 64, EXCLUSIVE_FILL,
     "0 lr.w A; 1 lr.w S: 0 lost exclusive; 0 sc.w A: fails exclusive; 1 sc.w S: ok"},
    {"an lr of its upper half", 4, 64, EXCLUSIVE_FILL,
     "0 lr.d A; 1 lr.w A+4: 0 lost exclusive; 0 sc.d A: fails exclusive; 1 sc.w A+4: ok"},
    {"an lr, whose sc goes first", 4, 64, EXCLUSIVE_FILL,
     "0 lr.w A; 1 lr.w A: 0 lost exclusive; 1 sc.w A: ok; 0 sc.w A: fails exclusive"},
    {"an lr of the next granule", 4, 64, EXCLUSIVE_FILL, "0 lr.w A; 1 lr.w N; 1 sc.w N: ok; 0 sc.w A: ok"},
    {"an lr of another line", 4, 64, EXCLUSIVE_FILL, "0 lr.w A; 1 lr.w L; 2 lr.w B; 0 sc.w A: ok; 2 sc.w B: ok; 1 sc.w L: ok"},
    {"a load", 4, 64, EXCLUSIVE_FILL, "0 lr.w A; 1 lw A; 0 sc.w A: ok"},
    {"lr and lr back", 4, 64, EXCLUSIVE_FILL,
     "0 lr.w A; 1 lr.w A: 0 lost exclusive; 0 lr.w A: 1 lost exclusive; 1 sc.w A: fails exclusive; 0 sc.w A: ok"},
    {"three harts steal in turn", 4, 64, EXCLUSIVE_FILL,
     "0 lr.w A; 1 lr.w A: 0 lost exclusive; 2 lr.w A: 1 lost exclusive; 0 sc.w A: fails exclusive; 1 sc.w A: fails exclusive; "
     "2 sc.w A: ok"},
    {"a store to what was stolen", 4, 64, EXCLUSIVE_FILL,
     "0 lr.w A; 1 lr.w A: 0 lost exclusive; 0 sw A: 1 lost store; 1 sc.w A: fails store; 0 sc.w A: fails exclusive"},
    {"an lr after the sc", 4, 64, EXCLUSIVE_FILL, "0 lr.w A; 0 sc.w A: ok; 1 lr.w A; 1 sc.w A: ok"},
};

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const struct machine {
    const char *name;
    unsigned fidelity, fill, bus;
} machines[] = {
    {"fast", EMU_FAST},
    {"timed, shared fill", EMU_TIMED, EMU_FILL_SHARED},
    {"timed, exclusive fill", EMU_TIMED, EMU_FILL_EXCLUSIVE},
    {"timed, shared fill, atomic bus", EMU_TIMED, EMU_FILL_SHARED, EMU_BUS_ATOMIC},
};

static const unsigned positions[] = {0, 24, 56};

static struct emu_config config_of(const struct machine *machine, unsigned granule, unsigned flags)
{
    struct emu_config config = guest_config(1);
    config.fidelity = machine->fidelity;
    config.bus.kind = machine->bus;
    config.reservation.fill = machine->fill;
    config.reservation.granule_bytes = granule;
    config.reservation.keep_on_trap = flags & KEEP_ON_TRAP;
    config.reservation.own_store_clears = flags & OWN_STORE_CLEARS;
    if (flags & (ONE_LINE | ONE_SET)) {
        config.l1d.ways = flags & ONE_LINE ? 1 : 2;
        config.l1d.bytes = 64 * config.l1d.ways;
    }
    return config;
}

/* Machines of one kind and granule, made when a row wants them: by the row's flags. */
enum { PARK = 128 };

struct park {
    const struct machine *machine;
    unsigned granule;
    struct script_machine *of[PARK];
};

static struct script_machine *park_take(struct park *park, unsigned flags)
{
    struct emu_config config = config_of(park->machine, park->granule, flags);
    struct script_machine **place = &park->of[flags];
    if (flags & NEW_MACHINE) {
        script_machine_destroy(*place);
        *place = NULL;
    }
    if (!*place)
        *place = script_machine_create(&config);
    return *place;
}

static void park_close(struct park *park)
{
    for (unsigned i = 0; i < PARK; i++)
        script_machine_destroy(park->of[i]);
}

static bool runs_as_written(struct park *park, const struct row *row, unsigned at, char why[static 256])
{
    bool is_new = row->flags & NEW_MACHINE;
    return script_run(park_take(park, row->flags), row->script, at, !is_new, why);
}

static bool suits(const struct row *row, const struct machine *machine, unsigned granule)
{
    bool shares = machine->fidelity == EMU_FAST || machine->fill == EMU_FILL_SHARED;
    return granule >= row->least && granule <= row->most && !(row->flags & (shares ? EXCLUSIVE_FILL : SHARED_FILL)) &&
           (machine->fidelity == EMU_TIMED || !(row->flags & (ONE_LINE | ONE_SET)));
}

static void expect_rows(const struct row *rows, size_t count)
{
    for (unsigned m = 0; m < COUNT(machines); m++)
        for (unsigned granule = 4; granule <= 64; granule *= 2) {
            struct park park = {.machine = &machines[m], .granule = granule};
            for (size_t i = 0; i < count; i++)
                for (unsigned p = 0; p < COUNT(positions) && suits(&rows[i], &machines[m], granule); p++) {
                    char why[256];
                    cr_expect(runs_as_written(&park, &rows[i], positions[p], why), "%s (%s), %s, granule %u, operand at %u: %s",
                              rows[i].name, rows[i].script, machines[m].name, granule, positions[p], why);
                }
            park_close(&park);
        }
}

Test(reservations, end_or_stay_when_another_hart)
{
    expect_rows(other_harts, COUNT(other_harts));
}

Test(reservations, end_or_stay_when_a_device_writes)
{
    expect_rows(devices, COUNT(devices));
}

Test(reservations, end_or_stay_when_their_own_hart)
{
    expect_rows(own_doing, COUNT(own_doing));
}

Test(reservations, end_with_their_line_in_the_cache)
{
    NEEDS_TIMED();
    expect_rows(caches, COUNT(caches));
}

Test(reservations, are_stolen_by_an_exclusive_fill)
{
    NEEDS_TIMED();
    expect_rows(thefts, COUNT(thefts));
}

/* ---- stores of every size at every byte around ---- */

/* What a store of `bytes` at `to` does to a reservation of `width` bytes at `at`, all counted from the start of a line, piece by
 * piece of the store: lines are separate transactions. */
static const char *effect(unsigned granule, int at, int width, int to, int bytes)
{
    int begin = at & -(int)granule, end = (at + width - 1) / (int)granule * (int)granule + (int)granule;
    while (bytes) {
        int piece = 64 - (to & 63) < bytes ? 64 - (to & 63) : bytes;
        if (to + piece > begin && to < end)
            return to + piece > at && to < at + width ? "store" : "false-sharing";
        to += piece;
        bytes -= piece;
    }
    return NULL;
}

static void expect_store(struct script_machine *machine, const char *name, unsigned granule, unsigned at, unsigned width,
                         int distance, unsigned bytes)
{
    char script[128], why[256], w = width == 8 ? 'd' : 'w';
    char store = bytes == 1 ? 'b' : bytes == 2 ? 'h' : bytes == 4 ? 'w' : 'd';
    const char *reason = effect(granule, (int)at, (int)width, (int)at + distance, (int)bytes);
    if (reason)
        snprintf(script, sizeof script, "0 lr.%c A; 1 s%c A%+d: 0 lost %s; 0 sc.%c A: fails %s", w, store, distance, reason, w,
                 reason);
    else
        snprintf(script, sizeof script, "0 lr.%c A; 1 s%c A%+d; 0 sc.%c A: ok", w, store, distance, w);
    cr_expect(script_run(machine, script, at, false, why), "%s, granule %u, operand at %u: %s: %s", name, granule, at, script, why);
}

static void expect_stores_around(unsigned at, unsigned width)
{
    for (unsigned m = 0; m < COUNT(machines); m++)
        for (unsigned granule = 4; granule <= 64; granule *= 2) {
            struct emu_config config = config_of(&machines[m], granule, 0);
            struct script_machine *machine = script_machine_create(&config);
            for (unsigned bytes = 1; bytes <= 8; bytes *= 2)
                for (int distance = -72; distance <= 72; distance += distance < -12 || distance >= 12 ? 3 : 1)
                    expect_store(machine, machines[m].name, granule, at, width, distance, bytes);
            script_machine_destroy(machine);
        }
}

Test(reservations, of_a_word_end_by_every_store_that_reaches_their_granule_and_no_other)
{
    expect_stores_around(36, 4);
}

Test(reservations, of_a_doubleword_end_by_every_store_that_reaches_their_granule_and_no_other)
{
    expect_stores_around(40, 8);
}

Test(reservations, of_the_last_word_of_a_line_end_by_every_store_that_reaches_their_granule_and_no_other)
{
    expect_stores_around(60, 4);
}

/* ---- would these rows notice? ---- */

/* The linker sends calls of reservation_snoop_slow, the one way by which writes end other agents' reservations, here (--wrap). */
struct reservations;
void __real_reservation_snoop_slow(struct reservations *r, uint64_t address, uint64_t size, unsigned by);
void __wrap_reservation_snoop_slow(struct reservations *r, uint64_t address, uint64_t size, unsigned by);

static bool snoops_are_off;

void __wrap_reservation_snoop_slow(struct reservations *r, uint64_t address, uint64_t size, unsigned by)
{
    if (!snoops_are_off)
        __real_reservation_snoop_slow(r, address, size, by);
}

static bool says_that_a_write_ends_one(const struct row *row)
{
    return strstr(row->script, "lost store") || strstr(row->script, "lost false-sharing") || strstr(row->script, "lost dma");
}

/* Rows that fail with snooping switched off, and of how many. Those that must and no others: else the test fails. */
static unsigned failing_rows(const struct row *rows, size_t count, const struct machine *machine, unsigned *ret_of)
{
    unsigned failing = 0;
    *ret_of = 0;
    for (size_t i = 0; i < count; i++) {
        struct park park = {.machine = machine, .granule = rows[i].most};
        char why[256];
        if (!suits(&rows[i], machine, rows[i].most))
            continue;
        bool fails = !runs_as_written(&park, &rows[i], 24, why);
        cr_expect(eq(int, fails, says_that_a_write_ends_one(&rows[i])), "%s (%s), %s", rows[i].name, rows[i].script, machine->name);
        failing += fails;
        ++*ret_of;
        park_close(&park);
    }
    return failing;
}

Test(reservations, without_snooping_most_rows_of_other_agents_fail_and_no_row_else)
{
    snoops_are_off = true;
    for (unsigned m = 0; m < COUNT(machines); m++) {
        unsigned of, failing = failing_rows(other_harts, COUNT(other_harts), &machines[m], &of);
        cr_expect(gt(uint, 2 * failing, of), "%s", machines[m].name);
        failing = failing_rows(devices, COUNT(devices), &machines[m], &of);
        cr_expect(gt(uint, 2 * failing, of), "%s", machines[m].name);
        failing_rows(own_doing, COUNT(own_doing), &machines[m], &of);
    }
}
