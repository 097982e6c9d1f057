"""A generator that stands after a failed statement where it stood before it.

What a generator has done cannot be taken back, so one that outlives a statement is held in a relay: while a
statement runs, the relay notes what comes out, and when the statement fails it hands the same out again. One that
had not begun is made anew. One whose body changed something outside itself cannot give the same again without
changing it again: its next use is an error that says so.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FunctionType, GeneratorType
from typing import Any

from ...engine.core import context
from ...kinds import ALL, Kind, describe
from ...kinds.aspects import Part
from ...kinds.ownership import own_function
from ...kinds.undo import Again, Notes
from ..code.scopes import mentioned

#: how an event ended
YIELDED, RETURNED, RAISED = "yielded", "returned", "raised"

#: what a relay notes while a statement runs
NOTED = ("_before", "_changed", "_ended", "_log", "_make", "_ran")


class Relay:
    """An iterator of Python's in the place of itself; it says that it is what it holds."""

    __slots__ = (
        "__weakref__",
        "_ahead",
        "_before",
        "_changed",
        "_ended",
        "_fault",
        "_function",
        "_inner",
        "_log",
        "_make",
        "_ran",
    )

    def __init__(self, inner: Iterator[Any]):
        self._inner: Any = inner
        self._function = function_of(inner)  # whose body it runs
        self._ahead: deque[tuple[Any, str, Any]] = deque()  # (what was sent, how it ended, with what)
        self._log: list[tuple[Any, str, Any]] | None = None  # of the statement that runs
        self._fault = ""  # why it cannot go on
        self._make: Callable[[Again], Any] | None = None  # makes it anew, if it had not begun
        self._before: dict[str, Any] = {}  # the variables of its body when the statement began
        self._changed = self._ran = False
        self._ended = ""  # what the statement did to it that cannot be taken back

    # ---------------------------------------------------------------- as an iterator

    def __iter__(self) -> Relay:
        return self

    def __next__(self) -> Any:
        if self._log is None and not self._ahead and not self._fault:
            return next(self._inner)
        return self._step(None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __repr__(self) -> str:
        return repr(self._inner)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self._inner)

    def _step(self, sent: Any) -> Any:
        if self._fault:
            raise RuntimeError(self._fault)
        if self._ahead:
            event = self._ahead[0]
            if event[0] is not sent:
                raise RuntimeError(
                    f"{self._title()} was sent a value by what was taken back and cannot be sent another"
                )
            self._ahead.popleft()
        else:
            event = self._run(sent)
        if self._log is not None:
            self._log.append(event)
        if event[1] is YIELDED:
            return event[2]
        raise StopIteration(event[2]) if event[1] is RETURNED else event[2]

    def _run(self, sent: Any) -> tuple[Any, str, Any]:
        inner, before = self._inner, mark()
        self._ran = True
        try:
            return sent, YIELDED, next(inner) if sent is None else inner.send(sent)
        except StopIteration as stop:
            return sent, RETURNED, stop.value
        except Exception as error:
            return sent, RAISED, error
        except BaseException:
            self._changed = True  # interrupted in the middle of its body
            raise
        finally:
            self._changed = self._changed or mark() != before

    def _title(self) -> str:
        return f"{type(self._inner).__name__} '{getattr(self._inner, '__name__', '')}'".replace(" ''", "")

    # ---------------------------------------------------------------- undo

    def _noted(self) -> dict[str, Any]:
        """What undoing the statement will need, for `_put`."""
        return {name: getattr(self, name) for name in NOTED}

    def _stands(self) -> dict[str, Any]:
        """Where it stands, for `_put`."""
        return {"_inner": self._inner, "_ahead": self._ahead.copy(), "_fault": self._fault}

    def _put(self, noted: dict[str, Any]) -> None:
        """Make it what it was when that was noted."""
        for name, value in noted.items():
            setattr(self, name, value.copy() if name == "_ahead" else value)

    def _begin(self) -> Iterator[Any]:
        """A statement begins; gives what putting it back will need in its place."""
        self._log = []
        self._changed = self._ran = False
        self._ended = ""
        self._make, self._before = None, {}
        frame = getattr(self._inner, "gi_frame", None)
        if frame is None:
            return
        self._before = dict(frame.f_locals)
        if not self._inner.gi_suspended:  # it has not begun
            self._make = maker(self._inner, self._function, self._before)
            if self._make is not None:
                yield from self._before.values()

    def _replace(self, again: Again) -> None:
        """Others take the place of what a generator that has not begun was given."""
        if self._make is not None and any(again(value) is not value for value in self._before.values()):
            self._inner = self._make(again)

    def _end(self) -> None:
        """The statement has done what it should."""
        self._log, self._make, self._before = None, None, {}

    def _undo(self, again: Again, changed: Callable[[Any, Any, dict[str, Any]], bool]) -> None:
        """The statement failed; `changed` says whether a generator's body has changed what is outside of it."""
        log, self._log = self._log or [], None
        if self._make is not None:
            self._inner = self._make(again)
            self._ahead.clear()
            self._fault = ""
        else:
            if self._ended:
                self._fault = f"{self._title()} cannot go on: what was taken back {self._ended}; make it anew"
            elif self._changed or (self._ran and changed(self._inner, self._function, self._before)):
                self._fault = (
                    f"{self._title()} cannot go on: what was taken back had run it, and its body changed "
                    "something outside of itself; make it anew"
                )
            self._ahead.extendleft(reversed(log))
        self._end()


