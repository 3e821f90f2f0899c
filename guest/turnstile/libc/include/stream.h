/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What print.c needs of stream.c: putting bytes, with the stream's mutex held. What goes wrong is kept in stream->error.
 */
#ifndef LIBC_STREAM_H
#define LIBC_STREAM_H

#include "stdio.h"

void stream_put(FILE *stream, const char *bytes, size_t count);
/* After the last of what belongs together: what must not wait in the buffer is written (standard error; terminals up to a newline).
 */
void stream_put_end(FILE *stream);

#endif
