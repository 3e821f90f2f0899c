/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the editor's files share.
 */
#ifndef USER_LINE_PARTS_H
#define USER_LINE_PARTS_H

#include "line.h"

void line_show(struct line *line);
void line_insert(struct line *line, const char *text, size_t count);
void line_delete(struct line *line, size_t begin, size_t end);

/* line_complete.c: completes the word before the cursor as far as it is certain; the second time it shows what there is. */
void line_complete(struct line *line, bool is_second);

#endif
