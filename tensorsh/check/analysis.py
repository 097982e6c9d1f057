"""What rewritten programs call: which branches are taken, how often loops go round, what calls give.

`rewrite` says where they do. One `Analysis` serves one file. A value that nobody knows is `UNKNOWN`; where a branch
depends on one, both are taken, one after the other, each from the names as they were before, and what differs
afterwards is unknown.
"""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Iterator
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any

from ..engine.values.tensor import Tensor, no_values
from ..errors import facts_of
from ..kinds.ownership import own_class, own_function
from .joined import blurred, fingerprint, join, opened, widen
from .unknown import UNKNOWN, holds_unknown, needs_values
from .unknown import vague as vagueness

#: rounds of a loop of which nobody knows how often it goes round
ROUNDS = 3
#: rounds of loops that are gone in one run of a statement, before loops are cut short
BUDGET = 4_000
#: calls of one function inside each other, once a condition nobody knows was among what led there
DEEP = 3
#: kinds of error that hold on whatever way a program comes there
CERTAIN = frozenset(("shape", "dtype", "device", "gradient", "name"))

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "is": operator.is_, "is not": operator.is_not,
    "in": lambda a, b: a in b, "not in": lambda a, b: a not in b,
}  # fmt: skip
CONTAINERS = (list, dict, set, deque)


class Ended(BaseException):
    """A way through the program that is over: it returned, raised, or left a loop under a condition nobody knows."""

    def __init__(self, how: str, loop: Any = None):
        self.how = how
        self.loop = loop


