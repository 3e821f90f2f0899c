# SPDX-License-Identifier: GPL-3.0-or-later
"""The monitor: transcripts, and that looking changes nothing.

usage: monitor_test.py LOCKSCOPE GUESTS DOCS [GROUP...]
A transcript (monitor/*.txt) begins with its options; "> command" is what is typed, the lines behind it are all that is answered, to
the letter. What is printed when the machine stops is the answer to the command that made it go on. In options @NAME is a
guest, @@ the project's folder; in commands " | " is the end of a
line; in answers @ is the guests' folder, and @@ the project's. With LOCKSCOPE_WRITE_TRANSCRIPTS set the answers are written into the files instead of compared.
"""
import glob
import json
import os
import random
import re
import sys

import cli_test
from cli_test import Case, Screens, check, guest, run

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MARK = "=-=-= %d"


def talk(commands, *options, stdin=None):
    """Answers of a scripted monitor, one text a command, and the whole result. " | " stands for the end of a line."""
    script = "".join("%s\necho %s\n" % (command.replace(" | ", "\n"), MARK % i) for i, command in enumerate(commands))
    result = run("-S", "--no-record", *options, stdin=script.encode() if stdin is None else stdin)
    text, answers = result.stdout.decode("latin-1"), []
    for i in range(len(commands)):
        answer, mark, text = text.partition((MARK % i) + "\n")
        if not mark:
            answers.append(answer)
            break
        answers.append(answer)
    return answers, result


def expand(word):
    return ROOT if word == "@@" else guest(word[1:]) if word.startswith("@") else word


class Transcripts(Case):
    pass


def transcript(path):
    def test(self):
        with open(path) as file:
            head, *steps = re.split(r"^> ", file.read(), flags=re.M)
        options = [expand(word) for word in head.split("\n")[0].split()]
        commands = [step.split("\n", 1)[0] for step in steps]
        wanted = [step.split("\n", 1)[1] for step in steps]
        answers, result = talk(commands, *options)
        answers[0] = answers[0].split("\n", 1)[1] if "\n" in answers[0] else answers[0]  # the first stop comes before the first command
        answers = [answer.replace(os.path.abspath(cli_test.GUESTS), "@").replace(ROOT, "@@") for answer in answers]
        check(result.stderr == b"", result.stderr)
        if "LOCKSCOPE_WRITE_TRANSCRIPTS" in os.environ:
            with open(path, "w") as file:
                file.write(head + "".join("> %s\n%s" % step for step in zip(commands, answers)))
            return
        for i, want in enumerate(wanted):
            got = answers[i] if i < len(answers) else "(nothing)"
            check(got == want, "\n%s: > %s\n-- wanted:\n%s-- got:\n%s" % (os.path.basename(path), commands[i], want, got))
    return test


for transcript_path in sorted(glob.glob(os.path.join(HERE, "monitor", "*.txt"))):
    setattr(Transcripts, "test_" + os.path.basename(transcript_path)[:-4].replace("-", "_"), transcript(transcript_path))


class Neutral(Case):
    LOOKS = ["harts", "regs", "fregs", "csr", "reservations", "stats", "hash", "config", "disasm 0x80000000 5", "x/4xg 0x80000000",
             "print a0 + pc", "info", "help", "hart 0", "hart", "nonsense", "x/9z 1", "break", "hart 99", "x 0", "translate pc fetch", "tlb", "cache", "cache code 1",
             "line pc", "symbols p", "symbols at pc", "backtrace", "list", "bus 7", "devices", "irq"]
    GOES = ["step", "step 7", "step hart 0", "step hart 0 3", "cycle", "cycle 13", "next"]  # the other harts wait for good

    def goes_on_to(self, commands, cycle, *options):
        answers, result = talk(commands + ["delete", "cycle to %d" % cycle, "hash", "harts"], "-smp", "3", *options, guest("echo"))
        check(len(answers) == len(commands) + 4 and result.returncode == 0, result.stderr, answers[-1:])
        return answers[-2]

    def test_what_looks_steps_and_stops_leaves_the_run_as_it_was(self):
        generator = random.Random(5)
        for options in ([], ["--fidelity", "fast"]):
            want = self.goes_on_to([], 60000, *options)
            for _ in range(3):
                commands = []
                for _ in range(400):
                    word = generator.random()
                    commands.append(generator.choice(self.LOOKS if word < 0.6 else self.GOES))
                    if word > 0.97:
                        commands += ["break 0x%x if 0" % (0x80000000 + 2 * generator.randrange(60)), "catch trap if a == 77",
                                     "watch 0x%x if 0" % (0x80000000 + 8 * generator.randrange(60)), "rwatch 0x80000200 if 0"]
                check(self.goes_on_to(commands, 60000, *options) == want, "the run is another one", commands)

    def test_a_run_that_was_stopped_in_the_middle_ends_as_the_undisturbed_one(self):
        script = "cycle 5000\nharts\nstep 100\nregs\ntbreak 0x80000040\ncontinue\ncontinue\n"
        for fidelity in ("timed", "fast"):
            plain = run(guest("wait"), "-smp", "2", "-serial", "null", "--state-hash", "--no-record", "--max-cycles", "3000000",
                        "--fidelity", fidelity)
            stopped = run(guest("wait"), "-smp", "2", "-serial", "null", "--state-hash", "--no-record", "--max-cycles", "3000000",
                          "--fidelity", fidelity, "-x", self.path("script", script.encode()))
            hashes = [re.findall(rb"^state hash (\w+)$", result.stderr, re.M) for result in (plain, stopped)]
            check(hashes[0] and hashes[0] == hashes[1], fidelity, plain, stopped)

    def test_watchpoints_stop_behind_the_access_and_change_nothing(self):
        # auipc a0, 1; li a1, 0; 1: sd a1, 0(a0); addi a1, a1, 1; ld a2, 0(a0); j 1b
        words = (0x00001517, 0x00000593, 0x00b53023, 0x00158593, 0x00053603, 0xff5ff06f)
        raw = self.path("stores.bin", b"".join(word.to_bytes(4, "little") for word in words))
        options = ["-bios", "none", "-device", "loader,file=%s,addr=0x80000000" % raw]
        for fidelity in ("timed", "fast"):
            want = talk(["cycle to 9000", "hash"], *options, "--fidelity", fidelity)[0][1]
            answers, _ = talk(["watch 0x80001000 8 if b == 3", "continue", "regs a1", "delete", "rwatch 0x80001004 4", "ignore 2 5", "continue",
                               "info", "delete", "cycle to 9000", "hash"], *options, "--fidelity", fidelity)
            check(answers[1].startswith("stop 1: hart 0 at 0x80000008 has written to 0x80001000: 0x3 was 0x2\nhart 0: 0x8000000c"), answers[1])
            check(answers[2].split()[2] == "3", answers[2])
            check(answers[6].startswith("stop 2: hart 0 at 0x80000010 has read 0x80001004: 0x0\n"), answers[6])
            check(answers[7] == "2: reads of 4 bytes at 0x80001004, met 6 times\n", answers[7])
            check(answers[10] == want, fidelity, answers[10], want)

    def test_changes_are_recorded_and_replayed(self):
        record = self.path("run")
        script = b"step 20\nset a7 0x1234\nwrite 0x80001000 99 4\nfreeze 1\ncycle 3000\nthaw 1\ncycle to 30000\nhash\nquit\n"
        result = run("-S", "--record", record, "--state-hash", "-smp", "2", guest("echo"), stdin=script)
        check(result.returncode == 0, result)
        again = run("--replay-input", record, "--state-hash")
        hashes = [re.findall(rb"^state hash (\w+)$", each.stderr, re.M) for each in (result, again)]
        check(again.returncode == 0 and hashes[0] and hashes[0] == hashes[1], result, again)
        looked = run("--replay-input", record, "-S", stdin=b"step 5\nset a0 1\nharts\nquit\n")
        check(b"can be looked at, and not changed" in looked.stdout, looked)


