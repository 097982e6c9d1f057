"""Whatever was raised while a program ran, as one TensorshError with its place in the program.

The innermost frame of compiled code in the traceback says which node failed (`codegen` put the node's
number where Python keeps the line). From the node come the smallest guilty span and a label for every
operand: its dtype and shape.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, TracebackType

from ...engine.core.memory_errors import out_of_memory
from ...errors import (
    Facts,
    Help,
    InternalError,
    TensorshError,
    class_name,
    facts_of,
    is_kind,
    report,
    text_of,
)
from ...kinds.ownership import PROGRAM_FILE
from ...modules.absent import BUILTINS
from ...source import PACKAGE, Span
from ..names.attributes import public_names
from ..names.namespace import did_you_mean
from ..syntax import ast
from .hints import WORDS, hint, of_another_kind
from .places import arguments_of_call, guilty, held_by, labels, named_operands

Find = Callable[[str, int], ast.Node | None]

#: Python's exceptions, and what they are called here
KINDS: tuple[tuple[type[BaseException], str, str], ...] = (
    (UnboundLocalError, "name", "unbound"),
    (NameError, "name", "name"),
    (AttributeError, "name", "attribute"),
    (KeyError, "index", "key"),
    (IndexError, "index", "index"),
    (ZeroDivisionError, "value", "division-by-zero"),
    (OverflowError, "value", "overflow"),
    (MemoryError, "value", "out-of-memory"),
    (TypeError, "type", "type"),
    (ValueError, "value", "value"),
    (StopIteration, "value", "stop-iteration"),
    (ArithmeticError, "value", "arithmetic"),
    (OSError, "data", "data"),
    (EOFError, "data", "data"),
    (RecursionError, "recursion", "recursion"),
    (NotImplementedError, "unsupported", "unsupported"),
    (AssertionError, "assertion", "assertion"),
    (Warning, "warning", "warning"),
)

#: what an exception of a kind means that has no message
UNSAID = {"assertion": "assertion failed"}

#: where Python raises for what a program does: its code, the runtime, the formatting of values, PyTorch's modules
LIBRARY = os.path.join(PACKAGE, "torch") + os.sep
PROGRAM = (
    PROGRAM_FILE,
    os.path.join(PACKAGE, "lang"),
    os.path.join(PACKAGE, "text") + os.sep,
    os.path.join(PACKAGE, "kinds") + os.sep,
    os.path.join(PACKAGE, "modules") + os.sep,
    LIBRARY,
    os.path.join(PACKAGE, "ignite") + os.sep,
    os.path.join(PACKAGE, "train") + os.sep,
    os.path.join(PACKAGE, "check") + os.sep,
    os.path.join(PACKAGE, "session.py"),
    os.path.join(PACKAGE, "output.py"),
    os.path.join(PACKAGE, "render") + os.sep,
    os.path.join(PACKAGE, "engine", "core", "results.py"),
    os.path.join(PACKAGE, "ops", "transforms") + os.sep,  # they call functions of the program
)

TRAIL = 20  # how many call sites an error keeps


def fault(error: BaseException, find: Find, names: Iterable[str], pythonic: bool = False) -> TensorshError:
    """The error to report. `find` looks a node up, `names` are what a misspelt name may have meant.

    `pythonic` says that a PyTorch program failed, which gets help in its own words.
    """
    sites = list(_sites(error.__traceback__, find))
    if isinstance(error, SyntaxError) and is_kind(error, "syntax"):
        from ..syntax.python_syntax import reported

        error = reported(error)
    if (
        isinstance(error, TensorshError) and error.span is not None
    ):  # it does not parse, or is of another file
        error.trail = (*calls(sites), *error.trail)[-TRAIL:]
        return error
    node = getattr(error, "site", None) or (sites[-1] if sites else None)
    told = error if isinstance(error, TensorshError) else _reported(error, sites, names)
    if pythonic and isinstance(told.facts.help, Help):
        told.facts.help = told.facts.help.torch
    if node is not None:
        facts = told.facts
        if facts.span is None:
            facts.span = guilty(node, facts)
        if not facts.labels:
            facts.labels = (
                tuple(arguments_of_call(node, error))
                or tuple(labels(node, () if in_library(error) else facts.operands or ()))
                or tuple(named_operands(node, error))
            )
        if facts.help is not None and not in_library(error):
            from .own_words import in_own_words

            facts.help = in_own_words(facts.help, [span for span, _ in facts.labels])
    told.trail = calls(sites[:-1])
    return told


def in_library(error: BaseException) -> bool:
    """Whether a function of PyTorch's library called what failed: its operands are not the program's."""
    from ...engine.run.failed_calls import handing_on

    last, trace = "", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename.startswith((PROGRAM_FILE, LIBRARY)) and code not in handing_on:
            last = code.co_filename
        trace = trace.tb_next
    return last.startswith(LIBRARY)


def calls(sites: list[ast.Node]) -> tuple[Span, ...]:
    """The calls that led to the error, outermost first; a comprehension is no call."""
    return tuple(site.span for site in sites if not isinstance(site, ast.Comprehension))[-TRAIL:]


def _sites(trace: TracebackType | None, find: Find) -> Iterator[ast.Node]:
    while trace is not None:
        code = trace.tb_frame.f_code
        node = find(code.co_filename, trace.tb_lineno or _line_before(code, trace.tb_lasti))
        if node is not None:
            yield node
        trace = trace.tb_next


def _line_before(code: CodeType, instruction: int) -> int:
    """The line that came last, for an instruction of none: the way back of a loop, where an interrupt may come."""
    lines = [line for begin, _, line in code.co_lines() if line is not None and begin <= instruction]
    return lines[-1] if lines else 0


# ------------------------------------------------------------------ what is known about an exception


def _reported(error: BaseException, sites: list[ast.Node], names: Iterable[str]) -> TensorshError:
    facts = facts_of(error)
    if facts is not None:
        return report(error, facts)
    if not _raised_by_the_program(error):
        memory = out_of_memory(error)
        if memory is not None:
            return report(memory, facts_of(memory) or Facts("value"))
        return InternalError(
            f"{type(error).__name__}: {error}",
            error_class=class_name(type(error)),
            help="this is a mistake in tensorsh, not in your program; --debug shows where",
        )
    message = text_of(error)
    kind, code = _family(error, message)
    facts = Facts(kind, code, _help(error, message, sites, names))
    unsaid = "" if error.args else UNSAID.get(kind, "")
    return report(error, facts, message or unsaid)


def _family(error: BaseException, message: str) -> tuple[str, str]:
    """Kind and code of one of Python's exceptions; what a program defines itself is "exception"."""
    kind = type(error)
    if getattr(sys.modules.get(kind.__module__), kind.__name__, None) is not kind:
        return "exception", "exception"
    for pattern, of, code in SPECIAL:
        if isinstance(error, of) and re.match(pattern, message):
            return "value", code
    return next(
        ((kind, code) for of, kind, code in KINDS if isinstance(error, of)), ("exception", "exception")
    )


