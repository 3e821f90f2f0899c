# SPDX-License-Identifier: GPL-3.0-or-later
"""Turnstile's kernel on lockscope and on QEMU, with the test program of guest/ as its first process.

usage: kernel_test.py GROUP LOCKSCOPE QEMU|none IMAGES whole|part
Prints TAP: a line for each run. `part` is what sanitizers have time for.
"""
import os
import re
import subprocess
import sys
import tempfile

GROUP, LOCKSCOPE, QEMU, IMAGES, AMOUNT = sys.argv[1:6]
SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest")
PATIENCE = 400  # seconds


def image(suffix=""):
    return os.path.join(IMAGES, "turnstile-test%s.elf" % suffix)


def names():
    """The tests as the guest's tables list them."""
    found = []
    for name in sorted(os.listdir(SOURCES)):
        if name.startswith("test_") and name.endswith(".c"):
            with open(os.path.join(SOURCES, name)) as file:
                found += re.findall(r'^    \{"([a-z-]+)", [a-z_]+\},$', file.read(), re.M)
    assert len(found) > 50, found
    return found


def run(arguments, typed=b""):
    """Exit code, what the console had, standard error."""
    result = subprocess.run(arguments, input=typed, capture_output=True, timeout=PATIENCE)
    return result.returncode, result.stdout.decode("latin-1").replace("\r", ""), result.stderr.decode("latin-1")


def lockscope(fidelity, harts, command_line="", *options, suffix="", typed=b""):
    kernel = ["-kernel", image(suffix)] if suffix.startswith("-s") else ["-bios", "none", "-kernel", image(suffix)]
    return run([LOCKSCOPE, "--headless", "--no-record", "--fidelity", fidelity, "-smp", str(harts), "-m", "128M", "-append", command_line,
                *kernel, *options], typed)


def qemu(harts, command_line="", *options, suffix=""):
    bios = [] if suffix.startswith("-s") else ["-bios", "none"]
    return run([QEMU, "-machine", "virt", "-nographic", "-smp", str(harts), "-m", "128M", "-append", command_line, *bios,
                "-kernel", image(suffix), *options])


def faults(outcome, structure):
    """What is wrong with a run of all tests, a sentence each."""
    code, text, errors = outcome
    found = ["the exit code is %d" % code] if code else []
    said = dict((name, verdict) for verdict, name in re.findall(r"^(ok|not ok) ([a-z-]+)", text, re.M))
    for name in names():
        if said.get(name) != "ok":
            found.append("%s: the guest says %s" % (name, said.get(name, "nothing")))
    if not re.search(r"^kernel-test: %d ok, 0 failed$" % len(names()), text, re.M):
        found.append("the guest does not sum up to that")
    if not re.search(r"^structure %s$" % structure, text, re.M):
        found.append("/proc/system does not say structure %s" % structure)
    return found + re.findall(r"^panic: .*", text, re.M)


class Report:
    def __init__(self):
        self.count = self.failed = 0

    def case(self, name, found, outcome=None):
        self.count += 1
        print("%s %d - %s" % ("not ok" if found else "ok", self.count, name))
        if found:
            self.failed += 1
            for line in found + (outcome[1][-3000:] + outcome[2][-1000:]).splitlines() if outcome else found:
                print("# " + line)
        sys.stdout.flush()

    def passes(self, name, outcome, structure="fine"):
        self.case(name, faults(outcome, structure), outcome)

    def says(self, name, outcome, code, *patterns):
        found = [] if outcome[0] == code else ["the exit code is %d, not %d" % (outcome[0], code)]
        found += ["nothing matches %r" % pattern for pattern in patterns if not re.search(pattern, outcome[1], re.M)]
        self.case(name, found, outcome)


def rows(fidelity, table):
    for harts, structure, words, suffix, seed in table:
        line = "structure=%s %s" % (structure, words)
        yield "%s, %d harts, %s, seed %d%s" % (fidelity, harts, line, seed, suffix), structure, (
            fidelity, harts, line, "--seed", str(seed)), suffix


def matrix(report, fidelity, table):
    for name, structure, arguments, suffix in rows(fidelity, table if AMOUNT == "whole" else table[1:2]):
        report.passes(name, lockscope(*arguments, suffix=suffix), structure)


