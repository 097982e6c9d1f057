"""Where in the program an error belongs, and what each operand was.

The guilty piece is the smallest that the error is about: an operator, an argument, a row of a literal.
Labels say the dtype and shape of what an operation was given: from the error, from the frame of the
call that failed, or from the variables that are written there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any

from ...engine.core import context
from ...engine.records.op import Op
from ...engine.values.tensor import Tensor
from ...errors import Facts, ParseError
from ...kinds import kind_of
from ...kinds.ownership import own_class
from ...source import Source, Span
from ..syntax import ast


def guilty(node: ast.Node, facts: Facts) -> Span:
    """The smallest piece of `node` that an error is about."""
    if facts.code in ("ragged", "tensor-data"):  # a literal becomes a tensor where it is used
        literal = _guilty_literal(node)
        if literal is not None:
            return literal
    match node:
        case ast.If() | ast.While():
            return node.condition.span
        case _ if facts.code == "ambiguous":  # of what a comparison gave, not of it
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
            return _guilty_in_call(node, facts)
        case ast.Subscript(items=(first, *_)):
            return first.span.to(node.items[-1].span)
        case ast.Assign(targets=(target, *_)) if not isinstance(target, ast.Name):
            return target.span
        case ast.Backward(roots=(first, *_)):
            return first.span.to(node.roots[-1].span)
        case ast.GradWrt(wrt=(first, *_)) if facts.code in ("no-grad-required", "unused-input"):
            return first.span.to(node.wrt[-1].span)
        case ast.GradOf() | ast.GradWrt() | ast.Graph() | ast.Explain():
            return node.value.span
        case ast.For():
            return node.iterable.span
        case ast.Define():
            return node.name_span
    return node.span


def _guilty_in_call(node: ast.Call, facts: Facts) -> Span:
    """The argument that the message is about, else the name of what is called."""
    if facts.kind == "device":
        for argument in node.arguments:
            if argument.name == "device" or (
                isinstance(argument.value, ast.Constant) and isinstance(argument.value.value, str)
            ):
                return argument.span
    if facts.argument is not None:
        for argument in node.arguments:
            if argument.name == facts.argument:
                return argument.span
    if facts.position is not None:
        positional = [argument for argument in node.arguments if argument.name is None]
        if 0 < facts.position <= len(positional):
            return positional[facts.position - 1].span
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


def written_name(node: ast.Node | None) -> str:
    """What the program calls what it calls: "torch.sum", "sum"; "" for what is neither a call nor a name.

    Python gives the call of a method the line of the method's name.
    """
    parts, of = [], node.function if isinstance(node, ast.Call) else node
    while isinstance(of, ast.Attribute):
        parts.append(of.name)
        of = of.value
    if isinstance(of, ast.Name):
        parts.append(of.id)
    return ".".join(reversed(parts))


def statement_at(line: str, column: int) -> str:
    """The one of the statements on a line that a column is in; the whole line where that is not clear."""
    from ..syntax.parse import parse

    if ";" in line:
        try:
            statements = parse(Source(line)).body
        except ParseError:
            statements = ()
        for statement in statements:
            if statement.span.start <= column < statement.span.end:
                return statement.span.text
    return line.strip()


def labels(node: ast.Node, operands: tuple[Any, ...]) -> Iterator[tuple[Span, str]]:
    """What each operand was, beside the expression it came from."""
    places = list(_operand_expressions(node))
    flat: list[Any] = []
    for operand in operands:
        flat.extend(operand if issubclass(type(operand), tuple | list) else (operand,))
    tensors = [operand for operand in flat if issubclass(type(operand), Tensor)]
    values = [place for place in places if not isinstance(place, ast.Constant)]
    if len(places) == len(flat):
        pairs: Iterable[tuple[Any, Any]] = zip(places, flat, strict=True)
    else:
        pairs = zip(values, tensors, strict=False)
    for place, operand in pairs:
        if operand is not None:
            yield place.span, describe(operand)


def arguments_of_call(node: ast.Node, error: BaseException) -> Iterator[tuple[Span, str]]:
    """The tensors that a call of an operation was given, whatever inside the operation went wrong."""
    if not isinstance(node, ast.Call) or any(isinstance(a.value, ast.Starred) for a in node.arguments):
        return
    _, given_values, named = operation(error)
    values = list(given_values)
    positional = [argument.value for argument in node.arguments if argument.name is None]
    if isinstance(node.function, ast.Attribute) and len(values) == len(positional) + 1:
        positional.insert(0, node.function.value)
    if len(values) != len(positional):
        return
    given = [*zip(positional, values, strict=True)]
    given += [(a.value, named[a.name]) for a in node.arguments if a.name in named]
    for place, value in given:
        if isinstance(place, ast.ListExpr | ast.TupleExpr) and issubclass(type(value), list | tuple):
            items = zip(place.items, value, strict=False)
            yield from ((item.span, describe(each)) for item, each in items if issubclass(type(each), Tensor))
        elif issubclass(type(value), Tensor):
            yield place.span, describe(value)


def operation(error: BaseException) -> tuple[Op | None, tuple[Any, ...], dict[str, Any]]:
    """The operation that the program called, and with what; None if it was not in one."""
    for frame in frames_inside(error)[1:]:
        found = frame.f_locals
        if issubclass(type(found.get("self")), Op) and "args" in found and "kwargs" in found:
            return found["self"], found["args"], found["kwargs"]
    return None, (), {}


def frames_inside(error: BaseException) -> list[FrameType]:
    """From the innermost frame of the program's own code inwards."""
    frames: list[FrameType] = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith("<tensorsh "):
            frames = []
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    return frames


