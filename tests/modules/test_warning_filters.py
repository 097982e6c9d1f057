"""Python's `warnings` in programs: the filters decide what Python's decide, line by line."""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import pytest

from tensorsh import Session, TensorshError
from tensorsh.errors import Warned
from tensorsh.modules import warning_filters

NAMES = ("catch_warnings", "filterwarnings", "resetwarnings", "simplefilter", "warn", "warn_explicit")
CATEGORIES = (UserWarning, FutureWarning, DeprecationWarning, RuntimeWarning)


def told(caught: list[Any]) -> list[Any]:
    return [(str(w.message), w.category.__name__, w.filename, w.lineno) for w in caught]


def raised(function: Any, *args: Any, **kwargs: Any) -> str:
    """What a call raises: programs have no `try` yet."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


PROGRAMS = [
    """
with catch_warnings(record=True) as w:
    simplefilter("always")
    warn("a")
    for i in range(3):
        warn("b", DeprecationWarning)
print(told(w))
""",
    """
with catch_warnings(record=True) as w:
    simplefilter("default")
    for i in range(3):
        warn("a"); warn("a"); warn("b")
        warn("a")
print(told(w))
""",
    """
with catch_warnings(record=True) as w:
    simplefilter("once")
    for i in range(3):
        warn("a")
        warn("a")
        warn("a", FutureWarning)
print(told(w))
""",
    """
with catch_warnings(record=True) as w:
    simplefilter("module")
    for i in range(3):
        warn("a")
        warn("a")
        warn("b")
print(told(w))
""",
    """
def inner():
    warn("from inside", stacklevel=2)
def outer():
    inner()
    warn("of the caller", stacklevel=2)
with catch_warnings(record=True) as w:
    simplefilter("always")
    outer()
    outer()
print(told(w))
""",
    """
with catch_warnings(record=True) as w:
    simplefilter("always")
    filterwarnings("ignore", message=".*quiet", category=UserWarning)
    warn("be QUIET please")
    warn("be quiet please", RuntimeWarning)
    warn("loud")
print(told(w))
""",
    """
with catch_warnings(record=True) as w:
    resetwarnings()
    simplefilter("ignore", FutureWarning)
    simplefilter("error", FutureWarning, append=True)
    warn("future", FutureWarning)
    warn("here")
    warn("here")
print(told(w))
""",
    """
simplefilter("error")
print(raised(warn, "as an error"), raised(warn, "another", FutureWarning))
simplefilter("ignore")
print(raised(warn, "as an error"))
""",
    """
with catch_warnings(record=True) as outer:
    simplefilter("always")
    warn("one")
    with catch_warnings(record=True) as inner:
        warn("two")
        simplefilter("ignore")
        warn("three")
    warn("four")
print(told(outer), told(inner))
""",
    """
with catch_warnings(record=True, action="ignore", category=FutureWarning) as w:
    warn("x", FutureWarning)
    warn("y")
print(told(w))
""",
    """
with catch_warnings(record=True) as w:
    warn("default filters show it")
    warn("and this, in the main program", DeprecationWarning)
    warn("and this one", DeprecationWarning)
print(told(w))
""",
    """
with catch_warnings(record=True) as w:
    warn_explicit("elsewhere", UserWarning, "other.py", 7)
    warn_explicit("elsewhere", UserWarning, "other.py", 8)
    simplefilter("ignore")
    warn_explicit("elsewhere", UserWarning, "other.py", 9)
print(told(w))
""",
    """
print(raised(simplefilter, "loudly"), raised(filterwarnings, "ignore", 3), raised(warn, "x", 3), raised(warn, "x", [1]))
print(raised(simplefilter, "ignore", lineno=-1))
""",
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_as_python(program: str) -> None:
    shared: dict[str, Any] = {"told": told, "raised": raised}
    shared |= {category.__name__: category for category in CATEGORIES}
    pythons, ours = io.StringIO(), io.StringIO()
    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.filters[:] = [  # what Python begins with; pytest has others
            ("default", None, DeprecationWarning, "__main__", 0),
            ("ignore", None, DeprecationWarning, None, 0),
        ]
        with contextlib.redirect_stdout(pythons):
            names = {name: getattr(warnings, name) for name in NAMES} | {"__name__": "__main__"}
            exec(compile(program, "p.tsh", "exec"), names | shared)
    session = Session()
    names = {}
    warning_filters.fill(names, session.context.warnings)
    for name in NAMES:
        session[name] = names[name]
    for name, value in shared.items():
        session[name] = value
    with contextlib.redirect_stdout(ours):
        session.run(program, name="p.tsh")
    assert ours.getvalue() == pythons.getvalue()


def with_module() -> tuple[Session, dict[str, Any], list[Warned]]:
    session, names, found = Session(), {}, []
    session.on_warning = found.append
    warning_filters.fill(names, session.context.warnings)
    return session, names, found


def test_a_failed_statement_takes_its_filters_back() -> None:
    session, names, found = with_module()
    session["simplefilter"] = names["simplefilter"]
    with pytest.raises(Exception, match="division"):
        session.run('(simplefilter("ignore"), 1 // 0)')
    session.run("ones(1).std()")
    assert len(found) == 1


def test_a_program_may_show_warnings_itself() -> None:
    session, names, found = with_module()
    seen: list[Any] = []
    names["showwarning"] = lambda message, category, filename, lineno, file=None, line=None: seen.append(
        (str(message)[:5], category, filename, lineno)
    )
    session.run("\nones(1).std()", name="p.tsh")
    assert seen == [("std()", UserWarning, "p.tsh", 2)] and not found


def test_a_program_may_word_warnings_itself(capsys: pytest.CaptureFixture[str]) -> None:
    session, names, found = with_module()
    names["formatwarning"] = lambda message, *rest: f"!! {str(message)[:5]}\n"
    session.run("ones(1).std()")
    assert capsys.readouterr().err == "!! std()\n" and not found


def test_a_caught_torch_warning_has_the_whole_text() -> None:
    session, names, _ = with_module()
    session["catch_warnings"], session["told"] = names["catch_warnings"], told
    ((text, category, file, line),) = session.run(
        "with catch_warnings(record=True) as w:\n    ones(3).T;\ntold(w)", name="p.tsh"
    )[0]
    assert (category, file, line) == ("UserWarning", "p.tsh", 2)
    assert text.startswith("The use of `x.T`") and "Triggered internally" in text


def test_a_warning_that_is_an_error_is_reported_as_the_programs() -> None:
    session, names, found = with_module()
    session["simplefilter"] = names["simplefilter"]
    with pytest.raises(TensorshError) as caught:
        session.run('simplefilter("error")\nones(1).std()')
    assert (caught.value.kind, caught.value.span.position) == ("warning", (2, 9))
    assert type(caught.value.__cause__) is UserWarning and not found


def test_operations_of_a_loop_warn_of_no_number() -> None:
    text = (
        "import torch\nimport numpy as np\nx = torch.full((5,), 3.)\nfor i in range(6):\n    y = x.acos()\n"
    )
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        Session().execute(text, "main.py", script=True, leads=True)
    assert said == []
