"""Names in pickles: what `torch._utils _rebuild_tensor_v2` and its like stand for here, and back.

A pickle may name anything. What is found: what makes tensors, dtypes and containers; the library's classes and
operations; values of Python's and NumPy's; and of the running program, its own classes and functions. Nothing
that is found touches files, the process or this library itself.
"""

from __future__ import annotations

import _codecs
import builtins
import collections
import sys
import types
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING, REVERSE_IMPORT_MAPPING, REVERSE_NAME_MAPPING
from functools import cache
from typing import Any

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.device import Device
from ...engine.core.results import Size
from ...engine.core.titles import Titled
from ...engine.records.op import Op, registry
from ...engine.values import rebuild
from ...engine.values.parameters import Parameter
from ...engine.values.tensor import Tensor
from ...ops.random.random_streams import restored
from ...ops.tensors.storages import TypedStorage, UntypedStorage
from ..namespace import has_namespace, namespace
from .memory import REBUILD, STORAGE_NAMES, StorageType

#: modules of Python's whose classes are values, and act on nothing else
VALUES = frozenset({
    "array", "collections", "datetime", "decimal", "enum", "fractions", "pathlib", "types", "uuid",
})  # fmt: skip
#: builtins that are values or kinds of values
BUILTINS = frozenset({
    "bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "range", "set",
    "slice", "str", "tuple", "Ellipsis", "NotImplemented",
})  # fmt: skip
#: what of NumPy's makes arrays and numbers
NUMPY = frozenset({
    "numpy.dtype", "numpy.ndarray", "numpy._core.multiarray.scalar", "numpy._core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar", "numpy.core.multiarray._reconstruct", "numpy._core.numeric._frombuffer",
})  # fmt: skip


@cache
def weights() -> dict[str, Any]:
    """What `weights_only=True` finds: names of what tensors and plain containers are made of."""
    found: dict[str, Any] = {
        "collections.OrderedDict": collections.OrderedDict,
        "collections.Counter": collections.Counter,
        "torch.nn.parameter.Parameter": Parameter,
        "torch.Size": Size,
        "torch.Tensor": Tensor,
        "torch.device": Device,
        "_codecs.encode": _codecs.encode,
        "builtins.bytearray": bytearray,
        "builtins.set": set,
        "builtins.complex": complex,
        "torch.storage.TypedStorage": TypedStorage,
        "torch.storage.UntypedStorage": UntypedStorage,
        **{f"torch.{d.name}": d for d in dt.ALL},
        **{f"torch.{name}": StorageType(name) for name in STORAGE_NAMES.values()},
    }
    return found | REBUILD


def modern(module: str, name: str) -> tuple[str, str]:
    """The name today of what Python 2 called so."""
    if (module, name) in NAME_MAPPING:
        return NAME_MAPPING[module, name]
    return IMPORT_MAPPING.get(module, module), name


def found_by_name(module: str, name: str) -> Any:
    """What `module.name` in a pickle stands for; None for what is not to be had."""
    found = of_library(module, name)
    if found is not None or module.partition(".")[0] == "torch":
        return found
    find_class = context.current().find_class
    if find_class is not None:
        return find_class(module, name)
    if module == "copyreg" and name == "_reconstructor":
        return _reconstructed
    return _of_python(module, name) or _of_program(module, name)


def of_library(module: str, name: str) -> Any:
    """What of the library a name stands for, and of NumPy; None for anything else."""
    full = f"{module}.{name}"
    if full in weights():
        return weights()[full]
    if full == "torch.UntypedStorage":
        return UntypedStorage
    if module == rebuild.__name__:
        return {
            "tensor": rebuild.tensor,
            "sparse": rebuild.sparse,
            "dtype": rebuild.dtype,
            "device": rebuild.device,
            "size": rebuild.size,
            "result": rebuild.result,
        }.get(name)
    if full == f"{restored.__module__}.{restored.__name__}":
        return restored
    if full in NUMPY or (module == "numpy" and name.islower()):
        return _of_numpy(module, name)
    return _named_in_library(module, name) if module.partition(".")[0] == "torch" else None


def _reconstructed(kind: type, base: type, state: Any) -> Any:
    """An object as the oldest protocols made it."""
    return object.__new__(kind) if base is object else base.__new__(kind, state)


@cache
def _named_in_library(module: str, name: str) -> Any:
    """A class or an operation of the library, looked for in the namespace that is named and in those around it."""
    path = module.removeprefix("torch").lstrip(".")
    if not path and name.startswith("Tensor.") and name in registry:
        found = registry.get(name)
        return found.method if isinstance(found, Op) else None
    while True:
        if has_namespace(path):
            found = namespace(path).find(name) if name in namespace(path).names() else None
            if isinstance(found, type | Op):
                return found
            if callable(found) and path in ("nn.functional", "nn.init"):
                return found
        if not path:
            return _inside(module, name)
        path = path.rpartition(".")[0]