def named_operands(node: ast.Node, error: BaseException) -> Iterator[tuple[Span, str]]:
    """The same where the error does not tell: the values of those operands that are names."""
    frame = frames_inside(error)[0]
    absent = object()
    for place in _operand_expressions(node):
        if isinstance(place, ast.Name) and place.id[0] != ".":  # a name that the program has written
            value = frame.f_locals.get(place.id, frame.f_globals.get(place.id, absent))
            if issubclass(type(value), Tensor) or (value is not absent and not isinstance(node, ast.Call)):
                yield place.span, describe(value)


def held_by(node: ast.Node, error: BaseException) -> Any:
    """The dictionary in which the program looked for a key, where its name is written; else None."""
    match node:
        case ast.Call(function=ast.Attribute(value=place)) | ast.Subscript(value=place):
            pass
        case ast.AugAssign(target=ast.Subscript(value=place)):
            pass
        case ast.Delete(targets=(ast.Subscript(value=place),)):
            pass
        case _:
            return None
    if not isinstance(place, ast.Name):
        return None
    frame = frames_inside(error)[0]
    return frame.f_locals.get(place.id, frame.f_globals.get(place.id))


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
        case ast.Subscript() | ast.Convert() | ast.GradOf():
            yield node.value
        case ast.Declare(value=ast.Expr() as value):
            yield value
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


#: bits of an integer whose digits are told
LONGEST = 128


def describe(value: Any) -> str:
    """`float32[2, 3]`; a host value by its type."""
    if issubclass(type(value), Tensor):
        of = value.spec  # a class of the program does not hear of it
        where = "" if of.device == context.current().device else f" on {of.device}"
        return f"{of.dtype.name}{list(of.shape)}{where}"
    kind = type(value)
    if own_class(kind):  # whose methods are the program's, and may fail
        return kind.__name__
    if kind is int and value.bit_length() > LONGEST:
        return f"int of {value.bit_length()} bits"
    if kind in (bool, int, float, complex):
        return f"{kind.__name__} {value}"
    if kind_of(kind).entries is not None:
        with contextlib.suppress(OverflowError):  # of a range
            return f"{kind.__name__} of {len(value)}"
    return kind.__name__
