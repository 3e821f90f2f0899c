/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The integer mix: what ordinary programs spend their time on. A chained hash table, a linked list, sorting of records through a
 * comparison function, scanning text into words, and a bytecode interpreter, each on a working set of 16 KiB (a hart's own) and on
 * one of 4 MiB (the harts divide it). Nothing here depends on the time or on other harts, so a checksum is a function of the number
 * of harts and the work. tests/bench/mix.c counts its loads, stores, branches and indirect jumps by stepping through it.
 */
#include "bench.h"

#define ROUNDS       320 /* of all kernels on both working sets */
#define SMALL_BYTES  ((size_t)16 << 10)
#define LARGE_BYTES  ((size_t)4 << 20)

#define LOOKUPS      14000
#define LIST_RUNS    48
#define LIST_RUN     96
#define SORTS        60
#define SORT_RECORDS 40
#define TEXT_BYTES   12000
#define VM_LOOPS     900

struct node { /* of the hash table: 16 bytes */
    struct node *next;
    uint32_t key, hits;
};

struct link { /* of the list: 16 bytes */
    struct link *next;
    uint32_t key, visits;
};

/* One working set, divided: buckets 1/8, nodes 3/8, words 1/4, text 1/8, links 1/8. */
struct set {
    struct node **buckets;
    size_t bucket_mask;
    struct node *nodes;
    size_t node_count;
    uint32_t *words;
    size_t word_mask;
    uint8_t *text;
    size_t text_mask;
    struct link *links;
    size_t link_count;
    struct link *head;
    uint64_t random;
    size_t word_at, text_at; /* where the next run goes on */
};

const char bench_name[] = "intmix";

static struct set sets[BENCH_HARTS_MAX][2];

/* ---- hash table ---- */

static uint32_t key_of(uint32_t i)
{
    return i * UINT32_C(2654435761);
}

static size_t bucket_of(const struct set *s, uint32_t key)
{
    return (key >> 7 ^ key >> 19) & s->bucket_mask;
}

static void hash_build(struct set *s)
{
    for (size_t i = 0; i < s->node_count; i++) {
        struct node *node = &s->nodes[i];
        struct node **bucket = &s->buckets[bucket_of(s, key_of((uint32_t)i))];
        *node = (struct node){.next = *bucket, .key = key_of((uint32_t)i)};
        *bucket = node;
    }
}

/* Finds a key and moves its node to the front of its chain. */
static struct node *hash_find(struct set *s, uint32_t key)
{
    struct node **bucket = &s->buckets[bucket_of(s, key)], **at = bucket;
    for (struct node *node = *at; node; at = &node->next, node = *at)
        if (node->key == key) {
            node->hits++;
            if (at != bucket) {
                *at = node->next;
                node->next = *bucket;
                *bucket = node;
            }
            return node;
        }
    return NULL;
}

static uint64_t run_hash(struct set *s)
{
    uint64_t sum = 0;
    uint32_t range = (uint32_t)(s->node_count + s->node_count / 8); /* one key in nine is not there */
    for (unsigned i = 0; i < LOOKUPS; i++) {
        uint32_t which = (uint32_t)((uint64_t)bench_random(&s->random) * range >> 31);
        const struct node *node = hash_find(s, key_of(which));
        sum += node ? node->hits : 1000;
    }
    return sum;
}

/* ---- list ---- */

static void list_build(struct set *s)
{
    struct link *before = NULL;
    for (size_t i = 0; i < s->link_count; i++) { /* in an order that leaps about */
        struct link *link = &s->links[(i * 1664525 + 1013904223) & (s->link_count - 1)];
        *link = (struct link){.next = before, .key = bench_random(&s->random)};
        before = link;
    }
    s->head = before;
}

/* Takes a run of links off the front, reverses it, and puts the links with odd keys back in front of the others. */
static struct link *list_turn(struct link *head, struct link **ret_rest)
{
    struct link *odd = NULL, **odd_end = &odd, *even = NULL, **even_end = &even;
    for (unsigned i = 0; i < LIST_RUN && head; i++) {
        struct link *link = head;
        head = link->next;
        link->visits++;
        if (link->key & 1) {
            *odd_end = link;
            odd_end = &link->next;
        } else {
            *even_end = link;
            even_end = &link->next;
        }
        link->key = link->key >> 1 | (link->key ^ link->visits) << 31;
    }
    *even_end = NULL;
    *odd_end = even;
    *ret_rest = head;
    return odd;
}

static uint64_t run_list(struct set *s)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < LIST_RUNS; i++) {
        struct link *rest, *run = list_turn(s->head, &rest), *last = run;
        uint32_t greatest = 0;
        for (struct link *link = run; link; link = link->next) {
            if (link->key > greatest)
                greatest = link->key;
            last = link;
        }
        sum += greatest;
        last->next = rest;
        /* The list is long: what was done goes behind a link further on. */
        for (unsigned j = 0; j < LIST_RUN / 2 && last->next; j++)
            last = last->next;
        if (last->next) {
            struct link *first = run, *cut = last->next;
            s->head = cut;
            last->next = NULL;
            while (cut->next && cut->key % 64)
                cut = cut->next;
            last->next = cut->next;
            cut->next = first;
        }
    }
    return sum;
}

