"""What depends on values: `UNKNOWN`, which absorbs every operation, so that nothing after it is a false alarm."""

from __future__ import annotations

from typing import Any, NoReturn

from ..engine.values.tensor import no_values
from ..errors import facts_of, text_of

#: kinds of error that hold on whatever way a program comes there
CERTAIN = frozenset(("shape", "dtype", "device", "gradient", "name"))


class Vagueness:
    """How often something unknown went into a text, or decided how much is in a container."""

    def __init__(self) -> None:
        self.count = 0
        self.gradients = False  # whether gradients may be anywhere: those of something unknown were asked for
        self.objects: set[str] = set()  # packages of objects of the library that may have been told more
        self.files = False  # whether files may be there that are not: some were to be written


vague = Vagueness()


def needs_values(error: BaseException) -> bool:
    """Whether something failed only because nothing is computed."""
    facts = facts_of(error)
    if facts is not None and facts.code == "meta-values":
        return True
    if issubclass(type(error), FileNotFoundError) and vague.files:
        return True
    told = text_of(error)
    if vague.objects and "NoneType" in told:
        return True  # what an object of the library keeps may be there
    return "meta tensor" in told or NAME in told


def certain(error: BaseException) -> bool:
    """Whether an error is of a kind that values have no part in."""
    facts = facts_of(error)
    return facts is not None and facts.kind in CERTAIN


class Unknown:
    """A value that nobody knows. What asks for a number, a length or a truth raises an error of code "meta-values"."""

    __slots__ = ()
    __array_ufunc__ = None

    def __getattr__(self, name: str) -> Any:
        if name[:2] == name[-2:] == "__" and name not in ("__name__", "__qualname__"):
            raise AttributeError(name)
        if name == "backward":
            vague.gradients = True
        return UNKNOWN

    def __setattr__(self, name: str, value: Any) -> None:
        pass

    def __delattr__(self, name: str) -> None:
        pass

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return UNKNOWN

    def __getitem__(self, index: Any) -> Any:
        return UNKNOWN

    def __setitem__(self, index: Any, value: Any) -> None:
        pass

    def __delitem__(self, index: Any) -> None:
        pass

    def __enter__(self) -> Any:
        return UNKNOWN

    def __exit__(self, *_: object) -> None:
        pass

    def __hash__(self) -> int:
        return id(self)

    def __text(self, *_: Any) -> str:
        vague.count += 1
        return "?"

    __str__ = __repr__ = __format__ = __text

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return UNKNOWN


def _absorbs(self: Unknown, *_: Any) -> Unknown:
    return UNKNOWN


def _asks(self: Unknown, *_: Any) -> NoReturn:
    raise no_values("a value is asked for that is not computed")


#: how messages of Python's call it
NAME = "unknown-value"
Unknown.__name__ = Unknown.__qualname__ = NAME

ARITHMETIC = [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
]
for _name in (*ARITHMETIC, "matmul", "divmod"):
    for _prefix in ("", "r", "i"):
        setattr(Unknown, f"__{_prefix}{_name}__", _absorbs)
for _name in ["neg", "pos", "abs", "invert", "round", "eq", "ne", "lt", "le", "gt", "ge"]:
    setattr(Unknown, f"__{_name}__", _absorbs)
for _name in [
    "bool",
    "int",
    "float",
    "complex",
    "index",
    "len",
    "iter",
    "contains",
    "next",
    "reversed",
    "array",
    "mro_entries",
]:
    setattr(Unknown, f"__{_name}__", _asks)

UNKNOWN = Unknown()


class Marked:
    """Containers of which not all is known. They are kept, so that no other has their identity."""

    def __init__(self) -> None:
        self.known: dict[int, Any] = {}

    def add(self, value: Any) -> None:
        self.known[id(value)] = value

    def has(self, value: Any) -> bool:
        return id(value) in self.known


#: those of which nobody knows how much is in them, and those something in which was replaced, nobody knows what
opened, blurred = Marked(), Marked()


def not_known(value: Any) -> bool:
    """Whether a value is one that nobody knows; nothing is asked of its class."""
    return issubclass(type(value), Unknown)


def holds_unknown(value: Any, depth: int = 5) -> bool:
    """Whether there is something unknown in a value: in containers, slices, instances' attributes."""
    if not_known(value):
        return True
    if depth == 0:
        return False
    if isinstance(value, slice):
        return holds_unknown((value.start, value.stop, value.step), 1)
    if isinstance(value, dict):
        return any(holds_unknown(each, depth - 1) for each in (*value, *value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return any(holds_unknown(each, depth - 1) for each in value)
    inside = getattr(value, "__dict__", None)
    return isinstance(inside, dict) and any(holds_unknown(each, depth - 1) for each in inside.values())
