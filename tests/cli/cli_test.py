# SPDX-License-Identifier: GPL-3.0-or-later
"""The program lockscope as its users run it: arguments, files, pipes, signals, a terminal.

usage: cli_test.py LOCKSCOPE GUESTS DOCS GROUP...
Each group is one class below; its methods named test_... are sentences. Guests are tiny (echo.S, wait.S, dead.S), so that the
sanitized build runs everything in seconds.
"""
import fcntl
import gzip
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import traceback
import unicodedata

PROGRAM, GUESTS, DOCS = sys.argv[1:4]
PATIENCE = 60  # seconds for anything that could hang


def run(*arguments, stdin=b"", env=None, cwd=None, patience=PATIENCE):
    """One run to its end; standard input is a pipe with these bytes."""
    return subprocess.run([PROGRAM, *arguments], input=stdin, capture_output=True, timeout=patience, env=env, cwd=cwd)


def guest(name):
    return os.path.join(GUESTS, name + ".elf")


def hash_of(result):
    return re.search(r"^state hash ([0-9a-f]{16})$", result.stderr.decode(), re.M).group(1)


def rows_of(machine_file):
    """section.key of all rows in a machine file."""
    names, section = [], ""
    for line in machine_file.decode().splitlines():
        section = line[1:-1] if line.startswith("[") else section
        if re.match(r"[a-z]", line):
            names.append(section + "." + line.split(" = ")[0])
    return names


def check(condition, *what):
    if not condition:
        raise AssertionError(" ".join(str(w) for w in what))


def refuses(pattern, *arguments, env=None, cwd=None):
    """Exit code 2, nothing on standard output, one sentence that begins with the program's name."""
    result = run(*arguments, env=env, cwd=cwd)
    said = result.stderr.decode()
    check(result.returncode == 2, arguments, "exit code", result.returncode, said)
    check(result.stdout == b"", arguments, "wrote", result.stdout)
    check(re.fullmatch(r"lockscope: [^\n]+\n", said), arguments, "said", repr(said))
    check(re.search(pattern, said), arguments, "said", repr(said), "not", pattern)


class Case:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="lockscope-cli-")
        os.environ["XDG_STATE_HOME"] = os.path.join(self.folder, "state")

    def close(self):
        shutil.rmtree(self.folder)

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path

    def records(self):
        folder = os.path.join(self.folder, "state", "lockscope")
        return sorted(os.path.join(folder, name) for name in os.listdir(folder)) if os.path.isdir(folder) else []


class Firmware(Case):
    """Debian's OpenSBI and U-Boot, typed to by a script."""
    OPENSBI = "/usr/lib/riscv64-linux-gnu/opensbi/generic/"
    UBOOT = "/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin"
    # the first line only ends U-Boot's countdown
    SCRIPT = b"\nversion\necho 12*34\nsetexpr x 0x22 * 0x10; printenv x\npoweroff\n"

    def boots(self, firmware, harts):
        result = run("-smp", str(harts), "-bios", self.OPENSBI + firmware, "-kernel", self.UBOOT, "--headless", "--no-record",
                     "--max-cycles", "4000000000", "--state-hash", stdin=self.SCRIPT, patience=900)
        text = result.stdout.decode("latin-1").replace("\r", "")
        what = (firmware, harts, "harts:", text[-600:], result.stderr)
        check(result.returncode == 0, "exit code", result.returncode, *what)
        check(re.search(r"^Platform HART Count +: %d$" % harts, text, re.M), *what)
        check(len(re.findall(r"^U-Boot 20", text, re.M)) == 2, "no second banner (version)", *what)
        check(re.search(r"^12\*34$", text, re.M) and re.search(r"^x=220$", text, re.M), "commands without answers", *what)
        return hash_of(result)

    def test_u_boot_answers_commands_on_1_hart(self):
        self.boots("fw_dynamic.bin", 1)
        self.boots("fw_jump.bin", 1)

    def test_u_boot_answers_commands_on_4_harts(self):
        check(self.boots("fw_dynamic.bin", 4) == self.boots("fw_dynamic.bin", 4), "two runs differ")
        self.boots("fw_jump.elf", 4)

    def test_u_boot_answers_commands_on_8_harts(self):
        self.boots("fw_jump.bin", 8)
        self.boots("fw_dynamic.elf", 8)


class FirmwareOn64(Firmware):
    """Minutes: the harts that U-Boot does not use spin in OpenSBI, an interrupt being pending for their wfi."""
    def test_u_boot_answers_commands_on_64_harts(self):
        self.boots("fw_jump.bin", 64)
        self.boots("fw_dynamic.bin", 64)


