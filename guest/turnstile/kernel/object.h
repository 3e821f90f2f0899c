/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Small objects of one size, on pages that come from page.c when they are needed and go back when they are empty. Implemented by
 * object.c. May be called with any lock held that is above OBJECT in lock_class.def.
 */
#ifndef KERNEL_OBJECT_H
#define KERNEL_OBJECT_H

#include "lock.h"

struct object_page;

struct object_pool {
    struct lock lock;            /* guards the rest */
    unsigned bytes;              /* of an object: at most OBJECT_BYTES_MAX, a multiple of 8 */
    unsigned used;               /* objects given out */
    struct object_page *partial; /* pages that have a free object */
};

#define OBJECT_BYTES_MAX 2016
#define OBJECT_POOL_INITIAL(type, name_)                                                                                           \
    {                                                                                                                              \
        .lock = LOCK_INITIAL(OBJECT, name_), .bytes = (sizeof(type) + 7) & ~7u                                                     \
    }

/* An object of zeros, or NULL when there is no page. */
void *object_allocate(struct object_pool *pool);
/* NULL does nothing. */
void object_free(struct object_pool *pool, void *object);

#endif
