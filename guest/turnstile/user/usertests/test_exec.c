/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * exec: what becomes of the process, and images that are none.
 */
#include "test.h"

static char *const no_environment[] = {NULL};

/* A child runs sh -c TEXT: its exit status. */
static int shell(char *text)
{
    int pid = test_fork();
    if (pid == 0) {
        sys_exec("/bin/sh", (char *[]){"sh", "-c", text, NULL}, (char *[]){"PATH=/bin", NULL});
        _Exit(126);
    }
    int status = process_wait(pid);
    return WAIT_EXITED(status) ? WAIT_EXIT_STATUS(status) : 128 + WAIT_SIGNAL(status);
}

/* What exec says of these bytes as a program; if it takes them, what became of the child. */
static int exec_bytes(const void *bytes, uint64_t count)
{
    test_write_file("image", bytes, count);
    int pid = test_fork();
    if (pid == 0) {
        int64_t error = sys_exec("image", (char *[]){"image", NULL}, no_environment);
        _Exit(error < 0 ? (int)-error : 125);
    }
    int status = process_wait(pid);
    IS(sys_unlink("image"), 0);
    return WAIT_EXITED(status) ? WAIT_EXIT_STATUS(status) : 128 + WAIT_SIGNAL(status);
}

static void the_program_gets_its_arguments_and_environment(void)
{
    int pid = test_fork();
    if (pid == 0) {
        int out = (int)sys_open("out", OPEN_WRITE | OPEN_CREATE);
        sys_dup2(out, 1);
        sys_exec("/bin/sh", (char *[]){"sh", "-c", "echo $0 $1 \"$X\"; echo $#", "a", "b c", "", NULL}, (char *[]){"X=1  2", NULL});
        _Exit(126);
    }
    test_wait_good(pid);
    size_t bytes;
    int error;
    char *text = file_read("out", &bytes, &error);
    CHECK(text && strcmp(text, "a b c 1  2\n2\n") == 0);
    IS(sys_unlink("out"), 0);
}

static void what_is_no_program_is_refused(void)
{
    IS(sys_exec("nothing", NULL, NULL), -ENOENT);
    IS(sys_exec("/README/x", NULL, NULL), -ENOTDIR);
    CHECK(sys_exec("/bin", NULL, NULL) < 0);
    CHECK(sys_exec("/dev/console", NULL, NULL) < 0);
    CHECK(sys_exec("/proc/harts", NULL, NULL) < 0);
    IS(sys_exec("/README", NULL, NULL), -ENOEXEC);
    IS(exec_bytes("", 0), ENOEXEC);
    IS(exec_bytes("\177ELF", 4), ENOEXEC);
}

static void a_program_cut_short_is_refused(void)
{
    size_t bytes;
    int error;
    char *program = file_read("/bin/true", &bytes, &error);
    CHECK(program);
    for (size_t length = 1; length < 64; length += 9)
        IS(exec_bytes(program, length), ENOEXEC);
    IS(exec_bytes(program, 64), ENOEXEC);
    IS(exec_bytes(program, 100), ENOEXEC);
    IS(exec_bytes(program, 4096 + 10), ENOEXEC);
    IS(exec_bytes(program, bytes), 0);
}

struct header { /* of an ELF file, as the ABI has it */
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments, sections;
    uint32_t flags;
    uint16_t header_bytes, segment_bytes, segment_count, section_bytes, section_count, section_names;
};
struct segment {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_bytes, memory_bytes, alignment;
};

