"""Errors as data: raised with facts here, given a place by the evaluator, printed by `render.error`.

Each class is one `kind`; `code` is the stable name a program can match on. `message` is PyTorch's
(or Python's) own wording wherever they have one; what tensorsh adds goes into `help` and `labels`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .source import Span


class TensorshError(Exception):
    """Anything that stops a statement, as data; `docs/errors.md` lists every code.

    message   what happened, in PyTorch's words where PyTorch has this error
    kind      the family it belongs to: "shape", "dtype", "gradient", "syntax", …
    code      a stable name for this error, `kind` unless a finer one is given
    help      how to fix it, in words a user can type, or None
    span      the smallest guilty piece of the program: `.text`, `.position` (line, column), `.source.name`
    labels    (span, text) pairs: what each operand was
    trail     spans of the calls of the program's own functions that led there, outermost first
    exit_code what the command line answers
    operands  the values that an operation was given; the evaluator turns them into labels
    """

    kind = "error"
    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        help: str | None = None,
        span: Span | None = None,
        labels: tuple[tuple[Span, str], ...] = (),
        operands: tuple[Any, ...] | None = None,
    ):
        super().__init__(message)
        self.message = message
        self.code = code or self.kind
        self.help = help
        self.span = span
        self.labels = labels
        self.operands = operands
        self.trail: tuple[Span, ...] = ()  # call sites of user functions, outermost first


class ParseError(TensorshError):
    """The text is not a program. `incomplete` says that more lines could still make it one."""

    kind = "syntax"
    exit_code = 3
    incomplete = False


class NameNotFound(TensorshError):
    kind = "name"


class ArgumentError(TensorshError):
    """A call does not fit the signature, or an operand has a type the operation does not take."""

    kind = "type"


class ShapeError(TensorshError):
    kind = "shape"


class DTypeError(TensorshError):
    kind = "dtype"


class DeviceError(TensorshError):
    kind = "device"


class IndexError(TensorshError):
    kind = "index"


class ValueError(TensorshError):
    kind = "value"


class GradientError(TensorshError):
    """`backward`, `grad`, leaves, views and versions."""

    kind = "gradient"


class LinalgError(TensorshError):
    kind = "linalg"


class DataError(TensorshError):
    """A file or stream that cannot be read or written."""

    kind = "data"


class AssertionFailed(TensorshError):
    kind = "assertion"


class RecursionError(TensorshError):
    kind = "recursion"


class Unsupported(TensorshError):
    """PyTorch has it, tensorsh has not (yet)."""

    kind = "unsupported"


class UsageError(TensorshError):
    """The command line is wrong."""

    kind = "usage"
    exit_code = 2


class Warned(TensorshError):
    """A warning, as data: it is shown as errors are, and stops nothing. `category` is Python's class of it."""

    kind = "warning"
    exit_code = 0

    def __init__(self, message: str, category: type[Warning], *, help: str | None = None):
        super().__init__(message, code=category.__name__, help=help)
        self.category = category
