# SPDX-License-Identifier: GPL-3.0-or-later
"""Linux on lockscope: boots the kernel of build.sh with the tests of init.c, to power-off.

usage: linux_test.py LOCKSCOPE|QEMU FIDELITY|qemu HARTS ROUNDS [OPTION...]
Checks that every test of the guest says ok, that the run ends by the guest's power-off with exit code 0, and that the same run comes
to the same state again. With QEMU it checks the guest itself. Exit code 77: the kernel has not been built.
"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.environ.get("LOCKSCOPE_LINUX") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "lockscope", "linux")
PROGRAM, FIDELITY, HARTS, ROUNDS = sys.argv[1:5]
OPTIONS = sys.argv[5:]
PATIENCE = 1800  # seconds


def names():
    """The tests as init.c lists them."""
    with open(os.path.join(HERE, "init.c")) as file:
        table = re.search(r"tests\[\] = \{(.*?)\n\};", file.read(), re.S).group(1)
    found = re.findall(r'\{"([a-z-]+)", test_[a-z_]+\}', table)
    assert len(found) == table.count("test_"), table
    return found


def boot():
    """One run to its end: what the console and standard error had."""
    arguments = ["-smp", HARTS, "-m", "256M", "-kernel", os.path.join(FOLDER, "Image"),
                 "-initrd", os.path.join(FOLDER, "initramfs.cpio.gz"),
                 "-append", "console=ttyS0 panic=-1 quiet harts=%s rounds=%s" % (HARTS, ROUNDS), "-no-reboot", *OPTIONS]
    with tempfile.NamedTemporaryFile() as disk:
        disk.truncate(1 << 20)
        arguments += ["-drive", "file=%s,format=raw,if=none,id=d" % disk.name, "-device", "virtio-blk-device,drive=d"]
        if FIDELITY == "qemu":
            arguments = ["-machine", "virt", "-nographic", *arguments]
        else:
            arguments = ["--headless", "--no-record", "--state-hash", "--fidelity", FIDELITY, *arguments]
        result = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
    return result.returncode, result.stdout.decode("latin-1").replace("\r", ""), result.stderr.decode("latin-1")


def faults(code, text):
    """What is wrong with a run, one sentence each."""
    said = {name: verdict for verdict, name in re.findall(r"^(ok|not ok|skip) ([a-z-]+)", text, re.M)}
    found = []
    if code != 0:
        found.append("the exit code is %d" % code)
    for name in names():
        verdict = said.get(name, "nothing")
        if verdict != "ok":
            found.append("%s: the guest says %s" % (name, verdict))
    total = re.search(r"^linux-test: (\d+) ok, (\d+) failed$", text, re.M)
    if not total or int(total.group(1)) != list(said.values()).count("ok") or total.group(2) != "0":
        found.append("the guest does not sum up to that")
    if not re.search(r"^reboot: Power down$", text, re.M):
        found.append("the kernel does not power off")
    return found + re.findall(r"^.*(?:Kernel panic|Oops|BUG:|WARNING:|detected stall).*$", text, re.M)


def main():
    if subprocess.run([os.path.join(HERE, "build.sh"), "--is-current", FOLDER]).returncode != 0:
        print("There is no Linux kernel of these sources in %s: tests/linux/build.sh builds it, and so does ./check --all." % FOLDER)
        return 77
    hashes = []
    for _ in range(1 if FIDELITY == "qemu" else 2):
        code, text, errors = boot()
        found = faults(code, text)
        if found:
            print("%s\n%s\n%s" % (text[-4000:], errors[-1000:], "\n".join(found)))
            return 1
        hashes += re.findall(r"^state hash ([0-9a-f]{16})$", errors, re.M)
    if FIDELITY != "qemu" and (len(hashes) != 2 or hashes[0] != hashes[1]):
        print("two runs differ:", *hashes)
        return 1
    print(re.search(r"^linux-test: .*$", text, re.M).group(0), *hashes[:1])
    return 0


sys.exit(main())
