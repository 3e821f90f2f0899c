/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files: contents, positions, lengths, names, and running out of room.
 */
#include "test.h"

#define KIB 1024

static int make(const char *path)
{
    int64_t file = sys_open(path, OPEN_READ | OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE);
    if (file < 0)
        FAIL("%s: %s", path, strerror((int)file));
    return (int)file;
}

static void what_is_written_is_read(void)
{
    static char out[10000], in[10000];
    for (unsigned i = 0; i < sizeof out; i++)
        out[i] = (char)(i * 13 >> 2);
    int file = make("f");
    IS(sys_write(file, out, sizeof out), sizeof out);
    IS(sys_seek(file, 0, SEEK_SET), 0);
    IS(sys_read(file, in, sizeof in), sizeof in);
    CHECK(memcmp(in, out, sizeof in) == 0);
    IS(sys_read(file, in, 1), 0);
    IS(sys_close(file), 0);
    memset(in, 0, sizeof in);
    file = (int)sys_open("f", OPEN_READ);
    for (unsigned done = 0; done < sizeof in; done += 77)
        IS(sys_read(file, in + done, done + 77 < sizeof in ? 77 : sizeof in - done), done + 77 < sizeof in ? 77 : sizeof in - done);
    CHECK(memcmp(in, out, sizeof in) == 0);
    sys_close(file);
    IS(sys_unlink("f"), 0);
}

static void positions_move_as_told(void)
{
    char byte;
    int file = make("f");
    IS(sys_write(file, "0123456789", 10), 10);
    IS(sys_seek(file, -3, SEEK_END), 7);
    IS(sys_read(file, &byte, 1), 1);
    IS(byte, '7');
    IS(sys_seek(file, -2, SEEK_CUR), 6);
    IS(sys_read(file, &byte, 1), 1);
    IS(byte, '6');
    IS(sys_seek(file, -1, SEEK_SET), -EINVAL);
    IS(sys_seek(file, -100, SEEK_CUR), -EINVAL);
    IS(sys_seek(file, 0, 3), -EINVAL);
    IS(sys_seek(file, INT64_MAX, SEEK_END), -EINVAL);
    IS(sys_seek(file, 0, SEEK_CUR), 7);
    sys_close(file);
    IS(sys_unlink("f"), 0);
}

static void holes_read_as_zeros(void)
{
    char bytes[8192];
    int file = make("f");
    IS(sys_seek(file, 20000, SEEK_SET), 20000);
    IS(sys_write(file, "x", 1), 1);
    IS(sys_seek(file, 9000, SEEK_SET), 9000);
    IS(sys_read(file, bytes, sizeof bytes), sizeof bytes);
    for (unsigned i = 0; i < sizeof bytes; i++)
        CHECK(bytes[i] == 0);
    struct stat stat;
    IS(sys_fstat(file, &stat), 0);
    IS(stat.bytes, 20001);
    CHECK(stat.blocks < 40);
    sys_close(file);
    IS(sys_unlink("f"), 0);
}

static void lengths_are_cut_and_extended_with_zeros(void)
{
    char bytes[100];
    int file = make("f");
    memset(bytes, 'x', sizeof bytes);
    IS(sys_write(file, bytes, 100), 100);
    IS(sys_truncate(file, 10), 0);
    IS(sys_truncate(file, 100), 0);
    IS(sys_seek(file, 0, SEEK_SET), 0);
    IS(sys_read(file, bytes, 100), 100);
    for (int i = 0; i < 100; i++)
        IS(bytes[i], i < 10 ? 'x' : 0);
    IS(sys_truncate(file, 0), 0);
    IS(sys_seek(file, 0, SEEK_END), 0);
    CHECK(sys_truncate(file, UINT64_MAX) < 0);
    CHECK(sys_truncate(file, 1ull << 62) < 0);
    sys_close(file);
    file = (int)sys_open("f", OPEN_READ);
    IS(sys_truncate(file, 5), -EBADF);
    IS(sys_write(file, "x", 1), -EBADF);
    sys_close(file);
    file = (int)sys_open("f", OPEN_WRITE);
    IS(sys_read(file, bytes, 1), -EBADF);
    sys_close(file);
    IS(sys_unlink("f"), 0);
}

