"""A program in a terminal of a given size, and what its screen shows."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

import pyte

ROOT = Path(__file__).parents[2]


class Terminal:
    """`python -m tensorsh …`, or another program, with all three streams on a pseudo-terminal.

    `feed` reads what has been written until `until` holds; `lines` is the screen with what has scrolled
    off above it, without empty lines at the end.
    """

    def __init__(
        self,
        *arguments: str,
        columns: int = 80,
        rows: int = 24,
        program: Sequence[str] = (sys.executable, "-m", "tensorsh"),
        **environment: str,
    ):
        self.screen = pyte.HistoryScreen(columns, rows, history=10_000, ratio=0.5)
        self.stream = pyte.ByteStream(self.screen)
        self.written = b""
        self.frames: list[list[str]] = []
        self.master, worker = pty.openpty()
        self.resize(columns, rows, told=False)
        env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
        env |= {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"} | environment
        self.process = subprocess.Popen(
            [*program, *arguments],
            stdin=worker,
            stdout=worker,
            stderr=worker,
            env=env,
            cwd=ROOT,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C is a signal
        )
        os.close(worker)

    def resize(self, columns: int, rows: int, told: bool = True) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if told:
            self.screen.resize(rows, columns)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def feed(self, until=lambda terminal: False, seconds: float = 60) -> Terminal:
        """Read until `until(self)`, the end of the program, or `seconds` are over."""
        deadline = time.monotonic() + seconds
        while not until(self) and (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([self.master], [], [], left)
            try:
                data = os.read(self.master, 4096) if ready else b""
            except OSError:
                break
            if ready and not data:
                break
            self.written += data
            self.stream.feed(data)
            if b"\x1b[6n" in data:  # where is the cursor?
                self.type(f"\x1b[{self.screen.cursor.y + 1};{self.screen.cursor.x + 1}R")
            self.frames.append(self.lines)
        return self

    @property
    def lines(self) -> list[str]:
        columns = self.screen.columns
        above = ["".join(row[i].data for i in range(columns)).rstrip() for row in self.screen.history.top]
        lines = above + [row.rstrip() for row in self.screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def close(self) -> int:
        os.close(self.master)
        self.process.kill()
        return self.process.wait()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
