/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What only main.c calls of the page allocator.
 */
#ifndef KERNEL_PAGE_INIT_H
#define KERNEL_PAGE_INIT_H

void page_init(void); /* boot hart, when the device tree has been read */

#endif
