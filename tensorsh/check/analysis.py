"""What rewritten programs call: which branches are taken, how often loops go round, what calls give.

`rewrite` says where they do. One `Analysis` serves one file. A value that nobody knows is `UNKNOWN`; where a branch
depends on one, both are taken, one after the other, each from the names as they were before, and what differs
afterwards is unknown.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

from ..engine.records.op import Op
from ..engine.values.tensor import Tensor, no_values
from ..torch.nn.modules.module import Module
from ..torch.utils.data.dataloader import DataLoader
from .batches import gone_over, loader
from .files import Files
from .frames import Frame
from .joined import Either, join
from .numbers import (
    Number,
    Some,
    asked,
    asked_of,
    has_float,
    named,
    plain,
    read,
    several,
    shape_of,
    takes,
    tensor,
    told,
    with_other_floats,
)
from .sizes import sizes
from .unknown import UNKNOWN, certain, holds_unknown, needs_values, not_known, opened
from .unknown import vague as vagueness
from .values import (
    Choice,
    compared,
    gathered,
    generated,
    grad,
    half,
    holds,
    is_unknown,
    item,
    items,
    keeps,
    lost,
    mark,
    negated,
    own,
    plain_index,
    unpacked,
)
from .ways import Ended

#: calls of one function inside each other, once a condition nobody knows was among what led there
DEEP = 3


class Analysis:
    """The state of one file's analysis."""

    def __init__(self) -> None:
        self.absorbed: set[tuple[str, int]] = set()  # guards whose errors are reported
        self.places: dict[int, tuple[BaseException, tuple[str, int], bool]] = {}
        self.choices: list[Choice] = []
        self.frames: list[Frame] = []
        self.functions: dict[Any, Any] = {}
        self.files = Files()
        self.called: set[Any] = set()
        self.active: dict[
            Any, list[int]
        ] = {}  # function → how many doubts there were at each of its calls that run
        self.doubts = 0  # how often both ways were taken
        self.steps = self.calls = self.work = 0

    def entries(self) -> dict[str, Any]:
        """The names that rewritten programs call."""
        return {
            ".Ended": Ended, ".Exception": Exception, ".unknown": UNKNOWN, ".none": None, ".space": locals,
            ".slice": slice, ".gradient": grad, ".shape": shape_of, ".index": plain_index,
            ".begin": self.begin, ".enter": self.enter, ".noted": self.noted,
            ".refused": self.refused, ".unpacked": unpacked, ".weakly": self.weakly,
            ".run": self.run, ".decide": self.decide, ".then": self.then, ".otherwise": self.otherwise,
            ".choice": self.choice, ".and": self.and_, ".or": self.or_, ".not": negated, ".compare": compared,
            ".item": item, ".mark": mark, ".gathered": gathered, ".lost": lost, ".half": half,
            ".generated": generated, ".items": items, ".holds": holds,
        }  # fmt: skip

    # ------------------------------------------------------------ errors

    def refused(self, place: tuple[str, int], error: Exception) -> bool:
        """Whether an error goes on from a guard; else it is taken up there."""
        if needs_values(error) or sizes.undecided(error):
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
        self.steps = self.calls = self.work = 0
        sizes.asked.clear()

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
        if type(function) is Either:
            return self.run_either(function, args, kwargs)
        if not_known(function):
            return asked_of(function, args, here())
        mine = own(function)
        numbers = False
        if mine:
            if sizes.made:
                args = tuple(map(named, args))
        elif not keeps(function):
            top = [each for each in (*args, *kwargs.values()) if is_unknown(each)]
            if top:
                found = gone_over(function, args, here())
                found = asked(function, args, here()) if found is None else found
                if found is not None:
                    return found
            kept = self.files.asked(function, args, kwargs, bool(self.frames) and self.frames[-1].uncertain)
            if kept is not None:
                return kept[0]
            if function is DataLoader and (top or sizes.made):
                found = loader(function, args, kwargs, here())
                if found is not None:
                    return found
            numbers = takes(function, args, kwargs) and holds_unknown((args, kwargs))
            if numbers and any(issubclass(type(each), Some) for each in top):
                if all(issubclass(type(each), Number | Some) for each in top):
                    return several(function, args, kwargs, here())
            if top and not (numbers and all(issubclass(type(each), Number) for each in top)):
                vagueness.files = True  # one of them may write
                self.left_out(function)
                return UNKNOWN
            if numbers:
                given, named_given = args, kwargs
                args, kwargs = plain(args), plain(kwargs)
        self.calls += 1
        before, choices, doubts = vagueness.count, len(self.choices), self.doubts
        try:
            result = invoke(function, args, kwargs)
        except SystemExit:
            if self.frames and self.frames[-1].uncertain:
                self.doubts += 1
                raise Ended("raise") from None
            if reads_arguments(function):
                return UNKNOWN
            raise
        except Exception as error:
            del self.choices[choices:]
            vague = doubts != self.doubts or opened.has(getattr(function, "__self__", None))
            theirs = not mine and id(error) not in self.places
            if theirs and not vague:
                unsure = vagueness.gradients or package_of(function) in vagueness.objects
                vague = counts(error, args) or (unsure and not certain(error))
            if theirs and not vague and sizes.made:
                vague = (numbers and not certain(error)) or sizes.decide(error, function, args, kwargs)
            unknown = needs_values(error) or has_unknown_members(function)
            if unknown or (theirs and (vague or holds_unknown((args, kwargs)))):
                self.doubts += 1
                if not mine:
                    half_done(args)
                    if args or kwargs:  # what is given nothing tells something
                        self.left_out(function)
                return read(function, args, here()) if needs_values(error) else UNKNOWN
            raise
        if vagueness.count != before and not mine:
            vagueness.count = before
            return result if result is None or keeps(function) else UNKNOWN
        if numbers and has_float((*given, *named_given.values())):
            result = with_other_floats(result, function, given, named_given, here())
        return result if mine or not sizes.made else told(result, args)

    def left_out(self, function: Any) -> None:
        """A call was not made, or not to its end: what an object of the library keeps is not known."""
        package = package_of(function)
        if package is not None:
            vagueness.objects.add(package)

    def run_either(self, function: Either, args: Any, kwargs: Any) -> Any:
        """A call of one of several functions: an error is one if all of them have one."""
        results, errors = [], []
        for way in function.ways:
            try:
                results.append(self.run(way, *args, **kwargs))
            except Exception as error:
                errors.append(error)
        if not results:
            raise errors[0]
        self.doubts += 1
        result = results[0]
        for other in results[1:]:
            result = join(result, other)
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


