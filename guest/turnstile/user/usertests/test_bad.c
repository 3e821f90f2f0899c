/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Malformed system calls: bad numbers, bad descriptors, bad pointers, and anything at all.
 */
#include "test.h"

#define PAGE 4096

static int64_t call(int64_t number, const uint64_t argument[6])
{
    int64_t result = -1;
#if defined __riscv
    register int64_t a7 __asm__("a7") = number;
    register uint64_t a0 __asm__("a0") = argument[0], a1 __asm__("a1") = argument[1], a2 __asm__("a2") = argument[2];
    register uint64_t a3 __asm__("a3") = argument[3], a4 __asm__("a4") = argument[4], a5 __asm__("a5") = argument[5];
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
    result = (int64_t)a0;
#endif
    return result;
}

static const uint64_t bad_pointers[] = {1,
                                        0xfff8,
                                        0x3000000000,
                                        0x3fffff0000,
                                        0x4000000000,
                                        0x7ffffffffffffff8,
                                        0x8000000000000000,
                                        0xffffffc080200000,
                                        0xfffffffffffffff8,
                                        UINT64_MAX};
enum { BAD_POINTERS = sizeof bad_pointers / sizeof bad_pointers[0] };

static void numbers_without_a_call_are_refused(void)
{
    static const int64_t numbers[] = {0, 53, 54, 63, 64, 1000, INT32_MAX, INT64_MAX, -1, INT64_MIN};
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        IS(call(numbers[i], (uint64_t[6]){0}), -ENOSYS);
}

static void bad_descriptors_are_refused(void)
{
    static const int bad[] = {-1, 63, 64, 1000, INT32_MAX, INT32_MIN};
    char byte;
    struct stat stat;
    struct directory_entry entry;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        IS(sys_read(bad[i], &byte, 1), -EBADF);
        IS(sys_write(bad[i], &byte, 1), -EBADF);
        IS(sys_close(bad[i]), -EBADF);
        IS(sys_dup(bad[i]), -EBADF);
        IS(sys_dup2(bad[i], 5), -EBADF);
        IS(sys_seek(bad[i], 0, SEEK_SET), -EBADF);
        IS(sys_fstat(bad[i], &stat), -EBADF);
        IS(sys_read_directory(bad[i], &entry, 1), -EBADF);
        IS(sys_tty_control(bad[i], TTY_MODE_GET, 0), -EBADF);
        IS(sys_fsync(bad[i]), -EBADF);
        IS(sys_truncate(bad[i], 0), -EBADF);
        IS(sys_semaphore_wait(bad[i]), -EBADF);
        IS(sys_semaphore_post(bad[i]), -EBADF);
        IS(sys_semaphore_destroy(bad[i]), -EBADF);
    }
    IS(sys_dup2(1, -1), -EBADF);
    IS(sys_dup2(1, 64), -EBADF);
}

static void bad_pointers_are_refused(void)
{
    int zero = (int)sys_open("/dev/zero", OPEN_READ), ends[2], directory = (int)sys_open("/", OPEN_READ);
    int file = (int)sys_open("f", OPEN_READ | OPEN_WRITE | OPEN_CREATE);
    IS(sys_pipe(ends), 0);
    IS(sys_write(file, "data", 4), 4);
    for (unsigned i = 0; i < BAD_POINTERS; i++) {
        void *bad = (void *)(uintptr_t)bad_pointers[i];
        IS(sys_read(zero, bad, 10), -EFAULT);
        IS(sys_write(ends[1], "data", 4), 4); /* what a failed read took out is gone */
        IS(sys_read(ends[0], bad, 4), -EFAULT);
        IS(sys_write(ends[1], bad, 4), -EFAULT);
        IS(sys_seek(file, 0, SEEK_SET), 0);
        IS(sys_read(file, bad, 4), -EFAULT);
        IS(sys_write(file, bad, 4), -EFAULT);
        IS(sys_fstat(file, bad), -EFAULT);
        IS(sys_stat("f", bad), -EFAULT);
        IS(sys_pipe(bad), -EFAULT);
        IS(sys_read_directory(directory, bad, 1), -EFAULT);
        IS(sys_getcwd(bad, 100), -EFAULT);
        IS(sys_sigaction(SIGUSR1, bad, NULL), -EFAULT);
        IS(sys_sigaction(SIGUSR1, NULL, bad), -EFAULT);
        IS(sys_sigmask(SIGNAL_BLOCK, bad, NULL), -EFAULT);
        IS(sys_sigmask(SIGNAL_BLOCK, NULL, bad), -EFAULT);
        IS(sys_affinity_get(0, bad), -EFAULT);
        CHECK(sys_futex_wait(bad, 0, 0) < 0);
        IS(sys_open(bad, OPEN_READ), -EFAULT);
        IS(sys_stat(bad, &(struct stat){0}), -EFAULT);
        IS(sys_mkdir(bad), -EFAULT);
        IS(sys_rmdir(bad), -EFAULT);
        IS(sys_unlink(bad), -EFAULT);
        IS(sys_link(bad, "x"), -EFAULT);
        IS(sys_link("f", bad), -EFAULT);
        IS(sys_rename(bad, "x"), -EFAULT);
        IS(sys_rename("f", bad), -EFAULT);
        IS(sys_chdir(bad), -EFAULT);
        IS(sys_exec(bad, NULL, NULL), -EFAULT);
        IS(sys_exec("/bin/true", bad, NULL), -EFAULT);
        IS(sys_exec("/bin/true", (char *[]){bad, NULL}, NULL), -EFAULT);
        IS(sys_exec("/bin/true", (char *[]){"true", NULL}, bad), -EFAULT);
        int pid = test_fork();
        if (pid == 0)
            _Exit(0);
        IS(sys_wait(pid, bad, 0), -EFAULT);
    }
    for (int i = 3; i < 10; i++)
        sys_close(i);
    IS(sys_unlink("f"), 0);
}

