/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The integer mix: what ordinary programs spend their time on. A chained hash table, a linked list, sorting of records through a
 * comparison function, a heap of events, scanning text into words, and a bytecode interpreter, each on a working set of 16 KiB (a
 * hart's own) and on one of 4 MiB (the harts divide it). Nothing here depends on the time or on other harts, so a checksum is a
 * function of the number of harts and the work. tests/bench/mix.c counts its loads, stores, branches and indirect jumps by stepping
 * through it.
 */
#include "bench.h"

#define ROUNDS       256 /* of all kernels on both working sets */
#define SMALL_BYTES  ((size_t)16 << 10)
#define LARGE_BYTES  ((size_t)4 << 20)

#define LOOKUPS      18000
#define LINKS        16000
#define SORTS        50
#define SORT_RECORDS 40
#define EVENTS       2000
#define TEXT_BYTES   12000
#define VM_LOOPS     300

struct node { /* of the hash table: 32 bytes */
    struct node *next;
    uint32_t key, kind;
    uint64_t hits, last;
};

struct link { /* of the list, circular: 32 bytes */
    struct link *next, *previous;
    uint32_t key, visits;
    uint64_t sum;
};

struct event { /* of the simulation: 24 bytes */
    uint64_t time;
    uint64_t place; /* in the heap */
    uint32_t kind, count;
};

/* One working set, divided in eighths: buckets (a quarter of theirs used), nodes (two), requests, words, text, links, events. */
struct set {
    struct node **buckets;
    size_t bucket_mask;
    struct node *nodes;
    size_t node_count;
    uint32_t *requests; /* keys to look up */
    size_t request_count, request_at;
    uint32_t *words;
    size_t word_mask, word_at;
    uint8_t *text, *text_end; /* the end is a 0 */
    uint8_t *text_at;
    struct link *links;
    size_t link_count;
    struct link *cursor;
    struct event **heap; /* no event is before its parent */
    size_t event_count;
    uint64_t random;
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
        uint32_t key = key_of((uint32_t)i);
        struct node **bucket = &s->buckets[bucket_of(s, key)];
        *node = (struct node){.next = *bucket, .key = key, .kind = key % 3};
        *bucket = node;
    }
    for (size_t i = 0; i < s->request_count; i++) /* one in nine is not there */
        s->requests[i] = key_of((uint32_t)(bench_random(&s->random) % (s->node_count + s->node_count / 8)));
}

