# SPDX-License-Identifier: GPL-3.0-or-later
"""Turnstile's user space on whole machines, as a person uses it: at the terminal and by command line; and `uni`. What has to hold on all kinds of
machines is in matrix_test.py.

usage: user_test.py GROUP LOCKSCOPE QEMU|none KERNELS PROGRAMS FSCK
KERNELS has turnstile.elf and turnstile-s.elf, PROGRAMS turnstile.img. Prints TAP. Every disk is checked by fsck afterwards.
"""
import re
import sys
import time

sys.dont_write_bytecode = True
from machine import Machine, Parts, Wrong  # noqa: E402

GROUP = sys.argv[1]
PARTS = Parts(*sys.argv[2:7])
# ---- at the terminal ----

def session(machine):
    machine.expect("\033[K$ ")
    machine.command("echo hello | wc", "      1       1       6\n")
    machine.command("X=5; echo $X$? '$X' \"$X\"", "50 $X 5\n")
    machine.command("cd /tmp; pwd; echo 'a  b' >f; cat <f; echo more >>f; wc -l f", "/tmp\n", "a  b\n", "      2 f\n")
    machine.command("ls /bin/s*nc /bin/[ks]il?; echo *.none f*", "/bin/sync\n/bin/kill\n", "*.none f\n")
    machine.command("false || echo bad; true && echo good; false && echo no; nonsense; echo $?", "bad\n", "good\n",
                    "sh: nonsense: there is no such command.\n", "127\n")
    machine.command("cat /nothing 2>err; cat err; cat /nothing /README 2>&1 | head -n 1", "cat: /nothing: there is no such file or directory.\n",
                    "cat: /nothing: there is")
    machine.command("(x", "sh: there are no ( and ) here; in quotes they are texts.\n")
    machine.command("mkdir -p a/b; touch a/b/c; cp -r a d; rm -r a; mv d e; ls e/b; rmdir e; rm -r e", "\nc\n", "rmdir: e: the directory is not empty.\n")
    machine.type("ec\tone\x1b[D\x1b[D\x1b[D\x1b[3~t\x05!\r")  # completed, and edited with arrows, Delete and Ctrl-E
    machine.expect("\ntne!\n")
    machine.expect("\033[K$ ")
    machine.type("\x1b[A\x1b[A\x1b[B\x15ls /bi\tsyn\t\r")  # history up and down, Ctrl-U, Tab twice
    machine.expect("\n/bin/sync\n")
    machine.expect("\033[K$ ")
    machine.type("echo \"two\r")
    machine.expect("> ")
    machine.command("lines\"", "\ntwo\nlines\n")


def signals(machine):
    machine.expect("\033[K$ ")
    # A program that says when it has the terminal.
    machine.type("sh -c 'echo ready; sleep 1000'\r")
    machine.expect("\nready\n")
    machine.type("\x03")
    machine.command("", "^C\n")
    machine.command("echo status $?", "status 130\n")
    machine.type("sh -c 'echo ready; cat | cat'\r")
    machine.expect("\nready\n")
    machine.type("typed\r")
    machine.expect("typed\ntyped\n")
    machine.type("\x04")
    machine.expect("\033[K$ ")
    machine.command("sleep 0.2 & sleep 1000 & jobs", "running    sleep 0.2\n", "running    sleep 1000\n")
    machine.command("kill %2; wait; jobs; echo waited", "waited\n")
    machine.type("abandoned\x03")
    machine.command("", "^C\n")
    machine.command("usertests -q fork_exec_wait_again_and_again", "usertests: 1 passed, 0 failed\n")
    machine.type("harts\r")
    machine.expect("any key ends this")
    machine.expect("any key ends this")
    machine.type("q")
    machine.expect("\033[K$ ")
    machine.command("ps | grep -c sleep", "0\n")


def at_terminal(emulator, harts, talk, *options):
    def run():
        machine = Machine(PARTS, emulator, harts, "", options)
        try:
            talk(machine)
            machine.type("exit 7\r")
            machine.end(7)
        except (Wrong, BrokenPipeError) as wrong:
            return [str(wrong)] + machine.text[-2000:].splitlines()
        finally:
            machine.close()
        return []
    return run


# ---- by command line ----

def by_line(emulator, harts, line, wanted, status=0, structure="fine", kernel="turnstile.elf", options=()):
    """run=LINE; what the terminal shows must match each of the expressions."""
    def run():
        machine = Machine(PARTS, emulator, harts, "structure=%s run=%s" % (structure, line), options, kernel)
        try:
            machine.end(status)
            found = ["%r is not shown" % each for each in wanted if not re.search(each, machine.text, re.M)]
            return found + machine.text[-3000:].splitlines() if found else []
        except Wrong as wrong:
            return [str(wrong)] + machine.text[-3000:].splitlines()
        finally:
            machine.close()
    return run


def fails(emulator, harts, line, structure, seed):
    """The run must not succeed, and not because it could not begin."""
    def run():
        machine = Machine(PARTS, emulator, harts, "structure=%s force run=%s" % (structure, line), ["--seed", str(seed)])
        machine.deadline = time.monotonic() + 60
        try:
            while machine.read():
                pass
            code = machine.process.wait()
        except Wrong:
            return []  # it hangs: that is a failure, too
        finally:
            machine.close()
        if "structure uni" not in machine.text:
            return ["the kernel did not begin"] + machine.text.splitlines()
        return ["it passes"] if code == 0 else []
    return run


