/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which machines can be made, and that those which cannot are refused with a sentence.
 */
#include "guest.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)

Test(config, every_number_of_harts_from_1_to_256_can_be_made_run_and_destroyed)
{
    struct guest guest = {.count = 0};
    guest_ram(&guest, S0, 0x10000);
    guest_ri(&guest, ISA_OP_addi, T1, ZERO, 1);
    guest_rr(&guest, ISA_OP_amoadd_d, ZERO, S0, T1);
    guest_jump(&guest, guest.count);
    for (unsigned harts = 1; harts <= 256; harts++) {
        struct emu_config config = guest_config(harts);
        struct emu_machine *machine = guest_machine(&guest, &config);
        cr_expect(eq(uint, emu_harts(machine), harts));
        cr_expect(eq(int, guest_run(machine, 100).kind, EMU_STOP_LIMIT));
        cr_expect(eq(u64, guest_ram_u64(machine, 0x10000), harts), "%u harts", harts);
        emu_machine_destroy(machine);
    }
}

Test(config, two_hundred_and_fifty_six_harts_all_run)
{
    struct guest guest = {.count = 0};
    guest_ram(&guest, S0, 0x10000);
    guest_ri(&guest, ISA_OP_slli, T0, A0, 3);
    guest_rr(&guest, ISA_OP_add, S0, S0, T0);
    guest_st(&guest, ISA_OP_sd, A0, S0, 0);
    guest_op(&guest, ISA_OP_wfi);
    struct emu_config config = guest_config(256);
    struct emu_machine *machine = guest_machine(&guest, &config);
    cr_expect(eq(int, guest_run(machine, 10000).kind, EMU_STOP_DEAD));
    for (unsigned hart = 0; hart < 256; hart++) {
        struct emu_hart_view view;
        emu_hart_view(machine, hart, &view);
        cr_expect(eq(u64, guest_ram_u64(machine, 0x10000 + 8 * hart), hart));
        cr_expect(eq(int, view.state, EMU_HART_WAITING));
        cr_expect(eq(u64, view.x[A0], hart));
    }
    emu_machine_destroy(machine);
    emu_machine_destroy(NULL);
}

static void expect_refused(const struct emu_config *config, const char *what)
{
    struct emu_error error = {""};
    struct emu_machine *machine = emu_machine_create(config, &error);
    cr_expect(machine == NULL, "%s was accepted", what);
    cr_expect(ne(int, error.text[0], 0), "%s: no sentence", what);
    cr_expect(strchr(error.text, '\n') == NULL, "%s: more than a sentence", what);
    emu_machine_destroy(machine);
    cr_expect(emu_machine_create(config, NULL) == NULL, "%s was accepted without listener", what);
}

