"""What compiled programs call: the prelude's entries whose names begin with a dot.

One `Runtime` serves one session. It knows the tables of its programs (for literals and places) and
hands every displayed value to `show`.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, cast

from ...engine.core import context, device
from ...engine.core.mode import EAGER, tracing
from ...engine.records.op import registry
from ...engine.values.bound import uncalled
from ...engine.values.tensor import Tensor
from ...errors import TensorshError, unknown_name
from ...kinds import kind_of
from ...modules import Host
from ...modules.absent import BUILTINS
from ...modules.endless import asked, ranged, summed
from ..code.hints import as_annotation
from ..code.runs import unseen
from ..code.table import Table
from ..names import attributes, faces
from ..syntax.ast import Node
from . import annotate, queries

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "@": operator.matmul, "&": operator.and_, "|": operator.or_,
    "^": operator.xor, "<<": operator.lshift, ">>": operator.rshift,
}  # fmt: skip

SIGNS: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg, "+": operator.pos, "~": operator.invert, "not": operator.not_,
}  # fmt: skip

USER_FILE = "<tensorsh "

Show = Callable[[Any, str | None], None]

if TYPE_CHECKING:
    from ...engine.records.spelling import Spelling


def as_tensor(value: Any, **options: Any) -> Tensor:
    """A list (of lists) of numbers and tensors as one tensor; lists with tensors are stacked."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, list | tuple) and attributes.holds_tensor(value):
        return registry["engine.tensor_of"](value)
    return registry["tensor"](value, **options)


class Numbers(list[Any]):
    """Numbers in brackets beside an operator: a list to a list, a tensor to anything else."""

    __slots__ = ()


def _both_ways(name: str, work: Callable[[Any, Any], Any]) -> None:
    def decide(mine: Numbers, other: Any) -> tuple[Any, Any]:
        if type(other) is list:
            return list(mine), other
        return as_tensor(list(mine)), as_tensor(list(other)) if type(other) is Numbers else other

    def forward(self: Numbers, other: Any) -> Any:
        return work(*decide(self, other))

    def swapped(self: Numbers, other: Any) -> Any:
        return work(*decide(self, other)[::-1])

    setattr(Numbers, f"__{name}__", forward)
    setattr(Numbers, f"__r{name}__", swapped)


for _name in ("add", "eq", "ne", "lt", "le", "gt", "ge"):
    _both_ways(_name, getattr(operator, _name))
Numbers.__hash__ = None
Numbers.__name__ = "list"  # as Python's own messages call it


def fresh(values: Any) -> Any:
    """A copy of a nested list that shares no list with it."""
    if values and isinstance(values[0], list):
        return [fresh(row) for row in values]
    return values.copy()


WORDS = {"true": True, "false": False, "inf": math.inf, "nan": math.nan, "pi": math.pi}


def spelled(values: Any, words: tuple[str, ...], *meanings: Any) -> Any:
    """The numbers of a literal, with what its names (`inf`, `true`, …) mean where it is evaluated."""
    changed = {
        repr(WORDS[word]): meaning
        for word, meaning in zip(words, meanings, strict=True)
        if meaning is not WORDS[word]
    }
    if not changed:
        return values

    def element(value: Any) -> Any:
        if isinstance(value, list):
            return [element(item) for item in value]
        if repr(value) in changed:
            return changed[repr(value)]
        return -changed[repr(-value)] if repr(-value) in changed else value

    return element(values)


def names_of_caller() -> dict[str, Any]:
    """The variables of the function that asks, but for the one that it keeps them in, which would keep itself."""
    found: Any = sys._getframe(1).f_locals
    if type(found) is not dict:  # a view of them, from Python 3.13 on
        found = dict(found)
    found.pop(".names", None)
    return cast(dict[str, Any], found)