/* Finds a key and moves its node to the front of its chain. */
static struct node *hash_find(struct set *s, uint32_t key, uint32_t kind)
{
    struct node **bucket = &s->buckets[bucket_of(s, key)], **at = bucket;
    for (struct node *node = *at; node; at = &node->next, node = *at)
        if (node->kind == kind && node->key == key) {
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
    uint64_t missing = 0, age = 0;
    for (unsigned i = 0; i < LOOKUPS; i++) {
        if (s->request_at == s->request_count)
            s->request_at = 0;
        uint32_t key = s->requests[s->request_at++];
        struct node *node = hash_find(s, key, key % 3);
        if (node) {
            age += i - node->last;
            node->last = i;
            node->hits++;
        } else {
            missing++;
        }
    }
    return missing + age;
}

/* ---- list ---- */

static void unlink(struct link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
}

static void link_behind(struct link *link, struct link *before)
{
    link->previous = before;
    link->next = before->next;
    before->next->previous = link;
    before->next = link;
}

static void list_build(struct set *s)
{
    struct link *before = &s->links[0];
    *before = (struct link){.next = before, .previous = before};
    for (size_t i = 1; i < s->link_count; i++) { /* in an order that leaps about */
        struct link *link = &s->links[(i * 1664525) & (s->link_count - 1)];
        link->key = bench_random(&s->random);
        link_behind(link, before);
        before = link;
    }
    s->cursor = before;
}

/* Goes along the list; a link whose key is less than its predecessor's changes places with it now and then. */
static uint64_t run_list(struct set *s)
{
    struct link *link = s->cursor;
    uint64_t swapped = 0;
    for (unsigned i = 0; i < LINKS; i++) {
        struct link *next = link->next, *previous = link->previous;
        link->sum += previous->visits;
        if (link->key < previous->key && ++link->visits & 1) {
            unlink(link);
            link_behind(link, previous->previous);
            swapped++;
        }
        link = next;
    }
    s->cursor = link;
    return swapped + link->sum;
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

static void swap(const struct record **a, const struct record **b)
{
    const struct record *old = *a;
    *a = *b;
    *b = old;
}

/* Quicksort of pointers, with insertion sort below eight. */
static void sort(const struct record **records, int count, compare *order)
{
    while (count > 8) {
        const struct record *pivot = records[count / 2];
        int low = 0, high = count - 1;
        while (low <= high) {
            while (order(records[low], pivot) < 0)
                low++;
            while (order(pivot, records[high]) < 0)
                high--;
            if (low <= high)
                swap(&records[low++], &records[high--]);
        }
        sort(records + low, count - low, order);
        count = high + 1;
    }
    for (int i = 1; i < count; i++)
        for (int j = i; j > 0 && order(records[j], records[j - 1]) < 0; j--)
            swap(&records[j], &records[j - 1]);
}

static uint64_t run_sort(struct set *s)
{
    struct record records[SORT_RECORDS];
    const struct record *sorted[SORT_RECORDS];
    uint64_t sum = 0;
    for (unsigned i = 0; i < SORTS; i++) {
        for (unsigned j = 0; j < SORT_RECORDS; j++) {
            uint32_t word = s->words[(s->word_at + j) & s->word_mask];
            records[j] = (struct record){word, word * 1664525};
            sorted[j] = &records[j];
        }
        sort(sorted, SORT_RECORDS, orders[i % 3]);
        for (unsigned j = 0; j < SORT_RECORDS; j++) {
            s->words[(s->word_at + j) & s->word_mask] = sorted[j]->payload + j;
            sum = (sum << 1) + sorted[j]->key;
        }
        s->word_at += SORT_RECORDS;
    }
    return sum;
}

/* ---- heap: the queue of a simulation ---- */

static void heap_place(struct event **heap, size_t at, struct event *event)
{
    heap[at] = event;
    event->place = at;
}

static void heap_up(struct event **heap, size_t at, struct event *event)
{
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (heap[parent]->time <= event->time)
            break;
        heap_place(heap, at, heap[parent]);
        at = parent;
    }
    heap_place(heap, at, event);
}

static void heap_down(struct event **heap, size_t count, size_t at, struct event *event)
{
    size_t child;
    while ((child = 2 * at + 1) < count) {
        struct event *least = heap[child];
        if (child + 1 < count && heap[child + 1]->time < least->time)
            least = heap[++child];
        if (event->time <= least->time)
            break;
        heap_place(heap, at, least);
        at = child;
    }
    heap_place(heap, at, event);
}

static void heap_build(struct set *s, struct event *events)
{
    for (size_t i = 0; i < s->event_count; i++) {
        events[i] = (struct event){.time = bench_random(&s->random), .kind = (uint32_t)i};
        heap_up(s->heap, i, &events[i]);
    }
}

/* Does the next event, which happens again later, and postpones another. */
static uint64_t run_heap(struct set *s)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < EVENTS; i++) {
        struct event *event = s->heap[0];
        sum += event->time + event->count;
        event->time += event->kind & 7 ? 1 + (event->time * 7 & 0x3ffff) : (uint64_t)event->kind << 16;
        event->count++;
        heap_down(s->heap, s->event_count, 0, event);
        event = s->heap[s->event_count / 2];
        event->time += 0x10000;
        heap_down(s->heap, s->event_count, event->place, event);
    }
    return sum;
}

/* ---- text ---- */

enum { BLANK = 1, LETTER = 2, DIGIT = 4, MARK = 8 };
static uint8_t classes[256];
static const char *const keywords[] = {"if",   "else",  "while",  "for",    "return", "break", "struct", "static",
                                       "void", "const", "sizeof", "switch", "case",   "do",    "int",    "char"};

static void text_build(struct set *s)
{
    static const char letters[] = "etaoinshrdlu";
    uint8_t *at = s->text, *end = s->text_end;
    while (at < end) {
        uint32_t pick = bench_random(&s->random);
        if (pick % 3 == 0) {
            for (const char *k = keywords[pick / 3 % 16]; *k && at < end; k++)
                *at++ = (uint8_t)*k;
        } else {
            for (unsigned n = pick / 3 % 9 + 1; n && at < end; n--)
                *at++ = (uint8_t)(pick % 17 == 1 ? '0' + n : letters[bench_random(&s->random) % 12]);
        }
        if (at < end)
            *at++ = (uint8_t)(pick % 11 == 0 ? ';' : pick % 13 == 0 ? '\n' : ' ');
    }
    *end = 0;
    s->text_at = s->text;
}