static void the_kernel_does_not_write_into_code(void)
{
    int zero = (int)sys_open("/dev/zero", OPEN_READ);
    void *code = (void *)(uintptr_t)call;
    IS(sys_read(zero, code, 16), -EFAULT);
    IS(sys_stat("/", code), -EFAULT);
    CHECK(call(5, (uint64_t[6]){0}) == sys_getpid());
    sys_close(zero);
}

/* Memory ends within the buffer. */
static void buffers_that_end_too_early_are_refused(void)
{
    uint64_t at = (uint64_t)sys_sbrk(0);
    sys_sbrk((int64_t)(PAGE - at % PAGE) % PAGE);
    char *end = (char *)(uintptr_t)sys_sbrk(0);
    sys_sbrk(PAGE);
    int zero = (int)sys_open("/dev/zero", OPEN_READ), file = (int)sys_open("f", OPEN_READ | OPEN_WRITE | OPEN_CREATE);
    int64_t count = sys_read(zero, end + PAGE - 100, 200);
    CHECK(count == -EFAULT || (count >= 0 && count <= 100));
    memset(end, 'x', PAGE);
    count = sys_write(file, end + PAGE - 100, 200);
    CHECK(count == -EFAULT || (count >= 0 && count <= 100));
    IS(sys_open(end + PAGE - 10, OPEN_READ), -EFAULT); /* no 0 before the end */
    IS(sys_fstat(zero, (struct stat *)(void *)(end + PAGE - 8)), -EFAULT);
    end[PAGE - 2] = '/';
    end[PAGE - 1] = 0;
    IS(sys_stat(end + PAGE - 2, (struct stat *)(void *)end), 0);
    sys_close(zero);
    sys_close(file);
    IS(sys_unlink("f"), 0);
}

static void paths_that_are_too_long_are_refused(void)
{
    static char path[PATH_BYTES_MAX + 100];
    memset(path, 'a', sizeof path - 1);
    IS(sys_open(path, OPEN_READ), -ENAMETOOLONG);
    IS(sys_mkdir(path), -ENAMETOOLONG);
    path[NAME_BYTES_MAX] = 0;
    IS(sys_mkdir(path), -ENAMETOOLONG);
    IS(sys_open(path, OPEN_WRITE | OPEN_CREATE), -ENAMETOOLONG);
    path[NAME_BYTES_MAX - 1] = 0;
    IS(sys_mkdir(path), 0);
    IS(sys_rmdir(path), 0);
    IS(sys_open("", OPEN_READ), -ENOENT);
    CHECK(sys_mkdir("") < 0 && sys_unlink("") < 0 && sys_rmdir("") < 0 && sys_chdir("") < 0);
    char small[2];
    CHECK(sys_getcwd(small, sizeof small) < 0);
    CHECK(sys_getcwd(small, 0) < 0);
}

/* Calls that would end or stop the test itself, reach others, or be felt after it. */
static bool is_excluded(const char *name)
{
    static const char *const names[] = {"exit",        "fork",   "wait",          "kill",           "sigreturn", "thread_exit",
                                        "thread_join", "sleep",  "futex_wait",    "semaphore_wait", "power_off", "tty_control",
                                        "read",        "pipe",   "thread_create", "affinity_set",   "mkdir",     "open",
                                        "link",        "rename", "unlink",        "rmdir"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static uint64_t random_argument(uint64_t *seed, char *memory)
{
    switch (random_next(seed) % 6) {
    case 0:
        return random_next(seed) % 70;
    case 1:
        return bad_pointers[random_next(seed) % BAD_POINTERS];
    case 2:
        return (uintptr_t)memory + random_next(seed) % 4096;
    case 3:
        return (uint64_t)random_next(seed) << 32 | random_next(seed);
    case 4:
        return 0 - (uint64_t)(random_next(seed) % 70);
    default:
        return 1ull << random_next(seed) % 64;
    }
}

static const struct {
    int number;
    const char *name;
} calls[] = {
#define SYSCALL(number_, name_, arguments, meaning) {number_, #name_},
#include "turnstile/syscall.def"
#undef SYSCALL
};

static uint64_t fuzz_seed;

static void call_anything(void)
{
    static char memory[8192];
    uint64_t seed = fuzz_seed;
    signal_ignore(SIGPIPE);
    sys_close(0); /* the terminal is not the test's to read from or to change */
    sys_close(1);
    sys_close(2);
    for (unsigned i = 0; i < 300; i++) {
        unsigned at = random_next(&seed) % (sizeof calls / sizeof calls[0]);
        uint64_t arguments[6];
        for (int n = 0; n < 6; n++)
            arguments[n] = random_argument(&seed, memory);
        if (!is_excluded(calls[at].name))
            call(calls[at].number, arguments);
    }
}

static void any_arguments_are_survived(void)
{
    for (unsigned i = 0; i < 12 * test_scale; i++) {
        fuzz_seed = test_seed * 1000 + i;
        test_child(call_anything); /* it may take its own heap or handlers away, and die */
    }
}

static const struct test tests[] = {
    TEST(numbers_without_a_call_are_refused),
    TEST(bad_descriptors_are_refused),
    TEST(bad_pointers_are_refused),
    TEST(the_kernel_does_not_write_into_code),
    TEST(buffers_that_end_too_early_are_refused),
    TEST(paths_that_are_too_long_are_refused),
    TEST(any_arguments_are_survived),
    {NULL, NULL},
};

const struct test_group test_bad_group = {"bad", tests};
