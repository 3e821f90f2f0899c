/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Directories and names.
 */
#include "directory.h"
#include "test.h"

static void directories_come_and_go(void)
{
    IS(sys_mkdir("d"), 0);
    IS(sys_mkdir("d"), -EEXIST);
    IS(sys_mkdir("d/e"), 0);
    IS(sys_mkdir("x/e"), -ENOENT);
    IS(sys_rmdir("d"), -ENOTEMPTY);
    IS(sys_unlink("d"), -EISDIR);
    IS(sys_rmdir("d/e"), 0);
    IS(sys_rmdir("d"), 0);
    IS(sys_rmdir("d"), -ENOENT);
    test_write_file("f", "", 0);
    IS(sys_rmdir("f"), -ENOTDIR);
    IS(sys_mkdir("f/d"), -ENOTDIR);
    IS(sys_stat("f/x", &(struct stat){0}), -ENOTDIR);
    IS(sys_chdir("f"), -ENOTDIR);
    IS(sys_unlink("f"), 0);
    CHECK(sys_rmdir("/") < 0 && sys_mkdir("/") < 0 && sys_unlink("/") < 0);
    CHECK(sys_rmdir(".") < 0 && sys_rmdir("..") < 0 && sys_mkdir(".") < 0 && sys_mkdir("..") < 0);
}

static void paths_are_walked(void)
{
    struct stat stat, again;
    IS(sys_mkdir("d"), 0);
    test_write_file("d/f", "x", 1);
    IS(sys_stat("d/f", &stat), 0);
    static const char *const same[] = {"d//f", "./d/./f", "d/../d/f", "d/f"};
    for (unsigned i = 0; i < sizeof same / sizeof same[0]; i++) {
        IS(sys_stat(same[i], &again), 0);
        IS(again.inode, stat.inode);
    }
    IS(sys_stat("/..", &stat), 0);
    IS(sys_stat("/", &again), 0);
    IS(stat.inode, again.inode);
    IS(sys_stat("/../../../bin/../tmp", &stat), 0);
    IS(sys_stat("d/", &stat), 0);
    CHECK(sys_stat("d/f/.", &stat) < 0 && sys_stat("d/f/..", &stat) < 0);
    IS(sys_unlink("d/f"), 0);
    IS(sys_rmdir("d"), 0);
}

static void the_working_directory_has_a_path(void)
{
    char before[PATH_BYTES_MAX], path[PATH_BYTES_MAX];
    int64_t length = sys_getcwd(before, sizeof before);
    IS(length, strlen(before));
    IS(sys_mkdir("d"), 0);
    IS(sys_mkdir("d/e"), 0);
    IS(sys_chdir("d/e"), 0);
    IS(sys_getcwd(path, sizeof path), length + 4);
    CHECK(strncmp(path, before, (size_t)length) == 0 && strcmp(path + length, "/d/e") == 0);
    IS(sys_rename("../../d", "../../g"), 0);
    IS(sys_getcwd(path, sizeof path), length + 4);
    CHECK(strcmp(path + length, "/g/e") == 0);
    IS(sys_getcwd(path, 3), -ERANGE);
    IS(sys_chdir("../.."), 0);
    IS(sys_rmdir("g/e"), 0);
    IS(sys_rmdir("g"), 0);
    IS(sys_chdir("/"), 0);
    IS(sys_getcwd(path, sizeof path), 1);
    CHECK(strcmp(path, "/") == 0);
}

static void a_working_directory_may_be_removed(void)
{
    char path[PATH_BYTES_MAX];
    IS(sys_mkdir("d"), 0);
    IS(sys_chdir("d"), 0);
    if (sys_rmdir("../d") == 0) {
        CHECK(sys_open("f", OPEN_WRITE | OPEN_CREATE) < 0);
        CHECK(sys_mkdir("e") < 0);
        CHECK(sys_getcwd(path, sizeof path) < 0);
    } else {
        IS(sys_chdir(".."), 0);
        IS(sys_rmdir("d"), 0);
    }
}

