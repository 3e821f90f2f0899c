/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pipes: a ring of bytes in one page, under the pipe's own lock. User memory is not touched under it: bytes go by way of the stack,
 * in pieces, which are also what writers do not mix.
 */
#include "file.h"
#include "memory.h"
#include "page.h"
#include "process_parts.h"
#include "system_call.h"
#include "turnstile/abi.h"
#include "wait.h"

enum { RING_BYTES = PAGE_BYTES - 128 };

struct pipe {
    struct lock lock;        /* guards the rest */
    uint64_t written, taken; /* bytes ever */
    bool has_reader, has_writer;
    char ring[RING_BYTES];
};
_Static_assert(sizeof(struct pipe) <= PAGE_BYTES, "a pipe is a page");

static int64_t take_some(struct pipe *pipe, char *to, uint64_t bytes, bool waits)
{
    lock_acquire(&pipe->lock);
    int error = 0;
    while (pipe->written == pipe->taken && pipe->has_writer && !error)
        error = waits ? wait_on_interruptible(&pipe->written, &pipe->lock) : -EAGAIN;
    uint64_t there = pipe->written - pipe->taken, taken = 0;
    if (there)
        error = 0;
    for (; !error && taken < bytes && taken < there; taken++)
        to[taken] = pipe->ring[pipe->taken++ % RING_BYTES];
    if (taken)
        wake_all(&pipe->taken);
    lock_release(&pipe->lock);
    return error ? error : (int64_t)taken;
}

static int64_t pipe_read(struct file *file, struct span to, uint64_t bytes, uint64_t *position)
{
    (void)position;
    char piece[PIPE_ATOMIC_BYTES];
    uint64_t done = 0;
    while (done < bytes) {
        uint64_t want = bytes - done < sizeof piece ? bytes - done : sizeof piece;
        int64_t took = take_some(file->data, piece, want, done == 0 && !(file->flags & OPEN_NONBLOCK));
        if (took < 0 && done == 0)
            return took;
        if (took <= 0)
            break;
        if (span_put(to, done, piece, (uint64_t)took) != 0)
            return -EFAULT;
        done += (uint64_t)took;
    }
    return (int64_t)done;
}

static int put_all(struct pipe *pipe, const char *from, uint64_t bytes, bool waits)
{
    int error = 0;
    lock_acquire(&pipe->lock);
    while (pipe->has_reader && RING_BYTES - (pipe->written - pipe->taken) < bytes && !error)
        error = waits ? wait_on_interruptible(&pipe->taken, &pipe->lock) : -EAGAIN;
    if (!pipe->has_reader)
        error = -EPIPE;
    for (uint64_t i = 0; !error && i < bytes; i++)
        pipe->ring[pipe->written++ % RING_BYTES] = from[i];
    if (!error)
        wake_all(&pipe->written);
    lock_release(&pipe->lock);
    return error;
}

static int64_t pipe_write(struct file *file, struct span from, uint64_t bytes, uint64_t *position)
{
    (void)position;
    char piece[PIPE_ATOMIC_BYTES];
    uint64_t done = 0;
    while (done < bytes) {
        uint64_t size = bytes - done < sizeof piece ? bytes - done : sizeof piece;
        int error = span_take(piece, from, done, size);
        if (!error)
            error = put_all(file->data, piece, size, !(file->flags & OPEN_NONBLOCK));
        if (error == -EPIPE) {
            lock_acquire(&process_lock);
            signal_send(current_process(), SIGPIPE);
            lock_release(&process_lock);
        }
        if (error)
            return done && error != -EPIPE ? (int64_t)done : error;
        done += size;
    }
    return (int64_t)done;
}

static int pipe_stat(struct file *file, struct stat *stat)
{
    struct pipe *pipe = file->data;
    lock_acquire(&pipe->lock);
    stat->bytes = pipe->written - pipe->taken;
    lock_release(&pipe->lock);
    return 0;
}

static void pipe_close(struct file *file)
{
    struct pipe *pipe = file->data;
    lock_acquire(&pipe->lock);
    *(file->flags & OPEN_READ ? &pipe->has_reader : &pipe->has_writer) = false;
    bool is_last = !pipe->has_reader && !pipe->has_writer;
    wake_all(&pipe->written);
    wake_all(&pipe->taken);
    lock_release(&pipe->lock);
    if (is_last) {
        lock_finish(&pipe->lock);
        page_free(pipe);
    }
}

static const struct file_operations pipe_operations = {
    .name = "pipe", .read = pipe_read, .write = pipe_write, .kind = FILE_PIPE, .stat = pipe_stat, .close = pipe_close};

/* Two files, or nothing at all. */
static int make_pipe(struct file *ends[2])
{
    struct pipe *pipe = page_allocate();
    if (!pipe)
        return -ENOMEM;
    lock_init(&pipe->lock, LOCK_PIPE, "pipe");
    ends[0] = file_create(&pipe_operations, pipe, OPEN_READ);
    pipe->has_reader = ends[0] != NULL;
    ends[1] = ends[0] ? file_create(&pipe_operations, pipe, OPEN_WRITE) : NULL;
    pipe->has_writer = ends[1] != NULL;
    if (ends[1])
        return 0;
    if (ends[0])
        file_close(ends[0]);
    else
        page_free(pipe);
    return -ENOMEM;
}

SYSTEM_CALL(pipe)
{
    struct file *ends[2];
    int descriptors[2] = {-1, -1};
    int error = make_pipe(ends);
    if (error)
        return error;
    for (unsigned i = 0; i < 2; i++) {
        descriptors[i] = descriptor_allocate(ends[i], false);
        if (descriptors[i] < 0) {
            error = descriptors[i];
            file_close(ends[i]);
        }
    }
    if (!error)
        error = copy_to_user(argument[0], descriptors, sizeof descriptors);
    for (unsigned i = 0; error && i < 2; i++)
        if (descriptors[i] >= 0)
            descriptor_close(descriptors[i]);
    return error;
}
