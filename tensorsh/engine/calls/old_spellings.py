"""Calls in the order of arguments that PyTorch once had: `p.add_(-lr, grad)` is `p.add_(grad, alpha=-lr)`.

`signatures.txt` marks them as deprecated; they are obeyed, and warned about once.
"""

from __future__ import annotations

from typing import Any

from ..core.warn import warn
from ..records.op import Op
from . import native


def respelled(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any] | None:
    """The arguments of a call in an old spelling by their names today; None if it is no such call."""
    name = op.name.removeprefix("Tensor.")
    for method in (op.is_method, not op.is_method):
        found = native.signatures(op, name, method)
        for old in found:
            given = args[1:] if method else args
            if old.deprecated and fits(old, given, kwargs):
                say(old, [each for each in found if not each.deprecated])
                values = {p.name: value for p, value in zip(old.parameters, given, strict=False)} | kwargs
                return {"input": args[0], **values} if method else values
    return None


def fits(old: native.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether the old signature takes the call."""
    try:
        return old.takes(args, kwargs)
    except native.Refused:
        return False


def say(old: native.Signature, instead: list[native.Signature]) -> None:
    """Warn as PyTorch does, with the signatures of today."""
    lines = "".join(f"\n\t{each.title}{each}" for each in instead)
    warn(
        f"This overload of {old.title} is deprecated:\n\t{old.title}{old}\nConsider using one of the following "
        f"signatures instead:{lines}",
        once=True,
        internal="torch/csrc/utils/python_arg_parser.cpp:1841",
        help="numbers are given by their names, after the tensors",
    )
