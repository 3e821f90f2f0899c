/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The device tree: compared with QEMU's in both directions, node by node, by meaning (phandles by the node they name); built
 * for the most harts; and the check of foreign blobs.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <emu/platform.h>
#include <libfdt.h>
#include <load/fdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ISA "rv64imafdc_zicsr_zifencei_zihintpause_zba_zbb_zbs_sstc"

enum { FILE_LIMIT = 2 << 20, MIB = 1 << 20 };

/* Values that may differ: by chance, or because they mean something only through the tree. They are there in both, of the same
 * size. */
static bool has_own_value(const char *name)
{
    return !strcmp(name, "rng-seed") || !strcmp(name, "phandle");
}

/* What differs on purpose, as load/fdt.h says, and how. */
static const struct {
    const char *path, *name;
    const char *ours, *theirs;
    int ours_bytes, theirs_bytes;
} differences[] = {
    {"/", "model", "riscv-virtio,lockscope", "riscv-virtio,qemu", sizeof "riscv-virtio,lockscope", sizeof "riscv-virtio,qemu"},
    {"/soc/plic@c000000", "riscv,ndev", "\0\0\0\x5f", "\0\0\0\x60", 4, 4},
};

static bool is_known_difference(const char *path, const char *name, bool a_is_ours, const char *a, int a_bytes, const char *b,
                                int b_bytes)
{
    for (unsigned i = 0; i < sizeof differences / sizeof differences[0]; i++) {
        const char *ours = a_is_ours ? a : b, *theirs = a_is_ours ? b : a;
        int ours_bytes = a_is_ours ? a_bytes : b_bytes, theirs_bytes = a_is_ours ? b_bytes : a_bytes;
        if (!strcmp(path, differences[i].path) && !strcmp(name, differences[i].name))
            return ours_bytes == differences[i].ours_bytes && !memcmp(ours, differences[i].ours, (size_t)ours_bytes) &&
                   theirs_bytes == differences[i].theirs_bytes && !memcmp(theirs, differences[i].theirs, (size_t)theirs_bytes);
    }
    return false;
}

