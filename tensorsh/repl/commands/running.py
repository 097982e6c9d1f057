"""Commands that run something: a statement with a clock, a script, what comes from an editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import UsageError
from ...source import Source, Span, read_program
from .table import command, counted, duration, file_name

if TYPE_CHECKING:
    from ..loop import Shell


@command(":time STATEMENT", "run a statement and say how long it took", completes="code")
def time(shell: Shell, argument: str) -> None:
    if not argument.strip():
        raise UsageError(
            ":time wants a statement", code="command", help="type `:time randn(9, 9) @ randn(9, 9)`"
        )
    spent = 0.0

    def add(span: Span, seconds: float) -> None:
        nonlocal spent
        spent += seconds

    if shell.execute(argument, on_time=add):
        shell.tell(duration(spent))


@command(
    ":timeit STATEMENT",
    "how long a statement takes, from many runs; nothing it does is kept",
    completes="code",
)
def timeit(shell: Shell, argument: str) -> None:
    if not argument.strip():
        raise UsageError(
            ":timeit wants a statement", code="command", help="type `:timeit randn(9, 9) @ randn(9, 9)`"
        )
    from ..timing import timed

    source = Source(argument, shell.place)
    found = shell.session.trial(source, timed, value=shell.session.is_expression(source))
    shell.tell(
        f"{duration(found.mean)} ± {duration(found.deviation)}   best {duration(found.best)}   "
        + shell.paint(f"({counted(len(found.rounds), 'round')} of {counted(found.runs, 'run')})", "note")
    )


@command(
    ":profile STATEMENT|FILE",
    "time by line of what a statement or a script does, compiled or not",
    completes="code",
)
def profile(shell: Shell, argument: str) -> None:
    if not argument.strip():
        raise UsageError(
            ":profile wants a statement or a file", code="command", help="type `:profile train()`"
        )
    path = file_name(argument, "", "")
    script = read(path) if path.endswith((".py", ".tsh")) else None
    found = None
    try:
        with shell.session.profiled() as found:
            shell.execute(argument) if script is None else shell.execute(script, path)
    finally:
        if found is not None and found.rows:
            shell.report.profile(found)


@command(":program", "the NumPy code that the newest loop was compiled to")
def program(shell: Shell, argument: str) -> None:
    found = shell.session.listings()
    if not found:
        shell.tell("no loop has been compiled yet: one is when it has gone round a few times")
    for text in found:
        shell.show_code(text)


@command(":why-not-compiled", "what of the newest loop is not compiled, and the statement that is the reason")
def why_not_compiled(shell: Shell, argument: str) -> None:
    found = shell.session.uncompiled()
    for each in found:
        shell.tell(each.text)
    if not found:
        shell.tell("nothing in the newest loop is in the way of compiling it")


@command(":graph EXPRESSION", "the computation graph of a tensor", completes="code")
def graph(shell: Shell, argument: str) -> None:
    if not argument.strip():
        raise UsageError(":graph wants a tensor", code="command", help="type `:graph y`")
    shell.execute(f"graph {argument.strip()}")


@command(":load FILE", "run a script here", completes="scripts", also=("run",))
def load(shell: Shell, argument: str) -> None:
    path = file_name(argument, ":load wants a file", "type `:load train.tsh`")
    shell.execute(read(path), path)


@command(":watch FILE", "run a script here now and whenever it changes; Ctrl-C ends it", completes="scripts")
def watch(shell: Shell, argument: str) -> None:
    from ..watch import watched

    path = file_name(argument, ":watch wants a file", "type `:watch train.tsh`")
    read(path)  # what cannot be read is not waited for
    entry = shell.entries[-1]

    def run() -> None:
        shell.clear_screen()
        shell.tell(shell.paint(f"watching {path}, Ctrl-C ends it", "note"))
        entry.done = ""  # of the runs the last one counts
        try:
            shell.execute(read(path), path)
        except UsageError as error:
            shell.report.error(error)

    try:
        watched(path, run)
    except KeyboardInterrupt:
        shell.tell("\n" + shell.paint(f"no longer watching {path}", "note"))


@command(
    ":edit [NAME|N]", "a function, an earlier input or a new one in $EDITOR, then run", completes="functions"
)
def edit(shell: Shell, argument: str) -> None:
    from ..editor import edited

    text = edited(text_of(shell, argument) if argument else "", ".py" if shell.session.pythonic else ".tsh")
    if not text.strip():
        shell.tell("nothing to run")
        return
    shell.tell(shell.paint(text.rstrip("\n"), "note"))
    shell.execute(text.rstrip("\n") + "\n")


# ------------------------------------------------------------------ texts


def read(path: str) -> str:
    """A program in a file; UsageError for what cannot be read."""
    try:
        return read_program(path, pipes=True)
    except OSError as error:
        raise UsageError(f"cannot read {path!r}: {error.strerror}", code="file") from None
    except (ValueError, SyntaxError):
        raise UsageError(f"{path!r} is not a text file", code="file") from None


def text_of(shell: Shell, argument: str) -> str:
    """The source of a function or class, or an input by its number."""
    from ...lang.names.namespace import did_you_mean

    if argument.isdecimal():
        found = [each.text for each in shell.entries[:-1] if each.number == int(argument)]
        if not found:
            raise UsageError(f"there is no input {argument}", code="command", help="`:history` lists them")
        return found[0]
    if argument not in shell.session:
        raise UsageError(
            f"there is no function '{argument}'",
            code="name",
            help=did_you_mean(argument, shell.session.names()),
        )
    source = shell.session.source_of(shell.session[argument])
    if source is None:
        raise UsageError(
            f"'{argument}' has no source: it is no function or class that was typed here",
            code="command",
            help="`:edit` alone begins a new input",
        )
    return source
