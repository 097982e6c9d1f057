"""Running programs: compile every statement, then run them one by one, each all or nothing.

`Evaluator` is the language's side of a session: the user's variables, the prelude behind them, and the
tables that lead from compiled code back to the text. A statement that fails leaves variables, lists,
tensors, gradients and the random stream as they were (`engine.journal` for what is shared, the old
bindings for names).
"""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from types import FrameType
from typing import Any

from .. import ops, train  # noqa: F401  registers every operation
from ..engine import context
from ..engine.warn import Event, Warnings
from ..errors import DataError, ParseError, TensorshError
from ..source import Source, Span
from . import ast
from .codegen import Compiler, bound_names
from .expressions import Table
from .faults import fault
from .host import host_names
from .namespace import Prelude
from .parse import parse
from .places import written_name
from .runtime import Runtime, Show

#: how deep a program's own calls may go, as frames of Python
RECURSION = 3000

#: how many more objects than before there are when Python looks for garbage: graphs hold many and make none
GARBAGE = 10_000

#: what is no error of the program
PASSED_ON = (KeyboardInterrupt, SystemExit, BrokenPipeError)

#: how often a run is done by its statements before it is traced, and so for one inside of another run
OUTER, INNER = 3, 12

#: what Python itself puts among the variables
HIDDEN = frozenset({"__builtins__", "__warningregistry__"})

_absent: Any = object()


class Evaluator:
    """The variables of one session, and how text changes them."""

    def __init__(self, show: Show, on_warning: Callable[[Event], None]):
        self.variables: dict[str, Any] = {}
        self.runtime = Runtime(show, self.import_file, self.variables)
        self.warnings = Warnings(self.runtime.node, on_warning)
        self.prelude = Prelude(host_names(self.folder) | self.runtime.entries())
        self.variables["__builtins__"] = self.prelude.bound
        self.imported: set[str] = set()
        self.importing: list[str] = []
        self.sources: dict[str, Source] = {}
        self.running = Source("")
        self.running_statement: Statement | None = None
        self.compiling = True  # loops are replayed as compiled programs where that is possible
        self.segments: list[str] = []  # of the loops outside functions in the statement being compiled
        self.numbers = count()
        self.programs: list[
            tuple[str, Any]
        ] = []  # (which lines, the program), of the newest statement with any
        self.programs_of: Any = None

    def names(self) -> list[str]:
        """The user's variables."""
        return [name for name in self.variables if name not in HIDDEN and name[0] != "."]

    def found(self, title: str, program: Any) -> None:
        """A loop has got a program; those of the newest statement that has any can be looked at."""
        if self.programs_of is not self.running_statement:
            for _, old in self.programs:
                if old.over:
                    old.drop()
            self.programs.clear()
            self.programs_of = self.running_statement
        self.programs.append((title, program))

    def segment(
        self,
        compiler: Compiler,
        run: list[ast.Stmt],
        bound: list[frozenset[str]],
        varying: frozenset[str],
        inside: bool,
    ) -> str:
        """Make the segment of a run of statements, and the name that code calls it by."""
        name = f".segment {next(self.numbers)}"
        if not inside:
            self.segments.append(name)
        functions = compiler.functions
        patience = INNER if compiler.inner else OUTER  # a loop in a run is mostly done by the run's program
        table = compiler.table

        def code(statement: ast.Stmt) -> Callable[[], Any]:
            def make() -> Any:
                again = Compiler(table)
                again.functions = functions
                made = again.compile(statement)
                self.prelude.provide(made)
                return made

            return make

        visits = 0

        def go(i: int, names: Any = None) -> int:
            """The first calls only count; then the compiler is brought in."""
            nonlocal visits
            visits += i == 0
            if visits < patience or i:
                return i
            from .segments import Segment

            local = frozenset().union(*functions)
            segment = Segment([code(s) for s in run], bound, varying, local, self.variables, run, self.found)
            self.prelude.bound[name] = segment.go
            return segment.go(i, names)

        self.prelude.bound[name] = go
        return name

    def folder(self) -> str:
        """Where the running script is."""
        return os.path.dirname(self.running.name)

    # ---------------------------------------------------------------- compiling and running

    def compile(self, source: Source, silent: bool = False, bind: str | None = None) -> list[Statement]:
        """Every statement of a program, ready to run; ParseError if any of them is not the language.

        With `bind` the program must be one expression, and running it gives that variable its value.
        """
        python = is_python(source)
        table = Table(
            f"<tensorsh {len(self.runtime.tables)}>", silent and python, python and not imports_all(source)
        )
        compiler = Compiler(table, self.segment if self.compiling else None)
        collecting = gc.isenabled()
        gc.disable()  # a program's nodes are all kept: looking for garbage among them doubles the time
        try:
            body = parse(source).body
            if bind is not None:
                body = (assignment(bind, body, source),)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)  # it would speak of lines nobody wrote
                compiled = [self.statement(node, compiler) for node in body if not isinstance(node, ast.Pass)]
            for statement in compiled:
                self.prelude.provide(statement.code)
        except Exception as error:
            told = self.fault(error)
            if told is error:
                raise
            raise told from error
        finally:
            if collecting:
                gc.enable()
        self.runtime.tables[table.filename] = table
        self.sources[table.filename] = source
        return compiled

    def statement(self, node: ast.Stmt, compiler: Compiler) -> Statement:
        """One top-level statement, ready to run."""
        self.segments = []
        code = compiler.compile(node)
        return Statement(node, code, bound_names(node), self.segments)

    def run(self, statement: Statement) -> None:
        """Run one statement; if it fails nothing has changed, and the error knows its place."""
        variables, journal = self.variables, context.current.journal
        self.running = statement.node.span.source
        self.running_statement = statement
        nested = journal.active  # a statement of an imported file belongs to the import
        names = self.names() if statement.imports else statement.names
        before = [(name, variables.get(name, _absent)) for name in names]
        imported = set(self.imported) if statement.imports else self.imported
        if not nested:
            journal.begin()
        try:
            exec(statement.code, variables)
        except BaseException as error:
            # reported before anything is undone: the labels say what the names were
            if nested:  # the statement that imports reports it, if the program does not catch it
                raise
            report = None if isinstance(error, PASSED_ON) else self.fault(error)
            journal.rollback()
            if statement.imports:
                self.imported = imported
                for name in self.names():
                    del variables[name]
            for name, value in before:
                if value is _absent:
                    variables.pop(name, None)
                else:
                    variables[name] = value
            if report is None or report is error:
                raise
            raise report from error
        finally:
            for name in statement.segments:  # their programs hold on to arrays
                segment = getattr(self.prelude.bound.pop(name, None), "__self__", None)
                if segment is not None:
                    segment.end()
        if not nested:
            journal.commit()

    def spelling(self, frame: FrameType) -> str:
        """What the program calls the function that it calls in a frame; "" for other code."""
        node = self.runtime.node(frame.f_code.co_filename, frame.f_lineno)
        return written_name(node) if isinstance(node, ast.Call) else ""

    def fault(self, error: BaseException) -> TensorshError:
        """The error as it is reported."""
        return fault(error, self.runtime.node, [*self.names(), *self.prelude.names()])

    # ---------------------------------------------------------------- import "file"

    def import_file(self, path: str, filename: str) -> None:
        """Run another file once; its names land here. Relative paths start at the importing file."""
        written = os.path.join(os.path.dirname(self.sources[filename].name), path)
        target = os.path.realpath(written)
        if target in self.importing:
            loop = [*self.importing[self.importing.index(target) :], target]
            raise DataError(
                f"import cycle: {' → '.join(map(os.path.basename, loop))}",
                raises=ImportError,
                code="import-cycle",
            )
        if target in self.imported:
            return
        try:
            with open(target, encoding="utf-8-sig") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            raise DataError(f"cannot import {path!r}: {reason}", raises=ImportError, code="import") from None
        self.importing.append(target)
        try:
            for statement in self.compile(Source(text, written), silent=True):
                self.run(statement)
        finally:
            self.importing.pop()
        self.imported.add(target)