/* Where a segment may not be, and what it may not be. */
static void segments_at_wild_places_are_refused(void)
{
    static const uint64_t wild[] = {
        0,      0xf000, 0x3fffff0000 - 4096, 0x4000000000, 0x7ffffffffffff000, 0xffffffc080200000, 0xfffffffffffff000,
        0x13000 /* the next segment */};
    size_t bytes;
    int error;
    char *program = file_read("/bin/true", &bytes, &error);
    CHECK(program);
    struct header *header = (struct header *)program;
    struct segment *segment = (struct segment *)(program + header->segments), kept = segment[0];
    for (unsigned i = 0; i + 1 < sizeof wild / sizeof wild[0]; i++) {
        segment[0].address = wild[i];
        IS(exec_bytes(program, bytes), ENOEXEC);
    }
    segment[0].address = segment[1].address;
    IS(exec_bytes(program, bytes), ENOEXEC);
    segment[0] = kept;
    segment[0].flags = 7; /* writable and executable */
    IS(exec_bytes(program, bytes), ENOEXEC);
    segment[0] = kept;
    segment[0].memory_bytes = segment[0].file_bytes - 1;
    IS(exec_bytes(program, bytes), ENOEXEC);
    segment[0] = kept;
    segment[0].memory_bytes = UINT64_MAX - 100;
    IS(exec_bytes(program, bytes), ENOEXEC);
    segment[0] = kept;
    segment[0].offset = UINT64_MAX - 4095;
    CHECK(exec_bytes(program, bytes) != 0);
    segment[0] = kept;
    header->segments = UINT64_MAX - 20;
    CHECK(exec_bytes(program, bytes) != 0);
}

static void an_entry_outside_of_the_program_faults(void)
{
    size_t bytes;
    int error;
    char *program = file_read("/bin/true", &bytes, &error);
    CHECK(program);
    ((struct header *)program)->entry = 0xffffffc080200000;
    IS(exec_bytes(program, bytes), 128 + SIGSEGV);
    ((struct header *)program)->entry = 0x3000000000;
    IS(exec_bytes(program, bytes), 128 + SIGSEGV);
}

/* Headers with some bytes changed: refused, or a process that ends somehow. */
static void damaged_headers_end_a_process_at_most(void)
{
    size_t bytes;
    int error;
    char *program = file_read("/bin/true", &bytes, &error);
    CHECK(program);
    uint64_t seed = test_seed;
    for (unsigned i = 0; i < 60 * test_scale; i++) {
        char kept[64 + 3 * 56];
        memcpy(kept, program, sizeof kept);
        for (unsigned changes = 1 + random_next(&seed) % 3; changes; changes--)
            program[4 + random_next(&seed) % (sizeof kept - 4)] ^= (char)(1u << random_next(&seed) % 8);
        test_write_file("image", program, bytes);
        int pid = test_fork();
        if (pid == 0) {
            sys_exec("image", (char *[]){"image", NULL}, no_environment);
            _Exit(1);
        }
        /* It may also loop for ever. */
        for (int wait = 0; sys_wait(pid, NULL, WAIT_NO_HANG) == 0; wait++) {
            if (wait > 20)
                sys_kill(pid, SIGKILL);
            test_sleep_ms(1);
        }
        IS(sys_unlink("image"), 0);
        memcpy(program, kept, sizeof kept);
    }
}

static void arguments_that_are_too_long_are_refused(void)
{
    char *text = malloc(EXEC_BYTES_MAX + 1);
    memset(text, 'x', EXEC_BYTES_MAX);
    text[EXEC_BYTES_MAX] = 0;
    IS(sys_exec("/bin/true", (char *[]){"true", text, NULL}, no_environment), -E2BIG);
    IS(sys_exec("/bin/true", (char *[]){"true", NULL}, (char *[]){text, NULL}), -E2BIG);
    text[1000] = 0;
    char **many = calloc(1000, sizeof *many);
    for (int i = 0; i < 999; i++)
        many[i] = text;
    IS(sys_exec("/bin/true", many, no_environment), -E2BIG);
    for (int i = 0; i < 999; i++)
        many[i] = "";
    IS(sys_exec("/bin/true", many, many), -E2BIG); /* the pointers count as well */
    /* The same list without its end: it goes on into other memory, and ends somewhere in an error. */
    CHECK(sys_exec("/bin/true", (char *const *)(uintptr_t)USER_BASE, no_environment) < 0);
}

