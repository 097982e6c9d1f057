"""A session: text in, displayed values out. What the command line, the shell and embedding share.

>>> from tensorsh import Session
>>> s = Session(seed=0)
>>> s.run("x = [1., 2.]; x * 2")
[tensor([2., 4.])]
>>> s["x"].tolist()
[1.0, 2.0]
"""

from __future__ import annotations

import re
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .engine.calls.arguments import as_tensor
from .engine.core import context, own_tables
from .engine.core import device as devices
from .engine.core.dtype import DType, dtypes
from .engine.core.turns import turns
from .engine.core.warn import Event, hand_over, hearing
from .engine.values.tensor import Tensor
from .errors import TensorshError, UsageError, Warned, facts_of
from .interrupt import whole
from .lang.code.statements import Statement
from .lang.run.evaluate import Evaluator, TakenBack
from .lang.run.queries import Graph
from .lang.run.session_host import roomy
from .limits import memory
from .modules import gate
from .source import Source, Span, same_letters

if TYPE_CHECKING:
    from types import CodeType

    from .lang.loops.uncompiled import Left
    from .lang.run.profile import Profile
    from .lang.syntax import ast
    from .lang.undo.history import History
    from .sandbox import Sandbox

__all__ = ["Session", "TensorshError"]

OnDisplay = Callable[["Shown"], None]
OnError = Callable[[TensorshError], None]
OnWarning = Callable[[Warned], None]
#: where `evaluate` finds the value: a name that no program can spell
VALUE = ".value"

OnTime = Callable[[Span, float], None]
#: what asks `explain` or `graph` a question
QUESTION = re.compile(
    r"\b(?:graph|explain)(?:\b\s*(?!(?:in|is|and|or|if|else|as|for)\b)[^\W_]|\s*[(\[\-]|\s+_)"
)
COMMENT = re.compile(r"[^\S\n]*#")
T = TypeVar("T")


def may_explain(text: str) -> bool:
    """Whether a text may ask `explain` or `graph` a question, on a line that is no comment."""
    if "graph" not in text and "explain" not in text:
        return False
    at = 0
    while (found := QUESTION.search(text, at)) is not None:
        if COMMENT.match(text, text.rfind("\n", 0, found.start()) + 1) is None:
            return True
        at = text.find("\n", found.start())
        if at < 0:
            break
    return False


class Shown:
    """A displayed value; `name` is the variable it was, None for any other expression."""

    __slots__ = ("name", "value")

    def __init__(self, value: Any, name: str | None):
        self.value = value
        self.name = name


def is_name(text: str) -> bool:
    """Whether a program could have a variable of this name."""
    plain = same_letters(text)
    reserved = plain.startswith("__") and plain.strip("_")
    return plain.isidentifier() and not reserved and not iskeyword(plain)


