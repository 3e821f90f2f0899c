# SPDX-License-Identifier: GPL-3.0-or-later
"""The script ./run as a person uses it: at a terminal, with a disk that is kept, and with arguments for lockscope.

usage: run_test.py RUN
It builds what RUN builds, so that it is a test of the build folder that RUN has. Prints TAP.
"""
import os
import pty
import select
import subprocess
import sys
import tempfile
import time

RUN = sys.argv[1]
PATIENCE = 30  # seconds for a text, or for the end
PROMPT = "\033[K$ "


def check(condition, what):
    if not condition:
        raise AssertionError(what)


class Terminal:
    """./run at a pseudo-terminal."""

    def __init__(self, *arguments):
        self.began = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(RUN, [RUN, *arguments])
        self.text = ""
        self.seen = 0
        self.status = None

    def read(self):
        if not select.select([self.fd], [], [], 0.2)[0]:
            return True
        try:
            piece = os.read(self.fd, 65536)
        except OSError:
            piece = b""
        self.text += piece.decode("latin-1").replace("\r", "")
        return bool(piece)

    def expect(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.text[self.seen:]:
            check(time.monotonic() < end and self.read(), "%r is not shown in %r" % (text, self.text[-1000:]))
        self.seen = self.text.index(text, self.seen) + len(text)

    def type(self, keys, *wanted):
        os.write(self.fd, keys.encode("latin-1"))
        for text in wanted:
            self.expect(text)

    def end(self):
        end = time.monotonic() + PATIENCE
        while self.read():
            check(time.monotonic() < end, "it does not end")
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status

    def close(self):
        if self.status is None:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def at_terminal(talk, *arguments):
    """Runs the script with these arguments and talks to it; returns the exit code and what was shown."""
    terminal = Terminal(*arguments)
    try:
        terminal.expect(PROMPT)
        talk(terminal)
        return terminal.end(), terminal.text
    finally:
        terminal.close()


def headless(disk, *arguments, stdin=b""):
    result = subprocess.run([RUN, "--disk", disk, "--headless", "--no-record", *arguments], input=stdin, capture_output=True, timeout=60)
    return result.returncode, result.stdout.decode().replace("\r", ""), result.stderr.decode()


def a_person_edits_completes_interrupts_and_powers_off(disk):
    def talk(terminal):
        check(time.monotonic() - terminal.began < 2, "the shell takes longer than 2 s")
        check("turnstile: 4 harts" in terminal.text, "there are not 4 harts")
        terminal.type("ls /bi\tlockb\t\r", "\n/bin/lockbench\n", PROMPT)
        terminal.type("ech\tonr\x1b[D\x7fe\r", "\noer\n", PROMPT)
        terminal.type("sh -c 'echo go; sleep 1000'\r", "\ngo\n")
        terminal.type("\x03", "^C\n", PROMPT)
        terminal.type("sh -c 'echo go; cat'\r", "\ngo\n")
        terminal.type("line\r", "line\nline\n")
        terminal.type("\x04", PROMPT)
        terminal.type("poweroff\r")
    status, _ = at_terminal(talk, "--disk", disk)
    check(status == 0, "the exit code is %d" % status)


def control_d_ends_the_shell_and_the_machine(disk):
    status, _ = at_terminal(lambda terminal: terminal.type("\x04"), "--disk", disk)
    check(status == 0, "the exit code is %d" % status)


def control_a_x_ends_lockscope_whatever_runs(disk):
    at_terminal(lambda terminal: (terminal.type("sh -c 'echo go; sleep 1000'\r", "\ngo\n"), terminal.type("\x01x")), "--disk", disk)


def the_disk_is_kept_until_another_is_asked_for(disk):
    status, _, said = headless(disk, stdin=b"echo kept >/tmp/x\npoweroff\n")
    check(status == 0 and "A new disk" in said, said)
    status, shown, said = headless(disk, "-append", "run=cat /tmp/x")
    check(status == 0 and "kept\n" in shown and "A new disk" not in said, shown + said)
    headless(disk, "-snapshot", "-append", "run=echo other >/tmp/x")
    _, shown, _ = headless(disk, "-append", "run=cat /tmp/x")
    check("kept\n" in shown, shown)
    result = subprocess.run([RUN, "--disk", disk, "--new-disk", "--headless", "--no-record", "-append", "run=cat /tmp/x || exit 9"],
                            capture_output=True, timeout=60)
    check(result.returncode == 9, result)


def disks_that_are_older_than_the_programs_are_kept_beside_a_new_one(disk):
    def on_the_usual_disk(command):
        result = subprocess.run([RUN, "--headless", "--no-record", "-append", "run=" + command], stdin=subprocess.DEVNULL,
                                capture_output=True, timeout=60, env=dict(os.environ, TURNSTILE_DISK=disk))
        return result.returncode, result.stderr.decode()
    for number in range(3):
        status, said = on_the_usual_disk("cat /tmp/x && exit 9; echo number %d >/tmp/x" % number)
        check(status == 0 and ("programs have changed" in said) == (number > 0), (number, status, said))
        os.utime(disk, (0, 0))
    on_the_usual_disk("exit 0")
    for number, name in enumerate([".old.~1~", ".old.~2~", ".old"]):
        status, shown, _ = headless(disk + name, "-append", "run=cat /tmp/x")
        check(status == 0 and "number %d\n" % number in shown, (name, shown))


def a_file_that_was_named_stays_what_it_is(disk):
    headless(disk, "-append", "run=echo kept >/tmp/x")
    os.utime(disk, (0, 0))
    status, shown, said = headless(disk, "-append", "run=cat /tmp/x")
    check(status == 0 and "kept\n" in shown and "--new-disk makes it anew" in said, shown + said)
    for size in (100, 1 << 20):
        with open(disk, "wb") as file:
            file.write(b"a letter\n" * (size // 9))
        with open(disk, "rb") as file:
            before = file.read()
        os.utime(disk, (0, 0))
        status, shown, said = headless(disk)
        with open(disk, "rb") as file:
            check(file.read() == before and status != 0, (size, status, shown, said))
        check(os.listdir(os.path.dirname(disk)) == [os.path.basename(disk)], os.listdir(os.path.dirname(disk)))


def arguments_go_to_lockscope_and_change_what_it_is_given(disk):
    status, shown, _ = headless(disk, "-smp", "2", "--fidelity", "fast", "-append", "structure=bkl run=exit 5")
    check(status == 5 and "2 harts" in shown and "structure bkl" in shown, shown)


def without_turnstile_it_is_lockscope_alone(disk):
    result = subprocess.run([RUN, "--plain", "--headless", "--no-record", "-smp", "2", "--max-cycles", "30000000"],
                            input=b"", capture_output=True, timeout=60)
    check(b"OpenSBI" in result.stdout and b"turnstile" not in result.stdout, result)


def what_is_wrong_is_one_sentence(disk):
    for arguments, sentence in [(["--disk"], "run: --disk needs a FILE\n"),
                                (["--disk", "/nowhere/x"], "run: the disk cannot be made: cp: cannot create regular file '/nowhere/x': No such file or directory\n"),
                                (["--plain", "--new-disk"], "run: --new-disk makes no sense with --plain\n")]:
        result = subprocess.run([RUN, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        check(result.returncode == 1 and result.stderr.decode() == sentence, result)


TESTS = [a_person_edits_completes_interrupts_and_powers_off, control_d_ends_the_shell_and_the_machine, control_a_x_ends_lockscope_whatever_runs,
         the_disk_is_kept_until_another_is_asked_for, disks_that_are_older_than_the_programs_are_kept_beside_a_new_one,
         a_file_that_was_named_stays_what_it_is,
         arguments_go_to_lockscope_and_change_what_it_is_given, without_turnstile_it_is_lockscope_alone, what_is_wrong_is_one_sentence]


def main():
    failed = 0
    subprocess.run([RUN, "--plain", "--version"], check=True, capture_output=True)
    for number, test in enumerate(TESTS, 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(os.path.join(folder, "disk.img"))
                print("ok %d - %s" % (number, test.__name__))
            except (AssertionError, OSError, subprocess.SubprocessError) as wrong:
                failed += 1
                print("not ok %d - %s\n# %s" % (number, test.__name__, "\n# ".join(str(wrong).splitlines())))
        sys.stdout.flush()
    print("1..%d" % len(TESTS))
    return failed > 0


sys.exit(main())
