"""Commands that run something: a statement with a clock, a script, a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import UsageError
from ...source import Span, read_program
from .table import command, duration, file_name

if TYPE_CHECKING:
    from ..loop import Shell


@command(":time STATEMENT", "run a statement and say how long it took", completes="code")
def time(shell: Shell, argument: str) -> None:
    if not argument.strip():
        raise UsageError(":time wants a statement", code="command", help="type `:time x @ x`")
    spent = 0.0

    def add(span: Span, seconds: float) -> None:
        nonlocal spent
        spent += seconds

    if shell.execute(argument, on_time=add):
        shell.tell(duration(spent))


@command(":program", "the NumPy code that the newest loop was compiled to")
def program(shell: Shell, argument: str) -> None:
    found = shell.session.listings()
    if not found:
        shell.tell("no loop has been compiled yet: one is when it has gone round a few times")
    for text in found:
        shell.show_code(text)


@command(":graph EXPRESSION", "the computation graph of a tensor", completes="code")
def graph(shell: Shell, argument: str) -> None:
    if not argument.strip():
        raise UsageError(":graph wants a tensor", code="command", help="type `:graph y`")
    shell.execute(f"graph {argument.strip()}")


@command(":load FILE", "run a script here", completes="scripts", also=("run",))
def load(shell: Shell, argument: str) -> None:
    path = file_name(argument, ":load wants a file", "type `:load train.tsh`")
    try:
        text = read_program(path, pipes=True)
    except OSError as error:
        raise UsageError(f"cannot read {path!r}: {error.strerror}", code="file") from None
    except (ValueError, SyntaxError):
        raise UsageError(f"{path!r} is not a text file", code="file") from None
    shell.execute(text, path)
