/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fsck's check on damaged file systems of Turnstile: a sound image of 1 MiB, with words changed as the input's records say
 * (host/damage.h). It must come to an end without reading anything that is not the image's; and when it finds nothing, a second
 * look finds nothing.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "check.h"
#include "host/damage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = calloc(1, DAMAGE_IMAGE_BYTES);
    if (!bytes)
        return 0;
    damage_make(bytes);
    damage_apply(bytes, data, size);
    struct check_result first = check_image(bytes, DAMAGE_IMAGE_BYTES, NULL);
    struct check_result second = check_image(bytes, DAMAGE_IMAGE_BYTES, NULL);
    if (first.fault_count != second.fault_count || (first.fault_count == 0 && second.log == CHECK_LOG_PENDING))
        abort();
    free(bytes);
    return 0;
}
