/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The boot ROM: six instructions, two addresses, and the six words of struct fw_dynamic_info.
 * Instruction formats: RISC-V unprivileged specification, chapter "RV32/64G Instruction Set Listings".
 */
#include <load/bootrom.h>

enum { ZERO = 0, T0 = 5, A0 = 10, A1 = 11, A2 = 12 }; /* register numbers */
enum { CSR_MHARTID = 0xf14 };

#define I_TYPE(opcode, funct3, rd, rs1, immediate)                                                                                 \
    ((uint32_t)(immediate) << 20 | (uint32_t)(rs1) << 15 | (uint32_t)(funct3) << 12 | (uint32_t)(rd) << 7 | (opcode))
#define AUIPC(rd, pages)         ((uint32_t)(pages) << 12 | (uint32_t)(rd) << 7 | 0x17)
#define ADDI(rd, rs1, immediate) I_TYPE(0x13, 0, rd, rs1, immediate)
#define LD(rd, offset, rs1)      I_TYPE(0x03, 3, rd, rs1, offset)
#define CSRR(rd, csr)            I_TYPE(0x73, 2, rd, ZERO, csr)
#define JR(rs1)                  I_TYPE(0x67, 0, ZERO, rs1, 0)

#define FW_DYNAMIC_MAGIC         0x4942534f /* "OSBI" */
#define FW_DYNAMIC_VERSION       2

enum {
    CODE_WORDS = 6,
    START_OFFSET = 4 * CODE_WORDS,
    FDT_OFFSET = START_OFFSET + 8,
    FW_DYNAMIC_OFFSET = FDT_OFFSET + 8,
    FW_DYNAMIC_WORDS = 6,
};
_Static_assert(FW_DYNAMIC_OFFSET + 8 * FW_DYNAMIC_WORDS == BOOTROM_BYTES, "the header says how much is written");

static uint8_t *put(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *at++ = (uint8_t)(value >> (8 * i));
    return at;
}

size_t bootrom_fill(void *buffer, size_t size, const struct bootrom_config *config)
{
    const uint32_t code[CODE_WORDS] = {
        AUIPC(T0, 0), /* t0: the ROM's own address */
        ADDI(A2, T0, FW_DYNAMIC_OFFSET),
        CSRR(A0, CSR_MHARTID),
        LD(A1, FDT_OFFSET, T0),
        LD(T0, START_OFFSET, T0),
        JR(T0),
    };
    const uint64_t data[2 + FW_DYNAMIC_WORDS] = {
        config->start,     config->fdt, FW_DYNAMIC_MAGIC, FW_DYNAMIC_VERSION, config->next,
        config->next_mode, 0, /* options: firmware may print */
        config->boot_hart,
    };
    uint8_t *at = buffer;
    if (size < BOOTROM_BYTES)
        return 0;
    for (unsigned i = 0; i < CODE_WORDS; i++)
        at = put(at, code[i], 4);
    for (unsigned i = 0; i < 2 + FW_DYNAMIC_WORDS; i++)
        at = put(at, data[i], 8);
    return BOOTROM_BYTES;
}
