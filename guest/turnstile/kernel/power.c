/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Power-off: by the finisher, which carries a status, else by firmware.
 */
#include "power.h"

#include "csr.h"
#include "emu/platform.h"
#include "machine_info.h"
#include "memory.h"
#include "print.h"
#include "sbi.h"
#include "uart.h"

_Noreturn void power_end(int status)
{
    if (machine.finisher) {
        volatile uint32_t *finisher = kernel_address(machine.finisher);
        *finisher = status == 0 ? PLATFORM_FINISHER_PASS : (uint32_t)(status & 0xff) << 16 | PLATFORM_FINISHER_FAIL;
    }
    sbi_call(SBI_RESET, 0, 0, status == 0 ? 0 : 1, 0);
    CSR_CLEAR(sstatus, SSTATUS_SIE);
    for (;;)
        __asm__ volatile("wfi");
}

_Noreturn void power_off(int status)
{
    uart_drain();
    power_end(status);
}

_Noreturn void power_refuse(const char *format, ...)
{
    char sentence[256];
    struct text text = {.bytes = sentence, .room = sizeof sentence - 1};
    va_list arguments;
    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    sentence[text.length < text.room ? text.length : text.room] = 0;
    print("turnstile: %s\n", sentence);
    power_off(2);
}