def _inside(module: str, name: str) -> Any:
    """A class of a library file that no namespace lists; None for anything else."""
    loaded = sys.modules.get(f"tensorsh.{module}")
    found = None if loaded is None else vars(loaded).get(name)
    return found if isinstance(found, type) and found.__module__ in (module, f"tensorsh.{module}") else None


def _of_python(module: str, name: str) -> Any:
    if module == "builtins":
        return getattr(builtins, name) if name in BUILTINS else None
    if module not in VALUES and (module, name) != ("argparse", "Namespace"):
        return None
    found = getattr(__import__(module), name, None)
    return found if isinstance(found, type) else None


def _of_numpy(module: str, name: str) -> Any:
    import numpy

    if module != "numpy":
        return getattr(getattr(numpy._core, module.rpartition(".")[2]), name, None)
    found = getattr(numpy, name, None)
    is_value = isinstance(found, type) and issubclass(found, numpy.generic | numpy.ndarray | numpy.dtype)
    return found if is_value else None


def _of_program(module: str, name: str) -> Any:
    """A class or function of the Python program that uses the library: defined in a module that is loaded."""
    loaded = sys.modules.get(module)
    file = getattr(loaded, "__file__", None) or ""
    root = module.partition(".")[0]
    if loaded is None or root in sys.stdlib_module_names or "site-packages" in file or root == "tensorsh":
        if module != "__main__":
            return None
    found: Any = loaded
    for part in name.split("."):
        if part.startswith("__") or not (found is loaded or isinstance(found, type)):
            return None
        found = getattr(found, part, None)
    own = isinstance(found, type | types.FunctionType) and found.__module__ == module
    return found if own else None


# ------------------------------------------------------------------ back


@cache
def _names() -> dict[int, tuple[str, str]]:
    return {id(value): _split(name) for name, value in weights().items()}


def _split(full: str) -> tuple[str, str]:
    module, _, name = full.rpartition(".")
    return module, name


def write_name(pickler: Any, value: Any, module: str, name: str) -> None:
    """Write the name that leads to a value, with a pickler that is written in Python."""
    from pickle import GLOBAL, STACK_GLOBAL

    if pickler.proto >= 4:
        pickler.save(module)
        pickler.save(name)
        pickler.write(STACK_GLOBAL)
    else:
        pickler.write(GLOBAL + f"{module}\n{name}\n".encode())
    pickler.memoize(value)


def name_of(value: Any, name: str | None, protocol: int) -> tuple[str, str]:
    """(module, name) under which a pickle refers to a class, a function or a constant.

    PicklingError or AttributeError, in Python's words, for what no name leads to.
    """
    from pickle import PicklingError

    if id(value) in _names():
        return _old(*_names()[id(value)], protocol)
    if isinstance(value, Op) and value.is_method:
        return "torch", f"Tensor.{value.__name__}"
    if isinstance(value, Op):
        module, _, short = f"torch.{getattr(value, 'path', value.name)}".rpartition(".")
        return module, short
    if isinstance(value, Titled):
        return _split(value.__qualname__)
    name = name or getattr(value, "__qualname__", None) or value.__name__
    module = getattr(value, "__module__", None) or "builtins"
    module = module.removeprefix("tensorsh.") if module.startswith("tensorsh.torch.") else module
    if module.startswith("tensorsh."):
        raise TypeError(f"cannot pickle {name!r} object")
    if "<locals>" in name.split("."):
        raise AttributeError(f"Can't pickle local object {name!r}")
    found = _findable(module, name)
    if found is None:
        raise PicklingError(f"Can't pickle {value!r}: attribute lookup {name} on {module} failed")
    if found is not value:
        raise PicklingError(f"Can't pickle {value!r}: it's not the same object as {module}.{name}")
    return _old(module, name, protocol)


def _findable(module: str, name: str) -> Any:
    """What a program could find: more than what is found again when a file is read."""
    found = found_by_name(module, name)
    if found is None and context.current().find_class is None and module in sys.modules:
        found = sys.modules[module]
        for part in name.split("."):
            found = getattr(found, part, None)
    return found


def _old(module: str, name: str, protocol: int) -> tuple[str, str]:
    if protocol < 3:
        if (module, name) in REVERSE_NAME_MAPPING:
            return REVERSE_NAME_MAPPING[module, name]
        return REVERSE_IMPORT_MAPPING.get(module, module), name
    return module, name
