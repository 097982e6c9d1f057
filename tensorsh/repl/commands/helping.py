"""Commands that tell: `:help`, `name?`, `name??`, `:apropos`, and `?` after an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ...source import PACKAGE
from .table import ALL, COMMANDS, command

if TYPE_CHECKING:
    from ..help import Page
    from ..loop import Shell


@command(":help [NAME]", "what there is, or all about one name", completes="help", also=("h", "doc"))
def help_(shell: Shell, argument: str) -> None:
    """The name of an operation, a class, a variable, a topic, a family of operations, a command (`:help :save`) or an
    error code. Long pages go through $PAGER.
    """
    from .. import help

    page = page_of(shell)
    name = argument if argument in ("?", "??") else argument.strip("?").removesuffix("()")
    shell.page(help.about(shell.session, name, page, ALL) if name else help.overview(COMMANDS, page))


@command(":apropos WORD", "search names, what is said about them, topics and errors")
def apropos(shell: Shell, argument: str) -> None:
    from ..help.search import apropos

    if not argument:
        raise UsageError(":apropos wants a word", code="command", help="type `:apropos cosine`")
    found = apropos(shell.session, argument, page_of(shell), COMMANDS)
    if found is None:
        shell.tell(f"nothing has '{argument}' in its name or its first line")
    else:
        shell.page(found)


@command(
    ":tutorial [WHERE]",
    "ten short steps to a trained model; next, back, stop, or a number",
    completes="next back stop",
)
def tutorial(shell: Shell, argument: str) -> None:
    """Alone it begins, or shows again the step that you are at. `next` does a step for you and goes on, `back` shows
    the one before, a number goes there, `stop` ends it; `:tutorial` then goes on where you were.
    """
    from ..lessons import Lesson

    lesson = shell.lesson = shell.lesson or Lesson()
    last = len(lesson.steps)
    if argument == "stop":
        lesson.running = False
        shell.tell(f"stopped; `:tutorial` goes on at step {lesson.at + 1}")
        return
    if argument not in ("", "next", "back") and not (argument.isdecimal() and 1 <= int(argument) <= last):
        help = f"`:tutorial`, `:tutorial next`, `back`, `stop`, or a number from 1 to {last}"
        raise UsageError(f"the tutorial has no '{argument}'", code="command", help=help)
    if shell.session.pythonic:
        shell.session.pythonic = False
        shell.tell(shell.paint("brackets are tensors again, as after `:kind own`", "note"))
    if not lesson.running and argument == "" and lesson.at == 0:
        shell.tell("\n".join(page_of(shell).markdown(lesson.opening)))
    lesson.running = True
    if argument == "next" or argument.isdecimal():
        to = lesson.at + 1 if argument == "next" else int(argument) - 1
        lesson.skip(shell, to)
    else:
        lesson.go(shell, max(lesson.at - 1, 0) if argument == "back" else lesson.at)


def question(shell: Shell, name: str, marks: str) -> None:
    """`name?`, `name??`; a question mark alone asks about the error just seen."""
    if not name and shell.error is not None:
        about_error(shell)
    elif not name or marks != "??" or not source(shell, name):
        help_(shell, name)


def about_error(shell: Shell) -> None:
    """The page of the newest error's code."""
    from ..help.errors import code_page, find_codes
    from ..help.texts import language

    assert shell.error is not None
    code, kind = shell.error.code, shell.error.kind
    found = sorted(find_codes(code, language()), key=lambda each: each.kind != kind)
    if found:
        shell.page(code_page(found[0], page_of(shell), language()))
    else:
        shell.tell(f"{code}: there is no page about this error")


def source(shell: Shell, name: str) -> bool:
    """`name??`: the source of a function or class; whether there is any."""
    from ...services.signatures import UNKNOWN
    from ..help import value_of

    value = value_of(shell.session, name)
    text = None if value is UNKNOWN else shell.session.source_of(value) or library_source(value)
    if text is None:
        return False
    shell.show_code(text.rstrip())
    return True


def library_source(value: Any) -> str | None:
    """The source of a function or class of PyTorch's library as tensorsh has it, and of nothing else."""
    import ast
    import os

    folders = tuple(os.path.join(PACKAGE, name, "") for name in ("torch", "ignite"))
    made = [value, *vars(value).values()] if isinstance(value, type) else [value]
    code = next((each.__code__ for each in made if hasattr(each, "__code__")), None)
    if code is None or not code.co_filename.startswith(folders):
        return None
    with open(code.co_filename, encoding="utf-8") as file:
        text = file.read()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == value.__name__:
            if node.lineno <= code.co_firstlineno <= (node.end_lineno or 0) or isinstance(node, ast.ClassDef):
                return ast.get_source_segment(text, node)
    return None


def page_of(shell: Shell) -> Page:
    """A page as wide as the screen, its examples coloured as inputs are."""
    from .. import help
    from ..highlight import colored

    code = (lambda text: colored(shell.session, text)) if shell.report.color else str
    return help.Page(shell.columns, shell.paint, code)