class Runtime:
    """The helpers of one session, bound to its tables and its display."""

    def __init__(
        self, show: Show, import_file: Callable[[str, str], None], variables: dict[str, Any], host: Host
    ):
        self.host = host
        self.variables = variables
        self.tables: dict[str, Table] = {}
        self.show = show
        self.import_file = import_file
        self.sizes = annotate.Sizes()

    def entries(self) -> dict[str, Any]:
        """The prelude's share of the runtime."""
        return {
            ".annotate": self.annotate,
            ".asked": asked,
            ".annotated": annotated,
            ".attr": self.attribute,
            ".backward": queries.backward,
            ".call": call,
            ".chain": self.chain,
            ".changes": faces.changer(self.host),
            ".changing": changing,
            ".device": device.resolve,
            ".display": self.display,
            ".dtype": annotate.dtype_named,
            ".explain": self.explain,
            ".failed": failed,
            ".fields": lambda value: attributes.Fields(value, self.host),
            ".grad_of": queries.grad_of,
            ".grad_wrt": queries.grad_wrt,
            ".graph": self.graph,
            ".import": self.import_file,
            ".join": lambda *parts: "".join(parts),
            ".list": fresh,
            ".locals": names_of_caller,
            ".round": lambda place: context.current().mode.round(place),
            ".list_operator": list_operator,
            ".literal": annotate.literal,
            ".numbers": Numbers,
            ".keeps": faces.keeper(self.host),
            ".pattern_class": pattern_class,
            ".rows": lambda values: [registry["tensor"](row) for row in values],
            ".scope": annotate.Sizes,
            ".set_of": set_of,
            ".tracing": tracing,
            ".sizes": self.sizes,
            ".signs": signs,
            ".slot": slot,
            ".spelled": spelled,
            ".stacked": as_tensor,
            ".ranged": ranged,
            ".summed": summed,
            ".type": type,
            ".uncalled": uncalled,
            ".undefined": undefined,
            ".values": lambda filename: self.tables[filename].literals,
        }

    def follows(self, filename: str, line: int) -> bool:
        """Whether a trace sees all that the function at this line of a compiled text does."""
        table = self.tables.get(filename)
        return table is None or not table.pythonic or line in table.plain

    def node(self, filename: str, line: int) -> Node | None:
        """The piece of a program that compiled code belongs to."""
        table = self.tables.get(filename)
        return None if table is None else table.node(line)

    def whole(self, filename: str, line: int) -> Node | None:
        """The same, or that of which Python says that it failed."""
        table = self.tables.get(filename)
        return None if table is None else table.wholes.get(line) or table.node(line)

    def attribute(self, value: Any, name: str) -> Any:
        """`value.name` where the name has to be looked at."""
        return attributes.get(value, name, self.host)

    # ---------------------------------------------------------------- showing

    def display(self, value: Any, name: str | None) -> None:
        """A bare expression: show its value, unless there is none to see."""
        if value is not None and getattr(type(value), "displayed", True):
            context.current().mode.observe("a value is shown")
            self.show(value, name)

    @unseen
    def graph(self, value: Any, to: Any, gradients: bool) -> None:
        self.show(queries.graph(value, self.tensors(), to, gradients), None)

    @unseen
    def explain(self, value: Any, wrt: tuple[Any, ...], texts: tuple[str, ...]) -> None:
        taken = [name for name in self.variables if not name.startswith(".")]
        found = queries.explain(value, wrt, self.tensors(), texts, taken, self.spelling())
        self.show(found, None)

    def tensors(self) -> dict[str, Tensor]:
        """The tensors that variables hold; graphs and formulas call them by their names."""
        from ..names.held import held_tensors

        return held_tensors(self.variables)

    def spelling(self) -> Spelling:
        """How formulas are written: as this kind of program writes operations."""
        from ...engine.records.spelling import Spelling

        if context.current().lists:
            return Spelling(taken=self.variables)
        modules = {
            getattr(value, "__name__", None): name
            for name, value in self.variables.items()
            if name.isidentifier()
        }
        torch = modules.get("torch", "torch")
        return Spelling(torch, modules.get("torch.nn.functional", f"{torch}.nn.functional"))

    # ---------------------------------------------------------------- values

    def annotate(self, value: Any, filename: str, line: int, sizes: annotate.Sizes, param: bool) -> Any:
        node: Any = self.node(filename, line)
        hint = node.annotation
        annotation = None if hint is None else as_annotation(hint)
        return annotate.conform(value, annotation, node, sizes, param)

    def chain(self, place: tuple[str, int], operators: tuple[str, ...], operands: list[Any]) -> Any:
        """Fold a long chain of operators from the left; an error points at its own operator."""
        value = operands[0]
        for i, sign in enumerate(operators):
            try:
                value = OPERATORS[sign](value, operands[i + 1])
            except Exception as error:
                error.site = self.node(place[0], place[1] + i)  # type: ignore[attr-defined]
                raise
        return value


