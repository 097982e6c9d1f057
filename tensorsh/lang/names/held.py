"""The tensors that a program can get at, by what it would type: `w`, `model.fc1.weight`, `layers[0]["b"]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from ...engine.records.op import Op
from ...engine.values.tensor import Tensor
from ...torch.namespace import Namespace

#: what is the library's, and holds nothing of the program's
LIBRARY = (type, Op, Namespace)
#: containers within containers are looked into so far, and no more than so many tensors are found
DEPTH, MOST = 4.0, 20_000
#: modules within modules go deeper
MODULE = 1 / 16


def held_tensors(variables: Mapping[str, Any]) -> dict[str, Tensor]:
    """What a program calls each of its tensors: variables first, then what is inside of them."""
    found = {name: v for name, v in variables.items() if isinstance(v, Tensor) and not name.startswith("_")}
    seen: set[int] = set()
    rest = [(name, v) for name, v in variables.items() if not name.startswith("_")]
    inside = (item for name, v in rest for item in _inside(name, v, seen, DEPTH))
    for path, t in islice(inside, MOST):
        found.setdefault(path, t)
    return found


def _inside(path: str, value: Any, seen: set[int], depth: float) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, Tensor):
        yield path, value
        return
    if depth <= 0 or id(value) in seen:
        return
    seen.add(id(value))
    for key, item in _items(value):
        below = MODULE if hasattr(item, "_modules") and hasattr(value, "_modules") else 1
        yield from _inside(path + key, item, seen, depth - below)


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    """The parts of a value and what stands behind its name to get at them."""
    if isinstance(value, list | tuple):
        fields = getattr(type(value), "_fields", None) or getattr(type(value), "_torch_fields", None)
        for i, item in enumerate(value):
            yield (f".{fields[i]}" if fields else f"[{i}]"), item
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(key, str | int):
                yield f"[{key!r}]", item
    elif not isinstance(value, LIBRARY) and isinstance(held := getattr(value, "__dict__", None), dict):
        for name in ("_parameters", "_buffers"):
            for key, item in (held.get(name) or {}).items():
                yield f".{key}", item
        for key, item in (held.get("_modules") or {}).items():
            yield (f".{key}" if key.isidentifier() else f"[{int(key) if key.isdigit() else key!r}]"), item
        for key, item in held.items():
            if not key.startswith("_"):
                yield f".{key}", item