static void long_arguments_arrive_whole(void)
{
    enum { COUNT = 20, BYTES = 3000 };
    char *arguments[COUNT + 4] = {"sh", "-c", "echo $#"};
    for (int i = 0; i < COUNT; i++) {
        arguments[3 + i] = malloc(BYTES + 1);
        memset(arguments[3 + i], 'a' + i, BYTES);
        arguments[3 + i][BYTES] = 0;
    }
    int pid = test_fork();
    if (pid == 0) {
        sys_dup2((int)sys_open("out", OPEN_WRITE | OPEN_CREATE), 1);
        arguments[0] = "echo";
        arguments[1] = "-n";
        sys_exec("/bin/echo", arguments, no_environment);
        _Exit(126);
    }
    test_wait_good(pid);
    size_t bytes;
    int error;
    char *text = file_read("out", &bytes, &error);
    IS(bytes, strlen("echo $#") + COUNT * (BYTES + 1));
    for (int i = 0; i < COUNT; i++)
        CHECK(memcmp(text + strlen("echo $#") + 1 + i * (BYTES + 1), arguments[3 + i], BYTES) == 0);
    IS(sys_unlink("out"), 0);
}

static void descriptors_stay_open_unless_told(void)
{
    int kept = (int)sys_open("/README", OPEN_READ), closed = (int)sys_open("/README", OPEN_READ | OPEN_CLOSE_ON_EXEC);
    char text[100];
    snprintf(text, sizeof text, "head -n 1 <&%d >/dev/null", kept);
    IS(shell(text), 0);
    snprintf(text, sizeof text, "head -n 1 <&%d >/dev/null 2>/dev/null", closed);
    CHECK(shell(text) != 0);
}

static void handler(int signal, struct signal_frame *frame) {}

static void handlers_are_forgotten_and_ignoring_stays(void)
{
    IS(signal_set(SIGTERM, handler, 0, 0), 0);
    IS(shell("kill -TERM $$; exit 3"), 128 + SIGTERM);
    IS(signal_ignore(SIGTERM), 0);
    IS(shell("kill -TERM $$; exit 3"), 3);
}

static void a_failed_exec_changes_nothing(void)
{
    char *heap = strdup("text");
    int file = (int)sys_open("/README", OPEN_READ | OPEN_CLOSE_ON_EXEC);
    signal_set(SIGUSR1, handler, 0, 0);
    IS(sys_exec("/README", (char *[]){"x", NULL}, no_environment), -ENOEXEC);
    IS(raise(SIGUSR1), 0);
    CHECK(strcmp(heap, "text") == 0);
    IS(sys_close(file), 0);
}

static void exec_from_all_harts_at_once(unsigned number)
{
    for (unsigned i = 0; i < 5 * test_scale; i++) {
        int pid = test_fork();
        if (pid == 0) {
            sys_exec("/bin/true", (char *[]){"true", NULL}, no_environment);
            _Exit(126);
        }
        test_wait_good(pid);
    }
}

static void programs_begin_on_all_harts_at_once(void)
{
    test_on_harts(test_harts() < 4 ? 4 : test_harts(), exec_from_all_harts_at_once);
}

static const struct test tests[] = {
    TEST(the_program_gets_its_arguments_and_environment),
    TEST(what_is_no_program_is_refused),
    TEST(a_program_cut_short_is_refused),
    TEST(segments_at_wild_places_are_refused),
    TEST(an_entry_outside_of_the_program_faults),
    TEST(damaged_headers_end_a_process_at_most),
    TEST(arguments_that_are_too_long_are_refused),
    TEST(long_arguments_arrive_whole),
    TEST(descriptors_stay_open_unless_told),
    TEST(handlers_are_forgotten_and_ignoring_stays),
    TEST(a_failed_exec_changes_nothing),
    TEST(programs_begin_on_all_harts_at_once),
    {NULL, NULL},
};

const struct test_group test_exec_group = {"exec", tests};
