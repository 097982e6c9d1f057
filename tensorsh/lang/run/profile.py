"""Time by line of a program: `:profile`, `tensorsh --profile`.

While it is measured, texts are compiled with ticks (`ticking`), and functions of earlier texts run with code that has
them, too; what is compiled to programs of array calls gets marks (`engine.compile.metered`). Afterwards all functions
have the code again that they had, or would have had.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from ...engine.core.line_clock import COMPILING, LOADING, OUTSIDE, LineClock, cost_of
from ...interrupt import unbroken
from ...source import Source, Span
from ..code.scopes import codes
from ..code.ticking import compiler_for
from .module_loads import Loads
from .runtime import USER_FILE

if TYPE_CHECKING:
    from ...engine.core.context import Context
    from ..code.codegen import Compiler, Register
    from ..code.table import Table
    from .evaluate import Evaluator

#: what is at work when no line of the program is
ELSEWHERE = {
    LOADING: "importing modules",
    COMPILING: "compiling loops",
    OUTSIDE: "outside of the lines",
}

#: (the first character of a function, its name): finds it in another compilation of its text
Key = tuple[int, str]


class Row(NamedTuple):
    """What is known of a line of a program.

    times     how often it was come to, of these `compiled` times in a compiled program
    seconds   that it took itself, `within` those of the functions of the program that it has called
    """

    source: Source
    line: int
    times: int
    compiled: int
    seconds: float
    within: float

    @property
    def text(self) -> str:
        return self.source.line(self.line)


class Profile:
    """One measurement; when it is over there are `rows` and `elsewhere`.

    `read` is another clock than the machine's, whose own cost is not taken out.
    """

    def __init__(self, evaluator: Evaluator, context: Context, read: Callable[[], float] | None = None):
        self.evaluator = evaluator
        self.context = context
        self.places = evaluator.places
        if not self.places:
            self.places += [None] * len(ELSEWHERE)
        size = len(self.places)
        self.clock = LineClock(size, cost=cost_of()) if read is None else LineClock(size, read)
        self.loads = Loads(self.clock)
        self.numbers: dict[tuple[int, int], int] = {}
        self.registered: list[tuple[dict[str, Any], str]] = []
        self.texts: dict[tuple[int, bool], dict[Key, CodeType]] = {}
        self.rows: list[Row] = []
        self.elsewhere: dict[str, float] = {}
        self.began = 0.0
        self.measuring = 0.0  # seconds that ticks and marks took, which are part of nothing else

    @property
    def total(self) -> float:
        return sum(row.seconds for row in self.rows) + sum(self.elsewhere.values())

    @unbroken
    def begin(self) -> None:
        """From now on what the session runs is measured."""
        self._provide(self.clock)
        self.evaluator.profile, self.context.clock = self, self.clock
        sys.meta_path.insert(0, self.loads)
        self._exchange(ticking=True)
        self.began = self.clock.begin_now()

    @unbroken
    def end(self) -> None:
        """No longer; nothing where an interrupt came before it had begun."""
        if self.evaluator.profile is not self:
            return
        lasted = self.clock.read() - self.began
        self.clock.turn(OUTSIDE)
        self.measuring = max(lasted - sum(self.clock.seconds), 0.0)
        self.evaluator.profile = self.context.clock = None
        sys.meta_path.remove(self.loads)
        self._exchange(ticking=False)
        for bound, name in self.registered:
            bound.pop(name, None)
        self._provide(Still())
        self._settle()

    # ---------------------------------------------------------------- while texts are compiled

    def compiler(self, table: Table, register: Register | None, watched: bool) -> Compiler:
        """A compiler that puts ticks into what it compiles."""
        return compiler_for(table, register and self._registering(table, register), self.place, watched)

    def _registering(self, table: Table, register: Register) -> Register:
        def registered(*arguments: Any) -> str:
            name = register(*arguments)
            self.registered.append((self.evaluator.prelude_of(table).bound, name))
            return name

        return registered

    def place(self, span: Span) -> int:
        """The number of the line that a span begins in."""
        line = span.position[0]
        key = id(span.source), line
        if key not in self.numbers:
            self.numbers[key] = found = self.clock.place()
            self.places.extend([None] * (found - len(self.places)))
            self.places.append((span.source, line))
        return self.numbers[key]

    def _provide(self, clock: LineClock | Still) -> None:
        evaluator = self.evaluator
        for prelude in (evaluator.prelude, evaluator.python, evaluator.strict):
            for name in ("tick", "turn", "enter", "leave", "begin", "yielded", "resumed", "end"):
                prelude.bound[f".{name}"] = getattr(clock, name)
            prelude.bound[".RecursionError"] = RecursionError

    # ---------------------------------------------------------------- functions that are there already

    def _exchange(self, ticking: bool) -> None:
        """Give the program's functions code that ticks, or code that does not."""
        tables, sources = self.evaluator.runtime.tables, self.evaluator.sources
        for function in self._functions():
            code = function.__code__
            table = tables[code.co_filename]
            if table.ticking is ticking:
                continue
            source = sources[code.co_filename]
            self.texts.setdefault((id(source), not ticking), {}).update(keys(code, table))
            known = self.texts.setdefault((id(source), ticking), {})
            key = key_of(code, table)
            if key not in known:
                for other in self.evaluator.compile_again(source, table):
                    known.update({**keys(*other), **known})
            other_code = known.get(key)
            if other_code is not None and other_code.co_freevars == code.co_freevars:
                function.__code__ = other_code

    def _functions(self) -> list[FunctionType]:
        """All functions that texts of this session have defined."""
        spaces = self.evaluator.spaces
        return [
            each
            for each in gc.get_objects()
            if type(each) is FunctionType
            and each.__code__.co_filename.startswith(USER_FILE)
            and spaces.get(each.__code__.co_filename) is each.__globals__
        ]

    # ---------------------------------------------------------------- the result

    def _settle(self) -> None:
        clock = self.clock
        clock.settle()
        replayed = clock.replayed()
        for place, found in enumerate(self.places[: len(clock.seconds)]):
            count = clock.counts[place] + replayed.get(place, 0)
            if found is None or not (count or clock.seconds[place]):
                continue
            source, line = found
            seconds, within = max(clock.seconds[place], 0.0), max(clock.within[place], 0.0)
            self.rows.append(Row(source, line, count, replayed.get(place, 0), seconds, within))
        order: dict[int, int] = {}
        for source in self.evaluator.sources.values():  # in the order in which they came
            order.setdefault(id(source), len(order))
        self.rows.sort(key=lambda row: (order[id(row.source)], row.line))
        self.elsewhere = {title: max(clock.seconds[place], 0.0) for place, title in ELSEWHERE.items()}


class Still:
    """The clock's functions for code that outlives the measurement: a generator that waits."""

    @staticmethod
    def tick(place: int) -> None:
        """Nobody measures."""

    turn = leave = end = tick

    @staticmethod
    def enter() -> None:
        """Nobody measures."""

    @staticmethod
    def begin() -> list[Any]:
        return [None, OUTSIDE]

    @staticmethod
    def yielded(token: Any, value: Any) -> Any:
        return value

    resumed = yielded


def key_of(code: CodeType, table: Table) -> Key:
    node = table.node(code.co_firstlineno)
    return (-1 if node is None else node.span.start), code.co_name


def keys(code: CodeType, table: Table) -> dict[Key, CodeType]:
    """Code, and all that is inside it."""
    return {key_of(each, table): each for each in codes(code)}
