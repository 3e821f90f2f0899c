/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Processes: fork with pages that part at the first write, exec, pipes, signals, page faults.
 */
#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 16 };

/* The exit status of a child, -1 when it did not exit. */
static int status_of(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) != child)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Writes to every page; a child must not see what its parent and siblings write. */
static int write_pages(volatile unsigned *pages, unsigned mine)
{
    for (unsigned page = 0; page < PAGES; page++) {
        if (pages[page * PAGE / 4] != page)
            return 100;
        pages[page * PAGE / 4] = mine + page;
    }
    for (unsigned page = 0; page < PAGES; page++)
        if (pages[page * PAGE / 4] != mine + page)
            return 101;
    return (int)(mine % 64);
}

const char *test_fork(void)
{
    volatile unsigned *pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pid_t children[2 * HARTS_MAX];
    if (pages == MAP_FAILED)
        return failed("mmap");
    for (unsigned page = 0; page < PAGES; page++)
        pages[page * PAGE / 4] = page;
    for (unsigned child = 0; child < 2 * harts; child++) {
        children[child] = fork();
        if (children[child] < 0)
            return failed("fork");
        if (children[child] == 0)
            _exit(write_pages(pages, 1000 + child));
    }
    for (unsigned child = 0; child < 2 * harts; child++) {
        int status = status_of(children[child]);
        if (status != (int)((1000 + child) % 64))
            return failed("child %u ends with %d", child, status);
    }
    for (unsigned page = 0; page < PAGES; page++)
        if (pages[page * PAGE / 4] != page)
            return failed("page %u has %u", page, pages[page * PAGE / 4]);
    munmap((void *)pages, PAGES * PAGE);
    return NULL;
}

int exec_child(int argc, char **argv)
{
    const char *word = getenv("WORD");
    return argc == 4 && !strcmp(argv[2], "two words") && !strcmp(argv[3], "") && word && !strcmp(word, "kept") ? 42 : 1;
}

const char *test_exec(void)
{
    char *arguments[] = {"/init", "exec-child", "two words", "", NULL}, *environment[] = {"WORD=kept", NULL};
    for (unsigned i = 0; i < harts; i++) {
        pid_t child = fork();
        if (child < 0)
            return failed("fork");
        if (child == 0) {
            pin(i);
            execve("/init", arguments, environment);
            _exit(99);
        }
        int status = status_of(child);
        if (status != 42)
            return failed("on hart %u it ends with %d", i, status);
    }
    return NULL;
}

static void send_numbers(int to)
{
    for (unsigned i = 0; i < rounds; i++)
        if (write(to, &i, sizeof i) != sizeof i)
            _exit(1);
    _exit(0);
}

const char *test_pipes(void)
{
    int ends[2];
    unsigned got, want = 0;
    if (pipe(ends))
        return failed("pipe");
    pid_t child = fork();
    if (child < 0)
        return failed("fork");
    if (child == 0)
        send_numbers(ends[1]);
    close(ends[1]);
    while (read(ends[0], &got, sizeof got) == sizeof got)
        if (got != want++)
            return failed("%u, not %u", got, want - 1);
    close(ends[0]);
    int status = status_of(child);
    errno = 0;
    return want == rounds && status == 0 ? NULL : failed("%u numbers came, and status %d", want, status);
}

static atomic_uint caught;
static volatile sig_atomic_t depth_seen;

static void count_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    depth_seen |= number == SIGUSR1 && info->si_code == SI_QUEUE;
    caught++;
}

const char *test_signals(void)
{
    struct sigaction action = {.sa_sigaction = count_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigset_t blocked, old;
    caught = 0;
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    for (unsigned i = 1; i <= rounds / 10 + 1; i++) {
        if (kill(getpid(), SIGUSR2) || sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 1}))
            return failed("kill");
        if (caught != 2 * i)
            return failed("%u signals came, not %u", caught, 2 * i);
    }
    if (!depth_seen)
        return failed("no signal was a queued one");
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, &old);
    unsigned before = caught;
    kill(getpid(), SIGUSR1);
    if (caught != before)
        return failed("a blocked signal came");
    sigprocmask(SIG_SETMASK, &old, NULL);
    return caught == before + 1 ? NULL : failed("an unblocked signal did not come");
}

static sigjmp_buf back;
static void *volatile fault_address;

static void leave_fault(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    fault_address = info->si_addr;
    siglongjmp(back, 1);
}

/* Whether an access to `at` faults there. */
static bool faults(volatile char *at, bool store)
{
    fault_address = NULL;
    if (sigsetjmp(back, 1))
        return fault_address == (void *)at;
    if (store)
        *at = 1;
    else
        (void)*at;
    return false;
}

const char *test_faults(void)
{
    struct sigaction action = {.sa_sigaction = leave_fault, .sa_flags = SA_SIGINFO}, old;
    const char *why = NULL;
    char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGSEGV, &action, &old);
    for (unsigned i = 0; i < rounds / 50 + 1 && !why; i++) {
        mprotect(page, PAGE, PROT_READ | PROT_WRITE);
        if (faults(page + 8, true) || faults(page + 8, false))
            why = failed("a page for reading and writing");
        mprotect(page, PAGE, PROT_READ);
        if (!faults(page + 8, true) || faults(page + 8, false))
            why = failed("a page for reading");
        mprotect(page, PAGE, PROT_NONE);
        if (!faults(page + 8, true) || !faults(page + 8, false))
            why = failed("a page for nothing");
    }
    if (!faults((char *)16, false))
        why = failed("the page at 0");
    sigaction(SIGSEGV, &old, NULL);
    munmap(page, PAGE);
    return why;
}
