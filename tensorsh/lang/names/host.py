"""Python's own functions for host values, and the few of tensorsh that are no operations.

Where PyTorch has an operation of the same name (`sum min max abs round any all pow complex range`),
one name takes both kinds of argument: a tensor, or a keyword only the operation has, goes to the
operation, everything else to Python's.
"""

from __future__ import annotations

import builtins
import math
import time
from collections.abc import Callable
from functools import partial
from types import BuiltinFunctionType, FunctionType
from typing import Any

from ...engine.core import device
from ...engine.core.dtype import DType, bool_, complex64, float32, int32
from ...engine.core.memory_format import FORMATS
from ...engine.core.results import Size
from ...engine.records.op import Op, registry
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError
from ...modules import Host
from ...modules.endless import ranged, summed
from ...text.printing import get_printoptions, set_printoptions, texts
from ...train.data import batches, track
from .files import Load, save
from .namespace import TypeName

#: names that are both Python's and an operation, and the keywords that are Python's
DUAL: dict[str, frozenset[str]] = {
    "sum": frozenset({"start"}),
    "min": frozenset({"key", "default"}),
    "max": frozenset({"key", "default"}),
    "abs": frozenset(),
    "round": frozenset({"ndigits"}),
    "any": frozenset(),
    "all": frozenset(),
    "pow": frozenset({"exp", "mod", "base"}),
    "range": frozenset(),
}
#: those whose rounds may have no end
ENDLESS = {"range": ranged, "sum": summed}
#: of these, Python's have no use for a list
ELEMENTWISE = frozenset({"abs", "round", "pow"})

PLAIN = (
    "len", "zip", "enumerate", "sorted", "reversed", "map", "filter", "divmod", "chr", "ord", "hex", "bin",
    "oct", "iter", "next", "hash",
)  # fmt: skip


