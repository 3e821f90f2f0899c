# SPDX-License-Identifier: GPL-3.0-or-later
"""The monitor: that looking, stepping and stopping leave the run as it would have been.

usage: monitor_neutral_test.py LOCKSCOPE GUESTS DOCS [GROUP...]
"""
import os
import random
import re
import sys
import time

import cli_test
from cli_test import Case, Firmware, check, guest, run
from monitor_test import talk

COMMANDS = 10000  # at random, in all, in every check
HOUR_SECONDS = float(os.environ.get("LOCKSCOPE_MONITOR_SECONDS", 20 * 60))  # in each of three builds


class Looker:
    """Commands that change nothing, at random."""
    LOOKS = ["harts", "regs", "regs a0 s1 pc", "fregs", "fregs fa0", "csr", "csr mstatus mepc misa", "reservations", "stats", "hash", "config",
             "config bus", "disasm", "disasm 0x80000000 5", "x/4xg 0x80000000", "x/8i pc", "x/3dw 0x80001000", "xp/4xg 0x80001000", "print a0 + pc", "print *pc",
             "info", "info events", "info traces", "info causes", "info pmp", "info images", "help", "help step", "hart", "translate pc fetch",
             "translate 0x10000000 store", "tlb", "tlb data", "cache", "cache code 1", "line pc", "line 0x80001040", "symbols p", "symbols at pc",
             "backtrace", "backtrace 3", "list", "bus", "bus 700", "devices", "irq", "sc-failures", "sc-failures 1000", "fidelity", "echo there",
             # and what is wrong
             "nonsense", "x/9z 1", "break", "hart 99", "x 0", "print (", "catch nothing", "trace nothing", "delete 99", "ignore 1", "commands 99 | end",
             "step x", "finish x", "until", "until 1 +", "cycle to 1", "write 1", "set a0", "set nothing 1", "thaw", "freeze 99", "source /nonexistent"]
    # The conditions are never true; what is traced is thrown away.
    STOPS = ["break 0x%x if 0", "break 0x%x hart 0 if 0", "tbreak 0x%x if a0 == 0x12345", "watch 0x%x 4 if 0", "rwatch 0x%x if 0", "catch trap 63",
             "catch trap if a == 77", "catch sc-fail hart 0 if 0", "catch reservation-lost if 0", "catch line-invalidated 0x%x if 0",
             "catch upgrade if 0", "catch wfi if 0", "catch wake if 0", "catch console never", "catch irq 95", "trace sc-fail to /dev/null",
             "trace reservation-lost to /dev/null", "trace trap to /dev/null", "trace upgrade 0x%x to /dev/null", "trace off", "delete", "disable", "enable", "disable 1", "ignore 1 5",
             "commands 1 | regs | continue | end"]
    GOES = ["step", "step 7", "step 100", "cycle", "cycle 13", "cycle 200", "next", "step hart %d", "step hart %d 3"]

    def __init__(self, generator, harts):
        self.generator, self.harts = generator, harts

    def command(self):
        word = self.generator.random()
        if word < 0.5:
            return self.generator.choice(self.LOOKS)
        if word < 0.6:
            return "hart %d" % self.generator.randrange(self.harts)
        if word < 0.75:
            text = self.generator.choice(self.STOPS)
            return text % (0x80000000 + 8 * self.generator.randrange(1024)) if "%" in text else text
        text = self.generator.choice(self.GOES)
        return text % self.generator.randrange(self.harts) if "%" in text else text

    def commands(self, count):
        return [self.command() for _ in range(count)]


