/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What start.c tells environment.c.
 */
#ifndef LIBC_ENVIRONMENT_H
#define LIBC_ENVIRONMENT_H

/* The texts live as long as the program and are not changed. */
void environment_init(char **environment);

#endif