class Statement:
    """A compiled top-level statement: its node, its code, the variables it can bind, and its loops' segments."""

    __slots__ = ("code", "imports", "names", "node", "segments")

    def __init__(self, node: ast.Stmt, code: Any, names: set[str], segments: list[str]):
        self.node = node
        self.code = code
        self.names = names
        self.segments = segments
        self.imports = isinstance(node, ast.Import)


def assignment(name: str, body: tuple[ast.Stmt, ...], source: Source) -> ast.Stmt:
    """`name = …` for a program that is one expression."""
    match body:
        case (ast.Display(value=value, span=span),):
            return ast.Assign(span, (ast.Name(span, name),), value)
    raise ParseError("expected one expression", span=Span(source, 0, len(source.text.rstrip())))


def is_python(source: Source) -> bool:
    """Whether a text begins as a PyTorch program does: `import torch`, `from torch import …`."""
    for line in source.text.splitlines():
        words = line.split()
        if words and not words[0].startswith("#"):
            return words[0] in ("import", "from") and len(words) > 1 and words[1].split(".")[0] == "torch"
    return False


def imports_all(source: Source) -> bool:
    """Whether `from torch import *` takes `sum` and its like from Python."""
    return any(line.split()[:4] == ["from", "torch", "import", "*"] for line in source.text.splitlines())


@contextmanager
def roomy() -> Iterator[None]:
    """Let programs call deeper and build larger graphs than suits Python's defaults, while they run."""
    depth, garbage = sys.getrecursionlimit(), gc.get_threshold()
    sys.setrecursionlimit(max(depth, RECURSION))
    if garbage[0]:  # nobody turned it off
        gc.set_threshold(max(garbage[0], GARBAGE), *garbage[1:])
    try:
        yield
    finally:
        sys.setrecursionlimit(depth)
        gc.set_threshold(*garbage)
