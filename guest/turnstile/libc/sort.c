/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sorting: merging from the bottom up into a copy, which keeps equal elements in order; without memory for the copy, by a heap.
 */
#include <stdint.h>

#include "stdlib.h"
#include "string.h"

typedef int comparison(const void *, const void *);

static void merge_runs(char *to, const char *from, size_t count, size_t bytes, size_t run, comparison *compare)
{
    for (size_t begin = 0; begin < count; begin += 2 * run) {
        size_t left = begin, middle = begin + run < count ? begin + run : count, right = middle;
        size_t end = middle + run < count ? middle + run : count;
        for (size_t at = begin; at < end; at++) {
            int takes_left = left < middle && (right == end || compare(from + left * bytes, from + right * bytes) <= 0);
            memcpy(to + at * bytes, from + (takes_left ? left++ : right++) * bytes, bytes);
        }
    }
}

static void exchange(char *a, char *b, size_t bytes)
{
    for (; bytes; bytes--, a++, b++) {
        char kept = *a;
        *a = *b;
        *b = kept;
    }
}

static void sink(char *base, size_t at, size_t count, size_t bytes, comparison *compare)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && compare(base + child * bytes, base + (child + 1) * bytes) < 0)
            child++;
        if (compare(base + at * bytes, base + child * bytes) >= 0)
            return;
        exchange(base + at * bytes, base + child * bytes, bytes);
    }
}

static void heap_sort(char *base, size_t count, size_t bytes, comparison *compare)
{
    for (size_t at = count / 2; at-- > 0;)
        sink(base, at, count, bytes, compare);
    for (size_t left = count; left-- > 1;) {
        exchange(base, base + left * bytes, bytes);
        sink(base, 0, left, bytes, compare);
    }
}

void qsort(void *base, size_t count, size_t bytes, comparison *compare)
{
    size_t all;
    if (count < 2 || bytes == 0)
        return;
    char *copy = __builtin_mul_overflow(count, bytes, &all) ? NULL : malloc(all);
    if (!copy) {
        heap_sort(base, count, bytes, compare);
        return;
    }
    char *from = base, *to = copy;
    for (size_t run = 1; run < count; run *= 2) {
        merge_runs(to, from, count, bytes, run, compare);
        char *kept = from;
        from = to;
        to = kept;
    }
    if (from != base)
        memcpy(base, from, all);
    free(copy);
}

void *bsearch(const void *key, const void *base, size_t count, size_t bytes, comparison *compare)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *element = (const char *)base + middle * bytes;
        int order = compare(key, element);
        if (order == 0)
            return (void *)(uintptr_t)element;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
