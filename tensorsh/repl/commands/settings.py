"""Commands about the shell itself: how values print, the kind of program, to leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import UsageError
from ..settings import FORMATS, SETTINGS, find, save, shown
from .table import command, file_name

if TYPE_CHECKING:
    from ..loop import Shell

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
            help="type `:once json [1, 2]` (`:format` is for all)",
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
    "whether the first NaN or Inf is an error that says what made it",
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
        "on: the first NaN or Inf is an error, which names the operation that made it"
        if shell.session.anomaly
        else "off"
    )


@command(
    ":set [-s] [NAME [VALUE]]",
    "the settings, or one of them; -s keeps it for later sessions",
    completes="settings",
)
def set_(shell: Shell, argument: str) -> None:
    """Show all settings, show one, or set one; with -s also write it (or all that were changed) to the file."""
    words = argument.replace("=", " ", 1).split()
    keep = words[:1] == ["-s"]
    name, *values = words[keep:] or [""]
    text = " ".join(values).strip("\"'")
    if not name and not keep:
        shell.tell("\n".join(_table(shell)))
        return
    if name:
        setting = find(name)
        if text:
            setting.put(shell, setting.read(text))
            shell.changed[name] = setting.get(shell)
        elif keep:
            shell.changed[name] = setting.get(shell)
        else:
            choice = f"   ({', '.join(setting.words)})" if setting.words else ""
            shell.tell(f"{name} = {_value(setting.get(shell))}" + shell.paint(choice, "note"))
    if keep:
        _keep(shell, name)


def _table(shell: Shell) -> list[str]:
    """Each setting, its value, what it is for."""
    rows = [(each.name, _value(each.get(shell)), each.about) for each in SETTINGS.values()]
    widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
    return [
        f"{name:{widths[0]}}  {value:{widths[1]}}  " + shell.paint(about, "note")
        for name, value, about in rows
    ]


def _value(value: object) -> str:
    return (
        "chosen by itself"
        if value is None
        else "on"
        if value is True
        else "off"
        if value is False
        else str(value)
    )


def _keep(shell: Shell, name: str) -> None:
    """Write one setting, or all that were changed, to the user's file."""
    from ..loop import config_file

    values = {key: value for key, value in shell.changed.items() if value is not None and name in ("", key)}
    if not values:
        raise UsageError(
            "nothing was set here", code="command", help="`:set -s prompt numbered` sets and keeps it"
        )
    path = config_file("config.toml")
    try:
        save(path, values)
    except OSError as error:
        raise UsageError(f"cannot write {path!r}: {error.strerror}", code="file") from None
    told = ", ".join(f"{key} = {shown(value)}" for key, value in values.items())
    shell.tell(f"{told} written to {path}")


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
