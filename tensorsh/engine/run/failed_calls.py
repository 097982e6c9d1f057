"""Calls that failed: NumPy's spellings are tried, and PyTorch's own words for what is wrong are found.

Most of PyTorch's functions are C++ behind a parser of arguments (`native`). The others are Python functions,
with Python's complaints: those of `nn.functional` but for a few, and some of the rest.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from types import CodeType, FrameType, FunctionType, TracebackType
from typing import Any

from ...errors import ArgumentError, Facts, facts_of, know
from ...source import PACKAGE
from ..calls import asked, native
from ..calls.accepts import Refused
from ..calls.old_spellings import respelled
from ..calls.python_functions import in_python, methods_in_python, python_signatures
from ..core import context
from ..core.memory_errors import out_of_memory
from ..records.op import Op
from ..records.schema import Schema
from ..values.as_argument import type_name
from ..values.batched import Unbatchable, over_slices
from ..values.tensor import Tensor
from .into import into

#: keyword spellings PyTorch takes over from NumPy
ALIASES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "self": "input", "a": "input", "x2": "other"}


#: what an operation raises for arguments that no check of its own refuses
MISUSE = (TypeError, ValueError, AttributeError, IndexError)

#: code that stands in the place of an operation's own and calls that
handing_on: set[CodeType] = set()

#: where calls are programs' own, and PyTorch's modules'
PROGRAM = ("<tensorsh ", os.path.join(PACKAGE, "torch") + os.sep)
#: what stands between an operation and the program that called it; "<string>" is generated code
INSIDE = (os.path.join(PACKAGE, "engine"), os.path.join(PACKAGE, "ops"), "<string>")


def another_way(
    op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception
) -> Callable[[], Any] | None:
    """A call that failed, to be made otherwise: in NumPy's spelling, in an old one, slice by slice in a vmap, or with
    the numbers of a tuple written one by one."""
    if isinstance(facts_of(error), Unbatchable):
        return partial(over_slices, op, args, kwargs)
    if "out" in kwargs and not op.is_method and op.name in native.takes_out():
        return partial(into, op, args, kwargs)
    if not binding_failed(error):
        return None
    names = {p.name for p in op.schema.parameters}
    renamed = {ALIASES.get(k, k) if k not in names else k: v for k, v in kwargs.items()}
    in_c = op.name not in python_signatures()  # a function in Python has one spelling
    if in_c and renamed.keys() != kwargs.keys() and renamed.keys() <= names:
        return partial(op.bound, *args, **renamed)
    if op.is_method and len(args) > 2 and native.spreads(op, op.name.removeprefix("Tensor."), args[1:]):
        return partial(op.bound, args[0], args[1:], **kwargs)
    old = respelled(op, args, kwargs)
    return None if old is None else partial(op.bound, **old)


def binding_failed(error: Exception) -> bool:
    """Whether Python itself refused to bind a call of an operation: no frame is inside but of what hands it on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None and trace.tb_next.tb_frame.f_code in handing_on:
        trace = trace.tb_next
    return isinstance(error, TypeError) and trace is not None and trace.tb_next is None


def explained(
    op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception, caller: FrameType
) -> Exception | None:
    """What a failed call raises instead; None if the error is good as it is.

    PyTorch's argument parser looks at a call before anything else does. Only the operation that the program
    called is held against its signatures, not those that it calls itself.
    """
    if getattr(error, "of_program", False):
        return None
    if op.is_method and not (args and isinstance(args[0], Tensor)) and is_plain_method(op, args):
        return of_no_tensor(op, args)
    facts = facts_of(error)
    if facts is None and not isinstance(error, MISUSE):
        return out_of_memory(error)
    outermost = is_outermost(caller, op.__call__.__code__) and not through_program(error.__traceback__)
    if outermost:
        refused = refusal(op, context.current().spelling(caller), args, kwargs)
        if refused is not None and (facts is None or str(refused) != str(error) or facts.kind == "type"):
            known = facts_of(refused)
            assert known is not None
            known.operands = args
            if facts is not None and facts.kind == "type" and facts.help:
                known.help = facts.help
            return refused
    if facts is not None:
        return None
    if binding_failed(error):
        message = re.sub(r"^\w+\(\)", f"{op.schema.title}()", str(error))
        return ArgumentError(message, code="signature", help=f"the signature is {op.schema}", operands=args)
    if not outermost:
        return None
    memory = out_of_memory(error)
    if memory is not None:
        return memory
    given = [type_name(value) for value in args]
    given += [f"{name}={type_name(value)}" for name, value in kwargs.items()]
    return ArgumentError(
        f"{op.schema.title}(): these arguments do not fit: ({', '.join(given)})",
        code="argument-type",
        help=f"the signature is {op.schema}",
    )