static void names_are_listed_once_each(void)
{
    enum { COUNT = 150 };
    static bool is_seen[COUNT];
    char name[16];
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "f%d", i);
        if (i % 10 == 9)
            IS(sys_mkdir(name), 0);
        else
            test_write_file(name, "", 0);
    }
    for (int i = 0; i < COUNT; i += 3) {
        snprintf(name, sizeof name, "f%d", i);
        IS(remove(name), 0);
    }
    struct directory directory;
    IS(directory_open(&directory, "."), 0);
    int count = 0;
    for (const struct directory_entry *entry; (entry = directory_next(&directory)); count++) {
        if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0) {
            count--;
            continue;
        }
        int number = atoi(entry->name + 1);
        CHECK(number < COUNT && number % 3 && !is_seen[number]);
        IS(entry->kind, number % 10 == 9 ? FILE_DIRECTORY : FILE_REGULAR);
        is_seen[number] = true;
    }
    directory_close(&directory);
    IS(directory.error, 0);
    IS(count, COUNT - COUNT / 3);
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "f%d", i);
        if (i % 3)
            IS(remove(name), 0);
    }
}

static void links_are_names_of_one_file(void)
{
    char byte;
    test_write_file("f", "x", 1);
    IS(sys_link("f", "g"), 0);
    IS(sys_link("f", "g"), -EEXIST);
    IS(sys_link("nothing", "h"), -ENOENT);
    IS(sys_mkdir("d"), 0);
    CHECK(sys_link("d", "e") < 0);
    CHECK(sys_link("f", "/dev/f") < 0 && sys_link("/dev/null", "n") < 0);
    IS(sys_link("g", "d/h"), 0);
    IS(sys_unlink("f"), 0);
    IS(sys_unlink("g"), 0);
    int file = (int)sys_open("d/h", OPEN_READ);
    IS(sys_read(file, &byte, 1), 1);
    sys_close(file);
    IS(sys_unlink("d/h"), 0);
    IS(sys_rmdir("d"), 0);
}

static void rename_replaces_in_one_step(void)
{
    char byte;
    test_write_file("f", "f", 1);
    test_write_file("g", "g", 1);
    int old = (int)sys_open("g", OPEN_READ);
    IS(sys_rename("f", "g"), 0);
    IS(sys_open("f", OPEN_READ), -ENOENT);
    IS(sys_read(old, &byte, 1), 1);
    IS(byte, 'g');
    sys_close(old);
    int file = (int)sys_open("g", OPEN_READ);
    IS(sys_read(file, &byte, 1), 1);
    IS(byte, 'f');
    sys_close(file);
    IS(sys_rename("g", "g"), 0);
    IS(sys_link("g", "h"), 0);
    IS(sys_rename("g", "h"), 0); /* names of one file */
    sys_unlink("g");
    IS(sys_rename("nothing", "h"), -ENOENT);
    IS(sys_unlink("h"), 0);
}

static void directories_are_renamed_with_what_they_hold(void)
{
    IS(sys_mkdir("a"), 0);
    IS(sys_mkdir("a/b"), 0);
    IS(sys_mkdir("a/b/c"), 0);
    IS(sys_mkdir("e"), 0);
    test_write_file("a/b/f", "x", 1);
    IS(sys_rename("a/b", "e/g"), 0);
    IS(sys_stat("e/g/f", &(struct stat){0}), 0);
    IS(sys_stat("e/g/c/../../g/f", &(struct stat){0}), 0);
    IS(sys_rename("e", "e/g/h"), -EINVAL);
    IS(sys_rename("e", "e/h"), -EINVAL);
    IS(sys_rename("e/g", "a"), 0); /* an empty directory may be replaced */
    IS(sys_rename("e", "a"), -ENOTEMPTY);
    IS(sys_rename("a/f", "e"), -EISDIR);
    IS(sys_rename("e", "a/f"), -ENOTDIR);
    IS(sys_unlink("a/f"), 0);
    IS(sys_rmdir("a/c"), 0);
    IS(sys_rmdir("a"), 0);
    IS(sys_rmdir("e"), 0);
}

static void what_the_kernel_shows_cannot_be_changed(void)
{
    CHECK(sys_mkdir("/dev/d") < 0 && sys_mkdir("/proc/d") < 0);
    CHECK(sys_open("/dev/new", OPEN_WRITE | OPEN_CREATE) < 0 && sys_open("/proc/new", OPEN_WRITE | OPEN_CREATE) < 0);
    CHECK(sys_unlink("/dev/null") < 0 && sys_unlink("/proc/locks") < 0);
    CHECK(sys_rmdir("/dev") < 0 && sys_rmdir("/proc") < 0);
    CHECK(sys_rename("/dev/null", "null") < 0 && sys_rename("/dev", "dev") < 0);
    test_write_file("f", "", 0);
    CHECK(sys_rename("f", "/proc/f") < 0 && sys_rename("f", "/dev/null") < 0);
    IS(sys_unlink("f"), 0);
}

