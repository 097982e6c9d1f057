"""The progress bar of `track(…)`: one line on standard error, rewritten in place, gone at the end."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

WIDTH = 30
INTERVAL = 0.1  # seconds between two drawings


def install() -> None:
    """Let `track` draw where standard error is a terminal."""
    from .train.data import progress

    progress["bar"] = bar


def bar(items: Iterable[Any], label: str | None) -> Iterable[Any]:
    """The same items, with a bar while they last."""
    return _drawn(items, label) if sys.stderr.isatty() else items


def _drawn(items: Iterable[Any], label: str | None) -> Iterator[Any]:
    total = len(items) if hasattr(items, "__len__") else None
    started = last = time.monotonic()
    try:
        for done, item in enumerate(items):
            now = time.monotonic()
            if now - last >= INTERVAL:
                last = now
                _write(line(label, done, total, now - started)[: _columns() - 1])
            yield item
    finally:
        _write("")


def _columns() -> int:
    """Of the terminal: a line that wraps could not be rewritten in place."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def line(label: str | None, done: int, total: int | None, seconds: float) -> str:
    """`digits ━━━━━━━━━━──────────  120/400  3.2 s, 7.5 s left`."""
    start = f"{label} " if label else ""
    if not total:
        return f"{start}{done}  {seconds:.1f} s"
    filled = WIDTH * done // total
    left = f", {seconds / done * (total - done):.1f} s left" if done else ""
    return f"{start}{'━' * filled}{'─' * (WIDTH - filled)}  {done}/{total}  {seconds:.1f} s{left}"


def _write(text: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(f"\r\x1b[K{text}")
    sys.stderr.flush()