COMMANDS = "; ".join([
    "seq 100 | sort -r -n | head -n 3", "seq 20 | tail -n 2 | cat", "echo b >/tmp/x", "echo a >>/tmp/x", "sort /tmp/x",
    "grep -n 'h.rt' /README | head -n 1", "ln /tmp/x /tmp/y", "stat /tmp/y | grep names", "wc -c /tmp/y", "env A=b env | grep A=",
    "echo abc | hexdump", "date | wc -w", "uptime", "free | grep KiB", "ps | grep init", "locks | head -n 2", "harts -1 | head -n 1",
    "kill -l | head -n 2 | tail -n 1", "time true", "sleep 0.01", "uniq -c </tmp/x", "sync", "ls -l /tmp/x", "touch /tmp/z", "rm /tmp/z", "true",
])
SHOWN = [r"^100\n99\n98$", r"^19\n20$", r"^a\nb$", r"^\d+:    harts", r"names 2$", r"^ +4 /tmp/y$", r"^A=b$", r"^00000000 +61 62 63 0a .*\|abc\.\|$",
         r"^6$|^ +6$", r"^up 0:00:00", r"^memory KiB +\d+", r"^ +1 +0 .* init$", r"^structure fine", r"^hart  user", r"^ 2 INT   interrupted$",
         r"^\d+\.\d{6} s$", r"^ +1 b$", r"^- .* 4 .* /tmp/x$"]
BENCHES = ["syscallbench -n 20", "forkbench -n 5", "filebench -n 3", "filebench -n 2 -p 2", "lockbench -n 50"]
ERRORS = {"ls /no": "ls: /no: there is no such file or directory.", "cat /bin": "cat: /bin: this is a directory.",
          "mkdir /tmp": "mkdir: /tmp: it exists already.", "rm /tmp": "rm: /tmp is a directory; -r removes those.",
          "cp /README /README": "cp: /README and /README are the same file.", "head -n x": "head: -n: x is no number.",
          "grep [ /README": "grep: the pattern [ is wrong: a [ has no ].", "kill -NO 1": "sh: NO is no signal.",
          "sleep 1x": "sleep: SECONDS: 1x is no number.", "wc -y": "usage: wc [-lwc] [FILE]...",
          "init": "init: only the kernel's first process can be that.", "mv /tmp /tmp/x": "mv: /tmp: that makes no sense here.",
          "usertests nothing": "usertests: nothing is neither a test nor a group; -l lists them."}


def groups():
    passed = [r"^usertests: \d+ passed, 0 failed$"]
    yield "terminal", "a session at the terminal, timed", at_terminal("timed", 4, session)
    yield "terminal", "a session at the terminal, fast, on one hart", at_terminal("fast", 1, session)
    yield "terminal", "signals and jobs at the terminal, timed", at_terminal("timed", 4, signals)
    yield "terminal", "commands show what they should", by_line("timed", 2, COMMANDS, SHOWN)
    yield "terminal", "what is wrong is told in one sentence", by_line(
        "fast", 2, "; ".join("%s; echo $?" % line for line in ERRORS),
        [r"^%s\n[12]$" % re.escape(text) for text in ERRORS.values()])
    yield "terminal", "the status of the command line is the machine's", by_line("fast", 1, "exit 42", [], 42)
    yield "terminal", "a signal that ends it, too", by_line("fast", 1, "kill -TERM $$", [], 143)
    yield "terminal", "under firmware, too", by_line("fast", 2, "echo here", ["^here$"], kernel="turnstile-s.elf")
    yield "usertests", "usertests on one hart, where sections only disable interrupts", by_line("fast", 1, "usertests -q", passed, structure="uni")
    for seed in (1, 2, 3):
        yield "usertests", "usertests fail when sections on 4 harts only disable interrupts, seed %d" % seed, fails("timed", 4, "usertests -t 5", "uni", seed)
    yield "terminal", "benchmarks say their figures in one line each", by_line(
        "timed", 4, "; ".join(BENCHES), [r"^%s harts=4 n=%s( \w+=\d+)+$" % (line.split()[0], line.split()[2]) for line in BENCHES])
    if PARTS.qemu != "none":
        yield "qemu", "a session at the terminal", at_terminal("qemu", 4, session)
        yield "qemu", "signals and jobs at the terminal", at_terminal("qemu", 2, signals)
        yield "qemu", "virtio of version 2", by_line("qemu", 2, "usertests -q file", passed, options=["-global", "virtio-mmio.force-legacy=false"])


def main():
    count = failed = 0
    for group, name, run in groups():
        if group != GROUP:
            continue
        count += 1
        found = run()
        failed += bool(found)
        print("%s %d - %s" % ("not ok" if found else "ok", count, name))
        for line in found:
            print("# " + line)
        sys.stdout.flush()
    print("1..%d" % count)
    return failed > 0


sys.exit(main())
