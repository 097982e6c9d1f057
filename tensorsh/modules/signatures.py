"""What the library's functions say of their parameters, as PyTorch's say it.

Annotations of the library are texts. A program reads what they mean, where that is a class or a generic that it could
name itself; of a parameter that may be anything PyTorch says nothing.
"""

from __future__ import annotations

import ast
import builtins
import os
import types
import typing
from typing import Any

from ..kinds.ownership import module_name
from ..source import PACKAGE

#: how the files of the library begin
OURS = PACKAGE + os.sep
#: what an annotation is made of; nothing is called
PARTS = (
    ast.Expression, ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Constant, ast.BinOp, ast.BitOr,
    ast.expr_context,
)  # fmt: skip
#: where the classes come from that programs can name
KNOWN = ("builtins", "collections", "typing", "types", "torch")


def change(modules: Any, made: Any) -> None:
    """Let the copy of `inspect` read annotations of the library."""
    python = made.get_annotations

    def get_annotations(obj: Any, **options: Any) -> dict[str, Any]:
        """The annotations of a function, class or module."""
        found = python(obj, **options)
        if type(obj) is types.FunctionType and obj.__code__.co_filename.startswith(OURS):
            return read(found, obj.__globals__)
        return found

    get_annotations.__module__, get_annotations.__qualname__ = "inspect", "get_annotations"
    made.get_annotations = get_annotations


def read(annotations: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """Annotations of a function of the library; those that programs cannot name stay texts."""
    found = {}
    for name, text in annotations.items():
        meant = _meaning(text, names) if isinstance(text, str) else text
        if meant is not Any:
            found[name] = meant if _known(meant) else text
    return found


def _meaning(text: str, names: dict[str, Any]) -> Any:
    try:
        tree = ast.parse(text, mode="eval")
        if not all(isinstance(node, PARTS) for node in ast.walk(tree)):
            return text
        return eval(compile(tree, "<annotation>", "eval"), {"__builtins__": vars(builtins), **names})
    except Exception:  # of what is imported for the type checker alone
        return text


def _known(meant: Any) -> bool:
    if meant is None or meant is ... or isinstance(meant, typing.TypeVar):
        return True
    if isinstance(meant, list | tuple):
        return all(map(_known, meant))
    origin = typing.get_origin(meant)
    if origin is typing.Literal:
        return True
    if origin is not None:
        return _known(origin) and all(map(_known, typing.get_args(meant)))
    if isinstance(meant, type):
        return module_name(meant).partition(".")[0] in KNOWN
    return type(meant).__module__ == "typing"
