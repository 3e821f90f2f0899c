/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pools of small objects. A page begins with its head; its free objects are linked through their first word. A page without a used
 * object goes back, so that counting free pages finds a forgotten object.
 */
#include "object.h"

#include "memory.h"
#include "page.h"
#include "print.h"

struct free_object {
    struct free_object *next;
};

struct object_page {
    struct object_pool *pool;
    struct free_object *free;
    unsigned used;
    struct object_page *next, *previous; /* of those with a free object */
};

enum { HEAD_BYTES = 64 };
_Static_assert(sizeof(struct object_page) <= HEAD_BYTES, "the head of a page");

static void link_page(struct object_pool *pool, struct object_page *page)
{
    page->previous = NULL;
    page->next = pool->partial;
    if (page->next)
        page->next->previous = page;
    pool->partial = page;
}

static void unlink_page(struct object_pool *pool, struct object_page *page)
{
    if (page->previous)
        page->previous->next = page->next;
    else
        pool->partial = page->next;
    if (page->next)
        page->next->previous = page->previous;
}

static struct object_page *add_page(struct object_pool *pool)
{
    struct object_page *page = page_allocate();
    if (!page)
        return NULL;
    page->pool = pool;
    for (uint64_t at = HEAD_BYTES; at + pool->bytes <= PAGE_BYTES; at += pool->bytes) {
        struct free_object *object = (struct free_object *)((char *)page + at);
        object->next = page->free;
        page->free = object;
    }
    link_page(pool, page);
    return page;
}

void *object_allocate(struct object_pool *pool)
{
    lock_acquire(&pool->lock);
    struct object_page *page = pool->partial ? pool->partial : add_page(pool);
    struct free_object *object = NULL;
    if (page) {
        object = page->free;
        page->free = object->next;
        page->used++;
        pool->used++;
        if (!page->free)
            unlink_page(pool, page);
    }
    lock_release(&pool->lock);
    if (object)
        memset(object, 0, pool->bytes);
    return object;
}

void object_free(struct object_pool *pool, void *address)
{
    if (!address)
        return;
    struct object_page *page = (struct object_page *)((uint64_t)address & ~(PAGE_BYTES - 1));
    struct free_object *object = address;
    if (page->pool != pool)
        panic("%p is freed, which is no object of pool %s", address, pool->lock.name);
    lock_acquire(&pool->lock);
    if (!page->free)
        link_page(pool, page);
    object->next = page->free;
    page->free = object;
    page->used--;
    pool->used--;
    if (page->used == 0)
        unlink_page(pool, page);
    bool is_empty = page->used == 0;
    lock_release(&pool->lock);
    if (is_empty)
        page_free(page);
}