/* ---- sorting ---- */

struct record {
    uint32_t key, payload;
};

typedef int compare(const struct record *, const struct record *);

static int by_key(const struct record *a, const struct record *b)
{
    return a->key < b->key ? -1 : a->key > b->key;
}

static int by_payload(const struct record *a, const struct record *b)
{
    return a->payload < b->payload ? -1 : a->payload > b->payload;
}

static int by_low_byte(const struct record *a, const struct record *b)
{
    int difference = (int)(a->key & 0xff) - (int)(b->key & 0xff);
    return difference ? difference : by_payload(a, b);
}

static compare *const orders[] = {by_key, by_payload, by_low_byte};

static void swap(struct record *a, struct record *b)
{
    struct record old = *a;
    *a = *b;
    *b = old;
}

/* Quicksort with insertion sort below eight records. */
static void sort(struct record *records, int count, compare *order)
{
    while (count > 8) {
        struct record pivot = records[count / 2];
        int low = 0, high = count - 1;
        while (low <= high) {
            while (order(&records[low], &pivot) < 0)
                low++;
            while (order(&pivot, &records[high]) < 0)
                high--;
            if (low <= high)
                swap(&records[low++], &records[high--]);
        }
        sort(records + low, count - low, order);
        count = high + 1;
    }
    for (int i = 1; i < count; i++)
        for (int j = i; j > 0 && order(&records[j], &records[j - 1]) < 0; j--)
            swap(&records[j], &records[j - 1]);
}

static uint64_t run_sort(struct set *s)
{
    struct record records[SORT_RECORDS];
    uint64_t sum = 0;
    for (unsigned i = 0; i < SORTS; i++) {
        for (unsigned j = 0; j < SORT_RECORDS; j++)
            records[j] = (struct record){s->words[(s->word_at + j) & s->word_mask], j};
        sort(records, SORT_RECORDS, orders[i % 3]);
        for (unsigned j = 0; j < SORT_RECORDS; j++) {
            s->words[(s->word_at + j) & s->word_mask] = records[j].key * 1664525 + records[j].payload;
            sum = (sum << 1) + records[j].key;
        }
        s->word_at += SORT_RECORDS;
    }
    return sum;
}

/* ---- text ---- */

enum { BLANK = 1, LETTER = 2, DIGIT = 4, MARK = 8 };
static uint8_t classes[256];
static const char *const keywords[] = {"if",   "else",  "while", "for",    "return", "break", "struct", "static",
                                       "void", "const", "sizeof", "switch", "case",   "do",    "int",    "char"};

