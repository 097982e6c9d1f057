"""Commands about what has been typed: to list it, to write it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...errors import UsageError
from ...render.excerpt import displayed
from ...source import Source
from ..settings import FORMATS
from .table import command, counted, file_name

if TYPE_CHECKING:
    from ..loop import Entry, Shell


@command(":save FILE", "write what succeeded in this session as a script; -f overwrites", completes="scripts")
def save(shell: Shell, argument: str) -> None:
    force, rest = bool(re.match(r"-f(\s|$)", argument)), re.sub(r"^-f(\s+|$)", "", argument)
    path = file_name(rest, ":save wants a file", "type `:save session.tsh`")
    done = [each for each in shell.entries if each.done.strip()]
    if any(each.pythonic for each in done) and not all(each.pythonic for each in done):
        # the whole will be one PyTorch program
        texts = [translated(shell, done, shows=False)]
    else:
        texts = [each.done.rstrip() + "\n" for each in done]
    try:
        with open(path, "w" if force else "x", encoding="utf-8") as file:
            file.writelines(texts)
    except FileExistsError:
        raise UsageError(
            f"{path!r} is there already", code="file", help=f"`:save -f {path}` overwrites it"
        ) from None
    except OSError as error:
        raise UsageError(f"cannot write {path!r}: {error.strerror}", code="file") from None
    shell.tell(f"{counted(len(done), 'input')} written to {path}")


@command(":torch [N|N-M]", "what was typed as a PyTorch program: all, an input, or some of them")
def torch(shell: Shell, argument: str) -> None:
    entries = [each for each in in_range(shell.entries[:-1], argument) if each.done.strip()]
    if not entries:
        raise UsageError(
            "nothing that succeeded" + (f" in {argument}" if argument else " yet"),
            code="command",
            help="`:history` lists the inputs by their numbers",
        )
    shell.show_code(translated(shell, entries))


def in_range(entries: list[Entry], argument: str) -> list[Entry]:
    """Those of `3`, `3-7`, `3-` or `-7`; all for nothing."""
    found = re.fullmatch(r"(\d*)\s*(-?)\s*(\d*)", argument)
    if found is None or argument == "-":
        raise UsageError(
            f"'{argument}' is no range of inputs", code="command", help="type `:torch 3` or `:torch 3-7`"
        )
    first, dash, last = found.groups()
    least = int(first or 0)
    most = int(last) if last else least if first and not dash else len(entries)
    return [each for each in entries if least <= each.number <= most]


def translated(shell: Shell, entries: list[Entry], shows: bool = True) -> str:
    """Inputs as one PyTorch program; says what PyTorch has no counterpart of."""
    from ...lang.syntax.binding import bound_names
    from ...lang.syntax.parse import parse
    from ...lang.torch_text.as_torch import Translation

    def bound(entry: Entry) -> set[str]:
        program = parse(Source(entry.done), entry.pythonic)
        return {name for statement in program.body for name in bound_names(statement)}

    typed = set().union(*(bound(each) for each in shell.entries))
    known = set(shell.session.names()) - typed  # bound by a script, or restored
    for each in shell.entries[: entries[0].number - 1]:
        known |= bound(each)
    translation = Translation(shell.session, known, shows)
    for each in entries:
        translation.add(each.done, each.pythonic, each.number, each.shown)
    if translation.missing:
        shell.tell(shell.paint("PyTorch has no counterpart of " + ", ".join(translation.missing), "note"))
    return translation.program()


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


@command(
    ":session save|restore FILE",
    "keep variables, functions and settings in a file",
    completes=("save restore", "files"),
)
def session(shell: Shell, argument: str) -> None:
    from .. import store

    word, _, rest = argument.partition(" ")
    if word not in ("save", "restore"):
        raise UsageError(
            ":session wants `save` or `restore`, and a file",
            code="command",
            help="type `:session save work.session`",
        )
    path = file_name(rest, f":session {word} wants a file", f"type `:session {word} work.session`")
    try:
        if word == "save":
            left = store.save(shell.session, path, {"format": shell.output.format})
            shell.tell(f"{counted(len(shell.session.names()) - len(left), 'variable')} written to {path}")
            for name, reason in left.items():
                shell.tell(shell.paint(f"not stored: {name}, {reason}", "note"))
        else:
            settings, wrong = store.restore(shell.session, path)
            if settings.get("format") in FORMATS:
                shell.output.format = settings["format"]
            shell.tell(f"{counted(len(shell.session.names()), 'variable')} restored")
            for each in wrong:
                shell.tell(shell.paint(f"not restored: {each}", "note"))
    except OSError as error:
        raise UsageError(f"cannot {word} {path!r}: {error.strerror}", code="file") from None
