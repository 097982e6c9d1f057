"""`tensorsh check FILE…`: find errors without computing, by running each file on the device `meta`.

Everything that shapes, dtypes and names can tell is found. What depends on values is left open: a
statement that needs them is skipped, and so is whatever uses a name that it would have bound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .cli import read_file
from .errors import DataError, TensorshError
from .session import Session
from .source import Source


def check(paths: list[str], report: Callable[[TensorshError], None]) -> int:
    """Check each file; returns the exit code."""
    return max(check_file(path, report) for path in paths)


def check_file(path: str, report: Callable[[TensorshError], None]) -> int:
    """Report the errors of one file: 0 none, 1 some, 3 it is not a program."""
    session = Session(device="meta")
    session.on_warning = report
    without_effects(session)
    open_names: set[str] = set()
    code = 0
    evaluator = session._evaluator
    with session.active():
        try:
            statements = evaluator.compile(Source(read_file(path), path), silent=True)
        except TensorshError as error:
            report(error)
            return error.exit_code
        for statement in statements:
            try:
                evaluator.run(statement)
                open_names -= statement.names
            except TensorshError as error:
                if not needs_values(error, open_names):
                    report(error)
                    code = 1
                open_names |= statement.names
    return code


def needs_values(error: TensorshError, open_names: set[str]) -> bool:
    """Whether a statement failed only because nothing is computed."""
    if error.code in ("meta-values", "device-mismatch"):
        return True
    return error.kind == "name" and getattr(error.__cause__, "name", None) in open_names


def without_effects(session: Session) -> None:
    """Printing and saving do nothing; what is loaded goes to `meta`."""
    builtins: dict[str, Any] = session._evaluator.prelude.bound

    def silent(*args: Any, **kwargs: Any) -> None:
        return None

    evaluator = session._evaluator
    for names in (builtins, evaluator.python.bound, evaluator.strict.bound):
        names["print"] = silent
    if "save" in builtins:
        builtins["save"] = silent
    if "load" in builtins:
        load = builtins["load"]

        def load_shapes(path: str = "-", **kwargs: Any) -> Any:
            if path == "-":
                raise DataError("standard input is not read", code="meta-values")
            found = load(path, **kwargs)
            return found.to("meta") if hasattr(found, "to") else found

        builtins["load"] = load_shapes
