"""Signatures in text, and the Python functions that bind calls to them.

A signature reads like PyTorch's own: `sum(Tensor input, int[]? dim=None, bool keepdim=False, *,
dtype? dtype=None)`. A type says how an argument is accepted:

    Tensor      a tensor; a list or nested list becomes one
    Tensor|Number   the same, or a Python number, which stays a number (and promotes like one)
    Tensor[]    a tuple of tensors
    Number      a Python number, or a 0-d tensor that becomes one
    int int[] int... float bool str dtype device format any
    ints        a tuple of ints where a single int will not do
    (`int...` takes f(2, 3) and f((2, 3)), `Tensors...` f(a, b) and f((a, b)), `Tensor...` f(a, b), and of tensorsh's
    own programs f((a, b)), too; `any...` is a tuple as it is; a trailing `?` also admits None)

The default `...` is `ABSENT`, which tells the operation that the argument was not given: one of several
signatures that PyTorch declares does not have it, and None may not stand for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ...errors import ArgumentError

_PARAMETER = re.compile(
    r"(?P<type>[A-Za-z|]+(?:\[\]|\.\.\.)?)(?P<optional>\?)?\s+(?P<name>\w+)(?:=(?P<default>.+))?$"
)
_MISSING: Any = object()


class Absent:
    """What an argument is that was not given."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "..."


ABSENT: Any = Absent()


class Parameter:
    """One parameter: its type as the signature writes it, and its default (if it is not `required`)."""

    __slots__ = ("default", "keyword_only", "name", "optional", "type")

    def __init__(self, name: str, type: str, optional: bool, default: Any, keyword_only: bool):
        self.name = name
        self.type = type
        self.optional = optional
        self.default = default
        self.keyword_only = keyword_only

    @property
    def is_tensor(self) -> bool:
        return self.type in ("Tensor", "Tensor|Number")

    @property
    def varargs(self) -> bool:
        return self.type.endswith("...")

    @property
    def required(self) -> bool:
        return self.default is _MISSING

    def __str__(self) -> str:
        default = "" if self.required else f"={self.default!r}"
        return self.name + default


class Schema:
    """A parsed signature."""

    __slots__ = ("name", "parameters")

    def __init__(self, name: str, parameters: tuple[Parameter, ...]):
        self.name = name
        self.parameters = parameters

    def __str__(self) -> str:
        """As a reader of documentation wants it: `sum(input, dim=None, keepdim=False, *, dtype=None)`."""
        parts, starred = [], False
        for p in self.parameters:
            if p.keyword_only and not starred:
                parts.append("*")
                starred = True
            starred = starred or p.varargs
            parts.append(f"*{p}" if p.varargs else str(p))
        return f"{self.name}({', '.join(parts)})"

    @property
    def title(self) -> str:
        """The name in PyTorch's messages: `relu` of nn.functional.relu, `linalg_inv` of linalg.inv."""
        return self.name.removeprefix("nn.functional.").removeprefix("Tensor.").replace(".", "_")

    def position(self, name: str) -> int:
        for i, p in enumerate(self.parameters):
            if p.name == name:
                return i
        raise KeyError(name)


def parse(text: str) -> Schema:
    """Read `name(Type parameter=default, …)`; what follows the closing parenthesis is for the reader."""
    name, _, rest = text.partition("(")
    body = rest[: rest.rindex(")")]
    parameters, keyword_only = [], False
    for piece in _split(body):
        if piece == "*":
            keyword_only = True
            continue
        match = _PARAMETER.match(piece)
        if match is None:
            raise SyntaxError(f"{text!r}: cannot read parameter {piece!r}")
        default = match["default"]
        parameters.append(
            Parameter(
                match["name"],
                match["type"],
                bool(match["optional"]),
                _MISSING if default is None else _literal(default),
                keyword_only,
            )
        )
    return Schema(name.strip(), tuple(parameters))


def _split(body: str) -> list[str]:
    if "(" not in body:
        return [piece for each in body.split(",") if (piece := each.strip())]
    pieces, depth, start = [], 0, 0
    for i, char in enumerate(body + ","):
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "," and depth == 0:
            if piece := body[start:i].strip():
                pieces.append(piece)
            start = i + 1
    return pieces


_CONSTANTS = {
    "...": ABSENT,
    "None": None,
    "True": True,
    "False": False,
    "inf": float("inf"),
    "-inf": float("-inf"),
}