# ------------------------------------------------------------------ the ones that need no session


def call(function: Any, *args: Any, **kwargs: Any) -> Any:
    """A call with numbers in brackets among its arguments: tensors to the user's own functions."""
    if isinstance(function, FunctionType) and function.__code__.co_filename.startswith(USER_FILE):
        convert: Callable[[Any], Any] = lambda values: as_tensor(list(values))  # noqa: E731
    else:
        convert = list
    args = tuple([convert(value) if type(value) is Numbers else value for value in args])
    kwargs = {name: convert(value) if type(value) is Numbers else value for name, value in kwargs.items()}
    return function(*args, **kwargs)


def annotated(function: Any) -> Any:
    """A call under an annotation: a factory takes dtype and device itself, others are converted after."""
    if getattr(function, "factory", False) is True:
        return function

    def plain(*args: Any, **kwargs: Any) -> Any:
        return function(
            *args, **{name: value for name, value in kwargs.items() if name not in ("dtype", "device")}
        )

    return plain


def list_operator(sign: str, left: Any, right: Any) -> Any:
    """An operator with a list written beside it: the list is stacked where only a tensor makes sense."""
    items, other = (left, right) if type(left) is list else (right, left)
    python = isinstance(other, list) or (
        sign == "*" and isinstance(other, int) and not attributes.holds_tensor(items)
    )
    if not python:
        left, right = (as_tensor(side) if type(side) is list else side for side in (left, right))
    return OPERATORS[sign](left, right)


def signs(operators: tuple[str, ...], value: Any) -> Any:
    """`- - - x`, thousands of signs long."""
    for sign in reversed(operators):
        value = SIGNS[sign](value)
    return value


def slot(value: Any) -> Any:
    """What `value[i] = …` writes to; a trace has to see it."""
    if context.current().mode is EAGER or kind_of(type(value)).changing is None:
        return value
    return attributes.Slots(value)


def changing(value: Any) -> None:
    """Before `value += …`: a trace hears of a list, dictionary or set that changes in place."""
    mode = context.current().mode
    if mode is not EAGER and kind_of(type(value)).changing is not None:
        mode.change_length(value)


def set_of(value: Any) -> Any:
    """What a function sets an attribute of: a trace has to know it."""
    mode = context.current().mode
    if mode is not EAGER:
        mode.change_attribute(value)
    return value


@unseen
def pattern_class(kind: Any) -> Any:
    """What Python is to match with in the place of a class."""
    from . import pattern_classes

    return pattern_classes.pattern_class(kind)


@unseen
def failed(message: Any) -> None:
    """An assertion that does not hold."""
    raise AssertionError() if message is None else AssertionError(message)


@unseen
def undefined(name: str) -> Any:
    help = BUILTINS.get(name, "names that begin with two underscores are reserved")
    raise unknown_name(f"name '{name}' is not defined", name, help=help)


__all__ = ["OPERATORS", "USER_FILE", "Numbers", "Runtime", "TensorshError", "as_tensor"]