static void flags_of_open_do_what_they_say(void)
{
    char bytes[8] = "";
    CHECK(sys_open("f", OPEN_READ) == -ENOENT);
    int file = (int)sys_open("f", OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE);
    CHECK(file >= 0);
    IS(sys_write(file, "abc", 3), 3);
    sys_close(file);
    IS(sys_open("f", OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE), -EEXIST);
    int first = (int)sys_open("f", OPEN_WRITE | OPEN_APPEND), second = (int)sys_open("f", OPEN_WRITE | OPEN_APPEND);
    IS(sys_write(first, "d", 1), 1);
    IS(sys_write(second, "e", 1), 1);
    IS(sys_write(first, "f", 1), 1);
    sys_close(first);
    sys_close(second);
    file = (int)sys_open("f", OPEN_READ);
    IS(sys_read(file, bytes, sizeof bytes), 6);
    CHECK(memcmp(bytes, "abcdef", 6) == 0);
    sys_close(file);
    file = (int)sys_open("f", OPEN_WRITE | OPEN_TRUNCATE);
    IS(sys_seek(file, 0, SEEK_END), 0);
    sys_close(file);
    IS(sys_open("f", OPEN_READ | OPEN_DIRECTORY), -ENOTDIR);
    IS(sys_open("f", 0x10000), -EINVAL);
    IS(sys_open("/", OPEN_WRITE), -EISDIR);
    IS(sys_unlink("f"), 0);
}

static void the_lowest_descriptor_is_taken(void)
{
    int first = make("f"), second = (int)sys_open("f", OPEN_READ), third = (int)sys_dup(first);
    CHECK(second == first + 1 && third == first + 2);
    sys_close(second);
    IS(sys_open("f", OPEN_READ), second);
    IS(sys_dup2(first, third), third);
    IS(sys_dup2(first, first), first);
    IS(sys_write(third, "ab", 2), 2);
    IS(sys_seek(first, 0, SEEK_CUR), 2); /* one open file */
    for (int i = first; i <= third; i++)
        sys_close(i);
    IS(sys_unlink("f"), 0);
}

static void a_file_lives_until_it_is_closed(void)
{
    char bytes[4];
    int file = make("f");
    IS(sys_write(file, "abcd", 4), 4);
    IS(sys_unlink("f"), 0);
    IS(sys_open("f", OPEN_READ), -ENOENT);
    int other = make("f"); /* another file with its name */
    IS(sys_write(other, "zz", 2), 2);
    IS(sys_seek(file, 0, SEEK_SET), 0);
    IS(sys_read(file, bytes, 4), 4);
    CHECK(memcmp(bytes, "abcd", 4) == 0);
    struct stat stat;
    IS(sys_fstat(file, &stat), 0);
    IS(stat.links, 0);
    IS(sys_truncate(file, 100000), 0);
    IS(sys_write(file, "more", 4), 4);
    sys_close(other);
    sys_close(file);
    IS(sys_unlink("f"), 0);
}

static void many_unlinked_files_come_back_when_closed(void)
{
    static char bytes[5000];
    int files[40];
    for (int i = 0; i < 40; i++) {
        files[i] = make("f");
        IS(sys_write(files[i], bytes, sizeof bytes), sizeof bytes);
        IS(sys_unlink("f"), 0);
    }
    for (int i = 0; i < 20; i++)
        sys_close(files[i]);
    /* the others by the end of the process */
}

static void stat_tells_what_is_so(void)
{
    struct stat stat, again;
    int64_t before = sys_clock(CLOCK_REALTIME);
    int file = make("f");
    IS(sys_write(file, "12345", 5), 5);
    IS(sys_fstat(file, &stat), 0);
    IS(sys_stat("f", &again), 0);
    CHECK(memcmp(&stat, &again, sizeof stat) == 0);
    IS(stat.kind, FILE_REGULAR);
    IS(stat.bytes, 5);
    IS(stat.links, 1);
    IS(stat.device, 1);
    CHECK(stat.created >= before && stat.modified >= stat.created);
    IS(sys_link("f", "g"), 0);
    IS(sys_stat("g", &again), 0);
    IS(again.links, 2);
    IS(again.inode, stat.inode);
    sys_close(file);
    IS(sys_unlink("f"), 0);
    IS(sys_stat("g", &again), 0);
    IS(again.links, 1);
    IS(sys_unlink("g"), 0);
    IS(sys_stat("/", &stat), 0);
    IS(stat.kind, FILE_DIRECTORY);
}

