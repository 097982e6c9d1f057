"""What Tab offers in the shell: what `services.complete` does in programs, and commands with their arguments."""

from __future__ import annotations

import re

from ..services.complete import Candidate, files, matching
from ..services.complete import complete as in_program
from ..services.signatures import meta, variables
from ..session import Session
from .commands import COMMANDS, last_of, split_command
from .settings import SETTINGS

#: what commands call files, and how their names end
SUFFIXES = {"files": ("",), "scripts": (".tsh", ".py")}


def complete(session: Session, text: str) -> list[Candidate]:
    """Candidates for the end of `text`, which is everything before the cursor."""
    command = split_command(text)
    if command is not None:
        name, argument, typing_name = command
        if typing_name:
            return matching(name, ((c.name, c.summary) for c in COMMANDS.values()))
        kind, text = last_of(name, argument)
        if kind != "code":
            return _argument(session, kind, text)
    if text.lstrip().startswith("?"):
        return _argument(session, "names", text.lstrip().lstrip("?"))
    return in_program(session, text)


def _argument(session: Session, kind: str, argument: str) -> list[Candidate]:
    """Candidates for a command's argument."""
    if kind in SUFFIXES:
        return files(argument, *SUFFIXES[kind])
    last = re.split(r"\s+", argument)[-1]
    if kind == "help":
        return _pages(session, argument)
    if kind == "settings":
        words = re.sub(r"^\s*-s\s+", "", argument).split(" ")
        if len(words) > 1:
            return (
                matching(last, ((word, "") for word in SETTINGS[words[0]].words))
                if words[0] in SETTINGS
                else []
            )
        return matching(last, ((each.name, each.about) for each in SETTINGS.values()))
    if kind == "names":
        return complete(session, last) if not last.startswith((":", "?")) else []
    if kind in ("variables", "functions"):
        names = [
            n for n in variables(session) if kind == "variables" or session.source_of(session[n]) is not None
        ]
        return matching(last, ((name, meta(name, session[name])) for name in names))
    return matching(last, ((word, "") for word in kind.split()))


def _pages(session: Session, argument: str) -> list[Candidate]:
    """What there is help on: commands, topics, names, error codes."""
    if argument.startswith(":"):
        return matching(argument, ((f":{c.name}", c.summary) for c in COMMANDS.values()))
    from .help import pages

    found = matching(argument, pages()) if argument else []
    taken = {each.text for each in found}
    return found + [each for each in _argument(session, "names", argument) if each.text not in taken]