static void text_build(struct set *s)
{
    static const char letters[] = "etaoinshrdlu";
    size_t at = 0, size = s->text_mask + 1;
    while (at < size) {
        uint32_t pick = bench_random(&s->random);
        if (pick % 3 == 0) {
            for (const char *k = keywords[pick / 3 % 16]; *k && at < size; k++)
                s->text[at++] = (uint8_t)*k;
        } else {
            for (unsigned n = pick / 3 % 9 + 1; n && at < size; n--)
                s->text[at++] = (uint8_t)(pick % 17 == 1 ? '0' + n : letters[bench_random(&s->random) % 12]);
        }
        if (at < size)
            s->text[at++] = (uint8_t)(pick % 11 == 0 ? ';' : pick % 13 == 0 ? '\n' : ' ');
    }
}

static bool is_same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* A scanner: copies each word out, in lower case, and looks it up among the keywords of the same length. */
static uint64_t run_text(struct set *s)
{
    uint64_t words = 0, numbers = 0, marks = 0, found = 0;
    char word[16];
    size_t at = s->text_at, end = at + TEXT_BYTES;
    while (at < end) {
        uint8_t c = s->text[at & s->text_mask];
        uint8_t class = classes[c];
        if (class & BLANK) {
            at++;
        } else if (class & LETTER) {
            unsigned length = 0;
            do {
                if (length < sizeof word - 1)
                    word[length++] = (char)(c | 0x20);
                c = s->text[++at & s->text_mask];
            } while (classes[c] & (LETTER | DIGIT));
            word[length] = '\0';
            words++;
            for (unsigned i = (unsigned)word[0] & 7; i < 16; i += 4)
                if (is_same(keywords[i], word))
                    found += i;
        } else if (class & DIGIT) {
            uint32_t value = 0;
            do {
                value = value * 10 + (c - '0');
                c = s->text[++at & s->text_mask];
            } while (classes[c] & DIGIT);
            numbers += value;
        } else {
            marks++;
            at++;
        }
    }
    s->text_at = at;
    return words * 3 + numbers * 5 + marks * 7 + found;
}

/* ---- interpreter: a stack machine with eight variables ---- */

enum op { PUSH, GET, SET, LOAD, STORE, ADD, SUB, XOR, SHIFT, LESS, DUP, JUMP_IF_ZERO, JUMP, CALL, RETURN, HALT };

/* Variables: 0 i, 1 limit, 2 sum, 3 address, 4 value. A jump is followed by its target. */
static const uint8_t program[] = {
    /*  0 */ PUSH, 0, SET, 2,                      /* sum = 0 */
    /*  4 */ GET, 0, GET, 1, LESS,                 /* i < limit? */
    /*  9 */ JUMP_IF_ZERO, 59,
    /* 11 */ GET, 3, GET, 0, ADD, SET, 3,          /* address += i */
    /* 18 */ GET, 3, LOAD, DUP, SET, 4,            /* value = memory[address] */
    /* 24 */ PUSH, 1, SHIFT, GET, 2, XOR, SET, 2,  /* sum ^= value >> 1 */
    /* 32 */ GET, 4, GET, 2, LESS,                 /* value < sum? */
    /* 37 */ JUMP_IF_ZERO, 43,
    /* 39 */ CALL, 60, JUMP, 50,
    /* 43 */ GET, 4, GET, 0, SUB, SET, 4,          /* value -= i */
    /* 50 */ GET, 0, PUSH, 1, ADD, SET, 0,         /* i++ */
    /* 57 */ JUMP, 4,
    /* 59 */ HALT,
    /* 60 */ GET, 2, GET, 3, STORE,                /* memory[address] = sum */
    /* 65 */ GET, 4, GET, 2, ADD, SET, 2, RETURN,  /* sum += value */
};

