# SPDX-License-Identifier: GPL-3.0-or-later
"""Turnstile's storage on whole machines: boots from disks on lockscope and QEMU, and power cuts in the middle of storms.

usage: storage_test.py GROUP LOCKSCOPE QEMU|none IMAGES PROGRAMS MKFS FSCK whole|part
IMAGES holds turnstile.elf and its variants, PROGRAMS the first programs storage.elf and storm.elf. Prints TAP: a line for each run.
"""
import os
import random
import re
import struct
import subprocess
import sys
import tempfile

GROUP, LOCKSCOPE, QEMU, IMAGES, PROGRAMS, MKFS, FSCK, AMOUNT = sys.argv[1:9]
PATIENCE = 400  # seconds
BLOCK = 4096


def run(arguments):
    """Exit code, what the console had, standard error."""
    result = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
    return result.returncode, result.stdout.decode("latin-1").replace("\r", ""), result.stderr.decode("latin-1")


def kernel(suffix):
    image = ["-kernel", os.path.join(IMAGES, "turnstile%s.elf" % suffix)]
    return image if suffix.startswith("-s") else ["-bios", "none", *image]


def disk(path, drive=""):
    return ["-drive", "file=%s,format=raw,if=none,id=d,cache=unsafe%s" % (path, drive), "-device", "virtio-blk-device,drive=d"]


def lockscope(path, fidelity, harts, words="", *options, suffix="", drive=""):
    return run([LOCKSCOPE, "--headless", "--no-record", "--fidelity", fidelity, "-smp", str(harts), "-m", "128M", "-append", words,
                *kernel(suffix), *disk(path, drive), *options])


def qemu(path, harts, words="", *options, suffix=""):
    return run([QEMU, "-machine", "virt", "-nographic", "-smp", str(harts), "-m", "128M", "-append", words, *kernel(suffix), *disk(path),
                *options])


def make(folder, program, size="4M"):
    path = os.path.join(folder, "disk.img")
    subprocess.run([MKFS, path, size, os.path.join(PROGRAMS, program) + "=/bin/init"], check=True)
    return path


