/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recording of a run's inputs, in the text format of docs/reference/record-format.md.
 */
#ifndef UI_RECORD_H
#define UI_RECORD_H

#include "disk.h"
#include "ending.h"
#include "image.h"

#define RECORD_FORMAT_VERSION 3

struct record;

/* Opens the record that the options ask for and writes its head. NULL with a sentence when that fails. */
struct record *record_create(const struct options *options, const struct images *images, const struct disks *disks,
                             struct emu_error *error);
/* One input that the machine has accepted: the position before it, and the cycle at which it took effect. */
void record_input(struct record *record, struct emu_position position, emu_cycle cycle, const struct emu_input *input);
/* Writes the end and closes the file. A record without inputs is removed, unless its file was named by the user. Returns the path
 * of the file that stays (to be freed), else NULL; when the record could not be written, with a sentence in *error. */
char *record_close(struct record *record, const struct emu_machine *machine, const struct ending *ending, struct emu_error *error);

#endif
