/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The differential test: makes random programs in batches, runs each batch here, in both fidelities, and in QEMU, compares every
 * register, log entry and byte. A failure names seed and number, shows the program and what differs first; --only N runs that program
 * alone with everything shown. The seed is LOCKSCOPE_TEST_SEED or --seed.
 */
#include "program.h"
#include "sides.h"

#include <emu/emu.h>
#include <isa/insn.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *runtime;
    uint64_t seed;
    unsigned programs, batch;
    long only;
    bool show_differences, verbose;
};

static const struct {
    const char *name, *why;
} avoided[] = {
#define AVOIDED(name, why) {#name, why},
#include "differences.def"
};

static uint64_t mask_of(unsigned word)
{
    switch (word) {
#define MASKED(at, mask, why) \
    case at:                  \
        return ~(uint64_t)(mask);
#include "differences.def"
    default:
        return UINT64_MAX;
    }
}

static const char *name_of(unsigned word)
{
    static const char *const names[] = {"fcsr", "mstatus", "satp", "medeleg", "mideleg", "mie", "mip", "mcounteren", "scounteren",
                                        "stvec", "menvcfg", "pmpcfg0", "pmpcfg2"};
    static const char *const log[LOG_WORDS] = {"log kind", "log cause", "log epc", "log tval", "log status", "log mip"};
    static char text[64];
    if (word < 32)
        return isa_xreg_name(word);
    if (word < 64)
        return isa_freg_name(word - 32);
    if (word < WORD_PMPADDR)
        return names[word - WORD_FCSR];
    if (word >= WORD_LOG) {
        snprintf(text, sizeof text, "%s of entry %u", log[(word - WORD_LOG) % LOG_WORDS], (word - WORD_LOG) / LOG_WORDS);
        return text;
    }
    switch (word) {
    case WORD_SEPC:
        return "sepc";
    case WORD_SCAUSE:
        return "scause";
    case WORD_STVAL:
        return "stval";
    case WORD_SSCRATCH:
        return "sscratch";
    case WORD_LOGGED:
        return "number of traps logged";
    default:
        snprintf(text, sizeof text, "pmpaddr%u", word - WORD_PMPADDR);
        return text;
    }
}

/* differences.def: ebreak_tval, word_tval */
static uint64_t mask_of_tval(const struct record *record, unsigned word)
{
    uint64_t cause;
    if (word == WORD_STVAL)
        cause = record->word[WORD_SCAUSE];
    else if (word >= WORD_LOG && (word - WORD_LOG) % LOG_WORDS == 3)
        cause = record->word[word - 2];
    else
        return UINT64_MAX;
    return cause == 3 ? 0 : cause == 5 || cause == 7 ? ~UINT64_C(7) : UINT64_MAX;
}

/* differences.def: amo_hole. Is the word the cause of an AMO's access fault, which QEMU calls a load's? */
static bool is_amo_hole(const struct record *input, const struct record *ours, const struct record *theirs, unsigned word)
{
    uint64_t offset;
    if (word < WORD_LOG || (word - WORD_LOG) % LOG_WORDS != 1 || ours->word[word] != 7 || theirs->word[word] != 5)
        return false;
    offset = ours->word[word + 1] - input->word[WORD_VCODE];
    return offset < DIFF_CODE_BYTES && (ours->work[offset] & 0x7f) == 0x2f;
}

/* The log first: the first trap that differs explains the rest. */
static unsigned compare(const struct record *input, const struct record *ours, const struct record *theirs, bool print)
{
    unsigned differing = 0, words = WORD_LOG + LOG_MAX * LOG_WORDS;
    for (unsigned i = 0; i < words; i++) {
        unsigned word = (i + WORD_LOG) % words;
        if ((ours->word[word] ^ theirs->word[word]) & mask_of(word) & mask_of_tval(ours, word) && !is_amo_hole(input, ours, theirs, word)) {
            if (print && differing < 12)
                printf("  %s: ours 0x%" PRIx64 ", QEMU 0x%" PRIx64 "\n", name_of(word), ours->word[word], theirs->word[word]);
            differing++;
        }
    }
    for (unsigned at = 0; at < input->word[WORD_BYTES]; at += 8) {
        uint64_t a, b;
        memcpy(&a, ours->work + at, 8);
        memcpy(&b, theirs->work + at, 8);
        if (a == b)
            continue;
        if (print && differing < 12)
            printf("  %s at 0x%x: ours 0x%" PRIx64 ", QEMU 0x%" PRIx64 "\n",
                   at < DIFF_CODE_BYTES ? "code" : at < DIFF_TABLES - DIFF_WORK ? "data" : "table", DIFF_WORK + at, a, b);
        differing++;
    }
    return differing;
}

static void print_log(const char *side, const struct record *record)
{
    printf("%s logged %" PRIu64 " traps\n", side, record->word[WORD_LOGGED]);
    for (uint64_t i = 0; i < record->word[WORD_LOGGED] && i < LOG_MAX; i++) {
        const uint64_t *entry = &record->word[WORD_LOG + i * LOG_WORDS];
        printf("  %c cause %" PRIx64 " epc %" PRIx64 " tval %" PRIx64 " status %" PRIx64 " mip %" PRIx64 "\n",
               entry[0] == LOG_MACHINE ? 'M' : 'S', entry[1], entry[2], entry[3], entry[4], entry[5]);
    }
}

static uint64_t program_seed(const struct options *options, unsigned number)
{
    uint64_t state = options->seed ^ (uint64_t)number << 32;
    return draw(&state);
}

