/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The visitors of component state. A visitor sees a stream of tagged records: a group's opening, its fields, its closing.
 * The hash visitor feeds the serialised records to XXH3; the flip visitor changes one field and hashes nothing; the look visitor
 * writes down what it meets.
 * Every record carries its type and its name, so that moving a value to another field or group changes the hash.
 */
#include <base/state.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { STATE_DEPTH_MAX = 16, STATE_NAME_MAX = 128 };

enum record { RECORD_OPEN = 1, RECORD_CLOSE, RECORD_VALUE, RECORD_BYTES };

struct state {
    XXH3_state_t *hash; /* NULL in a flip or a look visitor */
    bool looks;         /* a look visitor: */
    struct state_field *fields;
    size_t max;
    uint64_t flip;  /* the field to flip */
    uint64_t count; /* fields met so far */
    unsigned depth; /* open groups */
    const char *groups[STATE_DEPTH_MAX];
    unsigned numbers[STATE_DEPTH_MAX];
    char flipped[STATE_NAME_MAX]; /* "group.field", empty until it was met */
};

static void put(struct state *s, const void *bytes, size_t size)
{
    XXH3_128bits_update(s->hash, bytes, size);
}

/* Type, width or index, and the name with its terminating zero: no two different records serialise alike. */
static void put_head(struct state *s, enum record type, uint64_t number, const char *name)
{
    uint8_t head[9] = {(uint8_t)type};
    for (unsigned i = 0; i < 8; i++)
        head[1 + i] = (uint8_t)(number >> (8 * i));
    put(s, head, sizeof head);
    put(s, name, strlen(name) + 1);
}

/* Counts a field. True if it is the one to flip. */
static bool meet(struct state *s, const char *name)
{
    if (s->count++ != s->flip)
        return false;
    snprintf(s->flipped, sizeof s->flipped, "%s.%s", s->depth ? s->groups[s->depth - 1] : "", name);
    return true;
}

static void look(struct state *s, const char *name, uint64_t value, size_t bytes)
{
    if (s->count++ >= s->max)
        return;
    struct state_field *field = &s->fields[s->count - 1];
    const char *group = s->depth > 1 ? s->groups[s->depth - 1] : ""; /* the first is the component itself */
    unsigned number = s->depth > 1 ? s->numbers[s->depth - 1] : 0;
    if (number)
        snprintf(field->name, sizeof field->name, "%s %u.%s", group, number, name);
    else
        snprintf(field->name, sizeof field->name, "%s%s%s", group, group[0] ? "." : "", name);
    field->value = value;
    field->bytes = bytes;
}

/* The common part of the numbers: hashes `value`, or returns it with the lowest bit inverted if its turn has come. */
static uint64_t visit(struct state *s, const char *name, unsigned width, uint64_t value)
{
    if (s->looks)
        look(s, name, value, width);
    if (!s->hash)
        return value ^ (!s->looks && meet(s, name) ? 1 : 0);
    uint8_t bytes[8];
    for (unsigned i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    put_head(s, RECORD_VALUE, width, name);
    put(s, bytes, width);
    return value;
}

void state_open(struct state *s, const char *name, unsigned index)
{
    assert(s->depth < STATE_DEPTH_MAX);
    s->numbers[s->depth] = index;
    s->groups[s->depth++] = name;
    if (s->hash)
        put_head(s, RECORD_OPEN, index, name);
}

void state_close(struct state *s)
{
    assert(s->depth > 0);
    s->depth--;
    if (s->hash)
        put_head(s, RECORD_CLOSE, 0, "");
}

/* A visited number is written only where the visitor changed it: hashing a const object writes nothing. */
#define VISIT(width)                                                                                                               \
    do {                                                                                                                           \
        uint64_t new_value = visit(s, name, width, *value);                                                                        \
        if (new_value != *value)                                                                                                   \
            *value = (__typeof__(*value))new_value;                                                                                \
    } while (0)

void state_u8(struct state *s, const char *name, uint8_t *value)
{
    VISIT(1);
}

void state_u16(struct state *s, const char *name, uint16_t *value)
{
    VISIT(2);
}

void state_u32(struct state *s, const char *name, uint32_t *value)
{
    VISIT(4);
}

void state_u64(struct state *s, const char *name, uint64_t *value)
{
    VISIT(8);
}

void state_bool(struct state *s, const char *name, bool *value)
{
    VISIT(1);
}

void state_bytes(struct state *s, const char *name, void *bytes, size_t size)
{
    if (s->hash) {
        put_head(s, RECORD_BYTES, size, name);
        put(s, bytes, size);
    } else if (s->looks) {
        uint64_t value = 0;
        for (size_t i = 0; i < size && i < 8; i++)
            value |= (uint64_t)((const uint8_t *)bytes)[i] << (8 * i);
        look(s, name, value, size);
    } else if (meet(s, name) && size) {
        *(uint8_t *)bytes ^= 1;
    }
}

struct state *state_create_hash(void)
{
    struct state *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->hash = XXH3_createState();
    if (!s->hash) {
        free(s);
        return NULL;
    }
    XXH3_128bits_reset(s->hash);
    return s;
}

uint64_t state_finish_hash(struct state *s)
{
    assert(s->hash && s->depth == 0);
    uint64_t low = XXH3_128bits_digest(s->hash).low64;
    XXH3_freeState(s->hash);
    free(s);
    return low;
}

struct state *state_create_flip(uint64_t n)
{
    struct state *s = calloc(1, sizeof *s);
    if (s)
        s->flip = n;
    return s;
}

uint64_t state_finish_flip(struct state *s, char ret_name[STATE_NAME_MAX])
{
    assert(!s->hash && s->depth == 0);
    uint64_t count = s->count;
    if (ret_name)
        memcpy(ret_name, s->flipped, sizeof s->flipped);
    free(s);
    return count;
}

struct state *state_create_look(struct state_field *fields, size_t max)
{
    struct state *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->looks = true;
    s->fields = fields;
    s->max = max;
    return s;
}

uint64_t state_finish_look(struct state *s)
{
    assert(s->looks && s->depth == 0);
    uint64_t count = s->count;
    free(s);
    return count;
}