# harts, structure, other words, image, seed: every pair of values of two columns is there once at least
FAST = [
    (1, "uni", "queue=one lock=tas", "", 0),
    (2, "fine", "queue=harts lock=ttas rounds=1", "-debug", 1),
    (1, "fine", "queue=one lock=ticket", "-debug", 2),
    (1, "global", "queue=harts lock=tas", "", 1),
    (1, "bkl", "queue=harts lock=llsc", "-debug", 0),
    (2, "global", "queue=one lock=xchg", "", 2),
    (2, "bkl", "queue=one lock=ticket", "", 0),
    (4, "fine", "queue=one lock=llsc", "", 1),
    (4, "global", "queue=harts lock=ttas", "-debug", 0),
    (4, "bkl", "queue=harts lock=xchg", "-debug", 2),
    (8, "fine", "queue=harts lock=xchg", "-debug", 0),
    (8, "global", "queue=one lock=llsc", "-debug", 2),
    (8, "bkl", "queue=one lock=tas", "", 1),
    (20, "fine", "queue=harts lock=tas", "", 2),
    (20, "global", "queue=harts lock=ticket", "-debug", 1),
    (20, "bkl", "queue=one lock=ttas", "-debug", 0),
    (64, "fine", "queue=harts lock=ticket rounds=1", "", 0),
]
TIMED = [
    (1, "fine", "queue=harts rounds=1", "", 1),
    (2, "global", "queue=one lock=llsc rounds=1", "-debug", 2),
    (4, "fine", "queue=one lock=ticket rounds=1", "-debug", 0),
    (4, "bkl", "queue=harts rounds=1", "", 1),
    (8, "fine", "queue=harts lock=tas rounds=1", "", 3),
    (20, "fine", "queue=harts rounds=1", "-debug", 0),
]


def group_variants(report):
    """Machines that differ: the kernel has to find out."""
    table = {
        "under OpenSBI": (("fast", 4, "rounds=1"), "-s"),
        "under OpenSBI, 20 harts, bkl": (("fast", 20, "rounds=1 structure=bkl"), "-s-debug"),
        "ACLINT with SSWI": (("fast", 4, "rounds=1", "-machine", "virt,aclint=on"), ""),
        "without Sstc": (("fast", 4, "rounds=1", "-cpu", "rv64,sstc=off"), ""),
        "without Sstc under OpenSBI": (("fast", 4, "rounds=1", "-cpu", "rv64,sstc=off"), "-s"),
        "without Svadu": (("fast", 4, "rounds=1", "-cpu", "rv64,svadu=off"), ""),
        "failing sc": (("timed", 2, "rounds=1 lock=llsc", "--set", "reservation.failures=300000"), ""),
        "tiny caches": (("timed", 2, "rounds=1", "--l1i", "1K", "--l1d", "1K", "-cpu", "rv64,itlb=1,dtlb=1"), ""),
        "switches of fidelity": (("fast", 4, "rounds=1", "--switch", "9000000:timed", "--switch", "20000000:fast"), ""),
        "interrupts for one hart": (("fast", 4, "rounds=1 interrupts=one quantum=1"), ""),
    }
    for name, (arguments, suffix) in table.items() if AMOUNT == "whole" else []:
        report.passes(name, lockscope(*arguments, suffix=suffix), "bkl" if "bkl" in arguments[2] else "fine")
    outcome = run([LOCKSCOPE, "--headless", "--no-record", "--fidelity", "fast", "-smp", "4", "-m", "5M", "-append", "rounds=1", "-bios", "none",
                   "-kernel", image("-debug")])
    report.case("2 MiB of free memory, in which tests fail and the kernel does not",
                [] if outcome[0] == 1 and "panic: " not in outcome[1] and "kernel-test: " in outcome[1] else ["exit code %d" % outcome[0]], outcome)
    hashes = [re.findall(r"^state hash ([0-9a-f]{16})$", lockscope("fast", 4, "rounds=1", "--state-hash")[2], re.M) for _ in range(2)]
    report.case("the same run twice", [] if hashes[0] and hashes[0] == hashes[1] else ["the hashes are %s" % hashes])


def group_refusals(report):
    """What cannot be is said in a sentence, and the machine ends with status 2."""
    for line, sentence in {
            "structure=uni": r"^turnstile: structure=uni only disables interrupts, .* there are 4; ",
            "structure=big": r"^turnstile: structure=big is no structure: uni, global, bkl and fine are$",
            "lock=none": r"^turnstile: lock=none is no lock: ",
            "queue=two": r"^turnstile: queue=two is no kind of queue: ",
            "quantum=0": r"^turnstile: quantum=0 is no time slice: ",
            "interrupts=few": r"^turnstile: interrupts=few is no way to deliver interrupts: ",
            "init=/bin/none": r"^turnstile: /bin/none cannot be run \(error 2\)",
            "init=/dev/null": r"^turnstile: /dev/null cannot be run \(error 13\)",
            "x" * 600 + " init=/bin/init": r"^kernel-test: "}.items():
        outcome = lockscope("fast", 4, line + " rounds=1")
        report.says("command line " + line[:40], outcome, 0 if "kernel-test" in sentence else 2, sentence)
    code, text, _ = lockscope("fast", 4, "structure=uni force rounds=4", "--timeout", "60")
    report.case("structure=uni on 4 harts fails", [] if code != 0 and not re.search(r"^kernel-test: \d+ ok, 0 failed$", text, re.M) else
                ["the exit code is %d" % code])


