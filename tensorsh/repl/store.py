"""`:session save` and `restore`: variables, sources, settings and the random stream in a zip of JSON and `.npy` files.

What is read back is data: numbers, texts, containers, tensors, instances by the names of their classes. The only code
that runs is the sources of functions and classes, which stand in the file as they were typed, and imports by name.
What cannot be stored is named.
"""

from __future__ import annotations

import contextlib
import json
import os
import zipfile
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from functools import partial
from types import FunctionType
from typing import Any, BinaryIO

import numpy as np

from ..engine.core.device import Device, parse
from ..engine.core.dtype import DType, dtypes
from ..engine.core.results import Size
from ..engine.core.spec import spec
from ..engine.values.parameters import Parameter
from ..engine.values.tensor import Tensor, make_tensor
from ..errors import DataError, facts_of
from ..io import files, npy
from ..lang.names.namespace import Namespace
from ..session import Session, is_name
from ..source import regular
from ..torch.serialization.names import of_library

VERSION = 1
PLAIN = (type(None), bool, int, float, str)
TENSORS = {"Tensor": Tensor, "Parameter": Parameter}
CONTAINERS: dict[str, Any] = {
    "list": list, "dict": dict, "set": set, "OrderedDict": OrderedDict, "Counter": Counter, "deque": deque,
    "defaultdict": defaultdict,
}  # fmt: skip
#: what a `defaultdict` makes, by its name
FACTORIES: dict[str, Any] = {"int": int, "float": float, "list": list, "dict": dict, "set": set, "None": None}
FROZEN: dict[str, Callable[[Any], Any]] = {"tuple": tuple, "size": Size, "frozenset": frozenset}


class CannotStore(Exception):
    """What a value has that no file can hold."""


def save(session: Session, path: str, settings: dict[str, Any]) -> dict[str, str]:
    """Write a session; returns the names that could not be stored, and why."""
    writer = Writer(session)
    variables, left = {}, {}
    for name in session.names():
        mark = len(writer.objects)
        try:
            variables[name] = writer.variable(name, session[name])
        except CannotStore as error:
            left[name] = str(error)
            writer.forget(mark)
    with session.active():
        state = session.builtin("torch").get("get_rng_state")().array
    known = {
        "version": VERSION, "variables": variables, "objects": writer.objects, "settings": settings,
        "pythonic": session.pythonic, "dtype": session.context.dtype.name, "device": str(session.context.device),
    }  # fmt: skip
    files.replace(os.path.abspath(path), partial(_write, known, [state, *writer.arrays]))
    return left


def _write(known: dict[str, Any], arrays: list[Any], stream: BinaryIO) -> None:
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("session.json", json.dumps(known))
        for i, array in enumerate(arrays):
            archive.writestr(f"{i}.npy", npy.to_bytes(np.ascontiguousarray(array)))