class Input(Screens):
    def test_noise_and_long_lines_are_answered(self):
        noise = bytes(random.Random(9).randrange(256) for _ in range(20000)).replace(b"q", b"")
        for text in (noise, b"x" * 100000 + b"\n", b"print " + b"(" * 5000 + b"\n", b"print " + b"1+" * 3000 + b"1\n", b"\0\0\0\n",
                     b"step " + b"1 " * 200 + b"\n", b"\n\n\n", b""):
            result = run("-S", "--no-record", guest("echo"), stdin=text + b"\necho still here\nquit\n")
            check(result.returncode == 0 and b"still here" in result.stdout, text[:40], result.returncode, result.stderr)

    def test_a_script_that_ends_ends_the_run(self):
        result = run("-S", "--no-record", guest("echo"), stdin=b"step 3\n")
        check(result.returncode == 0, result)

    def test_files_of_commands_come_first_and_then_the_run_goes_on(self):
        first, second = self.path("first", b"step 2\necho one\n"), self.path("second", b"echo two\nsource %s\n" % self.path("third", b"echo three\n").encode())
        result = run("-x", first, "-x", second, "--headless", "--no-record", guest("echo"), stdin=b"ab q")
        check(re.search(rb"one\n.*two\n.*three\n", result.stdout, re.S) and result.returncode == 7, result)
        refused = run("-x", "/nonexistent/commands", "--no-record", guest("echo"))
        check(refused.returncode == 2 and b"cannot read /nonexistent/commands" in refused.stderr, refused)

    def test_answers_for_programs_are_json_lines(self):
        result = run("-S", "--json", "--no-record", guest("echo"), stdin=b"step\nregs pc\nprint (\nquit\n")
        answers = [json.loads(line) for line in result.stdout.splitlines()]
        check([sorted(answer) for answer in answers[:2]] == [["cycle", "hart", "instruction", "pc", "stopped", "symbol"],
                                                             ["command", "cycle", "hart", "ok", "output", "pc"]], answers)
        values = [answer for answer in answers if answer.get("command") == "regs pc"]
        check(values[0]["ok"] and values[0]["output"][0].startswith("pc "), values)
        wrong = [answer for answer in answers if answer.get("command") == "print ("]
        check(not wrong[0]["ok"] and "a value is expected" in wrong[0]["error"], wrong)

    def test_ctrl_a_c_stops_a_run_on_a_terminal_and_continue_goes_on(self):
        screen = self.screen(guest("echo"), "-smp", "2")
        screen.expect(rb">")
        screen.type(b"\x01c")
        screen.expect(rb"stopped\r\n")
        screen.expect(rb"\[\d+ hart \d M poll\S*\] ")
        screen.type(b"harts\r")
        screen.expect(rb"reservation\r\n")
        screen.expect(rb"\] ")
        screen.type(b"\x03contin\t\r")
        screen.expect(rb"continue")
        screen.type(b"ab")
        screen.expect(rb"ab")
        screen.type(b"q")
        screen.ends(7)

    def test_ctrl_d_at_the_prompt_ends_the_run(self):
        screen = self.screen("-S", guest("echo"))
        screen.expect(rb"\] ")
        screen.type(b"\x04")
        screen.ends(0)


cli_test.GROUPS = {"transcripts": Transcripts, "monitor-neutral": Neutral, "monitor-input": Input}
sys.exit(cli_test.main())
