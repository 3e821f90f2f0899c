# SPDX-License-Identifier: GPL-3.0-or-later
"""mkfs and fsck as their users run them.

usage: tools_test.py MKFS FSCK
Prints TAP: a line for each test, whose name is a sentence.
"""
import os
import random
import struct
import subprocess
import sys
import tempfile
import traceback

MKFS, FSCK = sys.argv[1:3]
BLOCK = 4096
COMMIT_MAGIC = 0x54494d4d4f434654


def run(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60)


def check(condition, *what):
    if not condition:
        raise AssertionError(*what)


class Case:
    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, content=b""):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def content(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def make(self, *arguments, name="image", size="2M"):
        result = run(MKFS, self.path(name), size, *arguments)
        check(result.returncode == 0 and not result.stdout and not result.stderr, result)
        return self.path(name)

    def refuses(self, *arguments, says):
        """One sentence, exit code 1, and no image."""
        image = self.path("refused")
        result = run(MKFS, *[image if word == "IMAGE" else word for word in arguments])
        check(result.returncode == 1 and not result.stdout, result)
        check(result.stderr.startswith("mkfs: ") and result.stderr.endswith(".\n") and result.stderr.count("\n") == 1, result)
        check(says in result.stderr, result)
        check(not os.path.exists(image), "an image was left behind")

    def checks(self, image, code, *says, options=()):
        result = run(FSCK, *options, image)
        check(result.returncode == code and not (code < 3 and result.stderr), result)
        for words in says:
            check(words in result.stdout + result.stderr, words, result)

    def damage(self, image, at, content):
        with open(image, "r+b") as file:
            file.seek(at)
            file.write(content)

    def test_a_folder_becomes_the_root(self):
        self.file("root/bin/sh", b"x" * 100000)
        self.file("root/etc/motd", b"hello\n")
        os.makedirs(self.path("root/tmp"))
        self.checks(self.make(self.path("root")), 0, "2 files, 4 directories")

    def test_the_same_input_gives_the_same_bytes_whatever_the_host_has_done_to_the_files(self):
        names = ["root/%s" % name for name in ("z", "a", "m/b", "m/a", "ü")]
        for name in names:
            self.file(name, name.encode())
        first = self.make(self.path("root"), name="first")
        for name in reversed(names):
            os.unlink(self.path(name))
        for name in reversed(names):
            self.file(name, name.encode())
            os.utime(self.path(name), (1, 1))
            os.chmod(self.path(name), 0o600)
        second = self.make(self.path("root"), name="second")
        check(self.content("first") == self.content("second"))
        self.make(self.path("root"), "--time", "5", name="third")
        check(self.content("first") != self.content("third"))

    def test_lists_and_pairs_name_single_files(self):
        text = self.file("text", b"text")
        listed = self.file("list", ("# comment\n\n%s=/a/b\n=/empty\n" % text).encode())
        self.checks(self.make("@" + listed, text + "=/c", "--label", "a label"), 0, "2 files, 3 directories")

    def test_every_size_of_image_is_sound(self):
        for size in ("1M", "1048577", "3M", "130M", "1025M", "5G"):
            self.checks(self.make(name="sized", size=size), 0, "0 files, 1 directories")
            check(os.stat(self.path("sized")).st_blocks * 512 < 40 << 20, "holes stay holes")

    def test_files_of_every_kind_of_size_fit(self):
        for size in (0, 1, 4095, 4096, 4097, 12 * BLOCK, 12 * BLOCK + 1, 1036 * BLOCK, 1036 * BLOCK + 1, 9 << 20):
            self.file("root/f%d" % size, random.Random(size).randbytes(size))
        self.file("root/hole", bytes(6 << 20) + b"x")
        self.checks(self.make(self.path("root"), size="32M"), 0, "11 files")

    def test_what_is_wrong_with_the_command_line_is_said(self):
        self.refuses(says="wanted")
        self.refuses("IMAGE", says="wanted")
        self.refuses("IMAGE", "1000K", says="1 MiB to 16 GiB")
        self.refuses("IMAGE", "17G", says="1 MiB to 16 GiB")
        for size in ("", "x", "-1M", "1X", "1MM", "99999999999999999999", "9999999999999999G", "1 M"):
            self.refuses("IMAGE", size, says="number")
        self.refuses("IMAGE", "1M", "--inode", "5", says="no option")
        self.refuses("IMAGE", "1M", "--inodes", says="wants a value")
        self.refuses("IMAGE", "1M", "--inodes", "0", says="out of range")
        self.refuses("IMAGE", "1M", "--inodes", "4294967296", says="out of range")
        self.refuses("IMAGE", "1M", "--inodes", "4000000000", says="inodes")
        self.refuses("IMAGE", "1M", "--inodes", "100000", says="no block is left")
        self.refuses("IMAGE", "1M", "--log", "3", says="log")
        self.refuses("IMAGE", "1M", "--log", "3000", says="log")
        self.refuses("IMAGE", "1M", "--time", "99999999999", says="out of range")
        self.refuses("IMAGE", "1M", "--label", "x" * 32, says="label")
        self.refuses(self.path("missing/image"), "1M", says="No such file")

    def test_what_is_wrong_with_the_sources_is_said(self):
        text = self.file("text", b"x" * 2000000)
        for name in ("loop/x", "pipe/x", "deep/dev/x", "many/0"):
            self.file(name)
        os.symlink("x", self.path("loop/y"))
        os.mkfifo(self.path("pipe/y"))
        self.refuses("IMAGE", "1M", self.path("missing"), says="No such file")
        self.refuses("IMAGE", "1M", text, says="=/PATH")
        self.refuses("IMAGE", "1M", text + "=relative", says="begins with /")
        self.refuses("IMAGE", "1M", text + "=/x", says="too small")
        self.refuses("IMAGE", "4M", text + "=/x", text + "=/x", says="twice")
        self.refuses("IMAGE", "4M", text + "=/x", text + "=/x/y", says="no directory")
        self.refuses("IMAGE", "4M", text + "=/" + "n" * 60, says="59 bytes")
        self.refuses("IMAGE", "4M", text + "=/a/../b", says="59 bytes")
        self.refuses("IMAGE", "4M", text + "=/", says="59 bytes")
        self.refuses("IMAGE", "4M", text + "=/proc", says="kernel's own")
        self.refuses("IMAGE", "4M", self.path("deep"), says="kernel's own")
        self.refuses("IMAGE", "4M", self.path("loop"), says="symbolic link")
        self.refuses("IMAGE", "4M", self.path("pipe"), says="neither a file nor a folder")
        self.refuses("IMAGE", "4M", "@" + self.path("missing"), says="No such file")
        self.refuses("IMAGE", "4M", "@" + self.file("list", b"=x\n"), says="begins with /")
        self.refuses("IMAGE", "4M", "@" + self.file("list", b"=/x\0\n"), says="zero byte")
        for number in range(70):
            self.file("many/%d" % number)
        self.refuses("IMAGE", "1M", "--inodes", "64", self.path("many"), says="too few inodes")

    def test_fsck_says_in_its_exit_code_what_it_found(self):
        image = self.make(self.file("text", b"text") + "=/a")
        self.checks(image, 0, "is sound")
        self.checks(self.path("missing"), 3, "No such file")
        self.checks(self.folder, 3, "not a file")
        self.checks(image, 3, "no option", options=["--mend"])
        self.checks(image, 3, "one image", options=[image])
        self.checks(self.file("short", b"x"), 2, "shorter than a block")
        self.checks(self.file("zeros", bytes(1 << 20)), 2, "no Turnstile file system", "1 fault\n")
        os.truncate(image, (2 << 20) - 1)
        self.checks(image, 2, "shorter than its file system")

    def with_log(self, name, home, copy):
        """The image with a transaction in its log that gives one block new contents."""
        content = bytearray(self.content("image"))
        record = bytearray(BLOCK)
        struct.pack_into("<QQQIII", record, 0, COMMIT_MAGIC, 1, 0, 1, 0, home)
        total = COMMIT_MAGIC
        for piece in (record[:16], record[24:], copy):
            for (word,) in struct.iter_unpack("<Q", piece):
                total = (total ^ word) * 0x9fb21c651e98df25 & (1 << 64) - 1
                total ^= total >> 32
        struct.pack_into("<Q", record, 16, total)
        content[BLOCK:3 * BLOCK] = record + copy
        return self.file(name, bytes(content))

    def test_fsck_replays_the_log_and_repair_keeps_that(self):
        self.make()
        table = struct.unpack_from("<I", self.content("image"), 52)[0]
        block = bytearray(self.content("image")[table * BLOCK:(table + 1) * BLOCK])
        check(struct.unpack_from("<II", block, 128) == (2, 1), "the root is where it is looked for")
        block[128 + 16:128 + 24] = struct.pack("<Q", 77)  # when it was changed
        image = self.with_log("pending", table, block)
        before = self.content("pending")
        self.checks(image, 1, "is to be replayed")
        check(self.content("pending") == before, "fsck alone writes nothing")
        self.checks(image, 0, "was replayed", options=["--repair"])
        check(self.content("pending")[table * BLOCK:(table + 1) * BLOCK] == block)
        self.checks(image, 0)
        # One bit of the copy is wrong: then there is no transaction.
        self.damage(self.with_log("torn", table, block), 2 * BLOCK, b"\1")
        self.checks(self.path("torn"), 0)
        # Damage that comes with the log, and is not written by --repair.
        block[128] = 9
        damaged = self.with_log("damaged", table, block)
        self.checks(damaged, 2, "no type 9", options=["--repair"])
        check(self.content("damaged")[table * BLOCK:(table + 1) * BLOCK] != block)

    def test_fsck_survives_anything(self):
        chance = random.Random(1)
        sound = self.make(self.file("text", b"x" * 300000) + "=/a/b/c")
        for round_ in range(60):
            content = bytearray(self.content("image"))
            for _ in range(1 + round_ % 9):
                at = chance.randrange(len(content) if round_ % 3 else 80 * BLOCK)
                content[at:at + 4] = chance.randbytes(4)
            self.file("damaged", bytes(content[:len(content) if round_ % 10 else chance.randrange(len(content))]))
            result = run(FSCK, self.path("damaged"))
            check(result.returncode in (0, 2), result)
        self.checks(sound, 0)


def main():
    tests = [name for name in dir(Case) if name.startswith("test_")]
    failed = 0
    print("1..%d" % len(tests))
    for number, name in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                getattr(Case(folder), name)()
                print("ok %d - %s" % (number, name[5:].replace("_", " ")))
            except Exception:
                failed += 1
                print("not ok %d - %s" % (number, name[5:].replace("_", " ")))
                print("# " + traceback.format_exc().replace("\n", "\n# "))
    sys.exit(failed != 0)


main()
