"""Colours for what is typed in the shell: programs as `services.highlight` colours them, and commands."""

from __future__ import annotations

from ..services.highlight import Piece
from ..services.highlight import highlight as in_program
from ..session import Session
from .commands import last_of, split_command


def highlight(session: Session, text: str) -> list[Piece]:
    """The styled pieces of `text`, in order: those of programs, and "command"."""
    command = split_command(text)
    at = 0
    pieces: list[Piece] = []
    if command is not None:
        name, argument, typing_name = command
        kind, last = last_of(name, argument)
        at = len(text) if typing_name else len(text) - len(last if kind == "code" else argument)
        pieces = [(0, at, "command")]
        if kind != "code":
            return pieces
    elif text.lstrip().startswith("?"):
        return [(0, len(text), "command")]
    pieces += [(at + start, at + end, style) for start, end, style in in_program(session, text[at:])]
    return pieces


#: how the styles look in text that stays on the screen: the colours of `prompt.STYLE`
COLORS = {
    "keyword": "35", "constant": "36", "number": "36", "string": "32", "comment": "2", "type": "33",
    "operation": "34", "command": "35",
}  # fmt: skip


def colored(session: Session, text: str) -> str:
    """A line of a program as text with ANSI colours."""
    parts, at = [], 0
    for start, end, style in highlight(session, text):
        parts += [text[at:start], f"\x1b[{COLORS[style]}m{text[start:end]}\x1b[0m"]
        at = end
    return "".join([*parts, text[at:]])
