"""Running programs: compile every statement, then run them one by one, each all or nothing.

`Evaluator` is the language's side of a session: the user's variables, the prelude behind them, and the
tables that lead from compiled code back to the text. A statement that fails leaves variables, lists,
tensors, gradients and the random stream as they were (`engine.core.journal` for what is shared, the old
bindings for names).
"""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from ... import ops, train  # noqa: F401  registers every operation
from ...engine.core import context
from ...engine.core.warn import Event, Warnings
from ...errors import DataError, ParseError, TensorshError, plain
from ...interrupt import heard, unbroken
from ...limits import memory, time
from ...modules import Modules
from ...modules.notebook import display
from ...source import Source, Span, read_program
from ..code.codegen import Compiler, Register
from ..code.pythonic import PythonCompiler, WatchedCompiler
from ..code.runs import unseen, walk
from ..code.statements import Statement, assignment, changes, future_flags
from ..code.table import Table
from ..faults.faults import fault
from ..faults.places import statement_at, written_name
from ..loops.loops import Loops
from ..names.faces import Tables
from ..names.host import host_names
from ..names.imports import Imports
from ..names.namespace import Behind, Prelude
from ..syntax import ast
from ..syntax.parse import parse
from ..syntax.program_kind import imports_torch
from .interrupts import BetweenRounds
from .runtime import Runtime, Show
from .session_host import SessionHost

if TYPE_CHECKING:
    from ...engine.compile.walks import Walks
    from ..undo.before import Before
    from ..undo.history import History
    from ..undo.snapshot import Snapshot
    from .profile import Profile

#: what is no error of the program
PASSED_ON = (KeyboardInterrupt, SystemExit, BrokenPipeError)


class TakenBack(BaseException):
    """Ends a statement that was only tried: what it changed is undone as if it had failed."""


#: what a line begins with that speaks to a notebook
NOTEBOOK = ("%", "!")

#: backward passes that are evaluated before any is compiled
WALKS = 16
#: what Python itself puts among the variables
HIDDEN = frozenset(
    {
        *("__builtins__", "__warningregistry__", "__name__", "__file__", "__annotations__", "__doc__"),
        "__package__",
    }
)


