# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks and other virtio devices as users have them: files, locks, power cuts, records, QEMU beside it.

usage: disk_test.py LOCKSCOPE GUESTS DOCS GROUP...; as cli_test.py, whose helpers it uses. The guest is disk.S.
"""
import fcntl
import json
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib

import cli_test
from cli_test import Case, Firmware, GUESTS, PATIENCE, PROGRAM, check, guest, hash_of, refuses, run

SECTOR = 512
OFD_SETLK = 37  # F_OFD_SETLK


def kernel(name="disk"):
    return ["-bios", "none", "-kernel", guest(name), "--headless"]


def drive(path, *options):
    return ["-drive", ",".join(["file=" + path.replace(",", ",,"), "if=none", "format=raw", "id=x0", *options]),
            "-device", "virtio-blk-device,drive=x0"]


def lock(file, kind):
    fcntl.fcntl(file, OFD_SETLK, struct.pack("hhqqi", kind, os.SEEK_SET, 0, 0, 0))


class WithDisk(Case):
    def disk(self, command=b"c", name="disk.img", sectors=72, extra=100):
        """A file whose first byte tells the guest what to do; its last sector is not whole."""
        content = bytearray(sectors * SECTOR + extra)
        content[0:1] = command
        content[SECTOR:SECTOR + 26] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        return self.path(name, bytes(content))

    def content(self, path):
        with open(path, "rb") as file:
            return file.read()

    def copied(self, path):
        """Whether the guest's 'c' or 'w' is in the file."""
        return self.content(path)[2 * SECTOR:2 * SECTOR + 28] == b"BCDEFGHIJKLMNOPQRSTUVWXYZ[\1\1"


