"""`:log`: a file of what is typed and of what comes of it, from now on, as a transcript that can be pasted."""

from __future__ import annotations

import re
import sys
from typing import Any, TextIO

#: what colours text, moves the cursor or names the window
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


class Log:
    """Writes to a file what goes to standard output and standard error, until it is closed."""

    def __init__(self, path: str):
        self.path = path
        self.file: TextIO = open(path, "a", encoding="utf-8")  # noqa: SIM115  closed by close()
        self.line = ""  # what has no end yet
        self.streams = sys.stdout, sys.stderr
        self.copies = Copied(sys.stdout, self), Copied(sys.stderr, self)
        sys.stdout, sys.stderr = self.copies

    def input(self, text: str, prompt: str, continued: str) -> None:
        """What was typed, behind the prompts."""
        self._end()
        first, *rest = text.rstrip("\n").split("\n")
        self.file.write("\n".join([prompt + first, *(continued + line for line in rest)]) + "\n")
        self.file.flush()

    def write(self, text: str) -> None:
        """What has been written to a screen, as it stays there: lines that were written over are left out."""
        *lines, self.line = (self.line + text).split("\n")
        self.file.writelines(_plain(line) + "\n" for line in lines)
        self.file.flush()

    def close(self) -> None:
        """The streams are what they were before."""
        if sys.stdout is self.copies[0]:
            sys.stdout = self.streams[0]
        if sys.stderr is self.copies[1]:
            sys.stderr = self.streams[1]
        self._end()
        self.file.close()

    def _end(self) -> None:
        if _plain(self.line):
            self.file.write(_plain(self.line) + "\n")
        self.line = ""


class Copied:
    """A stream whose text also goes to a log."""

    def __init__(self, stream: Any, log: Log):
        self._stream = stream
        self._log = log

    def write(self, text: str) -> int:
        self._log.write(text)
        return int(self._stream.write(text))

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _plain(line: str) -> str:
    return ESCAPES.sub("", line).rstrip("\r").rpartition("\r")[2].rstrip()
