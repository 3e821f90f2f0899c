/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What can be said of disks in terms of block.h alone.
 */
#include "block.h"

int block_transfer(enum block_kind kind, uint32_t block, void *data)
{
    struct block_request request = {.kind = kind, .block = block, .data = data};
    block_start(&request);
    return block_finish(&request);
}
