/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What kill -l prints.
 */
#ifndef USER_SIGNAL_LIST_H
#define USER_SIGNAL_LIST_H

void signal_list(void);

#endif
