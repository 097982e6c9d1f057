"""Whatever was raised while a program ran, as one TensorshError with its place in the program.

The innermost frame of compiled code in the traceback says which node failed (`codegen` put the node's
number where Python keeps the line). From the node come the smallest guilty span and a label for every
operand: its dtype and shape.
"""

from __future__ import annotations

import builtins
import os
import re
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType

from .. import errors
from ..engine.tensor import type_name
from ..errors import TensorshError
from ..source import Span
from . import ast
from .namespace import did_you_mean
from .places import arguments_of_call, guilty, held_by, labels, named_operands, operation, written_name

Find = Callable[[str, int], ast.Node | None]

#: Python's exceptions that user code can cause, and what they are called here
KINDS: tuple[tuple[type[BaseException], type[TensorshError], str | None], ...] = (
    (UnboundLocalError, errors.NameNotFound, "unbound"),
    (NameError, errors.NameNotFound, None),
    (AttributeError, errors.NameNotFound, "attribute"),
    (builtins.IndexError, errors.IndexError, None),
    (KeyError, errors.IndexError, "key"),
    (ZeroDivisionError, errors.ValueError, "division-by-zero"),
    (OverflowError, errors.ValueError, "overflow"),
    (TypeError, errors.ArgumentError, None),
    (builtins.ValueError, errors.ValueError, None),
    (StopIteration, errors.ValueError, "stop-iteration"),
    (ArithmeticError, errors.ValueError, "arithmetic"),
    (OSError, errors.DataError, None),
    (RuntimeError, errors.ValueError, "changed-while-read"),
)

#: where Python raises for what a program does: its code, the runtime, and the formatting of values
LANG = os.path.dirname(__file__)
PACKAGE = os.path.dirname(LANG)
PROGRAM = (
    "<tensorsh ",
    LANG,
    os.path.join(PACKAGE, "text"),
    os.path.join(PACKAGE, "engine", "results.py"),
)
#: what an operation raises for arguments that no check of its own refuses
MISUSE = (TypeError, ValueError, AttributeError, IndexError)

#: methods of a tensor that take nothing are C in PyTorch
NO_ARGUMENTS = re.compile(r"^Tensor\.(\w+)\(\) takes 1 positional argument but (\d+) w\w+ given$")


def takes_none(match: re.Match[str]) -> str:
    return f"TensorBase.{match[1]}() takes no arguments ({int(match[2]) - 1} given)"


SMALLER = "`on meta` computes shapes without memory"
TRAIL = 20  # how many call sites an error keeps


class InternalError(TensorshError):
    """A mistake in tensorsh itself."""

    kind = "internal"


def fault(error: BaseException, find: Find, names: Iterable[str]) -> TensorshError:
    """The error to report. `find` looks a node up, `names` are what a misspelt name may have meant."""
    sites = list(_sites(error.__traceback__, find))
    node = getattr(error, "site", None) or (sites[-1] if sites else None)
    report = _refused(error, node) or (
        error if isinstance(error, TensorshError) else _translated(error, sites, names)
    )
    if node is not None:
        if report.span is None:
            report.span = guilty(node, report)
        if not report.labels:
            report.labels = (
                tuple(arguments_of_call(node, error))
                or tuple(labels(node, report.operands or ()))
                or tuple(named_operands(node, error))
            )
    report.trail = trail(sites, report.span)
    return report


def _refused(error: BaseException, node: ast.Node | None) -> TensorshError | None:
    """What PyTorch's argument parser says about the operation that failed: it looks before anything else does."""
    op, args, kwargs = operation(error)
    if op is None or not isinstance(node, ast.Call):
        return None
    from ..engine.calls import refusal

    refused = refusal(op, written_name(node), args, kwargs)
    if refused is not None:
        refused.operands = args
        if isinstance(error, errors.ArgumentError) and error.help:
            refused.help = error.help
    return refused


def trail(sites: list[ast.Node], span: Span | None) -> tuple[Span, ...]:
    """The calls that led to the error, outermost first; a comprehension is no call.

    What is wrong in the text of another file (it does not parse) was still brought in by the last of them.
    """
    if sites and (span is None or span.source is sites[-1].span.source):
        sites = sites[:-1]
    return tuple(site.span for site in sites if not isinstance(site, ast.Comprehension))[-TRAIL:]


def _sites(trace: TracebackType | None, find: Find) -> Iterator[ast.Node]:
    while trace is not None:
        node = find(trace.tb_frame.f_code.co_filename, trace.tb_lineno or 0)
        if node is not None:
            yield node
        trace = trace.tb_next


# ------------------------------------------------------------------ Python's exceptions


