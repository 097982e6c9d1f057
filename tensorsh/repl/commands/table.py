"""The table of commands, and how a command's text is cut: `:name`, then words or code."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import UsageError

if TYPE_CHECKING:
    from ..loop import Shell

Run = Callable[["Shell", str], None]

COMMAND = re.compile(r"\s*:\s*(?P<name>[\w-]*)(?P<blank>\s*)(?P<argument>.*)", re.DOTALL)


class Command(NamedTuple):
    """One command.

    `completes` says what each word of its argument is, and all from the last on: `code`, `variables`, `functions`,
    `files`, `scripts`, `settings`, `help` (all that there is help on), or the words themselves.
    """

    name: str
    usage: str
    summary: str
    completes: tuple[str, ...]
    run: Run


#: every command by each of its names
ALL: dict[str, Command] = {}
#: the same, each once
COMMANDS: dict[str, Command] = {}


def command(
    usage: str, summary: str, *, completes: str | tuple[str, ...] = "", also: tuple[str, ...] = ()
) -> Any:
    """Declare a command; `usage` is `:name ARGUMENT`."""
    kinds = (completes,) if isinstance(completes, str) else completes

    def declare(run: Run) -> Run:
        name = usage.split()[0].removeprefix(":")
        made = COMMANDS[name] = Command(name, usage, summary, kinds, run)
        ALL.update(dict.fromkeys((name, *also), made))
        return run

    return declare


def split_command(text: str) -> tuple[str, str, bool] | None:
    """(name, argument, whether the name is still being typed) of a text that is a command, else None."""
    found = COMMAND.fullmatch(text)
    if found is None:
        return None
    name = ALL[found["name"]].name if found["name"] in ALL else found["name"]
    return name, found["argument"], not found["blank"] and not found["argument"]


def last_of(name: str, argument: str) -> tuple[str, str]:
    """What the end of a command's argument is (as in `Command.completes`), and that end."""
    if name not in COMMANDS:
        return "", argument
    *words, rest = COMMANDS[name].completes
    for kind in words:
        word = re.match(r"\s*\S+\s+", argument)
        if word is None:
            return kind, argument.lstrip()
        argument = argument[word.end() :]
    return rest, argument


# ------------------------------------------------------------------ what commands read and say


def file_name(argument: str, message: str, help: str) -> str:
    """A path that may be in quotes and begin with `~`."""
    path = argument.strip()
    if len(path) > 1 and path[0] == path[-1] and path[0] in "\"'":
        path = path[1:-1]
    if not path:
        raise UsageError(message, code="command", help=help)
    return os.path.expanduser(path)


def duration(seconds: float) -> str:
    """Three digits and a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}" if seconds < 1000 else f"{seconds:.0f} s"
    return f"{seconds * 1e6:.3g} µs"


def counted(n: int, what: str) -> str:
    return f"{n} {what}" + "s" * (n != 1)
