"""Commands about the shell itself: how values print, the kind of program, to leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import UsageError
from .table import command, file_name

if TYPE_CHECKING:
    from ..loop import Shell

FORMATS = ("pretty", "torch", "json", "csv")
FORMAT = " ".join(FORMATS)
ON_OFF = {"on": True, "off": False}
KINDS = {"torch": True, "own": False}


@command(":clear", "clear the screen", also=("cls",))
def clear(shell: Shell, argument: str) -> None:
    shell.clear_screen()


@command(":format [WHAT]", "how values print: pretty, torch, json, csv", completes=FORMAT)
def format(shell: Shell, argument: str) -> None:
    if argument:
        shell.output.format = known_format(argument)
    else:
        shell.tell(shell.output.format)


def known_format(name: str) -> str:
    if name not in FORMATS:
        raise UsageError(
            f"there is no format '{name}'", code="command", help=f"it is one of {', '.join(FORMATS)}"
        )
    return name


@command(":once FORMAT INPUT", "run one input with another format", completes=(FORMAT, "code"))
def once(shell: Shell, argument: str) -> None:
    from copy import copy

    name, _, text = argument.strip().partition(" ")
    if not text.strip():
        raise UsageError(
            ":once wants a format and an input",
            code="command",
            help="type `:once json x` (`:format` is for all)",
        )
    before, shell.output = shell.output, copy(shell.output)
    try:
        shell.output.format = known_format(name)
        shell.perform(text)
    finally:
        shell.output = before


@command(":log [FILE|off]", "write inputs and outputs to a file from now on", completes="files")
def log(shell: Shell, argument: str) -> None:
    if not argument:
        shell.tell(f"inputs and outputs go to {shell.log.path}" if shell.log else "nothing is logged")
        return
    path = file_name(argument, ":log wants a file", "type `:log session.txt`")
    if shell.log is not None:
        shell.log.close()
    before, shell.log = shell.log, None
    if path == "off":
        shell.tell(f"the log is in {before.path}" if before else "nothing was logged")
        return
    from ..log import Log

    try:
        shell.log = Log(path)
    except OSError as error:
        raise UsageError(f"cannot write {path!r}: {error.strerror}", code="file") from None


@command(
    ":anomaly [on|off]",
    "whether a NaN in a gradient is an error that says where it began",
    completes="on off",
)
def anomaly(shell: Shell, argument: str) -> None:
    if argument and argument not in ON_OFF:
        raise UsageError(
            f":anomaly is on or off, not '{argument}'", code="command", help="type `:anomaly on`"
        )
    if argument:
        shell.session.anomaly = ON_OFF[argument]
    shell.tell(
        "on: backward stops at the first NaN, and says which operation of the way forth made it"
        if shell.session.anomaly
        else "off"
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
