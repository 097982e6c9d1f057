"""The types of the methods and operators that operation records give tensors, for editors and mypy.

`tensorsh/engine/values/tensor_methods.pyi` has the class that `Tensor` seems to inherit from. Parameters are typed by
the record's signature, results by what the record's own example gives (the tests run it); where an operation has
several signatures, or no example of it is a call, a type is left open.
"""

from __future__ import annotations

import ast
import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np

import reference

PATH = Path(__file__).parents[1] / "tensorsh" / "engine" / "values" / "tensor_methods.pyi"
HEAD = '''"""What operation records put on tensors; written by `python tools/generate.py`."""

from builtins import bool as _bool, complex as _complex, float as _float, int as _int, str as _str
from typing import Any, Self

import numpy as np

from ..core.dtype import DType
from .tensor import Tensor

class TensorMethods:
    """Methods, attributes and operators of tensors."""

'''
#: of what PyTorch's words for types are in Python; any other is left open
TYPES = {
    "bool": "_bool", "str": "_str", "float": "_float", "Number": "_complex", "dtype": "DType", "int": "_int"
}  # fmt: skip
BINARY = [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
]
COMPARED = ["eq", "ne", "lt", "le", "gt", "ge"]
UNARY = ["neg", "pos", "invert", "abs"]


def text() -> str:
    """The whole file."""
    from tensorsh.engine.records.op import registry
    from tensorsh.engine.values.tensor import Tensor

    registry.load_all()
    lines = []
    for name in sorted(Tensor.public):
        value = vars(Tensor).get(name)
        if registry.loaded(f"Tensor.{name}"):
            lines += method(name, registry[f"Tensor.{name}"])
        elif value is not None and module_of(value).startswith("tensorsh.ops."):
            settable = getattr(value, "fset", None) is not None
            of = attribute(name)
            lines += [f"{name}: {of}"] if settable else ["@property", f"def {name}(self) -> {of}: ..."]
    for name in BINARY:
        lines += [f"def __{name}__(self, other: Any, /) -> Tensor: ..."]
        lines += [f"def __r{name}__(self, other: Any, /) -> Tensor: ..."]
        if hasattr(Tensor, f"__i{name}__"):
            lines += [f"def __i{name}__(self, other: Any, /) -> Self: ..."]
    for name in COMPARED:
        of_object = "  # type: ignore[override]" if name in ("eq", "ne") else ""  # there they give a bool
        lines += [f"def __{name}__(self, other: Any, /) -> Tensor: ...{of_object}"]
    lines += [f"def __{name}__(self) -> Tensor: ..." for name in UNARY]
    lines += ["def __getitem__(self, index: Any, /) -> Tensor: ..."]
    lines += ["def __setitem__(self, index: Any, value: Any, /) -> None: ..."]
    return HEAD + "".join(f"    {line}\n" for line in lines)


def module_of(value: Any) -> str:
    return str(getattr(value.fget if isinstance(value, property) else value, "__module__", ""))


def attribute(name: str) -> str:
    """The type of an attribute."""
    from tensorsh import Session, TensorshError

    try:
        return type_of(Session().evaluate(f"ones(2, 2).{name}"))
    except TensorshError:
        return "Any"


def method(name: str, record: Any) -> list[str]:
    """How a method is called, and what it gives."""
    schema = getattr(record, "schema", None)
    given = "Tensor" if name.endswith("_") else result(name, record)
    if schema is None or getattr(record, "overloads", ()):
        return [f"def {name}(self, *args: Any, **kwargs: Any) -> {given}: ..."]
    parts, starred = ["self"], False
    for parameter in schema.parameters[1:]:
        if parameter.keyword_only and not starred:
            parts.append("*")
            starred = True
        starred = starred or parameter.varargs
        parts.append(typed(parameter))
    return [f"def {name}({', '.join(parts)}) -> {given}: ..."]


def typed(parameter: Any) -> str:
    """`dim: int = ...`."""
    kind = TYPES.get(parameter.type, "Any")
    if parameter.varargs:
        return f"*{parameter.name}: Any"
    if parameter.optional and kind != "Any":
        kind += " | None"
    return f"{parameter.name}: {kind}" + ("" if parameter.required else " = ...")


def result(name: str, record: Any) -> str:
    """The type of what the record's examples show of it; Any where they show several."""
    from tensorsh import Session

    session = Session()
    quiet = contextlib.redirect_stderr(io.StringIO())  # some examples warn
    names = {each.rpartition(".")[2] for each in getattr(record, "names", None) or ()} | {name}
    found = set()
    for line in reference.split_doc(getattr(record, "doc", "") or "")[1].splitlines():
        code = line.removeprefix(">>> ")
        if code == line:
            continue
        try:
            with quiet:
                if called(code) in names:
                    found.add(type_of(session.evaluate(code)))
                else:
                    session.run(code)
        except Exception:  # the example of an error
            continue
    return found.pop() if len(found) == 1 else "Any"


def called(code: str) -> str:
    """The function or method that an expression is a call of."""
    try:
        tree = ast.parse(code, mode="eval").body
    except SyntaxError:
        return ""
    function = tree.func if isinstance(tree, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", ""))


def type_of(value: Any) -> str:
    """The type of a value, as a stub writes it."""
    from tensorsh.engine.values.tensor import Tensor

    if isinstance(value, Tensor):
        return "Tensor"
    if isinstance(value, bool | int | float | str | bytes) or value is None:
        return f"_{type(value).__name__}" if value is not None else "None"
    if isinstance(value, np.ndarray):
        return "np.ndarray[Any, Any]"
    if type(value) is tuple and value and all(isinstance(each, Tensor) for each in value):
        return "tuple[Tensor, ...]"
    return "Any"