class GeneratorRelay(Relay):
    """The same for what can be sent values."""

    __slots__ = ()

    def send(self, value: Any) -> Any:
        """Go on, with `value` as what `yield` is."""
        if self._log is None and not self._ahead and not self._fault:
            return self._inner.send(value)
        return self._step(value)

    def throw(self, *args: Any) -> Any:
        """Go on with an error where `yield` is."""
        self._interfere("had thrown an error into it")
        return self._inner.throw(*args)

    def close(self) -> None:
        """End it."""
        self._ahead.clear()
        self._interfere("had closed it")
        self._inner.close()

    def _interfere(self, what: str) -> None:
        """Its body is about to go another way than the one that was noted."""
        if self._fault:
            raise RuntimeError(self._fault)
        if self._ahead:
            raise RuntimeError(f"{self._title()} cannot be thrown an error after a statement was taken back")
        if self._log is not None and self._inner.gi_frame is not None:
            self._ended = what


GeneratorRelay.__name__ = GeneratorRelay.__qualname__ = "generator"
GeneratorRelay.__module__ = Relay.__module__ = "builtins"
Relay.__name__ = Relay.__qualname__ = "iterator"


def note_relay(each: Relay, s: Notes) -> Iterable[Any]:
    if s.looks:
        return ()
    s.relays.append(each)
    s.widen()
    found = list(each._begin())
    if s.stands:  # those that a body in the middle of itself goes through stand somewhere, too
        found += [held for held in gc.get_referents(each._inner) if type(held) in (Relay, GeneratorRelay)]
    return found


describe(Relay, Kind(parts=(Part(note_relay),), closed=ALL))


def relay(inner: Any) -> Relay:
    """The relay for an iterator."""
    return GeneratorRelay(inner) if isinstance(inner, GeneratorType) else Relay(inner)


def mark() -> Any:
    """What tells whether random numbers were drawn since."""
    return context.current().place_in_stream()


def function_of(generator: Any) -> FunctionType | None:
    """The function whose body a generator runs; None for other iterators, and for one that has ended."""
    code = getattr(generator, "gi_code", None)
    held = gc.get_referents(generator)
    return next((each for each in held if type(each) is FunctionType and each.__code__ is code), None)


def maker(
    generator: Any, function: FunctionType | None, names: dict[str, Any]
) -> Callable[[Again], Any] | None:
    """How to make a generator anew that has not begun: the call that made it, with the same arguments."""
    if function is None:
        return None
    code: CodeType = generator.gi_code
    n, keywords = code.co_argcount, code.co_kwonlyargcount
    several, others = bool(code.co_flags & 4), bool(code.co_flags & 8)
    order = code.co_varnames[: n + keywords + several + others]
    if any(name not in names for name in order):
        return None

    def make(again: Again) -> Any:
        values = [again(names[name]) for name in order]
        args, named = values[:n], dict(zip(order[n : n + keywords], values[n:], strict=False))
        if several:
            args += values[n + keywords]
        if others:
            named |= values[-1]
        made = function(*args, **named)
        made.__name__, made.__qualname__ = generator.__name__, generator.__qualname__
        return made

    return make


def reads_outside(function: FunctionType | None) -> list[Any]:
    """What a function of the program finds by name outside of itself, and what functions of it find."""
    found: list[Any] = []
    seen: set[int] = set()
    work = [function] if function is not None else []
    while work:
        each = work.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        found.append(each)
        if own_function(each):
            names = mentioned(each.__code__)
            for value in (each.__globals__[name] for name in names if name in each.__globals__):
                found.append(value)
                if type(value) is FunctionType:
                    work.append(value)
    return found


def may_change(code: CodeType) -> bool:
    """Whether a body has anything in it that can change what is outside of it."""
    import dis

    for step in dis.get_instructions(code):
        if step.opname.startswith(("CALL", "DELETE_")) or step.opname in ("STORE_ATTR", "STORE_SUBSCR"):
            return True
        if step.opname == "STORE_GLOBAL" or (
            step.opname == "STORE_DEREF" and step.argval in code.co_freevars
        ):
            return True
        if step.opname == "BINARY_OP" and step.argrepr.endswith("="):
            return True
    return False
