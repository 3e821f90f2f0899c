/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Prints how large the hot state of a hart is, for the budget of 4 KiB that hart/hart.h asserts.
 */
#include <hart/hart.h>

#include <stdio.h>

int main(void)
{
    printf("struct hart: %zu of 4096 bytes; of these up to the CSRs %zu, TLBs %zu\n", sizeof(struct hart),
           offsetof(struct hart, mstatus), 2 * sizeof(struct tlb));
    printf("a set of L0 tables: %zu bytes, %u sets a hart at most\n", sizeof(struct l0), L0_CONTEXTS);
    return sizeof(struct hart) > 4096;
}
