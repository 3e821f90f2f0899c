/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The first process of the test image: runs each test in a child, says ok or not ok, compares the free pages of before and after,
 * and ends the machine with status 0 only if all is well. With arguments it is what the exec tests run.
 */
#include "guest.h"

#include <stdarg.h>

unsigned rounds = 4;

void *memset(void *to, int value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((volatile char *)to)[i] = (char)value;
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((volatile char *)to)[i] = ((const char *)from)[i];
    return to;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (((const volatile char *)text)[length])
        length++;
    return length;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a - *b;
}

static char *put_number(char *at, long value, unsigned base)
{
    char digits[24];
    unsigned count = 0;
    unsigned long rest = value < 0 && base == 10 ? -(unsigned long)value : (unsigned long)value;
    if (value < 0 && base == 10)
        *at++ = '-';
    do
        digits[count++] = "0123456789abcdef"[rest % base];
    while (rest /= base);
    while (count)
        *at++ = digits[--count];
    return at;
}

void say(const char *format, ...)
{
    char line[256], *at = line;
    va_list arguments;
    va_start(arguments, format);
    for (; *format && at < line + 200; format++) {
        if (*format != '%') {
            *at++ = *format;
            continue;
        }
        format++;
        if (*format == 's')
            for (const char *text = va_arg(arguments, const char *); *text && at < line + 200; text++)
                *at++ = *text;
        else
            at = put_number(at, va_arg(arguments, long), *format == 'x' ? 16 : 10);
    }
    va_end(arguments);
    sys_write(1, line, (uint64_t)(at - line));
}

void fail(const char *file, int line, const char *what, long value)
{
    say("  %s:%d: not so: %s (%d)\n", file, (long)line, what, value);
    sys_exit(1);
}

long wait_for(long pid)
{
    int status = -1;
    long got = sys_wait((int)pid, &status, 0);
    if (got != pid)
        fail(__FILE__, __LINE__, "wait gives the child", got);
    return status;
}

static bool begins(const char *at, const char *with)
{
    while (*with && *at == *with)
        at++, with++;
    return !*with;
}

static char text[16384];

long number_behind(const char *file, const char *word)
{
    int descriptor = (int)sys_open(file, OPEN_READ);
    long length = 0, got;
    while ((got = sys_read(descriptor, text + length, sizeof text - 1 - (unsigned long)length)) > 0)
        length += got;
    sys_close(descriptor);
    text[length] = 0;
    for (const char *at = text; *at; at++) {
        if (!begins(at, word) || (at != text && at[-1] != '\n'))
            continue;
        long value = 0;
        for (at += strlen(word); *at == ' '; at++)
            ;
        for (; *at >= '0' && *at <= '9'; at++)
            value = value * 10 + *at - '0';
        return value;
    }
    return -1;
}

long free_pages(void)
{
    return number_behind("/proc/memory", "free_pages");
}

unsigned harts(void)
{
    return (unsigned)number_behind("/proc/system", "harts");
}

static bool run(const struct test *test)
{
    /* The first time a test needs more tables and stacks than there were is no leak: it is the second that counts. */
    long before = 0, after = 0;
    for (unsigned turn = 0; turn < 2; turn++) {
        before = free_pages();
        long pid = sys_fork();
        if (pid == 0) {
            test->run();
            sys_exit(0);
        }
        long status = pid < 0 ? pid : wait_for(pid);
        if (status != 0) {
            say("not ok %s: status %x\n", test->name, status);
            return false;
        }
        int orphans;
        while (sys_wait(-1, &orphans, 0) > 0)
            ;
        after = free_pages();
        if (before == after)
            break;
    }
    if (before != after)
        say("not ok %s: %d free pages before, %d after\n", test->name, before, after);
    else
        say("ok %s\n", test->name);
    return before == after;
}

static void show(const char *file)
{
    char piece[512];
    int descriptor = (int)sys_open(file, OPEN_READ);
    long got;
    say("---- %s\n", file);
    while ((got = sys_read(descriptor, piece, sizeof piece)) > 0)
        sys_write(1, piece, (uint64_t)got);
    sys_close(descriptor);
}

static int run_all(void)
{
    const struct test *const groups[] = {process_tests, memory_tests, thread_tests, signal_tests, file_tests, bad_tests};
    long passed = 0, failed = 0;
    for (unsigned i = 0; i < sizeof groups / sizeof groups[0]; i++)
        for (const struct test *test = groups[i]; test->name; test++)
            *(run(test) ? &passed : &failed) += 1;
    const char *const shown[] = {"/proc/system",    "/proc/harts",  "/proc/locks", "/proc/interrupts",
                                 "/proc/processes", "/proc/memory", "/proc/uptime"};
    for (unsigned i = 0; i < sizeof shown / sizeof shown[0]; i++)
        show(shown[i]);
    say("kernel-test: %d ok, %d failed\n", passed, failed);
    return failed != 0;
}

/* What exec tests run: argv[1] says what. */
static int be_child(int argc, char **argv, char **environment)
{
    if (strcmp(argv[1], "arguments") == 0)
        return argc == 4 && strcmp(argv[2], "two words") == 0 && strlen(argv[3]) == 0 && environment[0] &&
                       strcmp(environment[0], "A=b") == 0 && !environment[1]
                   ? 42
                   : 1;
    if (strcmp(argv[1], "count") == 0)
        return argc - 2;
    return 99;
}

/* Words of the kernel's command line: test=console, test=crash-WHAT, rounds=N (one digit). */
static void read_command_line(void)
{
    number_behind("/proc/system", "harts");
    for (char *at = text; *at; at++) {
        if (begins(at, "rounds="))
            rounds = (unsigned)(at[7] - '0');
        if (begins(at, "test=console"))
            read_terminal(begins(at, "test=console-raw"), begins(at, "test=console-quiet"));
        if (begins(at, "test=crash-")) {
            unsigned length = 0;
            while (at[11 + length] > ' ')
                length++;
            crash(at + 11, length);
        }
    }
}

int main(int argc, char **argv, char **environment);
int main(int argc, char **argv, char **environment)
{
    if (argc > 1)
        return be_child(argc, argv, environment);
    for (int i = 0; i < 3; i++)
        if (sys_open("/dev/console", OPEN_READ | OPEN_WRITE) != i)
            return 3;
    read_command_line();
    return run_all();
}
