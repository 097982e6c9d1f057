"""`tensorsh check FILE…`: find errors without computing.

Each file is run with tensors that have shapes, dtypes and a graph, and no values; what depends on values is unknown
(`unknown`), and where the program asks for it, it goes both ways (`rewrite`, `ways`). An error ends its statement
only: what the statement did is taken back, and it is run again, going on behind the error. Functions that nobody
calls are called with arguments that nobody knows.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from types import GeneratorType
from typing import Any

from ..cli import read_file, read_stdin
from ..engine.core import context
from ..engine.core.device import hollow, without_values
from ..errors import TensorshError, UsageError
from ..lang.run.evaluate import Evaluator, Statement
from ..session import Session
from ..source import Source
from ..streams import tell
from . import gradients, names
from .analysis import Analysis
from .budget import Budget, is_programs, without_waiting
from .rewrite import Rewriter
from .size_names import SizeNames
from .surroundings import Empty, deep, quiet, without_effects
from .unknown import UNKNOWN, needs_values, opened
from .ways import Ended

#: errors of one statement that are looked for
MOST = 40
Report = Callable[[TensorshError], None]


def check(paths: list[str], report: Report) -> int:
    """Check each file, and the programs in each folder; returns the exit code: the worst of any.

    0 no errors, 1 some, 2 a file cannot be read, 3 one is not a program.
    """
    worst = 0
    for path in paths:
        try:
            for each in programs_in(path):
                name, text = ("<stdin>", read_stdin()) if each == "-" else (each, read_file(each))
                worst = max(worst, check_text(Source(text, name), report))
        except UsageError as error:
            tell(f"tensorsh: {error.message}")
            worst = max(worst, error.exit_code)
    return worst


def programs_in(path: str) -> list[str]:
    """A file as it is; the programs in a folder and those below it, but in hidden ones, in the order of their names."""
    if not os.path.isdir(path):
        return [path]
    found: list[str] = []
    for folder, inner, files in os.walk(path):
        inner[:] = sorted(name for name in inner if name[0] not in "._")
        paths = [os.path.join(folder, name) for name in sorted(files) if name.endswith((".py", ".tsh"))]
        found += filter(os.path.isfile, paths)  # nobody waits for a pipe that lies there
    if not found:
        raise UsageError(f"there is no program in {path!r}", help="programs end in .py or .tsh")
    return found


def check_text(source: Source, report: Report) -> int:
    """Report the errors of one program, in the order of its text; returns the exit code."""
    try:
        found = Checked(source).problems()
    except TensorshError as error:
        report(error)
        return error.exit_code
    for each in found:
        report(each)
    return max([each.exit_code for each in found], default=0)


class Checked:
    """One file."""

    def __init__(self, source: Source):
        self.source = source
        self.session = Session(compile=False, cache=False)
        self.analysis = Analysis()
        self.budget = Budget(self.analysis)
        self.found: dict[Any, TensorshError] = {}
        self.named = SizeNames(self.session._evaluator.runtime.node).in_text

    def problems(self) -> list[TensorshError]:
        """What is wrong with it, in order. ParseError if it is no program."""
        evaluator = self.session._evaluator
        self.session.on_warning = self.add
        with self.session.active(), quiet(), deep(), ExitStack() as around:
            evaluator.begin_script(self.source)
            evaluator.set_arguments([self.source.name])
            for arguments in (evaluator.host.argv, evaluator.prelude.bound["argv"]):
                opened.add(arguments)  # nobody knows how many there are
            evaluator.apart.append(self.analysis)
            plain = evaluator.compile(self.source, silent=True)
            for error in names.problems(plain, Known(evaluator, plain), evaluator.runtime.node):
                self.add(error)
            evaluator.rewriting = lambda filename: Rewriter(filename).module
            without_effects(evaluator, self.analysis)
            statements = evaluator.compile(self.source, silent=True)
            context.current().device = hollow
            around.enter_context(without_values())
            around.enter_context(without_waiting())
            around.enter_context(Empty(self.analysis))
            for statement in evaluator.begin_file(statements, evaluator.variables):
                if not self.run(evaluator, statement):
                    break
            for find in (gradients.unreached, gradients.unregistered):
                for warned in find(evaluator.variables, statements):
                    self.add(warned)
            self.run_uncalled(evaluator)
        return sorted(self.found.values(), key=place)

    def add(self, error: TensorshError) -> None:
        span = error.span
        error.message = self.named(error.message.replace(str(hollow), "cpu"))
        error.facts.labels = tuple(
            (at, self.named(text.removesuffix(f" on {hollow}"))) for at, text in error.labels
        )
        error.facts.help = error.help and self.named(error.help)
        key = (error.error_class, error.message, span and (span.source.name, span.start, span.end))
        self.found.setdefault(key, error)

    def run(self, evaluator: Evaluator, statement: Statement) -> bool:
        """Run a statement until it has no error that is not reported yet; whether the program goes on."""
        analysis = self.analysis
        for _ in range(MOST):
            if self.budget.left <= 0:
                return False
            analysis.reset()
            try:
                with self.budget.spent():
                    evaluator.run(statement)
                return True
            except SystemExit:
                return False
            except KeyboardInterrupt as error:
                if self.budget.over:
                    break
                if is_programs(error):
                    return False
                raise
            except Ended:
                return True
            except TensorshError as error:
                if not self.take_up(error):
                    break
        for name in statement.names:
            evaluator.variables[name] = UNKNOWN
        return True

    def take_up(self, error: TensorshError) -> bool:
        """Report an error; whether the analysis can go on behind it."""
        cause = error.__cause__ or error
        if needs_values(cause):
            return False
        self.add(error)
        place = self.analysis.place_of(cause)
        if place is None or place in self.analysis.absorbed:
            return False
        self.analysis.absorbed.add(place)
        return True

    def run_uncalled(self, evaluator: Evaluator) -> None:
        """Call what nobody calls with arguments that nobody knows."""
        analysis = self.analysis
        done: set[Any] = set()
        while waiting := [number for number in analysis.functions if number not in analysis.called | done]:
            number = waiting[0]
            done.add(number)
            for _ in range(MOST):
                if self.budget.left <= 0:
                    return
                analysis.reset()
                frame = analysis.begin()
                frame.outer = True
                try:
                    with self.budget.spent():
                        call_unknown(analysis.functions[number])
                    break
                except (Ended, SystemExit):
                    break
                except KeyboardInterrupt as error:
                    if self.budget.over or is_programs(error):
                        break
                    raise
                except Exception as error:
                    told = error if isinstance(error, TensorshError) else evaluator.fault(error)
                    told.__cause__ = told.__cause__ or error
                    if not self.take_up(told):
                        break


class Known:
    """The names that a text finds behind its own."""

    def __init__(self, evaluator: Evaluator, statements: list[Statement]):
        self.bound = evaluator.prelude_of(statements[0].table).bound if statements else {}
        self.variables = evaluator.variables

    def __contains__(self, name: object) -> bool:
        return name in self.bound or name in self.variables


def call_unknown(function: Any) -> None:
    code = function.__code__
    names = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    result = function(*[UNKNOWN] * code.co_argcount, **dict.fromkeys(names, UNKNOWN))
    if isinstance(result, GeneratorType):
        for _ in zip(range(3), result, strict=False):
            pass


def place(error: TensorshError) -> tuple[str, int, int]:
    span = error.span
    return ("", 0, 0) if span is None else (span.source.name, span.start, span.end)
