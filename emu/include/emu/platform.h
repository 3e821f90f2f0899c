/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The memory map and interrupt numbers of the machine, the same as QEMU's `virt` (hw/riscv/virt.c documents them as the
 * machine's interface). Guests include this file too, from C and from assembly: it holds #defines only.
 */
#ifndef EMU_PLATFORM_H
#define EMU_PLATFORM_H

#define PLATFORM_BOOT_ROM_BASE 0x00001000
#define PLATFORM_BOOT_ROM_SIZE 0x0000f000
#define PLATFORM_FINISHER_BASE 0x00100000
#define PLATFORM_FINISHER_SIZE 0x00001000
#define PLATFORM_RTC_BASE 0x00101000
#define PLATFORM_RTC_SIZE 0x00001000
#define PLATFORM_CLINT_BASE 0x02000000
#define PLATFORM_CLINT_SIZE 0x00010000
/* With `aclint=on` the same registers are two devices, MSWI and MTIMER, and there is an SSWI. */
#define PLATFORM_MSWI_SIZE 0x00004000
#define PLATFORM_MTIMECMP_BASE 0x02004000
#define PLATFORM_MTIME_BASE 0x0200bff8
#define PLATFORM_SSWI_BASE 0x02f00000
#define PLATFORM_SSWI_SIZE 0x00004000
#define PLATFORM_ROUTER_BASE 0x05000000
#define PLATFORM_PLIC_BASE 0x0c000000
#define PLATFORM_UART_BASE 0x10000000
#define PLATFORM_UART_SIZE 0x00000100
#define PLATFORM_VIRTIO_BASE 0x10001000
#define PLATFORM_VIRTIO_STRIDE 0x00001000
#define PLATFORM_VIRTIO_COUNT 8
#define PLATFORM_RAM_BASE 0x80000000

/* The PLIC's window has room for 1024 contexts, however many there are, as QEMU's does (512 harts of two contexts). */
#define PLATFORM_PLIC_SIZE 0x00600000
#define PLATFORM_PLIC_CONTEXT_BASE 0x00200000
#define PLATFORM_PLIC_CONTEXT_STRIDE 0x00001000
#define PLATFORM_PLIC_SOURCES 95 /* sources 1 to 95, as `riscv,ndev = <95>` says */
#define PLATFORM_PLIC_PRIORITY_BITS 3

#define PLATFORM_VIRTIO_IRQ 1 /* to 8 */
#define PLATFORM_UART_IRQ 10
#define PLATFORM_RTC_IRQ 11

/* mtime ticks at 10 MHz; the bus clock defaults to 100 MHz. */
#define PLATFORM_TIMEBASE_HZ 10000000
#define PLATFORM_BUS_HZ 100000000

/* Values written to the test finisher (SiFive test device): code in bits 31:16 for FAIL. */
#define PLATFORM_FINISHER_FAIL 0x3333
#define PLATFORM_FINISHER_PASS 0x5555
#define PLATFORM_FINISHER_RESET 0x7777

#define PLATFORM_HARTS_MAX 256

#endif