def _literal(text: str) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] in "'\"":
        return text[1:-1]
    if text[0] == "(":
        return tuple(_literal(t) for t in _split(text[1:-1]))
    try:
        return int(text)
    except ValueError:
        return float(text)


def binder(
    schema: Schema, target: Callable[..., Any], converters: dict[str, Callable[..., Any]], packed: bool
) -> Any:
    """Compile a Python function with this signature that converts its arguments and calls `target`.

    `packed` hands them over as one tuple, the way `apply` wants them. `converters` maps a type to
    `convert(value, op_name, parameter_name, position)`; it is only called when the cheap test that
    stands in the generated code fails.
    """
    scope: dict[str, Any] = {"_target": target}
    head, body, names = [], [], []
    starred = False
    varargs = any(p.varargs for p in schema.parameters)
    for i, p in enumerate(schema.parameters):
        names.append(p.name)
        if p.varargs:
            head.append(f"*{p.name}")
            starred = True
            scope[f"default_{p.name}"] = p.default
            if p.type == "any...":
                value = p.name
            else:
                scope["convert"] = converters[p.type]
                value = f"convert({p.name}, {schema.title!r}, {p.name!r}, {i + 1})"
            body.append(f"{p.name} = {value}" + ("" if p.required else f" if {p.name} else default_{p.name}"))
            continue
        if p.keyword_only and not starred:
            head.append("*")
            starred = True
        if p.required:
            head.append(p.name)
        else:
            scope[f"default_{p.name}"] = p.default
            head.append(f"{p.name}=default_{p.name}")
        test = _fast_test(p)
        if test is not None:
            scope[f"convert_{i}"] = converters[p.type]
            body.append(f"if {test}: {p.name} = convert_{i}({p.name}, {schema.title!r}, {p.name!r}, {i + 1})")
    if varargs:
        # `x.reshape(shape=(2, 3))` and friends
        star = next(p.name for p in schema.parameters if p.varargs)
        head.append("**keywords")
        body.insert(0, f"if keywords: {star} = named_sizes({star}, keywords, {schema.title!r}, {star!r})")
        scope["named_sizes"] = _named_sizes
    scope["TENSORS"], scope["Tensor"], scope["absent"] = (
        converters["tensors"],
        converters["Tensor class"],
        ABSENT,
    )
    function = re.sub(r"\W", "_", schema.name)
    arguments = ", ".join(names)
    call = f"_target(({arguments}{',' if names else ''}))" if packed else f"_target({arguments})"
    lines = [f"def {function}({', '.join(head)}):", *(f"    {line}" for line in body), f"    return {call}"]
    exec("\n".join(lines), scope)
    return scope[function]


def _named_sizes(given: tuple[Any, ...], keywords: dict[str, Any], op: str, name: str) -> tuple[Any, ...]:
    value = keywords.pop(name, None)
    if value is None:
        value = keywords.pop("size", None)
    if keywords or given or value is None:
        unexpected = next(iter(keywords), name)
        raise ArgumentError(
            f"{op}() got an unexpected keyword argument '{unexpected}'"
            if given or value is not None
            else f'{op}() missing 1 required positional arguments: "{name}"',
            code="signature",
        )
    if isinstance(value, int):
        raise ArgumentError(
            f"{op}(): argument '{name}' must be tuple of ints, not {type(value).__name__}",
            code="argument-type",
            help=f"a tuple: {name}=({value},)",
        )
    return (value,)


def _fast_test(p: Parameter) -> str | None:
    """The condition, in generated code, under which an argument needs converting."""
    n = p.name
    none = f"{n} is not None and " if p.optional or p.default is None else ""
    if p.default is ABSENT:
        none = f"{n} is not absent and {none}"
    match p.type:
        case "Tensor":
            return f"{none}type({n}) is not Tensor and type({n}) not in TENSORS"
        case "Tensor|Number":
            others = f"type({n}) is not float and type({n}) is not int and type({n}) not in TENSORS"
            return f"{none}type({n}) is not Tensor and {others}"
        case "int" | "float" | "bool" | "str":
            return f"{none}type({n}) is not {p.type}"
        case "switch":
            return f"{none}type({n}) is not bool"
        case "any":
            return None
        case _:
            return f"{none}True"
