"""No way around: from every name a program has, no attribute leads to a module, a frame, code or globals."""

from __future__ import annotations

import builtins
import importlib
import os
import sys
import types
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from module_programs import Program
from tensorsh.modules import Module, Modules, is_guarded
from tensorsh.modules.rules import HIDDEN_TYPES, UNCHECKED
from tensorsh.modules.tables import TABLES

#: Python's own functions that pass by the rules or start processes
FORBIDDEN = {id(each): each for each in [
    *UNCHECKED.values(), os.system, os.popen, os.fork, os.execv, os.kill, os.remove, os.unlink, os.open, os.rename,
    os._exit, importlib.import_module, importlib.reload, sys.settrace, sys.setprofile, sys.addaudithook,
    builtins.exec, sys._current_frames, sys.modules, builtins.__dict__, vars(sys),
]}  # fmt: skip


#: of objects of one kind so many are looked at; callables that differ in what they are bound to are of one kind
MANY = {types.FunctionType: 1, dict: 400, list: 400, tuple: 400, Module: 1_000}
OF_CALLS = {
    "__self__", "__func__", "__wrapped__",
    "__defaults__", "__kwdefaults__", "__dict__", "__annotations__", "__objclass__",
    "__globals__", "__code__", "__closure__", "__builtins__", "__reduce__", "__get__", "__class__", "__module__",
}  # fmt: skip
CALLS = (
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.BuiltinFunctionType,
    types.ClassMethodDescriptorType,
)


def samples() -> Program:
    """A program that has made an object of every kind it can."""
    program = Program()
    program.run((Path(__file__).parents[1] / "data/module_samples.txt").read_text(encoding="utf-8"))
    return program


def likeness(value: Any) -> Any:
    kind = type(value)
    if kind in CALLS:
        return kind, type(getattr(value, "__self__", None))
    if kind is types.FunctionType:
        return value.__code__
    if kind is types.MethodType:
        return value.__func__, type(value.__self__)
    return kind


def neighbours(modules: Modules, value: Any) -> Iterator[tuple[str, Any]]:
    kind = type(value)
    names = set(dir(value))
    if kind in (*CALLS, types.MethodType, types.FunctionType):
        names = OF_CALLS | set(getattr(value, "__dict__", ()))
    if issubclass(kind, type):
        names |= set(dir(kind))
    for name in names:
        if name.startswith("__") and name != "__traceback__" and not is_guarded(name):
            continue  # mangled names are read by their class alone, which is Python's
        try:
            found = modules.host.attribute(value, name)
        except Exception:
            continue
        yield f".{name}", found
    if kind in (dict, types.MappingProxyType):
        for key, item in list(value.items())[:200]:
            yield "[key]", key
            yield f"[{str(key)[:30]}]", item
    elif kind in (list, tuple, set, frozenset, deque):
        for item in list(value)[:200]:
            yield "[]", item
    if kind is types.FunctionType and not value.__code__.co_filename.startswith("<"):
        try:
            found = modules.find("inspect").signature(value)
        except (ValueError, TypeError):
            return
        for parameter in found.parameters.values():
            yield f"({parameter.name}=)", parameter.default


def refused(value: Any) -> bool:
    kind = type(value)
    if issubclass(kind, types.ModuleType):
        return not issubclass(kind, Module)
    if issubclass(kind, HIDDEN_TYPES) or id(value) in FORBIDDEN:
        return True
    return kind is dict and "__builtins__" in value


def walk(modules: Modules, starts: list[tuple[str, Any]], most: int) -> list[str]:
    """Breadth first; the paths that reach what no program may have."""
    seen: dict[int, Any] = {}
    counts: Counter[Any] = Counter()
    pending = deque(starts)
    bad = []
    while pending and len(seen) < most:
        path, value = pending.popleft()
        if id(value) in seen or type(value) in (int, float, bool, str, bytes, complex, type(None)):
            continue
        seen[id(value)] = value
        alike = likeness(value)
        if counts[alike] >= (10_000 if isinstance(value, type) else MANY.get(type(value), 20)):
            continue
        counts[alike] += 1
        if refused(value):
            bad.append(f"{path}: {value!r:.100}")
            continue
        if path.count(".") + path.count("[") > 7:
            continue
        pending.extend((path + step, found) for step, found in neighbours(modules, value))
    return bad


def test_nothing_leads_out() -> None:
    program = samples()
    modules = program.modules
    starts: list[tuple[str, Any]] = [(name, modules.find(name)) for name in TABLES if modules.find(name)]
    starts += program.main_names().items()
    starts += modules.builtins.items()
    assert walk(modules, starts, most=100_000) == []


def test_the_walk_sees_what_leads_out(monkeypatch: pytest.MonkeyPatch) -> None:
    program = samples()
    monkeypatch.setattr(program, "attribute", getattr)
    found = walk(
        program.modules,
        [(name, program.names[name]) for name in ("started", "error", "function")],
        most=2_000,
    )
    assert {path.rpartition(".")[2].partition(":")[0] for path in found} >= {
        "gi_frame",
        "tb_frame",
        "__globals__",
    }