/* Far enough for pointers to pointers. */
static void big_files_are_whole(void)
{
    static uint32_t block[KIB];
    const uint32_t places[] = {0, 11, 12, 500, 12 + 1023, 12 + 1024, 12 + 1024 + 1023, 12 + 1024 + 1024, 5000, 300000};
    int file = make("f");
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (int n = 0; n < KIB; n++)
            block[n] = places[i] + (uint32_t)n;
        IS(sys_seek(file, (int64_t)places[i] * 4096, SEEK_SET), (int64_t)places[i] * 4096);
        IS(sys_write(file, block, sizeof block), sizeof block);
    }
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        IS(sys_seek(file, (int64_t)places[i] * 4096, SEEK_SET), (int64_t)places[i] * 4096);
        IS(sys_read(file, block, sizeof block), sizeof block);
        for (int n = 0; n < KIB; n++)
            CHECK(block[n] == places[i] + (uint32_t)n);
    }
    IS(sys_truncate(file, (12 + 1024) * 4096), 0);
    IS(sys_seek(file, (12 + 1023) * 4096, SEEK_SET), (12 + 1023) * 4096);
    IS(sys_read(file, block, sizeof block), sizeof block);
    CHECK(block[1] == 12 + 1023 + 1);
    int64_t far = (int64_t)(12 + 1024 + 1024 * 1024) * 4096; /* there are no pointers beyond this */
    IS(sys_seek(file, far, SEEK_SET), far);
    IS(sys_write(file, "x", 1), -EFBIG);
    sys_close(file);
    IS(sys_unlink("f"), 0);
}

static void a_file_of_a_megabyte(void)
{
    static uint8_t block[8192];
    int file = make("f");
    for (unsigned i = 0; i < 128; i++) {
        memset(block, (int)i, sizeof block);
        IS(sys_write(file, block, sizeof block), sizeof block);
    }
    IS(sys_fsync(file), 0);
    IS(sys_seek(file, 0, SEEK_SET), 0);
    for (unsigned i = 0; i < 128; i++) {
        IS(sys_read(file, block, sizeof block), sizeof block);
        CHECK(block[0] == i && block[sizeof block - 1] == i);
    }
    sys_close(file);
    IS(sys_unlink("f"), 0);
}

static void syncing_succeeds(void)
{
    int file = make("f");
    IS(sys_write(file, "x", 1), 1);
    IS(sys_fsync(file), 0);
    IS(sys_sync(), 0);
    sys_close(file);
    IS(sys_unlink("f"), 0);
}

/* Until the disk is full; then room again, and the last file is whole as far as write said. */
static void a_full_disk_is_an_error(void)
{
    static char block[32768];
    memset(block, 'f', sizeof block);
    int file = make("f"), other = make("g");
    int64_t count, total = 0;
    while ((count = sys_write(file, block, sizeof block)) > 0)
        total += count;
    IS(count, -ENOSPC);
    CHECK(total > 1 << 20);
    for (int i = 0; i < 20; i++)
        if (sys_write(other, block, 4096) < 0)
            break;
    CHECK(sys_write(other, block, 4096) == -ENOSPC);
    int64_t error = sys_mkdir("d"); /* needs a block of its own, or not yet */
    CHECK(error == -ENOSPC || error == 0);
    if (error == 0)
        IS(sys_rmdir("d"), 0);
    struct stat stat;
    IS(sys_fstat(file, &stat), 0);
    CHECK(stat.bytes >= (uint64_t)total);
    IS(sys_seek(file, total - 10, SEEK_SET), total - 10);
    IS(sys_read(file, block, 10), 10);
    CHECK(block[0] == 'f' && block[9] == 'f');
    IS(sys_truncate(file, 4096), 0);
    CHECK(sys_write(other, block, 4096) == 4096);
    sys_close(file);
    sys_close(other);
    IS(sys_unlink("f"), 0);
    IS(sys_unlink("g"), 0);
}