class Session:
    """A place to run programs: variables, defaults and random numbers that no other session sees.

    seed      start the random stream there, as `manual_seed(seed)`
    dtype     the default float dtype: "float32" (default), "float64", …
    device    where new tensors go: "cpu" (default) or "meta"
    threads   how many threads an operation may use
    compile   whether loops may be replayed as compiled programs (they do the same, faster)
    cache     whether finished machine code is kept in the user's cache, and used from there

    >>> s = Session(seed=0)
    >>> s.run("x = tensor([1., 2.], requires_grad=True); y = (x * x).sum(); backward y; y")
    [tensor(5., grad_fn=<SumBackward0>)]
    >>> s["x"].grad.numpy()
    array([2., 4.], dtype=float32)
    >>> s["n"] = [1, 2, 3]
    >>> s.evaluate("len(n)"), "n" in s, s.names()
    (3, True, ['x', 'y', 'n'])
    """

    def __init__(
        self,
        seed: int | None = None,
        dtype: str | DType | None = None,
        device: str | None = None,
        threads: int | None = None,
        compile: bool = True,
        cache: bool | None = None,
    ):
        self.context: context.Context = context.Context()
        self._shown: OnDisplay = lambda shown: None
        #: what takes warnings; None leaves them to Python's `warnings` of the embedding program
        self.on_warning: OnWarning | None = None
        self._evaluator = Evaluator(self._show, self._warn)
        self.context.warnings = self._evaluator.warnings
        self.context.python = self._evaluator.modules
        self._evaluator.compiling = compile
        self.context.samples = self._evaluator.samples if compile else None
        self.context.walked = self._evaluator.walked if compile else None
        self.context.spelling = self._evaluator.spelling
        self.context.find_class = self._evaluator.modules.in_pickles
        self._evaluator.host.help = self._help  # type: ignore[method-assign]
        self.context.admit = self._evaluator.host.admit
        self.configure(seed, dtype, device, threads, cache)

    def configure(
        self,
        seed: int | None = None,
        dtype: str | DType | None = None,
        device: str | None = None,
        threads: int | None = None,
        cache: bool | None = None,
    ) -> None:
        """Change what the session began with; UsageError for a dtype or device that cannot be a default, or a seed."""
        with self.active():
            if dtype is not None:
                chosen = dtypes.get(dtype.removeprefix("torch.")) if isinstance(dtype, str) else dtype
                if chosen is None or not (chosen.is_floating_point or chosen.is_complex):
                    raise UsageError(f"the default dtype must be a floating point type, not {dtype}")
                self.context.dtype = chosen
            if device is not None:
                try:
                    self.context.device = devices.resolve(device)
                except (RuntimeError, AssertionError) as error:  # PyTorch's for a device that is not there
                    facts = facts_of(error)
                    raise UsageError(str(error), help=None if facts is None else facts.help) from error
            if seed is not None:
                try:
                    self.context.generator.manual_seed(seed)
                except ValueError as error:
                    facts = facts_of(error)
                    help = None if facts is None else facts.help
                    raise UsageError(f"cannot start from seed {seed}", help=help) from error
            if threads is not None:
                self.context.threads = threads
            if cache is not None:
                self.context.keeping = cache

    def confine(self, sandbox: Sandbox) -> None:
        """Programs reach no file but those that a sandbox admits, and have no environment."""
        self._evaluator.host.sandbox = sandbox
        self._evaluator.modules.environ.clear()
        self.context.keeping = False

    # ---------------------------------------------------------------- running

    def listings(self) -> list[str]:
        """The compiled programs of the newest statement that has any, as NumPy code that runs on its own."""
        from .engine.compile.listing import listing

        known = self._evaluator.loops.programs
        return [listing(program, title) for title, program in known if program.scope]  # which was not let go

    def uncompiled(self) -> list[Left]:
        """What of the newest loop is not compiled: the place and the reason of each piece, in the order of the text."""
        from .lang.loops.uncompiled import all_left

        evaluator = self._evaluator
        newest = evaluator.loops.newest
        if newest is None:
            return []
        return all_left(newest.node, evaluator.loops.left if evaluator.loops.of is newest else [])

    def run(self, source: str, name: str = "<input>") -> list[Any]:
        """Run a program; returns the values it displayed, in order.

        Only `print` writes anything, to `sys.stdout`. `name` is what errors call the text. Raises
        TensorshError: a syntax error before anything runs, any other at the statement it stops at,
        which has then changed nothing.
        """
        values: list[Any] = []
        self.execute(source, name, lambda shown: values.append(shown.value))
        return values

    def execute(
        self,
        source: str | Source,
        name: str = "<input>",
        on_display: OnDisplay | None = None,
        *,
        script: bool = False,
        leads: bool = False,
        undo: bool = True,
        on_error: OnError | None = None,
        on_time: OnTime | None = None,
    ) -> None:
        """Run a program statement by statement, handing over each displayed value as it comes.

        A syntax error anywhere means that nothing runs. The first error in running stops it, unless
        `on_error` takes the errors one by one. `script` says that the text is a file: a PyTorch program
        shows bare expressions no more than Python does; `leads` that the inputs after it are of its kind.
        Without `undo` a statement that fails is not taken
        back: for a program after which nobody looks. `on_time` hears how long each statement took, in seconds.
        """
        text = source if isinstance(source, Source) else Source(source, name)
        evaluator = self._evaluator
        if may_explain(text.text):
            self.recollect()
        with self.active():
            if leads:
                evaluator.begin_script(text)
            compiled = evaluator.compile(text, silent=script)
            statements = deque(evaluator.begin_file(compiled, evaluator.variables) if leads else compiled)
        while statements:
            with self.active(), memory:
                before, self._shown = self._shown, on_display or (lambda shown: None)
                undoing, evaluator.undoing = evaluator.undoing, undo
                try:
                    self._run(statements, on_error, on_time)
                finally:
                    self._shown = before
                    evaluator.undoing = undoing

    def _run(self, statements: deque[Statement], on_error: OnError | None, on_time: OnTime | None) -> None:
        """Run statements until all are done or a session in another thread waits for its turn."""
        while statements:
            statement = statements.popleft()
            started = time.perf_counter()
            try:
                self._evaluator.run(statement)
            except TensorshError as error:
                if on_error is None:
                    raise
                on_error(error)
            if on_time is not None:
                on_time(statement.node.span, time.perf_counter() - started)
            if turns.wanted:
                return

    def finish(self) -> None:
        """Call what programs have registered with `atexit`, as the command line does when it ends.

        Their errors are printed to `sys.stderr`. Nothing is registered then.
        """
        with self.active(), self._evaluator.changing(), memory:
            self._evaluator.finish()

    def finalize(self) -> None:
        """The process ends: call `__del__` of what programs hold, and close their generators, as Python does then.

        Their errors are printed to `sys.stderr`. Nothing is to be run afterwards.
        """
        evaluator = self._evaluator
        left = gate.written or weakref.finalize._registry  # type: ignore[attr-defined]
        if left or any(evaluator.says(word) for word in ("__del__", "yield")):
            from .lang.run.finalizers import finalize

            with self.active(), evaluator.changing(), memory, evaluator.ending():
                finalize(evaluator)

    def hear_dropped(self) -> None:
        """From now on tell of what fails where nobody has called, also between programs: the process is ours."""
        self._evaluator.modules.hear_dropped()

    def uncaught(self, error: TensorshError) -> bool:
        """Tell `sys.excepthook` of an error, if a program has set one; whether it has been told."""
        cause = error.__cause__
        if cause is None or "sys" not in self._evaluator.modules.loaded:
            return False
        with self.active(), self._evaluator.changing(), memory:
            return self._evaluator.uncaught(cause)

    def recollect(self) -> None:
        """From now on remember what `explain` needs beyond what graphs keep, also after a backward."""
        if self.context.recollection is None:
            from .engine.graph.recollection import Recollection
            from .lang.run.runtime import USER_FILE

            self.context.recollection = Recollection(USER_FILE, self._evaluator.located)

    @property
    def pythonic(self) -> bool:
        """Whether the inputs of this session are PyTorch programs: they are once one has imported torch."""
        return self._evaluator.pythonic

    @pythonic.setter
    def pythonic(self, kind: bool) -> None:
        with self.active(), self._evaluator.changing():
            self._evaluator.pythonic = kind

    def remember(self) -> History:
        """From now on inputs can be taken back and done again (`lang.undo.history`)."""
        from .lang.undo.history import History

        if self._evaluator.history is None:
            self._evaluator.history = History(self._evaluator)
        return self._evaluator.history

    @property
    def anomaly(self) -> bool:
        """Whether the first NaN or infinity is an error, which names the operation that made it, or the derivative."""
        return self.context.mode.watches

    @anomaly.setter
    def anomaly(self, on: bool) -> None:
        from .engine.graph.anomaly import watch
        from .torch.autograd.anomaly_mode import set_anomaly_enabled

        with self.active(), self._evaluator.changing():
            set_anomaly_enabled(on)
            watch(on)

    def is_expression(self, source: Source) -> bool:
        """Whether a text is one expression, in the kind of program that it would be run as."""
        from .lang.syntax import ast
        from .lang.syntax.parse import parse

        try:
            body = parse(source, self._evaluator.is_pythonic(source, False)).body
        except TensorshError:
            return False
        return len(body) == 1 and isinstance(body[0], ast.Display)

    def read(self, source: Source) -> list[tuple[ast.Stmt, CodeType]]:
        """The statements of a text and the code of each, which is not run; ParseError if it is not the language."""
        return self._evaluator.read(source)

    def reads_as_torch(self, source: Source, file: bool = False) -> bool:
        """Whether a text would be run as a PyTorch program."""
        return self._evaluator.is_pythonic(source, file)

    def source_of(self, value: Any) -> str | None:
        """How a function or class was written in this session; None for anything else."""
        import inspect
        import textwrap
        from types import FunctionType

        value = inspect.unwrap(value) if callable(value) else value
        if not isinstance(value, FunctionType | type):
            return None
        with self.active():
            found = self._evaluator.host.source(value)
        return None if found is None else textwrap.dedent("".join(inspect.getblock(found[0])))

    @property
    def seed(self) -> int | None:
        """Where the random numbers were started; None where nobody said so."""
        generator = self.context._generator
        seed = generator.initial_seed() if generator is not None else 1 << 32
        return seed if seed < 1 << 32 else None  # the operating system's have 64 bits

    def rounds(self) -> AbstractContextManager[None]:
        """While this runs, Ctrl-C keeps the rounds of a loop that are done (`lang.run.rounds`)."""
        from .lang.run.rounds import Rounds

        return Rounds(self._evaluator.runtime.tables).heard()

    @contextmanager
    def profiled(self, clock: Callable[[], float] | None = None) -> Iterator[Profile]:
        """While this runs, the time that each line of programs takes is measured: `rows` of it when it is over.

        >>> s = Session()
        >>> with s.profiled() as profile:
        ...     _ = s.run("total = 0\\nfor i in range(3): total += i")
        >>> [(row.line, row.times) for row in profile.rows]
        [(1, 1), (2, 4)]
        """
        from .lang.run.profile import Profile

        if self._evaluator.profile is not None:
            raise UsageError("the lines of this session are being measured already")
        profile = Profile(self._evaluator, self.context, clock)
        try:
            with self.active():
                profile.begin()
            yield profile
        finally:
            with self.active():
                profile.end()

    def set_arguments(self, argv: list[str]) -> None:
        """What programs find as their arguments, the script's own name first."""
        self._evaluator.set_arguments(argv)

    def evaluate(self, source: str, name: str = "<input>") -> Any:
        """The value of one expression; nothing is displayed."""
        evaluator = self._evaluator
        with self.active():
            (statement,) = evaluator.compile(Source(source, name), bind=VALUE)
            evaluator.run(statement)
        return evaluator.variables.pop(VALUE)

    def trial(
        self, source: str | Source, work: Callable[[Callable[[], Any]], T], *, value: bool = False
    ) -> T:
        """Call `work` with what runs a program, as often as it likes; then everything is as it was before.

        What is displayed is not shown. With `value=True` the program is one expression, and running it gives its value.
        """
        evaluator = self._evaluator
        results: list[T] = []

        def tried(run: Callable[[], None]) -> None:
            def again() -> Any:
                run()
                return evaluator.variables.pop(VALUE) if value else None

            results.append(work(again))

        text = source if isinstance(source, Source) else Source(source, "<input>")
        with self.active():
            before, self._shown = self._shown, lambda shown: None
            try:
                for statement in evaluator.compile(text, bind=VALUE if value else None, whole=True):
                    evaluator.run(statement, tried)
            except TakenBack:
                pass
            finally:
                self._shown = before
        return results[0] if results else work(lambda: None)

    @whole
    @contextmanager
    def active(self) -> Iterator[None]:
        """While this session's defaults, random numbers and undo journal are the ones in force."""
        with (
            turns,
            np.errstate(all="ignore"),  # PyTorch computes inf and nan without a warning
            context.using(self.context),
            own_tables.using(self.context),
            roomy(self._evaluator.modules.recursion_limit),
            hearing(self.context.warnings),
            self._evaluator.modules.active(),
        ):
            yield

    def _warn(self, event: Event) -> None:
        if self.on_warning is not None:
            from .lang.faults.warned import warned

            self.on_warning(warned(event))
        else:
            hand_over(event, self._evaluator.warnings)

    def _show(self, value: Any, name: str | None) -> None:
        if isinstance(value, Graph) and value.to is not None:
            from .render.drawing import draw

            draw(value.rows, value.to)
            return
        variables = self._evaluator.variables
        self.context.journal.record(
            lambda: variables.get("_", variables),
            lambda before: variables.pop("_", None) if before is variables else variables.update(_=before),
            variables,
        )
        variables["_"] = value
        self._shown(Shown(value, name))

    def _help(self, *value: Any) -> str:
        """What `help(value)` prints in a program."""
        from .repl.help import of_value

        return of_value(self, *value)

    # ---------------------------------------------------------------- variables

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        return self._evaluator.variables[name]

    def __setitem__(self, name: str, value: Any) -> None:
        """Bind a name; arrays become tensors that share their memory, other values stay as they are."""
        if not is_name(name):
            raise KeyError(f"{name!r} is not a name that a program can use")
        name = same_letters(name)
        self._evaluator.variables[name] = to_value(value)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        with self.active(), self._evaluator.changing():
            del self._evaluator.variables[name]

    def __contains__(self, name: object) -> bool:
        return name in self._evaluator.variables and name != "__builtins__"

    def names(self) -> list[str]:
        """The variables, in the order of their binding; `_`, the last displayed value, is not one."""
        return [name for name in self._evaluator.names() if name != "_"]

    def clear(self) -> None:
        """Forget every variable and every named size; defaults and random numbers stay."""
        with self.active(), self._evaluator.changing():
            for name in self._evaluator.names():
                del self._evaluator.variables[name]
            self._evaluator.runtime.sizes.clear()
            self._evaluator.pythonic = False

    @property
    def sizes(self) -> dict[str, tuple[int, Span]]:
        """The named sizes, each with what it is and where it was bound."""
        return self._evaluator.runtime.sizes

    def modules(self) -> list[str]:
        """What `import` finds, files aside; submodules are found after their dot."""
        from .modules.tables import TABLES

        return sorted({"torch", *(name for name in TABLES if "." not in name)})

    def module(self, path: str) -> Any:
        """A module by its path, as `import` finds it; None where there is none."""
        first, *rest = path.split(".")
        found: Any = self.builtin("torch") if first == "torch" else self._evaluator.modules.find(path)
        for name in rest if first == "torch" else ():
            found = getattr(found, name, None)
        return found

    def builtin_names(self) -> set[str]:
        """The names that every program finds without binding them; nothing is imported for it."""
        return {name for name in self._evaluator.prelude.names() if not name.startswith(".")}

    def builtin(self, name: str) -> Any:
        """What one of them stands for; KeyError if there is no such name."""
        if name.startswith("."):
            raise KeyError(name)
        return self._evaluator.prelude.find(name)

    def builtins(self) -> dict[str, Any]:
        """What every program finds without binding it: operations, dtypes, functions, prefixes."""
        return {
            name: value
            for name, value in self._evaluator.prelude.everything().items()
            if not name.startswith(".")
        }


def to_value(value: Any) -> Any:
    """A value of the embedding program as one of the language."""
    if value is None or isinstance(value, Tensor | bool | int | float | complex | str):
        return value
    if isinstance(value, list | tuple):
        return type(value)(map(to_value, value)) if type(value) in (list, tuple) else value
    if hasattr(value, "__array__"):
        return as_tensor(value)
    return value