static size_t read_file(const char *name, uint8_t *to, size_t max)
{
    FILE *file = fopen(name, "rb");
    if (!file) {
        perror(name);
        exit(2);
    }
    size_t size = fread(to, 1, max, file);
    fclose(file);
    return size;
}

struct tally {
    uint64_t traps, causes[2][16], differing, faulted_out;
};

static void count(struct tally *tally, const struct record *record)
{
    uint64_t logged = record->word[WORD_LOGGED];
    tally->traps += logged;
    for (uint64_t i = 0; i < logged && i < LOG_MAX; i++) {
        uint64_t cause = record->word[WORD_LOG + i * LOG_WORDS + 1];
        if ((cause & ~(UINT64_C(1) << 63)) < 16)
            tally->causes[cause >> 63][cause & 15]++;
    }
}

/* Compares what one of our sides made of a program with QEMU's. */
static void judge(const struct options *options, const char *side, unsigned number, const struct record *input, const struct record *ours,
                  const struct record *theirs, struct tally *tally)
{
    bool differs = compare(input, ours, theirs, false);
    tally->differing += differs;
    if ((differs && tally->differing <= 3) || options->verbose) {
        printf("program %u of seed %" PRIu64 " in %s fidelity %s\n", number, options->seed, side, differs ? "differs:" : "agrees");
        compare(input, ours, theirs, true);
        if (options->only < 0)
            program_print(input);
        print_log("ours", ours);
        print_log("QEMU", theirs);
    } else if (differs && tally->differing <= 40) {
        printf("program %u differs in %s fidelity\n", number, side);
    }
}

static bool run_batch(const struct options *options, unsigned first, unsigned programs, struct tally *tally)
{
    size_t input_bytes = (size_t)programs * DIFF_RECORD, image_bytes = DIFF_INPUT - DIFF_RUNTIME + input_bytes;
    uint8_t *image = calloc(1, image_bytes), *timed = calloc(1, input_bytes), *fast = calloc(1, input_bytes);
    uint8_t *theirs = calloc(1, input_bytes);
    if (!image || !timed || !fast || !theirs)
        exit(2);
    read_file(options->runtime, image, DIFF_COUNT - DIFF_RUNTIME);
    memcpy(image + (DIFF_COUNT - DIFF_RUNTIME), &(uint64_t){programs}, 8);
    struct record *inputs = (struct record *)(void *)(image + (DIFF_INPUT - DIFF_RUNTIME));
    for (unsigned i = 0; i < programs; i++)
        program_make(&inputs[i], program_seed(options, first + i));
    if (options->only >= 0) {
        program_print(inputs);
        fflush(stdout);
    }
    bool ok = side_run_ours(EMU_TIMED, image, image_bytes, DIFF_OUTPUT, timed, input_bytes) &&
              side_run_ours(EMU_FAST, image, image_bytes, DIFF_OUTPUT, fast, input_bytes) &&
              side_run_qemu(image, image_bytes, DIFF_OUTPUT, theirs, input_bytes, 60);
    for (unsigned i = 0; i < programs; i++) {
        const struct record *result = (struct record *)(void *)theirs + i;
        judge(options, "timed", first + i, &inputs[i], (struct record *)(void *)timed + i, result, tally);
        judge(options, "fast", first + i, &inputs[i], (struct record *)(void *)fast + i, result, tally);
        count(tally, result);
    }
    free(image);
    free(timed);
    free(fast);
    free(theirs);
    return ok;
}

static struct options parse(int argc, char **argv)
{
    const char *seed = getenv("LOCKSCOPE_TEST_SEED");
    struct options options = {.seed = seed ? strtoull(seed, NULL, 0) : 20240229, .programs = 5500, .batch = 550, .only = -1};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--differences"))
            options.show_differences = true;
        else if (!strcmp(argv[i], "--seed"))
            options.seed = strtoull(value, NULL, 0), i++;
        else if (!strcmp(argv[i], "--programs"))
            options.programs = (unsigned)strtoul(value, NULL, 0), i++;
        else if (!strcmp(argv[i], "--only"))
            options.only = strtol(value, NULL, 0), i++;
        else
            options.runtime = argv[i];
    }
    return options;
}

int main(int argc, char **argv)
{
    struct options options = parse(argc, argv);
    struct tally tally = {0};
    bool ok = true;
    if (options.show_differences) {
        for (unsigned i = 0; i < sizeof avoided / sizeof avoided[0]; i++)
            printf("%-14s %s\n", avoided[i].name, avoided[i].why);
        return 0;
    }
    if (!options.runtime) {
        fprintf(stderr, "usage: differential RUNTIME [--seed S] [--programs N] [--only N] [--differences]\n");
        return 2;
    }
    printf("LOCKSCOPE_TEST_SEED=%" PRIu64 "\n", options.seed);
    if (options.only >= 0) {
        options.verbose = true;
        ok = run_batch(&options, (unsigned)options.only, 1, &tally);
        return ok && !tally.differing ? 0 : 1;
    }
    for (unsigned first = 0; first < options.programs && ok; first += options.batch) {
        unsigned left = options.programs - first;
        ok = run_batch(&options, first, left < options.batch ? left : options.batch, &tally);
    }
    printf("%u programs, %" PRIu64 " traps, %" PRIu64 " times a program differs\n", options.programs, tally.traps, tally.differing);
    for (unsigned cause = 0; cause < 16; cause++)
        if (tally.causes[0][cause] || tally.causes[1][cause])
            printf("  cause %u: %" PRIu64 " exceptions, %" PRIu64 " interrupts\n", cause, tally.causes[0][cause], tally.causes[1][cause]);
    return ok && !tally.differing ? 0 : 1;
}
