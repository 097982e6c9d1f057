"""What the shell does besides running programs: `:help`, `:vars`, `:time`, … and `?name`, `help(name)`.

A command is a function of the shell and the rest of the line, with a line of help; the table `COMMANDS`
is what `:help`, completion and "did you mean" read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import UsageError
from ..render.excerpt import displayed
from ..source import Span, read_program

if TYPE_CHECKING:
    from .loop import Shell

Run = Callable[["Shell", str], None]

FORMATS = ("pretty", "torch", "json", "csv")
NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
QUESTION = re.compile(rf"\s*(?:\?\??\s*(?P<after>{NAME})?|(?P<before>{NAME})\s*\?\??)\s*")
HELP_CALL = re.compile(rf"\s*help\(\s*(?P<name>{NAME})?\s*\)\s*")
COMMAND = re.compile(r"\s*:\s*(?P<name>[\w-]*)(?P<blank>\s*)(?P<argument>.*)", re.DOTALL)
LEAVE = ("exit", "quit")


class Command(NamedTuple):
    """One command. `completes` says what its argument is: `names`, `variables`, `files`, `code`, or words."""

    name: str
    usage: str
    summary: str
    completes: str
    run: Run


#: every command by each of its names
ALL: dict[str, Command] = {}
#: the same, each once
COMMANDS: dict[str, Command] = {}


def command(usage: str, summary: str, *, completes: str = "", also: tuple[str, ...] = ()) -> Any:
    """Declare a command; `usage` is `:name ARGUMENT`."""

    def declare(run: Run) -> Run:
        name = usage.split()[0].removeprefix(":")
        made = COMMANDS[name] = Command(name, usage, summary, completes, run)
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


def dispatch(shell: Shell, text: str) -> bool:
    """Run `text` if it is one of the shell's own; whether it was."""
    word = text.strip()
    question = QUESTION.fullmatch(text) or ("help" not in shell.session and HELP_CALL.fullmatch(text))
    if question:
        help_(shell, next((name for name in question.groups() if name), ""))
    elif word in LEAVE and word not in shell.session:
        raise SystemExit(0)
    elif word == "help" and word not in shell.session:
        help_(shell, "")
    elif word.startswith(":"):
        _named(shell, text)
    elif word.startswith("!") and shell.typed:
        run_outside(shell, word[1:])
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
        from ..lang.namespace import did_you_mean

        help = did_you_mean(name, ALL) if name else None
        raise UsageError(
            f"there is no command :{name}" if name else "which command?",
            code="command",
            help=re.sub(r"'(.*)'", r"`:\1`", help) if help else "`:help` lists the commands",
        )
    argument = found["argument"]
    ALL[name].run(shell, argument if ALL[name].completes == "code" else argument.strip())


# ------------------------------------------------------------------ the commands


@command(":help [NAME]", "what there is, or all about one name", completes="names", also=("h", "doc"))
def help_(shell: Shell, argument: str) -> None:
    from . import help

    page = help.Page(shell.columns, shell.paint)
    name = argument.strip("?").removesuffix("()")
    shell.tell(help.about(shell.session, name, page) if name else help.overview(COMMANDS, page))


@command(":vars", "the variables: dtype, shape, gradient", also=("who", "whos"))
def vars_(shell: Shell, argument: str) -> None:
    from . import help

    shell.tell(help.table_of_variables(shell.session, help.Page(shell.columns, shell.paint)))


@command(":del NAME ...", "forget variables", completes="variables")
def del_(shell: Shell, argument: str) -> None:
    names = argument.replace(",", " ").split()
    if not names:
        raise UsageError(":del wants the names of variables", code="command", help="`:vars` lists them")
    unknown = [name for name in names if name not in shell.session]
    if unknown:
        from ..lang.namespace import did_you_mean

        raise UsageError(
            f"there is no variable '{unknown[0]}'",
            code="name",
            help=did_you_mean(unknown[0], shell.session.names()),
        )
    for name in dict.fromkeys(names):
        del shell.session[name]


@command(":reset", "forget all variables")
def reset(shell: Shell, argument: str) -> None:
    shell.session.clear()


@command(":clear", "clear the screen", also=("cls",))
def clear(shell: Shell, argument: str) -> None:
    shell.clear_screen()


@command(":time STATEMENT", "run a statement and say how long it took", completes="code")
def time(shell: Shell, argument: str) -> None:
    if not argument.strip():
        raise UsageError(":time wants a statement", code="command", help="type `:time x @ x`")
    spent = 0.0

    def add(span: Span, seconds: float) -> None:
        nonlocal spent
        spent += seconds

    if shell.execute(argument, on_time=add):
        shell.tell(duration(spent))


@command(":program", "the NumPy code that the newest loop was compiled to")
def program(shell: Shell, argument: str) -> None:
    found = shell.session.listings()
    if not found:
        shell.tell("no loop has been compiled yet: one is when it has gone round a few times")
    for text in found:
        shell.show_code(text)


@command(":graph EXPRESSION", "the computation graph of a tensor", completes="code")
def graph(shell: Shell, argument: str) -> None:
    if not argument.strip():
        raise UsageError(":graph wants a tensor", code="command", help="type `:graph y`")
    shell.execute(f"graph {argument.strip()}")


@command(":load FILE", "run a script here", completes="files", also=("run",))
def load(shell: Shell, argument: str) -> None:
    path = file_name(argument, ":load wants a file", "type `:load train.tsh`")
    try:
        text = read_program(path, pipes=True)
    except OSError as error:
        raise UsageError(f"cannot read {path!r}: {error.strerror}", code="file") from None
    except (ValueError, SyntaxError):
        raise UsageError(f"{path!r} is not a text file", code="file") from None
    shell.execute(text, path)


@command(":save FILE", "write what succeeded in this session as a script; -f overwrites", completes="files")
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


@command(":history [N]", "the inputs of this session, or the last N")
def history(shell: Shell, argument: str) -> None:
    if argument and not argument.isdecimal():
        raise UsageError(":history wants a number, or nothing", code="command", help="type `:history 10`")
    entries = shell.entries[-int(argument) :] if argument and int(argument) else shell.entries
    width = len(str(len(shell.entries)))
    for entry in entries:
        first, *rest = map(displayed, entry.text.rstrip().split("\n"))
        shell.tell(
            "\n".join([f"{entry.number:{width}}  {first}", *(" " * (width + 2) + line for line in rest)])
        )


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


KINDS = {"torch": True, "own": False}


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


# ------------------------------------------------------------------ pieces of them


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
