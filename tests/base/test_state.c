/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The state visitors: what makes two states equal and different, and what a flip does.
 */
#include <base/state.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lib/state_check.h>
#include <string.h>

struct sample {
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    bool flag;
    uint8_t bytes[5];
};

static void sample_state(struct state *s, void *object)
{
    struct sample *sample = object;
    state_open(s, "outer", 0);
    state_u8(s, "u8", &sample->u8);
    state_open(s, "inner", 3);
    state_u16(s, "u16", &sample->u16);
    state_u32(s, "u32", &sample->u32);
    state_close(s);
    state_u64(s, "u64", &sample->u64);
    state_bool(s, "flag", &sample->flag);
    state_bytes(s, "bytes", sample->bytes, sizeof sample->bytes);
    state_close(s);
}

static struct sample example(void)
{
    return (struct sample){1, 0x203, 0x4050607, 0x8090a0b0c0d0e0f, true, "abcd"};
}

Test(state, equal_values_give_equal_hashes)
{
    struct sample a = example(), b = example();
    cr_expect(eq(u64, state_check_hash(sample_state, &a), state_check_hash(sample_state, &b)));
}

Test(state, every_kind_of_field_changes_the_hash)
{
    struct sample a = example();
    cr_expect(eq(u64, state_check_flips(sample_state, &a), 6));
}

Test(state, hashing_writes_nothing)
{
    static const struct sample constant = {1, 2, 3, 4, true, "read"}; /* in read-only memory */
    state_check_hash(sample_state, (void *)&constant);
}

Test(state, a_look_names_every_field_and_its_value_and_writes_nothing)
{
    static const struct sample constant = {1, 0x203, 0x4050607, 0x8090a0b0c0d0e0f, true, "abcd"}; /* in read-only memory */
    static const struct state_field want[] = {{"u8", 1, 1},
                                              {"inner 3.u16", 0x203, 2},
                                              {"inner 3.u32", 0x4050607, 4},
                                              {"u64", 0x8090a0b0c0d0e0f, 8},
                                              {"flag", 1, 1},
                                              {"bytes", 0x64636261, sizeof constant.bytes}};
    for (size_t max = 0; max < 8; max++) {
        struct state_field got[8] = {{"untouched", 7, 7}};
        struct state *s = state_create_look(got, max);
        sample_state(s, (void *)&constant);
        cr_expect(eq(u64, state_finish_look(s), 6));
        for (size_t i = 0; i < max && i < 6; i++) {
            cr_expect(eq(str, got[i].name, (char *)want[i].name));
            cr_expect(eq(u64, got[i].value, want[i].value));
            cr_expect(eq(sz, got[i].bytes, want[i].bytes));
        }
        cr_expect(eq(u64, got[max].value, max ? 0 : 7), "no more than there is room for");
    }
}

Test(state, a_flip_inverts_the_lowest_bit_of_the_nth_field_and_names_it)
{
    static const char *const names[] = {"outer.u8", "inner.u16", "inner.u32", "outer.u64", "outer.flag", "outer.bytes", ""};
    for (unsigned n = 0; n < 7; n++) {
        struct sample a = example();
        char name[128];
        struct state *s = state_create_flip(n);
        sample_state(s, &a);
        cr_expect(eq(u64, state_finish_flip(s, name), 6));
        cr_expect(eq(str, name, (char *)names[n]));
        cr_expect(eq(u8, a.u8, n == 0 ? 0 : 1));
        cr_expect(eq(u16, a.u16, n == 1 ? 0x202 : 0x203));
        cr_expect(eq(u32, a.u32, n == 2 ? 0x4050606 : 0x4050607));
        cr_expect(eq(u64, a.u64, n == 3 ? 0x8090a0b0c0d0e0e : 0x8090a0b0c0d0e0f));
        cr_expect(eq(int, a.flag, n != 4));
        cr_expect(eq(u8, a.bytes[0], n == 5 ? '`' : 'a'));
    }
}

enum { SHAPES = 8 };

/* Streams that carry the same bytes and differ only in names, widths or grouping. */
static uint64_t hash_of_shape(unsigned shape)
{
    uint8_t bytes[2] = {0, 0};
    uint16_t word = 0;
    struct state *s = state_create_hash();
    state_open(s, shape == 1 ? "other" : "group", shape == 2 ? 1 : 0);
    switch (shape) {
    case 3:
        state_u16(s, "a", &word);
        break;
    case 4:
        state_bytes(s, "a", bytes, 2);
        break;
    case 5:
        state_u8(s, "a", &bytes[0]);
        state_close(s);
        state_open(s, "group", 0);
        state_u8(s, "b", &bytes[1]);
        break;
    case 6:
        state_u8(s, "a", &bytes[0]);
        state_u8(s, "c", &bytes[1]);
        break;
    case 7:
        state_u8(s, "a", &bytes[0]);
        break;
    default:
        state_u8(s, "a", &bytes[0]);
        state_u8(s, "b", &bytes[1]);
    }
    state_close(s);
    return state_finish_hash(s);
}

Test(state, names_widths_and_groups_are_part_of_the_hash)
{
    for (unsigned a = 0; a < SHAPES; a++)
        for (unsigned b = 0; b < a; b++)
            cr_expect(ne(u64, hash_of_shape(a), hash_of_shape(b)), "shapes %u and %u", a, b);
}

Test(state, the_hash_is_the_same_on_every_host)
{
    struct sample a = example();
    cr_expect(eq(u64, state_check_hash(sample_state, &a), UINT64_C(17386872980633888785)));
}