def group_console(report):
    """The terminal, typed to by a script."""
    typed = b"hello\nabX\x7fc\rone two\x17three\njunk\x15kept\n\x03par\x04\x1cback\x08\x08\x08\x08\nlast\x04\x04"
    reads = [r"read 6 \[hello<10>\]$", r"read 4 \[abc<10>\]$", r"read 10 \[one three<10>\]$", r"read 5 \[kept<10>\]$", r"signal 2$",
             r"read 3 \[par\]$", r"signal 3$", r"read 1 \[<10>\]$", r"read 4 \[last\]$", r"^end of file$"]
    echo = ["^hello$", r"^abX\x08 \x08c$", r"^one two\x08 \x08\x08 \x08\x08 \x08three$", r"^\^C$"]
    for fidelity, harts, line in (("fast", 1, "-quiet"), ("timed", 4, "-quiet"), ("fast", 4, "-quiet structure=bkl"),
                                  ("fast", 8, "-quiet structure=global"), ("fast", 1, "")):
        outcome = lockscope(fidelity, harts, "test=console" + line, typed=typed)
        if not line:
            reads = echo + reads # on one hart, what is typed is echoed before the reader runs
        report.says("%s, %d harts %s" % (fidelity, harts, line), outcome, 5, *reads)
    outcome = lockscope("timed", 2, "test=console-raw", typed=b"a\x03\x04\x7fq")
    found = "".join(re.findall(r"^read \d+ \[(.*)\]$", outcome[1], re.M))
    report.case("raw mode", [] if found == "a<3><4><127>q" else ["what was read is %r" % found], outcome)


def group_panic(report):
    """A kernel that is wrong says so, and stops all harts."""
    for crime, sentence, suffix in (
            ("null", r"trap 15 in the kernel at ffffffc08[0-9a-f]+, address 0{15}8, ", ""),
            ("overflow", r"trap 15 in the kernel at ffffffc08[0-9a-f]+, address ffffffff[0-9a-f]+, ", ""),
            ("order", r"lock first is taken while second is held, which comes behind it or is of its class", "-debug"),
            ("class", r"lock peer is taken while first is held, ", "-debug"),
            ("twice", r"lock first is taken twice", "-debug"),
            ("release", r"lock first is released by hart \d+, which does not hold it", "-debug"),
            ("interrupts", r"interrupts are on in the section of lock first", "-debug"),
            ("sleep", r"a thread waits while lock first is held", "-debug"),
            ("user", r"user memory is touched while lock first is held", "-debug")):
        outcome = lockscope("fast", 4, "test=crash-" + crime, suffix=suffix)
        report.says("crash " + crime, outcome, 1, r"^panic: " + sentence, r"^hart \d+ .* of process 1 init$", r"^sstatus [0-9a-f]{16} ",
                    r"^called from( ffffffc08[0-9a-f]+)+")
    report.says("an unknown word is no crash", lockscope("fast", 2, "test=crash-nothing"), 6, r"^write gives -22$")


def group_trees(report):
    """Device trees that lack something, or are damaged: a panic with a sentence, never silence."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tree.dtb")
        subprocess.run([LOCKSCOPE, "-smp", "4", "-m", "128M", "-machine", "virt,dumpdtb=" + path], check=True, capture_output=True)
        with open(path, "rb") as file:
            tree = file.read()
        for name, before, after, sentence in (
                ("no clock", b"timebase-frequency\0", b"timebase-frequencx\0", r"names 4 harts, a clock of 0 Hz and memory up to 0{8}88000000"),
                ("no memory", b"memory\0\0", b"memorx\0\0", r"names 4 harts, a clock of 10000000 Hz and memory up to 0{16}"),
                ("no harts", b"cpu\0", b"cpx\0", r"names 0 harts, ")):
            assert before in tree, name
            with open(path, "wb") as file:
                file.write(tree.replace(before, after))
            outcome = lockscope("fast", 4, "", "-dtb", path, "--timeout", "60")
            report.says(name, outcome, 1, r"^panic: the device tree " + sentence)


def group_qemu(report):
    for name, structure, outcome in (
            ("4 harts", "fine", lambda: qemu(4, "rounds=1 lock=ticket")),
            ("1 hart, under OpenSBI", "bkl", lambda: qemu(1, "rounds=2 structure=bkl", suffix="-s")),
            ("8 harts, global, ACLINT", "global", lambda: qemu(8, "rounds=1 structure=global", "-machine", "virt,aclint=on", suffix="-debug")),
            ("2 harts under OpenSBI without Sstc", "fine", lambda: qemu(2, "rounds=1", "-cpu", "rv64,sstc=off", suffix="-s-debug")),
            ("4 harts, bkl", "bkl", lambda: qemu(4, "rounds=1 structure=bkl queue=one")),
            ("20 harts", "fine", lambda: qemu(20, "rounds=1 queue=one")),
            ("64 harts", "fine", lambda: qemu(64, "rounds=1"))):
        report.passes("qemu, " + name, outcome(), structure)


def main():
    report = Report()
    {"fast": lambda r: matrix(r, "fast", FAST), "timed": lambda r: matrix(r, "timed", TIMED), "variants": group_variants,
     "refusals": group_refusals, "console": group_console, "panic": group_panic, "trees": group_trees, "qemu": group_qemu}[GROUP](report)
    print("1..%d" % report.count)
    return report.failed != 0


sys.exit(main())
