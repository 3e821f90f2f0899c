/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Address spaces of processes (Sv39), and the agreement of all harts on what is mapped. Implemented by space.c and table.c.
 */
#ifndef KERNEL_SPACE_H
#define KERNEL_SPACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mutex.h"

#define REGION_READ    1u
#define REGION_WRITE   2u
#define REGION_EXECUTE 4u

struct region {
    uint64_t start, end; /* page boundaries */
    unsigned rights;     /* 0: the row is free */
};

enum { REGIONS_MAX = 16, REGION_HEAP = 0, REGION_STACK = 1, REGION_FIRST = 2 };

struct address_space {
    struct mutex mutex; /* guards the rest but `active` */
    uint64_t *table;    /* the root */
    struct region regions[REGIONS_MAX];
    uint64_t heap_start, heap_end; /* bytes; the heap region is that in pages */
    uint64_t pages;                /* of user memory that are there, shared ones too */
    _Atomic uint64_t active;       /* harts that have it loaded: written by each for itself */
};

void space_init(void); /* boot hart: the kernel's table */
/* Empty but for its stack region; NULL: no memory. */
struct address_space *space_create(void);
/* Nobody has it loaded. */
void space_destroy(struct address_space *space);
/* A copy whose pages are shared until somebody writes; NULL: no memory. The caller's own space. */
struct address_space *space_copy(struct address_space *space);
/* While exec makes it, not loaded anywhere. -ENOMEM, -ENOEXEC (overlaps, or outside of user space). */
int space_add_region(struct address_space *space, uint64_t start, uint64_t end, unsigned rights);
void space_set_heap(struct address_space *space, uint64_t start);
/* Writes into it from outside, making pages; within its regions, whatever their rights. 0 or -ENOMEM, -EFAULT. */
int space_write(struct address_space *space, uint64_t address, const void *from, uint64_t bytes);
/* Moves the heap's end: its old end, or -ENOMEM. The caller's own space. */
int64_t space_move_heap(struct address_space *space, int64_t bytes);
/* Mends a page fault of this process's: 0; -EFAULT when there is no such right, -ENOMEM. Interrupts are on, no lock is held. */
int space_fault(struct address_space *space, uint64_t address, unsigned right);

/* This hart uses this space from now on; NULL: the kernel's table. With interrupts disabled. */
void space_activate(struct address_space *space);
/* Answers other harts' requests to forget translations; from interrupts and wherever a hart waits with interrupts disabled. */
void space_flush_poll(void);
/* Code was written to memory: every hart looks again at its next return to user mode. */
void space_code_changed(void);
void space_code_check(void);

extern uint64_t kernel_table[512], boot_table[512];

#endif