class Disks(WithDisk):
    def test_a_guest_says_and_leaves_the_same_here_and_on_qemu(self):
        qemu = shutil.which("qemu-system-riscv64")
        for command in (b"c", b"w", b"l", b"n"):
            for legacy in ("true", "false"):
                outcomes = []
                for fidelity in ("timed", "fast"):
                    path = self.disk(command)
                    result = run(*kernel(), *drive(path, "cache=unsafe"), "-global", "virtio-mmio.force-legacy=" + legacy,
                                 "--fidelity", fidelity, "--no-record")
                    check(result.returncode == 7 and not result.stderr, result)
                    outcomes.append((result.stdout, self.content(path)))
                check(outcomes[0][0].startswith(b"v1 00000049 " if legacy == "true" else b"v2 00000049 "), outcomes[0][0])
                if qemu:
                    path = self.disk(command)
                    result = subprocess.run([qemu, "-machine", "virt", "-bios", "none", "-kernel", guest("disk"), "-display", "none",
                                             "-serial", "stdio", *drive(path), "-global", "virtio-mmio.force-legacy=" + legacy],
                                            stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
                    outcomes.append((result.stdout, self.content(path)))
                check(all(outcome == outcomes[0] for outcome in outcomes), command, legacy, [o[0] for o in outcomes])
        check(self.content(path)[71 * SECTOR] == 71, "nothing was written")

    def test_the_state_at_the_end_does_not_depend_on_how_the_file_is_kept(self):
        for fidelity in ("timed", "fast"):
            hashes = set()
            for options in ([], [], ["snapshot=on"], ["cache=unsafe"], ["cache=none"]):
                result = run(*kernel(), *drive(self.disk(b"l"), *options), "-smp", "2", "--fidelity", fidelity, "--state-hash",
                             "--no-record")
                check(result.returncode == 7, result)
                hashes.add(hash_of(result))
            check(len(hashes) == 1, hashes)

    def test_what_was_written_is_in_the_file_at_the_end_even_without_a_flush(self):
        path = self.disk(b"w")
        check(run(*kernel(), *drive(path), "--no-record").stdout == b"v1 00000049  BCDEFGHIJKLMNOPQ")
        check(self.copied(path))

    def test_with_lose_the_end_is_a_power_cut_for_what_was_not_flushed(self):
        for command, seed, is_there in ((b"w", 4, True), (b"w", 5, False), (b"c", 5, True)):
            path = self.disk(command)
            before = self.content(path)
            check(run(*kernel(), *drive(path, "lose=%d" % seed), "--no-record").returncode == 7)
            check(self.copied(path) == is_there, command, seed)
            check(is_there or self.content(path) == before, "all of it is lost")

    def test_with_snapshot_the_file_stays_as_it_is(self):
        for options in (["snapshot=on"], []):
            path = self.disk(b"c")
            before = self.content(path)
            result = run(*kernel(), *drive(path, *options), *([] if options else ["-snapshot"]), "--no-record")
            check(result.stdout == b"v1 00000049 F BCDEFGHIJKLMNOPQ", result)
            check(self.content(path) == before, "the file has changed")

    def test_a_read_only_disk_cannot_be_written_to(self):
        path = self.disk(b"c")
        before = self.content(path)
        os.chmod(path, 0o444)
        result = run(*kernel(), *drive(path, "readonly=on"), "--no-record")
        check(result.stdout == b"v1 read-only 00000049 !1F \0".rstrip(b"\0"), result)
        check(self.content(path) == before)

    def test_read_only_and_empty_disks_answer_as_qemus_do(self):
        qemu = shutil.which("qemu-system-riscv64")
        for path, options in ((self.disk(b"c"), ["readonly=on"]), (self.path("none", b""), [])):
            if qemu:
                result = subprocess.run([qemu, "-machine", "virt", "-bios", "none", "-kernel", guest("disk"), "-display", "none",
                                         "-serial", "stdio", *drive(path, *options)], stdin=subprocess.DEVNULL, capture_output=True,
                                        timeout=PATIENCE)
                check(result.stdout == run(*kernel(), *drive(path, *options), "--no-record").stdout, result)

    def test_several_disks_lie_where_qemu_puts_them(self):
        first, second = self.disk(b"c"), self.disk(b"c", "second.img")
        for options, first_is_written in (
                (["-device", "virtio-blk-device,drive=a", "-device", "virtio-blk-device,drive=b"], True),
                (["-device", "virtio-blk-device,drive=a,bus=virtio-mmio-bus.3", "-device", "virtio-blk-device,drive=b"], False)):
            first, second = self.disk(b"c"), self.disk(b"c", "second.img")
            result = run(*kernel(), "-drive", "file=%s,if=none,id=a" % first, "-drive", "file=%s,if=none,id=b" % second, *options,
                         "--no-record")
            check(result.returncode == 7, result)
            check(self.copied(first) == first_is_written and self.copied(second) != first_is_written, options)

    def test_drives_can_come_without_a_device_of_their_own(self):
        for options in (["-drive", "file=%s,format=raw,if=virtio"], ["-drive", "file=%s"], ["-hda", "%s"]):
            path = self.disk(b"c", "a,b.img")
            doubled = path.replace(",", ",,") if options[0] == "-drive" else path
            result = run(*kernel(), options[0], options[1] % doubled, "--no-record")
            check(result.returncode == 7 and self.copied(path), result)

    def test_a_drive_without_an_interface_is_that_of_the_device_that_names_it(self):
        path = self.disk(b"c")
        result = run(*kernel(), "-drive", "file=%s,format=raw,id=hd0" % path, "-device", "virtio-blk-device,drive=hd0", "--no-record")
        check(result.returncode == 7 and self.copied(path), result)

    def test_a_machine_file_can_name_the_device_but_not_the_file(self):
        machine = self.path("m.ini", b"[virtio]\nslot2 = block\nslot1 = rng\n")
        refuses(r"virtio\.slot2 is a block device: it needs a -drive", *kernel(), "--machine-file", machine)
        result = run(*kernel(), "--machine-file", self.path("n.ini", b"[virtio]\nslot1 = rng\n"), "--no-record")
        check(result.returncode == 7 and result.stdout == b"no disk", result)
        printed = run(*kernel(), *drive(self.disk()), "--print-config").stdout.decode()
        check("\nslot7 = block\n" in printed, printed)

    def test_command_lines_for_qemus_entropy_and_network_are_understood(self):
        result = run(*kernel(), "-object", "rng-random,filename=/dev/urandom,id=r", "-device", "virtio-rng-device,rng=r", "-netdev",
                     "user,id=n,hostfwd=tcp::5555-:22", "-device", "virtio-net-device,netdev=n", "-nic", "none", "--no-record")
        check(result.returncode == 7 and result.stdout == b"no disk", result)
        check(result.stderr.count(b"means nothing here and is ignored\n") == 2, result)

    def test_statistics_tell_what_disks_did(self):
        path, stats = self.disk(b"l"), self.path("stats")
        result = run(*kernel(), *drive(path, "cache=unsafe"), "--summary", "--stats", stats, "--no-record")
        check(re.search(rb"^slot 7 +129 +1 +64 +64$", result.stderr, re.M), result)
        with open(stats) as file:
            stats = json.load(file)
        check(stats["machine"]["disks"] == [{"slot": 7, "requests": 129, "sectors-read": 1, "sectors-written": 64, "flushes": 64}], stats)
        disk = stats["configuration"]["disks"][0]
        check(disk["path"] == os.path.realpath(path) and disk["bytes"] == 72 * SECTOR + 100 and disk["read-only"] is False, disk)

    def test_an_empty_file_is_a_disk_of_no_sectors(self):
        result = run(*kernel(), *drive(self.path("none", b"")), "--no-record")
        check(result.stdout.startswith(b"v1 00000000 !1!1"), result)


class DiskRefusals(WithDisk):
    def test_wrong_drives_and_devices_are_refused_in_one_sentence(self):
        image = self.disk()
        blk = ["-device", "virtio-blk-device,drive=a"]
        a = ["-drive", "file=%s,if=none,id=a" % image]
        rows = [
            (r"cannot open the disk /nonexistent/d: No such file", "-drive", "file=/nonexistent/d"),
            (r"cannot open the disk /: Is a directory", "-drive", "file=/,readonly=on"),
            (r"cannot open the disk /: Is a directory", "-drive", "file=/"),
            (r"cannot open the disk /dev/null: Not a regular file", "-drive", "file=/dev/null"),
            (r"is a qcow2 image, and only raw ones can be used", "-drive", "file=" + self.path("q", b"QFI\xfb" + bytes(600))),
            (r"a drive needs a file", "-drive", "if=none,id=a"),
            (r"a drive of if=none needs an id", "-drive", "if=none,file=" + image),
            (r"drives of if=none and if=virtio, not 'pflash'", "-drive", "if=pflash,file=" + image),
            (r"the only format is raw, not 'qcow2'", "-drive", "format=qcow2,file=" + image),
            (r"readonly is on or off, not 'perhaps'", "-drive", "readonly=perhaps,file=" + image),
            (r"cache is writeback, .*, not 'some'", "-drive", "cache=some,file=" + image),
            (r"drives have no 'read-only'; did you mean readonly\?", "-drive", "read-only=on,file=" + image),
            (r"drives have no 'zzzzzzzz'$", "-drive", "zzzzzzzz=on,file=" + image),
            (r"file needs a value", "-drive", "file"),
            (r"there are two drives with the id 'a'", *a, *a),
            (r"the drive 'a' is not used", *a),
            (r"the drive 'a' has a device already", *a, *blk, *blk),
            (r"the drive 'a' has a device already \(it is of if=virtio\)", "-drive", "file=%s,if=virtio,id=a" % image, *blk),
            (r"there is no -drive with the id 'a'", *blk),
            (r"a virtio-blk-device needs the id of a -drive", "-device", "virtio-blk-device"),
            (r"there is no device 'virtio-blk-devise'; did you mean virtio-blk-device\?", "-device", "virtio-blk-devise,drive=a"),
            (r"there is no PCI bus yet; use virtio-net-device", "-device", "virtio-net-pci"),
            (r"there is no device 'zzzzzzzzzzz'; docs/reference/options\.md lists them", "-device", "zzzzzzzzzzz"),
            (r"virtio-rng-device has no 'buss'; did you mean bus\?", "-device", "virtio-rng-device,buss=3"),
            (r"the buses are virtio-mmio-bus\.0 to virtio-mmio-bus\.7, not 'virtio-mmio-bus\.8'",
             "-device", "virtio-rng-device,bus=virtio-mmio-bus.8"),
            (r"virtio-mmio-bus\.3 has a device already", *["-device", "virtio-rng-device,bus=virtio-mmio-bus.3"] * 2),
            (r"there are only 8 virtio slots, and all are taken", *["-device", "virtio-rng-device"] * 9),
            (r"there is no -netdev with the id 'n'", "-device", "virtio-net-device,netdev=n"),
            (r"write TYPE,id=ID", "-netdev", "user"),
            (r"a character device is stdio or null, not 'pty'", "-chardev", "pty,id=c"),
            (r"it needs a virtio-serial-device that has no port yet", "-device", "virtconsole"),
            (r"there is no -chardev with the id 'c'", "-device", "virtio-serial-device", "-device", "virtconsole,chardev=c"),
            (r"cannot both have the terminal", "-device", "virtio-serial-device", "-chardev", "stdio,id=c",
             "-device", "virtconsole,chardev=c", "-serial", "stdio"),
            (r"serial must have 1 to 20 characters", *a, "-device", "virtio-blk-device,drive=a,serial=" + "s" * 21),
            (r"the only property is virtio-mmio\.force-legacy", "-global", "virtio-mmio.ioeventfd=off"),
            (r"force-legacy=2: virtio\.legacy is one of off\|on, not '2'", "-global", "virtio-mmio.force-legacy=2"),
            (r"the only objects are sources of entropy", "-object", "memory-backend-ram,id=m"),
            (r"-nic user: there is no network", "-nic", "user"),
            (r"-blockdev is refused: write -drive", "-blockdev", "driver=file,filename=x"),
            (r"would be overwritten, but it is a disk of the guest's", "-drive", "file=" + image, "--record", image),
            (r"-drive .*: too long", "-drive", "file=" + "x" * 9000),
            (r"there can be 16 of these options", *["-drive", "file=" + image] * 17),
        ]
        for pattern, *arguments in rows:
            refuses(pattern, *kernel(), *arguments)
        check(self.content(image) == self.content(self.disk(name="other")), "a refused run has written to the disk")

    def test_a_disk_larger_than_2_tib_is_refused(self):
        path = self.path("large", b"")
        os.truncate(path, (1 << 41) + 1)
        refuses(r"is larger than 2 TiB", *kernel(), *drive(path), "--no-record")
        os.truncate(path, 1 << 41)
        result = run(*kernel(), *drive(path, "snapshot=on"))
        check(result.returncode == 7, result)

    def test_a_file_is_used_by_one_run_at_a_time_unless_they_only_read(self):
        path = self.disk()
        with open(path, "r+b") as file:
            lock(file, fcntl.F_WRLCK)
            refuses(r"in use: another program has locked it; several can use it only with readonly=on", *kernel(), *drive(path))
            refuses(r"in use: another program has locked it for writing", *kernel(), *drive(path, "readonly=on"))
        with open(path, "rb") as file:
            lock(file, fcntl.F_RDLCK)
            refuses(r"in use: another program has locked it; several", *kernel(), *drive(path))
            check(run(*kernel(), *drive(path, "readonly=on"), "--no-record").returncode == 7)
            check(run(*kernel(), *drive(path, "snapshot=on"), "--no-record").returncode == 7)
        both = ["-drive", "file=" + path] * 2
        refuses(r"is there twice; that can be only with readonly=on or snapshot=on", *kernel(), *both)
        check(run(*kernel(), *both, "-snapshot", "--no-record").returncode == 7)

    def test_what_is_lost_is_drawn_by_a_number(self):
        for value in ("0", "x", "-1", ""):
            refuses(r"lose is a number from 1 on, not '%s'" % value, *kernel(), *drive(self.disk(), "lose=" + value))

    def test_two_runs_of_lockscope_do_not_share_a_disk(self):
        path = self.disk()
        first = subprocess.Popen([PROGRAM, *kernel("echo"), *drive(path), "--no-record"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        check(first.stdout.read(1) == b">")
        refuses(r"in use", *kernel(), *drive(path))
        qemu = shutil.which("qemu-system-riscv64")
        if qemu:
            result = subprocess.run([qemu, "-machine", "virt", "-bios", "none", "-display", "none", "-serial", "null", *drive(path)],
                                    stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
            check(result.returncode and b"lock" in result.stderr, result)
        first.kill()
        first.communicate()
        check(run(*kernel(), *drive(path), "--no-record").returncode == 7, "the lock has stayed")

    def test_a_file_that_may_not_be_written_says_how_to_read_it(self):
        path = self.disk()
        os.chmod(self.folder, 0o755)
        os.chmod(path, 0o444)
        command = [PROGRAM, *kernel(), *drive(path), "--no-record"]
        become = (lambda: os.setuid(65534)) if os.geteuid() == 0 else None
        if become and subprocess.run([PROGRAM, "--version"], preexec_fn=become, capture_output=True).returncode:
            return  # the build is in a folder that others cannot read
        result = subprocess.run(command, capture_output=True, preexec_fn=become, stdin=subprocess.DEVNULL, timeout=PATIENCE)
        check(result.returncode == 2, result)
        check(re.fullmatch(rb"lockscope: cannot write to the disk .*: Permission denied; with readonly=on or snapshot=on [^\n]*\n",
                           result.stderr), result)


class DiskFailures(WithDisk):
    def cut(self, command, fidelity, count):
        """The guest writes sector 8 + n, and says so with a character when it is safe; we kill it behind `count` of them."""
        path, first = self.disk(command), b"v1 00000049 " + (b"00000049 " if command == b"n" else b"")
        process = subprocess.Popen([PROGRAM, *kernel(), *drive(path), "--fidelity", fidelity, "--no-record"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0)
        said = b""
        while len(said) < len(first) + count:
            byte = process.stdout.read(1)
            check(byte, "ended after", said)
            said += byte
        process.send_signal(signal.SIGKILL)
        said += process.communicate()[0]
        check(said.startswith(first), said)
        content = self.content(path)
        for n in range(8, 8 + len(said) - len(first)):
            check(content[n * SECTOR:(n + 1) * SECTOR] == bytes([n]) * SECTOR, "sector", n, "of", said, "is not there")

    def test_a_power_cut_keeps_every_flush_that_the_guest_was_told_of(self):
        for fidelity, count in [("fast", n) for n in (1, 2, 5, 17, 40, 63)] + [("timed", n) for n in (1, 9, 33)]:
            self.cut(b"l", fidelity, count)

    def test_a_power_cut_keeps_every_write_of_a_driver_that_does_without_flushes(self):
        for fidelity, count in (("fast", 1), ("fast", 20), ("fast", 50), ("timed", 11)):
            self.cut(b"n", fidelity, count)

    def test_a_disk_that_shrinks_ends_the_run_with_a_sentence(self):
        path = self.disk(b"r")
        os.truncate(path, 8 << 30)
        process = subprocess.Popen([PROGRAM, *kernel(), *drive(path, "readonly=on"), "--fidelity", "fast", "--no-record"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        said = b""
        while not said.endswith(b"R"):
            said += process.stdout.read(1)
        os.truncate(path, 4 * SECTOR)
        rest, errors = process.communicate(timeout=PATIENCE)
        check(process.returncode == 2, process.returncode, errors)
        check(re.fullmatch(rb"lockscope: the disk \S* has shrunk: it had 8589934592 bytes, and ends at \d+ now\n", errors), errors)

    def test_a_transfer_of_gigabytes_can_be_interrupted(self):
        """No hart takes a step meanwhile; but lockscope looks at its clock and its signals."""
        for fidelity in ("fast", "timed"):
            path = self.disk(b"h")
            os.truncate(path, 1 << 30)
            started = time.monotonic()
            result = run(*kernel(), *drive(path, "readonly=on"), "--fidelity", fidelity, "--timeout", "0.3", "--no-record")
            seconds = time.monotonic() - started
            check(result.returncode == 124 and result.stdout.endswith(b"H"), result)
            check(seconds < 3, seconds, "seconds")

    def test_a_full_disk_ends_the_run_with_a_sentence(self):
        """The host refuses to make the file longer or to write behind a limit."""
        for command in (b"l", b"w"):
            path = self.disk(command)
            limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (SECTOR, SECTOR))
            result = subprocess.run([PROGRAM, *kernel(), *drive(path), "--no-record"], preexec_fn=limit, capture_output=True,
                                    stdin=subprocess.DEVNULL, timeout=PATIENCE)
            check(result.returncode == 2, result)
            check(re.fullmatch(rb"lockscope: cannot write to the disk \S*: File too large\n", result.stderr), result)
            if command == b"l":
                check(result.stdout == b"v1 00000049 ", "the guest was told of a flush that failed", result)

    def test_a_disk_on_a_full_file_system_ends_the_run_with_a_sentence(self):
        folder = self.path("full")
        os.mkdir(folder)
        mount = shutil.which("mount")
        if os.geteuid() != 0 or not mount or subprocess.run([mount, "-t", "tmpfs", "-o", "size=64k", "none", folder],
                                                            capture_output=True).returncode:
            return  # needs a file system of its own
        try:
            path = os.path.join(folder, "disk.img")
            shutil.copy(self.disk(b"l"), path)
            os.truncate(path, 0)
            os.truncate(path, 73 * SECTOR)  # a hole
            with open(path, "r+b") as file:
                file.write(b"l")
            rest = os.open(os.path.join(folder, "rest"), os.O_WRONLY | os.O_CREAT)
            try:
                while os.write(rest, bytes(4096)):
                    pass
            except OSError:
                os.close(rest)
            result = run(*kernel(), *drive(path), "--no-record")
            check(result.returncode == 2, result)
            check(re.fullmatch(rb"lockscope: cannot write to the disk \S*: No space left on device\n", result.stderr), result)
        finally:
            subprocess.run(["umount", folder], capture_output=True)


class DiskRecords(WithDisk):
    def test_a_run_with_a_disk_is_repeated_without_touching_the_file(self):
        path, record = self.disk(b"c"), self.path("record")
        keep = self.path("keep")
        shutil.copy(path, keep)
        devices = ["-drive", "file=%s,if=none,id=x0" % path, "-device", "virtio-blk-device,drive=x0,serial=a serial\\number"]
        result = run(*kernel(), *devices, "-device", "virtio-rng-device", "--record", record, "--state-hash")
        check(result.returncode == 7 and self.copied(path), result)
        written = self.content(path)
        again = run("--replay-input", record)
        check(again.returncode == 2 and b"held something else" in again.stderr, again)
        shutil.copy(keep, path)
        again = run("--replay-input", record, "--state-hash", "--headless")
        check(again.returncode == 7 and hash_of(again) == hash_of(result) and again.stdout == result.stdout, again)
        check(self.content(path) == self.content(keep) != written, "the replay has written to the disk")
        moved = self.path("moved")
        os.rename(path, moved)
        check(run("--replay-input", record).returncode == 2)
        again = run("--replay-input", record, "-drive", "file=%s,if=none,id=x0" % moved,
                    "-device", "virtio-blk-device,drive=x0,serial=a serial\\number", "-device", "virtio-rng-device", "--state-hash")
        check(again.returncode == 7 and hash_of(again) == hash_of(result), again)

    def test_a_replay_refuses_other_disks(self):
        path, record = self.disk(b"c"), self.path("record")
        run(*kernel(), *drive(path, "snapshot=on"), "--record", record)
        with open(path, "r+b") as file:
            file.seek(71 * SECTOR)
            file.write(b"x")
        refuses(r"was recorded when the disk \S* held something else", "--replay-input", record)
        with open(path, "r+b") as file:
            file.seek(71 * SECTOR)
            file.write(b"\0")
        check(run("--replay-input", record).returncode == 7)
        refuses(r"was recorded with a disk in slot 7 that was writable", "--replay-input", record, *drive(path, "readonly=on"))
        os.truncate(path, 73 * SECTOR)
        refuses(r"held something else \(36964 bytes", "--replay-input", record)

    def test_runs_cut_off_in_the_middle_of_requests_are_repeated(self):
        for fidelity in ("timed", "fast"):
            for cycles in (1000, 5000, 9999, 20000, 50003, 70000, 123456):
                path, record = self.disk(b"l"), self.path("record")
                result = run(*kernel(), *drive(path, "snapshot=on"), "--fidelity", fidelity, "--max-cycles", str(cycles), "--record",
                             record, "--state-hash", "-smp", "2")
                again = run("--replay-input", record, "--state-hash")
                check(result.returncode == 125 and again.returncode == 0, cycles, result, again)
                check(hash_of(result) == hash_of(again) and result.stdout == again.stdout, cycles, result, again)

    def test_who_writes_to_a_disk_is_told_that_a_replay_needs_the_old_one(self):
        for options, told in (([], True), (["snapshot=on"], False), (["readonly=on"], False)):
            result = run(*kernel(), *drive(self.disk(b"c"), *options), "--record", self.path("record"))
            check((b"note: the run has written to " in result.stderr) == told, options, result)

    def test_disks_that_hold_more_than_a_gib_are_hashed_only_when_asked(self):
        path = self.disk(b"c")
        try:
            with open(path, "r+b") as file:
                os.posix_fallocate(file.fileno(), 0, (1 << 30) + 4096)
        except OSError:
            return  # no room for it
        result = run(*kernel(), *drive(path, "snapshot=on"))
        check(result.returncode == 7 and b"the input is not recorded, since the disks hold so much" in result.stderr, result)
        check(not self.records(), self.records())
        record = self.path("record")
        result = run(*kernel(), *drive(path, "snapshot=on"), "--record", record)
        check(result.returncode == 7 and b"not recorded" not in result.stderr, result)
        check(run("--replay-input", record).returncode == 7)

    def test_damaged_lines_about_disks_are_refused(self):
        path, record = self.disk(b"c"), self.path("record")
        run(*kernel(), *drive(path, "snapshot=on"), "--record", record)
        text = self.content(record).decode()
        line = re.search(r"^disk .*$", text, re.M).group(0)
        for wrong in ("disk 8 rw 1 0123456789abcdef x", "disk 7 wr 1 0123456789abcdef x", "disk 7 rw x 0123456789abcdef x",
                      "disk 7 rw 1 0123456789abcde x", "disk 7 rw 1 0123456789abcdef", line + "\n" + line, "disk", "serial 7 x",
                      line + "\nserial 7 " + "x" * 21, "terminal 0", "terminal 9", "disks 7"):
            refuses(r"line \d+: ", "--replay-input", self.path("wrong", text.replace(line, wrong).encode()))


class DiskFirmware(WithDisk):
    def test_u_boot_finds_reads_and_writes_a_disk_and_loads_a_file_from_it(self):
        self.boot("true")

    def test_u_boot_does_the_same_by_the_modern_registers(self):
        self.boot("false")

    def boot(self, legacy):
        mkfs = shutil.which("mkfs.ext4") or shutil.which("mkfs.ext4", path="/usr/sbin:/sbin")
        folder = self.path("root")
        os.mkdir(folder)
        hello = bytes((i * 7 + i // 256) & 0xff for i in range(10000))
        with open(os.path.join(folder, "hello.bin"), "wb") as file:
            file.write(hello)
        path = self.path("ext4.img", b"")
        os.truncate(path, 8 << 20)
        if mkfs:
            subprocess.run([mkfs, "-q", "-F", "-O", "^metadata_csum,^64bit", "-d", folder, path], check=True, capture_output=True,
                           stdin=subprocess.DEVNULL)
        with open(path, "r+b") as file:  # the first sectors belong to nobody
            file.write(b"first sector".ljust(SECTOR, b"."))
        first = zlib.crc32(self.content(path)[:SECTOR])
        script = "\nvirtio info\nvirtio read 84000000 0 1\ncrc32 84000000 200\nvirtio write 84000000 1 1\n"
        if mkfs:
            script += "load virtio 0 84100000 /hello.bin\ncrc32 84100000 ${filesize}\n"
        result = run("-smp", "1", *["-drive", "file=%s,format=raw,if=virtio" % path], "-device", "virtio-rng-device", "--headless",
                     "-global", "virtio-mmio.force-legacy=" + legacy, "--fidelity", "fast", "--no-record", "--max-cycles", "6000000000", stdin=(script + "poweroff\n").encode(),
                     patience=600)
        text = result.stdout.decode("latin-1").replace("\r", "")
        what = (text[-1500:], result.stderr)
        check(result.returncode == 0, "exit code", result.returncode, *what)
        check("QEMU VirtIO Block Device" in text and "(16384 x 512)" in text, "virtio info", *what)
        check("1 blocks read: OK" in text and "1 blocks written: OK" in text, *what)
        check("==> %08x" % first in text, "%08x" % first, *what)
        check(self.content(path)[SECTOR:2 * SECTOR] == b"first sector".ljust(SECTOR, b"."), "the write is not in the file")
        if mkfs:
            check("10000 bytes read" in text and "==> %08x" % zlib.crc32(hello) in text, *what)


class Consoles(Case):
    CONSOLE = ["-chardev", "stdio,id=c", "-device", "virtio-serial-device", "-device", "virtconsole,chardev=c"]
    TEXT = b"all of this comes back, however long it may be, and then it ends " * 5 + b"."

    def test_a_virtconsole_has_standard_input_and_output(self):
        for fidelity in ("timed", "fast"):
            result = run(*kernel("console"), *self.CONSOLE, "--fidelity", fidelity, "--no-record", stdin=self.TEXT)
            check(result.returncode == 7 and result.stdout == b"hello " + self.TEXT.upper(), result)

    def test_a_virtconsole_works_the_same_on_qemu(self):
        qemu = shutil.which("qemu-system-riscv64")
        if not qemu:
            return
        process = subprocess.Popen([qemu, "-machine", "virt", "-bios", "none", "-kernel", guest("console"), "-display", "none",
                                    "-serial", "null", *self.CONSOLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        said = process.stdout.read(6)
        process.stdin.write(b"over there.")
        process.stdin.flush()
        said += process.communicate(timeout=PATIENCE)[0]
        check(said == b"hello OVER THERE.", said)

    def test_without_a_chardev_the_terminal_is_the_uarts(self):
        for options in ([], ["-chardev", "null,id=c"]):
            devices = ["-device", "virtio-serial-device", "-device", "virtconsole" + (",chardev=c" if options else "")]
            result = run(*kernel("console"), *options, *devices, "--no-record", "--max-cycles", "3000000", stdin=self.TEXT)
            check(result.returncode == 125 and result.stdout == b"uart", result)

    def test_what_a_virtconsole_was_told_is_recorded_and_repeated(self):
        record = self.path("record")
        result = run(*kernel("console"), *self.CONSOLE, "--record", record, "--state-hash", stdin=self.TEXT)
        again = run("--replay-input", record, "--state-hash")
        check(result.returncode == again.returncode == 7 and result.stdout == again.stdout, result, again)
        check(hash_of(result) == hash_of(again), result, again)


cli_test.GROUPS = {"disks": Disks, "disk-refusals": DiskRefusals, "disk-failures": DiskFailures, "disk-records": DiskRecords,
                   "disk-firmware": DiskFirmware, "virtio-console": Consoles}
sys.exit(cli_test.main())
