/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A record read back: the configuration and images it was made with, its inputs in order, and how it ended.
 */
#ifndef UI_REPLAY_H
#define UI_REPLAY_H

#include "config.h"
#include "disk.h"
#include "ending.h"
#include "image.h"

struct replay_input {
    struct emu_position position;
    emu_cycle cycle;
    struct emu_input input;
};

struct replay {
    char *file; /* owned, as given */
    struct emu_config machine;
    bool settings_seen[CONFIG_ROWS];
    char *bootargs;       /* owned; NULL: none */
    struct images images; /* names, sizes and hashes only */
    struct disks disks;   /* the same, and serial numbers */
    unsigned stream;      /* which of the guest's consoles the terminal was */

    struct replay_input *inputs; /* owned */
    size_t count, capacity;
    size_t next; /* the first that is not yet applied */

    struct emu_position end_position;
    emu_cycle end_cycle;
    enum ending_kind end_kind;
    int end_code;
    uint64_t end_hash;
};

/* Reads a whole record. False with a sentence that names the line when it is malformed, cut off or not a record. */
bool replay_read(struct replay *replay, const char *file, struct emu_error *error);
/* Makes the record's configuration the base on which the command line is applied. */
void replay_base(const struct replay *replay, struct options *options);
/* Whether what will be run is what was recorded; if not, a sentence about the first difference. */
bool replay_matches(const struct replay *replay, const struct options *options, const struct images *images,
                    const struct disks *disks, struct emu_error *error);
void replay_finish(struct replay *replay);

#endif
