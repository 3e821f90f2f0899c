/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The calls, drawn at random from few names so that they meet.
 */
#include "workload.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "file_system.h"
#include "host.h"
#include "inode.h"
#include "log.h"
#include "model.h"
#include "path.h"
#include "path_call.h"
#include "process.h"
#include "turnstile/abi.h"

enum { PATH_BYTES = 64, OPENS = 4, WRITE_MAX = 5 * 4096 };

struct actor {
    unsigned thread;
    struct model model;
    struct {
        struct file *file;
        int node;
    } open[OPENS];
    unsigned step;
    bool is_safe;
};

static const struct workload *workload;
static struct workload_history *histories;
static const struct disk_record *record;
static struct actor actors[WORKLOAD_THREADS_MAX];
static bool is_checked;

static void check(const struct actor *actor, const char *what, const char *path, int64_t got, int64_t want)
{
    if (got == want || !is_checked)
        return;
    fprintf(stderr, "seed %llu, thread %u, step %u: %s %s: %lld, wanted %lld\n%s", (unsigned long long)workload->seed,
            actor->thread, actor->step, what, path, (long long)got, (long long)want, host_printed());
    abort();
}

static struct span span_of(void *data)
{
    return (struct span){.address = (uintptr_t)data};
}

/* /t0/a, /t0/a/b, ... */
static void draw_path(const struct actor *actor, char path[PATH_BYTES])
{
    static const char *const names[] = {"a", "b", "c", "d", "a-name-of-fifty-nine-bytes-which-is-as-long-as-names-can-be-x"};
    unsigned depth = 1 + host_random(3);
    int length = snprintf(path, PATH_BYTES, "/t%u", actor->thread);
    for (unsigned i = 0; i < depth; i++) {
        unsigned name = host_random(i == depth - 1 && depth == 1 ? 5 : 4);
        length += snprintf(path + length, PATH_BYTES - (size_t)length, "/%s", names[name]);
    }
}

/* ---- calls: each does the same to the disk and to the model ---- */

static void do_create(struct actor *actor, const char *path, bool is_directory)
{
    struct inode *inode;
    int node, got = path_create(path, is_directory ? DISK_DIRECTORY : DISK_FILE, &inode);
    if (got == 0)
        inode_release(inode);
    if (got != -ENOSPC)
        check(actor, "create", path, got, model_create(&actor->model, path, is_directory, &node));
}

static void do_remove(struct actor *actor, const char *path, bool is_directory)
{
    int got = path_remove(path, is_directory ? DISK_DIRECTORY : DISK_FILE);
    if (got != -ENOSPC)
        check(actor, "remove", path, got, model_remove(&actor->model, path, is_directory));
}

static void do_rename(struct actor *actor, const char *path)
{
    char as[PATH_BYTES];
    draw_path(actor, as);
    int got = path_rename(path, as);
    if (got != -ENOSPC)
        check(actor, "rename", path, got, model_rename(&actor->model, path, as));
}

static void do_link(struct actor *actor, const char *path)
{
    char as[PATH_BYTES];
    draw_path(actor, as);
    int got = path_link(path, as);
    if (got != -ENOSPC)
        check(actor, "link", path, got, model_link(&actor->model, path, as));
}

static void do_open(struct actor *actor, const char *path, unsigned slot)
{
    struct file *file = NULL;
    int node, want = model_find(&actor->model, path, &node);
    if (want == 0 && actor->model.nodes[node].is_directory)
        want = -EISDIR;
    int got = path_open(path, OPEN_READ | OPEN_WRITE, &file);
    check(actor, "open", path, got, want);
    if (got == 0) {
        actor->open[slot].file = file;
        actor->open[slot].node = node;
        if (is_checked)
            model_hold(&actor->model, node);
    }
}

static void do_close(struct actor *actor, unsigned slot)
{
    struct file *file = actor->open[slot].file;
    actor->open[slot].file = NULL;
    if (is_checked)
        model_release(&actor->model, actor->open[slot].node);
    file_close(file);
}

/* Beginnings of blocks and of what pointers reach, and places near them. */
static uint64_t draw_position(void)
{
    static const uint64_t bases[] = {
        0, 0, 0, 4096, 3 * 4096, 12 * 4096, 13 * 4096, (12 + 1024) * 4096ull, (12 + 1024 + 1024) * 4096ull};
    return bases[host_random(9)] + (host_random(3) ? host_random(6000) : 0);
}

