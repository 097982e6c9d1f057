"""Calls that do not fit their signature: NumPy's spellings are tried, then PyTorch's words are found.

PyTorch counts arguments from the first that was written, so a method's own tensor does not count; it
names the position only of an argument that was given by position. Functions with several signatures
have a complaint of their own (see `overloads`).
"""

from __future__ import annotations

import re
from typing import Any

from ..errors import ArgumentError
from .op import Op
from .overloads import BUILTIN, FUNCTIONS, METHODS
from .tensor import type_name

#: keyword spellings PyTorch takes over from NumPy
ALIASES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "self": "input", "a": "input", "x2": "other"}

ARGUMENT = re.compile(r"argument '(\w+)' \(position (\d+)\)")


def rebind(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], error: TypeError, method: bool) -> Any:
    """Try NumPy's spellings; otherwise say in one sentence what is wrong with the call."""
    names = {p.name for p in op.schema.parameters}
    renamed = {ALIASES.get(k, k) if k not in names else k: v for k, v in kwargs.items()}
    if renamed.keys() != kwargs.keys() and renamed.keys() <= names:
        try:
            return op.bound(*args, **renamed)
        except TypeError as again:
            error, kwargs = again, renamed
    message = combination(op, args, kwargs, method) or complaint(op, args, kwargs, str(error), method)
    raise ArgumentError(
        message, code="signature", help=f"the signature is {op.schema}", operands=args
    ) from None


def complaint(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], python: str, method: bool) -> str:
    """What is missing, too many or unknown."""
    title, parameters = op.schema.title, op.schema.parameters
    if op.name.startswith("nn.functional.") and op.name.removeprefix("nn.functional.") not in BUILTIN:
        return re.sub(r"^\w+\(\)", f"{title}()", python)
    if method and len(parameters) == 1:
        if kwargs:
            return f"TensorBase.{title}() takes no keyword arguments"
        return f"TensorBase.{title}() takes no arguments ({len(args) - 1} given)"
    named = [p for p in parameters if not p.keyword_only]
    missing = [p.name for p in named[len(args) :] if p.required and p.name not in kwargs]
    if missing:
        # PyTorch's plural is the wrong way round
        plural = "s" if len(missing) == 1 else ""
        wanted = ", ".join(f'"{name}"' for name in missing)
        return f"{title}() missing {len(missing)} required positional argument{plural}: {wanted}"
    if method:
        python = re.sub(r"takes .* given", lambda m: fewer(m[0]), python)
    return re.sub(r"^\w+\(\)", f"{title}()", python)


def fewer(text: str) -> str:
    """ "takes 2 positional arguments but 3 were given" without the method's tensor."""
    *counts, given = (int(n) - 1 for n in re.findall(r"\d+", text))
    takes = " to ".join(map(str, counts))
    several = "" if counts == [1] else "s"
    return (
        f"takes {'from ' if len(counts) > 1 else ''}{takes} positional argument{several} "
        f"but {given} {'was' if given == 1 else 'were'} given"
    )


def reword(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], error: ArgumentError, method: bool) -> None:
    """Put the complaint about one argument of this call as PyTorch does."""
    if not error.message.startswith(f"{op.schema.title}()") or "failed to unpack" in error.message:
        return  # about another call, inside this one
    if op.name.startswith("nn.functional.") and op.name.removeprefix("nn.functional.") not in BUILTIN:
        return  # Python there, which hands its arguments on by position
    found = ARGUMENT.search(error.message)
    message = combination(op, args, kwargs, method)
    if message is None and found is None:
        return
    if message is None:
        assert found is not None
        name, position = found[1], int(found[2])
        by_keyword = name in kwargs or any(p.name == name and p.keyword_only for p in op.schema.parameters)
        where = "" if by_keyword else f" (position {position - method})"
        message = error.message.replace(found[0], f"argument '{name}'{where}", 1)
    error.message = message
    error.args = (message,)


def combination(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], method: bool) -> str | None:
    """ "received an invalid combination of arguments", where several signatures could have been meant."""
    name = op.name.removeprefix("Tensor.")
    signatures = (METHODS if method else FUNCTIONS).get(name)
    given = args[1:] if method else args
    if signatures is None:
        return None
    count = len(given) + len(kwargs)
    if sum(least <= count <= most for least, most in signatures) == 1:
        return None
    types = ", ".join(map(type_name, given))
    named = ", ".join(f"{k}={type_name(v)}" for k, v in sorted(kwargs.items()))
    both = f"{types}, {named}" if given and named else types or (f"{named}, " if named else "")
    return (
        f"{op.schema.title}() received an invalid combination of arguments - got ({both}), "
        "but expected one of:"
    )
