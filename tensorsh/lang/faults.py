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
from types import FrameType, TracebackType
from typing import Any

from .. import errors
from ..engine.op import Op
from ..engine.tensor import Tensor
from ..errors import TensorshError
from ..source import Span
from . import ast
from .namespace import did_you_mean

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
)

#: where Python raises for what a program does: its code, the runtime, and the formatting of values
LANG = os.path.dirname(__file__)
PROGRAM = ("<tensorsh ", LANG, os.path.join(os.path.dirname(LANG), "session.py"))
TRAIL = 20  # how many call sites an error keeps


class InternalError(TensorshError):
    """A mistake in tensorsh itself."""

    kind = "internal"


def fault(error: BaseException, find: Find, names: Iterable[str]) -> TensorshError:
    """The error to report. `find` looks a node up, `names` are what a misspelt name may have meant."""
    sites = list(_sites(error.__traceback__, find))
    node = getattr(error, "site", None) or (sites[-1] if sites else None)
    report = error if isinstance(error, TensorshError) else _translated(error, sites, names)
    if node is not None:
        if report.span is None:
            report.span = guilty(node, report)
        if not report.labels:
            report.labels = (
                tuple(_arguments(node, error))
                or tuple(labels(node, report.operands or ()))
                or tuple(_named_operands(node, error))
            )
    report.trail = trail(sites, report.span)
    return report


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
    if _raised_by_the_program(error):
        for kind, ours, code in KINDS:
            if isinstance(error, kind):
                if isinstance(error, KeyError):
                    message = f"key {message} not found"
                if isinstance(error, OverflowError | OSError) and len(error.args) == 2:
                    message = error.args[1]  # the first is the system's error number
                return ours(message or type(error).__name__, code=code, help=_hint(message))
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
    (r"'function' object .* context manager", "call it: with no_grad():"),
    (r"(?:too many|not enough) values to unpack", "as many names as values; *rest takes what is left"),
    (r"'tuple' object does not support item assignment", "a list can change: xs = list(xs)"),
    (r"'str' object does not support item assignment", "make a new string: s[:i] + new + s[i + 1:]"),
    (r"division by zero|modulo by zero", "float tensors divide by zero, to inf or nan: tensor(1.) / 0"),
    (r"invalid literal for int\(\) .*'[-+]?\d*\.\d*'", "read it as a float first: int(float(s))"),
    (r"(?:Unknown|Invalid) format|unsupported format", 'formats are for single values: f"{x.item():.3f}"'),
    (r"(?:list|tuple|string) index out of range", "the first has index 0, the last -1"),
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
        help="`on meta` computes shapes without memory",
    )


# ------------------------------------------------------------------ places and labels


def guilty(node: ast.Node, report: TensorshError) -> Span:
    """The smallest piece of `node` that an error is about."""
    if report.code in ("ragged", "tensor-data"):  # a literal becomes a tensor where it is used
        literal = _guilty_literal(node)
        if literal is not None:
            return literal
    match node:
        case ast.If() | ast.While():
            return node.condition.span
        case _ if report.message.startswith("Boolean value of"):  # of what a comparison gave, not of it
            return node.span
        case ast.With(items=(only,)):
            return only.context.span
        case ast.Binary() | ast.AugAssign():
            return node.op_span
        case ast.Compare(op_spans=(only,)):
            return only
        case ast.Attribute():
            return node.name_span
        case ast.Call():
            return _guilty_in_call(node, report)
        case ast.Subscript(items=(first, *_)):
            return first.span.to(node.items[-1].span)
        case ast.Assign(targets=(target, *_)) if not isinstance(target, ast.Name):
            return target.span
        case ast.Backward(roots=(first, *_)):
            return first.span.to(node.roots[-1].span)
        case ast.GradWrt(wrt=(first, *_)) if report.code in ("no-grad-required", "unused-input"):
            return first.span.to(node.wrt[-1].span)
        case ast.GradOf() | ast.GradWrt() | ast.Graph() | ast.Explain():
            return node.value.span
        case ast.For():
            return node.iterable.span
        case ast.Define():
            return node.name_span
    return node.span


def _guilty_in_call(node: ast.Call, report: TensorshError) -> Span:
    """The argument that the message is about, else the name of what is called."""
    if isinstance(report, errors.DeviceError):
        for argument in node.arguments:
            if argument.name == "device" or (
                isinstance(argument.value, ast.Constant) and isinstance(argument.value.value, str)
            ):
                return argument.span
    named = re.search(r"argument '(\w+)'(?: \(position (\d+)\))?|keyword argument '(\w+)'", report.message)
    if named:
        for argument in node.arguments:
            if argument.name is not None and argument.name in (named[1], named[3]):
                return argument.span
        if named[2]:
            position = int(named[2]) - 1 - is_method(node)
            positional = [argument for argument in node.arguments if argument.name is None]
            if 0 <= position < len(positional):
                return positional[position].span
    match node.function:
        case ast.Attribute(name_span=span):
            return span
    return node.function.span