static uint64_t interpret(struct set *s, uint64_t *variables)
{
    uint64_t stack[16], *top = stack;
    const uint8_t *pc = program, *calls[4], **call = calls;
    for (;;) {
        switch ((enum op)*pc++) {
        case PUSH:
            *top++ = *pc++;
            break;
        case GET:
            *top++ = variables[*pc++];
            break;
        case SET:
            variables[*pc++] = *--top;
            break;
        case LOAD:
            top[-1] = s->words[top[-1] & s->word_mask];
            break;
        case STORE:
            s->words[top[-1] & s->word_mask] = (uint32_t)top[-2];
            top -= 2;
            break;
        case ADD:
            top--;
            top[-1] += *top;
            break;
        case SUB:
            top--;
            top[-1] -= *top;
            break;
        case XOR:
            top--;
            top[-1] ^= *top;
            break;
        case SHIFT:
            top--;
            top[-1] >>= *top & 63;
            break;
        case LESS:
            top--;
            top[-1] = top[-1] < *top;
            break;
        case DUP:
            *top = top[-1];
            top++;
            break;
        case JUMP_IF_ZERO:
            pc = *--top ? pc + 1 : program + *pc;
            break;
        case JUMP:
            pc = program + *pc;
            break;
        case CALL:
            *call++ = pc + 1;
            pc = program + *pc;
            break;
        case RETURN:
            pc = *--call;
            break;
        case HALT:
            return variables[2];
        }
    }
}

static uint64_t run_vm(struct set *s)
{
    uint64_t variables[8] = {0};
    variables[1] = VM_LOOPS;
    variables[3] = bench_random(&s->random);
    return interpret(s, variables);
}

/* ---- all of it ---- */

static void build(struct set *s, uint8_t *base, size_t bytes, uint64_t seed)
{
    s->random = seed;
    s->buckets = (struct node **)base;
    s->bucket_mask = bytes / 8 / sizeof *s->buckets - 1;
    s->nodes = (struct node *)(base + bytes / 8);
    s->node_count = bytes * 3 / 8 / sizeof *s->nodes;
    s->words = (uint32_t *)(base + bytes / 2);
    s->word_mask = bytes / 4 / sizeof *s->words - 1;
    s->text = base + bytes * 3 / 4;
    s->text_mask = bytes / 8 - 1;
    s->links = (struct link *)(base + bytes * 7 / 8);
    s->link_count = bytes / 8 / sizeof *s->links;
    hash_build(s);
    list_build(s);
    text_build(s);
    for (size_t i = 0; i <= s->word_mask; i++)
        s->words[i] = bench_random(&s->random);
}

void bench_prepare(unsigned hart)
{
    size_t large = LARGE_BYTES;
    for (unsigned n = 1; n < bench_harts; n *= 2)
        large /= 2;
    if (large < SMALL_BYTES)
        large = SMALL_BYTES;
    for (unsigned c = 0; c < 256; c++) /* every hart writes the same */
        classes[c] = c <= ' ' ? BLANK : c >= '0' && c <= '9' ? DIGIT : (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? LETTER : MARK;
    build(&sets[hart][0], bench_heap + hart * SMALL_BYTES, SMALL_BYTES, 2 * hart);
    build(&sets[hart][1], bench_heap + BENCH_HARTS_MAX * SMALL_BYTES + hart * large, large, 2 * hart + 1);
}

void bench_run(unsigned hart, struct bench_result *result)
{
    uint64_t rounds = bench_share(hart, ROUNDS), sum = 0;
    for (uint64_t i = 0; i < rounds; i++)
        for (unsigned which = 0; which < 2; which++) {
            struct set *s = &sets[hart][which];
            sum = sum * 31 + run_hash(s);
            sum = sum * 31 + run_list(s);
            sum = sum * 31 + run_sort(s);
            sum = sum * 31 + run_text(s);
            sum = sum * 31 + run_vm(s);
        }
    result->done = rounds;
    result->checksum = sum;
}

bool bench_check(const struct bench_result *sum)
{
    return true;
}
