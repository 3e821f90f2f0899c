/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rows behind /dev and /proc. Parts register theirs when they are initialised, before other threads run; rows live for ever and
 * are not changed. device.c keeps them and makes open files of them; the file system shows them as the directories /dev and /proc.
 */
#ifndef KERNEL_DEVICE_H
#define KERNEL_DEVICE_H

#include <stdint.h>

#include "file.h"

struct text;

/* A character device, /dev/name. open is called for each open and fills *ret_data; NULL: data is NULL. */
struct device_row {
    const char *name;
    const struct file_operations *operations;
    int (*open)(unsigned flags, void **ret_data);
    struct device_row *next;
};

/* /proc/name: print adds the present contents to a text, which is made again when it was too short. write, if any, gets what was
 * written (at most 255 bytes, ended by 0): 0 or an error. Both may sleep. */
struct proc_row {
    const char *name;
    void (*print)(struct text *text);
    int (*write)(const char *command);
    struct proc_row *next;
};

void device_register(struct device_row *row);
void proc_register(struct proc_row *row);

/* In the order of registration; NULL after the last. For directories; the inode number of a row is its place, from 2 on. */
const struct device_row *device_rows(void);
const struct proc_row *proc_rows(void);

/* Open files of them, held: 0 or an error. */
int device_open(const struct device_row *row, unsigned flags, struct file **ret_file);
int proc_open(const struct proc_row *row, unsigned flags, struct file **ret_file);

#endif
