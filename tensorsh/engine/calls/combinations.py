"""PyTorch's message for a call that none of a function's signatures takes.

It shows the types that were given, every signature, and below those with as many parameters as arguments
were given, what did not match. For this PyTorch reads the signatures as text, split at the commas:
a type is what stands before the last blank, a name what stands after it. So a parameter with a default (`bool
keepdim = False`) matches nothing, and the `*` counts as one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..values.as_argument import type_name

#: types of a signature, and how their values' own are called
SEVERAL = {"float": ("float", "int"), "int": ("int",)}


class Accepted(NamedTuple):
    """What PyTorch takes for a parameter."""

    type: str
    name: str


def invalid_combination(
    title: str, signatures: list[str], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> str:
    """The whole message; `signatures` as they are shown, "(Tensor input, *, torch.dtype dtype = None)"."""
    message = f"{title}() received an invalid combination of arguments - got "
    if len(signatures) == 1:
        (shown,) = signatures
        pieces = read(shown)
        unknown = unrecognized(pieces, kwargs)
        if unknown:
            return f"{message}unrecognized keyword arguments: {', '.join(unknown)}"
        fits = len(pieces) == len(args) + len(kwargs)
        return (
            f"{message}{marked(pieces, args, kwargs) if fits else given(args, kwargs)}, but expected {shown}"
        )
    lines = [f"{message}{given(args, kwargs)}, but expected one of:"]
    for shown in signatures:
        lines.append(f" * {shown}")
        pieces = read(shown)
        if len(pieces) == len(args) + len(kwargs):
            unknown = unrecognized(pieces, kwargs)
            lines.append(
                f"      didn't match because some of the keywords were incorrect: {', '.join(unknown)}"
                if unknown
                else "      didn't match because some of the arguments have invalid types: "
                + marked(pieces, args, kwargs)
            )
    return "\n".join(lines) + "\n"


def read(shown: str) -> list[Accepted]:
    """A signature as PyTorch reads its own text."""
    parts = [part.rpartition(" ") for part in shown[1:-1].split(", ")]
    return [Accepted(before, name) for before, _, name in parts]


def unrecognized(pieces: list[Accepted], kwargs: dict[str, Any]) -> list[str]:
    """Keywords that none of the last parameters is called by."""
    names = [piece.name for piece in pieces[max(len(pieces) - len(kwargs), 0) :]]
    return [name for name in reversed(kwargs) if name not in names]


def marked(pieces: list[Accepted], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """The types given, those that do not match between exclamation marks."""
    shown = []
    for i, piece in enumerate(pieces):
        value = args[i] if i < len(args) else kwargs[piece.name]
        text = with_items(value) if i < len(args) else f"{piece.name}={with_items(value)}"
        matches = type_name(value) in SEVERAL.get(piece.type, (piece.type,))
        shown.append(text if matches else f"!{text}!")
    return f"({', '.join(shown)}{'' if args or not shown else ', '})"


def with_items(value: Any) -> str:
    """The type of a value, and of what a list or tuple holds."""
    if not isinstance(value, tuple | list):
        return type_name(value)
    inside = ", ".join(map(type_name, value))
    if isinstance(value, list):
        return f"{type_name(value)} of [{inside}]"
    return f"{type_name(value)} of ({inside}{',' if len(value) == 1 else ''})"


def given(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """The types of a call's arguments; PyTorch lists keywords last first, and leaves them a comma."""
    types = [type_name(value) for value in args]
    types += [f"{name}={type_name(value)}" for name, value in reversed(kwargs.items())]
    return f"({', '.join(types)}{'' if args or not kwargs else ', '})"
