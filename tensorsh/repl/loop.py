"""The interactive shell: read an input, run it, show what it shows, say what went wrong, again.

`Shell` knows the session and how to run one input; where inputs come from is a reader: `prompt.Prompt`
(prompt_toolkit, on a terminal) or `Lines` (plain lines, for a terminal that can do no more or a pipe).
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from .. import interrupt, limits, progress
from ..errors import TensorshError
from ..lang.faults.faults import fault
from ..lang.run.interrupts import BetweenRounds
from ..lang.syntax.parse import is_complete
from ..render.paint import Paint, background_of, painter
from ..session import Session, Shown
from ..source import Source, Span, read_program
from ..streams import any_closed, flush_output, tell
from .background import Asked, keep_typed
from .commands import dispatch, last_of, split_command
from .results import Results
from .settings import apply_file

if TYPE_CHECKING:
    from ..lang.run.profile import Profile
    from .lessons import Lesson
    from .log import Log

PROMPT = ">>> "
CONTINUED = "... "
APP = "tensorsh"


class Output(Protocol):
    """Where displayed values go; `format` may be changed, `pages` says that what is long goes through a pager."""

    format: str
    color: bool
    label: str
    pages: bool

    def show(self, shown: Shown) -> None: ...


class Report(Protocol):
    """Where errors and times go."""

    color: bool

    def error(self, error: TensorshError) -> None: ...

    def warning(self, report: TensorshError) -> None: ...
    def profile(self, profile: Profile) -> None: ...
    def time(self, span: Span, seconds: float) -> None: ...


class Reader(Protocol):
    """Where inputs come from."""

    #: whether somebody types
    typed: bool

    def read(self, offer: str | None = None) -> str:
        """The next input; EOFError at the end, KeyboardInterrupt for one that was given up.

        `offer`: one that may be meant, to be taken with a key.
        """
        ...

    def drop(self) -> None:
        """Forget what was typed ahead: the input before it was interrupted."""
        ...


def run(
    session: Session,
    output: Output,
    report: Report,
    *,
    history: bool = True,
    config: bool = True,
    quiet: bool = False,
    timer: bool = False,
    given: frozenset[str] = frozenset(),
) -> int:
    """The shell, until it is left; the exit code. `given`: the settings that the command line has decided."""
    shell = Shell(session, output, report, timer=timer)
    if config:
        apply_file(shell, config_file("config.toml"), given)
    asked = ask(shell)
    source = reader(shell, history_file() if history else None, asked)
    if not quiet and sys.stdin.isatty():
        from .. import __version__

        shell.tell(f"tensorsh {__version__}   " + shell.paint(":help for help, Ctrl-D to leave", "note"))
    if config:
        shell.startup(config_file("init.tsh"))
    return shell.loop(source)


@dataclass(slots=True)
class Look:
    """How the shell looks and feels; what each means is in `settings`."""

    echo: bool = True
    keys: str = "emacs"
    prompt: str = "plain"
    theme: str = "auto"
    suggest: bool = True
    status: bool = True
    pager: bool = True
    history: int = 10_000


@dataclass(slots=True)
class Entry:
    """One input: its number, its text, the part of it that has succeeded, and whether that is a PyTorch program."""

    number: int
    text: str
    done: str = ""
    pythonic: bool = False
    shown: bool = False  # whether it has shown a value
    taken_back: str = ""  # what had succeeded before `:undo`
    went_along: tuple[Entry, ...] = ()  # those that only showed something of it, taken back with it

    def turn(self) -> None:
        """`:undo` takes it back, `:redo` does it again."""
        self.done, self.taken_back = self.taken_back, self.done


class Shell:
    """A session with somebody at the keyboard."""

    def __init__(self, session: Session, output: Output, report: Report, *, timer: bool = False):
        self.session: Session = session
        session.recollect()
        self.past = session.remember()
        self.output: Output = output
        self.report: Report = report
        session.on_warning = report.warning
        self.timer: bool = timer
        self.look = Look()
        self.changed: dict[str, Any] = {}  # settings that were changed here
        self.results = Results(session)
        self.seconds: float | None = None  # what the last input took
        self.entries: list[Entry] = []
        self.log: Log | None = None  # where inputs and outputs are written to
        self.typed = False  # whether the inputs are typed by somebody
        self.offer: str | None = None  # an input that may have been meant
        self.interrupted = False  # whether the last input was
        self.error: TensorshError | None = None  # what the newest input that ran ended in
        self.lesson: Lesson | None = None  # where somebody is in the tutorial

    @interrupt.deaf
    def loop(self, source: Reader) -> int:
        """Read and run until there is no more."""
        while True:
            try:
                text = source.read(self.offer)
            except KeyboardInterrupt:
                self.offer = None
                continue
            except EOFError:
                return 0
            except ValueError:
                if any_closed():  # by a program: there is nobody to talk to any more
                    return 0
                raise
            self.offer = None
            self.typed = source.typed
            self.output.pages = source.typed and self.log is None and self.look.pager
            self.interrupted = False
            self.enter(text)
            if self.interrupted:
                source.drop()

    def enter(self, text: str) -> None:
        """Run one input: a command of the shell, or a program."""
        if not text.strip():
            return
        self.entries.append(Entry(len(self.entries) + 1, text))
        if self.log is not None:
            self.log.input(text, PROMPT, CONTINUED)
        progress.begin_line()
        if self.lesson is not None:
            self.lesson.begin(self)
        self.answer(text)
        if self.lesson is not None:
            self.lesson.look(self, text)

    def answer(self, text: str) -> None:
        """Run an input, and say what went wrong with it."""
        number = len(self.entries)
        self.results.begin(number, text)
        started = perf_counter()
        limits.time.count()
        try:
            self.attempt(text)
        except TensorshError as error:
            self.fail(error)
        except BrokenPipeError:
            raise
        except Exception as error:
            self.fail(fault(error, lambda filename, line: None, ()))
        except KeyboardInterrupt as error:
            self.interrupted = True
            flush_output()
            self.tell("\n" + self.filled("interrupted", what_was_kept(error)))
        finally:
            limits.time.end()
            self.seconds = perf_counter() - started
            self.results.end(number)

    @interrupt.heard
    def attempt(self, text: str) -> None:
        """Run an input as one step of what can be taken back."""
        with self.session.active(), self.session.rounds(), self.past.input(self.entries[-1]):
            self.perform(text)

    def perform(self, text: str) -> None:
        """A command of the shell, or a program; errors of commands are raised."""
        if not dispatch(self, text):
            self.execute(text)

    @property
    def place(self) -> str:
        """What errors call the input."""
        return f"<shell {self.entries[-1].number if self.entries else 0}>"

    def execute(
        self,
        text: str,
        name: str = "",
        on_time: Callable[[Span, float], None] | None = None,
        leads: bool = False,
    ) -> bool:
        """Run a program; whether it ran to its end. Errors are reported here. `leads`: its kind is the session's."""
        entry = self.entries[-1] if self.entries else Entry(0, text)
        source = Source(text, name or self.place)
        finished = 0
        entry.pythonic = self.session.reads_as_torch(source, bool(name))

        def timed(span: Span, seconds: float) -> None:
            nonlocal finished
            if span.source is source:
                finished = span.end
            if on_time is not None:
                on_time(span, seconds)
            elif self.timer:
                self.report.time(span, seconds)

        try:
            self.session.execute(
                source, source.name, self.show, script=bool(name), leads=leads, on_time=timed
            )
            finished = len(text)
            self.error = None
            return True
        except TensorshError as error:
            progress.finish()
            command = meant(text)
            if command is not None:
                error.help = f"type `{command}`"
            self.fail(error)
            self.offer = command or getattr(error, "suggestion", None)
            return False
        finally:
            progress.finish()
            entry.done += text[:finished].strip() + "\n"
            flush_output()

    def fail(self, error: TensorshError) -> None:
        """Report what an input ended in; `?` tells more about it."""
        self.error = error
        self.report.error(error)

    def startup(self, path: str) -> None:
        """Run the user's own beginning of every session, if there is one."""
        try:
            text = read_program(path)
        except (OSError, ValueError, SyntaxError):
            return
        try:
            self.execute(text, path, leads=True)
        except KeyboardInterrupt:
            self.tell("\n" + self.paint("interrupted", "error") + f": {path}")

    # ---------------------------------------------------------------- the screen

    def show(self, shown: Shown) -> None:
        """Display a value, unless values are not to be."""
        self.results.shown.append(shown.value)
        self.entries[-1].shown = True
        if self.lesson is not None:
            self.lesson.shown.append(shown.value)
        if not self.look.echo:
            return
        if self.look.prompt == "numbered":
            self.output.label = self.paint(f"Out[{len(self.entries)}]:", "result")
        try:
            self.output.show(shown)
        finally:
            self.output.label = ""

    @property
    def prompts(self) -> tuple[str, str]:
        """What stands before the first line of an input, and before the others."""
        if self.look.prompt == "plain":
            return PROMPT, CONTINUED
        first = f"In [{len(self.entries) + 1}]: "
        return first, "...: ".rjust(len(first))

    def tell(self, text: str) -> None:
        """What is no value: help, tables, times. It goes where errors go."""
        flush_output()
        tell(text)

    def filled(self, title: str, text: str) -> str:
        """A title in its colour and what is said of it, in lines that fit the screen."""
        from textwrap import fill

        lines = fill(title + text, self.columns, break_on_hyphens=False, break_long_words=False)
        return self.paint(title, "error") + lines.removeprefix(title)

    def ask(self, question: str) -> bool:
        """Whether somebody who types says yes; where nobody does there is nobody to ask."""
        if not self.typed:
            return True
        flush_output()
        tell(f"{question} [y/N] ", end="")
        try:
            return sys.stdin.readline().strip().lower() in ("y", "yes")
        except KeyboardInterrupt:
            self.tell("")
            return False

    def page(self, text: str) -> None:
        """What is told and may be longer than the screen."""
        from .pager import fits, show

        if fits(text, sys.stderr) or not self.look.pager:
            self.tell(text)
        else:
            show(text, sys.stderr)

    def show_code(self, text: str) -> None:
        """Python code, coloured where errors are."""
        if self.report.color:
            from pygments import highlight
            from pygments.formatters import TerminalFormatter
            from pygments.lexers import PythonLexer

            text = highlight(text, PythonLexer(), TerminalFormatter())
        self.tell(text.rstrip("\n"))

    @property
    def paint(self) -> Paint:
        return painter(self.report.color)

    @property
    def columns(self) -> int:
        """Columns of the screen."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            return os.get_terminal_size(sys.stderr.fileno()).columns or 100
        return 100

    def clear_screen(self) -> None:
        if sys.stderr.isatty():
            print("\x1b[2J\x1b[H", end="", file=sys.stderr, flush=True)


# ------------------------------------------------------------------ where inputs come from


def ask(shell: Shell) -> Asked | None:
    """Ask the terminal for its background, where that matters and the environment does not say it."""
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    wanted = on_terminal and shell.report.color and shell.look.theme == "auto"
    return Asked() if wanted and background_of(os.environ) is None else None


def reader(shell: Shell, history: str | None, asked: Asked | None = None) -> Reader:
    """prompt_toolkit where the terminal can do it, else plain lines."""
    capable = os.environ.get("TERM", "") not in ("dumb", "") or os.name == "nt"
    screen = sys.stdout if sys.stdout.isatty() else sys.stderr
    if not (capable and sys.stdin.isatty() and screen.isatty()):
        return Lines(pythonic=lambda: shell.session.pythonic)
    from prompt_toolkit.output import create_output

    from .prompt import Prompt

    prompt = Prompt(shell, history, output=create_output(screen))
    prompt.background = background_of(os.environ)
    if asked is not None:
        prompt.background = asked.answer()
        keep_typed(asked.typed)
    prompt.late = asked is not None and asked.late
    return prompt


class Lines:
    """Inputs from plain lines; prompts only where somebody types them."""

    def __init__(self, line: Callable[[str], str] = input, pythonic: Callable[[], bool] = lambda: False):
        self.line = line
        self.pythonic = pythonic
        self.prompts = self.typed = sys.stdin.isatty()

    @interrupt.heard
    def read(self, offer: str | None = None) -> str:
        try:
            text = self.line(PROMPT if self.prompts else "")
            while not is_finished(text + "\n", self.pythonic()):
                try:
                    text += "\n" + self.line(CONTINUED if self.prompts else "")
                except EOFError:
                    break
        except KeyboardInterrupt:
            if self.prompts:
                print()  # the next prompt has a line of its own
            raise
        return text

    def drop(self) -> None:
        """Lines come one by one: there is nothing to forget."""


def what_was_kept(error: KeyboardInterrupt) -> str:
    """What an interrupt has left of the statement."""
    if not isinstance(error, BetweenRounds):
        return ": the statement was taken back"
    place = f" after the round with {error.place}" if error.place else " after a round"
    return f"{place}: what the loop has done is kept, `:undo` takes it back"


def meant(text: str) -> str | None:
    """A command, or a question, of which an input method has written the signs wide: `：help`, `softmax？`."""
    from ..lang.syntax.characters import LOOKALIKES

    line = "".join(LOOKALIKES.get(sign, sign) for sign in text.strip()).replace("？", "?").replace("！", "!")
    if line == text.strip() or "\n" in line:
        return None
    return line if split_command(line) is not None or "?" in (line[:1], line[-1:]) else None


def is_finished(text: str, pythonic: bool = False) -> bool:
    """Whether an input that ends with Enter is to be run: a command, or a complete program of a kind."""
    command = split_command(text)
    if command is not None:
        kind, last = last_of(*command[:2])
        return kind != "code" or is_finished(last, pythonic)
    if "?" in (text.strip()[:1], text.strip()[-1:]):
        return True
    return not text.strip() or is_complete(text, pythonic)


# ------------------------------------------------------------------ files


def history_file() -> str:
    """Where inputs are kept from one session to the next."""
    from platformdirs import user_state_dir

    return os.path.join(user_state_dir(APP, appauthor=False), "history")


def config_file(name: str) -> str:
    """A file of the user's own: `config.toml`, the settings; `init.tsh`, which every interactive session runs."""
    from platformdirs import user_config_dir

    return os.path.join(user_config_dir(APP, appauthor=False), name)


__all__ = ["Entry", "Lines", "Shell", "is_finished", "run"]