class Evaluator:
    """The variables of one session, and how text changes them."""

    def __init__(self, show: Show, on_warning: Callable[[Event], None]):
        self.variables: dict[str, Any] = {}
        self.space = self.variables  # the variables of the text that runs
        self.host = SessionHost(self)
        self.runtime = Runtime(show, self.import_file, self.variables, self.host)
        self.warnings = Warnings(self.runtime.node, on_warning)
        self.host.warnings = self.warnings
        self.modules = Modules(self.host)
        self.imports = Imports(self)
        entries = self.runtime.entries() | self.imports.entries()
        builtins = self.modules.builtins | entries
        builtins["__import__"] = __import__  # C code of Python's looks for it there; no program can name it
        self.prelude = Prelude(host_names(self.host) | entries)
        for name, value in builtins.items():
            self.prelude.bound.setdefault(name, value)
        #: what PyTorch programs find behind their own names: at the prompt tensorsh's names too, in files not
        self.python = Behind(builtins | {"display": display}, self.prelude)
        self.strict = Behind(builtins)
        self.tables = Tables(self.prelude.bound, self.python.bound, self.strict.bound)
        self.pythonic = False  # whether the inputs of this session are PyTorch's
        self.spaces: dict[str, dict[str, Any]] = {}  # the variables of each text, by its file name
        self.running_depth = 0  # how many statements are running, each inside the one before
        self.stars: list[tuple[Any, dict[str, Any]]] = []  # (module, variables) of each `import *`
        self.script_folder = os.curdir
        self.undoing = True  # whether a failed statement is undone
        self.history: History | None = None  # where statements that succeed can be undone, too
        self.variables.update(__name__="__main__", __doc__=None, __package__=None)
        self.variables["__builtins__"] = self.prelude.bound
        self.imported: set[str] = set()
        self.importing: list[str] = []
        self.sources: dict[str, Source] = {}
        self.running = Source("")
        self.running_statement: Statement | None = None
        self.compiling = True  # loops are replayed as compiled programs where that is possible
        self.loops = Loops(self)
        self.profile: Profile | None = None  # what measures the lines of the program
        #: the line that each number means for the clocks of all measurements: (its text, its number)
        self.places: list[tuple[Source, int] | None] = []
        self.walks: Walks | None = None  # programs of backward passes
        self.apart: list[Any] = []  # what variables lead to, and failed statements leave as it is
        #: makes what rewrites the trees of a text before Python compiles them, given the file name of its code
        self.rewriting: Callable[[str], Callable[[Any], Any]] | None = None

    def names(self) -> list[str]:
        """The user's variables."""
        return [name for name in self.variables if name not in HIDDEN and name[0] != "."]

    def samples(self, dataset: Any) -> Any:
        """How batches of a dataset are found at once; None where each sample has to be asked for."""
        from ..loops.samples import together

        return together(dataset, self.runtime.follows)

    def walked(self, root: Any, seed: Any, keep: bool) -> bool:
        """Do a backward pass by a program; False where there is none."""
        if self.walks is None:
            if context.current().walks < WALKS:
                return False
            from ...engine.compile.walks import Walks

            self.walks = Walks()
        return self.walks.backward(root, seed, keep)

    def folder(self) -> str:
        """Where the running script is."""
        return os.path.dirname(self.running.name)

    # ---------------------------------------------------------------- compiling and running

    def set_arguments(self, argv: list[str]) -> None:
        """The arguments of programs: `argv` of tensorsh's own, `sys.argv` with the script's name in front."""
        self.prelude.bound["argv"] = argv[1:]
        self.host.argv[:] = argv

    def begin_script(self, source: Source) -> None:
        """What a script finds of itself, and the kind that inputs after it have."""
        self.script_folder = os.path.dirname(source.name) or os.curdir
        self.variables["__file__"] = os.path.abspath(source.name)
        self.pythonic = self.is_pythonic(source, True)

    def begin_file(self, statements: list[Statement], space: dict[str, Any]) -> list[Statement]:
        """The statements of a file, whose docstring it finds as `__doc__`."""
        match statements:
            case [Statement(node=ast.Display(value=ast.Constant(value=str() as text))), *_]:
                space["__doc__"] = text
        return statements

    def is_pythonic(self, source: Source, file: bool) -> bool:
        """Whether a text is a PyTorch program; the inputs of a session are once torch has been imported."""
        if file:
            return source.name.endswith(".py") or imports_torch(source)
        return self.pythonic or imports_torch(source) or source.text.lstrip()[:1] in NOTEBOOK

    def compile(
        self,
        source: Source,
        silent: bool = False,
        bind: str | None = None,
        space: dict[str, Any] | None = None,
        whole: bool = False,
    ) -> list[Statement]:
        """Every statement of a program, ready to run; ParseError if any of them is not the language.

        `silent` says that the text is a file. With `bind` the program must be one expression, and running it
        gives that variable its value. `space` are the variables that it will run with. `whole` makes the program one
        statement.
        """
        pythonic = self.is_pythonic(source, silent)
        table = Table(f"<tensorsh {len(self.runtime.tables)}>", silent and pythonic, pythonic)
        self.spaces[table.filename] = self.variables if space is None else space
        prelude = self.prelude_of(table)
        collecting = gc.isenabled()
        gc.disable()  # a program's nodes are all kept: looking for garbage among them doubles the time
        try:
            with memory:
                program = parse(source, pythonic)
            body = program.body
            if program.skipped:
                self.strict.bound.setdefault("display", display)
            for start, end in program.skipped:
                line = f"{source.name}:{source.position(start)[0]}"
                print(
                    f"note: {line}: skipped, it is for a notebook: {source.text[start:end]}", file=sys.stderr
                )
            if bind is not None:
                body = (assignment(bind, body, source),)
            if whole and len(body) > 1:
                span = Span(source, body[0].span.start, body[-1].span.end)
                body = (ast.If(span, ast.Constant(span, True), ast.Block(span, body), None),)
            self.look_over(table, body)
            compiler = self.compiler(table, self.loops.segment if self.compiling else None)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)  # it would speak of lines nobody wrote
                with memory:
                    compiled = [
                        self.statement(node, compiler) for node in body if not isinstance(node, ast.Pass)
                    ]
            for statement in compiled:
                prelude.provide(statement.code)
        except ParseError as error:
            if not pythonic:
                raise
            from ..syntax.python_syntax import in_python_s_words

            python_s = in_python_s_words(error)
            raise python_s from python_s.__cause__
        except Exception as error:
            memory.lift()
            told = self.fault(error)
            if told is error:
                raise
            raise told from error
        finally:
            memory.lower()
            if collecting:
                gc.enable()
        self.runtime.tables[table.filename] = table
        self.sources[table.filename] = source
        return compiled

    def read(self, source: Source) -> list[tuple[ast.Stmt, CodeType]]:
        """The statements of a text and their code, for those who only look: nothing is kept of it."""
        pythonic = self.is_pythonic(source, False)
        compiler = self.compiler(Table("<read>", False, pythonic), None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return [(node, compiler.compile(node)) for node in parse(source, pythonic).body]

    def compile_again(self, source: Source, table: Table) -> Iterator[tuple[CodeType, Table]]:
        """The code of a text's statements, and what it refers to, for functions that are there already (`profile`)."""
        again = Table(f"<tensorsh {len(self.runtime.tables)}>", table.silent, table.pythonic)
        again.flags, again.mentioned = table.flags, table.mentioned
        self.spaces[again.filename] = self.spaces[table.filename]
        self.runtime.tables[again.filename] = again
        self.sources[again.filename] = source
        compiler = self.compiler(again, self.loops.segment if self.compiling else None)
        prelude = self.prelude_of(again)
        for node in parse(source, table.pythonic).body:
            if isinstance(node, ast.Pass):
                continue
            statement = self.statement(node, compiler)
            for name in statement.segments:  # it is not run
                prelude.bound.pop(name, None)
            prelude.provide(statement.code)
            yield statement.code, again

    def compiler(self, table: Table, register: Register | None, watched: bool = False) -> Compiler:
        """What compiles the statements of a text; `watched` for a trace."""
        if self.profile is not None:
            return self.profile.compiler(table, register, watched)
        if watched and table.pythonic:
            return WatchedCompiler(table)
        made: Compiler = PythonCompiler(table, register) if table.pythonic else Compiler(table, register)
        if self.rewriting is not None:
            made.rewrite = self.rewriting(table.filename)
        return made

    def look_over(self, table: Table, body: tuple[ast.Stmt, ...]) -> None:
        """What the whole text says about each of its statements: `from __future__ import`, `import *`."""
        stars = bool(self.stars)
        for node in body:
            if isinstance(node, ast.ImportNames):
                stars = stars or not node.names
                if node.path == "__future__":
                    table.flags |= future_flags(node)
        if stars:
            table.mentioned = frozenset(n.id for s in body for n in walk(s) if isinstance(n, ast.Name))
            for module, space in self.stars:
                if space is self.spaces[table.filename]:
                    names = tuple(name for name in sorted(table.mentioned) if name not in space)
                    self.imports.bind_mentioned(module, names, space)

    def prelude_of(self, table: Table) -> Prelude | Behind:
        """What a text finds behind its own names."""
        if not table.pythonic:
            return self.prelude
        return self.strict if table.silent else self.python

    def statement(self, node: ast.Stmt, compiler: Compiler) -> Statement:
        """One top-level statement, ready to run."""
        self.loops.segments = []
        code = compiler.compile(node)
        return Statement(node, code, compiler.table, self.loops.segments)

    @unbroken
    def run(self, statement: Statement, trial: Callable[[Callable[[], None]], None] | None = None) -> None:
        """Run one statement; if it fails nothing has changed, and the error knows its place.

        Interrupts are heard while the statement runs (`execute`), not while its changes are noted or taken back.
        A `trial` is given what runs the statement, as often as it likes; then all is taken back.
        """
        self.running = statement.node.span.source
        self.running_statement = statement
        if isinstance(statement.node, ast.For | ast.While):
            self.loops.newest = statement
        nested = self.running_depth > 0  # a statement of an imported file belongs to the import
        before = None
        if not nested:
            memory.lift()  # what notes it is not the program's
        try:
            if not nested:
                if self.undoing or trial is not None:
                    before = self.noted(statement)
                memory.lower()
            if trial is not None:
                trial(lambda: self.execute(statement, self.variables))
                raise TakenBack
            self.execute(statement, self.variables)
        except BaseException as error:
            # reported before anything is undone: the labels say what the names were
            if nested:  # the statement that imports reports it, if the program does not catch it
                raise
            memory.lift()
            found = plain(error)
            if time.over and isinstance(found, KeyboardInterrupt):
                found = time.error().with_traceback(found.__traceback__)
            report = None if isinstance(found, (*PASSED_ON, TakenBack)) else self.fault(found)
            if before is not None and isinstance(found, BetweenRounds):
                self.keep(before)
            elif before is not None:
                before.restore()
            if report is None or report is found:
                raise
            raise report from found
        finally:
            if not nested:
                memory.lift()
            for name in statement.segments:  # their programs hold on to arrays
                segment = getattr(self.prelude_of(statement.table).bound.pop(name, None), "__self__", None)
                if segment is not None:
                    segment.end()
        if before is not None:
            self.keep(before)
        if statement.table.pythonic and not self.pythonic and not statement.table.silent:
            self.pythonic = "torch" in self.modules.loaded or self.imports.torch_imported

    def noted(self, statement: Statement) -> Before:
        """What the session is before a statement."""
        from ..undo.before import Before

        return Before(self, statement)

    def keep(self, before: Before) -> None:
        """A statement has done what it should, or all rounds of a loop that it has begun."""
        if self.history is None:
            before.commit()
        else:
            self.history.keep(before)

    def can_change(self, statement: Statement) -> bool:
        """Whether a statement can change what it does not bind."""
        if not statement.table.pythonic:
            return changes(statement.node)
        from ..undo.touches import is_harmless

        # any operator can be that of a class of the program's
        return not is_harmless(statement.node, self.variables, self.prelude_of(statement.table).bound)

    def snapshot(self, statement: Statement | None) -> Snapshot:
        """What a statement can touch, as it is now; everything, to return to, for None."""
        from ..undo.snapshot import Snapshot, Standing
        from ..undo.touches import roots

        spaces = self.spaces_of_variables()
        kept = self.modules.kept()
        skip = [*self.apart, *(text.bound for text in (self.prelude, self.python, self.strict))]
        if statement is None:
            return Standing([*spaces, *kept], skip)
        found = roots(statement.code, self.variables, self.modules.loaded)
        if found is None:
            return Snapshot([*spaces, *kept], skip)
        return Snapshot([*found, *kept], skip, spaces)

    def spaces_of_variables(self) -> list[dict[str, Any]]:
        """The variables of the session, and of the program's own modules."""
        return [self.variables, *(vars(own) for own in self.imports.own.values())]

    @contextmanager
    def changing(self) -> Iterator[None]:
        """A change of the session that no statement makes, which can be undone as one."""
        if self.history is None or self.history.running is None or self.running_depth:
            yield
            return
        from ..undo.before import Whole

        before = Whole(self)
        yield
        self.history.keep(before)

    @heard
    def execute(self, statement: Statement, variables: dict[str, Any]) -> None:
        """Run the code of one statement with these variables."""
        variables["__builtins__"] = self.prelude_of(statement.table).bound
        outer, self.space = self.space, variables
        now = context.current()
        lists, now.lists = now.lists, not statement.table.pythonic
        self.running_depth += 1
        clock = now.clock
        entered = None if clock is None else clock.enter()
        try:
            exec(statement.code, variables)
        finally:
            if clock is not None and entered is not None:
                clock.leave(entered)
            self.running_depth -= 1
            self.space = outer
            now.lists = lists

    @heard
    def finish(self) -> None:
        """Let threads that can go on do so, and call what programs have registered for their end."""
        threads = sys.modules.get("tensorsh.modules.cooperative")
        if not self.modules.callbacks and threads is None:
            return
        from ...modules.at_exit import call_back

        with self.ending():
            if threads is not None:
                threads.scheduler.finish()
            call_back(self.modules)

    def uncaught(self, error: BaseException) -> bool:
        """Tell the program's `sys.excepthook` of an error that ends it; False if it has none."""
        from ...modules.uncaught import told

        with self.ending():
            return told(self.modules, error)

    def says(self, word: str) -> bool:
        """Whether a text of the program has this word."""
        return any(word in source.text for source in self.sources.values())

    @contextmanager
    def ending(self) -> Iterator[None]:
        """While functions of the program are called that no statement calls."""
        now = context.current()
        lists, now.lists = now.lists, not self.pythonic
        self.running_depth += 1
        try:
            yield
        finally:
            self.running_depth -= 1
            now.lists = lists

    def run_module(self, source: Source, space: dict[str, Any]) -> None:
        """Run a file as a module with variables of its own."""
        running = self.running
        builtins = space.get("__builtins__")
        try:
            for statement in self.begin_file(self.compile(source, silent=True, space=space), space):
                self.running = source
                self.execute(statement, space)
        finally:
            self.running = running
            if builtins is not None:
                space["__builtins__"] = builtins

    def main_folder(self) -> str:
        """Where the program's own modules are looked for: beside the script, or where the shell was started."""
        return self.script_folder

    def spelling(self, frame: FrameType) -> str:
        """What the program calls the function that it calls in a frame; "" for other code."""
        return written_name(self.runtime.node(frame.f_code.co_filename, frame.f_lineno))

    def located(self, filename: str, line: int) -> str:
        """What a line of compiled code was in its text: `train.py:12  loss = f(x)`; of an input the line alone."""
        node = self.runtime.node(filename, line)
        if node is None:
            return ""
        source, number = node.span.source, node.span.position[0]
        text = statement_at(source.line(number), node.span.position[1] - 1)
        return text if source.name.startswith("<") else f"{os.path.basename(source.name)}:{number}  {text}"

    def fault(self, error: BaseException) -> TensorshError:
        """The error as it is reported."""
        statement = self.running_statement
        prelude = self.prelude if statement is None else self.prelude_of(statement.table)
        pythonic = statement is not None and statement.table.pythonic
        return fault(error, self.runtime.node, [*self.names(), *prelude.names()], pythonic)

    # ---------------------------------------------------------------- import "file"

    @unseen
    def import_file(self, path: str, filename: str) -> None:
        """Run another file once; its names land here. Relative paths start at the importing file."""
        if "\0" in path:
            raise DataError(
                f"cannot import {path!r}: no path has a null byte", raises=ImportError, code="import"
            )
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
        self.host.admit(target, "read")
        try:
            text = read_program(target)
        except (OSError, ValueError, SyntaxError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            raise DataError(f"cannot import {path!r}: {reason}", raises=ImportError, code="import") from None
        self.importing.append(target)
        try:
            for statement in self.compile(Source(text, written), silent=True):
                self.run(statement)
        finally:
            self.importing.pop()
        self.imported.add(target)