class Usage(Case):
    REFUSED = [
        (r"unknown option --max-cycle; did you mean --max-cycles\?", "--max-cycle", "5"),
        (r"unknown option -kernal; did you mean -kernel\?", "-kernal", "x"),
        (r"unknown option --nonsense-of-mine; lockscope --help", "--nonsense-of-mine"),
        (r"unknown option -zzz=3|unknown option -zzz;", "-zzz=3"),
        (r"-smp 0: .* 1 to 256", "-smp", "0"),
        (r"-smp 257: .* 1 to 256", "-smp", "257"),
        (r"-smp 99999999999999999999: .* 1 to 256", "-smp", "99999999999999999999"),
        (r"-smp -1: .* 1 to 256", "-smp", "-1"),
        (r"-smp 4x: .* 1 to 256", "-smp", "4x"),
        (r"-smp : .* 1 to 256", "-smp", ""),
        (r"-smp 4,cores=3: that is 4 harts and a topology of 3; they must be as many", "-smp", "4,cores=3"),
        (r"-smp cores=300: write .*, 1 to 256 harts in all", "-smp", "cores=300"),
        (r"-smp cores=20,threads=20: write .*, 1 to 256 harts", "-smp", "cores=20,threads=20"),
        (r"-smp 4,maxcpus=8: harts cannot be added later; leave maxcpus out", "-smp", "4,maxcpus=8"),
        (r"-smp 4,corez=4: write \[cpus=\]N", "-smp", "4,corez=4"),
        (r"-smp 4,8: write \[cpus=\]N", "-smp", "4,8"),
        (r"-cpu rv64,v=true: harts do not have v \(vectors\)", "-cpu", "rv64,v=true"),
        (r"-cpu rv64,c=off: harts always have c \(compressed instructions\)", "-cpu", "rv64,c=off"),
        (r"-cpu rv64,h: h is on or off", "-cpu", "rv64,h"),
        (r"-gdb is refused: there is no gdb server yet", "-gdb", "tcp::26000"),
        (r"--enable-kvm is refused: the harts are emulated", "--enable-kvm"),
        (r"-pflash needs a value: FILE", "-pflash"),
        (r"unknown option -semihostin; did you mean -semihosting\?", "-semihostin"),
        (r"--smp cpus=: .* 1 to 256", "--smp=cpus="),
        (r"-smp needs a value: \[cpus=\]N", "-smp"),
        (r"-m 12junk: .* 4M to 8G", "-m", "12junk"),
        (r"-m 0: .* 4M to 8G", "-m", "0"),
        (r"-m 9G: .* 4M to 8G", "-m", "9G"),
        (r"-m 1024: .*8G|-m 9000: .* 4M to 8G", "-m", "9000"),
        (r"-m -5M: .* 4M to 8G", "-m", "-5M"),
        (r"-m 1\.5\.5G: .* 4M to 8G", "-m", "1.5.5G"),
        (r"-m 5000K: .*|-m 1025K: .* 4M to 8G in steps of 4K", "-m", "1025K"),
        (r"-machine spike: there is no machine 'spike'", "-machine", "spike"),
        (r"-M virt,aclint=maybe: virt's properties are aclint=on, aclint=off and dumpdtb=FILE, not 'aclint'", "-M", "virt,aclint=maybe"),
        (r"-M virt,dumpdtb=: virt's properties are .*, not 'dumpdtb'", "-M", "virt,dumpdtb="),
        (r"-M virt,dumpdtb=a+: the name of dumpdtb's file is too long", "-M", "virt,dumpdtb=" + 5000 * "a"),
        (r"cannot write the device tree /nonexistent/t: No such file", "GUEST", "-M", "virt,dumpdtb=/nonexistent/t"),
        (r"-M virt,gic=3: .*'gic'", "-M", "virt,gic=3"),
        (r"-M virt,aia=aplic: .*'aia'", "-M", "virt,aia=aplic"),
        (r"-cpu rv32: there is no hart type 'rv32'", "-cpu", "rv32"),
        (r"-cpu rv64,zbx=off: harts have no property 'zbx'", "-cpu", "rv64,zbx=off"),
        (r"-cpu rv64,zba=maybe: hart\.zba is one of off\|on, not 'maybe'", "-cpu", "rv64,zba=maybe"),
        (r"-cpu rv64,itlb=65: hart\.itlb is a number from 1 to 64 entries", "-cpu", "rv64,itlb=65"),
        (r"-serial tcp::5: the console can go to stdio", "-serial", "tcp::5"),
        (r"-display gtk: there is no display yet", "-display", "gtk"),
        (r"-monitor stdio: the monitor is on the terminal, with -S", "-monitor", "stdio"),
        (r"-rtc base=yesterday: the clock's base must be a date", "-rtc", "base=yesterday"),
        (r"-rtc base=2020-02-30: the clock's base must be a date", "-rtc", "base=2020-02-30"),
        (r"--max-cycles 0: the limit must be", "--max-cycles", "0"),
        (r"--max-cycles 1e9: the limit must be", "--max-cycles", "1e9"),
        (r"--timeout soon: the limit must be", "--timeout", "soon"),
        (r"--timeout : the limit must be", "--timeout="),
        (r"-cpu rv64,own-store-clears=on: harts have no property", "-cpu", "rv64,own-store-clears=on"),
        (r"--granule 5: a reservation granule is 4, 8, 16, 32 or 64 bytes, not 5", "--granule", "5"),
        (r"--granule 128: reservation\.granule is a number from 4 to 64 bytes, not '128'", "--granule", "128"),
        (r"--seed x: machine\.seed is a number from 0 to 9223372036854775807, not 'x'", "--seed", "x"),
        (r"--fidelity slow: machine\.fidelity is one of timed\|fast, not 'slow'", "--fidelity", "slow"),
        (r"--switch fast: write CYCLE:timed or CYCLE:fast", "--switch", "fast"),
        (r"--switch 10: write CYCLE:timed", "--switch", "10"),
        (r"--switch 10:: write CYCLE:timed", "--switch", "10:"),
        (r"--switch 10:slow: write CYCLE:timed", "--switch", "10:slow"),
        (r"--switch :fast: write CYCLE:timed", "--switch", ":fast"),
        (r"--switch -1:fast: write CYCLE:timed", "--switch", "-1:fast"),
        (r"--switch 1e6:fast: write CYCLE:timed", "--switch", "1e6:fast"),
        (r"--switch 9223372036854775808:fast: write CYCLE:timed", "--switch", "9223372036854775808:fast"),
        (r"--switch 64:fast: there can be 64 switches", *[word for cycle in range(65) for word in ("--switch", "%d:fast" % cycle)]),
        (r"--switch and --replay-input exclude each other", "--switch", "1:fast", "--replay-input", "x"),
        (r"--bus fast: bus\.kind is one of split\|atomic, not 'fast'", "--bus", "fast"),
        (r"--arbiter best: bus\.arbiter is one of round-robin\|fixed\|oldest\|random, not 'best'", "--arbiter", "best"),
        (r"--lr-fill none: reservation\.fill is one of shared\|exclusive, not 'none'", "--lr-fill", "none"),
        (r"--hold -1: reservation\.hold is a number from 0 to 10000 cycles, not '-1'", "--hold", "-1"),
        (r"--quantum 1000001: machine\.quantum is a number from 0 to 1000000 cycles", "--quantum", "1000001"),
        (r"--l1i 48K: l1i\.size and l1i\.ways must be powers of two, not 49152 and 4", "--l1i", "48K"),
        (r"--l1d 64,ways=2: l1d: 64 bytes are too few for 2 ways", "--l1d", "64,ways=2"),
        (r"--l1d 64K,wayz=2: section l1d has no key 'wayz'; did you mean ways\?", "--l1d", "64K,wayz=2"),
        (r"--l1d 64K,2: write SIZE\[,KEY=VALUE\]", "--l1d", "64K,2"),
        (r"--l1d 64K,replacement=lru: l1d\.replacement is one of fifo\|random, not 'lru'", "--l1d", "64K,replacement=lru"),
        (r"--set bus.kinds=split: section bus has no key 'kinds'; did you mean kind\?", "--set", "bus.kinds=split"),
        (r"--set bus.zzzzzz=1: section bus has no key 'zzzzzz'; lockscope --print-config shows all", "--set", "bus.zzzzzz=1"),
        (r"--set buss.kind=split: there is no section 'buss'; did you mean bus\?", "--set", "buss.kind=split"),
        (r"--set zzzzzz.kind=1: there is no section 'zzzzzz'; lockscope --print-config shows all", "--set", "zzzzzz.kind=1"),
        (r"--set bus.memory=99999: bus\.memory is a number from 0 to 10000 cycles, not '99999'", "--set", "bus.memory=99999"),
        (r"--set bus.kind: write SECTION.KEY=VALUE, as bus.memory=60", "--set", "bus.kind"),
        (r"--set bus=4: write SECTION.KEY=VALUE", "--set=bus=4"),
        (r"--set aaaa.*: write SECTION.KEY=VALUE", "--set", "a" * 5000 + ".b=1"),
        (r"--set machine.ram=4097K: RAM is 4 MiB to 8 GiB in whole pages", "--set", "machine.ram=4097K"),
        (r"--set machine.ram=4195328: RAM is .* whole pages", "--set", "machine.ram=4195328"),
        (r"cannot read /nonexistent/m: No such file", "--machine-file", "/nonexistent/m"),
        (r"cannot read /: Is a directory", "--machine-file", "/"),
        (r"cannot read /dev/zero: Not a regular file", "--machine-file", "/dev/zero"),
        (r"--machine-file '': the name of a file must not be empty", "--machine-file="),
        (r"--machine-file x: there can be 16 machine files", *["--machine-file", "x"] * 17),
        (r"cannot read /nonexistent/v: No such file", "GUEST", "--symbols", "/nonexistent/v,offset=4"),
        (r"cannot read /dev/zero: Not a regular file", "GUEST", "--symbols", "/dev/zero"),
        (r"cli_test.py is no ELF file, so it has no symbols", "GUEST", "--symbols", os.path.abspath(__file__)),
        (r"--symbols '': the name of a file must not be empty", "--symbols="),
        (r"--symbols ',offset=1': the name of a file must not be empty", "--symbols", ",offset=1"),
        *[(re.escape("--symbols x,offset=%s: the offset must be a number of bytes, as 0x40000000 or -0x1000" % offset),
           "--symbols", "x,offset=" + offset) for offset in ("", "-", "x", "1x", "0x", "0xg", "--1", " 1", "010x", "1,2", "99999999999999999999")],
        (r"--symbols x: there can be 16 files with symbols", *["--symbols", "x"] * 17),
        (r"--symbols a+: the name of the file is too long", "--symbols", "a" * 5000),
        (r"--source-path '': the name of a folder must not be empty", "--source-path="),
        (r"--source-path x: there can be 16 folders with sources", *["--source-path", "x"] * 17),
        (r"--escape A: the escape key must be \^A", "--escape", "A"),
        (r"--progress maybe: progress is auto, on or off", "--headless", "--progress", "maybe"),
        (r"--progress on needs --headless", "--progress", "on"),
        (r"--headless takes no value, but was given 'yes'", "--headless=yes"),
        (r"--record and --no-record exclude each other", "--record", "x", "--no-record"),
        (r"only one program can be run, but 'a' and 'b'", "a", "b"),
        (r"either the program 'a' or -kernel 'b'", "a", "-kernel", "b"),
        (r"nothing to run: -bios none needs a -kernel", "-bios", "none"),
        (r"-append needs a -kernel", "-append", "x", "-bios", "none", "-kernel="),
        (r"cannot read /nonexistent/kernel: No such file", "-kernel", "/nonexistent/kernel", "-bios", "none"),
        (r"cannot read /nonexistent/rd: No such file", "GUEST", "-initrd", "/nonexistent/rd"),
        (r"cannot read /: Is a directory", "/"),
        (r"cannot read /dev/null: Not a regular file", "/dev/null"),
        (r"cannot write the statistics /nonexistent/s: No such file", "GUEST", "--stats", "/nonexistent/s"),
        (r"cannot write the record /nonexistent/r: No such file", "GUEST", "--record", "/nonexistent/r"),
        (r"cannot write the console to /nonexistent/c: No such file", "GUEST", "-serial", "file:/nonexistent/c"),
        (r"cannot read /nonexistent/r: No such file", "--replay-input", "/nonexistent/r"),
    ]

    def test_wrong_arguments_are_refused_in_one_sentence(self):
        for pattern, *arguments in self.REFUSED:
            if arguments[-1] == "-kernel=":
                pattern, arguments = r"-kernel '': the name of a file must not be empty", arguments
            refuses(pattern, *[guest("dead") if word == "GUEST" else word for word in arguments])

    def test_append_and_initrd_need_a_kernel(self):
        refuses(r"-append needs a -kernel", "-append", "x")
        refuses(r"-initrd needs a -kernel", "-initrd", "x", "-bios", "default")

    def test_files_that_cannot_be_images_are_refused(self):
        refuses(r"cannot use .*: the file is empty", self.path("empty", b""))
        huge = self.path("huge", b"")
        os.truncate(huge, (8 << 30) + 1)
        refuses(r"cannot use .*: the file is larger than 8 GiB", huge)
        refuses(r"does not fit|RAM", self.path("large", b"\1" * (3 << 20)), "-m", "2M")
        if os.geteuid() != 0:
            secret = self.path("secret", b"x")
            os.chmod(secret, 0)
            refuses(r"cannot read .*: Permission denied", secret)

    def test_a_missing_package_is_named(self):
        env = dict(os.environ, LOCKSCOPE_ROOT="/nonexistent")
        refuses(r"OpenSBI firmware is not installed; Debian's package opensbi", env=env)
        os.makedirs(self.path("usr/share/qemu"))
        self.path("usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin", b"\1\2")
        env["LOCKSCOPE_ROOT"] = self.folder
        refuses(r"\(U-Boot\) is not installed; Debian's package u-boot-qemu", env=env)

    def test_help_lists_every_option_once_and_every_exit_code(self):
        result = run("--help")
        text = result.stdout.decode()
        check(result.returncode == 0 and result.stderr == b"", result)
        with open(os.path.join(DOCS, "reference", "options.md")) as page:
            names = re.findall(r"^\| `(--?[A-Za-z0-9_-]+)", page.read(), re.M)
        check(len(names) > 30, names)
        for name in names:
            check(len(re.findall(r"^  %s( |$)" % re.escape(name), text, re.M)) == 1, name, "in the help")
        check("--reference" not in text, "a hidden option is shown")
        for code in ("2", "122", "123", "124", "125", "141", "128 + n"):
            check(re.search(r"^  %s  " % re.escape(code), text, re.M), code, "in the help")
        check(run("-h").stdout == result.stdout and run("-help").stdout == result.stdout, "spellings of -help")

    def test_the_generated_pages_are_up_to_date(self):
        for page in ("options", "exit-codes", "config", "monitor"):
            with open(os.path.join(DOCS, "reference", page + ".md"), "rb") as file:
                check(run("--reference", page).stdout == file.read(), "docs/reference/%s.md is old:" % page,
                      "lockscope --reference", page)

    def test_every_spelling_of_an_option_means_the_same(self):
        want = run(guest("echo"), "-smp", "3", "--max-cycles", "20000", "--state-hash")
        check(want.returncode == 125, want)
        for spelling in (["--smp", "3"], ["-smp=3"], ["--smp=3"], ["-smp", "cpus=3"], ["-smp", "7", "-smp", "0x3"]):
            got = run(*spelling, "-max-cycles=20000", "-state-hash", "--", guest("echo"))
            check(hash_of(got) == hash_of(want), spelling)
        other = run(guest("echo"), "-smp", "2", "--max-cycles", "20000", "--state-hash")
        check(hash_of(other) != hash_of(want), "other harts, same hash")

    def test_qemus_command_lines_are_understood(self):
        result = run("-machine", "virt,aclint=off,aia=none,usb=off", "-cpu", "rv64,svadu=off,sstc=off,zba=false,misaligned=no", "-smp", "2", "-m",
                     "size=1.5G", "-bios", "none", "-kernel", guest("echo"), "-append", "a b", "-nographic", "-serial", "mon:stdio",
                     "-display", "none", "-monitor", "none", "-no-reboot", "-icount", "shift=0", "-accel", "tcg", "-name", "x",
                     "-rtc", "base=2001-02-03T04:05:06", stdin=b"q")
        check(result.returncode == 7 and result.stdout == b">q", result)
        check(re.search(r"note: -icount means nothing here", result.stderr.decode()), result)

    def test_network_clock_and_monitor_as_kernel_makefiles_turn_them_off(self):
        result = run(guest("echo"), "-net", "none", "-rtc", "clock=vm", "-monitor", "null", stdin=b"q")
        check(result.returncode == 7 and result.stdout == b">q", result)
        refuses(r"-net nic: there is no network; use none", guest("echo"), "-net", "nic")

    def test_of_several_serial_options_the_first_is_the_uarts(self):
        result = run(guest("echo"), "-serial", "mon:stdio", "-serial", "null", "-serial", "file:/nonexistent/c", stdin=b"q")
        check(result.returncode == 7 and result.stdout == b">q", result)
        check(result.stderr.count(b"note: -serial means nothing here") == 1, result)
        result = run(guest("dead"), "-serial", "null", "-serial", "stdio")
        check(result.returncode == 123 and result.stdout == b"", result)

    def test_a_serial_console_by_chardev_is_the_chardevs(self):
        both = ["-mon", "chardev=con,mode=readline"]
        result = run(guest("echo"), "-chardev", "stdio,id=con,mux=on", "-serial", "chardev:con", *both, stdin=b"q")
        check(result.returncode == 7 and result.stdout == b">q", result)
        result = run(guest("dead"), "-serial", "chardev:con", "-chardev", "null,id=con")
        check(result.returncode == 123 and result.stdout == b"", result)
        refuses("-serial chardev:other: there is no -chardev with that id", guest("dead"), "-chardev", "null,id=con", "-serial", "chardev:other")
        refuses("the monitor answers programs", guest("dead"), "-chardev", "stdio,id=con", "-mon", "chardev=con,mode=control")

    def test_images_that_lie_over_each_other_are_refused(self):
        refuses("the kernel lies over the firmware, at 0x80000000; one that starts in M-mode by itself needs -bios none",
                "-bios", guest("echo"), "-kernel", guest("dead"))
        refuses("the initrd lies over the kernel, at 0x80200000; use more RAM", "-bios", "none", "-m", "4M",
                "-kernel", self.path("long", bytes(3 << 20)), "-initrd", self.path("initrd", bytes(4096)))

    def test_qemus_options_that_mean_nothing_here_are_accepted_with_one_note_each(self):
        result = run(guest("echo"), "-nodefaults", "-no-shutdown", "-d", "int,cpu_reset", "-D", "/nonexistent/log", "-d", "exec",
                     "-semihosting", "-cpu", "rv64,h=false,c=on,Zifencei=true", "-smp", "4,sockets=1,cores=2,threads=2", "-vga", "none",
                     stdin=b"q")
        check(result.returncode == 7 and result.stdout == b">q", result)
        notes = re.findall(r"note: (-\S+) means nothing here and is ignored", result.stderr.decode())
        check(notes == ["-nodefaults", "-no-shutdown", "-d", "-D", "-semihosting", "-vga"], notes)

    def test_a_topology_without_a_number_of_harts_makes_it(self):
        want = hash_of(run(guest("echo"), "-smp", "6", "--state-hash", stdin=b"q"))
        for spelling in ("6,sockets=3,cores=2", "sockets=1,cores=3,threads=2", "cpus=6,maxcpus=6"):
            check(hash_of(run(guest("echo"), "-smp", spelling, "--state-hash", stdin=b"q")) == want, spelling)

    def test_symbols_and_source_folders_make_no_difference_to_the_run(self):
        want = run(guest("echo"), "--state-hash", stdin=b"q")
        got = run(guest("echo"), "--state-hash", "--symbols", guest("echo"), "--symbols", guest("wait") + ",offset=-0x1000",
                  "--symbols", guest("dead") + ",offset=0xffffffff80000000", "--source-path", "/nonexistent", stdin=b"q")
        check(got.returncode == 7 and hash_of(got) == hash_of(want), want, got)
        copy = self.path("symbols.elf")
        shutil.copy(guest("wait"), copy)
        refuses(r"symbols.elf would be overwritten", "--stats", copy, "--symbols", copy + ",offset=4", guest("echo"))

    def test_dumpdtb_writes_the_device_tree_and_ends(self):
        trees = {}
        for machine in ("virt", "virt,aclint=on"):
            path = self.path("tree.dtb")
            result = run("-M", machine + ",dumpdtb=" + path, "-smp", "2", "-bios", "none", "--no-record")
            check(result.returncode == 0 and result.stdout == b"" and result.stderr == b"", result)
            with open(path, "rb") as file:
                trees[machine] = file.read()
            check(trees[machine][:4] == b"\xd0\x0d\xfe\xed", "no device tree")
            check(int.from_bytes(trees[machine][4:8], "big") == len(trees[machine]), "not all of it")
        check(b"clint0" in trees["virt"] and b"aclint-sswi" not in trees["virt"], "virt")
        check(b"clint0" not in trees["virt,aclint=on"] and b"aclint-sswi" in trees["virt,aclint=on"], "virt,aclint=on")
        again = self.path("again.dtb")
        result = run("-M", "virt,dumpdtb=" + again, "-dtb", self.path("given.dtb", trees["virt"]), guest("echo"))
        with open(again, "rb") as file:
            check(result.returncode == 0 and file.read() == trees["virt"], "a tree that is given", result)
        refuses("would be overwritten", "-M", "virt,dumpdtb=" + again, "-dtb", again, guest("echo"))


