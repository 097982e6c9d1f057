"""A long text, a screen at a time: by `$PAGER`, else `less` or `more`; only where somebody reads a terminal."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
from typing import TextIO

from ..streams import flush_output, for_screen
from ..text.width import columns

#: what `less` is told unless LESS says otherwise: colours, and what fits a screen just stays on it
LESS = "-FRX"


def show(text: str, stream: TextIO) -> None:
    """Write a text; through a pager if it is longer than the terminal that `stream` is."""
    text = for_screen(text, stream)
    command = pager() if sys.stdin.isatty() and stream.isatty() and not fits(text, stream) else None
    if command is None or not page(text, command):
        print(text, file=stream, flush=True)


def fits(text: str, stream: TextIO) -> bool:
    """Whether a text and a prompt below it have room on the screen."""
    with contextlib.suppress(OSError, ValueError):
        width, height = os.get_terminal_size(stream.fileno())
        if width and height:
            lines = [max(columns(line), 1) for line in text.split("\n")]
            return sum(-(-line // width) for line in lines) < height
    return True


def pager() -> list[str] | None:
    """The command that pages; None where there is none, or where `PAGER` is empty or `cat`."""
    if os.environ.get("TERM") in ("dumb", "", None):
        return None
    chosen = os.environ.get("PAGER")
    if chosen is not None:
        words = shlex.split(chosen)
        return None if words in ([], ["cat"]) else words
    return next(([name] for name in ("less", "more") if shutil.which(name)), None)


def page(text: str, command: list[str]) -> bool:
    """Whether the pager could be started; it is waited for."""
    flush_output()
    sys.stderr.flush()
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, env=os.environ | {"LESS": os.environ.get("LESS", LESS)}
        )
    except OSError:
        return False
    with contextlib.suppress(OSError):  # left before the end
        process.communicate((text + "\n").encode("utf-8", "replace"))
    while process.poll() is None:
        with contextlib.suppress(KeyboardInterrupt):  # the pager's own key
            process.wait()
    return True