def _help(error: BaseException, message: str, sites: list[ast.Node], names: Iterable[str]) -> str | None:
    """What to do about one of Python's exceptions."""
    match error:
        case RecursionError():
            return f"{_innermost(error)} calls itself too often; use a loop"
        case UnboundLocalError():
            pass
        case NameError(name=str() as name):
            return BUILTINS.get(name) or WORDS.get(name) or did_you_mean(name, names)
        case AttributeError(name=str() as name, obj=of):
            return of_another_kind(of, name) or did_you_mean(
                name, [each for each in _members(of) if each[:1] != "_"]
            )
        case KeyError():
            return _unknown_key(error, sites)
        case MemoryError():
            return "it takes more memory than there is: make it smaller, or work on parts of it"
    return hint(message)


def _members(of: object) -> Iterable[str]:
    """The names of an object's attributes; those of its class where its own `__dir__` fails, too."""
    try:
        return public_names(of) or dir(of)
    except Exception:
        return dir(type(of))


#: Python's exceptions that say only in words which of them they are
SPECIAL = (
    (r"(?:dictionary|Set|deque) (?:changed|mutated)", RuntimeError, "changed-while-read"),
    (r"Exceeds the limit .* integer string conversion", ValueError, "overflow"),
)


def _raised_by_the_program(error: BaseException) -> bool:
    """Whether Python raised it for what the program did, rather than for a mistake in the engine.

    The innermost frame of tensorsh or of the program decides, whatever libraries were called there; for an
    attribute that is missing, the one that asked for it. Where the engine has a `raise` it knows why.
    """
    place, trace, last = "", error.__traceback__, error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if (
            code.co_filename.startswith((PACKAGE, PROGRAM_FILE)) and code.co_name != "__getattr__"
        ) or not place:
            place = code.co_filename
        trace, last = trace.tb_next, trace
    return (
        place.startswith(PROGRAM)
        or not place.startswith(PACKAGE)
        or isinstance(error, ArithmeticError | OSError | UnicodeError | Warning | RecursionError)
        or (_has_a_raise(last) and not isinstance(error, KeyError | AssertionError))
        or (getattr(error, "of_program", False) and OTHER_PARAMETERS.search(str(error)) is not None)
    )


def _has_a_raise(trace: TracebackType | None) -> bool:
    """Whether a statement of tensorsh has raised, rather than something that it called."""
    if trace is None or not trace.tb_frame.f_code.co_filename.startswith(PACKAGE):
        return False
    from opcode import opmap

    return trace.tb_frame.f_code.co_code[trace.tb_lasti] == opmap["RAISE_VARARGS"]


#: what Python says of a call that a function's parameters do not take, and of what is no function
OTHER_PARAMETERS = re.compile(
    r"^'[\w.]+' object is not callable$|"
    r"\w\(\) (missing \d+ required|takes .* positional argument|got an unexpected keyword|got multiple values)"
)


def _innermost(error: BaseException) -> str:
    frame, trace = "it", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename.startswith(PROGRAM_FILE) and code.co_name != "<module>":
            frame = f"{code.co_name}()"
        trace = trace.tb_next
    return frame


#: what Python says of a set and a dictionary that have nothing to give, as if it were a key
EMPTY = ("pop from an empty set", "popitem(): dictionary is empty")


def _unknown_key(error: KeyError, sites: list[ast.Node]) -> str | None:
    key = error.args[0] if error.args else None
    if key in EMPTY:
        return "test it before: if d:"
    holder = held_by(sites[-1], error) if sites else None
    if not isinstance(holder, dict):
        return None
    near = did_you_mean(key, [k for k in holder if isinstance(k, str)]) if isinstance(key, str) else None
    return near or _keys(holder)


def _keys(holder: dict[object, object]) -> str:
    shown = ", ".join(repr(key) for key in list(holder)[:6]) + ", …" * (len(holder) > 6)
    return f"the keys are {shown}" if holder else "the dictionary is empty"
