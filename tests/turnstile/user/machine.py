# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that boots Turnstile from a disk of its own, for user_test.py and matrix_test.py."""
import collections
import os
import select
import shutil
import subprocess
import tempfile
import time

PATIENCE = 200  # seconds that a run may take
PROMPT_PATIENCE = 40  # seconds until a text that is waited for


# What machines are made of: the emulators' files (qemu may be "none"), the folder with turnstile.elf and turnstile-s.elf, the one with
# turnstile.img, and fsck.
Parts = collections.namedtuple("Parts", "lockscope qemu kernels programs fsck")


class Wrong(Exception):
    pass


class Machine:
    """A running machine with a disk of its own and a terminal that is typed to and looked at."""

    def __init__(self, parts, emulator, harts, command_line="", options=(), kernel="turnstile.elf"):
        self.parts = parts
        self.folder = tempfile.mkdtemp(prefix="turnstile-")
        self.disk = os.path.join(self.folder, "disk.img")
        shutil.copy(os.path.join(parts.programs, "turnstile.img"), self.disk)
        bios = [] if kernel == "turnstile-s.elf" else ["-bios", "none"]
        begin = [parts.qemu, "-machine", "virt", "-nographic"] if emulator == "qemu" else \
            [parts.lockscope, "--headless", "--no-record", "--fidelity", emulator]
        self.process = subprocess.Popen(
            begin + ["-smp", str(harts), "-m", "128M", *bios, "-kernel", os.path.join(parts.kernels, kernel), "-append", command_line,
                     "-drive", "file=%s,format=raw,if=none,id=d" % self.disk, "-device", "virtio-blk-device,drive=d", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.text = ""
        self.seen = 0
        self.deadline = time.monotonic() + PATIENCE

    def read(self):
        """More of what the terminal shows; False at the end."""
        if time.monotonic() > self.deadline:
            raise Wrong("it takes too long")
        if not select.select([self.process.stdout], [], [], 1)[0]:
            return True
        piece = os.read(self.process.stdout.fileno(), 65536)
        self.text += piece.decode("latin-1").replace("\r", "")
        return bool(piece)

    def expect(self, text):
        """Waits for a text behind the last one that was waited for."""
        end = time.monotonic() + PROMPT_PATIENCE
        while True:
            at = self.text.find(text, self.seen)
            if at >= 0:
                self.seen = at + len(text)
                return
            if time.monotonic() > end:
                raise Wrong("%r is not shown" % text)
            if not self.read():
                raise Wrong("the machine ended before it showed %r" % text)

    def type(self, keys):
        self.process.stdin.write(keys.encode("latin-1"))
        self.process.stdin.flush()

    def command(self, line, *wanted):
        """Types a line at the prompt; what it shows must have each of the texts, in order; then comes the next prompt."""
        self.type(line + "\r")
        for text in wanted:
            self.expect(text)
        self.expect("\033[K$ ")

    def end(self, status):
        """Waits for power-off with this status; the disk must be sound."""
        while self.read():
            pass
        code = self.process.wait()
        check = subprocess.run([self.parts.fsck, self.disk], capture_output=True)
        if code != status:
            raise Wrong("the exit code is %d, not %d" % (code, status))
        if check.returncode:
            raise Wrong("fsck: " + check.stdout.decode() + check.stderr.decode())

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder)
