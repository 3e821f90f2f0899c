/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fork, exec and wait as programs want them.
 */
#include "process.h"

#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "system.h"

int process_fork(void)
{
    stream_fork_begin();
    int64_t pid = sys_fork();
    stream_fork_end();
    return (int)pid;
}

int process_exec(const char *name, char *const *arguments)
{
    if (strchr(name, '/'))
        return (int)sys_exec(name, arguments, environ);
    const char *part = getenv("PATH");
    int result = -ENOENT;
    for (part = part ? part : "/bin"; *part;) {
        char path[PATH_BYTES_MAX];
        size_t length = strcspn(part, ":");
        int count = snprintf(path, sizeof path, "%.*s/%s", (int)length, part, name);
        int error = count < (int)sizeof path ? (int)sys_exec(path, arguments, environ) : -ENAMETOOLONG;
        if (error != -ENOENT && error != -ENOTDIR)
            return error;
        result = -ENOENT;
        part += length + (part[length] == ':');
    }
    return result;
}

int process_wait(int pid)
{
    int status;
    int64_t result;
    do
        result = sys_wait(pid, &status, 0);
    while (result == -EINTR);
    return result < 0 ? (int)result : status;
}
