"""What `inspect` says of PyTorch's functions, which are records here: some are functions in Python, most are in C."""

from __future__ import annotations

import types
from inspect import Parameter, Signature
from typing import Any

from ..engine.calls.python_functions import methods_in_python
from ..engine.records.op import Op
from ..engine.values.bound import BoundMethod
from ..engine.values.tensor import Tensor

#: annotations of PyTorch's functions in Python, by the types of signatures
ANNOTATIONS = {"Tensor": Tensor, "bool": bool, "flag": bool, "int": int, "float": float, "str": str}
#: what a method of an object is made of
BOUND = (types.MethodType, BoundMethod)


def operation(thing: Any) -> Op | None:
    """The operation that this is, or that it is a method of; None for anything else."""
    if type(thing) in BOUND:
        thing = thing.func if type(thing) is BoundMethod else thing.__func__
    return thing if isinstance(thing, Op) else None


def kind_of_function(thing: Any) -> str | None:
    """What PyTorch's function is: "function", "method", "builtin_function_or_method", "method_descriptor"."""
    found = operation(thing)
    if found is None:
        return None
    bound = type(thing) in BOUND
    if found.is_method and found.__name__ in methods_in_python():
        return "method" if bound else "function"
    return "builtin_function_or_method" if bound else str(type(found).__name__)


def signature(thing: Any) -> Signature:
    """The parameters of a function in Python; ValueError for one in C, of which Python knows none."""
    found = operation(thing)
    assert found is not None
    if kind_of_function(thing) not in ("function", "method"):
        raise ValueError(f"no signature found for builtin {thing!r}")
    parameters = [
        Parameter(
            each.name,
            Parameter.VAR_POSITIONAL
            if each.varargs
            else Parameter.KEYWORD_ONLY
            if each.keyword_only
            else Parameter.POSITIONAL_OR_KEYWORD,
            default=Parameter.empty if each.required or each.varargs else each.default,
            annotation=_annotation(each),
        )
        for each in found.schema.parameters[type(thing) in BOUND :]
    ]
    return Signature(parameters, return_annotation=Tensor)


def _annotation(parameter: Any) -> Any:
    """PyTorch's annotation of a parameter: of a flag or a number its default tells."""
    if parameter.optional:
        return Parameter.empty
    told = type(parameter.default) if type(parameter.default) in (bool, int, float) else Parameter.empty
    return ANNOTATIONS.get(parameter.type, told)