def fsck(path, *options):
    result = subprocess.run([FSCK, *options, path], capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


class Report:
    def __init__(self):
        self.count = self.failed = 0

    def case(self, name, found, *texts):
        self.count += 1
        print("%s %d - %s" % ("not ok" if found else "ok", self.count, name))
        if found:
            self.failed += 1
            for line in "\n".join([*found, *texts])[-4000:].splitlines():
                print("# " + line)
        sys.stdout.flush()


# ---- boots ----

def boots(report, name, machine):
    """Two boots of one disk: the first writes, the second finds. machine(path) runs one."""
    with tempfile.TemporaryDirectory() as folder:
        path = make(folder, "storage.elf")
        found, texts = [], []
        for word in ("written", "found"):
            code, text, errors = machine(path)
            texts += [text, errors]
            if code or "storage: %s\n" % word not in text:
                found.append("exit code %d, and not 'storage: %s'" % (code, word))
            code, said = fsck(path)
            if code or "81 files, 7 directories" not in said:
                found.append("fsck: exit code %d: %s" % (code, said))
        report.case(name, found, *texts)


VERSIONS = {1: ["-global", "virtio-mmio.force-legacy=true"], 2: ["-global", "virtio-mmio.force-legacy=false"]}


def group_lockscope(report):
    rows = [("fast", 4, "fine", 1), ("timed", 4, "fine", 2), ("timed", 1, "uni", 1), ("fast", 8, "bkl", 2), ("timed", 20, "global", 1),
            ("timed", 2, "bkl", 1), ("fast", 2, "global", 2)]
    for fidelity, harts, structure, version in rows if AMOUNT == "whole" else rows[:2]:
        for suffix in ("", "-debug") if AMOUNT == "whole" else ("-debug",):
            boots(report, "%s, %d harts, %s, virtio %d%s" % (fidelity, harts, structure, version, suffix),
                  lambda path: lockscope(path, fidelity, harts, "structure=" + structure, "--seed", str(harts), *VERSIONS[version],
                                         suffix=suffix))


def group_qemu(report):
    for harts, structure, version, suffix in ((1, "fine", 1, ""), (4, "fine", 2, "-debug"), (2, "global", 1, ""), (8, "bkl", 2, "-debug"),
                                              (4, "fine", 1, "-s")):
        boots(report, "%d harts, %s, virtio %d%s" % (harts, structure, version, suffix),
              lambda path: qemu(path, harts, "structure=" + structure, *VERSIONS[version], suffix=suffix))


# ---- what a disk holds: the format read in Python, apart from the code that is tested ----

class Image:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        self.table = struct.unpack_from("<I", self.bytes, 52)[0] * BLOCK

    def content(self, number):
        fields = struct.unpack_from("<IIQQQQIII12III", self.bytes, self.table + number * 128)
        size, pointers = fields[2], list(fields[9:21])
        if fields[21]:
            pointers += struct.unpack_from("<1024I", self.bytes, fields[21] * BLOCK)
        blocks = (size + BLOCK - 1) // BLOCK
        return b"".join(self.bytes[p * BLOCK:(p + 1) * BLOCK] if p else bytes(BLOCK) for p in pointers[:blocks])[:size]

    def entries(self, number):
        content = self.content(number)
        for at in range(0, len(content), 64):
            inode, length = struct.unpack_from("<IB", content, at)
            if inode:
                yield content[at + 5:at + 5 + (length & 63)].decode("latin-1"), inode

    def folder(self, name):
        """The contents of the files of a directory of the root."""
        inode = dict(self.entries(1)).get(name)
        return {entry: self.content(number) for entry, number in self.entries(inode)} if inode else None


# ---- storms ----

def states(child, last):
    """What storm.c's child has in its directory after each of its steps, up to its file number `last`: (number of the last file synced or -1,
    name: contents). The dictionary is the same one all the time."""
    files, synced = {}, -1
    yield synced, files
    for n in range(min(last, 1999) + 1):
        size, name = 1 + n * 1237 % 10000, "n%05d" % n
        content = b"".join(bytes([(child * 61 + n * 7 + piece) & 255]) * 64 for piece in range(size // 64 + 1))
        for end in [*range(0, size, BLOCK), size]:
            files[name] = content[:end]
            yield synced, files
        if n % 4 == 3:
            synced = n
            yield synced, files
        if n % 5 == 4:
            files["r%05d" % (n - 2)] = files.pop("n%05d" % (n - 2))
            yield synced, files
        if n >= 20:
            files.pop("%s%05d" % ("r" if (n - 20) % 5 == 2 else "n", n - 20))
            yield synced, files


def faults_after_cut(path, console):
    """What is wrong with a disk after the power went, given what the storm had said by then."""
    code, said = fsck(path, "--repair")
    if code:
        return ["fsck: exit code %d: %s" % (code, said)]
    image, found = Image(path), []
    for child in range(3):
        told = [int(n) for n in re.findall(r"^synced %d (\d{5})$" % child, console, re.M)]
        files = image.folder("k%d" % child)
        if not told:
            continue
        # Between two words of a child there are four files; without a word it may have made a few more.
        if not any(synced >= told[-1] and state == files for synced, state in states(child, told[-1] + 100)):
            names = sorted(files) if files is not None else None
            found.append("child %d was told that file %d is safe, and the directory is that of no step since: %s" % (child, told[-1], names))
    return found


def cut(folder, fidelity, harts, cycles, seed, words):
    """Stops a storm there. Returns what is wrong with the disk, and what the console had."""
    path = make(folder, "storm.elf")
    code, text, errors = lockscope(path, fidelity, harts, words, "--max-cycles", str(cycles), "--seed", str(seed), drive=",lose=%d" % seed)
    if "panic" in text or "line" in text:
        return ["the storm failed: exit code %d" % code], text + errors
    return faults_after_cut(path, text), text + errors


def positions(count):
    chance = random.Random(count)
    for seed in range(1, count + 1):
        yield ("timed" if seed % 4 == 0 else "fast"), (1, 2, 4)[seed % 3], chance.randrange(8_000_000, 60_000_000), seed


def group_crash(report):
    told = 0
    for fidelity, harts, cycles, seed in positions(45 if AMOUNT == "whole" else 6):
        with tempfile.TemporaryDirectory() as folder:
            found, text = cut(folder, fidelity, harts, cycles, seed, "")
            told += "synced" in text
            path = os.path.join(folder, "disk.img")
            # The kernel itself replays and cleans up, too.
            if not found and seed % 3 == 0 and "synced" in text:
                code, again, errors = lockscope(path, "fast", 2)
                code_of_fsck, said = fsck(path)
                if code or "mounted again" not in again or code_of_fsck or "to be freed" in said:
                    found = ["the next boot: exit code %d, fsck: %d, %s" % (code, code_of_fsck, said)]
                    text += again + errors
            report.case("%s, %d harts, power cut at cycle %d, seed %d" % (fidelity, harts, cycles, seed), found, text)
    report.case("most power cuts came behind a sync", [] if told > 3 else ["only %d" % told])


def group_flushless(report):
    """Without the log's flushes the same power cuts lose something."""
    wrong = 0
    for fidelity, harts, cycles, seed in positions(15 if AMOUNT == "whole" else 6):
        with tempfile.TemporaryDirectory() as folder:
            wrong += bool(cut(folder, "fast", harts, cycles, seed, "flush=off")[0])
    report.case("power cuts show that the log's flushes are missing", [] if wrong >= 2 else ["only %d did" % wrong])


def main():
    report = Report()
    globals()["group_" + GROUP](report)
    print("1..%d" % report.count)
    sys.exit(report.failed != 0)


main()
