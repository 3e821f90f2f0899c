/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Timer and software interrupts of all harts, laid out as QEMU's `clint`: MSIP at 0 (4 bytes a hart), MTIMECMP at 0x4000
 * (8 bytes a hart), MTIME at 0xbff8. MSIP takes 4-byte accesses, the rest 4 and 8; other widths, and offsets from 0xc000 on,
 * fault; registers of harts that do not exist read 0 and ignore writes.
 * Rules: RISC-V ACLINT specification 1.0, sections 2 (MTIMER) and 3 (MSWI). MTIP is a level: mtime >= mtimecmp, unsigned.
 * On reset MTIME is 0 (as the specification asks); MTIMECMP, which it leaves open, is all ones, so that no timer is pending.
 */
#ifndef DEV_ACLINT_H
#define DEV_ACLINT_H

#include <dev/device.h>
#include <stdint.h>

#define ACLINT_HARTS_MAX 4095

struct aclint;

struct aclint_config {
    unsigned harts;              /* 1 to ACLINT_HARTS_MAX */
    unsigned first_id;           /* queue slots (QUEUE_DEVICE, first_id) to (QUEUE_DEVICE, first_id + harts - 1) are ours */
    const struct irq_line *msip; /* one line a hart; copied */
    const struct irq_line *mtip; /* one line a hart; copied */
    void (*mtime_written)(void *context); /* NULL allowed; called after mtime jumped: other timers must look again */
    void *context;
};

/* NULL when out of memory. `host` must outlive the device. */
struct aclint *aclint_create(const struct device_host *host, const struct aclint_config *config);
void aclint_destroy(struct aclint *aclint); /* NULL is allowed */

extern const struct device_ops aclint_ops;

/* mtime at a bus cycle: what the `time` CSR reads. It wraps at 2^64. */
uint64_t aclint_mtime(const struct aclint *aclint, uint64_t cycle);

/* The first cycle, `now` or later, at which mtime >= `mtime`; QUEUE_NEVER if that is beyond the last cycle. */
uint64_t aclint_cycle_of(const struct aclint *aclint, uint64_t now, uint64_t mtime);

/* The cycle after `now` at which mtime, if nobody writes it, wraps to 0: comparisons turn false there. Usually QUEUE_NEVER. */
uint64_t aclint_cycle_of_wrap(const struct aclint *aclint, uint64_t now);

/* For inspection. The hart must be one that there is. */
uint64_t aclint_mtimecmp(const struct aclint *aclint, unsigned hart);
bool aclint_msip(const struct aclint *aclint, unsigned hart);

#endif