def _translated(error: BaseException, sites: list[ast.Node], names: Iterable[str]) -> TensorshError:
    message = str(error)
    if isinstance(error, builtins.RecursionError):
        return errors.RecursionError(
            "maximum recursion depth exceeded", help=f"{_innermost(error)} calls itself too often; use a loop"
        )
    if isinstance(error, MemoryError):
        return _out_of_memory(error)
    if isinstance(error, NameError) and not isinstance(error, UnboundLocalError):
        return _unknown_name(error, message, names)
    if isinstance(error, ValueError) and "integer string conversion" in message:
        return errors.ValueError(
            message.partition(";")[0],
            code="overflow",
            help='show it in hexadecimal, f"{n:x}", or a part of it, n % 10**20',
        )
    if isinstance(error, ValueError) and message.startswith("Maximum allowed "):
        return errors.ValueError("Storage size calculation overflowed", code="out-of-memory", help=SMALLER)
    if _raised_by_the_program(error):
        for kind, ours, code in KINDS:
            if isinstance(error, kind):
                if isinstance(error, KeyError):
                    return _unknown_key(error, sites)
                message = NO_ARGUMENTS.sub(takes_none, message)
                if isinstance(error, OSError) and len(error.args) == 2:
                    message = error.args[1]  # the first is the system's error number
                return ours(message or type(error).__name__, code=code, help=_hint(message))
    op, args, kwargs = operation(error)
    if op is not None and isinstance(error, MISUSE):
        given = [type_name(value) for value in args]
        given += [f"{name}={type_name(value)}" for name, value in kwargs.items()]
        return errors.ArgumentError(
            f"{op.schema.title}(): these arguments do not fit: ({', '.join(given)})",
            code="argument-type",
            help=f"the signature is {op.schema}",
        )
    report = InternalError(
        f"{type(error).__name__}: {message}",
        help="this is a mistake in tensorsh, not in your program; --debug shows where",
    )
    report.__cause__ = error
    return report


#: what Python's messages leave unsaid
HINTS = (
    (r"'int' object is not iterable", "count with range: for i in range(n)"),
    (r"'(?:float|bool|NoneType)' object is not iterable", "a loop runs over lists, ranges and tensors"),
    (r"can only concatenate str|unsupported operand .*'str'", 'write f"{x}" for text, float(s) for numbers'),
    (r"'Tensor' object is not callable", "an index is in brackets: x[0]; a product has its sign: x * (y)"),
    (r"'(?:int|float|complex)' object is not callable", "a product has its sign: 2 * (x)"),
    (r"'(?:list|tuple|str)' object is not callable", "an index is in brackets: xs[0]"),
    (r"'(?:type|function)' object .* context manager", "call it: with no_grad():"),
    (r"(?:too many|not enough) values to unpack", "as many names as values; *rest takes what is left"),
    (r"'tuple' object does not support item assignment", "a list can change: xs = list(xs)"),
    (r"'str' object does not support item assignment", "make a new string: s[:i] + new + s[i + 1:]"),
    (r"division by zero|modulo by zero", "float tensors divide by zero, to inf or nan: tensor(1.) / 0"),
    (r"invalid literal for int\(\) .*'[-+]?\d*\.\d*'", "read it as a float first: int(float(s))"),
    (r"(?:Unknown|Invalid) format|unsupported format", 'formats are for single values: f"{x.item():.3f}"'),
    (r"(?:list|tuple|string) index out of range", "the first has index 0, the last -1"),
    (r"unhashable type", "a key never changes: a string, a number, or a tuple of these"),
    (r"(?:dictionary|Set) changed size", "go over a copy: for k in list(d):"),
    (r"'(?:dict|set)' object is not callable", 'a key is in brackets: d["a"]'),
    (r"'set' object is not subscriptable", "a set has no order: sorted(s) is a list"),
    (r"cannot access local variable", "what a function assigns is its own: pass the value in as an argument"),
)  # fmt: skip


def _hint(message: str) -> str | None:
    return next((help for pattern, help in HINTS if re.match(pattern, message)), None)


def _raised_by_the_program(error: BaseException) -> bool:
    """Whether Python raised it for what the program did, rather than for a mistake in the engine."""
    place, trace = "", error.__traceback__
    while trace is not None:
        place, trace = trace.tb_frame.f_code.co_filename, trace.tb_next
    return place.startswith(PROGRAM) or isinstance(error, ArithmeticError | OSError)


def _innermost(error: BaseException) -> str:
    frame, trace = "it", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename.startswith("<tensorsh ") and code.co_name != "<module>":
            frame = f"{code.co_name}()"
        trace = trace.tb_next
    return frame


def _unknown_name(error: NameError, message: str, names: Iterable[str]) -> TensorshError:
    name = getattr(error, "name", None) or (re.findall(r"'([^']*)'", message) or [""])[0]
    return errors.NameNotFound(message, help=did_you_mean(name, names))


#: what Python says of a set and a dictionary that have nothing to give, as if it were a key
EMPTY = ("pop from an empty set", "popitem(): dictionary is empty")


def _unknown_key(error: KeyError, sites: list[ast.Node]) -> TensorshError:
    key = error.args[0] if error.args else None
    if key in EMPTY:
        return errors.IndexError(key, code="key", help="test it before: if d:")
    holder = held_by(sites[-1], error) if sites else None
    help = None
    if isinstance(holder, dict):
        help = did_you_mean(key, [k for k in holder if isinstance(k, str)]) if isinstance(key, str) else None
        help = help or _keys(holder)
    return errors.IndexError(f"key {key!r} not found", code="key", help=help)


def _keys(holder: dict[object, object]) -> str:
    shown = ", ".join(repr(key) for key in list(holder)[:6]) + ", …" * (len(holder) > 6)
    return f"the keys are {shown}" if holder else "the dictionary is empty"


def _out_of_memory(error: MemoryError) -> TensorshError:
    shape, dtype = getattr(error, "shape", None), getattr(error, "dtype", None)
    wanted = ""
    if shape is not None and dtype is not None:
        size = dtype.itemsize
        for length in shape:
            size *= length
        wanted = f": you tried to allocate {size} bytes. Error code 12 (Cannot allocate memory)"
    return errors.ValueError(
        f"DefaultCPUAllocator: can't allocate memory{wanted}",
        code="out-of-memory",
        help=SMALLER,
    )
