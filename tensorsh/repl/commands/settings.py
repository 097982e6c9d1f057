"""Commands about the shell itself: help, how values print, the kind of program, to leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import UsageError
from .table import COMMANDS, command

if TYPE_CHECKING:
    from ..loop import Shell

FORMATS = ("pretty", "torch", "json", "csv")
KINDS = {"torch": True, "own": False}


@command(":help [NAME]", "what there is, or all about one name", completes="names", also=("h", "doc"))
def help_(shell: Shell, argument: str) -> None:
    from .. import help

    page = help.Page(shell.columns, shell.paint)
    name = argument.strip("?").removesuffix("()")
    shell.tell(help.about(shell.session, name, page) if name else help.overview(COMMANDS, page))


@command(":clear", "clear the screen", also=("cls",))
def clear(shell: Shell, argument: str) -> None:
    shell.clear_screen()


@command(":format [WHAT]", "how values print: pretty, torch, json, csv", completes=" ".join(FORMATS))
def format(shell: Shell, argument: str) -> None:
    if not argument:
        shell.tell(shell.output.format)
    elif argument in FORMATS:
        shell.output.format = argument
    else:
        raise UsageError(
            f"there is no format '{argument}'", code="command", help=f"it is one of {', '.join(FORMATS)}"
        )


@command(":kind [WHAT]", "which kind of program the inputs are: torch, own", completes=" ".join(KINDS))
def kind(shell: Shell, argument: str) -> None:
    if argument and argument not in KINDS:
        help = "`:kind torch` reads as Python does, `:kind own` as tensorsh does"
        raise UsageError(f"there is no kind '{argument}'", code="command", help=help)
    if argument:
        shell.session.pythonic = KINDS[argument]
    shell.tell(
        "PyTorch programs: brackets are lists, everything is Python's"
        if shell.session.pythonic
        else "tensorsh's own programs: brackets of numbers are tensors, all operations are in scope"
    )


@command(":quit", "leave; so do exit, quit and Ctrl-D", also=("q", "exit"))
def quit(shell: Shell, argument: str) -> None:
    raise SystemExit(0)
