"""Whether the terminal's background is dark: the terminal is asked, where the environment does not say it.

The question (OSC 11) is sent before everything else that starting takes, and the answer read after it, so that
nobody waits. A terminal that does not know the question says nothing: then it is not known.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
import time
from typing import Any

QUESTION = "\x1b]11;?\x1b\\"
ANSWER = re.compile(
    rb"\x1b\]11;rgba?:([0-9a-fA-F]+)/([0-9a-fA-F]+)/([0-9a-fA-F]+)[^\x07\x1b]*(?:\x07|\x1b\\)"
)
#: seconds after the question in which an answer is waited for
PATIENCE = 0.1


class Asked:
    """A question to the terminal, and what came back."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.before: list[Any] | None = None
        self.typed = b""  # what somebody typed meanwhile
        self.late = False  # whether an answer may still come
        if os.environ.get("TERM", "").startswith(("linux", "screen", "dumb")):
            return
        with contextlib.suppress(ImportError, OSError, ValueError):
            import termios

            self.fd = sys.stdin.fileno()
            before = termios.tcgetattr(self.fd)
            quiet = [*before[:3], before[3] & ~(termios.ECHO | termios.ICANON), *before[4:]]
            termios.tcsetattr(self.fd, termios.TCSANOW, quiet)
            self.before = before
            sys.stdout.write(QUESTION)
            sys.stdout.flush()

    def answer(self) -> str | None:
        """`dark`, `light`, or None where nobody said."""
        if self.before is None:
            return None
        import termios

        came = b""
        try:
            while (found := ANSWER.search(came)) is None:
                left = max(0.0, self.begun + PATIENCE - time.monotonic())
                if not select.select([self.fd], [], [], left)[0]:
                    break
                came += os.read(self.fd, 1024)
        finally:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fd, termios.TCSANOW, self.before)
            self.before = None
        if found is None:
            self.typed, self.late = came, True
            return None
        self.typed = came[: found.start()] + came[found.end() :]
        red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
        return "dark" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else "light"


def keep_typed(typed: bytes) -> None:
    """Hand what was typed before the first prompt to it."""
    if not typed:
        return
    from prompt_toolkit.application.current import get_app_session
    from prompt_toolkit.input.typeahead import store_typeahead
    from prompt_toolkit.input.vt100_parser import Vt100Parser
    from prompt_toolkit.key_binding import KeyPress

    keys: list[KeyPress] = []
    parser = Vt100Parser(keys.append)
    parser.feed_and_flush(typed.decode(errors="replace"))
    store_typeahead(get_app_session().input, keys)