static void do_write(struct actor *actor, unsigned slot)
{
    static uint8_t data[WORKLOAD_THREADS_MAX][WRITE_MAX];
    struct file *file = actor->open[slot].file;
    uint64_t position = draw_position(), bytes = host_random(workload->is_atomic ? 4096 : WRITE_MAX) + 1;
    if (workload->is_atomic && bytes > 4096 - position % 4096)
        bytes = 4096 - position % 4096;
    uint8_t *mine = data[actor->thread];
    memset(mine, 1 + (int)host_random(250), bytes);
    for (unsigned i = 0; i < 8; i++)
        mine[host_random((unsigned)bytes)] = (uint8_t)host_random(256);
    uint64_t end = position;
    int64_t got = file->operations->write(file, span_of(mine), bytes, &end);
    if (got != -ENOSPC && (got < 0 || got > (int64_t)bytes))
        check(actor, "write", "", got, (int64_t)bytes);
    if (got > 0 && is_checked) {
        check(actor, "write's position", "", (int64_t)end, (int64_t)position + got);
        model_write(&actor->model, actor->open[slot].node, mine, (uint64_t)got, position);
    }
    if (host_random(4) == 0) {
        check(actor, "fsync", "", file->operations->fsync(file), 0);
        actor->is_safe = got > 0;
    }
}

static void do_read(struct actor *actor, unsigned slot)
{
    static uint8_t buffers[WORKLOAD_THREADS_MAX][2][4 * 4096];
    struct file *file = actor->open[slot].file;
    uint8_t *got_data = buffers[actor->thread][0], *want_data = buffers[actor->thread][1];
    uint64_t position = draw_position(), bytes = host_random(4 * 4096);
    uint64_t end = position;
    int64_t got = file->operations->read(file, span_of(got_data), bytes, &end);
    if (!is_checked)
        return;
    size_t want = model_read(&actor->model, actor->open[slot].node, want_data, bytes, position);
    check(actor, "read", "", got, (int64_t)want);
    check(actor, "what was read", "", memcmp(got_data, want_data, want), 0);
}

static void do_truncate(struct actor *actor, unsigned slot)
{
    struct file *file = actor->open[slot].file;
    uint64_t bytes = draw_position();
    int got = file->operations->truncate(file, bytes);
    if (got == -ENOSPC)
        return;
    check(actor, "truncate", "", got, 0);
    if (is_checked)
        model_truncate(&actor->model, actor->open[slot].node, bytes);
}

static void do_stat(struct actor *actor, const char *path)
{
    struct place place;
    struct stat stat = {0};
    int node, want = model_find(&actor->model, path, &node), got = path_resolve(path, &place);
    check(actor, "resolve", path, got, want);
    if (got || !place.inode)
        return;
    check(actor, "stat", path, inode_stat(place.inode, &stat), 0);
    inode_release(place.inode);
    if (!is_checked)
        return;
    const struct model_node *wanted = &actor->model.nodes[node];
    check(actor, "kind of", path, stat.kind, wanted->is_directory ? FILE_DIRECTORY : FILE_REGULAR);
    check(actor, "links of", path, stat.links, wanted->links);
    if (!wanted->is_directory)
        check(actor, "size of", path, (int64_t)stat.bytes, (int64_t)wanted->size);
}

static void do_list(struct actor *actor, const char *path)
{
    struct file *file;
    struct directory_entry entry;
    uint64_t position = 0;
    unsigned count = 0, wanted = 0;
    int node, want = model_find(&actor->model, path, &node);
    if (want == 0 && !actor->model.nodes[node].is_directory)
        want = -ENOTDIR;
    int got = path_open(path, OPEN_READ | OPEN_DIRECTORY, &file);
    check(actor, "open directory", path, got, want);
    if (got)
        return;
    /* A damaged directory may be long, but it ends. */
    while (file->operations->read_directory && (got = file->operations->read_directory(file, &entry, &position)) > 0)
        count++;
    check(actor, "list", path, got, 0);
    if (is_checked) {
        for (unsigned i = 0; i < MODEL_ENTRIES; i++)
            wanted += actor->model.nodes[node].entries[i].name[0] != 0;
        check(actor, "entries of", path, count, wanted + 2);
    }
    file_close(file);
}

static void do_directory(struct actor *actor, const char *path)
{
    struct process *process = current_process();
    struct place place;
    char got_path[256];
    if (workload->threads > 1 || path_resolve(path, &place))
        return; /* there is one process */
    if (place.inode && inode_lock(place.inode) == 0) {
        bool is_directory = place.inode->disk.type == DISK_DIRECTORY;
        inode_unlock(place.inode);
        if (is_directory) {
            struct directory *before = process->directory;
            process->directory = (struct directory *)place.inode;
            int64_t length = path_of_directory(got_path, sizeof got_path);
            check(actor, "getcwd", path, length < 0 ? length : strcmp(got_path, path), 0);
            process->directory = before;
        }
    }
    if (place.inode)
        inode_release(place.inode);
}

