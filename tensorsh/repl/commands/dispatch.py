"""Which of the shell's own an input is: `:name …`, `name?`, `help(name)`, `exit`, `!ls`, IPython's `%timeit …`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...errors import UsageError
from .helping import help_, question
from .table import ALL, COMMAND

if TYPE_CHECKING:
    from ..loop import Shell

NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
QUESTION = re.compile(
    rf"\s*(?:(?P<first>\?\??)\s*(?P<after>{NAME})?|(?P<before>{NAME})\s*(?P<last>\?\??))\s*"
)
HELP_CALL = re.compile(rf"\s*help\(\s*(?P<name>{NAME})?\s*\)\s*")
LEAVE = ("exit", "quit")
MAGIC = re.compile(r"%(?P<name>[a-z]+)\b.*")


def dispatch(shell: Shell, text: str) -> bool:
    """Run `text` if it is one of the shell's own; whether it was."""
    word = text.strip()
    asked = QUESTION.fullmatch(text)
    called = "help" not in shell.session and HELP_CALL.fullmatch(text)
    if asked:
        question(shell, asked["after"] or asked["before"] or "", asked["first"] or asked["last"])
    elif called:
        help_(shell, called["name"] or "")
    elif word in LEAVE and word not in shell.session:
        raise SystemExit(0)
    elif word == "help" and word not in shell.session:
        help_(shell, "")
    elif word.startswith(":"):
        _named(shell, text)
    elif word.startswith("!") and shell.typed:
        run_outside(shell, word[1:])
    elif shell.typed and (magic := MAGIC.fullmatch(word)) and magic["name"] in ALL:
        _named(shell, ":" + word[1:])
    else:
        return False
    return True


def run_outside(shell: Shell, line: str) -> None:
    """`!ls`: a command of the operating system, on the same terminal."""
    import subprocess

    if not line.strip():
        raise UsageError("`!` wants a command", code="command", help="!ls")
    code = subprocess.run(line, shell=True, check=False).returncode
    if code:
        shell.tell(shell.paint(f"exit code {code}", "note"))


def _named(shell: Shell, text: str) -> None:
    found = COMMAND.fullmatch(text)
    name = found["name"] if found else ""
    if found is None or name not in ALL:
        from ...lang.names.namespace import did_you_mean

        help = did_you_mean(name, ALL) if name else None
        raise UsageError(
            f"there is no command :{name}" if name else "which command?",
            code="command",
            help=re.sub(r"'(.*)'", r"`:\1`", help) if help else "`:help` lists the commands",
        )
    argument = found["argument"]
    ALL[name].run(shell, argument if "code" in ALL[name].completes else argument.strip())
