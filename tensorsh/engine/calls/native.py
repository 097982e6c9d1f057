"""What PyTorch says about a call that its argument parser refuses.

PyTorch binds calls to C++ signatures with a parser of its own. A function with one signature complains about
the first argument that does not fit; one with several "received an invalid combination of arguments", unless
the number of arguments leaves a single one. `refusal` says the same, as a sentence.

`signatures.txt` holds the signatures that PyTorch declares otherwise than the records here do: functions with
several, other names, other types. `out`, `outs` (of functions with several results) and `factory` stand for the
keywords that many have; `takes_out.txt` lists all functions with `out`. A method has the same without its tensor.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, NamedTuple

from ..records.op import Op
from ..records.schema import Parameter, parse
from .accepts import SPREAD, TITLES, Refused, complaint, is_index, wanted
from .combinations import invalid_combination

OUT, OUTS = "Tensor? out=None", "Tensor[]? out=None"
OUTPUT = parse(f"_(*, {OUT})").parameters
FACTORY = (
    "dtype? dtype=None, layout? layout=None, device? device=None, "
    "bool? pin_memory=False, bool? requires_grad=False"
)

#: spellings that PyTorch takes over from NumPy
NUMPY = {"dim": ("axis",), "keepdim": ("keepdims",), "input": ("x", "a", "x1"), "other": ("x2",)}

#: functions that are called otherwise in messages
TITLED = {"logsigmoid": "log_sigmoid"}

ABSENT = object()


def refusal(op: Op, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], method: bool) -> Refused | None:
    """Why PyTorch refuses a call of the function or method `name`; None if it does not."""
    found = signatures(op, name, method)
    try:
        if len(found) == 1:
            if method and not found[0].parameters:
                message = takes_nothing(name, len(args), kwargs)
                return None if message is None else Refused(message, code="signature")
            found[0].check(args, kwargs)
            return None
        for each in found:
            if each.takes(args, kwargs):
                return None
        shown = [each for each in found if not each.deprecated]
        count = len(args) + len(kwargs)
        plausible = [each for each in shown if each.least <= count <= len(each.parameters)]
        if len(plausible) == 1:
            plausible[0].check(args, kwargs)
    except Refused as refused:
        return refused
    return Refused(
        invalid_combination(found[0].title, [str(each) for each in shown], args, kwargs),
        argument=unknown_keyword(found, kwargs),
    )


def unknown_keyword(found: tuple[Signature, ...], kwargs: dict[str, Any]) -> str | None:
    """A keyword that none of the signatures has."""
    known = {
        spelling for each in found for p in each.parameters for spelling in (p.name, *NUMPY.get(p.name, ()))
    }
    return next((name for name in kwargs if name not in known), None)


def takes_nothing(name: str, count: int, kwargs: dict[str, Any]) -> str | None:
    """Python's own words for a method in C without parameters."""
    if kwargs:
        return f"TensorBase.{name}() takes no keyword arguments"
    return f"TensorBase.{name}() takes no arguments ({count} given)" if count else None


