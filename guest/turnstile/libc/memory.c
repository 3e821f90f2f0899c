/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory: bytes, and whole words where both sides allow it.
 */
#include "string.h"

#include <stdint.h>

typedef uint64_t __attribute__((may_alias)) word;

enum { WORD = sizeof(word) };

static int is_aligned(const void *a, const void *b)
{
    return (((uintptr_t)a | (uintptr_t)b) & (WORD - 1)) == 0;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if (is_aligned(to, from)) {
        for (; bytes >= 4 * WORD; bytes -= 4 * WORD, out += 4 * WORD, in += 4 * WORD) {
            word a = ((const word *)in)[0], b = ((const word *)in)[1], c = ((const word *)in)[2], d = ((const word *)in)[3];
            ((word *)out)[0] = a, ((word *)out)[1] = b, ((word *)out)[2] = c, ((word *)out)[3] = d;
        }
        for (; bytes >= WORD; bytes -= WORD, out += WORD, in += WORD)
            *(word *)out = *(const word *)in;
    }
    while (bytes--)
        *out++ = *in++;
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if ((uintptr_t)out - (uintptr_t)in >= bytes) /* nothing of `from` is overwritten before it is read */
        return memcpy(to, from, bytes);
    while (bytes--)
        out[bytes] = in[bytes];
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    uint8_t *out = to;
    for (; bytes && !is_aligned(out, out); bytes--)
        *out++ = (uint8_t)value;
    word pattern = 0x0101010101010101u * (uint8_t)value;
    for (; bytes >= WORD; bytes -= WORD, out += WORD)
        *(word *)out = pattern;
    while (bytes--)
        *out++ = (uint8_t)value;
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *left = a, *right = b;
    for (; bytes; bytes--, left++, right++)
        if (*left != *right)
            return *left - *right;
    return 0;
}

void *memchr(const void *in, int value, size_t bytes)
{
    for (const uint8_t *byte = in; bytes; bytes--, byte++)
        if (*byte == (uint8_t)value)
            return (void *)(uintptr_t)byte;
    return NULL;
}
