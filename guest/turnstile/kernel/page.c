/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The page allocator. The free pages of all harts are a list under one lock, and pages that were never used, behind a mark. Each
 * hart has a cache, so that most calls take only the hart's own lock. When there is nothing else, others' caches are emptied. Pages
 * on lists are linked through their first word.
 */
#include "page.h"

#include "hart.h"
#include "lock.h"
#include "memory.h"
#include "init.h"
#include "print.h"

enum { CACHE_MAX = 64, BATCH = 32 };

struct free_page {
    struct free_page *next;
};

struct page_cache {
    struct lock lock; /* guards the rest */
    struct free_page *list;
    unsigned count;
} __attribute__((aligned(64)));

static struct page_cache caches[HARTS_MAX];

static struct lock list_lock = LOCK_INITIAL(PAGE_LIST, "page list");
/* list_lock */
static struct free_page *list;
static uint64_t list_count;
static uint64_t untouched, end; /* physical: pages from here to there were never used */

/* fixed after page_init */
static uint64_t first, total;        /* physical; pages */
static _Atomic uint32_t *references; /* of each page from `first` on */

extern char _kernel_end[];

static bool is_page(const void *page)
{
    uint64_t at = physical_of(page);
    return at >= first && at < end && at % PAGE_BYTES == 0;
}

static _Atomic uint32_t *count_of(const void *page)
{
    if (!is_page(page))
        panic("%p is no page of RAM that can be given out", page);
    return &references[(physical_of(page) - first) / PAGE_BYTES];
}

/* Pages in front of `untouched` that are reserved are never given out. */
static bool skip_reserved(void)
{
    for (unsigned i = 0; i < machine.reserved_count; i++) {
        const struct range *r = &machine.reserved[i];
        if (untouched < r->end && untouched + PAGE_BYTES > r->start) {
            untouched = (r->end + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
            return true;
        }
    }
    return false;
}

static struct free_page *take_from_list(void)
{
    struct free_page *page = list;
    if (page) {
        list = page->next;
        list_count--;
        return page;
    }
    while (untouched < end && skip_reserved())
        ;
    if (untouched >= end)
        return NULL;
    page = kernel_address(untouched);
    untouched += PAGE_BYTES;
    return page;
}

static void fill_cache(struct page_cache *cache)
{
    lock_acquire(&list_lock);
    for (unsigned i = 0; i < BATCH; i++) {
        struct free_page *page = take_from_list();
        if (!page)
            break;
        page->next = cache->list;
        cache->list = page;
        cache->count++;
    }
    lock_release(&list_lock);
}

static void spill_cache(struct page_cache *cache)
{
    lock_acquire(&list_lock);
    for (unsigned i = 0; i < BATCH; i++) {
        struct free_page *page = cache->list;
        cache->list = page->next;
        cache->count--;
        page->next = list;
        list = page;
        list_count++;
    }
    lock_release(&list_lock);
}

static struct free_page *take_from_cache(struct page_cache *cache, bool fills)
{
    lock_acquire(&cache->lock);
    if (!cache->list && fills)
        fill_cache(cache);
    struct free_page *page = cache->list;
    if (page) {
        cache->list = page->next;
        cache->count--;
    }
    lock_release(&cache->lock);
    return page;
}

void *page_allocate(void)
{
    unsigned own = hart_self()->index;
    struct free_page *page = take_from_cache(&caches[own], true);
    for (unsigned i = 0; i < hart_count() && !page; i++)
        page = take_from_cache(&caches[i], false);
    if (!page)
        return NULL;
    atomic_store_explicit(count_of(page), 1, memory_order_relaxed); /* sw */
    memset(page, 0, PAGE_BYTES);
    return page;
}

void page_hold(void *page)
{
    /* amoadd.w */
    if (atomic_fetch_add_explicit(count_of(page), 1, memory_order_relaxed) == 0)
        panic("page %p is held, which is free", page);
}

unsigned page_references(const void *page)
{
    return atomic_load_explicit(count_of(page), memory_order_acquire);
}

void page_free(void *address)
{
    if (!address)
        return;
    unsigned before = atomic_fetch_sub_explicit(count_of(address), 1, memory_order_acq_rel);
    if (before == 0)
        panic("page %p is freed, which is free", address);
    if (before > 1)
        return;
    struct free_page *page = address;
    struct page_cache *cache = &caches[hart_self()->index];
    lock_acquire(&cache->lock);
    page->next = cache->list;
    cache->list = page;
    if (++cache->count > CACHE_MAX)
        spill_cache(cache);
    lock_release(&cache->lock);
}

uint64_t page_total(void)
{
    return total;
}

/* Pages behind the mark that are reserved. machine_read keeps the ranges apart. */
static uint64_t reserved_pages(void)
{
    uint64_t pages = 0;
    for (unsigned i = 0; i < machine.reserved_count; i++) {
        uint64_t from = machine.reserved[i].start & ~(PAGE_BYTES - 1);
        uint64_t to = (machine.reserved[i].end + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
        from = from > untouched ? from : untouched;
        to = to < end ? to : end;
        pages += from < to ? (to - from) / PAGE_BYTES : 0;
    }
    return pages;
}

uint64_t page_free_count(void)
{
    uint64_t pages = 0;
    for (unsigned i = 0; i < hart_count(); i++) {
        lock_acquire(&caches[i].lock);
        pages += caches[i].count;
        lock_release(&caches[i].lock);
    }
    lock_acquire(&list_lock);
    pages += list_count;
    if (untouched < end)
        pages += (end - untouched) / PAGE_BYTES - reserved_pages();
    lock_release(&list_lock);
    return pages;
}

void page_init(void)
{
    for (unsigned i = 0; i < hart_count(); i++)
        lock_init(&caches[i].lock, LOCK_PAGE_CACHE, "page cache");
    lock_register(&list_lock);
    first = (physical_of(_kernel_end) + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    end = machine.memory.end & ~(PAGE_BYTES - 1);
    if (first < machine.memory.start || first >= end)
        panic("RAM from %p to %p does not hold the kernel, which ends at %p", (void *)machine.memory.start,
              (void *)machine.memory.end, (void *)first);
    references = kernel_address(first);
    uint64_t table_bytes = ((end - first) / PAGE_BYTES * sizeof *references + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    memset((void *)references, 0, table_bytes);
    first += table_bytes;
    untouched = first;
    total = (end - first) / PAGE_BYTES - reserved_pages();
}