class Signature(NamedTuple):
    """One of PyTorch's signatures; a deprecated one is obeyed, but messages do not mention it."""

    title: str
    parameters: tuple[Parameter, ...]
    deprecated: bool = False

    @property
    def positional(self) -> int:
        return sum(not p.keyword_only for p in self.parameters)

    @property
    def least(self) -> int:
        return sum(p.required for p in self.parameters)

    def __str__(self) -> str:
        parts, starred = [], False
        for p in self.parameters:
            if p.keyword_only and not starred:
                parts.append("*")
                starred = True
            default = "" if p.required else f" = {as_shown(p.default)}"
            parts.append(f"{TITLES.get(p.type, p.type)} {p.name}{default}")
        return f"({', '.join(parts)})"

    def takes(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        try:
            self.check(args, kwargs)
        except Refused as refused:
            if refused.final:
                raise
            return False
        return True

    def check(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Bind a call as PyTorch does; raises Refused."""
        # x.view(2, 3) is x.view((2, 3))
        spread = self.positional == 1 and self.parameters[0].type in SPREAD and is_index(*args[:1])
        if len(args) > self.positional and not spread:
            raise self.too_many(len(args))
        at = used = 0
        for i, p in enumerate(self.parameters):
            by_name = at >= len(args)
            if p.keyword_only and not by_name:
                raise self.too_many(len(args))
            value = named(p.name, kwargs) if by_name else args[at]
            if value is ABSENT:
                if p.required:
                    raise self.missing(i)
                continue
            at, used = at + (not by_name), used + by_name
            if value is None and (p.optional or p.default is None):
                continue
            if p.name == "out" and isinstance(value, tuple | list):
                continue  # of how many tensors is seen when the results are there
            wrong = complaint(p, value, self.title, i)
            if wrong is None:
                continue
            if by_name:
                wrong = wanted(p, value)  # it names no element then
            if spread and not by_name:
                at = len(args)
                continue
            position = "" if by_name else f" (position {i + 1})"
            raise Refused(
                f"{self.title}(): argument '{p.name}'{position} {wrong}",
                argument=p.name,
                position=None if by_name else i + 1,
            )
        if used < len(kwargs):
            raise self.unexpected(len(args), kwargs)

    def too_many(self, count: int) -> Refused:
        takes, several, were = f"{self.positional}", "" if self.positional == 1 else "s", "were"
        if self.least != self.positional:
            takes, several = f"from {self.least} to {self.positional}", "s"
        elif count == 1:
            were = "was"
        return Refused(
            f"{self.title}() takes {takes} positional argument{several} but {count} {were} given",
            code="signature",
        )

    def missing(self, start: int) -> Refused:
        names = [f'"{p.name}"' for p in self.parameters[start:] if p.required]
        plural = "s" if len(names) == 1 else ""  # PyTorch's is the wrong way round
        return Refused(
            f"{self.title}() missing {len(names)} required positional argument{plural}: {', '.join(names)}",
            code="signature",
        )

    def unexpected(self, count: int, kwargs: dict[str, Any]) -> Refused:
        names = [p.name for p in self.parameters]
        for name in kwargs:
            if name not in names:
                message = f"{self.title}() got an unexpected keyword argument '{name}'"
                return Refused(message, code="signature", argument=name)
            if names.index(name) < count:
                message = f"{self.title}() got multiple values for argument '{name}'"
                return Refused(message, code="signature", argument=name)
        return Refused("invalid keyword arguments", code="signature")


def as_shown(default: Any) -> str:
    """A default as PyTorch's declarations write it."""
    if isinstance(default, str):
        return f'"{default}"'
    if isinstance(default, tuple):
        return f"{{{','.join(map(str, default))}}}"
    return str(default)


def named(name: str, kwargs: dict[str, Any]) -> Any:
    """A keyword argument under PyTorch's name of it or under NumPy's."""
    for spelling in (name, *NUMPY.get(name, ())):
        if spelling in kwargs:
            return kwargs[spelling]
    return ABSENT


# ------------------------------------------------------------------ the signatures of a function


def signatures(op: Op, name: str, method: bool) -> tuple[Signature, ...]:
    """What PyTorch declares for a function or method of this name."""
    known = table()
    for spelling in (name, name.removesuffix("_")):  # `add_` has the signatures of `add`
        if method and f"Tensor.{spelling}" in known:
            return tuple([each._replace(title=title(name)) for each in known[f"Tensor.{spelling}"]])
        if spelling in known:
            found = tuple([each._replace(title=title(name)) for each in known[spelling]])
            if spelling != name and not method:
                found = tuple([as_inplace(each) for each in found if receiver(each) == 0])
            break
    else:
        declared = op.schema.parameters
        found = (Signature(title(name), (*declared, *OUTPUT) if name in takes_out() else declared),)
    if not method:
        return found
    if len(found) == 1:
        return (as_method(found[0], receiver(found[0]) or 0),)
    return tuple([as_method(each, own) for each in found if (own := receiver(each)) is not None])


def spreads(op: Op, name: str, args: tuple[Any, ...]) -> bool:
    """Whether a method takes these ints for the tuple that is all it asks for: x.squeeze(0, 1)."""
    return is_index(args[0]) and any(
        each.positional == 1 and each.parameters[0].type in SPREAD for each in signatures(op, name, True)
    )


@cache
def takes_out() -> frozenset[str]:
    """The functions that write their result into `out`."""
    return frozenset(_table("takes_out.txt").split())


def receiver(of: Signature) -> int | None:
    """Which parameter is the tensor that has the method."""
    for i, p in enumerate(of.parameters):
        if p.name in ("input", "self") and p.is_tensor:
            return i
    return None


def as_method(of: Signature, own: int) -> Signature:
    """A function's signature without its tensor and without `out`."""
    rest = tuple([p for i, p in enumerate(of.parameters) if i != own and p.name != "out"])
    return of._replace(parameters=rest)


def as_inplace(of: Signature) -> Signature:
    """A function's signature for its form that writes into its tensor: nothing to choose of where to."""
    return of._replace(parameters=tuple([p for p in of.parameters if p.name != "out"]))


def title(name: str) -> str:
    """The name in messages: `linalg_inv` of linalg.inv."""
    return TITLED.get(name) or name.removeprefix("Tensor.").replace(".", "_")


def _table(name: str) -> str:
    """The text of a file beside this one."""
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read()


@cache
def table() -> dict[str, tuple[Signature, ...]]:
    """`signatures.txt`: names up to a colon, then a line for each signature that each of them has."""
    text = _table("signatures.txt")
    found: dict[str, tuple[Signature, ...]] = {}
    names: list[str] = []
    for line in text.splitlines():
        if line.startswith(" "):
            for name in names:
                found[name] = (*found.get(name, ()), signature(title(name), line.strip()))
        else:
            closed = bool(names) and names[-1] in found
            names = [*([] if closed else names), *line.rstrip(":").split()]
    return found


@cache
def declared(text: str) -> Signature:
    """A signature written with its name: "glu(Tensor input, int dim=-1)"."""
    name, _, line = text.removesuffix(")").partition("(")
    return signature(name, line)


def signature(title: str, line: str) -> Signature:
    text = line.removeprefix("deprecated: ")
    text = ", ".join(
        {"out": OUT, "outs": OUTS, "factory": FACTORY}.get(piece, piece) for piece in text.split(", ")
    )
    return Signature(title, parse(f"{title}({text})").parameters, line.startswith("deprecated"))