def _guilty_literal(node: ast.Node) -> Span | None:
    """The row of a literal that does not fit, or a list that is no tensor, in what `node` takes."""
    inside = (
        [each.value for each in node.arguments] if isinstance(node, ast.Call) else _operand_expressions(node)
    )
    operands = [node, *inside]
    for operand in operands:
        if isinstance(operand, ast.TensorLiteral) and operand.ragged is not None:
            return operand.ragged.span
    for operand in operands:
        if isinstance(operand, ast.ListExpr):
            return operand.span
    return None


PREFIXES = frozenset(
    {"torch", "F", "nn", "linalg", "fft", "special", "autograd", "func", "optim", "random", "cuda"}
)


def is_method(node: ast.Call) -> bool:
    """Whether a call has a receiver (`x.sum()`), rather than a prefix (`torch.sum(x)`)."""
    if not isinstance(node.function, ast.Attribute):
        return False
    root = node.function.value
    while isinstance(root, ast.Attribute):
        root = root.value
    return not (isinstance(root, ast.Name) and root.id in PREFIXES)


def labels(node: ast.Node, operands: tuple[Any, ...]) -> Iterator[tuple[Span, str]]:
    """What each operand was, beside the expression it came from."""
    places = list(_operand_expressions(node))
    flat: list[Any] = []
    for operand in operands:
        flat.extend(operand if isinstance(operand, tuple | list) else (operand,))
    tensors = [operand for operand in flat if isinstance(operand, Tensor)]
    values = [place for place in places if not isinstance(place, ast.Constant)]
    if len(places) == len(flat):
        pairs: Iterable[tuple[Any, Any]] = zip(places, flat, strict=True)
    else:
        pairs = zip(values, tensors, strict=False)
    for place, operand in pairs:
        if operand is not None:
            yield place.span, describe(operand)


def _arguments(node: ast.Node, error: BaseException) -> Iterator[tuple[Span, str]]:
    """The tensors that a call of an operation was given, whatever inside the operation went wrong."""
    if not isinstance(node, ast.Call) or any(isinstance(a.value, ast.Starred) for a in node.arguments):
        return
    inside = _frames(error)[1:]
    call = next((each.f_locals for each in inside if isinstance(each.f_locals.get("self"), Op)), {})
    values, named = list(call.get("args", ())), call.get("kwargs", {})
    positional = [argument.value for argument in node.arguments if argument.name is None]
    if isinstance(node.function, ast.Attribute) and len(values) == len(positional) + 1:
        positional.insert(0, node.function.value)
    if len(values) != len(positional):
        return
    given = [*zip(positional, values, strict=True)]
    given += [(a.value, named[a.name]) for a in node.arguments if a.name in named]
    for place, value in given:
        if isinstance(place, ast.ListExpr | ast.TupleExpr) and isinstance(value, list | tuple):
            items = zip(place.items, value, strict=False)
            yield from ((item.span, describe(each)) for item, each in items if isinstance(each, Tensor))
        elif isinstance(value, Tensor):
            yield place.span, describe(value)


def _frames(error: BaseException) -> list[FrameType]:
    """From the innermost frame of the program's own code inwards."""
    frames: list[FrameType] = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith("<tensorsh "):
            frames = []
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    return frames


def _named_operands(node: ast.Node, error: BaseException) -> Iterator[tuple[Span, str]]:
    """The same where the error does not tell: the values of those operands that are names."""
    frame = _frames(error)[0]
    absent = object()
    for place in _operand_expressions(node):
        if isinstance(place, ast.Name):
            value = frame.f_locals.get(place.id, frame.f_globals.get(place.id, absent))
            if isinstance(value, Tensor) or (value is not absent and not isinstance(node, ast.Call)):
                yield place.span, describe(value)


def _operand_expressions(node: ast.Node) -> Iterator[ast.Expr]:
    match node:
        case ast.Binary():
            yield node.left
            yield node.right
        case ast.AugAssign():
            yield node.target
            yield node.value
        case ast.Compare():
            yield from node.operands[:2]
        case ast.Unary():
            yield node.operand
        case ast.Subscript() | ast.Convert() | ast.GradOf() | ast.Declare():
            yield node.value
        case ast.GradWrt():
            yield from (node.value, *node.wrt)
        case ast.Attribute():
            yield node.value
        case ast.Backward():
            yield from node.roots
        case ast.Call():
            if is_method(node):
                assert isinstance(node.function, ast.Attribute)
                yield node.function.value
            for argument in node.arguments:
                if isinstance(argument.value, ast.ListExpr | ast.TupleExpr):
                    yield from argument.value.items
                else:
                    yield argument.value


def describe(value: Any) -> str:
    """`float32[2, 3]`; a host value by its type."""
    if isinstance(value, Tensor):
        where = "" if str(value.device) == "cpu" else f" on {value.device}"
        return f"{value.dtype.name}{list(value.shape)}{where}"
    if isinstance(value, bool | int | float | complex):
        return f"{type(value).__name__} {value}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__} of {len(value)}"
    return type(value).__name__