static bool is_same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* A scanner: copies each word out and looks it up among the keywords with which it could be confused. At the end of the text it
 * starts again. */
static uint64_t run_text(struct set *s)
{
    uint64_t words = 0, numbers = 0, marks = 0, found = 0;
    char word[16];
    const uint8_t *at = s->text_at;
    for (size_t left = TEXT_BYTES; left; left--) {
        const uint8_t *begin = at;
        uint8_t class = classes[*at];
        if (class & LETTER) {
            char *to = word;
            do {
                if (to < word + sizeof word - 1)
                    *to++ = (char)*at;
                at++;
            } while (classes[*at] & (LETTER | DIGIT));
            *to = '\0';
            words++;
            for (unsigned i = (unsigned)word[0] & 3; i < 16; i += 4)
                if (is_same(keywords[i], word))
                    found += i;
        } else if (class & DIGIT) {
            uint32_t value = 0;
            do
                value = value * 10 + (*at++ - '0');
            while (classes[*at] & DIGIT);
            numbers += value;
        } else if (class & MARK) {
            marks++;
            at++;
        } else if (*at) {
            at++;
        } else {
            at = s->text;
            continue;
        }
        left -= (size_t)(at - begin) < left ? (size_t)(at - begin) - 1 : left - 1;
    }
    s->text_at = (uint8_t *)at;
    return words * 3 + numbers * 5 + marks * 7 + found;
}

/* ---- interpreter: a stack machine with eight variables ---- */

enum op { PUSH, GET, SET, LOAD, STORE, ADD, SUB, XOR, SHIFT, LESS, DUP, JUMP_IF_ZERO, JUMP, CALL, RETURN, HALT };

/* Variables: 0 i, 1 limit, 2 sum, 3 address, 4 value. A jump is followed by its target. */
static const uint8_t program[] = {
    /*  0 */ PUSH,         0,  SET,   2,         /* sum = 0 */
    /*  4 */ GET,          0,  GET,   1,   LESS, /* i < limit? */
    /*  9 */ JUMP_IF_ZERO, 59,
    /* 11 */ GET,          3,  GET,   0,   ADD,   SET, 3,      /* address += i */
    /* 18 */ GET,          3,  LOAD,  DUP, SET,   4,           /* value = memory[address] */
    /* 24 */ PUSH,         1,  SHIFT, GET, 2,     XOR, SET, 2, /* sum ^= value >> 1 */
    /* 32 */ GET,          4,  GET,   2,   LESS,               /* value < sum? */
    /* 37 */ JUMP_IF_ZERO, 43,
    /* 39 */ CALL,         60, JUMP,  50,
    /* 43 */ GET,          4,  GET,   0,   SUB,   SET, 4, /* value -= i */
    /* 50 */ GET,          0,  PUSH,  1,   ADD,   SET, 0, /* i++ */
    /* 57 */ JUMP,         4,
    /* 59 */ HALT,
    /* 60 */ GET,          2,  GET,   3,   STORE,                   /* memory[address] = sum */
    /* 65 */ GET,          4,  GET,   2,   ADD,   SET, 2,   RETURN, /* sum += value */
};

static uint64_t interpret(struct set *s, uint64_t *variables)
{
    uint64_t stack[16], *top = stack;
    const uint8_t *pc = program, *calls[4], **call = calls;
    for (;;) {
        switch ((enum op) * pc++) {
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
    size_t part = bytes / 8;
    s->buckets = (struct node **)base;
    s->bucket_mask = part / 4 / sizeof *s->buckets - 1;
    s->nodes = (struct node *)(base + part);
    s->node_count = 2 * part / sizeof *s->nodes;
    s->requests = (uint32_t *)(base + 3 * part);
    s->request_count = part / sizeof *s->requests;
    s->words = (uint32_t *)(base + 4 * part);
    s->word_mask = part / sizeof *s->words - 1;
    s->text = base + 5 * part;
    s->text_end = s->text + part - 1;
    s->links = (struct link *)(base + 6 * part);
    s->link_count = part / sizeof *s->links;
    s->heap = (struct event **)(base + 7 * part);
    s->event_count = part / (sizeof *s->heap + sizeof(struct event));
    hash_build(s);
    list_build(s);
    text_build(s);
    heap_build(s, (struct event *)(s->heap + s->event_count));
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
            sum = sum * 31 + run_heap(s);
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
