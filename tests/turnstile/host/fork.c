/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fork.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* In builds with coverage: what a process that does not exit the usual way has counted. */
__attribute__((weak)) void __gcov_dump(void);

void *fork_share(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        abort();
    return memory;
}

void fork_unshare(void *memory, size_t bytes)
{
    munmap(memory, bytes);
}

bool fork_run(void (*function)(void *argument), void *argument)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        function(argument);
        fflush(NULL);
        if (__gcov_dump)
            __gcov_dump();
        _exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
