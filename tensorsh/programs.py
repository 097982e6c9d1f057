"""`tensorsh compile --show FILE…`: the programs that a file's loops become, as NumPy code.

The file runs as usual, with its own output on standard error; then every program is printed.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable

from .cli import read_file
from .errors import TensorshError
from .session import Session
from .source import Source


def show(paths: list[str], report: Callable[[TensorshError], None]) -> int:
    """Print the programs of each file; returns the exit code."""
    return max(show_file(path, report) for path in paths)


def show_file(path: str, report: Callable[[TensorshError], None]) -> int:
    """The programs of one file, loop by loop, and what is left to be run statement by statement."""
    session = Session()
    seen: list[str] = []
    code = 0

    def collect(*_: object) -> None:
        for text in (*session.listings(), *(f"# not compiled: {each.text}" for each in session.uncompiled())):
            if text not in seen:
                seen.append(text)

    try:
        with contextlib.redirect_stdout(sys.stderr):
            session.execute(Source(read_file(path), path), script=True, on_time=collect)
    except TensorshError as error:
        report(error)
        code = error.exit_code
    print("\n\n".join(seen) if seen else f"# {path}: no loop of it is compiled")
    return code