static void running_out_of_inodes_is_an_error(void)
{
    char name[16];
    int made = 0;
    int64_t file;
    for (;; made++) {
        snprintf(name, sizeof name, "f%d", made);
        file = sys_open(name, OPEN_WRITE | OPEN_CREATE);
        if (file < 0)
            break;
        sys_close((int)file);
    }
    CHECK(made > 100);
    IS(file, -ENOSPC);
    IS(sys_mkdir("d"), -ENOSPC);
    for (int i = made; i-- > 0;) {
        snprintf(name, sizeof name, "f%d", i);
        IS(sys_unlink(name), 0);
    }
}

static void append_blocks(unsigned number)
{
    static char piece[100];
    memset(piece, 'a' + (int)number, sizeof piece);
    int file = (int)sys_open("f", OPEN_WRITE | OPEN_APPEND);
    CHECK(file >= 0);
    for (unsigned i = 0; i < 20 * test_scale; i++)
        IS(sys_write(file, piece, sizeof piece), sizeof piece);
}

/* Each append is whole, wherever it went. */
static void appends_from_all_harts_are_all_there(void)
{
    enum { WRITERS = 4, PIECE = 100 };
    static char piece[PIECE];
    unsigned counts[WRITERS] = {0};
    int file = make("f");
    test_on_harts(WRITERS, append_blocks);
    while (sys_read(file, piece, PIECE) == PIECE) {
        for (int i = 1; i < PIECE; i++)
            CHECK(piece[i] == piece[0]);
        counts[piece[0] - 'a']++;
    }
    for (int i = 0; i < WRITERS; i++)
        IS(counts[i], 20 * test_scale);
    sys_close(file);
    IS(sys_unlink("f"), 0);
}

static void write_own_blocks(unsigned number)
{
    static uint8_t bytes[3000];
    int file = (int)sys_open("f", OPEN_READ | OPEN_WRITE);
    for (unsigned round = 0; round < 4 * test_scale; round++) {
        memset(bytes, (int)(number * 16 + round % 16), sizeof bytes);
        for (unsigned i = number; i < 16; i += 4) {
            IS(sys_seek(file, (int64_t)(i * sizeof bytes), SEEK_SET), i * sizeof bytes);
            IS(sys_write(file, bytes, sizeof bytes), sizeof bytes);
        }
        for (unsigned i = number; i < 16; i += 4) {
            IS(sys_seek(file, (int64_t)(i * sizeof bytes), SEEK_SET), i * sizeof bytes);
            IS(sys_read(file, bytes, sizeof bytes), sizeof bytes);
            for (unsigned n = 0; n < sizeof bytes; n++)
                CHECK(bytes[n] == (uint8_t)(number * 16 + round % 16));
        }
    }
}

static void writers_of_different_parts_do_not_meet(void)
{
    sys_close(make("f"));
    test_on_harts(4, write_own_blocks);
    IS(sys_unlink("f"), 0);
}

static const struct test tests[] = {
    TEST(what_is_written_is_read),
    TEST(positions_move_as_told),
    TEST(holes_read_as_zeros),
    TEST(lengths_are_cut_and_extended_with_zeros),
    TEST(flags_of_open_do_what_they_say),
    TEST(the_lowest_descriptor_is_taken),
    TEST(a_file_lives_until_it_is_closed),
    TEST(many_unlinked_files_come_back_when_closed),
    TEST(stat_tells_what_is_so),
    TEST(big_files_are_whole),
    TEST(a_file_of_a_megabyte),
    TEST(syncing_succeeds),
    TEST(a_full_disk_is_an_error),
    TEST(running_out_of_inodes_is_an_error),
    TEST(appends_from_all_harts_are_all_there),
    TEST(writers_of_different_parts_do_not_meet),
    {NULL, NULL},
};

const struct test_group test_file_group = {"file", tests};