def is_plain_method(op: Op, args: tuple[Any, ...]) -> bool:
    """Whether it is a method in C, and what it is called with has no say in operations."""
    return op.__name__ not in methods_in_python() and not (args and hasattr(args[0], "__torch_function__"))


def of_no_tensor(op: Op, args: tuple[Any, ...]) -> Exception:
    """Python's own words for `torch.Tensor.abs(3)`."""
    if not args:
        message = f"unbound method TensorBase.{op.__name__}() needs an argument"
    else:
        given = type_name(args[0])
        message = f"descriptor '{op.__name__}' for 'torch._C.TensorBase' objects doesn't apply to a '{given}' object"
    return ArgumentError(message, code="argument-type", operands=args)


def is_outermost(frame: FrameType | None, call: CodeType) -> bool:
    """Whether no other operation stands between a call and the program."""
    while frame is not None and frame.f_code.co_filename.startswith(INSIDE):
        if frame.f_code is call:
            return False
        frame = frame.f_back
    return True


def through_program(trace: TracebackType | None) -> bool:
    """Whether an error came from a function of the program that an operation called."""
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename.startswith(PROGRAM) and code not in handing_on:
            return True
        trace = trace.tb_next
    return False


def refusal(op: Op, written: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Exception | None:
    """PyTorch's error for a call that its signature refuses; None if it is not the call's form that is wrong.

    `written` is what the program called the operation: "torch.sum", "sum", "F.relu".
    """
    names = [name.removeprefix("torch.") for name in op.names]
    path = getattr(op, "path", None) or written.removeprefix("torch.")
    last = path.rpartition(".")[2]
    same = sorted((n for n in names if n.rpartition(".")[2] == last), key=lambda n: n.count("."))
    unwritten = op.name if op.name in names or not names else names[0]
    name = path if path in names else same[0] if same else unwritten
    method = op.is_method
    if not method and last in asked.tables()[0] and path.removesuffix(f".{last}") in FUNCTIONAL:
        name = f"nn.functional.{last}"
    args = args[1:] if method else args
    python = python_function(op, name, method)
    refused: Exception | None
    if python is None:
        name = name.removeprefix("nn.functional.").removeprefix("Tensor.")
        refused = native.refusal(op, name, args, kwargs, method)
    else:
        try:
            if not method and name in BY_FLAGS:
                python.__qualname__ = chosen(*BY_FLAGS[name], args, kwargs)
        except Exception as error:  # of an array that is to be a flag
            return fresh(error)
        refused = python_refusal(python, (None, *args) if method else args, kwargs)
    if not isinstance(refused, Refused):
        return refused
    near: list[str] = []
    if refused.argument in kwargs:
        names = [p.name for p in op.schema.parameters]
        near = get_close_matches(refused.argument, [n for n in names if n != refused.argument], 1)
    return ArgumentError(
        str(refused),
        code=refused.code,
        help=f"did you mean '{near[0]}'?" if near else _no_tensor(refused) or f"the signature is {op.schema}",
        argument=refused.argument,
        position=refused.position,
    )


#: what stands where a tensor is wanted, and what to do
NO_TENSORS = {
    "tuple": "it holds several values: take the one that is meant, as in out, state = lstm(x)",
    "NoneType": "it is None: does the function or forward that gave it return something?",
}


def _no_tensor(refused: Refused) -> str | None:
    return NO_TENSORS.get(str(refused).rpartition("must be Tensor, not ")[2])


# ------------------------------------------------------------------ what PyTorch has in Python

#: what programs call nn.functional
FUNCTIONAL = ("F", "functional", "nn.functional")

#: functions that a flag chooses another function for: what is chosen by the values of (flag, its position)
BY_FLAGS: dict[str, tuple[tuple[tuple[str, int], ...], tuple[str, ...]]] = {
    "unique": (
        (("return_inverse", 2), ("return_counts", 3)),
        ("_return_output", "_return_counts", "_return_inverse", "_return_inverse_and_counts"),
    ),
    "unique_consecutive": (
        (("return_inverse", 2), ("return_counts", 1)),
        tuple(
            f"_consecutive_return_{what}" for what in ("output", "counts", "inverse", "inverse_and_counts")
        ),
    ),
    **{
        f"nn.functional.{name}": ((("return_indices", at),), (f"_{name}", f"{name}_with_indices"))
        for at, names in (
            (6, ("max_pool1d", "max_pool2d", "max_pool3d")),
            (2, ("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d")),
            (4, ("fractional_max_pool2d", "fractional_max_pool3d")),
        )
        for name in names
    },
}


def python_function(op: Op, name: str, method: bool) -> FunctionType | None:
    """A function with the signature that PyTorch's has in Python; None if PyTorch has it in C++."""
    key = f"Tensor.{name.removeprefix('Tensor.')}" if method else name
    short = name.removeprefix("nn.functional.")
    if name.startswith("nn.functional.") and short in asked.tables()[0]:
        return asked.tables()[0][short]
    if not method and name in asked.tables()[1]:
        return asked.tables()[1][name]
    entry = python_signatures().get(key)
    if entry is None:
        if method or not in_python(name):
            return None
        entry = name.rpartition(".")[2], python_parameters(op.schema)
    title, parameters = entry
    scope: dict[str, Any] = {}
    exec(f"def function({parameters}): pass", scope)
    function: FunctionType = scope["function"]
    function.__qualname__ = title
    return function


def chosen(
    flags: tuple[tuple[str, int], ...], names: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> str:
    """The function that the flags of a call choose."""
    at = 0
    for flag, position in flags:
        value = kwargs.get(flag, args[position] if position < len(args) else False)
        at = 2 * at + bool(value)
    return names[at]


def python_parameters(schema: Schema) -> str:
    """A signature as Python writes it."""
    parts, starred = [], False
    for p in schema.parameters:
        if p.keyword_only and not starred:
            parts.append("*")
        starred = starred or p.keyword_only or p.varargs
        parts.append(f"*{p.name}" if p.varargs else p.name if p.required else f"{p.name}=None")
    return ", ".join(parts)


def python_refusal(function: FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Exception | None:
    """Python's complaint about a call, or what stops the function inside."""
    lists = context.current().lists and any(isinstance(value, list) for value in (*args, *kwargs.values()))
    try:
        with context.GradMode(False):
            function(*args, **kwargs)
    except Refused as refused:
        return refused
    except Exception as error:
        trace = error.__traceback__
        if trace is not None and trace.tb_next is not None:
            return None if lists else fresh(error)  # a list is a tensor in a program of tensorsh's own
        code = function.__code__
        known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        unknown = next((name for name in kwargs if name not in known), None)
        return Refused(str(error), code="signature", argument=unknown)
    return None


#: the kinds of errors of Python's own
KINDS = {AttributeError: "name", TypeError: "type", ValueError: "value"}


def fresh(error: Exception) -> Exception:
    """An error to be raised elsewhere, with what is known about it."""
    if facts_of(error) is None:
        kind = KINDS.get(type(error), "value")
        know(error, Facts(kind, {"name": "attribute", "type": "argument-type"}.get(kind)))
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
