/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Error numbers as texts, and errno.
 */
#include "errno.h"
#include "string.h"
#include "thread.h"

static const struct {
    int error;
    const char *text;
} texts[] = {
    {EPERM, "that is not allowed"},
    {ENOENT, "there is no such file or directory"},
    {ESRCH, "there is no such process"},
    {EINTR, "a signal interrupted it"},
    {EIO, "the device failed"},
    {ENXIO, "there is no such device or address"},
    {E2BIG, "the arguments are too long"},
    {ENOEXEC, "this is no program"},
    {EBADF, "the descriptor is not open for that"},
    {ECHILD, "there is no such child"},
    {EAGAIN, "that is not possible now"},
    {ENOMEM, "there is not enough memory"},
    {EACCES, "access is denied"},
    {EFAULT, "a bad address was given"},
    {EBUSY, "it is in use"},
    {EEXIST, "it exists already"},
    {EXDEV, "it lies on another file system"},
    {ENODEV, "there is no such device"},
    {ENOTDIR, "this is not a directory"},
    {EISDIR, "this is a directory"},
    {EINVAL, "that makes no sense here"},
    {ENFILE, "too many files are open in the system"},
    {EMFILE, "too many files are open"},
    {ENOTTY, "this is not a terminal"},
    {EFBIG, "the file would be too large"},
    {ENOSPC, "there is no space left"},
    {ESPIPE, "this cannot be positioned"},
    {EROFS, "the file system is read-only"},
    {EMLINK, "the file has too many names"},
    {EPIPE, "nobody reads from the pipe"},
    {ERANGE, "the result is out of range"},
    {EDEADLK, "one would wait for oneself"},
    {ENAMETOOLONG, "the name is too long"},
    {ENOSYS, "the kernel has no such call"},
    {ENOTEMPTY, "the directory is not empty"},
    {EOVERFLOW, "the number is too large"},
    {ETIMEDOUT, "the time is over"},
    {EUCLEAN, "the file system is damaged"},
};

int *errno_place(void)
{
    return &thread_self()->error;
}

char *strerror(int error)
{
    if (error < 0)
        error = -error;
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].error == error)
            return (char *)(uintptr_t)texts[i].text;
    return (char *)(uintptr_t)(error ? "an unknown error" : "no error");
}
