/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Litmus shapes: small concurrent programs on two words x and y, written as rows ("Wx1 Ry"), run as bare-metal guests on fresh
 * words again and again, with delays and cache states that differ each time. What sequential consistency allows is found here by
 * interleaving the same row in every way, without any machine.
 */
#ifndef EMU_LITMUS_H
#define EMU_LITMUS_H

#include <emu/emu.h>
#include <stdbool.h>
#include <stdint.h>

enum { LITMUS_THREADS = 4, LITMUS_ACCESSES = 3, LITMUS_READS = 4, LITMUS_OUTCOMES = 1 << 2 * (LITMUS_READS + 2) };

/* A thread is accesses with blanks between them: R or W, the word, and for W the value (1 to 3). */
struct litmus_shape {
    const char *name;
    const char *threads[LITMUS_THREADS];
};

struct litmus_access {
    bool write;
    unsigned word;  /* 0: x, 1: y */
    unsigned value; /* of a write */
    unsigned read;  /* number of the read in the outcome */
};

struct litmus_program {
    const char *name;
    unsigned threads, reads;
    unsigned length[LITMUS_THREADS];
    struct litmus_access access[LITMUS_THREADS][LITMUS_ACCESSES];
};

/* By outcome: two bits a read in the order of the row, then the last values of x and y. */
struct litmus_set {
    bool has[LITMUS_OUTCOMES];
};

/* How an access is made. */
struct litmus_variant {
    const char *name;
    enum { LITMUS_STORE, LITMUS_SWAP, LITMUS_LR_SC } write;
    enum { LITMUS_LOAD, LITMUS_AMOOR, LITMUS_LR } read;
};

/* Where the words lie behind a line start, and their size. */
struct litmus_place {
    const char *name;
    unsigned x, y, bytes;
};

/* Aborts when the row is no shape. */
void litmus_parse(const struct litmus_shape *shape, struct litmus_program *ret_program);
void litmus_allowed(const struct litmus_program *program, struct litmus_set *ret_set);
unsigned litmus_count(const struct litmus_set *set);
/* "Ry=0 Rx=1, x=1 y=1" */
void litmus_text(const struct litmus_program *program, unsigned outcome, char ret_text[static 64]);

/* Runs the program `times` times on a machine of its own and adds what was observed to *set. False if the guest did not come to its
 * end or a word held what nobody wrote. The seed chooses the machine's schedule, delays (each four seeds have short to long
 * ones: some outcomes need two writes within another thread's two reads), nops, cache states, and which hart runs which thread. */
bool litmus_run(const struct litmus_program *program, const struct litmus_variant *variant, const struct litmus_place *place,
                const struct emu_config *config, uint64_t seed, unsigned times, struct litmus_set *set);

#endif