class Analysis:
    """The state of one file's analysis."""

    def __init__(self) -> None:
        self.absorbed: set[tuple[str, int]] = set()  # guards whose errors are reported
        self.places: dict[int, tuple[BaseException, tuple[str, int], bool]] = {}
        self.choices: list[Choice] = []
        self.frames: list[Frame] = []
        self.functions: dict[Any, Any] = {}
        self.called: set[Any] = set()
        self.active: dict[
            Any, list[int]
        ] = {}  # function → how many doubts there were at each of its calls that run
        self.doubts = 0  # how often both ways were taken
        self.steps = 0

    def entries(self) -> dict[str, Any]:
        """The names that rewritten programs call."""
        return {
            ".Ended": Ended, ".Exception": Exception, ".unknown": UNKNOWN, ".none": None, ".space": locals,
            ".slice": slice, ".gradient": grad, ".begin": self.begin, ".enter": self.enter, ".noted": self.noted,
            ".refused": self.refused, ".unpacked": unpacked, ".weakly": self.weakly,
            ".run": self.run, ".decide": self.decide, ".then": self.then, ".otherwise": self.otherwise,
            ".choice": self.choice, ".and": self.and_, ".or": self.or_, ".not": negated, ".compare": compared,
            ".item": item, ".mark": mark, ".gathered": gathered, ".items": items, ".holds": holds,
        }  # fmt: skip

    # ------------------------------------------------------------ errors

    def refused(self, place: tuple[str, int], error: Exception) -> bool:
        """Whether an error goes on from a guard; else it is taken up there."""
        if needs_values(error):
            self.doubts += 1
            return False
        if place in self.absorbed or opened.has(
            getattr(error, "obj", None) if type(error) is AttributeError else None
        ):
            return False
        uncertain = bool(self.frames) and self.frames[-1].uncertain
        if uncertain and id(error) not in self.places:
            if not certain(error):
                return False
        self.places.setdefault(id(error), (error, place, uncertain))
        return True

    def place_of(self, error: BaseException) -> tuple[str, int] | None:
        """The innermost guard that an error passed."""
        found = self.places.get(id(error))
        return None if found is None else found[1]

    def reset(self) -> None:
        """Before a statement is run."""
        self.places.clear()
        self.choices.clear()
        self.active.clear()
        self.frames.clear()
        self.steps = 0

    # ------------------------------------------------------------ functions

    def begin(self) -> Frame:
        """The frame of a statement that is in no function."""
        frame = Frame(self, None, bool(self.frames) and self.frames[-1].uncertain)
        if not self.frames:
            self.frames.append(frame)
        return frame

    def enter(self, function: Any, generator: bool, text: Any) -> Frame:
        """The frame of a call."""
        self.called.add(function)
        uncertain = bool(self.frames) and self.frames[-1].uncertain
        frame = Frame(self, function, uncertain)
        frame.text = text
        active = self.active.setdefault(function, [])
        if len(active) >= DEEP and self.doubts > active[0]:
            raise no_values("a call that may go on for ever")
        active.append(self.doubts)
        if not generator:
            self.frames.append(frame)
        return frame

    def noted(self, number: Any) -> Callable[[Any], Any]:
        """A decorator that remembers a function of the program."""

        def note(function: Any) -> Any:
            self.functions.setdefault(number, function)
            return function

        return note

    # ------------------------------------------------------------ calls

    def run(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """A call. What is not the program's own gives something unknown where it is given something unknown."""
        if function is UNKNOWN:
            return UNKNOWN
        mine = own(function)
        if (
            not mine
            and not keeps(function)
            and (any(map(is_unknown, args)) or any(map(is_unknown, kwargs.values())))
        ):
            vagueness.files = True  # one of them may write
            return UNKNOWN
        before, choices, doubts = vagueness.count, len(self.choices), self.doubts
        try:
            result = invoke(function, args, kwargs)
        except Exception as error:
            del self.choices[choices:]
            vague = doubts != self.doubts or opened.has(getattr(function, "__self__", None))
            theirs = not mine and id(error) not in self.places
            if theirs and not vague:
                vague = counts(error, args) or (vagueness.gradients and not certain(error))
            if needs_values(error) or (theirs and (vague or holds_unknown((args, kwargs)))):
                self.doubts += 1
                if not mine:
                    half_done(args)
                return UNKNOWN
            raise
        if vagueness.count != before and not mine:
            vagueness.count = before
            return result if result is None or keeps(function) else UNKNOWN
        return result

    # ------------------------------------------------------------ conditions in expressions

    def decide(self, value: Any) -> Choice:
        choice = Choice(value)
        self.choices.append(choice)
        if choice.both:
            self.doubts += 1
        return choice

    def then(self) -> bool:
        return self.choices[-1].then

    def otherwise(self) -> bool:
        return self.choices[-1].otherwise

    def over(self, choice: Choice) -> None:
        while self.choices and self.choices.pop() is not choice:
            pass

    def choice(self, choice: Choice, first: Any, second: Any) -> Any:
        self.over(choice)
        if choice.both:
            return join(first, second)
        return first if choice.then else second

    def and_(self, choice: Choice, second: Any) -> Any:
        self.over(choice)
        if choice.both:
            return UNKNOWN
        return second if choice.then else choice.value

    def or_(self, choice: Choice, second: Any) -> Any:
        self.over(choice)
        if choice.both:
            return UNKNOWN
        return choice.value if choice.then else second

    # ------------------------------------------------------------ assignments

    def weakly(self, frame: Frame, of: Any, name: str, value: Any) -> Any:
        """What is assigned to an attribute, where it may not be."""
        if not frame.uncertain:
            return value
        inside = getattr(of, "__dict__", None)
        if not isinstance(inside, dict) or name not in inside:
            return value
        return join(inside[name], value)


class Choice:
    """A condition: which ways it opens."""

    def __init__(self, value: Any):
        self.value = value
        self.both = False
        self.then = self.otherwise = True
        try:
            self.then = bool(value)
            self.otherwise = not self.then
        except Exception as error:
            if not needs_values(error):
                raise
            self.both = True


class Frame:
    """A call of a function, or a statement outside of any."""

    def __init__(self, analysis: Analysis, function: Any, outer: bool):
        self.analysis = analysis
        self.function = function
        self.outer = outer
        self.depth = 0
        self.perhaps = False  # whether it may be over: it returned or raised under a condition nobody knows
        self.doubts = analysis.doubts
        self.results: list[Any] = []
        self.text: Any = None  # what Python insists on: a text or a hash

    @property
    def uncertain(self) -> bool:
        """Whether nobody knows that the program comes here."""
        return self.depth > 0 or self.perhaps or self.outer

    def returned(self, value: Any) -> Any:
        if self.depth or self.perhaps:
            self.results.append(value)
            raise Ended("return")
        for other in self.results:
            value = join(other, value)
        return self.given(value)

    def given(self, value: Any) -> Any:
        """What a call gives."""
        if self.text and value is UNKNOWN:
            text = str(value)
            return 0 if self.text == "__hash__" else text
        return value

    def ended(self, end: Ended) -> Any:
        """What a call gives all of whose ways are over."""
        if end.how == "raise" and not self.results:
            if self.outer:
                raise end
            return self.given(UNKNOWN)
        result = self.results[0] if self.results else UNKNOWN
        for other in self.results[1:]:
            result = join(result, other)
        return self.given(result)

    def left(self) -> None:
        active = self.analysis.active.get(self.function)
        if active:
            active.pop()
        frames = self.analysis.frames
        if self in frames:
            del frames[frames.index(self) :]

    def raises(self) -> None:
        if self.uncertain:
            self.analysis.doubts += 1
            raise Ended("raise")

    def certain(self, value: Any) -> bool:
        """The condition of an `assert`: one that nobody knows holds."""
        choice = Choice(value)
        return choice.both or choice.then or self.uncertain

    def branch(
        self, value: Any, names: tuple[str, ...], used: tuple[str, ...], space: dict[str, Any]
    ) -> Branch:
        return Branch(self, value, names, used, space)

    def loop(self, names: tuple[str, ...], used: tuple[str, ...], space: dict[str, Any], place: Any) -> Loop:
        return Loop(self, names, used, space, place)

    def matches(self, subject: Any) -> bool:
        """Whether it is known which case of a `match` is taken."""
        if holds_unknown(subject):
            self.doubt()
            return False
        return True

    def doubt(self) -> None:
        """The function may have returned something else."""
        self.analysis.doubts += 1
        self.results.append(UNKNOWN)

    def blurs(self, container: Any, index: Any) -> bool:
        """Whether nobody knows what of a container is replaced."""
        if container is UNKNOWN:
            return True
        if isinstance(container, CONTAINERS) and holds_unknown(index):
            blurred.add(container)
            return True
        return holds_unknown(index)

    def item(self, container: Any, index: Any, value: Any) -> Any:
        """What is put into a container, where it may not be."""
        if not self.uncertain or not isinstance(container, list | dict):
            return value
        try:
            return join(container[index], value)
        except (LookupError, TypeError):
            return value

    def trying(self) -> Trying:
        return Trying(self)


class Trying:
    """A `try` of the program."""

    def __init__(self, frame: Frame):
        self.frame = frame
        self.depth = frame.depth
        self.doubts = frame.analysis.doubts

    def caught(self) -> None:
        self.frame.depth = self.depth

    def perhaps(self, returns: bool) -> bool:
        """Whether a handler may have run that did not."""
        if self.frame.analysis.doubts == self.doubts:
            return False
        if returns:
            self.frame.results.append(UNKNOWN)
        return True


class Branching:
    """What a branch and a loop share: names before, and what of them is unknown afterwards."""

    def __init__(self, frame: Frame, names: tuple[str, ...], used: tuple[str, ...], space: dict[str, Any]):
        self.frame = frame
        self.names = names
        self.used = used
        self.start: dict[str, Any] = {}
        self.after: dict[str, Any] | None = None

    def note(self, space: dict[str, Any]) -> None:
        self.start = {name: space[name] for name in self.names if name in space}
        self.marks = fingerprint(space, self.used)

    def widen(self) -> None:
        """Containers that have changed, and nobody knows whether, are not known any more."""
        widen(self.marks)


class Branch(Branching):
    """An `if`."""

    def __init__(
        self, frame: Frame, value: Any, names: tuple[str, ...], used: tuple[str, ...], space: dict[str, Any]
    ):
        super().__init__(frame, names, used, space)
        choice = Choice(value)
        self.then, self.otherwise, self.both = choice.then, choice.otherwise, choice.both
        self.ends: list[Ended | None] = []
        self.end: Ended | None = None
        if self.both:
            frame.analysis.doubts += 1
            self.depth = frame.depth
            frame.depth += 1
            self.note(space)

    def ended(self, end: Ended) -> bool:
        if not self.both:
            raise end
        self.end = end
        return True

    def between(self, space: dict[str, Any]) -> None:
        self.frame.depth = self.depth + 1
        self.first_end, self.end = self.end, None
        self.first = {name: space[name] for name in self.names if name in space}

    def before(self, name: str) -> Any:
        return self.start.get(name, UNKNOWN)

    def close(self, space: dict[str, Any]) -> None:
        self.frame.depth = self.depth
        second = {name: space[name] for name in self.names if name in space}
        if self.first_end is not None and self.end is not None:
            self.widen()
            raise self.end
        end = self.first_end or self.end
        if end is not None and end.loop is None:
            self.frame.perhaps = True
        elif end is not None:
            self.frame.depth += 1  # until the round is over
        if self.first_end is not None:
            self.after = second
        elif self.end is not None:
            self.after = self.first
        else:
            self.after = {
                name: join(self.first.get(name, UNKNOWN), second.get(name, UNKNOWN)) for name in self.names
            }

    def joined(self, name: str) -> Any:
        assert self.after is not None
        return self.after.get(name, UNKNOWN)


class Loop(Branching):
    """A `for` or `while`."""

    def __init__(
        self, frame: Frame, names: tuple[str, ...], used: tuple[str, ...], space: dict[str, Any], place: Any
    ):
        super().__init__(frame, names, used, space)
        self.place = place
        self.depth = frame.depth
        self.broken = self.vague = self.maybe = False
        self.round = 0
        self.note(space)

    def leave(self, how: str) -> None:
        """`break` and `continue`."""
        if self.frame.depth > self.depth:
            raise Ended(how, self)
        self.broken = self.broken or how == "break"

    def ended(self, end: Ended) -> bool:
        """Whether the loop is left by a way that is over."""
        self.frame.depth = self.depth
        if end.loop is not self:
            raise end
        self.maybe = True
        return end.how == "break"

    def more(self) -> bool:
        """Whether another round is gone, of a loop that may be over."""
        analysis = self.frame.analysis
        self.frame.depth = self.depth
        self.round += 1
        analysis.steps += 1
        if self.vague and self.round > ROUNDS:
            return False
        if analysis.steps > BUDGET and self.round > ROUNDS:
            self.doubt()
            return False
        return True

    def doubt(self) -> None:
        if not self.vague:
            self.frame.analysis.doubts += 1
        self.vague = True

    def again(self, value: Any) -> bool:
        """The condition of a `while`."""
        choice = Choice(value)
        if choice.both or self.maybe:
            self.doubt()
        return choice.then and self.more()

    def rounds(self, iterable: Any, shape: Any) -> Iterator[Any]:
        """What a `for` goes over."""
        if iterable is UNKNOWN:
            self.doubt()
            for _ in range(2):
                yield unpacked(UNKNOWN, shape)
            return
        before = vagueness.count
        try:
            for value in iterable:
                if vagueness.count != before:
                    vagueness.count = before
                    self.doubt()
                if self.maybe or opened.has(iterable):
                    self.doubt()
                if not self.more():
                    return
                yield unpacked(UNKNOWN if blurred.has(iterable) else value, shape)
        except Exception as error:
            if self.frame.analysis.refused(self.place, error):
                raise
            self.doubt()
            if self.round == 0:
                yield unpacked(UNKNOWN, shape)

    def close(self, space: dict[str, Any]) -> None:
        self.frame.depth = self.depth
        now = {name: space[name] for name in self.names if name in space}
        self.after = {
            name: join(self.start[name], value) if name in self.start else value
            for name, value in now.items()
        }

    def joined(self, name: str) -> Any:
        assert self.after is not None
        return self.after.get(name, UNKNOWN)


# ------------------------------------------------------------------ values

#: calls a function, for those that look at who calls them: as the program does
_scope: dict[str, Any] = {"__name__": "__main__"}
exec(compile("def invoke(f, args, kwargs): return f(*args, **kwargs)", "<check>", "exec"), _scope)
invoke = _scope["invoke"]


def certain(error: BaseException) -> bool:
    """Whether an error is of a kind that values have no part in."""
    facts = facts_of(error)
    return facts is not None and facts.kind in CERTAIN


def counts(error: BaseException, args: Any) -> bool:
    """Whether a tensor was given as a number, which is then looked at."""
    numbers = any(isinstance(each, Tensor) and each.spec.is_meta and not each.spec.shape for each in args)
    return numbers and type(error) is TypeError and "Tensor" in str(error)


def half_done(args: Any) -> None:
    """What a function has begun with modules before it asked for values: nobody knows."""
    for each in args:
        if isinstance(each, list | tuple):
            half_done(each)
        elif isinstance(getattr(each, "_parameters", None), dict):
            opened.add(each)


def is_unknown(value: Any) -> bool:
    """Whether a value is unknown, or a container of which nobody knows how much is in it."""
    return value is UNKNOWN or opened.has(value) or blurred.has(value)


def own(function: Any) -> bool:
    """Whether a call runs the program's text."""
    if isinstance(function, MethodType):
        function = function.__func__
    if isinstance(function, type):
        return own_class(function)
    return own_function(function) or (not isinstance(function, FunctionType) and own_class(type(function)))


def keeps(function: Any) -> bool:
    """Whether a function only puts away what it is given: methods of containers."""
    return isinstance(function, BuiltinMethodType) and isinstance(function.__self__, CONTAINERS)


def unpacked(value: Any, shape: Any) -> Any:
    """A value of which a target takes the parts."""
    if not isinstance(shape, tuple):
        return value
    if is_unknown(value):
        return tuple([] if part == "*" else unpacked(UNKNOWN, part) for part in shape)
    if type(value) in (tuple, list) and len(value) == len(shape) and "*" not in shape:
        return tuple(unpacked(v, part) for v, part in zip(value, shape, strict=True))
    return value


def negated(value: Any) -> Any:
    choice = Choice(value)
    return UNKNOWN if choice.both else choice.otherwise


def compared(words: tuple[str, ...], left: Any, *rest: Any) -> Any:
    result: Any = True
    for word, right in zip(words, rest, strict=True):
        if (
            left is UNKNOWN
            or right is UNKNOWN
            or (word[:2] != "is" and (is_unknown(left) or is_unknown(right)))
        ):
            return UNKNOWN
        try:
            result = COMPARE[word](left, right)
            if len(words) > 1 and not result:
                return result
        except Exception as error:
            if not needs_values(error):
                raise
            return UNKNOWN
        left = right
    return result


def item(value: Any, index: Any) -> Any:
    if holds_unknown(index) or blurred.has(value):
        return UNKNOWN
    try:
        return value[index]
    except Exception as error:
        if needs_values(error) or (
            isinstance(error, LookupError) and (opened.has(value) or holds_unknown(value))
        ):
            return UNKNOWN
        raise


def grad(value: Any) -> Any:
    """A gradient that was read."""
    return UNKNOWN if value is None and vagueness.gradients else value


def mark() -> int:
    return vagueness.count


def gathered(before: int, value: Any) -> Any:
    """A text or container; unknown if something unknown decided what is in it."""
    if vagueness.count != before:
        vagueness.count = before
        return UNKNOWN
    return value


def items(iterable: Any, shape: Any) -> Iterator[Any]:
    """What a comprehension goes over."""
    if iterable is UNKNOWN:
        vagueness.count += 1
        return iter([unpacked(UNKNOWN, shape)])
    if opened.has(iterable):
        vagueness.count += 1
    made = iter([UNKNOWN] * len(iterable) if blurred.has(iterable) else iterable)
    return (unpacked(value, shape) for value in made) if isinstance(shape, tuple) else made


def holds(value: Any) -> bool:
    """A condition in a comprehension."""
    choice = Choice(value)
    if choice.both:
        vagueness.count += 1
    return choice.then
