"""Commands about the past: to take inputs back, and to do them again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ...render.excerpt import displayed
from .table import command

if TYPE_CHECKING:
    from ..loop import Shell


@command(":undo [N]", "take back the last input, or the last N")
def undo(shell: Shell, argument: str) -> None:
    nothing = "the last input holds too much memory to be taken back"
    _go(
        shell,
        argument,
        "undo",
        "taken back",
        nothing if shell.past.too_large else "nothing is left to take back",
    )


@command(":redo [N]", "do again what :undo took back")
def redo(shell: Shell, argument: str) -> None:
    _go(shell, argument, "redo", "done again", "nothing was taken back")


def _go(shell: Shell, argument: str, name: str, did: str, nothing: str) -> None:
    if argument and not (argument.isdecimal() and int(argument)):
        raise UsageError(f":{name} wants a number, or nothing", code="command", help=f"type `:{name} 2`")
    one: Callable[[], Any] = getattr(shell.past, name)
    for turn in range(int(argument or 1)):
        each = one()
        if each is None:
            if not turn:
                shell.tell(nothing)
            return
        entry = each.title
        if name == "undo":
            entry.went_along = tuple(later for later in shell.entries[entry.number :] if later.done)
        for turned in (entry, *entry.went_along):
            turned.turn()
        first, *rest = map(displayed, each.title.text.strip().split("\n"))
        shell.tell(f"{did}: {first}" + shell.paint(" …" if rest else "", "note"))
        if each.files:
            shell.tell(shell.paint(f"  files stay as they are: {', '.join(each.files)}", "note"))
