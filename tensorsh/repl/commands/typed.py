"""Commands about what has been typed: to list it, to write it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...errors import UsageError
from ...render.excerpt import displayed
from .table import command, counted, file_name

if TYPE_CHECKING:
    from ..loop import Shell


@command(":save FILE", "write what succeeded in this session as a script; -f overwrites", completes="scripts")
def save(shell: Shell, argument: str) -> None:
    force, rest = bool(re.match(r"-f(\s|$)", argument)), re.sub(r"^-f(\s+|$)", "", argument)
    path = file_name(rest, ":save wants a file", "type `:save session.tsh`")
    done = [text for text in (each.done for each in shell.entries) if text.strip()]
    try:
        with open(path, "w" if force else "x", encoding="utf-8") as file:
            file.writelines(text.rstrip() + "\n" for text in done)
    except FileExistsError:
        raise UsageError(
            f"{path!r} is there already", code="file", help=f"`:save -f {path}` overwrites it"
        ) from None
    except OSError as error:
        raise UsageError(f"cannot write {path!r}: {error.strerror}", code="file") from None
    shell.tell(f"{counted(len(done), 'input')} written to {path}")


@command(":history [N|TEXT]", "the inputs of this session: all, the last N, or those with a text")
def history(shell: Shell, argument: str) -> None:
    entries = shell.entries
    if argument.isdecimal() and int(argument):
        entries = entries[-int(argument) :]
    elif argument and not argument.isdecimal():
        entries = [each for each in entries[:-1] if argument.casefold() in each.text.casefold()]
        if not entries:
            shell.tell(f"no input has '{displayed(argument)}' in it")
    width = len(str(len(shell.entries)))
    for entry in entries:
        first, *rest = map(displayed, entry.text.rstrip().split("\n"))
        shell.tell(
            "\n".join([f"{entry.number:{width}}  {first}", *(" " * (width + 2) + line for line in rest)])
        )