class Writer:
    """Turns values into JSON; what can be shared or changed is an entry of `objects`, met once."""

    def __init__(self, session: Session):
        self.session = session
        self.objects: list[Any] = []
        self.arrays: list[Any] = []
        self.seen: dict[int, tuple[int, Any]] = {}
        self.named = {id(session[name]): name for name in session.names()}

    def forget(self, mark: int) -> None:
        """What was met since is part of something that cannot be stored."""
        del self.objects[mark:]
        self.seen = {key: entry for key, entry in self.seen.items() if entry[0] < mark}

    def variable(self, name: str, value: Any) -> Any:
        if isinstance(value, Namespace) or type(value).__name__ == "Module" or isinstance(value, type(os)):
            return {"import": value.__name__}
        if isinstance(value, FunctionType | type) and self.session.source_of(value) is not None:
            return {"source": self.source(name, value)}
        return self.value(value)

    def source(self, name: str, value: Any) -> str:
        """The source of a function or class that a variable of its own name holds."""
        if "<" in value.__qualname__ or getattr(value, "__closure__", None):
            raise CannotStore("a function without a name, or made inside of another")
        if value.__name__ != name:
            raise CannotStore(f"another name of {value.__name__}")
        return self.session.source_of(value) or ""

    def value(self, value: Any) -> Any:
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind is complex:
            return {"complex": [value.real, value.imag]}
        if isinstance(value, DType):
            return {"dtype": value.name}
        if isinstance(value, Device):
            return {"device": str(value)}
        for name, frozen in FROZEN.items():
            if kind is frozen:
                return {name: [self.value(each) for each in value]}
        if kind in (FunctionType, type) or isinstance(value, type):
            return {"class": self.named_thing(value)}
        if id(value) not in self.seen:
            self.seen[id(value)] = (len(self.objects), value)
            at = len(self.objects)
            self.objects.append(None)
            self.objects[at] = self.object(value)
        return {"at": self.seen[id(value)][0]}

    def object(self, value: Any) -> Any:
        kind = type(value)
        if isinstance(value, Tensor):
            return self.tensor(value)
        if CONTAINERS.get(kind.__name__) is kind:
            if not isinstance(value, dict):
                return {kind.__name__: [self.value(each) for each in value]}
            made = {kind.__name__: [[self.value(key), self.value(each)] for key, each in value.items()]}
            return made | self.factory(value) if kind is defaultdict else made
        if not hasattr(value, "__dict__"):
            raise CannotStore(f"a {kind.__name__}")
        items = [[self.value(key), self.value(each)] for key, each in vars(value).items()]
        return {"instance": self.named_thing(kind), "dict": items}

    def factory(self, value: Any) -> dict[str, str]:
        name = getattr(value.default_factory, "__name__", "None")
        if FACTORIES.get(name, self) is not value.default_factory:
            raise CannotStore(f"a defaultdict of {name}")
        return {"factory": name}

    def tensor(self, t: Tensor) -> Any:
        name = type(t).__name__
        if TENSORS.get(name) is not type(t):
            raise CannotStore(f"a tensor of the class {name}")
        made = {
            "tensor": name,
            "dtype": t.dtype.name,
            "shape": list(t.shape),
            "grad": self.value(t.grad_slot),
            "dict": [[key, self.value(value)] for key, value in vars(t).items()],
        }
        made["requires_grad"] = t.requires_grad and t.is_leaf
        if t.is_meta:
            return made | {"device": "meta"}
        self.arrays.append(np.frombuffer(np.ascontiguousarray(t.array).tobytes(), np.uint8))
        return made | {"array": len(self.arrays)}

    def named_thing(self, value: Any) -> str:
        """A class or function by its name: the session's own, or the library's."""
        name = self.named.get(id(value))
        if name is not None and self.session.source_of(value) is not None:
            self.source(name, value)
            return name
        if of_library(value.__module__, value.__qualname__) is value:
            return f"{value.__module__}.{value.__qualname__}"
        raise CannotStore(f"a {value.__name__}")


# ------------------------------------------------------------------ reading


def restore(session: Session, path: str) -> tuple[dict[str, Any], list[str]]:
    """Read a session into this one, in the place of its variables; (settings, what could not be restored).

    DataError where the file holds something else, OSError where it cannot be read; the session is as before then.
    """
    try:
        known, arrays = _read(path)
        settings = dict(known["settings"])
        with _or_as_before(session):
            return settings, _put(session, known, arrays)
    except Exception as error:
        facts = facts_of(error)
        if getattr(error, "filename", None) is not None or (facts is not None and facts.kind == "data"):
            raise
        raise DataError(f"{path!r} is no saved session: {error}", code="file") from None


@contextlib.contextmanager
def _or_as_before(session: Session) -> Iterator[None]:
    """What is in the session is there again if this fails or is interrupted."""
    state, bound, sizes = session.context, session._evaluator.variables, session.sizes
    before = dict(bound), dict(sizes), session.pythonic, (state.dtype, state.device)
    try:
        yield
    except BaseException:
        session.clear()
        bound.update(before[0])
        sizes.update(before[1])
        session.pythonic, (state.dtype, state.device) = before[2:]
        raise


def _read(path: str) -> tuple[dict[str, Any], list[Any]]:
    """What stands in the file, and its arrays."""
    with open(path, "rb", opener=regular) as content, zipfile.ZipFile(content) as archive:
        known = json.loads(archive.read("session.json"))
        count = len(archive.namelist()) - 1
        arrays = []
        for i in range(count):
            with archive.open(f"{i}.npy") as file:
                arrays.append(npy.read(file, path))
    if known.get("version") != VERSION:
        raise DataError(f"{path!r} is of another version of tensorsh", code="file")
    for name, node in known["variables"].items():
        words = [name, *node["import"].split(".")] if isinstance(node, dict) and "import" in node else [name]
        for word in words:
            if not is_name(word):
                raise ValueError(f"{word!r} is no name")
    return known, arrays


