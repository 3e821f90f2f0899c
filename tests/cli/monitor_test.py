# SPDX-License-Identifier: GPL-3.0-or-later
"""The monitor: transcripts, and what may come in place of commands.

usage: monitor_test.py LOCKSCOPE GUESTS DOCS [GROUP...]
A transcript (monitor/*.txt) begins with its options; "> command" is what is typed, the lines behind it are all that is answered, to
the letter. What is printed when the machine stops is the answer to the command that made it go on. In options @NAME is a
guest, @@ the project's folder; in commands " | " is the end of a
line; in answers @ is the guests' folder, and @@ the project's. With LOCKSCOPE_WRITE_TRANSCRIPTS set the answers are written into the files instead of compared.
"""
import fcntl
import glob
import json
import os
import pty
import random
import re
import select
import signal
import subprocess
import sys
import termios

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
        check(values[0]["data"] == {"pc": values[0]["pc"]}, values)
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

    def test_a_guests_hint_stops_for_whoever_may_look_and_for_nobody_else(self):
        answers, result = talk(["continue", "regs a0", "continue"], guest("look"))
        check(answers[0].split("\n", 1)[1].startswith("hart 0 asks for a look, with a0 0x2a\nhart 0: 0x"), answers[0])
        check(answers[1] == "a0        0x000000000000002a 42\n", answers[1])
        check(result.returncode == 7 and b"." in result.stdout, result)
        alone = run("--headless", "--no-record", guest("look"))
        check(alone.returncode == 7 and alone.stdout == b".", alone)
        off = run("-S", "--no-record", "--set", "machine.hints=off", guest("look"), stdin=b"continue\nquit\n")
        check(b"asks" not in off.stdout and off.returncode == 7, off)
        screen = self.screen(guest("look"))
        screen.expect(rb"asks for a look, with a0 0x2a\r\n")
        screen.expect(rb"\] ")
        screen.type(b"continue\r")
        screen.expect(rb"\.")
        screen.ends(7)

    def test_what_a_person_types_raises_the_interrupt_and_the_text_that_are_waited_for(self):
        screen = self.screen(guest("wait"), "-smp", "2")
        screen.expect(rb">")
        screen.type(b"\x01c")
        screen.expect(rb"\] ")
        screen.type(b"catch irq 10\rcatch console xyz\rcontinue\r")
        screen.expect(rb"(?s)stop 1 at irq 10.*stop 2 at console .xyz.*continue\r?\n")
        screen.type(b"x")
        screen.expect(rb"stop 1 at irq: source 10 raised\r\n")
        screen.expect(rb"\] ")
        screen.type(b"delete 1\rcontinue\rxyxyz")  # typed ahead
        screen.expect(rb"continue\r?\n(?s:.*)xyxyz\r?\nstop 2 at console: .*\r\n")
        screen.expect(rb"\] ")
        screen.type(b"quit\r")
        screen.ends(0)

    def test_commands_of_a_stop_are_done_by_a_run_that_nobody_talks_to(self):
        script = self.path("script", b"break put\ncommands 1\nsilent\nprint a0\nend\ncatch trap\n")
        result = run("-x", script, "--headless", "--no-record", guest("look"))
        check(result.returncode == 7 and b"0x2e = 46\n" in result.stdout, result)

    def test_commands_without_an_end_are_dropped_in_a_sentence(self):
        result = run("-S", "--no-record", guest("echo"), stdin=b"break poll\ncommands 1\nregs\n")
        check(result.returncode == 0 and b"there is no end behind the commands of stop 1: they are dropped\n" in result.stdout, result)
        result = run("-S", "--no-record", guest("echo"), stdin=b"commands 5\nquit\n")
        check(result.returncode == 0 and b"there is no stop 5" in result.stdout, result)

    def test_a_terminal_that_goes_away_at_the_prompt_or_in_a_run_ends_the_program(self):
        for keys, wanted in ((b"help\r", rb"\] "), (b"continue\r", rb">"), (b"commands 1\r", rb"commands 1\r?\n"), (b"step hart 0 100000000\r", rb">")):
            master, slave = pty.openpty()
            process = subprocess.Popen([cli_test.PROGRAM, "-S", "--no-record", guest("echo")], stdin=slave, stdout=slave, stderr=slave,
                                       start_new_session=True, preexec_fn=lambda: fcntl.ioctl(2, termios.TIOCSCTTY, 0))
            os.close(slave)
            text = b""
            for pattern, answer in ((rb"\] ", keys), (wanted, b"")):
                while not re.search(pattern, text):
                    check(select.select([master], [], [], cli_test.PATIENCE)[0], "no", pattern, "in", text)
                    text += os.read(master, 4096)
                text = text[re.search(pattern, text).end():]
                os.write(master, answer)
            os.close(master)
            code = process.wait(timeout=cli_test.PATIENCE)
            check(code == 128 + signal.SIGHUP, wanted, "exit code", code)

    def test_closed_files_in_place_of_a_terminal_end_the_program(self):
        for shell, code, said in (("%s <&-", 0, b""), ("%s </dev/null", 0, b""), ("yes help | %s | head -1 >/dev/null; exit ${PIPESTATUS[1]}", 141, b""),
                                  ("yes regs | %s >/dev/full", 2, b"cannot write the monitor's output: No space left on device\n"),
                                  ("printf 'trace sc-fail\\ncontinue\\n' | %s -smp 2 | head -1 >/dev/null; exit ${PIPESTATUS[1]}", 141, b""),
                                  ("echo step | %s >&-", 0, b"")):
            words = "%s -S --no-record %s" % (cli_test.PROGRAM, guest("forever"))
            result = subprocess.run(["bash", "-c", shell % words], capture_output=True, timeout=cli_test.PATIENCE)
            check(result.returncode == code and said in result.stderr and result.stderr.count(b"\n") <= 1, shell, result)

    def test_tab_completes_what_can_stand_there(self):
        screen = self.screen("-S", guest("contend"))
        for typed, completed in ((b"contin", b"continue "), (b"catch sc-fail sto", b"store "), (b"catch trap load-p", b"load-page "),
                                 (b"step har", b"hart "), (b"devices ser", b"serial "), (b"regs s1", b"s1"), (b"csr mstat", b"mstatus "),
                                 (b"info rea", b"reasons "), (b"print winn", b"winners "), (b"break ove", b"over "), (b"help transl", b"translate "),
                                 (b"translate pc fet", b"fetch "), (b"cache da", b"data "), (b"line coun", b"counter "),
                                 (b"source /etc/hostn", b"/etc/hostname "), (b"trace line-inv", b"line-invalidated ")):
            screen.expect(rb"\] ")
            screen.type(typed + b"\t")
            screen.expect(re.escape(completed))
            screen.type(b"\x15\r")  # Ctrl-U
        screen.type(b"quit\r")
        screen.ends(0)

    def test_ctrl_d_at_the_prompt_ends_the_run(self):
        screen = self.screen("-S", guest("echo"))
        screen.expect(rb"\] ")
        screen.type(b"\x04")
        screen.ends(0)


if __name__ == "__main__":
    cli_test.GROUPS = {"transcripts": Transcripts, "monitor-input": Input}
    sys.exit(cli_test.main())