static void do_sync(struct actor *actor)
{
    check(actor, "sync", "", log_sync(), 0);
    actor->is_safe = true;
}

/* ---- running ---- */

static unsigned event_count(void)
{
    return record ? record->event_count : 0;
}

static void step(struct actor *actor)
{
    char path[PATH_BYTES];
    unsigned slot = host_random(OPENS);
    bool is_open = actor->open[slot].file != NULL;
    draw_path(actor, path);
    switch (host_random(20)) {
    case 0:
    case 1:
    case 2:
        do_create(actor, path, false);
        break;
    case 3:
    case 4:
        do_create(actor, path, true);
        break;
    case 5:
    case 6:
        do_remove(actor, path, false);
        break;
    case 7:
        do_remove(actor, path, true);
        break;
    case 8:
    case 9:
        do_rename(actor, path);
        break;
    case 10:
        do_link(actor, path);
        break;
    case 11:
        do_stat(actor, path);
        break;
    case 12:
        do_list(actor, path);
        do_directory(actor, path);
        break;
    case 13:
        if (is_open)
            do_truncate(actor, slot);
        break;
    case 14:
        if (is_open)
            do_read(actor, slot);
        break;
    case 15:
        if (host_random(4) == 0)
            do_sync(actor);
        break;
    default:
        if (!is_open)
            do_open(actor, path, slot);
        else if (host_random(8) == 0)
            do_close(actor, slot);
        else
            do_write(actor, slot);
    }
}

static void remember(struct actor *actor, unsigned began)
{
    struct workload_history *history = histories ? &histories[actor->thread] : NULL;
    char path[8];
    int node;
    if (!history)
        return;
    snprintf(path, sizeof path, "/t%u", actor->thread);
    history->step[actor->step].began = began;
    history->step[actor->step].ended = event_count();
    history->step[actor->step].is_safe = actor->is_safe;
    history->step[actor->step].sum = model_find(&actor->model, path, &node) ? 0 : model_sum(&actor->model, node);
    history->steps = actor->step;
}

static void run_thread(unsigned thread)
{
    struct actor *actor = &actors[thread];
    char path[8];
    actor->thread = thread;
    model_init(&actor->model);
    remember(actor, 0);
    snprintf(path, sizeof path, "/t%u", thread);
    for (actor->step = 1; actor->step <= workload->steps; actor->step++) {
        unsigned began = event_count();
        actor->is_safe = false;
        if (actor->step == 1)
            do_create(actor, path, true);
        else
            step(actor);
        remember(actor, began);
    }
    actor->step--;
    for (unsigned slot = 0; slot < OPENS; slot++)
        if (actor->open[slot].file)
            do_close(actor, slot);
}

int workload_mount(uint64_t seed)
{
    host_init(&(struct host_options){.seed = seed, .switch_percent = 30, .pages = 4000});
    file_system_init();
    return file_system_mount();
}

void workload_run(const struct workload *run, struct workload_history *history, const struct disk_record *disk_record)
{
    workload = run;
    histories = history;
    record = disk_record;
    is_checked = true;
    check(&actors[0], "mount", "", workload_mount(run->seed), 0);
    current_process()->directory = directory_root();
    host_run(run->threads, run_thread);
    directory_release(current_process()->directory);
    file_system_stop();
    for (unsigned i = 0; i < run->threads; i++)
        model_finish(&actors[i].model);
}

void workload_stress(uint64_t seed, unsigned steps)
{
    static struct workload run;
    run = (struct workload){.seed = seed, .threads = 1, .steps = steps};
    workload = &run;
    is_checked = false;
    if (workload_mount(seed))
        return;
    current_process()->directory = directory_root();
    host_run(1, run_thread);
    directory_release(current_process()->directory);
    file_system_stop();
}

bool workload_allows(const struct workload_history *history, unsigned thread, unsigned events, const uint8_t *bytes)
{
    char path[8];
    unsigned safe = 0, last = 0;
    snprintf(path, sizeof path, "/t%u", thread);
    uint64_t sum = model_sum_of_image(bytes, path);
    for (unsigned i = 1; i <= history->steps; i++) {
        if (history->step[i].is_safe && history->step[i].ended <= events)
            safe = i;
        if (history->step[i].began <= events)
            last = i;
    }
    for (unsigned i = safe; i <= last; i++)
        if (history->step[i].sum == sum)
            return true;
    for (unsigned i = 0; i < safe; i++)
        if (history->step[i].sum == sum) {
            fprintf(stderr, "thread %u, %u events: the tree is that of step %u, but step %u was synced\n", thread, events, i, safe);
            return false;
        }
    fprintf(stderr, "thread %u, %u events: the tree is that of none of the steps %u to %u\n", thread, events, safe, last);
    return false;
}
