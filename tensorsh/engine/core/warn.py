"""Warnings: PyTorch's and Python's words about what a program probably did not mean.

`warn` is called where PyTorch warns. A session keeps the filters, and what has been warned about where, in
its own `Warnings`, so no program changes those of the embedding process. While a session runs, what Python
and NumPy warn about by themselves (`hearing`) comes here too, if the program's own code brought it about.

The place of a warning is the line of the program that was running; a place is warned about once, unless the
filters say otherwise.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ...source import PACKAGE
from . import context

#: (action, pattern of the message, category, pattern of the module, line), as in Python
Filter = tuple[str, re.Pattern[str] | None, type[Warning], re.Pattern[str] | None, int]

#: what Python begins with
DEFAULTS: tuple[Filter, ...] = (
    ("default", None, DeprecationWarning, re.compile(r"__main__\Z"), 0),
    ("ignore", None, DeprecationWarning, None, 0),
    ("ignore", None, PendingDeprecationWarning, None, 0),
    ("ignore", None, ImportWarning, None, 0),
    ("ignore", None, ResourceWarning, None, 0),
)

PROGRAM = "<tensorsh "
#: the parts of the package that stand between a program and what it calls, and do nothing themselves
BETWEEN = tuple(f"{PACKAGE}/{layer}/" for layer in ("lang", "modules"))

#: the library in Python, which warns as Python does, but whose arithmetic on arrays is nobody's business
LIBRARY = (f"{PACKAGE}/torch/", f"{PACKAGE}/ignite/")


class Place:
    """Where a program was: its file, line and module, and the nodes that were running, innermost first."""

    __slots__ = ("file", "line", "module", "nodes")

    def __init__(self, file: str, line: int, module: str, nodes: tuple[Any, ...]):
        self.file = file
        self.line = line
        self.module = module
        self.nodes = nodes


class Event:
    """A warning to be shown. `operands` are the values that it is about."""

    __slots__ = ("help", "message", "operands", "place")

    def __init__(self, message: Warning, place: Place, help: str | None, operands: tuple[Any, ...]):
        self.message = message
        self.place = place
        self.help = help
        self.operands = operands


class Warnings:
    """What one session keeps about warnings.

    filters   what is to be done with which warning, the first that fits decides
    log       where the warnings go instead of being shown (`catch_warnings(record=True)`)
    seen      what has been warned about where, since the filters last changed
    once      what is said once in a session
    find      (file name, line) of compiled code → node
    show      shows an event
    outer     what governed Python's warnings before the session ran
    module    the names of the program's module `warnings`, where it may put a `showwarning` of its own
    floating  is told what a floating point event of NumPy's is called, and says whether that was all
    always    whether what is said once is said each time (`torch.set_warn_always`)
    """

    __slots__ = ("always", "filters", "find", "floating", "log", "module", "once", "outer", "seen", "show")

    def __init__(self, find: Callable[[str, int], Any], show: Callable[[Event], None]):
        self.filters: list[Filter] = list(DEFAULTS)
        self.log: list[Any] | None = None
        self.seen: set[Any] = set()
        self.once: set[Any] = set()
        self.find = find
        self.show = show
        self.outer: tuple[Any, ...] | None = None
        self.module: dict[str, Any] | None = None
        self.floating: Callable[[str], bool] | None = None
        self.always = False

    def save(self) -> None:
        """Before anything of it changes: a failed statement puts it back."""
        context.current().journal.record(self.state, self.put_back, self)

    def state(self) -> tuple[Any, ...]:
        """All that a program can change, for `put_back`."""
        return list(self.filters), self.log, set(self.seen), set(self.once), self.always

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Put back what `state` saw."""
        filters, self.log, seen, once, self.always = state
        self.filters[:], self.seen, self.once = filters, set(seen), set(once)

    def add(self, rule: Filter, append: bool = False) -> None:
        """A new filter, before the others or after them."""
        self.save()
        if append:
            if rule not in self.filters:
                self.filters.append(rule)
        else:
            self.filters[:] = [rule, *(other for other in self.filters if other != rule)]
        self.seen.clear()

    def action(self, text: str, category: type[Warning], place: Place) -> str:
        """What is to be done with a warning."""
        for action, message, kind, module, line in self.filters:
            if (
                (message is None or message.match(text))
                and issubclass(category, kind)
                and (module is None or module.match(place.module))
                and line in (0, place.line)
            ):
                return action
        return "default"

    def emit(self, event: Event) -> None:
        """Show, record, raise or drop a warning, as the filters say."""
        message, place = event.message, event.place
        text, category = str(message), type(message)
        here = (text, category, place.file, place.line)
        if here in self.seen:
            return
        action = self.action(text, category, place)
        if action == "ignore":
            return
        if action == "error":
            raise message
        self.save()
        if action == "once":
            if (text, category) in self.once:
                return
            self.once.add((text, category))
        elif action == "module":
            if here[:3] in self.seen:
                return
            self.seen.add(here[:3])
        elif action == "default":
            self.seen.add(here)
        functions = self.module or {}
        if functions.get("showwarning", self.shows) != self.shows:
            functions["showwarning"](message, category, place.file, place.line)
        elif self.log is not None:
            self.log.append(warnings.WarningMessage(message, category, place.file, place.line))
        elif functions.get("formatwarning", self.formats) != self.formats:
            sys.stderr.write(functions["formatwarning"](message, category, place.file, place.line, None))
        else:
            self.show(event)

    def shows(
        self, message: Any, category: Any, filename: str, lineno: int, file: Any = None, line: Any = None
    ) -> None:
        """`warnings.showwarning` until a program brings another."""
        if file is not None:
            file.write(self.formats(message, category, filename, lineno, line))
        elif isinstance(message, Warning):
            self.show(Event(message, explicit_place(self, filename, lineno), None, ()))
        else:
            self.show(Event(category(message), explicit_place(self, filename, lineno), None, ()))

    def formats(self, message: Any, category: Any, filename: str, lineno: int, line: Any = None) -> str:
        """`warnings.formatwarning` until a program brings another: Python's lines."""
        text = f"{filename}:{lineno}: {category.__name__}: {message}\n"
        return text + (f"  {line.strip()}\n" if line else "")


