/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the check of device trees: no input may crash it, and one that it lets through can be walked to the end.
 */
#include "fuzz.h"

#include <libfdt.h>
#include <load/fdt.h>
#include <stdlib.h>
#include <string.h>

static void walk(const void *fdt)
{
    for (int node = fdt_next_node(fdt, -1, NULL); node >= 0; node = fdt_next_node(fdt, node, NULL)) {
        int property;
        if (!fdt_get_name(fdt, node, NULL))
            abort();
        fdt_for_each_property_offset(property, fdt, node)
        {
            const char *name;
            int size;
            if (!fdt_getprop_by_offset(fdt, property, &name, &size) || size < 0 || strlen(name) > fdt_totalsize(fdt))
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct emu_error error = {""};
    void *copy = malloc(size ? size : 1); /* aligned as fdt_check wants it */
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    if (fdt_check(copy, size, &error))
        walk(copy);
    else if (!error.text[0])
        abort();
    free(copy);
    return 0;
}
