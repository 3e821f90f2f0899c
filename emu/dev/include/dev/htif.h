/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Berkeley Host-Target Interface, for programs written for Spike: two doublewords in RAM, at the ELF symbols `tohost` and
 * `fromhost`. A command in tohost is device (bits 63:56), command (55:48), payload (47:0). What is served, as riscv-isa-sim's
 * fesvr does it (device.cc, syscall.cc, htif.cc):
 *   device 0, command 0, payload odd: the program ends with status payload >> 1; even: the payload points at eight doublewords,
 *     number and arguments of a system call; the result replaces the first, then fromhost becomes 1. Here: write to
 *     descriptors 1 and 2, exit, and -ENOSYS for all else
 *   device 1, command 1: the payload's low byte goes to the console; command 0: asks for a byte, answered in fromhost by
 *     device, command and 0x100 | byte once one comes
 * Each command clears tohost. A console write is answered in fromhost too (QEMU does, fesvr does not), but only when fromhost
 * is free, and the next read request withdraws it, so that programs for either are content. Bad pointers do no harm.
 */
#ifndef DEV_HTIF_H
#define DEV_HTIF_H

#include <dev/device.h>
#include <stdbool.h>
#include <stdint.h>

struct htif;

/* Physical addresses of the two doublewords, 0 for one that the program lacks. (QUEUE_DEVICE, id) carries on a long write.
 * NULL when out of memory. */
struct htif *htif_create(const struct device_host *host, uint64_t tohost, uint64_t fromhost, unsigned id);
void htif_destroy(struct htif *htif); /* NULL is allowed */

/* read and write always fault: HTIF lives in RAM. */
extern const struct device_ops htif_ops;

/* The guest stored to tohost, at host->cycle; `value` is the whole doubleword afterwards. */
void htif_tohost_written(struct htif *htif, uint64_t value);

/* A byte arrives from the terminal. False, and nothing changed, if no read request waits or fromhost is still taken. */
bool htif_receive(struct htif *htif, uint8_t byte);
unsigned htif_room(const struct htif *htif); /* 1 if htif_receive would take a byte now, else 0 */

#endif