def warn(
    message: str,
    category: type[Warning] = UserWarning,
    *,
    once: bool = False,
    internal: str = "",
    help: str | None = None,
    operands: tuple[Any, ...] = (),
) -> None:
    """Warn at the line of the program that is running; without one, at the line that called the library.

    once      PyTorch says it once in a process; here, once in a session
    internal  where PyTorch's own code says it: its messages from C++ end with that
    help      how to mend it
    operands  the tensors it is about, which are shown with their shapes
    """
    if internal:
        message = f"{message} (Triggered internally at /__w/pytorch/pytorch/{internal}.)"
    state = context.current().warnings
    if state is None:
        _warn_python(message, category)
        return
    if once and not state.always:
        if message in state.once:
            return
        state.save()
        state.once.add(message)
    state.emit(Event(category(message), running(state), help, operands))


def running(state: Warnings, level: int = 1) -> Place:
    """The line of the program that is running: the `level`th frame of the program's own, from inside."""
    frame: FrameType | None = sys._getframe(1)
    nodes: list[Any] = []
    module, place = "sys", None
    while frame is not None:
        name = frame.f_code.co_filename
        node = state.find(name, frame.f_lineno) if name.startswith(PROGRAM) else None
        if node is not None:
            level -= 1
            if level <= 0:
                nodes.append(node)
            if level == 0:
                module = frame.f_globals.get("__name__") or "__main__"
                place = node.span.source.name, node.span.position[0]
        frame = frame.f_back
    file, line = place or ("sys", 1)
    return Place(file, line, module, tuple(nodes))


def explicit_place(state: Warnings, file: str, line: int, module: str | None = None) -> Place:
    """A place that a program names; what is shown is where the program is, if that is the same line."""
    here = running(state)
    nodes = here.nodes if (here.file, here.line) == (file, line) else ()
    return Place(file, line, module or file.removesuffix(".py") or "<unknown>", nodes)


@contextmanager
def hearing(state: Warnings | None) -> Iterator[None]:
    """While it runs, Python's own warnings come to `state`: those that a program brings about."""
    if state is None:
        yield
        return

    def hear(heard: warnings.WarningMessage) -> None:
        if _is_for_the_program(heard.category):
            message = heard.message
            if (
                state.floating is not None
                and heard.category is RuntimeWarning
                and state.floating(str(message))
            ):
                return
            if not isinstance(message, Warning):
                message = heard.category(message)
            state.emit(Event(message, running(state), None, ()))

    before = _govern(([_EVERYTHING], _python._showwarning_orig, hear))
    outermost = state.outer is None
    if outermost:
        state.outer = before
    try:
        yield
    finally:
        _govern(before)
        if outermost:
            state.outer = None


def hand_over(event: Event, state: Warnings) -> None:
    """Leave a warning to the embedding program, as one of Python's at the place in the session's text."""
    ours = _govern(state.outer) if state.outer is not None else None
    try:
        place = event.place
        warnings.warn_explicit(event.message, None, place.file, place.line, module=place.module)
    finally:
        if ours is not None:
            _govern(ours)


_python: Any = warnings  # whose inner names no type checker knows
#: in a list of each turn's own: an embedding program may call `simplefilter` from where a session calls it
_EVERYTHING: Any = ("always", None, Warning, None, 0)


def _govern(state: tuple[Any, ...]) -> tuple[Any, ...]:
    """Make (filters, showwarning, what shows) those of Python's `warnings`; returns those before."""
    before = _python.filters, _python.showwarning, _python._showwarnmsg_impl
    _python.filters, _python.showwarning, _python._showwarnmsg_impl = state
    _python._filters_mutated()
    return before


#: how the file names of compiled loops begin
COMPILED = "<tensorsh program"


def _is_for_the_program(category: type[Warning]) -> bool:
    """Whether the program called what warns, or the library meant to warn it, rather than an operation inside."""
    passed = BETWEEN if issubclass(category, RuntimeWarning) else (*BETWEEN, *LIBRARY)
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(PROGRAM):
            return not name.startswith(COMPILED)  # whose calls of NumPy are the operations of a loop
        if name.startswith(PACKAGE) and not name.startswith(passed):
            return False
        frame = frame.f_back
    return False


def _warn_python(message: str, category: type[Warning]) -> None:
    """Without a session: Python's own, at the first line outside of this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    if frame is None:
        warnings.warn(message, category, stacklevel=2)
    else:
        names = frame.f_globals
        warnings.warn_explicit(
            message,
            category,
            frame.f_code.co_filename,
            frame.f_lineno,
            module=names.get("__name__"),
            registry=names.setdefault("__warningregistry__", {}),
        )