class Machine(Case):
    """The configuration: machine files, options that set rows, --print-config."""

    def printed(self, *arguments):
        result = run(*arguments, "--print-config")
        check(result.returncode == 0 and result.stderr == b"", arguments, result)
        return result.stdout.decode()

    def row(self, name, *arguments):
        section, key = name.split(".")
        text = self.printed(*arguments).split("[%s]\n" % section)[1].split("\n[")[0]
        return re.search(r"^%s = (.*)$" % re.escape(key), text, re.M).group(1)

    # file's content, and what is said about it behind its name
    REFUSED = [
        (b"[machine]\nharts = 4\n[buss]\n", r", line 3: there is no section 'buss'; did you mean bus\?"),
        (b"[ bus ]\n", r", line 1: there is no section ' bus '; did you mean bus\?"),
        (b"[zzzzzz]\n", r", line 1: there is no section 'zzzzzz'; lockscope --print-config shows all"),
        (b"[]\n", r", line 1: there is no section ''"),
        (b"[bus\n", r", line 1: a section is written as \[section\], and nothing else on its line"),
        (b"[bus] kind = atomic\n", r", line 1: a section is written as \[section\]"),
        (b"\n[bus]\nkinds = split\n", r", line 3: section bus has no key 'kinds'; did you mean kind\?"),
        (b"[bus]\nharts = 2\n", r", line 2: section bus has no key 'harts'; lockscope --print-config shows all"),
        (b"[bus]\n= 2\n", r", line 2: section bus has no key ''"),
        (b"[bus]\nkind = fast\n", r", line 2: bus\.kind is one of split\|atomic, not 'fast'"),
        (b"[bus]\nkind =\n", r", line 2: bus\.kind is one of split\|atomic, not ''"),
        (b"[hart]\nzba = perhaps\n", r", line 2: hart\.zba is one of off\|on, not 'perhaps'"),
        (b"[machine]\nharts = 257\n", r", line 2: machine\.harts is a number from 1 to 256, not '257'"),
        (b"[machine]\nram = 1T\n", r", line 2: machine\.ram is a number from 4194304 to 8589934592 bytes, not '1T'"),
        (b"[bus]\nkind = split\n\n[machine]\n[bus]\nkind = atomic\n", r", line 6: bus\.kind is already set in line 2"),
        (b"; no section\nharts = 2\n", r", line 2: the key 'harts' stands outside a section"),
        (b"[machine]\nharts\n", r", line 2: neither \[section\] nor key = value"),
        (b"[machine]\nharts\nharts = x\n", r", line 2: neither \[section\] nor key = value"),
        (b"[machine]\nharts = " + b"1" * 200 + b"\n", r", line 2: the line is too long"),
        (b"[machine]\nharts = 2\0\n", r", line 2: not a line of text"),
        (b"\x7fELF\2\1\1" + bytes(100), r", line 1: not a line of text"),
        (b"[machine]\rharts = 2\r", r", line 1: not a line of text"),
        (b"\n[machine]\nharts = \x1b[2J\n", r", line 3: not a line of text"),
        (b"#" * 65537, r" is no machine file: it is larger than 64 KiB"),
        (b"[reservation]\ngranule = 5\nhold = 3\n", r", line 2: a reservation granule is 4, 8, 16, 32 or 64 bytes, not 5"),
        (b"[bus]\nwidth = 24\n", r", line 2: bus\.width is a power of two, not 24 bytes"),
        (b"[l1d]\nsize = 128\nreplacement = random\nways = 8\n", r", line 2: l1d: 128 bytes are too few for 8 ways"),
    ]

    def test_mistakes_in_a_machine_file_are_named_with_their_line(self):
        for content, pattern in self.REFUSED:
            path = self.path("m.ini", content)
            refuses("^lockscope: " + re.escape(path) + pattern, "--machine-file", path)

    def test_what_cannot_be_read_is_no_machine_file(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        refuses(r"cannot read .*fifo: Not a regular file", "--machine-file", fifo)
        huge = self.path("huge", b"")
        os.truncate(huge, 8 << 30)
        refuses(r"huge is no machine file: it is larger than 64 KiB", "--machine-file", huge)
        copy = self.path("m.ini", b"")
        refuses(r"m.ini would be overwritten", "--stats", copy, "--machine-file", copy, guest("dead"))

    def test_blanks_comments_and_line_ends_mean_nothing(self):
        want = self.printed("-smp", "3", "--seed", "5", "--l1d", "64,ways=1")
        for content in (b"[machine]\nharts=3\nseed=5\n[l1d]\nsize=64\nways=1",
                        b"\xef\xbb\xbf[machine]\r\nharts = 3\r\nseed = 0x5\r\n[l1d]\r\nsize = 64\r\nways = 1\r\n",
                        b"# x\n  [machine] ; y\n\tharts =\t3 # z\n   seed = 5 ; " + b"a" * 5000 +
                        b"\n\n[bus]\n[l1d]\nways = 1\n[l1d]\nsize = 64\n;[buss]\n"):
            check(self.printed("--machine-file", self.path("m.ini", content)) == want, content)

    def test_the_printed_configuration_reads_back_as_the_same(self):
        many = ["-smp", "7", "-m", "12M", "--seed", "0x7fffffffffffffff", "--fidelity", "fast", "--bus", "atomic", "--arbiter", "oldest",
                "--granule", "16", "--lr-fill", "exclusive", "--hold", "5", "--quantum", "64", "--l1i", "16K,ways=2,replacement=random",
                "--l1d", "1k,ways=16", "-cpu", "rv64,zba=no,itlb=0x10,sstc=false", "-rtc", "base=2001-02-03", "--set", "bus.memory=77",
                "--set=reservation.keep-on-trap=yes", "--set", "reservation.own-store-clears=on", "--set", "pipeline.fp=9"]
        for arguments in ([], many, ["-kernel", "/nonexistent"]):
            text = self.printed(*arguments)
            path = self.path("m.ini", text.encode())
            check(self.printed("--machine-file", path) == text, arguments)
        text = self.printed(*many)
        default = self.printed(guest("dead"))
        changed = [line for line in text.splitlines() if line not in default.splitlines()]
        check(len([line for line in changed if " = " in line]) >= 21, changed)
        for want in ("harts = 7", "ram = 12582912", "fidelity = fast", "arbiter = oldest", "fill = exclusive", "replacement = random",
                     "size = 1024", "rtc = 981158400", "keep-on-trap = on", "zba = off", "itlb = 16"):
            check(want in changed, want, changed)

    def test_the_printed_configuration_says_what_its_rows_mean(self):
        text = self.printed()
        for line in re.findall(r"^(.*)\n(?:[a-z0-9-]+) = ", text, re.M):
            check(re.fullmatch(r"; \S.* \(.*, default \S+\)", line), repr(line))
        with open(os.path.join(DOCS, "reference", "config.md")) as page:
            keys = re.findall(r"^\| `([a-z0-9-]+)` \|", page.read(), re.M)
        check([name.split(".")[1] for name in rows_of(text.encode())] == keys and len(keys) > 40, keys)

    def test_the_bundled_guest_has_four_harts_unless_told(self):
        check(self.row("machine.harts") == "4" and self.row("machine.harts", guest("dead")) == "1", "the default")
        path = self.path("m.ini", b"[machine]\nharts = 1\n")
        check(self.row("machine.harts", "--machine-file", path) == "1", "told by a file")
        check(self.row("machine.harts", "--set", "machine.harts=2") == "2", "told by an option")

    def test_options_win_over_files_and_later_files_over_earlier(self):
        one = self.path("one.ini", b"[machine]\nharts = 3\nseed = 1\n[bus]\nmemory = 1\n")
        two = self.path("two.ini", b"[machine]\nseed = 2\n[bus]\nmemory = 2\n")
        files = ["--machine-file", one, "--machine-file", two]
        for arguments in ([*files, "--set", "bus.memory=9"], ["--set", "bus.memory=9", *files],
                          [*files[:2], "--set", "bus.memory=8", "--set", "bus.memory=9", *files[2:]]):
            check(self.row("machine.harts", *arguments) == "3", arguments)
            check(self.row("machine.seed", *arguments) == "2", arguments)
            check(self.row("bus.memory", *arguments) == "9", arguments)
        check(self.row("machine.seed", "--machine-file", two, "--machine-file", one) == "1", "the other order")
        check(self.row("machine.harts", "-smp", "5", *files) == "5" and self.row("machine.ram", *files, "-m", "8") == "8388608", "QEMU's")

    def test_a_file_may_need_an_option_to_be_possible(self):
        path = self.path("m.ini", b"[l1d]\nsize = 64\n")
        refuses(r"m.ini, line 2: l1d: 64 bytes are too few for 4 ways", "--machine-file", path)
        check(self.row("l1d.ways", "--set", "l1d.ways=1", "--machine-file", path) == "1", "with an option")

    def test_a_record_keeps_the_configuration(self):
        path = self.path("m.ini", b"[machine]\nseed = 3\n[reservation]\nkeep-on-trap = on\n[bus]\narbiter = fixed\n")
        file = self.path("record")
        want = run(guest("wait"), "--machine-file", path, "-smp", "2", "--record", file, "--state-hash", stdin=b"abq")
        got = run("--replay-input", file, "--state-hash")
        check(want.returncode == got.returncode == 7 and hash_of(got) == hash_of(want), want, got)
        plain = run(guest("wait"), "-smp", "2", "--no-record", "--state-hash", stdin=b"abq")
        check(hash_of(plain) != hash_of(want), "the file changed nothing")
        check(self.printed("--replay-input", file) == self.printed(guest("wait"), "--machine-file", path, "-smp", "2"), "printed")
        check(run("--replay-input", file, "--machine-file", path).returncode == 7, "the same file on top")
        refuses(r"was recorded with bus.arbiter fixed, not oldest", "--replay-input", file, "--arbiter", "oldest")
        other = self.path("other.ini", b"[machine]\nseed = 4\n")
        refuses(r"was recorded with machine.seed 3, not 4", "--replay-input", file, "--machine-file", other)

    def test_a_quantum_beyond_the_look_ahead_is_marked(self):
        stats = self.path("stats")
        for quantum, more, cycles in (("12", [], 0), ("13", [], 12), ("64", ["--set", "bus.address=100"], 12),
                                      ("6", ["--set", "bus.address=3"], 5), ("5", ["--set", "bus.address=3"], 0)):
            result = run(guest("dead"), "--quantum", quantum, "--stats", stats, *more)
            said = re.match(r"lockscope: --quantum %s: an approximation: .* the %d cycles .*\n" % (quantum, cycles), result.stderr.decode())
            check(result.returncode == 123 and bool(said) == (cycles > 0), quantum, more, result)
            with open(stats) as file:
                check(json.load(file)["approximate"] is (cycles > 0), quantum, more)


class Runs(Case):
    def test_output_that_cannot_be_written_is_an_error_however_short_or_long(self):
        with open("/dev/full", "wb") as full:
            for arguments in [[guest("echo")], ["-version"], ["--help"], ["--reference", "options"], ["--reference", "config"], ["--print-config"]]:
                result = subprocess.run([PROGRAM, *arguments], input=b"q\n", stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE)
                check(result.returncode == 2 and b"No space left" in result.stderr, arguments, result)
        result = run(guest("echo"), "--record", "/dev/full", stdin=b"q\n")
        check(result.returncode == 2, result)

    def test_the_guests_exit_code_is_the_programs(self):
        for name in ("echo", "wait"):
            result = run(guest(name), "--no-record", stdin=b"helloq")
            check(result.returncode == 7 and result.stdout == b">helloq" and result.stderr == b"", result)

    def test_images_of_loader_devices_are_in_memory_at_power_on(self):
        words = (0x001002b7, 0x00073337, 0x33330313, 0x0062a023, 0x0000006f)  # writes 7 << 16 | 0x3333 to the finisher
        code = b"".join(word.to_bytes(4, "little") for word in words)
        raw = self.path("raw.bin", code)
        record = self.path("run")
        result = run("-bios", "none", "-device", "loader,file=%s,addr=0x80000000" % raw, "--record", record, "--state-hash", "-smp", "2")
        check(result.returncode == 7, result)
        again = run("--replay-input", record, "--state-hash")
        check(again.returncode == 7 and hash_of(again) == hash_of(result), again)
        os.unlink(raw)
        refuses("No such file", "--replay-input", record)
        # over the firmware's place, the last one wins; an ELF file goes where it says
        first = self.path("first.bin", bytes(512))
        elf = run("-bios", "none", "-device", "loader,file=%s,addr=0x80000000" % first, "-device", "loader,file=" + guest("echo"),
                  "--headless", stdin=b"xq")
        check(elf.returncode == 7 and elf.stdout == b">xq", elf)
        refuses("loader: it is not an ELF file, and needs an address", "-bios", "none", "-device", "loader,file=" + first)
        refuses("loader: an image of 0x200 bytes at 0x1000 is outside RAM", "-bios", "none", "-device", "loader,file=%s,addr=4096" % first)
        refuses("loader has no 'adr'; did you mean addr", "-bios", "none", "-device", "loader,file=x,adr=1")
        refuses("there can be 4 of them", "-bios", "none", *["-device", "loader,file=%s,addr=0x80000000" % first] * 5)
        refuses("needs a file", "-bios", "none", "-device", "loader,addr=1")

    def test_a_kernel_packed_by_gzip_is_the_same_kernel(self):
        with open(guest("echo"), "rb") as file:
            kernel = file.read()
        middle = len(kernel) // 2
        packed = self.path("kernel.gz", gzip.compress(kernel[:middle], 9) + gzip.compress(kernel[middle:], 1))
        plain = run("--headless", "--no-record", "--state-hash", "--max-cycles", "30000000", guest("echo"), stdin=b"hello!")
        record = self.path("run")
        result = run("--headless", "--record", record, "--state-hash", "--max-cycles", "30000000", packed, stdin=b"hello!")
        check(b"hello!" in plain.stdout and result.stdout == plain.stdout and result.returncode == plain.returncode == 125, result)
        check(hash_of(result) == hash_of(plain), "another state")
        again = run("--replay-input", record, "--state-hash")
        check(hash_of(again) == hash_of(plain), "the replay came to another state", again.stderr)

    def test_a_damaged_packed_kernel_is_refused(self):
        with open(guest("echo"), "rb") as file:
            packed = gzip.compress(file.read())
        refuses("damaged or cut off", self.path("cut.gz", packed[:-9]))
        refuses("damaged or cut off", self.path("flipped.gz", packed[:40] + bytes([packed[40] ^ 0xff]) + packed[41:]))
        refuses("damaged or cut off", self.path("behind.gz", packed + b"something else"))
        refuses("damaged or cut off", self.path("short.gz", packed[:2]))
        refuses("nothing is packed in it", self.path("empty.gz", gzip.compress(b"")))

    def test_a_linux_kernel_that_asks_for_more_memory_than_there_is_is_refused(self):
        header = bytearray(64)
        header[16:24] = (64 << 20).to_bytes(8, "little")
        header[56:60] = b"RSC\x05"
        image = self.path("Image", bytes(header))
        refuses("asks for 0x4000000 bytes at 0x80000000, more than RAM", "-m", "32M", "-bios", "none", "-kernel", image)
        header[24] = 1
        refuses("big-endian", "-bios", "none", "-kernel", self.path("Image", bytes(header)))

    def test_a_piped_script_gives_the_same_run_every_time(self):
        script = bytes(range(97, 113)) * 20 + b"q"
        for name in ("echo", "wait"):
            hashes = {hash_of(run(guest(name), "-smp", "3", "--state-hash", stdin=script)) for _ in range(3)}
            slow = subprocess.Popen([PROGRAM, guest(name), "-smp", "3", "--state-hash"], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for byte in (script[:100], script[100:101], script[101:]):
                slow.stdin.write(byte)
                slow.stdin.flush()
                time.sleep(0.2)
            out, err = slow.communicate(timeout=PATIENCE)
            hashes.add(re.search(rb"state hash (\w+)", err).group(1).decode())
            file = self.path("script", script)
            with open(file, "rb") as stdin:
                result = subprocess.run([PROGRAM, guest(name), "-smp", "3", "--state-hash"], stdin=stdin, capture_output=True,
                                        timeout=PATIENCE)
            hashes.add(hash_of(result))
            check(out == b">" + script and result.stdout == out, name, out, result)
            check(len(hashes) == 1, name, hashes)

    def test_a_live_pipe_is_answered_as_its_bytes_come(self):
        process = subprocess.Popen([PROGRAM, guest("wait")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        check(process.stdout.read(1) == b">", "no prompt")
        for byte in b"ab":
            time.sleep(1.2 if byte == ord("a") else 0.1)
            process.stdin.write(bytes([byte]))
            process.stdin.flush()
            check(process.stdout.read(1) == bytes([byte]), "no echo")
        process.stdin.write(b"q")
        process.stdin.flush()
        check(process.wait(PATIENCE) == 7, process.returncode)

    def test_limits_have_their_own_exit_codes(self):
        result = run(guest("echo"), "--max-cycles", "100000")
        check(result.returncode == 125 and result.stdout == b">", result)
        check(result.stderr == b"lockscope: stopped before cycle 100000 (--max-cycles)\n", result)
        result = run(guest("wait"), "--max-cycles", "300000000")
        check(result.returncode == 125, result)
        began = time.monotonic()
        result = run(guest("echo"), "--timeout", "0.3")
        check(result.returncode == 124 and result.stdout == b">" and time.monotonic() - began < 20, result)
        check(re.fullmatch(rb"lockscope: stopped after 0.3 seconds \(--timeout\), at cycle \d+\n", result.stderr), result)

    def test_a_dead_machine_ends_the_run(self):
        for name, stdin in (("dead", b""), ("dead", b"unread"), ("dead", b"x" * 100)):
            result = run(guest(name), "-smp", "2", stdin=stdin)
            check(result.returncode == 123 and result.stdout == b">", result)
            check(re.search(rb"every hart waits", result.stderr), result)

    def test_a_headless_run_does_not_wait_for_idle_time(self):
        began = time.monotonic()
        result = run(guest("wait"), "--max-cycles", "6000000000", "--headless")
        check(result.returncode == 125 and time.monotonic() - began < 30, result, time.monotonic() - began)

    def test_no_reboot_ends_the_run_at_a_reset(self):
        result = run(guest("echo"), "-no-reboot", stdin=b"aRb")
        check(result.returncode == 0 and result.stdout == b">aR", result)

    def test_the_console_can_go_elsewhere(self):
        out = self.path("console")
        result = run(guest("dead"), "-serial", "file:" + out)
        check(result.returncode == 123 and result.stdout == b"", result)
        with open(out, "rb") as file:
            check(file.read() == b">", "the file's content")
        result = run(guest("dead"), "-serial", "null", stdin=b"x")
        check(result.returncode == 123 and result.stdout == b"" and not self.records(), result)

    def test_signals_stop_cleanly(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            for name in ("echo", "wait"):
                stats = self.path("stats")
                process = subprocess.Popen([PROGRAM, guest(name), "--stats", stats, "--record", self.path("record")],
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                process.stdin.write(b"abc")
                process.stdin.flush()
                check(process.stdout.read(4) == b">abc", name)
                process.send_signal(number)
                _, said = process.communicate(timeout=PATIENCE)
                check(process.returncode == 128 + number, name, number, process.returncode, said)
                with open(stats) as file:
                    check(json.load(file)["stop"] == "signal", "stats after a signal")
                with open(self.path("record")) as file:
                    check(re.search(r"^end .* signal %d " % (128 + number), file.read(), re.M), "record after a signal")

    def test_a_reader_that_goes_away_ends_the_run(self):
        process = subprocess.Popen([PROGRAM, guest("echo")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        check(process.stdout.read(1) == b">", "no prompt")
        process.stdout.close()
        process.stdin.write(b"abc")
        process.stdin.close()
        check(process.wait(PATIENCE) == 141, process.returncode)
        process.stderr.close()

    def test_closed_standard_files_do_no_harm(self):
        result = subprocess.run(["sh", "-c", '"$0" "$1" <&- 2>&-', PROGRAM, guest("dead")], capture_output=True, timeout=PATIENCE)
        check(result.returncode == 123 and result.stdout == b">", result)

    def check_counts(self, stats):
        """The parts of statistics agree with each other and with the reference page of what is counted."""
        bus, harts = stats["bus"], stats["harts"]
        with open(os.path.join(DOCS, "reference", "counts.md")) as page:
            counted = re.findall(r"^\| `([\w-]+)` \|", page.read(), re.M)
        kinds = [*bus["transactions"], *harts[0]["misses"], *[name for name in harts[0]["cycles"] if name != "total"]]
        check(kinds == counted, kinds, counted)
        check(len(bus["ports"]) == len(harts) + 1, bus)
        check(sum(p["transactions"] for p in bus["ports"]) == sum(bus["transactions"].values()) > 0, bus)
        check(0 < bus["address"]["busy-cycles"] < bus["address"]["total-cycles"] == stats["machine"]["cycles"], bus)
        for hart in harts:
            cycles = dict(hart["cycles"])
            check(cycles.pop("total") == sum(cycles.values()) > 0, hart)
            check(sum(hart["sc-failed-by"].values()) == hart["sc-failed"], hart)
            transactions = sum(hart["misses"].values()) + hart["upgrades"] + hart["write-backs"] + hart["device-accesses"]
            check(transactions == bus["ports"][hart["hart"]]["transactions"], hart, bus)

    def test_statistics_follow_their_schema(self):
        file = self.path("stats.json")
        result = run(guest("echo"), "-smp", "2", "--seed", "5", "--stats", file, "--state-hash", stdin=b"abq")
        with open(file) as stats_file:
            stats = json.load(stats_file)
        check(list(stats) == ["format", "version", "program", "approximate", "configuration", "stop", "exit-code", "state-hash",
                              "machine", "bus", "harts", "host"], list(stats))
        check(stats["format"] == "lockscope-stats" and stats["version"] == 3, stats)
        check(stats["stop"] == "finished" and stats["exit-code"] == 7 and stats["state-hash"] == hash_of(result), stats)
        check(stats["approximate"] is False, stats)
        check(stats["configuration"]["machine.harts"] == 2 and stats["configuration"]["machine.seed"] == 5, stats)
        check(stats["configuration"]["hart.svadu"] is True and stats["configuration"]["bootargs"] is None, stats)
        check(stats["configuration"]["machine.fidelity"] == "timed", stats)
        rows = [name for name in stats["configuration"] if "." in name]
        check(rows == rows_of(run("--print-config").stdout), "the configuration of the statistics is not all rows", rows)
        image, = stats["configuration"]["images"]
        check(image["role"] == "kernel" and image["bytes"] == os.path.getsize(guest("echo")), image)
        check(len(stats["harts"]) == 2 and stats["harts"][0]["hart"] == 0, stats)
        check(sum(h["instructions"] for h in stats["harts"]) == stats["machine"]["instructions"] > 0, stats)
        check(stats["machine"]["cycles"] > 0 and stats["host"]["seconds"] > 0, stats)
        self.check_counts(stats)
        with open(os.path.join(DOCS, "reference", "stats.md")) as page:
            text = page.read()
        bus, hart = stats["bus"], stats["harts"][0]
        names = set(stats) | set(stats["machine"]) | set(bus) | set(bus["ports"][0]) | set(hart) | set(stats["host"]) | set(image)
        names |= set(bus["address"]) | {"total"}
        names |= set(stats["configuration"]) - set(rows)
        for name in names:
            check("`%s`" % name in text, "docs/reference/stats.md does not tell of", name)
        del stats["host"]
        run(guest("echo"), "-smp", "2", "--seed", "5", "--stats", file, stdin=b"abq")
        with open(file) as stats_file:
            again = json.load(stats_file)
        del again["host"]
        check(again == stats, "statistics of the same run differ outside `host`", again, stats)


    def test_statistics_can_go_to_standard_output(self):
        result = run(guest("dead"), "-smp", "2", "-serial", "null", "--stats", "-")
        check(result.returncode == 123 and json.loads(result.stdout)["stop"] == "dead", result)
        check(not os.path.exists("-"), "a file named -")
        result = run(guest("dead"), "-serial", "file:" + self.path("console"), "--stats=-")
        check(json.loads(result.stdout)["stop"] == "dead", result)
        refuses(r"--stats -: the console goes to standard output, too; send it elsewhere", guest("dead"), "--stats", "-")
        with open("/dev/full", "wb") as full:
            result = subprocess.run([PROGRAM, guest("dead"), "-serial", "null", "--stats", "-"], stdout=full, stderr=subprocess.PIPE,
                                    timeout=PATIENCE)
            check(result.returncode == 2 and b"cannot write the statistics" in result.stderr, result)

    def summary(self, *arguments, stdin=b""):
        """What --summary says: at most 80 columns of ASCII on standard error."""
        result = run("--summary", *arguments, "--no-record", stdin=stdin)
        text = result.stderr.decode("ascii")
        said = text[text.index("Summary: "):]
        for line in said.splitlines():
            check(len(line) <= 80 and line == line.rstrip(), repr(line))
        return said

    def test_the_summary_says_what_the_run_did(self):
        said = self.summary(guest("echo"), "-smp", "2", stdin=b"abq")
        check(re.match(r"Summary: 2 harts, fidelity timed, \d+ cycles, \d+ instructions\.\n\nThe address bus is busy in ", said), said)
        check(re.search(r"^the machine is not bus-bound\.$", said, re.M), said)
        check(re.search(r"^DevWr +\d+ +\d+\.\d$", said, re.M) and "DmaRd" not in said, said)
        check(re.search(r"^fetch +\d+ +\d+\.\d\d per 1000 instructions$", said, re.M), said)
        check(re.search(r"^sc: 0 succeeded, 0 failed \(0\.0 %\)\.$", said, re.M), said)
        table = [line.split() for line in said[said.index("\nhart ") + 1:].splitlines()]
        check([row[0] for row in table] == ["hart", "0", "1", "all"] and table[0][-1] == "sum", table)
        for row in table[1:]:
            shares = [0 if share == "-" else float(share) for share in row[1:]]
            check(len(shares) == len(table[0]) - 1 and shares[-1] == 100 and abs(sum(shares[:-1]) - 100) < 0.6, row)
        check(said == self.summary(guest("echo"), "-smp", "2", stdin=b"abq"), "the same run, another summary")
        plain = run(guest("echo"), "-smp", "2", "--no-record", stdin=b"abq")
        check(plain.stdout == b">abq" and plain.stderr == b"", plain)

    def test_the_summary_knows_a_bus_bound_machine(self):
        for harts, bound in ((1, False), (16, True)):
            said = self.summary(guest("stream"), "-smp", str(harts), "--max-cycles", "200000")
            check(("\nthe machine is bus-bound.\n" in said) is bound, said)
            stats = json.loads(run(guest("stream"), "-smp", str(harts), "--max-cycles", "200000", "-serial", "null", "--stats", "-").stdout)
            check(stats["bus"]["bus-bound"] is bound, stats["bus"])
            check(bound == (stats["bus"]["data"]["busy-cycles"] > 0.9 * stats["bus"]["data"]["total-cycles"]), stats["bus"])

    def test_the_summary_of_many_harts_is_short(self):
        for harts, shown in ((1, 1), (20, 20), (21, 16), (256, 16)):
            said = self.summary(guest("dead"), "-smp", str(harts))
            check(len(re.findall(r"^ +\d+ .* 100\.0$", said, re.M)) == shown, said)
            more = re.search(r"^ \.\.\. (\d+) more harts, which --stats FILE has too$", said, re.M)
            check(int(more.group(1)) == harts - shown if more else harts == shown, said)
            check(bool(re.search(r"^ all .* 100\.0$", said, re.M)) is (harts > 1), said)

    def test_the_summary_says_what_is_approximate_and_what_is_not_modelled(self):
        said = self.summary(guest("dead"), "--quantum", "64")
        check("\nApproximate: the quantum of 64 cycles exceeds the look-ahead of 12.\n" in said, said)
        check("Approximate" not in self.summary(guest("dead"), "--quantum", "12"), "an exact run")
        said = self.summary(guest("dead"), "--fidelity", "fast")
        check("\nNo caches and no bus: fidelity fast models neither.\n" in said and "bus is busy" not in said, said)
        check("misses" not in said and "BusRd" not in said, said)
        stats = json.loads(run(guest("dead"), "--fidelity", "fast", "-serial", "null", "--stats", "-").stdout)
        check(sum(stats["bus"]["transactions"].values()) == 0 and not stats["bus"]["bus-bound"], stats["bus"])

    def test_a_guest_switches_the_fidelity_by_hints_that_do_nothing_elsewhere(self):
        cycles = {}
        for fidelity in ("fast", "timed"):
            for hints in ("on", "off"):
                file = self.path("stats.json")
                result = run(guest("hint"), "--fidelity", fidelity, "--set", "machine.hints=" + hints, "--stats", file)
                check(result.returncode == 7 and result.stdout == b".", fidelity, hints, result)
                with open(file) as stats:
                    cycles[fidelity, hints] = json.load(stats)["machine"]["cycles"]
        check(cycles["fast", "off"] < cycles["fast", "on"] < cycles["timed", "off"] + 100, cycles)
        check(cycles["timed", "on"] < cycles["timed", "off"], cycles)
        qemu = shutil.which("qemu-system-riscv64")
        if qemu:
            result = subprocess.run([qemu, "-machine", "virt", "-bios", "none", "-kernel", guest("hint"), "-nographic"],
                                    stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
            check(result.returncode == 7 and result.stdout == b".", result)


class Records(Case):
    def test_an_endless_or_blocking_file_is_no_record(self):
        refuses(r"cannot read /dev/zero: Not a regular file", "--replay-input", "/dev/zero")
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        refuses(r"cannot read .*fifo: Not a regular file", "--replay-input", fifo)
        refuses(r"cannot read .*: Is a directory", "--replay-input", self.folder)

    def test_a_place_that_is_never_reached_is_a_divergence(self):
        record = self.path("run")
        run(guest("echo"), "--record", record, "--max-cycles", "20000000", stdin=b"abc")
        with open(record) as file:
            lines = file.read().splitlines(True)
        first = next(i for i, line in enumerate(lines) if " console " in line)
        for i in range(first, len(lines) - 1):  # all inputs at an event that never comes
            lines[i] = " ".join(["999999"] + lines[i].split(" ")[1:])
        last = lines[-1].split(" ")
        lines[-1] = " ".join([last[0], "999999"] + last[2:])
        result = run("--replay-input", self.path("late", "".join(lines).encode()))
        check(result.returncode == 122, result.returncode, result.stderr)

    def test_what_is_read_is_not_written(self):
        copy = self.path("guest.elf")
        shutil.copy(guest("echo"), copy)
        for option in ["--record", "--stats"]:
            refuses(r"guest.elf would be overwritten", option, copy, copy)
        refuses(r"guest.elf would be overwritten", "-serial", "file:" + copy, copy)
        refuses(r"two things would be written to", "--record", self.path("x"), "--stats", self.path("x"), copy)

    def test_a_recorded_run_repeats_bit_for_bit(self):
        for name, more in (("echo", []), ("wait", []), ("wait", ["--seed", "9", "-m", "8M"]), ("echo", ["--granule", "8"])):
            file = self.path("record")
            want = run(guest(name), "-smp", "4", "--record", file, "--state-hash", *more, stdin=b"some input\nq")
            copy = self.path("copy")
            got = run("--replay-input", file, "--state-hash", "--record", copy)
            check(got.returncode == want.returncode == 7 and got.stdout == want.stdout, name, more, want, got)
            check(hash_of(got) == hash_of(want), name, more)
            with open(file) as one, open(copy) as other:
                check(one.read() == other.read(), name, more, "the record of the replay differs")

    def test_switches_of_fidelity_are_recorded_like_other_inputs(self):
        switches = ["--switch", "3500000:fast", "--switch", "100:fast", "--switch", "3000000:timed", "--switch", "777:timed"]
        for name in ("echo", "wait"):
            for fidelity in ("fast", "timed"):
                file, copy = self.path("record"), self.path("copy")
                how = [guest(name), "-smp", "3", "--fidelity", fidelity, "--state-hash"]
                want = run(*how, *switches, "--record", file, stdin=b"some input\nq")
                got = run("--replay-input", file, "--state-hash", "--record", copy)
                check(got.returncode == want.returncode == 7 and got.stdout == want.stdout, name, fidelity, want, got)
                check(hash_of(got) == hash_of(want), name, fidelity)
                with open(file) as one, open(copy) as other:
                    text = one.read()
                    check(text == other.read(), name, fidelity, "the record of the replay differs")
                lines = [line.split() for line in text.splitlines() if " fidelity " in line]
                check([line[5] for line in lines] == ["0x1", "0x0", "0x0", "0x1"], name, fidelity, lines)
                for line, cycle in zip(lines, (100, 777, 3000000, 3500000)):
                    check(abs(int(line[2]) - cycle) < 200, name, fidelity, line)

    def test_switches_are_recorded_where_nothing_else_is(self):
        result = run(guest("wait"), "-serial", "null", "--switch", "5000:fast", "--max-cycles", "100000")
        check(result.returncode == 125 and len(self.records()) == 1, result.returncode, result.stderr)
        again = run("--replay-input", self.records()[0], "--state-hash", "-serial", "null")
        check(again.returncode == 0 or again.returncode == 125, again.returncode, again.stderr)

    def test_a_run_that_was_cut_off_repeats_up_to_there(self):
        file = self.path("record")
        for name in ("echo", "wait", "dead"):
            for cycles in ("20000000", "20000013", "20000101", "31234567"):
                want = run(guest(name), "-smp", "4", "--record", file, "--state-hash", "--max-cycles", cycles, stdin=b"input")
                got = run("--replay-input", file, "--state-hash")
                check(want.returncode in (125, 123) and got.returncode == 0, name, cycles, want, got)
                check(hash_of(got) == hash_of(want) and got.stdout == want.stdout, name, cycles, want, got)

    def test_live_input_repeats_bit_for_bit(self):
        for name in ("echo", "wait"):
            file = self.path("record")
            process = subprocess.Popen([PROGRAM, guest(name), "-smp", "3", "--record", file, "--state-hash"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(1.3)
            for byte in b"xyz":
                process.stdin.write(bytes([byte]))
                process.stdin.flush()
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=PATIENCE)
            got = run("--replay-input", file, "--state-hash")
            check(got.returncode == 0 and got.stdout == out, name, out, got)
            check(hash_of(got).encode() in err, name, err, got)

    def test_records_are_kept_by_default_and_their_command_is_printed(self):
        result = run(guest("echo"), "-append", "it's", "--state-hash", stdin=b"abq")
        record, = self.records()
        command = re.search(r"this repeats the run: (.*)$", result.stderr.decode(), re.M).group(1)
        check(command == "%s --replay-input %s" % (PROGRAM, record), command)
        again = subprocess.run(command + " --state-hash", shell=True, capture_output=True, timeout=PATIENCE,
                               stdin=subprocess.DEVNULL)
        check(hash_of(again) == hash_of(result) and self.records() == [record], again)

    def test_no_record_stays_without_input(self):
        check(run(guest("dead")).stderr.count(b"\n") == 1 and self.records() == [], self.records())
        check(run(guest("echo"), "--no-record", stdin=b"q").stderr == b"" and self.records() == [], self.records())

    def test_only_the_newest_twenty_are_kept(self):
        run(guest("echo"), stdin=b"q")
        folder = os.path.dirname(self.records()[0])
        for i in range(30):
            with open(os.path.join(folder, "run-20000101-0000%02d-1.inputs" % i), "w"):
                pass
        with open(os.path.join(folder, "mine"), "w"):
            pass
        run(guest("echo"), stdin=b"q")
        names = [os.path.basename(path) for path in self.records()]
        check(len(names) == 21 and "mine" in names and "run-20000101-000029-1.inputs" in names, names)

    def test_a_run_goes_on_where_no_record_can_be_kept(self):
        env = dict(os.environ, XDG_STATE_HOME=self.path("file", b"x"))
        result = run(guest("echo"), stdin=b"q", env=env)
        check(result.returncode == 7 and re.match(rb"lockscope: note: the input is not recorded: .*\n$", result.stderr), result)

    def test_bad_records_are_refused_with_the_line(self):
        file = self.path("record")
        run(guest("echo"), "--record", file, stdin=b"abq")
        with open(file) as good:
            lines = good.read().split("\n")[:-1]
        first = lines.index("inputs") + 1

        def replaced(line, text):
            return "\n".join(lines[:line] + text + lines[line + 1:]) + "\n"

        words = lines[first].split(" ")
        rows = [
            (r"line 1: this is not a record", "hello\n"),
            (r"line 1: this is not a record", "\0\1\2\n"),
            (r"line 1: the record is cut off", ""),
            (r"line 1: the record has a format", replaced(0, ["lockscope-record 1"])),
            (r"line 3: section machine has no key 'hearts'; did you mean harts\?", replaced(2, ["setting machine.hearts 4"])),
            (r"line 3: there is no section 'zzzz'", replaced(2, ["setting zzzz.harts 4"])),
            (r"line 3: a setting must be: section.key, value", replaced(2, ["setting"])),
            (r"line 3: a setting must be: section.key, value", replaced(2, ["setting harts four"])),
            (r"line 3: a setting must be: section.key, value", replaced(2, ["setting machine.harts 4 5"])),
            (r"line 3: a setting must be: section.key, value", replaced(2, ["setting " + "x" * 20000000])),
            (r"line 3: machine.harts is a number from 1 to 256, not 'four'", replaced(2, ["setting machine.harts four"])),
            (r"line 3: machine.harts is a number from 1 to 256, not '4294967297'", replaced(2, ["setting machine.harts 4294967297"])),
            (r"line 4: the setting is there twice", replaced(2, [lines[2]] * 2)),
            (r"line %d: the record's head lacks the setting machine.harts" % (first - 1), replaced(2, [])),
            (r"line %d: a reservation granule is 4, 8, 16, 32 or 64 bytes, not 5" % first,
             "\n".join(lines).replace("reservation.granule 64", "reservation.granule 5") + "\n"),
            (r"line 3: unknown kind of line", replaced(2, ["what is this"])),
            (r"line 3: unknown role", replaced(2, ["image disk 1 0123456789abcdef x"])),
            (r"line %d: an input must be" % (first + 1), replaced(first, ["1 2 3"])),
            (r"line %d: an input must be" % (first + 1), replaced(first, [lines[first] + " 0"])),
            (r"line %d: an input must be" % (first + 1), replaced(first, [" ".join(words[:3] + ["konsole"] + words[4:])])),
            (r"line %d: an input must be" % (first + 1), replaced(first, [" ".join(["-1"] + words[1:])])),
            (r"line %d: the input comes before" % (first + 2), replaced(first + 1, [" ".join(["0", "0"] + words[2:])])),
            (r"line %d: the end must be" % len(lines), replaced(len(lines) - 1, ["end 1 2 3 finished 7"])),
            (r"line %d: the end must be" % len(lines), replaced(len(lines) - 1, [lines[-1].replace("finished", "stopped")])),
            (r"line %d: the record is cut off: its end line" % len(lines), replaced(len(lines) - 1, [])),
            (r"line %d: the record is cut off within" % len(lines), "\n".join(lines)),
            (r"line %d: the record goes on" % (len(lines) + 1), "\n".join(lines + ["end"]) + "\n"),
        ]
        for pattern, text in rows:
            refuses(pattern, "--replay-input", self.path("bad", text.encode()))

    def test_a_record_refuses_another_machine(self):
        file, kernel = self.path("record"), self.path("kernel")
        shutil.copy(guest("echo"), kernel)
        run(kernel, "--record", file, "-smp", "2", stdin=b"abq")
        refuses(r"was recorded with machine.harts 2, not 3", "--replay-input", file, "-smp", "3")
        refuses(r"was recorded with -append '', not 'x'", "--replay-input", file, "-append", "x")
        refuses(r"was recorded without a firmware", "--replay-input", file, "-bios", guest("dead"))
        shutil.copy(guest("wait"), kernel)
        refuses(r"was recorded with another kernel than .*kernel", "--replay-input", file)
        check(run("--replay-input", file, "-kernel", guest("echo")).returncode == 7, "the same kernel elsewhere")
        os.unlink(kernel)
        refuses(r"cannot read .*kernel: No such file", "--replay-input", file)

    def test_a_replay_that_goes_astray_says_so(self):
        file = self.path("record")
        run(guest("echo"), "--record", file, stdin=b"abq")
        with open(file) as good:
            text = good.read()
        for pattern, bad in (("state at the end is another", re.sub(r"[0-9a-f]{16}\n$", "0" * 16 + "\n", text)),
                             ("diverged", text.replace("console 0 0x71", "console 0 0x72"))):
            result = run("--replay-input", self.path("bad", bad.encode()))
            check(result.returncode == 122 and pattern in result.stderr.decode(), pattern, result)


class Screen:
    """A program on a terminal of its own, which stays open here so that its modes can be looked at."""

    def __init__(self, *arguments, program=(PROGRAM,), columns=0, env=None, **files):
        self.master, self.slave = pty.openpty()
        self.resize(columns)
        self.modes = termios.tcgetattr(self.slave)
        self.text = self.all = b""
        files = dict(dict.fromkeys(("stdin", "stdout", "stderr"), self.slave), **files)
        self.process = subprocess.Popen([*program, *arguments], **files, env=env, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(2, termios.TIOCSCTTY, 0))

    def resize(self, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24 if columns else 0, columns, 0, 0))

    def read(self):
        bytes_read = os.read(self.master, 4096)
        self.text += bytes_read
        self.all += bytes_read

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.slave)
        os.close(self.master)

    def type(self, keys):
        os.write(self.master, keys)

    def expect(self, pattern, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.text):
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            check(ready, "no", pattern, "in", self.text)
            self.read()
        self.text = self.text[re.search(pattern, self.text).end():]

    def reads_for(self, seconds):
        """What comes meanwhile."""
        end, before = time.monotonic() + seconds, len(self.all)
        while select.select([self.master], [], [], max(0, end - time.monotonic()))[0]:
            self.read()
        return self.all[before:]

    def is_raw(self):
        return not termios.tcgetattr(self.slave)[3] & (termios.ECHO | termios.ICANON | termios.ISIG)

    def check_restored(self):
        check(termios.tcgetattr(self.slave) == self.modes, "the terminal's modes were left changed")

    def ends(self, code):
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            if select.select([self.master], [], [], 0.05)[0]:
                self.read()
        while select.select([self.master], [], [], 0)[0]:
            self.read()
        check(self.process.returncode == code, "exit code", self.process.returncode, "not", code, self.text)
        self.check_restored()


class Screens(Case):
    def screen(self, *arguments, **how):
        self.screens = getattr(self, "screens", [])
        self.screens.append(Screen(*arguments, **how))
        return self.screens[-1]

    def close(self):
        for screen in getattr(self, "screens", []):
            screen.close()
        super().close()


class Terminal(Screens):
    def test_keys_are_the_guests_and_the_escape_key_quits(self):
        for name in ("echo", "wait", "dead"):
            screen = self.screen(guest(name), "-smp", "2")
            screen.expect(rb"Ctrl-A x quits, Ctrl-A h helps; all other keys are the guest's.\r\r?\n")
            screen.expect(rb">")
            check(screen.is_raw(), "not raw")
            if name != "dead":
                screen.type(b"a\x03")
                screen.expect(rb"a\x03")
                screen.type(b"\x01\x01")
                screen.expect(rb"\x01")
            screen.type(b"\x01h")
            screen.expect(rb"Ctrl-A x quits.*\n.*Cycle \d+, \d+ instructions, \d of 2 harts running")
            screen.type(b"\x01c")
            screen.expect(rb"stopped\r\n")
            screen.expect(rb"\] ")
            screen.type(b"continue\r")
            screen.expect(rb"continue\r?\n")
            screen.type(b"\x01x")
            screen.ends(0)

    def test_the_escape_key_can_be_another_or_none(self):
        screen = self.screen(guest("wait"), "--escape", "^]")
        screen.expect(rb"Ctrl-\] x quits")
        screen.expect(rb">")
        screen.type(b"\x01x")
        screen.expect(rb"\x01x")
        screen.type(b"\x1dx")
        screen.ends(0)
        screen = self.screen(guest("wait"), "--escape", "none")
        screen.expect(rb">")
        screen.type(b"\x01xq")
        screen.expect(rb"\x01xq")
        screen.ends(7)

    def test_the_guests_end_restores_the_terminal(self):
        screen = self.screen(guest("echo"))
        screen.expect(rb">")
        screen.type(b"q")
        screen.ends(7)

    def test_refusals_leave_the_terminal_alone(self):
        screen = self.screen("-smp", "0")
        screen.expect(rb"lockscope: -smp 0")
        screen.ends(2)

    def test_signals_restore_the_terminal(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            for name in ("echo", "wait"):
                screen = self.screen(guest(name))
                screen.expect(rb">")
                screen.process.send_signal(number)
                screen.ends(128 + number)

    def test_suspension_restores_the_terminal_and_continuation_makes_it_raw_again(self):
        screen = self.screen(guest("wait"))
        screen.expect(rb">")
        os.kill(screen.process.pid, signal.SIGTSTP)
        _, status = os.waitpid(screen.process.pid, os.WUNTRACED)
        check(os.WIFSTOPPED(status), status)
        screen.check_restored()
        os.kill(screen.process.pid, signal.SIGCONT)
        end = time.monotonic() + PATIENCE
        while not screen.is_raw() and time.monotonic() < end:
            time.sleep(0.01)
        check(screen.is_raw(), "not raw again")
        screen.type(b"b")
        screen.expect(rb"b")
        screen.type(b"\x01x")
        screen.ends(0)

    def test_idle_time_passes_at_the_pace_of_the_wall_clock(self):
        screen = self.screen(guest("wait"))
        screen.expect(rb">")
        time.sleep(0.3)
        began = time.monotonic()
        screen.type(b"t")
        screen.expect(rb"t")
        check(time.monotonic() - began < 0.7, "a key took", time.monotonic() - began)
        screen.expect(rb"!")
        took = time.monotonic() - began
        check(0.9 < took < 1.6, "a second of the guest took", took)
        screen.type(b"q")
        screen.ends(7)

    def test_a_typed_run_repeats_bit_for_bit(self):
        for name in ("echo", "wait"):
            file = self.path("record")
            screen = self.screen(guest(name), "-smp", "4", "--record", file, "--state-hash")
            screen.expect(rb">")
            for key in (b"o", b"n", b"e", b"a paste longer than the FIFO", b"t"):
                screen.type(key)
                time.sleep(0.1)
            screen.expect(rb"FIFOt")
            screen.type(b"\x01x")
            screen.expect(rb"state hash")
            screen.expect(rb"[0-9a-f]{16}" if b"\n" in screen.text else rb"\n")
            screen.ends(0)
            with open(file) as record:
                want = re.search(r"^end .* quit 0 ([0-9a-f]{16})$", record.read(), re.M).group(1)
            got = run("--replay-input", file, "--state-hash")
            check(got.returncode == 0 and hash_of(got) == want, name, want, got)
            on_screen = self.screen("--replay-input", file, "--state-hash")
            on_screen.expect(b"state hash " + want.encode())
            on_screen.ends(0)

    def test_headless_leaves_the_terminal_alone(self):
        screen = self.screen(guest("echo"), "--headless", "--timeout", "1")
        screen.expect(rb">")
        screen.check_restored()
        screen.ends(124)

    def test_a_terminal_that_goes_away_ends_the_run(self):
        master, slave = pty.openpty()
        process = subprocess.Popen([PROGRAM, guest("wait")], stdin=slave, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(slave)
        time.sleep(0.3)
        os.close(master)
        check(process.wait(PATIENCE) == 129, process.returncode)


def rows_of_screen(text, columns):
    """What a terminal shows of `text`. Only printable characters, \\r, \\n and erasures may be in it, and no row may reach the last column."""
    rows, at = [[]], 0
    for piece in re.findall(r"\x1b\[[JK]|.", text.decode("utf-8"), re.S):
        if piece == "\r":
            at = 0
        elif piece == "\n":
            rows.append([])
        elif piece[0] == "\x1b":
            del rows[-1][at:]
        else:
            check(unicodedata.category(piece) not in ("Cc", "Cf", "Cn", "Cs", "Mn", "Me") and piece not in "\u2028\u2029", "to the terminal went", ascii(piece), "in", text)
            for cell in [piece, ""][:2 if unicodedata.east_asian_width(piece) in "WF" else 1]:
                rows[-1][at:at + 1] = [cell]
                at += 1
            check(at < columns, "a row reaches column", at, "of", columns, text)
    return ["".join(row) for row in rows]


class Progress(Screens):
    """The line that says how far a headless run is."""
    LINE = rb"\r\[(timed|fast) \d+\.\d\d s, (\d{1,3}(?:,\d{3})*) cycles, (\d+\.\d) MIPS, (\d+/\d+) harts\] ([^\x1b]*)\x1b\[K\r"

    def screen(self, *arguments, columns=160, term="xterm", locale="C.UTF-8", **how):
        env = dict(os.environ, TERM=term, LC_ALL=locale)
        if term is None:
            del env["TERM"]
        screen = super().screen(*arguments, columns=columns, env=env, **how)
        screen.columns = columns
        return screen

    def rows(self, screen):
        return rows_of_screen(screen.all, screen.columns)

    def test_the_line_is_rewritten_in_place_and_gone_at_the_end(self):
        for fidelity in (b"timed", b"fast"):
            screen = self.screen(guest("stream"), "-smp", "2", "--headless", "--fidelity", fidelity.decode(), "--state-hash", "--timeout", "2.6")
            screen.ends(124)
            lines = re.findall(self.LINE, screen.all)
            check(len(lines) >= 2 and all(line[0] == fidelity and line[3:] == (b"2/2", b"") for line in lines), screen.all)
            check(float(lines[-1][2]) > 0, "MIPS", lines)
            cycles = [int(line[1].replace(b",", b"")) for line in lines]
            check(cycles == sorted(set(cycles)), cycles)
            rows = self.rows(screen)
            check(len(rows) == 3 and rows[0].startswith("lockscope: stopped") and rows[1].startswith("state hash") and not rows[2], rows)

    def test_there_is_no_line_but_on_a_terminal_in_a_headless_run(self):
        program = [guest("stream"), "--timeout", "1.7"]
        terminals = [self.screen("--headless", *program, term="dumb"), self.screen("--headless", *program, term=None),
                     self.screen("--headless", "--progress", "off", *program), self.screen(*program),
                     self.screen(*program, "--progress", "auto", stdin=subprocess.DEVNULL),
                     self.screen(*program, "--headless", program=["sh", "-m", "-c", '"$0" "$@" & wait $!', PROGRAM])]  # background
        drawn = self.screen("--headless", *program)
        result = run("--headless", *program, env=dict(os.environ, TERM="xterm"))
        check(result.returncode == 124 and result.stderr.count(b"\n") == 1 and b"cycles," not in result.stderr, result)
        for screen in terminals:
            screen.ends(124)
            check(b"MIPS" not in screen.all and b"\x1b" not in screen.all, screen.all)
        drawn.ends(124)
        check(re.search(self.LINE, drawn.all), drawn.all)

    def test_the_line_is_cut_to_the_terminals_width(self):
        screen = self.screen(guest("stream"), "--headless", columns=30)
        screen.expect(rb"\r(\[timed [^\x1b]{22})\x1b\[K\r")
        for columns in (12, 200, 5):
            screen.resize(columns)
            if columns < 30:
                screen.expect(rb"\r\x1b\[J")  # a narrower terminal may have wrapped it
            screen.expect(rb"\r\[[^\x1b]*\x1b\[K\r" if columns < 80 else self.LINE)
            screen.text = b""
            screen.expect(rb"\r(\[[^\x1b]{,%d})\x1b\[K\r" % (columns - 2))
        screen.resize(2)
        screen.reads_for(0.7)
        check(b"[" not in screen.reads_for(1.2).replace(b"\x1b[", b""), screen.text)
        screen.resize(0)  # unknown
        screen.expect(rb"\r\[[^\x1b]{40,78}\x1b\[K\r")
        screen.process.send_signal(signal.SIGINT)
        screen.ends(130)

    def starts_saying(self, said, locale="C.UTF-8"):
        console = open(self.path("console-%d" % len(getattr(self, "screens", []))), "w+b")
        with console:
            screen = self.screen(guest("echo"), "--headless", "--no-record", columns=120, locale=locale, stdin=subprocess.PIPE, stdout=console)
        screen.console = console.name
        screen.process.stdin.write(said)
        screen.process.stdin.close()
        return screen

    def shows(self, screen, said):
        """What the line shows of the guest's `said` on a console that goes to a file."""
        while os.path.getsize(screen.console) < len(said) + 1:
            screen.reads_for(0.1)
        with open(screen.console, "rb") as console:
            got = console.read()
        check(got == b">" + said, got)
        screen.text = b""
        screen.expect(self.LINE)
        screen.expect(self.LINE)
        screen.process.send_signal(signal.SIGTERM)
        screen.ends(143)
        check(self.rows(screen)[0].startswith("lockscope: ended by signal"), self.rows(screen))
        return re.findall(self.LINE, screen.all)[-1][4].decode()

    def test_the_line_shows_the_last_line_that_is_not_blank(self):
        rows = ((b"one\r\ntwo\r\n\r\n \t\r\n", "two"), (b"\n\rtwo\n\r", "two"), (b"10 %\r20 %\n", "20 %"), (b"8\b7\n", ">7"),
                ("e\u20ac\u00e9\b!\n".encode(), ">e\u20ac!"), (b"a\tb\n\x1b[0m\n", ">a b"), (b"\n\x1b[1;31mred\x1b[0m\x1b(B \x1b7hat\n", "red hat"),
                ("\n\u65e5\u672c \u00e9\n".encode(), "\u65e5\u672c \u00e9"))
        screens = [self.starts_saying(said) for said, _ in rows]
        for screen, (said, want) in zip(screens, rows):
            got = self.shows(screen, said)
            check(got == want, said, "is shown as", ascii(got))

    def test_nothing_of_a_hostile_console_reaches_the_terminal(self):
        marks = "\u202e\u2066\u200b\u200d\ufeff\u0301\u2028\u0085\u009b2J\u061c\U000e0001\ue000\uffff"
        for said in (b"\n\x1b[2J\x1b]0;title\x07\x1bP\x1b\\\x1bc\x1b[\x18\x9b2J\0\x7f\x0e end\n",
                     b"\n" + bytes(byte for byte in range(256) if byte not in b"qR\n\x1b\b\r") * 2 + b"\n",
                     b"\n" + marks.encode() + b" end\n", b"\n" + marks.encode("utf-16le").replace(b"\n", b"") + b" end\n",
                     b"\n\xc0\x80\xed\xa0\x80\xf5\x80\xe2\x82\xffend\xe2\x82\n", b"\n" + b"long" * 1000 + b"\n", "\n".encode() + "\u65e5".encode() * 300 + b"\n",
                     b"\n\x1b[" + b"1;" * 400, b"\n\x1b", b"\b\b\b\r\b\xbf\b\n\b\b"):
            screens = {locale: self.starts_saying(said, locale) for locale in ("C.UTF-8", "C", "nonsense")}
            for locale, screen in screens.items():
                got = self.shows(screen, said)  # looks at every byte
                check(locale == "C.UTF-8" or got.isascii(), locale, ascii(got))
                check(got.endswith("end") if b" end" in said else True, ascii(got))

    def test_console_and_line_share_a_terminal(self):
        record = self.path("record")
        screen = self.screen(guest("echo"), "--headless", "--record", record, "--state-hash", stdin=subprocess.PIPE)

        def says(said):
            screen.process.stdin.write(said)
            screen.process.stdin.flush()

        screen.expect(rb">")
        check(screen.reads_for(1.5) == b"", "in a line of the guest's", screen.text)
        says(b"hello\n")
        screen.expect(rb"hello\r\n")
        screen.expect(self.LINE)
        screen.expect(self.LINE)
        says(b"abc")
        screen.expect(rb"\r\x1b\[Ka")
        screen.expect(rb"c")
        check(b"MIPS" not in screen.reads_for(1.5), "in a line of the guest's", screen.text)
        says(b"\n\r")
        screen.expect(self.LINE)
        check(re.findall(self.LINE, screen.all)[-1][4] == b"abc", screen.all)
        says(b"q")
        screen.ends(7)
        rows = self.rows(screen)
        check(rows[:3] == [">hello", "abc", "q"] and rows[3].startswith("lockscope: the input is recorded") and len(rows) >= 5, rows)
        want = re.search(rb"state hash ([0-9a-f]{16})", screen.all).group(1).decode()
        check(hash_of(run("--replay-input", record, "--state-hash")) == want, "the replay, without a line")
        check(hash_of(run("--replay-input", record, "--state-hash", "--headless", "--progress", "on")) == want, "with lines")
        again = self.screen("--replay-input", record, "--state-hash", "--headless")
        again.ends(7)
        check(want.encode() in again.all, again.all)

    def test_a_busy_console_is_left_alone(self):
        screen = self.screen(guest("echo"), "--headless", "--no-record", stdin=subprocess.PIPE)
        for _ in range(12):
            screen.process.stdin.write(b"a\n")
            screen.process.stdin.flush()
            screen.reads_for(0.2)
        check(screen.all.count(b"MIPS") <= 1, screen.all)  # while a live pipe is waited for, there may be one
        screen.expect(self.LINE)
        screen.process.send_signal(signal.SIGINT)
        screen.ends(130)
        check(self.rows(screen)[:13] == [">a"] + ["a"] * 11 + ["lockscope: ended by signal 2 (Interrupt)"], self.rows(screen))

    def test_the_line_does_not_change_the_run(self):
        cycles = 4000000
        while True:
            limits = ["--headless", "-smp", "4", "--max-cycles", str(cycles), "--state-hash", guest("stream")]
            screen = self.screen(*limits)
            screen.ends(125)
            if screen.all.count(b"MIPS") >= 2:
                break
            cycles *= 3
        want = hash_of(run(*limits, "--progress", "off"))
        check(want.encode() in screen.all, want, screen.all)

    def test_signals_erase_the_line(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            screen = self.screen(guest("stream"), "--headless")
            screen.expect(self.LINE)
            screen.process.send_signal(number)
            screen.ends(128 + number)
            rows = self.rows(screen)
            check(len(rows) == 2 and rows[0].startswith("lockscope: ended by signal %d" % number) and not rows[1], rows)

    def test_a_crash_erases_the_line(self):
        screen = self.screen(guest("stream"), "--headless")
        screen.expect(self.LINE)
        screen.process.send_signal(signal.SIGABRT)
        screen.ends(-signal.SIGABRT)
        check(self.rows(screen)[0] == "", self.rows(screen))

    def test_suspension_erases_the_line_and_continuation_brings_it_back(self):
        screen = self.screen(guest("stream"), "--headless")
        screen.expect(self.LINE)
        os.kill(screen.process.pid, signal.SIGTSTP)
        _, status = os.waitpid(screen.process.pid, os.WUNTRACED)
        check(os.WIFSTOPPED(status), status)
        screen.reads_for(0.1)
        check(self.rows(screen) == [""], self.rows(screen))
        check(screen.reads_for(1.5) == b"", "written while suspended")
        os.kill(screen.process.pid, signal.SIGCONT)
        screen.text = b""
        screen.expect(self.LINE)
        screen.process.send_signal(signal.SIGINT)
        screen.ends(130)

    def test_a_stopped_terminal_does_not_hold_the_run_up(self):
        screen = self.screen(guest("echo"), "--headless", "--no-record", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        screen.expect(self.LINE)
        termios.tcflow(screen.slave, termios.TCOOFF)
        time.sleep(1.2)
        screen.process.stdin.write(b"q")
        screen.process.stdin.flush()
        check(screen.process.wait(PATIENCE) == 7, screen.process.returncode)
        termios.tcflow(screen.slave, termios.TCOON)

    def test_statistics_and_summary_come_behind_the_line(self):
        screen = self.screen(guest("stream"), "--headless", "-serial", "null", "--stats", "-", "--summary", "--timeout", "1.7",
                             stdout=subprocess.PIPE)
        out, _ = screen.process.communicate(timeout=PATIENCE)
        check(json.loads(out)["stop"] == "timeout", out)
        screen.ends(124)
        rows = self.rows(screen)
        check(re.search(self.LINE, screen.all) and rows[1].startswith("Summary: 1 hart") and "MIPS" not in "".join(rows), rows)

    def test_progress_on_says_a_line_now_and_then_where_there_is_no_terminal(self):
        both = subprocess.Popen([PROGRAM, guest("echo"), "--headless", "--progress", "on", "--no-record", "--timeout", "11.5"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        result = run(guest("stream"), "--headless", "--progress", "on", "--timeout", "11.5")
        line = r"lockscope: \[timed \d+\.\d\d s, [0-9,]+ cycles, \d+\.\d MIPS, 1/1 harts\]%s\nlockscope: stopped.*\n"
        check(result.returncode == 124 and re.fullmatch(line % "", result.stderr.decode()), result)
        out = os.read(both.stdout.fileno(), 4096)
        both.stdin.write(b"a\n")  # only now is the guest's line at its end
        out += both.communicate(timeout=PATIENCE)[0]
        check(both.returncode == 124 and re.match(rb">(a\n)?lockscope: ", out), out)


GROUPS = {"firmware": Firmware, "firmware64": FirmwareOn64, "usage": Usage, "machine": Machine, "runs": Runs, "records": Records, "terminal": Terminal, "progress": Progress}


def main():
    tests = [(GROUPS[group], name) for group in sys.argv[4:] or GROUPS for name in vars(GROUPS[group])
             if name.startswith("test_")]
    print("1..%d" % len(tests), flush=True)
    failed = 0
    for number, (group, name) in enumerate(tests, 1):
        case = group()
        try:
            getattr(case, name)()
            print("ok %d %s" % (number, name), flush=True)
        except Exception:  # every kind of failure is a failed test
            failed += 1
            print("not ok %d %s" % (number, name), flush=True)
            print("\n".join("# " + line for line in traceback.format_exc().splitlines()[-3:]), flush=True)
            print(name, traceback.format_exc(), sep="\n", file=sys.stderr, flush=True)  # which logs of whole runs show
        finally:
            case.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
