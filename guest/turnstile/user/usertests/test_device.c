/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Devices and the texts of /proc.
 */
#include "directory.h"
#include "test.h"

static void null_takes_everything_and_zero_gives_zeros(void)
{
    char bytes[1000];
    int null = (int)sys_open("/dev/null", OPEN_READ | OPEN_WRITE), zero = (int)sys_open("/dev/zero", OPEN_READ | OPEN_WRITE);
    memset(bytes, 'x', sizeof bytes);
    IS(sys_write(null, bytes, sizeof bytes), sizeof bytes);
    IS(sys_read(null, bytes, sizeof bytes), 0);
    IS(sys_write(zero, bytes, sizeof bytes), sizeof bytes);
    IS(sys_read(zero, bytes, sizeof bytes), sizeof bytes);
    for (unsigned i = 0; i < sizeof bytes; i++)
        CHECK(bytes[i] == 0);
    IS(sys_tty_control(null, TTY_MODE_GET, 0), -ENOTTY);
    struct stat stat;
    IS(sys_fstat(null, &stat), 0);
    IS(stat.kind, FILE_DEVICE);
    IS(stat.device, 2);
    sys_close(null);
    sys_close(zero);
    IS(sys_open("/dev/nothing", OPEN_READ), -ENOENT);
}

static void the_terminal_knows_its_modes(void)
{
    int console = (int)sys_open("/dev/console", OPEN_READ | OPEN_WRITE);
    int64_t mode = sys_tty_control(console, TTY_MODE_GET, 0);
    CHECK(mode >= 0);
    IS(sys_tty_control(console, TTY_MODE_SET, 0x100), -EINVAL);
    IS(sys_tty_control(console, 99, 0), -EINVAL);
    IS(sys_tty_control(console, TTY_FOREGROUND_SET, 0), -EINVAL);
    int64_t group = sys_tty_control(console, TTY_FOREGROUND_GET, 0);
    CHECK(group > 0);
    IS(sys_tty_control(console, TTY_FOREGROUND_SET, (uint64_t)group), 0);
    IS(sys_tty_control(console, TTY_MODE_SET, (uint64_t)mode), 0);
    CHECK(sys_tty_control(console, TTY_INPUT_PENDING, 0) >= 0);
    IS(sys_seek(console, 0, SEEK_SET), -ESPIPE);
    sys_close(console);
    int waits = (int)sys_open("/dev/console", OPEN_READ | OPEN_NONBLOCK);
    if (sys_tty_control(waits, TTY_INPUT_PENDING, 0) == 0)
        IS(sys_read(waits, &(char){0}, 1), -EAGAIN);
    sys_close(waits);
}

/* Everything in /proc can be read, in pieces of any size, to its end. */
static void all_of_proc_can_be_read(void)
{
    struct directory directory;
    unsigned count = 0;
    IS(directory_open(&directory, "/proc"), 0);
    for (const struct directory_entry *entry; (entry = directory_next(&directory));) {
        char path[PATH_BYTES_MAX], bytes[61];
        if (entry->name[0] == '.' || !path_join(path, sizeof path, "/proc", entry->name))
            continue;
        int file = (int)sys_open(path, OPEN_READ);
        if (file == -EACCES)
            continue;
        CHECK(file >= 0);
        int64_t part, all = 0;
        while ((part = sys_read(file, bytes, sizeof bytes)) > 0)
            all += part;
        IS(part, 0);
        CHECK(all > 0);
        sys_close(file);
        count++;
    }
    directory_close(&directory);
    CHECK(count >= 5);
}

static void the_tables_of_proc_have_their_columns(void)
{
    char *harts = file_read_or_die("/proc/harts"), *processes = file_read_or_die("/proc/processes");
    CHECK(table_column(harts, "user_ms") > 0 && table_column(harts, "idle_ms") > 0);
    int pid = table_column(processes, "pid"), own = 0;
    for (const char *line = next_line(processes); line; line = next_line(line))
        own += (int)table_number(line, pid) == (int)sys_getpid();
    IS(own, 1);
    uint64_t total, available;
    char *memory = file_read_or_die("/proc/memory");
    CHECK(proc_value(memory, "total_kb", &total) && proc_value(memory, "free_kb", &available) && available < total);
}

static void memory_that_is_taken_is_counted(void)
{
    uint64_t before, during, after;
    sys_sbrk(1 << 20);
    char *text = file_read_or_die("/proc/memory");
    CHECK(proc_value(text, "free_pages", &before));
    char *memory = (char *)(uintptr_t)sys_sbrk(100 * 4096);
    memset(memory, 1, 100 * 4096);
    text = file_read_or_die("/proc/memory");
    CHECK(proc_value(text, "free_pages", &during));
    sys_sbrk(-100 * 4096);
    text = file_read_or_die("/proc/memory");
    CHECK(proc_value(text, "free_pages", &after));
    CHECK(before >= during + 99 && after >= during + 90);
}

static const struct test tests[] = {
    TEST(null_takes_everything_and_zero_gives_zeros), TEST(the_terminal_knows_its_modes),    TEST(all_of_proc_can_be_read),
    TEST(the_tables_of_proc_have_their_columns),      TEST(memory_that_is_taken_is_counted), {NULL, NULL},
};

const struct test_group test_device_group = {"device", tests};