#define REFUSED(change)                                                                                                            \
    do {                                                                                                                           \
        struct emu_config c = guest_config(1);                                                                                     \
        change;                                                                                                                    \
        expect_refused(&c, #change);                                                                                               \
    } while (0)

Test(config, what_cannot_be_is_refused_with_a_sentence)
{
    REFUSED(c.harts = 0);
    REFUSED(c.harts = 257);
    REFUSED(c.harts = UINT32_MAX);
    REFUSED(c.ram_bytes = 0);
    REFUSED(c.ram_bytes = 4 * MIB - 4096);
    REFUSED(c.ram_bytes = 4 * MIB + 1);
    REFUSED(c.ram_bytes = 8192 * MIB + 4096);
    REFUSED(c.ram_bytes = UINT64_MAX - 4095);
    REFUSED(c.reservation.granule_bytes = 0);
    REFUSED(c.reservation.granule_bytes = 2);
    REFUSED(c.reservation.granule_bytes = 48);
    REFUSED(c.reservation.granule_bytes = 128);
    REFUSED(c.cpu.itlb_entries = 0);
    REFUSED(c.cpu.itlb_entries = 65);
    REFUSED(c.cpu.dtlb_entries = 0);
    REFUSED(c.cpu.dtlb_entries = UINT32_MAX);
    REFUSED(c.virtio.slot[3] = EMU_VIRTIO_BLOCK);
    REFUSED(c.disk[3].present = true);
    REFUSED((c.virtio.slot[0] = EMU_VIRTIO_BLOCK, c.disk[0].present = true, c.disk[0].sectors = EMU_DISK_SECTORS_MAX + 1));
    REFUSED(c.event_ring_records = 0);
    REFUSED(c.event_ring_records = 512);
    REFUSED(c.event_ring_records = 1025);
    REFUSED(c.event_ring_records = SIZE_MAX / 2 + 1);
}

Test(config, the_limits_themselves_are_accepted)
{
    static const uint64_t ram[] = {4 * MIB, 4 * MIB + 4096, 8192 * MIB};
    for (unsigned i = 0; i < 3; i++) {
        struct emu_config config = guest_config(1);
        struct emu_error error = {""};
        config.ram_bytes = ram[i];
        config.reservation.granule_bytes = i ? 4 : 64;
        config.cpu.itlb_entries = config.cpu.dtlb_entries = i ? 1 : 64;
        config.event_ring_records = 1024;
        struct emu_machine *machine = emu_machine_create(&config, &error);
        cr_expect(machine != NULL, "%lu bytes: %s", (unsigned long)ram[i], error.text);
        if (machine)
            cr_expect(eq(u64, emu_ram_bytes(machine), ram[i]));
        emu_machine_destroy(machine);
    }
}

Test(config, images_that_do_not_fit_or_are_damaged_are_refused)
{
    size_t size = 5 * MIB;
    uint8_t *bytes = calloc(1, size);
    cr_assert(bytes != NULL);
    static const uint8_t bad_elf[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    static const uint8_t bad_tree[64] = {0xd0, 0x0d, 0xfe, 0xed};
    REFUSED((c.kernel = bytes, c.kernel_bytes = size));
    REFUSED((c.kernel = bytes, c.kernel_bytes = 4 * MIB));
    REFUSED((c.firmware = bytes, c.firmware_bytes = size));
    REFUSED((c.firmware = bytes, c.firmware_bytes = 8, c.kernel = bytes, c.kernel_bytes = 2 * MIB + 1));
    REFUSED((c.initrd = bytes, c.initrd_bytes = size));
    REFUSED((c.kernel = bad_elf, c.kernel_bytes = sizeof bad_elf));
    REFUSED((c.firmware = bad_elf, c.firmware_bytes = sizeof bad_elf));
    REFUSED((c.dtb = bad_tree, c.dtb_bytes = sizeof bad_tree));
    REFUSED((c.dtb = bytes, c.dtb_bytes = size));
    free(bytes);
}

Test(config, the_images_may_be_freed_after_creation)
{
    struct guest *guest = calloc(1, sizeof *guest);
    guest_finish(guest, 0x5555);
    struct emu_machine *machine = guest_machine(guest, NULL);
    memset(guest, 0xff, sizeof *guest);
    free(guest);
    cr_expect(eq(int, guest_run(machine, 10000).kind, EMU_STOP_FINISHED));
    emu_machine_destroy(machine);
}

Test(config, every_number_in_the_configuration_changes_the_hash)
{
    struct guest guest = {.count = 0};
    guest_finish(&guest, 0x5555);
    struct emu_machine *plain = guest_machine(&guest, NULL);
    uint64_t hash = emu_state_hash(plain);
    emu_machine_destroy(plain);
    struct emu_config plain_config = guest_config(1);
    for (size_t i = 0; i < emu_config_row_count; i++) {
        const struct emu_config_row *row = &emu_config_rows[i];
        uint64_t value = emu_config_value(&plain_config, row);
        struct emu_config other = plain_config;
        /* a neighbour that the row's limits and the rules between rows allow */
        uint64_t candidates[] = {value + 1, value - 1, value * 2, value / 2, value + 4096};
        bool changed = false;
        for (size_t j = 0; j < sizeof candidates / sizeof candidates[0] && !changed; j++)
            changed = emu_config_assign(&other, row, candidates[j], NULL) && emu_config_check(&other, NULL);
        cr_assert(changed, "%s.%s has no other value", row->section, row->key);
        for (unsigned slot = 0; slot < EMU_VIRTIO_SLOTS; slot++)
            other.disk[slot].present = other.virtio.slot[slot] == EMU_VIRTIO_BLOCK;
        struct emu_machine *machine = guest_machine(&guest, &other);
        cr_expect(ne(u64, emu_state_hash(machine), hash), "%s.%s", row->section, row->key);
        emu_machine_destroy(machine);
    }
    struct emu_config c = guest_config(1);
    c.event_ring_records = 8192; /* not part of the run */
    struct emu_machine *machine = guest_machine(&guest, &c);
    cr_expect(eq(u64, emu_state_hash(machine), hash));
    emu_machine_destroy(machine);
}

Test(config, every_field_written_as_text_reads_back)
{
    for (size_t i = 0; i < emu_config_row_count; i++) {
        const struct emu_config_row *row = &emu_config_rows[i];
        struct emu_config config, again;
        emu_config_init(&config);
        emu_config_init(&again);
        uint64_t last = row->kind == EMU_CONFIG_NUMBER ? row->most : 1;
        for (uint64_t value = row->least; value <= last; value = value < last ? last : value + 1) {
            char text[32];
            cr_assert(emu_config_assign(&config, row, value, NULL), "%s.%s", row->section, row->key);
            emu_config_text(&config, row, text);
            cr_expect(emu_config_set(&again, row, text, NULL), "%s.%s '%s'", row->section, row->key, text);
            cr_expect(eq(u64, emu_config_value(&again, row), value), "%s.%s", row->section, row->key);
        }
    }
}
