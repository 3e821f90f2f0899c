/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The platform-level interrupt controller, at QEMU `virt`'s offsets: priorities at 0, pending bits at 0x1000, enable bits at
 * 0x2000 (0x80 a context), threshold and claim/complete at 0x200000 (0x1000 a context). Every access is 4 bytes, aligned;
 * others fault; registers of sources and contexts that do not exist read 0 and ignore writes.
 * Rules: RISC-V PLIC specification 1.0.0. What it leaves open, and where QEMU 7.2 is looser:
 *   priorities     3 bits; the highest first, among equals the lowest number; priority 0 never interrupts (specification)
 *   threshold      masks a context's line, not its claim: a claim may find a source below it (specification; QEMU: masks both)
 *   gateway        a source waits in it from the moment it is pending until it is completed (specification)
 *   level          a source that falls while pending stays pending (specification; QEMU: is withdrawn); one that is high at its
 *                  completion is pending again
 *   edge           of the two ways that the specification allows, ignoring edges that come too early or counting them, the second:
 *                  an edge that finds its source pending or in service waits in the gateway and is a request of its own later.
 *                  Nothing is lost, nothing comes twice. (QEMU has no edge sources.)
 *   claims         an enabled source is offered to all contexts; the first claim has it, later ones read 0: an empty claim
 *   completion     counts from any context that has the source enabled, whoever claimed it (specification); from others it is
 *                  ignored (QEMU: any completion counts)
 *   reset          which the specification leaves open: all registers 0 (as QEMU)
 */
#ifndef DEV_PLIC_H
#define DEV_PLIC_H

#include <dev/device.h>
#include <emu/platform.h>

#define PLIC_CONTEXTS_MAX 15872

struct plic;

struct plic_config {
    unsigned contexts;            /* 1 to PLIC_CONTEXTS_MAX */
    const struct irq_line *lines; /* one a context (hart 0 M, hart 0 S, hart 1 M, ...); copied */
    uint32_t edge_sources[PLATFORM_PLIC_SOURCES / 32 + 1]; /* a bit a source: it interrupts by rising, not by being high */
};

/* NULL when out of memory. `host` must outlive the device. */
struct plic *plic_create(const struct device_host *host, const struct plic_config *config);
void plic_destroy(struct plic *plic); /* NULL is allowed */

extern const struct device_ops plic_ops;

/* The sink of the devices' irq lines: `plic` is a struct plic, `source` 1 to PLATFORM_PLIC_SOURCES; others are ignored.
 * Setting the level that a source already has does nothing. */
void plic_set_source(void *plic, unsigned source, bool level);

/* How many edges of an edge source wait in its gateway, behind the request that is pending or in service. */
uint32_t plic_edges_waiting(const struct plic *plic, unsigned source);

/* For inspection. */
struct plic_source_view {
    bool level, is_edge, is_pending, is_in_service;
    unsigned claimed_by; /* the context, while in service */
    unsigned priority;
    uint32_t edges;      /* as plic_edges_waiting */
};

struct plic_context_view {
    unsigned threshold;
    bool is_raised;      /* its line */
    unsigned best;       /* what a claim would get now; 0: nothing */
};

/* The source is 1 to PLATFORM_PLIC_SOURCES, the context one that there is. */
struct plic_source_view plic_source_view(const struct plic *plic, unsigned source);
struct plic_context_view plic_context_view(const struct plic *plic, unsigned context);
bool plic_is_enabled(const struct plic *plic, unsigned source, unsigned context);

#endif
