/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sync: returns when everything written is safe on the disk.
 */
#include "program.h"
#include "system.h"

int main(void)
{
    int64_t error = sys_sync();
    if (error < 0)
        die_error("the disk", error);
    return 0;
}
