"""How long each array of a program is needed, and by whom.

Functions over the steps of a finished trace. Values are told apart by their ids.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .steps import External, Step, arrays_of
from .values import Value


def written(steps: list[Step]) -> set[int]:
    """The ids of the Values that are changed after they were made, or come from outside and are changed."""
    made: set[int] = set()
    found: set[int] = set()
    for step in steps:
        if step.kind in ("write", "effect"):
            found.add(id(step.args[0]))
        for out in step.outs:
            if id(out) in made or isinstance(out.source, External):
                found.add(id(out))
            made.add(id(out))
    return found


def alive(steps: list[Step], roots: list[Value]) -> list[Step]:
    """The steps without those whose results nobody uses."""
    needed: set[int] = {id(v) for v in roots}
    changed = written(steps)
    kept: list[Step] = []
    for step in reversed(steps):
        writes = step.kind in ("write", "effect", "element", "check") or any(
            id(out) in changed for out in step.outs
        )
        if writes or step.kind == "kernel" or any(id(out) in needed for out in step.outs):
            kept.append(step)
            needed.update(id(v) for v in arrays_of(step.args))
    return kept[::-1]


def escaping(steps: list[Step], roots: list[Value]) -> set[int]:
    """The ids of the Values whose memory somebody may hold when the program is over."""
    found = {id(v) for v in roots if v.source is None}
    for step in reversed(steps):  # a view keeps its base, a kernel may hand back its input
        if step.kind in ("view", "kernel") and any(id(out) in found for out in step.outs):
            found.update(id(v) for v in arrays_of(step.args))
    return found


def last_uses(steps: list[Step]) -> dict[int, int]:
    """id of a Value → the last step that needs its memory, by itself or through what shares it."""
    last: dict[int, int] = {}
    for i, step in reversed(list(enumerate(steps))):
        for v in arrays_of(step.args):
            last.setdefault(id(v), i)
            if step.kind in ("view", "kernel", "own"):
                last[id(v)] = max([last[id(v)], *(last.get(id(out), i) for out in step.outs)])
        for out in step.outs:
            last.setdefault(id(out), i)
    return last


def memory_of(steps: list[Step]) -> Callable[[Value], Any]:
    """What memory a value lies in: the value it is a view of, or may be."""
    base: dict[int, Value] = {}
    for step in steps:
        if step.kind == "view" or (step.kind in ("kernel", "own") and len(arrays_of(step.args)) == 1):
            for out in step.outs:
                base[id(out)] = arrays_of(step.args)[0]

    def root(v: Value) -> Any:
        while id(v) in base:
            v = base[id(v)]
        e = v.source
        return id(e.tensor.shared_counter()) if isinstance(e, External) else id(v)

    return root


def gifts(steps: list[Step], roots: list[Value], aliased: set[int], escape: set[int]) -> set[int]:
    """The gradients that need no copy: nobody else uses what they are a copy of, or nobody changes it.

    What they are a copy of then escapes: it is added to `escape`.
    """
    given: set[int] = set()
    uses: dict[int, int] = {}
    made: dict[int, Step] = {}
    for step in steps:
        for v in arrays_of(step.args):
            uses[id(v)] = uses.get(id(v), 0) + 1
        for out in step.outs:
            made[id(out)] = step
    changed = written(steps)
    needed = {id(v) for v in roots}
    for step in steps:
        if step.kind != "own":
            continue
        source, out = step.args[0], step.outs[0]
        if id(source) in aliased:
            continue
        if id(out) in changed or not source.flags.c_contiguous or source.source is not None:
            continue
        if id(out) not in escape:
            if id(source) not in changed:
                given.add(id(out))
            continue
        chain, v = [], source
        while uses.get(id(v)) == 1 and id(v) not in needed and id(v) not in changed:
            chain.append(v)
            producer = made.get(id(v))
            if producer is None:
                break
            if producer.kind in ("ufunc", "reduce", "call", "group"):
                given.add(id(out))
                escape.update(id(each) for each in chain)
                break
            if producer.kind != "view":
                break
            v = producer.args[0]
    return given
