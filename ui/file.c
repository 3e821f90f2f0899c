/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening and reading of files. What they hold is others' business.
 */
#define _GNU_SOURCE
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_open(const char *path, int64_t *ret_bytes, struct emu_error *error)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO without a writer must not hang us */
    if (fd >= 0 && !fstat(fd, &status) && S_ISREG(status.st_mode)) {
        *ret_bytes = status.st_size;
        return fd;
    }
    bool irregular = fd >= 0 && !fstat(fd, &status);
    const char *why = !irregular ? strerror(errno) : S_ISDIR(status.st_mode) ? strerror(EISDIR) : "Not a regular file";
    emu_error_set(error, "cannot read %s: %s", path, why);
    if (fd >= 0)
        close(fd);
    return -1;
}

bool file_read(int fd, void *to, int64_t bytes)
{
    int64_t done = 0;
    while (done < bytes) {
        ssize_t n = read(fd, (char *)to + done, bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (n == 0)
                errno = EIO;
            return false;
        }
        done += n;
    }
    return true;
}

bool folder_make(char *path)
{
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        bool ok = !mkdir(path, 0700) || errno == EEXIST;
        *slash = '/';
        if (!ok)
            return false;
    }
    return !mkdir(path, 0700) || errno == EEXIST;
}
