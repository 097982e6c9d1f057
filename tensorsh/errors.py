"""Errors as data: exceptions of Python's classes with facts on them, and the report that is made of one.

`raise ShapeError("…", help="…")` raises what PyTorch raises there: an exception of exactly Python's class, so
that a program's `except RuntimeError` means what it says. What tensorsh knows beside the message (a code, help,
the operands) are its `Facts`. Where a program ends, the evaluator makes a `TensorshError` of exception, facts and
place; `render.error` prints that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .source import Span

Labels = tuple[tuple["Span", str], ...]


class Facts:
    """What is known about an error beside its class and message.

    kind      the family it belongs to: "shape", "dtype", "gradient", …
    code      a stable name for this error, `kind` unless a finer one is given
    help      how to fix it, in words a user can type, or None
    operands  the values that an operation was given; the evaluator turns them into labels
    argument  the parameter that the error is about, and `position` its place in the call from 1, if it has one
    span      the guilty piece of the program, where it is known when raising
    labels    (span, text) pairs: what each operand was
    """

    __slots__ = ("argument", "code", "help", "kind", "labels", "operands", "position", "span")

    def __init__(
        self,
        kind: str,
        code: str | None = None,
        help: str | None = None,
        operands: tuple[Any, ...] | None = None,
        argument: str | None = None,
        position: int | None = None,
        span: Span | None = None,
        labels: Labels = (),
    ):
        self.kind = kind
        self.code = code or kind
        self.help = help
        self.operands = operands
        self.argument = argument
        self.position = position
        self.span = span
        self.labels = labels


class Help(str):
    """A help line in tensorsh's own words; `torch` is the one for PyTorch programs, which have other words."""

    torch: str

    def __new__(cls, own: str, torch: str) -> Help:
        made = super().__new__(cls, own)
        made.torch = torch
        return made


#: what an exception itself keeps, whatever its class makes of attributes
KEPT: Any = BaseException.__dict__["__dict__"].__get__


def facts_of(error: BaseException) -> Facts | None:
    """The facts of an exception that tensorsh raised; None for any other."""
    found = KEPT(error).get("facts")
    return found if isinstance(found, Facts) else None


def is_kind(error: BaseException, *kinds: str) -> bool:
    """Whether tensorsh raised an exception as one of these kinds."""
    facts = facts_of(error)
    return facts is not None and facts.kind in kinds


def know(error: BaseException, facts: Facts) -> BaseException:
    """The same exception with facts on it."""
    error.facts = facts  # type: ignore[attr-defined]
    return error


# ------------------------------------------------------------------ what is raised


class Kind:
    """A family of errors; calling it makes an exception of the class that PyTorch raises for most of them.

    `raises` says another class for a single error, for where PyTorch does.
    """

    __slots__ = ("name", "raises")

    def __init__(self, name: str, raises: type[Exception]):
        self.name = name
        self.raises = raises

    def __call__(self, message: str, *, raises: type[Exception] | None = None, **facts: Any) -> Exception:
        error = (raises or self.raises)(message)
        error.facts = Facts(self.name, **facts)  # type: ignore[attr-defined]
        return error


class LinAlgError(RuntimeError):
    """`torch.linalg.LinAlgError`, which PyTorch has under another name."""

    __slots__ = ()


LinAlgError.__module__, LinAlgError.__name__, LinAlgError.__qualname__ = (
    "torch._C",
    "_LinAlgError",
    "_LinAlgError",
)


def unknown_name(message: str, name: str, help: str | None = None) -> NameError:
    error = NameError(message, name=name)
    know(error, Facts("name", help=help))
    return error


def unknown_attribute(message: str, name: str, of: Any, help: str | None = None) -> AttributeError:
    error = AttributeError(message, name=name, obj=of)
    know(error, Facts("name", "attribute", help))
    return error


#: a call that does not fit the signature, or an operand of a type that the operation does not take
ArgumentError = Kind("type", TypeError)
ShapeError = Kind("shape", RuntimeError)
DTypeError = Kind("dtype", RuntimeError)
DeviceError = Kind("device", RuntimeError)
BadIndex = Kind("index", IndexError)
BadValue = Kind("value", RuntimeError)
#: `backward`, `grad`, leaves, views and versions
GradientError = Kind("gradient", RuntimeError)
#: an operation that makes NaN or infinity, where somebody wants to know (`--anomaly`)
NotFinite = Kind("value", FloatingPointError)
LinalgError = Kind("linalg", LinAlgError)
#: a file or stream that cannot be read or written, or does not hold what it should
DataError = Kind("data", ValueError)
#: what the command line does not let a program do, or no more
LimitError = Kind("limit", RuntimeError)
#: PyTorch has it, tensorsh has not (yet)
Unsupported = Kind("unsupported", NotImplementedError)