class Neutral(Case):
    # guest, harts, the cycle to which 1000 random commands surely do not lead
    GUESTS = [("forever", 1, 400000), ("forever", 2, 400000), ("forever", 4, 800000), ("echo", 3, 400000), ("wait", 2, 4000000000)]

    def ends(self, commands, name, harts, cycle, *options):
        """What the machine is in the end."""
        answers, result = talk(commands + ["delete", "cycle to %d" % cycle, "hash", "harts"], "-smp", str(harts), *options, guest(name))
        check(len(answers) == len(commands) + 4 and result.returncode == 0, name, harts, options, result.stderr, answers[-2:])
        check(re.match(r"[0-9a-f]{16} at cycle \d+, ", answers[-2]), answers[-2])
        return answers[-2]

    def looks(self, generator, count, undisturbed):
        """`count` random commands for each guest and fidelity; returns how many those were."""
        for name, harts, cycle in self.GUESTS:
            looker = Looker(generator, harts if name == "forever" else 1)  # elsewhere all but hart 0 wait for good
            for options in ((), ("--fidelity", "fast"), ("--bus", "atomic", "--seed", "7")):
                if (name, harts, options) not in undisturbed:
                    undisturbed[name, harts, options] = self.ends([], name, harts, cycle, *options)
                commands = looker.commands(count)
                got = self.ends(commands, name, harts, cycle, *options)
                check(got == undisturbed[name, harts, options], name, harts, options, "the run is another one:", got, "not",
                      undisturbed[name, harts, options], commands)
        return 3 * len(self.GUESTS) * count

    def test_ten_thousand_commands_that_change_nothing_leave_hash_and_cycles_as_they_were(self):
        generator, undisturbed, done = random.Random(5), {}, 0
        while done < COMMANDS:
            done += self.looks(generator, 350, undisturbed)

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


    def winners(self, harts, commands, *options):
        """Who has won the races for `counter`, the hash at the end, and the answers."""
        answers, result = talk(commands + ["delete", "cycle to 90000", "x/64xb winners", "print *counter", "hash"], "-smp", str(harts), *options,
                               guest("contend"))
        check(result.returncode == 0 and len(answers) == len(commands) + 5, result.stderr, answers[-1:])
        check(answers[-2] == "0x40 = 64\n", "the harts have not all come to the end", options, answers[-2])
        winners = re.findall(r"0x0(\d)", answers[-3].replace(" 0x", "\n0x"))
        check(len(winners) == 64, answers[-3])
        return winners, answers[-1], answers

    def test_stepping_through_a_contended_loop_of_lr_and_sc_changes_nobodys_success(self):
        for options in ((), ("--fidelity", "fast"), ("--bus", "atomic"), ("--granule", "8", "--seed", "3")):
            for harts in (2, 3, 4):
                want, want_hash, _ = self.winners(harts, [], *options)
                for hart in range(harts):
                    steps = ["step hart %d" % hart, "reservations", "line counter"] * 100 + ["step hart %d 7" % hart] * 30
                    got, got_hash, _ = self.winners(harts, steps, *options)
                    check((got, got_hash) == (want, want_hash), "stepping hart", hart, "of", harts, options, got, want)
                got, got_hash, _ = self.winners(harts, ["step"] * 600, *options)
                check((got, got_hash) == (want, want_hash), "stepping the machine of", harts, options, got, want)

    def test_a_hart_stepped_alone_keeps_its_reservation_and_gets_on(self):
        for begin, options in ((400, ()), (100, ("--fidelity", "fast"))):
            commands = ["cycle %d" % begin] + ["step hart 1 only", "reservations"] * 40 + ["thaw 0 2"]
            winners, _, answers = self.winners(3, commands, *options)
            before, after = (int(re.search(r"hart 1: .*sc: (\d+) succeeded", answers[at]).group(1)) for at in (2, 80))
            check(after >= before + 3, "alone it got", before, "to", after, options)
            check(set(winners) >= {"1"}, winners)


class Hour(Neutral):
    def test_for_an_hour_in_all_builds_commands_that_change_nothing_leave_the_runs_as_they_were(self):
        seed = int(os.environ.get("LOCKSCOPE_TEST_SEED", time.time()))
        print("# LOCKSCOPE_TEST_SEED=%d" % seed, flush=True)
        generator, undisturbed, done, end = random.Random(seed), {}, 0, time.monotonic() + HOUR_SECONDS
        while time.monotonic() < end:
            done += self.looks(generator, 500, undisturbed)
        print("# %d commands" % done, flush=True)


class MonitorFirmware(Case):
    def boots(self, *options):
        return run("-smp", "2", "-bios", Firmware.OPENSBI + "fw_jump.bin", "-kernel", Firmware.UBOOT, "--headless", "--no-record", "--max-cycles",
                   "600000000", "--state-hash", "--fidelity", "fast", *options, stdin=Firmware.SCRIPT, patience=900)

    def test_u_boot_is_stopped_in_the_middle_looked_at_and_goes_on(self):
        script = "".join(line + "\n" for line in [
            "cycle to 10000000", "harts", "backtrace", "regs", "csr", "step 1000", "step hart 0 50", "cycle to 20000000", "echo in the middle",
            "backtrace", "disasm", "translate pc fetch", "tlb", "irq", "devices", "catch console \"Hit any key\"", "continue", "harts", "stats",
            "hash", "delete", "trace trap to /dev/null", "next", "next", "cycle 100000", "continue"])
        plain, stopped = self.boots(), self.boots("-x", self.path("script", script.encode()))
        for result in (plain, stopped):
            check(result.returncode == 0, result.returncode, result.stderr, result.stdout[-300:])
            text = result.stdout.decode("latin-1").replace("\r", "")
            check(re.search(r"^12\*34$", text, re.M) and re.search(r"^x=220$", text, re.M), "commands without answers", text[-600:])
        check(cli_test.hash_of(plain) == cli_test.hash_of(stopped), plain.stderr, stopped.stderr)
        check(re.search(rb"stop 1 at console: .*\n.*hart 0: 0x", stopped.stdout) and b"in the middle" in stopped.stdout, stopped.stdout)


if __name__ == "__main__":
    cli_test.GROUPS = {"monitor-neutral": Neutral, "monitor-firmware": MonitorFirmware, "monitor-hour": Hour}
    sys.exit(cli_test.main())