static void deep_directories(void)
{
    enum { DEPTH = 40 };
    for (int i = 0; i < DEPTH; i++) {
        IS(sys_mkdir("deeper"), 0);
        IS(sys_chdir("deeper"), 0);
    }
    char path[PATH_BYTES_MAX];
    CHECK(sys_getcwd(path, sizeof path) > DEPTH * 7);
    for (int i = 0; i < DEPTH; i++) {
        IS(sys_chdir(".."), 0);
        IS(sys_rmdir("deeper"), 0);
    }
}

/* ---- from all harts ---- */

static void make_and_remove_own_names(unsigned number)
{
    char name[16], other[16];
    for (unsigned round = 0; round < 6 * test_scale; round++)
        for (unsigned i = 0; i < 4; i++) {
            snprintf(name, sizeof name, "f%u.%u", number, i);
            snprintf(other, sizeof other, "g%u.%u", number, i);
            test_write_file(name, name, sizeof name);
            IS(sys_link(name, other), 0);
            IS(sys_unlink(name), 0);
            IS(sys_rename(other, name), 0);
            IS(sys_unlink(name), 0);
        }
}

static void many_make_and_remove_their_names(void)
{
    test_on_harts(4, make_and_remove_own_names);
}

static void fight_for_names(unsigned number)
{
    uint64_t seed = test_seed * 8 + number;
    for (unsigned round = 0; round < 40 * test_scale; round++) {
        char name[8] = {(char)('a' + random_next(&seed) % 3), 0}, other[8] = {(char)('a' + random_next(&seed) % 3), 0};
        int64_t result = 0;
        switch (random_next(&seed) % 5) {
        case 0:
            result = sys_open(name, OPEN_WRITE | OPEN_CREATE);
            if (result >= 0)
                result = sys_close((int)result);
            break;
        case 1:
            result = sys_unlink(name);
            break;
        case 2:
            result = sys_link(name, other);
            break;
        case 3:
            result = sys_rename(name, other);
            break;
        default:
            result = sys_mkdir(name);
            if (result == 0)
                result = sys_rmdir(name);
        }
        if (result != 0 && result != -ENOENT && result != -EEXIST && result != -EISDIR && result != -ENOTDIR &&
            result != -ENOTEMPTY && result != -EPERM)
            FAIL("%s", strerror((int)result));
    }
}

static void all_fight_for_the_same_names(void)
{
    test_on_harts(4, fight_for_names);
    for (char name[2] = "a"; name[0] <= 'c'; name[0]++)
        remove(name);
}

static void race_to_create(unsigned number)
{
    for (unsigned round = 0; round < 10 * test_scale; round++) {
        char name[16];
        snprintf(name, sizeof name, "race%u", round);
        int64_t file = sys_open(name, OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE);
        CHECK(file >= 0 || file == -EEXIST);
        if (file < 0)
            continue;
        sys_close((int)file);
        int won = (int)sys_open("won", OPEN_WRITE | OPEN_APPEND);
        IS(sys_write(won, "x", 1), 1);
        sys_close(won);
    }
}

static void only_one_creates_exclusively(void)
{
    struct stat stat;
    test_write_file("won", "", 0);
    test_on_harts(4, race_to_create);
    IS(sys_stat("won", &stat), 0);
    IS(stat.bytes, 10 * test_scale);
    for (unsigned round = 0; round < 10 * test_scale; round++) {
        char name[16];
        snprintf(name, sizeof name, "race%u", round);
        IS(sys_unlink(name), 0);
    }
    IS(sys_unlink("won"), 0);
}

static const struct test tests[] = {
    TEST(directories_come_and_go),
    TEST(paths_are_walked),
    TEST(the_working_directory_has_a_path),
    TEST(a_working_directory_may_be_removed),
    TEST(names_are_listed_once_each),
    TEST(links_are_names_of_one_file),
    TEST(rename_replaces_in_one_step),
    TEST(directories_are_renamed_with_what_they_hold),
    TEST(what_the_kernel_shows_cannot_be_changed),
    TEST(deep_directories),
    TEST(many_make_and_remove_their_names),
    TEST(all_fight_for_the_same_names),
    TEST(only_one_creates_exclusively),
    {NULL, NULL},
};

const struct test_group test_directory_group = {"directory", tests};