# ------------------------------------------------------------------ what is reported


class TensorshError(Exception):
    """What stops a statement, as data; `docs/errors.md` lists every code. `__cause__` is the exception itself.

    message      what happened, in PyTorch's words where PyTorch has this error
    error_class  the exception's class as Python prints it: "RuntimeError", "torch._C._LinAlgError"
    kind         the family it belongs to: "shape", "dtype", "gradient", "syntax", …
    code         a stable name for this error, `kind` unless a finer one is given
    help         how to fix it, in words a user can type, or None
    span         the smallest guilty piece of the program: `.text`, `.position` (line, column), `.source.name`
    labels       (span, text) pairs: what each operand was
    trail        spans of the calls of the program's own functions that led there, outermost first
    notes        what `add_note` added
    causes       (class, message) of the exceptions that it was raised from, the nearest first
    exit_code    what the command line answers
    facts        the exception's facts
    """

    kind = "error"
    error_class = "Exception"
    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        kind: str | None = None,
        error_class: str | None = None,
        code: str | None = None,
        help: str | None = None,
        span: Span | None = None,
        labels: Labels = (),
    ):
        super().__init__(message)
        self.message = message
        self.kind = kind or type(self).kind
        self.error_class = error_class or type(self).error_class
        self.facts = Facts(self.kind, code, help, span=span, labels=labels)
        self.trail: tuple[Span, ...] = ()
        self.notes: tuple[str, ...] = ()
        self.causes: tuple[tuple[str, str], ...] = ()

    @property
    def code(self) -> str:
        return self.facts.code

    @property
    def help(self) -> str | None:
        return self.facts.help

    @help.setter
    def help(self, text: str | None) -> None:
        self.facts.help = text

    @property
    def span(self) -> Span | None:
        return self.facts.span

    @span.setter
    def span(self, span: Span | None) -> None:
        self.facts.span = span

    @property
    def labels(self) -> Labels:
        return self.facts.labels


class ParseError(TensorshError):
    """The text is not a program: "SyntaxError", "IndentationError" or "TabError".

    incomplete   whether more lines could still make it one
    suggestion   a whole text to run in its place, if it is clear what was meant
    limit        whether it is a program, and too large for us
    """

    kind = "syntax"
    error_class = "SyntaxError"
    exit_code = 3
    incomplete = False
    suggestion: str | None = None
    limit = False


class UsageError(TensorshError):
    """The command line is wrong."""

    kind = "usage"
    error_class = "UsageError"
    exit_code = 2


class Warned(TensorshError):
    """A warning, as data: it is shown as errors are, and stops nothing. `category` is Python's class of it."""

    kind = "warning"
    exit_code = 0

    def __init__(self, message: str, category: type[Warning], *, help: str | None = None):
        super().__init__(message, code=category.__name__, help=help, error_class=category.__name__)
        self.category = category


class InternalError(TensorshError):
    """A mistake in tensorsh itself."""

    kind = "internal"


def report(error: BaseException, facts: Facts, message: str | None = None) -> TensorshError:
    """An exception as it is reported; without facts of its own, `facts` are what is known about it."""
    told = TensorshError(text_of(error) if message is None else message, kind=facts.kind)
    told.facts = facts
    told.error_class = class_name(type(error))
    told.notes = tuple(getattr(error, "__notes__", ()))
    told.causes = tuple(causes(error))
    return told


def plain(error: BaseException) -> BaseException:
    """The exception; another of the same name and text for one whose class answers for its attributes itself."""
    from .stand_in import is_plain, stand_in

    return error if is_plain(error) else stand_in(error, text_of(error))


def text_of(error: BaseException) -> str:
    """What an exception says; a program's may fail at that, and a traceback says so in these words."""
    try:
        return str(error)
    except Exception:
        return "<exception str() failed>"


def causes(error: BaseException) -> list[tuple[str, str]]:
    """The chain of `raise … from …`: each one's class and message."""
    found: list[tuple[str, str]] = []
    seen = {id(error)}
    cause = error.__cause__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        cause = plain(cause)
        found.append((class_name(type(cause)), text_of(cause)))
        cause = cause.__cause__
    return found


def class_name(kind: type[BaseException]) -> str:
    """A class as a traceback names it."""
    module = kind.__module__
    return kind.__qualname__ if module in ("builtins", "__main__") else f"{module}.{kind.__qualname__}"
