"""A listing run with what its program gets, beside the program itself.

`check(session)` goes once more round each program of the newest loop, and round its listing with copies of the same
inputs, memories of optimisers and random numbers; what both made, and what they changed, is the same.
"""

from __future__ import annotations

import contextlib
import copy
import io
from typing import Any

import numpy as np

from tensorsh import Session
from tensorsh.engine.compile.listing import Listing
from tensorsh.engine.compile.program import Program
from tensorsh.engine.compile.values import OtherLayout


def check(session: Session) -> int:
    """How many programs were compared; AssertionError with the listing for the first that differs."""
    compared = 0
    for title, program in list(session._evaluator.loops.programs):
        if program.scope and "replay" in program.scope:
            compared += _compare(session, title, program)
    return compared


def _compare(session: Session, title: str, program: Program) -> int:
    listing = Listing(program)
    text = listing.text(title)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        try:
            exec(compile(text, f"<listing of {title}>", "exec"), names)
        except Exception as error:
            raise AssertionError(f"{error!r}\n{text}") from error
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    known = {*program.steps, "warm()"}
    first = next((line for line in program.text.split("\n") if line.strip() in known), None)
    if first is None:  # nothing is computed
        return 0
    steps = program.text.replace(first, f"    before_(locals())\n{first}", 1)
    steps = steps.rpartition("    return True")[0] + "    after_(locals())\n    return True\n"
    default = session.context.generator
    streams = [(name, default if own is None else own._own) for own, name in listing.streams.items()]

    def begin(local: dict[str, Any]) -> None:
        before.update(_copied(program.scope))
        before.update((f"({name})", stream.get_state()) for name, stream in streams)
        for place, (label, _, _) in program.inputs.items():
            if place not in program.scope and not label.endswith("_answer"):
                before[place] = _fetched(program, place, local).copy("K")
        for each in program.numbers:
            before[each] = eval(each, program.scope, local)

    scope = program.scope | {"before_": begin, "after_": after.update, "warm": lambda: None}
    exec(steps, scope)
    with session.active(), np.errstate(all="ignore"):
        try:
            if not scope["replay"](session._evaluator.variables):
                return 0  # the program holds no more, as its loop is over
        except OtherLayout:  # a kernel gave another layout, which is left to eager evaluation
            return 0
        except LookupError:  # what it is to fetch is no longer there
            return 0
    for place, (label, _, _) in program.inputs.items():
        called = listing.called[place]
        if place in program.scope:
            if called in names:
                np.copyto(names[called], before[place])
        elif label.endswith("_answer"):
            names[called] = after[place].copy()
        else:
            names[called] = before[place]
    for each in program.numbers:
        if each in listing.called:
            names[listing.called[each]] = before[each]
    for name, state in names.items():
        if isinstance(state, dict) and isinstance(before.get(name), dict):
            for key, value in state.items():
                if isinstance(value, np.ndarray) and isinstance(before[name].get(key), np.ndarray):
                    np.copyto(value, before[name][key])
    for name, _ in streams:
        names[name].set_state(before[f"({name})"])
    with np.errstate(all="ignore"):
        results = names["step"]()
    for label, place in program.results:
        made = after[place] if place in after else scope[place]
        assert _same(results[label], made), f"{label}: {results[label]!r}, not {made!r}\n{text}"
    for place in program.inputs:
        if place in program.scope and listing.called[place] in names:
            changed = names[listing.called[place]]
            assert _same(changed, program.scope[place]), f"{listing.called[place]} afterwards\n{text}"
    return 1


def _fetched(program: Program, place: str, local: dict[str, Any]) -> Any:
    """An input that each round brings: the line of the program that gets it says from where."""
    line = next(line for line in program.text.split("\n") if line.strip().startswith(f"{place} = "))
    return eval(line.partition(" = ")[2], program.scope, local)


def _copied(scope: dict[str, Any]) -> dict[str, Any]:
    kept = {}
    for name, thing in scope.items():
        if isinstance(thing, np.ndarray):
            kept[name] = thing.copy()
        elif isinstance(thing, dict) and name[0] == "k":
            kept[name] = {key: copy.copy(value) for key, value in thing.items()}
    return kept


def _same(a: Any, b: Any) -> bool:
    """Bit for bit, or but for the last digits, which depend on where sums find their numbers in memory."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype or a.tobytes() == b.tobytes():
        return a.shape == b.shape and a.dtype == b.dtype
    if a.dtype.kind not in "fc":
        return False
    size = float(np.abs(b[np.isfinite(b)]).max(initial=1e-30))
    return bool(np.allclose(a, b, rtol=0, atol=4 * np.finfo(a.dtype).eps * size, equal_nan=True))
