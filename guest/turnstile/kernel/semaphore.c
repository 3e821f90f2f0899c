/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Semaphores of user space: open files, so that they are shared as files are and end when the last descriptor is closed.
 */
#include "file.h"
#include "memory.h"
#include "object.h"
#include "system_call.h"
#include "turnstile/abi.h"
#include "wait.h"

struct semaphore {
    struct lock lock; /* guards value */
    uint32_t value;
};

static struct object_pool pool = OBJECT_POOL_INITIAL(struct semaphore, "semaphores");

static void semaphore_close(struct file *file)
{
    struct semaphore *semaphore = file->data;
    lock_finish(&semaphore->lock);
    object_free(&pool, semaphore);
}

static const struct file_operations operations = {.name = "semaphore", .kind = FILE_SEMAPHORE, .close = semaphore_close};

/* Held by the file in *ret_file, which the caller closes; NULL: the descriptor is no semaphore. */
static struct semaphore *semaphore_of(uint64_t descriptor, struct file **ret_file)
{
    struct file *file = descriptor_file((int)descriptor);
    if (file && file->operations != &operations) {
        file_close(file);
        return NULL;
    }
    *ret_file = file;
    return file ? file->data : NULL;
}

SYSTEM_CALL(semaphore_create)
{
    struct semaphore *semaphore = object_allocate(&pool);
    struct file *file = semaphore ? file_create(&operations, semaphore, 0) : NULL;
    if (!file) {
        object_free(&pool, semaphore);
        return -ENOMEM;
    }
    lock_init(&semaphore->lock, LOCK_SEMAPHORE, "semaphore");
    semaphore->value = (uint32_t)argument[0];
    int descriptor = descriptor_allocate(file, false);
    if (descriptor < 0)
        file_close(file);
    return descriptor;
}

SYSTEM_CALL(semaphore_wait)
{
    struct file *file;
    struct semaphore *semaphore = semaphore_of(argument[0], &file);
    int error = 0;
    if (!semaphore)
        return -EBADF;
    lock_acquire(&semaphore->lock);
    while (semaphore->value == 0 && !error)
        error = wait_on_interruptible(semaphore, &semaphore->lock);
    if (semaphore->value > 0) {
        semaphore->value--;
        error = 0;
    }
    lock_release(&semaphore->lock);
    file_close(file);
    return error;
}

SYSTEM_CALL(semaphore_post)
{
    struct file *file;
    struct semaphore *semaphore = semaphore_of(argument[0], &file);
    int error = 0;
    if (!semaphore)
        return -EBADF;
    lock_acquire(&semaphore->lock);
    if (semaphore->value == UINT32_MAX)
        error = -EOVERFLOW;
    else
        semaphore->value++;
    wake_one(semaphore);
    lock_release(&semaphore->lock);
    file_close(file);
    return error;
}

SYSTEM_CALL(semaphore_destroy)
{
    struct file *file;
    if (!semaphore_of(argument[0], &file))
        return -EBADF;
    file_close(file);
    return descriptor_close((int)argument[0]);
}