def _put(session: Session, known: dict[str, Any], arrays: list[Any]) -> list[str]:
    """Make it the session; what could not be restored."""
    dtype, device = dtypes[known["dtype"]], parse(known["device"])
    variables, reader = known["variables"], Reader(session, known["objects"], arrays)
    session.clear()
    with session.active():
        session.context.dtype, session.context.device = dtype, device
    wrong: list[str] = []
    for name, node in variables.items():
        if isinstance(node, dict) and "import" in node:
            _run(session, f"import {node['import']} as {name}", name, wrong)
    session.pythonic = known["pythonic"]
    plain = {
        n: v for n, v in variables.items() if not (isinstance(v, dict) and {"import", "source"} & v.keys())
    }
    bound = session._evaluator.variables  # values as they are: lists that hold each other, tensors
    for later in (False, True):  # sources may want variables, and instances their classes
        for name, node in plain.items():
            if reader.wants_class(node, set()) == later:
                bound[name] = reader.value(node)
        for name, node in {} if later else variables.items():
            if isinstance(node, dict) and "source" in node:
                _run(session, node["source"], name, wrong)
    ordered = {name: session[name] for name in variables if name in session}
    for name in ordered:
        del session[name]
    bound.update(ordered)
    session.pythonic = known["pythonic"]
    with session.active():
        state = make_tensor(arrays[0], spec(arrays[0].shape, dtypes["uint8"]))
        session.builtin("torch").get("set_rng_state")(state)
    return wrong


def _run(session: Session, text: str, name: str, wrong: list[str]) -> None:
    try:
        session.execute(text, f"<{name}>")
    except Exception as error:
        wrong.append(f"{name}: {error}")


class Reader:
    """Makes values of JSON again."""

    def __init__(self, session: Session, objects: list[Any], arrays: list[Any]):
        self.session, self.objects, self.arrays = session, objects, arrays
        self.made: dict[int, Any] = {}

    def wants_class(self, node: Any, seen: set[int]) -> bool:
        """Whether an instance or class is in a value."""
        if isinstance(node, list):
            return any(self.wants_class(each, seen) for each in node)
        if not isinstance(node, dict):
            return False
        if "instance" in node or "class" in node:
            return True
        if "at" in node:
            at = node["at"]
            if at in seen:
                return False
            seen.add(at)
            return self.wants_class(self.objects[at], seen)
        return any(self.wants_class(each, seen) for each in node.values())

    def value(self, node: Any) -> Any:
        if not isinstance(node, dict):
            return node
        ((kind, content),) = node.items()
        if kind == "at":
            return self.object(content)
        if kind in FROZEN:
            return FROZEN[kind]([self.value(each) for each in content])
        return {
            "complex": lambda: complex(*content),
            "dtype": lambda: dtypes[content],
            "device": lambda: parse(content),
            "class": lambda: self.thing(content),
        }[kind]()

    def thing(self, name: str) -> Any:
        found = of_library(*name.rpartition(".")[::2]) if "." in name else self.session[name]
        if found is None:
            raise DataError(f"there is no {name}", code="file")
        return found

    def object(self, at: int) -> Any:
        """Containers and instances are made before what is in them, which may lead back."""
        if at in self.made:
            return self.made[at]
        node = self.objects[at]
        if "tensor" in node:
            made = self.made[at] = self.tensor(node)
            grad = self.value(node["grad"])
            if grad is not None and not (isinstance(grad, Tensor) and grad.shape == made.shape):
                raise ValueError("a gradient is no tensor of the same shape")
            made.grad_slot = grad
            return made
        if "instance" in node:
            kind = self.thing(node["instance"])
            if not isinstance(kind, type) or issubclass(kind, Tensor):
                raise ValueError(f"{node['instance']} is no class of instances")
            made = self.made[at] = object.__new__(kind)
            vars(made).update({self.value(k): self.value(v) for k, v in node["dict"]})
            return made
        name, content = next(iter(node.items()))
        made = self.made[at] = (
            defaultdict(FACTORIES[node["factory"]]) if name == "defaultdict" else CONTAINERS[name]()
        )
        if isinstance(made, dict):
            made.update({self.value(k): self.value(v) for k, v in content})
        elif isinstance(made, set):
            made.update(self.value(each) for each in content)
        else:
            made.extend(self.value(each) for each in content)
        return made

    def tensor(self, node: Any) -> Any:
        dtype, shape = dtypes[node["dtype"]], tuple(node["shape"])
        if any(type(size) is not int or size < 0 for size in shape):
            raise ValueError(f"no tensor has the shape {list(shape)}")
        of = spec(shape, dtype, parse(node.get("device", "cpu")))
        array = (
            of.placeholder if of.is_meta else self.arrays[node["array"]].view(dtype.np).reshape(shape).copy()
        )
        wants = node["requires_grad"] is True and (dtype.is_floating_point or dtype.is_complex)
        made = make_tensor(array, of, wants)
        kind = TENSORS[node["tensor"]]
        if kind is Parameter:
            made = Parameter(made.detach(), made.requires_grad)
        vars(made).update({str(key): self.value(value) for key, value in node.get("dict", ())})
        return made
