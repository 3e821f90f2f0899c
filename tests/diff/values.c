/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random numbers and operand values.
 */
#include "program.h"

uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t draw_value(uint64_t *state)
{
    static const uint64_t edges[] = {0, 1, 2, UINT64_MAX, UINT64_C(1) << 63, INT64_MAX, 0x7fffffff, 0x80000000, UINT64_C(0xffffffff80000000),
                                     0xffffffff, UINT64_C(0x100000000), 63, 64, 31, 32, UINT64_C(0xfffffffffffffffe), 0xff, 0x8000, 0x0102040810204080};
    switch (below(state, 4)) {
    case 0:
        return edges[below(state, sizeof edges / sizeof edges[0])];
    case 1:
        return draw(state) >> below(state, 64);
    case 2:
        return (uint64_t)((int64_t)draw(state) >> below(state, 64));
    default:
        return draw(state);
    }
}

static uint32_t single(uint64_t *state)
{
    static const uint32_t special[] = {0, 0x80000000, 1, 0x807fffff, 0x00800000, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001,
                                       0xffc12345, 0x3f800000, 0xbf800000, 0x4f000000, 0xcf000000, 0x5f000000, 0x3f7fffff, 0x33800000};
    if (one_in(state, 2))
        return special[below(state, sizeof special / sizeof special[0])];
    uint32_t bits = (uint32_t)draw(state);
    return one_in(state, 2) ? (bits & 0x807fffff) | (uint32_t)(112 + below(state, 30)) << 23 : bits;
}

uint64_t draw_float(uint64_t *state)
{
    static const uint64_t special[] = {0, UINT64_C(1) << 63, 1, UINT64_C(0x800fffffffffffff), UINT64_C(0x0010000000000000),
                                       UINT64_C(0x7fefffffffffffff), UINT64_C(0x7ff0000000000000), UINT64_C(0xfff0000000000000),
                                       UINT64_C(0x7ff8000000000000), UINT64_C(0x7ff0000000000001), UINT64_C(0xfff8000000abcdef),
                                       UINT64_C(0x3ff0000000000000), UINT64_C(0xbff0000000000000), UINT64_C(0x43e0000000000000),
                                       UINT64_C(0xc3e0000000000000), UINT64_C(0x41dfffffffc00000), UINT64_C(0x47efffffe0000000),
                                       UINT64_C(0x3810000000000000), UINT64_C(0x36a0000000000000)};
    switch (below(state, 5)) {
    case 0:
    case 1:
        return UINT64_C(0xffffffff00000000) | single(state);
    case 2:
        return special[below(state, sizeof special / sizeof special[0])];
    case 3:
        return (draw(state) & UINT64_C(0x800fffffffffffff)) | (1000 + below(state, 50)) << 52;
    default:
        return draw(state);
    }
}
