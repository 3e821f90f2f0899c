# SPDX-License-Identifier: GPL-3.0-or-later
"""usertests and the stress programs on all kinds of machines: program x emulator x harts x structure x seed.

usage: matrix_test.py pairs|smoke|stress EMULATOR  LOCKSCOPE QEMU|none KERNELS PROGRAMS FSCK
       matrix_test.py all                LOG       LOCKSCOPE QEMU|none KERNELS PROGRAMS FSCK
`pairs` runs those cells of one emulator out of a choice in which every pair of values of two columns is there once at least; `smoke` one cell of
each program, `stress` not even usertests. `all` runs the whole product and writes a line for each cell to LOG; cells that passed there, with the same files,
are passed over, so that it can be ended at any time and go on later. Prints TAP.
"""
import collections
import hashlib
import itertools
import os
import re
import sys
import time

sys.dont_write_bytecode = True
from machine import Machine, Parts, Wrong  # noqa: E402

AMOUNT, WHERE = sys.argv[1:3]
PARTS = Parts(*sys.argv[3:8])
COLUMNS = [
    ["usertests", "forkstress", "filestress", "pipering", "signalstress", "mutextorture", "semtorture", "shootdown"],
    ["fast", "timed"] + (["qemu"] if PARTS.qemu != "none" else []),
    [1, 2, 4, 8, 20],
    ["global", "bkl", "fine"],
    [1, 2, 3],
]


def pairs_of(cell):
    return set(itertools.combinations(enumerate(cell), 2))


def choose():
    """Cells with every pair of values, few but not fewest: time and again one with most pairs that are still missing, and of those one
    whose values were chosen least."""
    product = list(itertools.product(*COLUMNS))
    missing = set().union(*map(pairs_of, product))
    chosen = []
    times = collections.Counter()
    while missing:
        best = max(product, key=lambda cell: (len(pairs_of(cell) & missing), -sum(times[each] for each in enumerate(cell))))
        times.update(enumerate(best))
        chosen.append(best)
        missing -= pairs_of(best)
    return chosen


def run(cell):
    """What is wrong with this cell, in lines."""
    program, emulator, harts, structure, seed = cell
    line = "usertests -q -s %d" % seed if program == "usertests" else "%s -s %d" % (program, seed)
    wanted = r"^usertests: \d+ passed, 0 failed$" if program == "usertests" else r"^%s: ok, seed %d, " % (program, seed)
    machine = Machine(PARTS, emulator, harts, "structure=%s run=%s" % (structure, line), [] if emulator == "qemu" else ["--seed", str(seed)])
    try:
        machine.end(0)
        found = [] if re.search(wanted, machine.text, re.M) else ["%r is not shown" % wanted]
        if not re.search(r"^turnstile: %d harts, .*, structure %s," % (harts, structure), machine.text, re.M):
            found.append("the kernel does not say %d harts, structure %s" % (harts, structure))
    except Wrong as wrong:
        found = [str(wrong)]
    finally:
        machine.close()
    return found and found + machine.text[-3000:].splitlines()


def digest():
    """Of all that decides what a cell does; a log's lines count for these files alone."""
    made = hashlib.sha256()
    for name in (PARTS.lockscope, os.path.join(PARTS.kernels, "turnstile.elf"), os.path.join(PARTS.programs, "turnstile.img")):
        with open(name, "rb") as file:
            made.update(file.read())
    return made.hexdigest()[:16]


def passed_before(log, files):
    """The cells that a log says have passed; a line that was cut off counts for nothing."""
    if not os.path.exists(log):
        return set()
    with open(log, "r+", encoding="utf-8") as file:
        lines = file.readlines()
        if lines and not lines[-1].endswith("\n"):
            file.write(" cut off\n")
            lines.pop()
    rows = [line.split() for line in lines]
    return {tuple(row[3:]) for row in rows if row[:2] == ["passed", files] and len(row) == 8}


def cells():
    """The cells to run, and what is to be called with each outcome."""
    if AMOUNT == "all":
        files = digest()
        done = passed_before(WHERE, files)

        def write(cell, seconds, found):
            with open(WHERE, "a", encoding="utf-8") as file:
                file.write("%s %s %.1f %s\n" % ("failed" if found else "passed", files, seconds, " ".join(map(str, cell))))
        return [cell for cell in itertools.product(*COLUMNS) if tuple(map(str, cell)) not in done], write
    chosen = [cell for cell in choose() if cell[1] == WHERE]
    if AMOUNT != "pairs":
        programs = COLUMNS[0][1:] if AMOUNT == "stress" else COLUMNS[0]
        chosen = [next(cell for cell in chosen if cell[0] == program) for program in programs]
    return chosen, lambda *_: None


def main():
    chosen, write = cells()
    failed = 0
    for number, cell in enumerate(chosen, 1):
        began = time.monotonic()
        found = run(cell)
        write(cell, time.monotonic() - began, found)
        failed += bool(found)
        print("%s %d - %s, %s, %d harts, %s, seed %d" % ("not ok" if found else "ok", number, *cell))
        for line in found:
            print("# " + line)
        sys.stdout.flush()
    print("1..%d" % len(chosen))
    return failed > 0


sys.exit(main())
