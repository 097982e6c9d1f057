"""`:watch`: run a file again whenever it changes."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import sleep

#: seconds between two looks at the file
PATIENCE = 0.1


def watched(path: str, run: Callable[[], None], wait: Callable[[float], None] = sleep) -> None:
    """Call `run` now and after each change, until KeyboardInterrupt, which ends it while it waits and while it runs.

    A file that is gone for a moment, as while an editor writes it, is waited for.
    """
    seen = state(path)
    while True:
        run()
        while (now := state(path)) in (seen, None):
            wait(PATIENCE)
        seen = now


def state(path: str) -> tuple[int, int, int] | None:
    """What changes when the file does; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
