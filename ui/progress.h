/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How far a headless run is, said on standard error: on a terminal one line that is rewritten in place, elsewhere, if asked for, a
 * line now and then. It only looks at the machine, between slices, and never stands where the console's bytes are to come.
 */
#ifndef UI_PROGRESS_H
#define UI_PROGRESS_H

#include "option.h"

#include <locale.h>

#define PROGRESS_HEARD_BYTES 512 /* of a line of the guest's; it is cut to the terminal's width anyhow */

enum progress_form { PROGRESS_NONE, PROGRESS_IN_PLACE, PROGRESS_LINES };

/* A line of the guest's console, without its escape sequences. */
struct heard_line {
    char bytes[PROGRESS_HEARD_BYTES];
    size_t count;
};

struct progress {
    enum progress_form form;
    bool is_shared; /* what the console writes may come to the same terminal or file */
    bool is_approximate;
    locale_t locale; /* owned; of the terminal's characters, if those are UTF-8; 0: ASCII only */

    double due, sampled;   /* host_seconds: of the next look, and of the last */
    uint64_t instructions; /* at the last look */

    struct heard_line line, last; /* the one being written, and the last that was not blank */
    enum { HEARD_TEXT, HEARD_ESCAPE, HEARD_SEQUENCE } heard;
    bool is_returned; /* a carriage return was the last byte: the line starts anew, if it is not ended now */
    bool is_fresh;    /* the console's cursor is at the beginning of an empty line */
    bool has_spoken;  /* since the last look */
};

/* `console_fd` takes the console's output; -1: nobody does. */
void progress_start(struct progress *progress, const struct options *options, int console_fd);
/* A byte of the guest's console. */
void progress_hear(struct progress *progress, char byte);
/* Says how far `machine` is, when it is time. To be called when all that was heard is written. */
void progress_look(struct progress *progress, const struct emu_machine *machine);
/* Nothing of the line in place stays. */
void progress_finish(struct progress *progress);

#endif
