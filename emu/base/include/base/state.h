/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one description of a component's state. Each component has one function
 * `void NAME_state(struct state *s, struct NAME *c)` that names every field that can influence the run, in a fixed order.
 * The same function serves the state hash, the test that flips each field, and (later) snapshots and their difference:
 * the visitor decides what happens to a field. In hash mode no field is written, so hashing a const machine is sound.
 * Values are visited by width, little-endian on every host; never visit padding, pointers or anything derived.
 */
#ifndef BASE_STATE_H
#define BASE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct state; /* opaque visitor */

/* Opens and closes a named group ("hart", index); index 0 where there is only one. Names become part of the hash. */
void state_open(struct state *s, const char *name, unsigned index);
void state_close(struct state *s);

void state_u8(struct state *s, const char *name, uint8_t *value);
void state_u16(struct state *s, const char *name, uint16_t *value);
void state_u32(struct state *s, const char *name, uint32_t *value);
void state_u64(struct state *s, const char *name, uint64_t *value);
void state_bool(struct state *s, const char *name, bool *value);
/* size bytes of raw octets (a FIFO, a page); never a struct. */
void state_bytes(struct state *s, const char *name, void *bytes, size_t size);

/* Visitors. A hash visitor yields XXH3-128's low 64 bits of the serialised stream. */
struct state *state_create_hash(void);
uint64_t state_finish_hash(struct state *s); /* destroys the visitor */

/* A flip visitor inverts the lowest bit of the n-th field it meets (counting from 0) and counts all of them.
 * state_bytes counts as one field (its first byte is flipped). Returns the number of fields met; destroys the visitor.
 * If ret_name is not NULL it receives "group.field" of the flipped field (at most 127 characters), "" if there was no n-th. */
struct state *state_create_flip(uint64_t n);
uint64_t state_finish_flip(struct state *s, char ret_name[128]);

/* A look visitor changes nothing and says what there is: the first `max` fields, by names "field" or "group 2.field" (with the
 * innermost group that is not the component itself, numbered where it is not 0). Returns the number of fields met; destroys the
 * visitor. */
struct state_field {
    char name[48];
    uint64_t value; /* of state_bytes: the first 8 of them, the first lowest */
    size_t bytes;
};

struct state *state_create_look(struct state_field *fields, size_t max);
uint64_t state_finish_look(struct state *s);

#endif
