# SPDX-License-Identifier: GPL-3.0-or-later
"""The monitor: transcripts, and what may come in place of commands.

usage: monitor_test.py LOCKSCOPE GUESTS DOCS [GROUP...]
A transcript (monitor/*.txt) begins with its options; "> command" is what is typed, the lines behind it are all that is answered, to
the letter. What is printed when the machine stops is the answer to the command that made it go on. In options @NAME is a
guest, @@ the project's folder; in commands " | " is the end of a
line, and " |" at the end an empty line; in answers @ is the guests' folder, and @@ the project's. With LOCKSCOPE_WRITE_TRANSCRIPTS set the answers are written into the files instead of compared.
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
    """Answers of a scripted monitor, one text a command, and the whole result. " | " stands for the end of a line, " |" at the end for an empty line."""
    script = "".join("%s\necho %s\n" % (re.sub(r" \|(?= |$)", "\n", command), MARK % i) for i, command in enumerate(commands))
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
        check([sorted(answer) for answer in answers[:2]] == [["cycle", "hart", "instruction", "pc", "stopped", "stops", "symbol"],
                                                             ["command", "cycle", "hart", "ok", "output", "pc"]], answers)
        values = [answer for answer in answers if answer.get("command") == "regs pc"]
        check(values[0]["ok"] and values[0]["output"][0].startswith("pc "), values)
        check(values[0]["data"] == {"pc": values[0]["pc"]}, values)
        wrong = [answer for answer in answers if answer.get("command") == "print ("]
        check(not wrong[0]["ok"] and "a value is expected" in wrong[0]["error"], wrong)

    def records(self, *arguments, **how):
        """What was said in JSON; each line is an object."""
        result = run(*arguments, "--json", "--no-record", **how)
        records = [json.loads(line) for line in result.stdout.splitlines()]
        return records, {record["command"]: record for record in records if "command" in record}, result

    def test_what_the_guest_writes_and_the_end_are_json_records_too(self):
        records, _, result = self.records("-S", guest("look"), stdin=b"catch console\nbreak put hart 0\ncontinue\ncontinue\ncontinue\ncontinue\n")
        check([list(record)[0] for record in records] == ["stopped", "command", "command", "command", "stopped", "command", "stopped", "command",
                                                          "console", "stopped", "command", "stopped", "ended"], records)
        check([record["stops"] for record in records if "stops" in record] == [[], [], [2], [1], []], records)
        check(records[8] == {"console": "."} and records[-1] == {"ended": "finished", "code": 7, "cycle": records[-1]["cycle"], "why": None}, records)
        check(result.returncode == 7 and result.stderr == b"", result)
        records, _, result = self.records("--headless", guest("echo"), stdin=b"a\xff\xfeb\xc3\xa4\nq")
        check(records[:-1] == [{"console": ">a\ufffd\ufffdb\u00e4\n", "bytes": "3e61fffe62c3a40a"}, {"console": "q"}], records)
        records, _, result = self.records("--headless", "--max-cycles", "700", guest("echo"))
        check(records[-1]["ended"] == "max-cycles" and records[-1]["code"] == 125 and "before cycle 700" in records[-1]["why"], records)

    def test_a_trace_and_the_guests_output_are_in_order_in_json_and_as_text(self):
        script = b"trace wfi\ncycle to 5000\nquit\n"
        records, _, _ = self.records("-S", guest("wait"), "-smp", "2", stdin=script)
        said = ["console" if "console" in record else record["hart"] for record in records if "console" in record or "event" in record]
        check(said == [1, "console", 0], records)
        text = run("-S", "--no-record", guest("wait"), "-smp", "2", stdin=script).stdout
        check(re.search(rb"hart 1 \S+ <park\+0x4> w\w+: .*\n>\n\d+ hart 0 ", text), text)

    def test_a_line_that_is_no_utf_8_is_answered_in_full(self):
        _, answers, _ = self.records("-S", guest("echo"), stdin=b"print \xff\necho \xe4\xb8\x80\xff\xc3\nhash\n")
        check("a value is expected" in answers["print \ufffd"]["error"], answers)
        check(answers["echo \u4e00\ufffd\ufffd"]["output"] == ["\u4e00\ufffd\ufffd"] and answers["hash"]["ok"], answers)

    def test_memory_code_callers_translations_and_devices_are_data(self):
        script = b"tbreak leaf\ncontinue\nx/2xw 0x80000000\nx/1s main\nx/2xg 0x87fffff8\ndisasm main 2\nbacktrace\ntranslate pc fetch\ntranslate 0\ndevices serial\ndevices\n"
        _, answers, _ = self.records("-S", guest("frames"), stdin=script)
        data = {command: answer.get("data") for command, answer in answers.items()}
        check(data["x/2xw 0x80000000"] == [{"address": "0x80000000", "value": "0x2117", "bytes": 4}, {"address": "0x80000004", "value": "0x28010113", "bytes": 4}], data)
        check(data["x/1s main"][0]["bytes"][0] == 0x41 and len(data["x/2xg 0x87fffff8"]) == 1 and not answers["x/2xg 0x87fffff8"]["ok"], data)
        check([insn["instruction"].split("\t")[0] for insn in data["disasm main 2"]] == ["c.addi", "c.sdsp"] and data["disasm main 2"][0]["symbol"] == "main", data)
        check(data["backtrace"][0] == {"pc": "0x80000202", "symbol": "leaf", "by": "pc", "inlined": [], "file": "tests/ui/guest/two.c", "line": 11}, data)
        check(data["backtrace"][-1]["symbol"].startswith("_start+") and data["backtrace"][1]["by"] == "cfi", data)
        fetch, none = data["translate pc fetch"], data["translate 0"]
        check(fetch["physical"] == "0x80000202" and fetch["place"] == "ram" and fetch["refused"] is None and fetch["tlb"] is None, fetch)
        check(none["refused"] == "nothing-there" and none["cause"] == "0x5", none)
        check(len(data["devices serial"]) == 1 and data["devices serial"][0]["fields"]["divisor"] == "0x2" and len(data["devices"]) > 10, data)
        _, answers, _ = self.records("-S", guest("stale"), stdin=b"tbreak moved\ncontinue\ntranslate 0x40100000\n")
        translation = answers["translate 0x40100000"]["data"]
        check(translation["physical"] == "0x80300000" and translation["tlb"] == {"entry": 0, "physical": "0x80100000", "used": True, "differs": True} and
              [entry["level"] for entry in translation["entries"]] == [2, 1], translation)

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

    def test_a_reset_that_ends_the_run_can_be_looked_at_before(self):
        script = b"catch reset\nreset\ncontinue\nregs pc\ncontinue\necho never\n"
        result = run("-S", "-no-reboot", "--no-record", guest("wait"), stdin=script)
        check(re.search(rb"stop 1 at reset: .*\n.*\npc +0x0*1000 4096\n$", result.stdout), result)
        check(result.returncode == run("-S", "-no-reboot", "--no-record", guest("wait"), stdin=b"reset\ncontinue\n").returncode, result)
        check(b"never" not in result.stdout, result)

    def test_commands_of_a_stop_are_done_by_a_run_that_nobody_talks_to(self):
        script = self.path("script", b"break put\ncommands 1\nsilent\nprint a0\nend\ncatch trap\n")
        result = run("-x", script, "--headless", "--no-record", guest("look"))
        check(result.returncode == 7 and b"0x2e = 46\n" in result.stdout, result)

    def test_commands_without_an_end_are_dropped_in_a_sentence(self):
        result = run("-S", "--no-record", guest("echo"), stdin=b"break poll\ncommands 1\nregs\n")
        check(result.returncode == 0 and b"there is no end behind the commands: they are dropped\n" in result.stdout, result)
        half = self.path("half", b"commands 1\nregs\n")
        answers, _ = talk(["break poll", "source %s" % half, "info"], guest("echo"))
        check(answers[1] == "there is no end behind the commands: they are dropped\n" and answers[2] == "1: at 0x80000044 <poll>, met 0 times\n", answers)
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

    def test_a_traces_file_holds_all_of_it_when_the_prompt_comes(self):
        name = self.path("fails", b"")
        answers, result = talk(["trace sc-fail to %s" % name, "cycle 700", "source %s" % name, "trace off", "trace upgrade to %s" % name, "info traces",
                                "trace upgrade to! %s" % name, "trace sc-fail to %s/./fails" % os.path.dirname(name), "cycle 400", "info traces"],
                               "-smp", "2", guest("contend"))
        check(answers[2].count("there is no command '") == 8, "what was there at the prompt", answers[2])
        check(answers[4] == "%s holds something already; to! %s writes over it\n" % (name, name), answers[4])
        check("no traces" in answers[5], answers[5])
        with open(name) as file:
            lines = file.read().splitlines()
        written = sum(int(count) for count in re.findall(r", (\d+) written", answers[9]))
        check(written == 20 and len(lines) == written and all(re.match(r"\d+ hart [01] 0x\w+ <try.*> (sc-fail|upgrade): ", line) for line in lines),
              written, lines)
        check([int(line.split()[0]) for line in lines] == sorted(int(line.split()[0]) for line in lines), lines)

    def test_an_event_that_two_traces_want_in_one_file_is_there_once(self):
        name = self.path("all")
        talk(["trace sc-fail to %s" % name, "trace sc-fail hart 0 to %s" % name, "cycle 700"], "-smp", "2", guest("contend"))
        with open(name) as file:
            lines = file.read().splitlines()
        check(len(lines) == 8 and len(set(lines)) == 8, lines)

    def test_a_trace_that_cannot_be_written_ends_in_one_sentence(self):
        answers, result = talk(["trace sc-fail to /dev/full", "trace upgrade to /dev/full", "cycle 400", "info traces", "cycle 100000"], "-smp", "2", guest("forever"))
        check(answers[2].startswith("traces 1, 2 end: cannot write /dev/full: No space left on device\nhart 0: "), answers[2])
        check(answers[3] == "no traces\n" and "trace" not in answers[4] and result.stderr == b"", answers, result.stderr)
        answers, result = talk(["trace sc-fail to /dev/full", "cycle 400000"], "-smp", "2", guest("forever"))
        check(answers[1].count("trace 1 ends: cannot write /dev/full") == 1, answers[1])
        result = run("-S", "--no-record", "--max-cycles", "700", "-smp", "2", guest("forever"), stdin=b"trace sc-fail to /dev/full\ncontinue\n")
        check(b"lockscope: cannot write /dev/full: No space left on device\n" in result.stderr, result)
        fifo = self.path("pipe")
        os.mkfifo(fifo)
        answers, result = talk(["trace sc-fail to %s" % fifo, "trace sc-fail to %s" % os.path.dirname(fifo)], guest("echo"))
        check([answer.rsplit(": ", 1)[1] for answer in answers] == ["No such device or address\n", "Is a directory\n"], answers)

    def test_tab_completes_what_can_stand_there(self):
        screen = self.screen("-S", guest("contend"))
        for typed, completed in ((b"contin", b"continue "), (b"catch sc-fail sto", b"store "), (b"catch trap load-p", b"load-page "),
                                 (b"step har", b"hart "), (b"devices ser", b"serial "), (b"regs s1", b"s1"), (b"csr mstat", b"mstatus "),
                                 (b"info rea", b"reasons "), (b"print winn", b"winners "), (b"break ove", b"over "), (b"help transl", b"translate "),
                                 (b"translate pc fet", b"fetch "), (b"cache da", b"data "), (b"line coun", b"counter "),
                                 (b"source /etc/hostn", b"/etc/hostname "), (b"trace line-inv", b"line-invalidated "),
                                 (b"set mscra", b"mscratch "), (b"set mstatus.MPI", b"mstatus.MPIE "), (b"set s1", b"s1"), (b"set a0 winn", b"winners "),
                                 (b"trace sc-fail to /etc/hostn", b"/etc/hostname "), (b"trace sc-fail to! /etc/hostn", b"/etc/hostname "),
                                 (b"break over ha", b"hart "), (b"break over if winn", b"winners "), (b"catch sc-fail if winn", b"winners "),
                                 (b"translate try lo", b"load "), (b"config reserv", b"reservation "), (b"catch wfi ha", b"hart "),
                                 (b"trace upgrade counter t", b"to"), (b"devices virtio", b"virtio_mmio "), (b"disab", b"disable ")):
            screen.expect(rb"\] ")
            screen.type(typed + b"\t")
            screen.expect(re.escape(completed))
            screen.type(b"\x15\r")  # Ctrl-U
        screen.type(b"quit\r")
        screen.ends(0)

    def test_tab_offers_nothing_that_is_no_name(self):
        screen = self.screen("-S", guest("frames"))
        for typed, completed in ((b"devices -", rb"devices -$"), (b"list one", rb"one\.c:$"), (b"break two.", rb"two\.c:$"), (b"hart 0 x", rb"hart 0 x$")):
            screen.expect(rb"\] ")
            screen.type(typed + b"\t")
            screen.reads_for(0.3)
            check(re.search(completed, screen.text.replace(b"\a", b"")), typed, screen.text)
            screen.type(b"\x15\r")
        screen.type(b"quit\r")
        screen.ends(0)

    def test_ctrl_c_at_the_prompt_drops_the_line_and_asks_again(self):
        screen = self.screen("-S", guest("echo"))
        screen.expect(rb"\] ")
        screen.type(b"echo dropp")
        screen.expect(rb"dropp")
        screen.type(b"\x03")
        screen.expect(rb"\^C\r\n(?s:.*)\] ")
        screen.type(b"echo ke\"\"pt\r")
        screen.expect(rb"ke\"\"pt\r\n(?s:.*)\] ")
        check(b"dropp" not in screen.text, screen.text)
        screen.type(b"step\r")
        screen.expect(rb"hart 0: .*\r\n(?s:.*)\] ")
        screen.type(b"\x03")
        screen.expect(rb"\] ")
        check(b"hart 0: " not in screen.reads_for(0.3), "an empty line that was dropped has repeated the last command")
        screen.type(b"break poll\rcommands 1\rregs\r")
        screen.expect(rb"> regs\r?\n(?s:.*)> ")
        screen.type(b"\x03")
        screen.expect(rb"they are dropped\r\n(?s:.*)\] ")
        screen.type(b"\x12ech\x03")  # in the middle of a search
        screen.expect(rb"\] ")
        screen.type(b"quit\r")
        screen.ends(0)

    def test_ctrl_z_at_the_prompt_suspends_and_the_prompt_comes_back(self):
        screen = self.screen("-S", guest("echo"))
        screen.expect(rb"\] ")
        screen.type(b"echo stand")
        screen.expect(rb"stand")
        screen.type(b"\x1a")
        _, status = os.waitpid(screen.process.pid, os.WUNTRACED)
        check(os.WIFSTOPPED(status), "status", status)
        screen.check_restored()
        os.kill(screen.process.pid, signal.SIGCONT)
        screen.expect(rb"\] echo stand")
        screen.type(b"ing\r")
        screen.expect(rb"ing\r\n(?s:.*)standing\r\n(?s:.*)\] ")
        screen.type(b"quit\r")
        screen.ends(0)

    def test_the_history_is_kept_in_folders_that_are_made(self):
        for variables, path in (({"HOME": self.path("home")}, "home/.local/state/lockscope/history"),
                                ({"XDG_STATE_HOME": self.path("deep/er")}, "deep/er/lockscope/history")):
            env = {name: value for name, value in os.environ.items() if name != "XDG_STATE_HOME"}
            screen = self.screen("-S", "--no-record", guest("echo"), env={**env, **variables})
            screen.expect(rb"\] ")
            screen.type(b"echo remember me\rquit\r")
            screen.ends(0)
            with open(self.path(path)) as file:
                check("echo remember me\n" in file.read(), path)

    def test_files_of_commands_on_a_terminal_prepare_the_run_or_leave_it_to_the_person(self):
        prepare, fails, goes = (self.path(name, text) for name, text in (("prepare", b"break poll\nset a7 7\ndelete\necho done\n"), ("fails", b"regs nothing\necho done\n"),
                                                                         ("goes", b"tbreak poll\ncontinue\n")))
        screen = self.screen("-x", prepare, guest("echo"))
        screen.expect(rb"done\r\n")
        screen.expect(rb">")
        screen.type(b"ab")
        screen.expect(rb"ab")
        screen.type(b"\x01c")
        screen.expect(rb"stopped\r\n(?s:.*)perturbed.*\] ")
        screen.type(b"continue\rq")
        screen.ends(7)
        for options, said in ((["-S", "-x", prepare], rb"done"), (["-x", fails], rb"done"), (["-x", goes], rb"hart 0: 0x80000044")):
            screen = self.screen(*options, guest("echo"))
            screen.expect(said)
            screen.expect(rb"\] ")
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
