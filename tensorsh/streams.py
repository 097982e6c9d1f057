"""The process's standard streams, which a program may have closed, deleted or replaced."""

from __future__ import annotations

import contextlib
import sys
from typing import Any


def on_terminal(stream: Any) -> bool:
    """Whether a person sees what is written to a stream."""
    try:
        return bool(stream.isatty())
    except (ValueError, AttributeError):
        return False


def flush_output() -> None:
    """Bring out what was printed; OSError where there is somebody to read it and that fails."""
    with contextlib.suppress(ValueError, AttributeError):  # closed, or something that is no stream
        sys.stdout.flush()


def tell(text: str, end: str = "\n") -> None:
    """Text for standard error; where that is closed there is nobody to tell."""
    with contextlib.suppress(ValueError, AttributeError):
        sys.stderr.write(text + end)
        sys.stderr.flush()