class Dual:
    """A function that is Python's for host values and an operation for tensors."""

    def __init__(self, name: str):
        self.name = self.__name__ = name
        self.host: Callable[..., Any] = getattr(builtins, name)
        if name in ENDLESS:
            self.host = partial(ENDLESS[name], self.host)
        self.keywords = DUAL[name]

    @property
    def op(self) -> Op:
        return registry[self.name]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], Tensor):
            wanted = self.name != "range"
        elif kwargs and not self.keywords.issuperset(kwargs):
            wanted = True
        else:
            wanted = bool(args) and type(args[0]) is list and self.name in ELEMENTWISE
            wanted = wanted or (self.name == "pow" and len(args) == 2 and isinstance(args[1], Tensor))
        return (self.op if wanted else self.host)(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<built-in function {self.name}>"


def printing() -> dict[str, Any]:
    """The functions that turn values into text."""

    def write(
        *values: Any,
        sep: str | None = " ",
        end: str | None = "\n",
        file: Any = None,
        flush: bool = False,
        **others: Any,
    ) -> None:
        """Write values to standard output or another file, as Python's `print`."""
        if others:
            raise ArgumentError(f"'{next(iter(others))}' is an invalid keyword argument for print()")
        print(*map(texts.str, values), sep=sep, end=end, file=file, flush=flush)

    def formatted(value: Any, conversion: str | None, spec: str) -> str:
        """`{value!r:spec}` of an f-string."""
        if conversion is not None:
            shown = texts.str(value) if conversion == "s" else texts.repr(value)
            value = ascii(shown)[1:-1] if conversion == "a" else shown
        return texts.format(value, spec)

    def format_(value: Any, spec: str = "") -> str:
        if not isinstance(spec, str):
            raise ArgumentError(f"format() argument 2 must be str, not {type(spec).__name__}")
        return texts.format(value, spec)

    return {
        "print": write,
        "repr": lambda value: texts.repr(value),
        "set_printoptions": set_printoptions,
        "get_printoptions": get_printoptions,
        "format": format_,
        ".format": formatted,
    }


def clock() -> float:
    """Seconds on a monotonic clock."""
    return time.perf_counter()


def devices() -> list[str]:
    """The devices that are here."""
    return [str(each) for each in device.available]


def make_complex(*args: Any, **kwargs: Any) -> Any:
    """Python's `complex` of numbers and of one tensor; the operation of two tensors."""
    parts = (*args, *kwargs.values())
    if len(parts) > 1 and any(isinstance(part, Tensor) for part in parts):
        return registry["complex"](*args, **kwargs)
    return complex(*args, **kwargs)


def leave(code: Any = 0) -> None:
    """End the program, with an exit code; any other value is written to standard error, and the code is 1."""
    raise SystemExit(code)


FUNCTION = TypeName("function", (FunctionType,), lambda *_: refuse("function"))
BUILTIN = TypeName(
    "builtin_function_or_method", (BuiltinFunctionType, Op, Dual), lambda *_: refuse("builtin")
)
NONE = TypeName("NoneType", (type(None),), lambda: None)

KINDS: dict[str, TypeName] = {
    "int": TypeName("int", (int,), int, int32),
    "float": TypeName("float", (float,), float, float32),
    "bool": TypeName("bool", (bool,), bool, bool_),
    "complex": TypeName("complex", (complex,), make_complex, complex64),
    "list": TypeName("list", (list,), list),
    "tuple": TypeName("tuple", (tuple,), tuple),
    "dict": TypeName("dict", (dict,), dict),
    "set": TypeName("set", (set,), set),
    "slice": TypeName("slice", (slice,), slice),
}
#: classes that programs hold as they are
CLASSES: dict[str, type] = {"Tensor": Tensor, "Size": Size, "device": device.Device, "dtype": DType}


def refuse(name: str) -> Any:
    raise ArgumentError(f"cannot create '{name}' instances")


def isinstance_(*given: Any) -> bool:
    """Whether a value is of a type, or of one of a tuple of types."""
    if len(given) != 2:
        raise ArgumentError(f"isinstance expected 2 arguments, got {len(given)}")
    value, kinds = given
    if isinstance(kinds, tuple):
        return any(isinstance_(value, kind) for kind in kinds)
    if isinstance(kinds, TypeName | type):
        return isinstance(value, kinds.types if isinstance(kinds, TypeName) else kinds)
    raise ArgumentError("isinstance() arg 2 must be a type, a tuple of types, or a union")


def scatter(*args: Any, **options: Any) -> Any:
    """`scatter(x, y)` draws points, as `plot` draws lines; with `dim` and `index` it is PyTorch's operation."""
    if len(args) > 2 or not {"input", "dim", "index"}.isdisjoint(options):
        return registry["scatter"](*args, **options)
    from ...train import charts

    return charts.scatter(*args, **options)


def host_names(host: Host) -> dict[str, Any]:
    """Every host function and constant by name."""
    from . import attributes

    def getattr_(value: Any, name: str, *default: Any) -> Any:
        if not isinstance(name, str):
            raise ArgumentError(f"attribute name must be string, not '{type(name).__name__}'")
        try:
            return attributes.get(value, name, host)
        except AttributeError:
            if default:
                return default[0]
            raise

    def hasattr_(value: Any, name: str) -> bool:
        absent = object()
        return getattr_(value, name, absent) is not absent

    def help_(*object: Any) -> None:
        """Print what there is to know of a value, or of what a text names; without one, what there is help on."""
        print(host.help(*object))

    def as_text(object: Any = "") -> str:
        return texts.str(object)

    as_text.__qualname__ = "str"
    kinds = KINDS | {"str": TypeName("str", (str,), as_text)}

    def type_of(value: Any) -> TypeName | type:
        """The type of a value."""
        for kind in (*kinds.values(), FUNCTION, BUILTIN, NONE):
            if type(value) in kind.types:
                return kind
        if type(value) in CLASSES.values():
            return type(value)
        title = getattr(value, "_torch_name", type(value).__name__)
        return TypeName(title, (type(value),), lambda *_: refuse(title))

    names: dict[str, Any] = {name: getattr(builtins, name) for name in PLAIN}
    names |= {name: Dual(name) for name in DUAL} | kinds | CLASSES | printing()
    names |= {
        "isinstance": isinstance_,
        "type": type_of,
        "callable": callable,
        "getattr": getattr_,
        "hasattr": hasattr_,
        "clock": clock,
        "devices": devices,
        "true": True,
        "false": False,
        "none": None,
        "inf": math.inf,
        "nan": math.nan,
        "pi": math.pi,
        "e": math.e,
        "argv": [],
        "batches": batches,
        "track": track,
        "scatter": scatter,
        "load": Load(host.folder),
        "save": save,
        "help": help_,
        "exit": leave,
        "quit": leave,
    }
    names |= FORMATS
    for name, value in names.items():
        if isinstance(value, FunctionType):
            value.__name__ = value.__qualname__ = name  # Python's messages call functions by it
    return names
