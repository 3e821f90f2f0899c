/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an image with embedded programs may add to the kernel.
 */
#ifndef KERNEL_EMBEDDED_H
#define KERNEL_EMBEDDED_H

void embedded_extra_rows(void); /* the image's: registers rows of /dev and /proc */

#endif