# ------------------------------------------------------------------ calls


def here() -> tuple[str, int]:
    """The call that the analysis is asked about."""
    frame = sys._getframe(2)
    return frame.f_code.co_filename, frame.f_lineno


#: calls a function, for those that look at who calls them: as the program does
_scope: dict[str, Any] = {"__name__": "__main__"}
exec(compile("def invoke(f, args, kwargs): return f(*args, **kwargs)", "<check>", "exec"), _scope)
invoke = _scope["invoke"]


def counts(error: BaseException, args: Any) -> bool:
    """Whether a tensor was given as a number, which is then looked at."""
    numbers = any(tensor(each) and each.spec.is_meta and not each.spec.shape for each in args)
    return numbers and type(error) is TypeError and "Tensor" in str(error)


def reads_arguments(function: Any) -> bool:
    """Whether a function takes the arguments of a program apart, which nobody knows."""
    kinds = type(function.__self__).__mro__ if isinstance(function, MethodType) else ()
    return any(
        each.__name__ == ArgumentParser.__name__ for each in kinds
    )  # sessions have copies of the class


def package_of(function: Any) -> str | None:
    """The package of the object, one of the library that keeps something and is no tensor, whose method is called."""
    of = function.__self__ if isinstance(function, MethodType) else function
    if issubclass(type(of), Tensor | Op | Module | type | FunctionType):
        return None
    root, _, rest = type(of).__module__.removeprefix("tensorsh.").partition(".")
    return (
        f"{root}.{rest.partition('.')[0] if root == 'torch' else ''}" if root in ("torch", "ignite") else None
    )


def has_unknown_members(function: Any) -> bool:
    """Whether this is an enumeration that nobody knows all values of."""
    values = getattr(function, "_value2member_map_", None) if isinstance(function, type) else None
    return isinstance(values, dict) and any(map(not_known, values))


def half_done(args: Any) -> None:
    """What a function has begun with modules before it asked for values: nobody knows."""
    for each in args:
        if isinstance(each, list | tuple):
            half_done(each)
        elif isinstance(getattr(each, "_parameters", None), dict):
            opened.add(each)