/* Nodes of QEMU's that describe what is not modelled. */
static bool is_unmodelled(const char *path)
{
    static const char *const prefixes[] = {"/pmu", "/fw-cfg@", "/flash@", "/platform-bus@", "/soc/pci@"};
    for (unsigned i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (!strncmp(path, prefixes[i], strlen(prefixes[i])))
            return true;
    return false;
}

/* How many cells of a property are followed by one that is a phandle: 0 if none of them is. */
static int phandle_stride(const char *name)
{
    if (!strcmp(name, "interrupt-parent") || !strcmp(name, "regmap") || !strcmp(name, "cpu"))
        return 1;
    return !strcmp(name, "interrupts-extended") ? 2 : 0;
}

static void phandle_path(const void *fdt, const char *value, int cell, char ret_path[128])
{
    uint32_t phandle = fdt32_to_cpu(((const fdt32_t *)value)[cell]);
    int node = fdt_node_offset_by_phandle(fdt, phandle);
    cr_assert(ge(int, node, 0), "phandle %u names no node", phandle);
    cr_assert(zero(int, fdt_get_path(fdt, node, ret_path, 128)));
}

static bool is_same_value(const char *name, const void *a_fdt, const char *a, const void *b_fdt, const char *b, int size)
{
    int stride = phandle_stride(name);
    if (stride == 0)
        return !memcmp(a, b, (size_t)size);
    for (int cell = 0; cell < size / 4; cell++) {
        char a_path[128], b_path[128];
        if (cell % stride) {
            if (memcmp(a + 4 * cell, b + 4 * cell, 4))
                return false;
            continue;
        }
        phandle_path(a_fdt, a, cell, a_path);
        phandle_path(b_fdt, b, cell, b_path);
        if (strcmp(a_path, b_path))
            return false;
    }
    return true;
}

/* Every node and property of `a` is in `b` with the same meaning. Returns the number of properties compared. */
static unsigned compare(const void *a, const char *a_name, const void *b, const char *b_name, bool a_is_ours)
{
    unsigned compared = 0;
    for (int node = fdt_next_node(a, -1, NULL); node >= 0; node = fdt_next_node(a, node, NULL)) {
        char path[128];
        int property;
        cr_assert(zero(int, fdt_get_path(a, node, path, sizeof path)));
        if (is_unmodelled(path))
            continue;
        int other = fdt_path_offset(b, path);
        cr_expect(ge(int, other, 0), "%s has %s, %s does not", a_name, path, b_name);
        if (other < 0)
            continue;
        fdt_for_each_property_offset(property, a, node)
        {
            const char *name;
            int size, other_size;
            const char *value = fdt_getprop_by_offset(a, property, &name, &size);
            const char *other_value = fdt_getprop(b, other, name, &other_size);
            cr_expect(ne(ptr, (void *)other_value, NULL), "%s has %s of %s, %s does not", a_name, name, path, b_name);
            if (!other_value)
                continue;
            bool is_same = size == other_size && (has_own_value(name) || is_same_value(name, a, value, b, other_value, size));
            cr_expect(is_same || is_known_difference(path, name, a_is_ours, value, size, other_value, other_size),
                      "%s of %s differs", name, path);
            compared++;
        }
    }
    return compared;
}

static void *dump_of_qemu(const char *qemu, unsigned harts, bool aclint)
{
    char directory[] = "/tmp/lockscope-fdt-XXXXXX", path[64], command[512];
    cr_assert(ne(ptr, mkdtemp(directory), NULL));
    snprintf(path, sizeof path, "%s/virt.dtb", directory);
    snprintf(command, sizeof command,
             "timeout 30 '%s' -machine virt,aclint=%s,dumpdtb=%s -smp %u -m 128M -nographic -bios none 2>/dev/null", qemu,
             aclint ? "on" : "off", path, harts);
    cr_assert(zero(int, system(command)), "%s", command);
    FILE *file = fopen(path, "rb");
    cr_assert(ne(ptr, file, NULL));
    void *blob = malloc(FILE_LIMIT);
    size_t size = fread(blob, 1, FILE_LIMIT, file);
    fclose(file);
    unlink(path);
    rmdir(directory);
    cr_assert(fdt_check(blob, size, NULL));
    return blob;
}

/* Ours, with the instruction set and MMU that QEMU names, since those are the caller's. */
static void *build_like(const void *theirs, unsigned harts, bool aclint)
{
    int cpu = fdt_path_offset(theirs, "/cpus/cpu@0");
    struct fdt_config config = {
        .harts = harts,
        .ram_base = PLATFORM_RAM_BASE,
        .ram_size = 128 * MIB,
        .isa = fdt_getprop(theirs, cpu, "riscv,isa", NULL),
        .mmu_type = fdt_getprop(theirs, cpu, "mmu-type", NULL),
        .aclint = aclint,
    };
    size_t size;
    struct emu_error error;
    void *blob = fdt_build(&config, &size, &error);
    cr_assert(ne(ptr, blob, NULL), "%s", error.text);
    return blob;
}

Test(fdt, it_says_the_same_as_qemus)
{
    static const unsigned counts[] = {1, 2, 4, 8};
    const char *qemu = getenv("LOCKSCOPE_QEMU");
    if (!qemu || !qemu[0])
        cr_skip_test("qemu-system-riscv64 is not installed");
    for (unsigned i = 0; i < 2 * sizeof counts / sizeof counts[0]; i++) {
        unsigned harts = counts[i / 2];
        bool aclint = i % 2;
        void *theirs = dump_of_qemu(qemu, harts, aclint), *ours = build_like(theirs, harts, aclint);
        unsigned forth = compare(ours, "ours", theirs, "QEMU's", true), back = compare(theirs, "QEMU's", ours, "ours", false);
        cr_expect(eq(uint, forth, back), "%u harts", harts);
        cr_expect(gt(uint, forth, 46 + (aclint ? 9 : 0) + 11 * harts), "%u harts: %u", harts, forth);
        free(theirs);
        free(ours);
    }
}

static struct fdt_config plain(unsigned harts)
{
    return (struct fdt_config){.harts = harts, .ram_base = PLATFORM_RAM_BASE, .ram_size = 128 * MIB, .isa = ISA};
}

static void *build(const struct fdt_config *config, size_t *ret_size)
{
    struct emu_error error;
    void *blob = fdt_build(config, ret_size, &error);
    cr_assert(ne(ptr, blob, NULL), "%s", error.text);
    cr_assert(fdt_check(blob, *ret_size, &error), "%s", error.text);
    return blob;
}

Test(fdt, it_is_built_for_any_number_of_harts)
{
    for (unsigned harts = 1; harts <= PLATFORM_HARTS_MAX; harts++) {
        struct fdt_config config = plain(harts);
        char path[32];
        size_t size;
        void *blob = build(&config, &size);
        snprintf(path, sizeof path, "/cpus/cpu@%x", harts - 1);
        cr_expect(ge(int, fdt_path_offset(blob, path), 0), "%u harts", harts);
        free(blob);
    }
}

Test(fdt, a_long_command_line_and_isa_fit)
{
    struct fdt_config config = plain(PLATFORM_HARTS_MAX);
    size_t size;
    char *isa = calloc(1, 2001), *bootargs = calloc(1, 50001);
    memset(isa, 'x', 2000);
    memset(bootargs, 'y', 50000);
    config.isa = isa;
    config.bootargs = bootargs;
    void *blob = build(&config, &size);
    cr_expect(eq(str, (char *)fdt_getprop(blob, fdt_path_offset(blob, "/chosen"), "bootargs", NULL), bootargs));
    free(blob);
    free(isa);
    free(bootargs);
}

Test(fdt, options_appear_only_when_given)
{
    struct fdt_config config = plain(1);
    size_t size;
    void *blob = build(&config, &size);
    int chosen = fdt_path_offset(blob, "/chosen"), cpu = fdt_path_offset(blob, "/cpus/cpu@0");
    cr_expect(eq(ptr, (void *)fdt_getprop(blob, chosen, "bootargs", NULL), NULL));
    cr_expect(eq(ptr, (void *)fdt_getprop(blob, chosen, "linux,initrd-start", NULL), NULL));
    cr_expect(eq(ptr, (void *)fdt_getprop(blob, cpu, "mmu-type", NULL), NULL));
    free(blob);

    config.bootargs = "console=ttyS0";
    config.mmu_type = "riscv,sv39";
    config.initrd_start = 0x84000000;
    config.initrd_end = 0x84001000;
    blob = build(&config, &size);
    chosen = fdt_path_offset(blob, "/chosen");
    cpu = fdt_path_offset(blob, "/cpus/cpu@0");
    cr_expect(eq(str, (char *)fdt_getprop(blob, chosen, "bootargs", NULL), "console=ttyS0"));
    cr_expect(eq(str, (char *)fdt_getprop(blob, cpu, "mmu-type", NULL), "riscv,sv39"));
    cr_expect(eq(u64, fdt64_ld(fdt_getprop(blob, chosen, "linux,initrd-start", NULL)), 0x84000000));
    cr_expect(eq(u64, fdt64_ld(fdt_getprop(blob, chosen, "linux,initrd-end", NULL)), 0x84001000));
    free(blob);
}

Test(fdt, with_aclint_three_devices_take_the_place_of_the_clint)
{
    static const char *const nodes[] = {"/soc/clint@2000000", "/soc/mswi@2000000", "/soc/mtimer@2004000", "/soc/sswi@2f00000"};
    for (unsigned aclint = 0; aclint < 2; aclint++) {
        struct fdt_config config = plain(2);
        size_t size;
        config.aclint = aclint;
        void *blob = build(&config, &size);
        for (unsigned i = 0; i < 4; i++)
            cr_expect(eq(int, fdt_path_offset(blob, nodes[i]) >= 0, (i > 0) == (aclint == 1)), "aclint %u: %s", aclint, nodes[i]);
        free(blob);
    }
}

Test(fdt, the_same_configuration_gives_the_same_bytes)
{
    struct fdt_config config = plain(4);
    size_t a_size, b_size;
    void *a = build(&config, &a_size), *b = build(&config, &b_size);
    cr_assert(eq(sz, a_size, b_size));
    cr_expect(zero(int, memcmp(a, b, a_size)));
    free(a);
    free(b);
}

Test(fdt, a_blob_cut_off_anywhere_is_refused_with_a_sentence)
{
    struct fdt_config config = plain(1);
    size_t full;
    uint8_t *blob = build(&config, &full);
    for (size_t size = 0; size < full; size++) {
        struct emu_error error = {""};
        void *copy = malloc(size ? size : 1);
        memcpy(copy, blob, size);
        cr_expect(not(fdt_check(copy, size, &error)), "%zu bytes", size);
        cr_expect(ne(str, error.text, ""));
        free(copy);
    }
    free(blob);
}

Test(fdt, what_is_no_device_tree_is_refused)
{
    _Alignas(8) char text[256] = "/dts-v1/; / { };";
    struct emu_error error;
    cr_expect(not(fdt_check(text, sizeof text, &error)));
    cr_expect(
        eq(str, error.text, "this is not a device tree blob (it does not begin with d00dfeed); compile source text with dtc"));
    cr_expect(not(fdt_check(text, 0, &error)));
}

Test(fdt, a_version_whose_names_cannot_be_read_is_refused)
{
    struct fdt_config config = plain(1);
    struct emu_error error;
    size_t size;
    void *blob = build(&config, &size);
    fdt_set_version(blob, 15);
    fdt_set_last_comp_version(blob, 15);
    cr_expect(not(fdt_check(blob, size, &error)));
    cr_expect(eq(str, error.text, "the device tree blob has a version that cannot be read"));
    free(blob);
}
