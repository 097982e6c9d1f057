"""`pickle` of one session: Python's own code, which finds only what a program may have.

Data is not trusted: of the tables it finds classes and pure functions, nothing that touches files or the
process; of the program its own classes and functions; of the library what the host names (tensors).
"""

from __future__ import annotations

import _compat_pickle
import _pickle
import codecs
import copyreg
import io
import pickle
import struct
import types
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..engine.records.op import Op
from ..kinds.ownership import own_class, own_function

if TYPE_CHECKING:
    from . import Modules

#: modules whose classes and functions are values, and act on nothing else
VALUES = frozenset({
    "math", "cmath", "operator", "itertools", "functools", "collections", "statistics", "fractions", "decimal",
    "datetime", "enum", "re", "array", "uuid", "random", "string", "numbers", "pathlib", "types", "copy", "json",
    "typing", "zoneinfo", "abc", "collections.abc", "heapq", "bisect",
})  # fmt: skip
#: builtins that are functions of values
BUILTINS = frozenset({
    "getattr", "abs", "all", "any", "bin", "callable", "chr", "divmod", "format", "hash", "hex", "iter", "len", "max",
    "min", "next", "oct", "ord", "pow", "repr", "round", "sorted", "sum", "NotImplemented", "Ellipsis",
})  # fmt: skip
#: values of modules that do more than hold some: what a command was told, a logger by its name
ALONE = frozenset({("argparse", "Namespace"), ("logging", "getLogger")})
EXACT: dict[tuple[str, str], Any] = {
    ("_codecs", "encode"): codecs.encode,
    ("copyreg", "_reconstructor"): copyreg._reconstructor,  # type: ignore[attr-defined]
    ("copyreg", "__newobj__"): copyreg.__newobj__,  # type: ignore[attr-defined]
}


def change(modules: Modules, made: Any) -> None:
    """Let the copy find what `find_class` finds."""

    def find(self: Any, module: str, name: str) -> Any:
        if self.proto < 3 and self.fix_imports:
            if (module, name) in _compat_pickle.NAME_MAPPING:
                module, name = _compat_pickle.NAME_MAPPING[(module, name)]
            elif module in _compat_pickle.IMPORT_MAPPING:
                module = _compat_pickle.IMPORT_MAPPING[module]
        found = find_class(modules, module, name)
        if found is None:
            raise made.UnpicklingError(
                f"Can't get {module}.{name}: pickles find tensors, containers and own classes"
            )
        return found

    find.__name__ = find.__qualname__ = "find_class"
    made._Unpickler.find_class = find
    made._Pickler.save_global = _saving(made, made._Pickler.save_global)
    made._Unpickler.load = _loading(made, made._Unpickler.load)
    for name in ("PickleError", "PicklingError", "UnpicklingError"):
        setattr(made, name, getattr(pickle, name))  # which the library raises too
    _hasten(made)


class _NotPlain(Exception):
    """There is more in it than containers, numbers and texts."""


class _PlainPickler(_pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        raise _NotPlain


class _PlainUnpickler(_pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        raise _NotPlain


def _hasten(made: Any) -> None:
    """What has containers, numbers and texts alone, which name nothing, goes through the code in C."""
    slow_dumps, slow_dump, slow_loads, slow_load = made._dumps, made._dump, made._loads, made._load

    def dumps(
        obj: Any, protocol: int | None = None, *, fix_imports: bool = True, buffer_callback: Any = None
    ) -> bytes:
        """The bytes that stand for an object."""
        try:
            stream = io.BytesIO()
            _PlainPickler(stream, protocol, fix_imports=fix_imports, buffer_callback=buffer_callback).dump(
                obj
            )
            return stream.getvalue()
        except _NotPlain:
            return slow_dumps(obj, protocol, fix_imports=fix_imports, buffer_callback=buffer_callback)

    def dump(
        obj: Any,
        file: Any,
        protocol: int | None = None,
        *,
        fix_imports: bool = True,
        buffer_callback: Any = None,
    ) -> None:
        """Write the bytes that stand for an object."""
        try:
            stream = io.BytesIO()
            _PlainPickler(stream, protocol, fix_imports=fix_imports, buffer_callback=buffer_callback).dump(
                obj
            )
        except _NotPlain:
            slow_dump(obj, file, protocol, fix_imports=fix_imports, buffer_callback=buffer_callback)
        else:
            file.write(stream.getvalue())

    def loads(data: Any, /, **options: Any) -> Any:
        """The object that bytes stand for."""
        try:
            return _PlainUnpickler(io.BytesIO(data), **options).load()
        except _NotPlain:
            return slow_loads(data, **options)

    def load(file: Any, **options: Any) -> Any:
        """The object whose bytes come next in a file."""
        if not (type(file) in (io.BytesIO, io.BufferedReader, io.BufferedRandom) and file.seekable()):
            return slow_load(file, **options)
        place = file.tell()
        try:
            return _PlainUnpickler(file, **options).load()
        except _NotPlain:
            file.seek(place)
            return slow_load(file, **options)

    for function in (dumps, dump, loads, load):
        function.__module__, function.__qualname__ = "_pickle", function.__name__
        setattr(made, function.__name__, function)


def _saving(made: Any, save: Any) -> Any:
    """`save_global` with the errors of the pickler that is written in C, which programs see in Python."""

    def save_global(self: Any, obj: Any, name: str | None = None) -> None:
        if isinstance(obj, Op) or _of_library(obj):
            from ..torch.serialization.names import name_of, write_name

            write_name(self, obj, *name_of(obj, name, self.proto))
            return
        path = name or getattr(obj, "__qualname__", None) or getattr(obj, "__name__", "") or ""
        if "<locals>" in path.split("."):
            raise AttributeError(f"Can't pickle local object {path!r}")
        try:
            save(self, obj, name)
        except made.PicklingError as error:
            if "it's not found as" not in str(error):
                raise
            module = getattr(obj, "__module__", None) or "__main__"
            raise made.PicklingError(
                f"Can't pickle {obj!r}: attribute lookup {path} on {module} failed"
            ) from None

    # `dispatch` holds the function for classes' own sake too
    for kind, function in list(made._Pickler.dispatch.items()):
        if function is save:
            made._Pickler.dispatch[kind] = save_global
    return save_global


def _of_library(obj: Any) -> bool:
    """Whether it is a function that the library has in Python."""
    return type(obj) is types.FunctionType and str(obj.__module__).startswith("tensorsh.torch.")


def _loading(made: Any, load: Any) -> Any:
    """`load` with the errors of the unpickler that is written in C."""

    def load_all(self: Any) -> Any:
        try:
            return load(self)
        except EOFError:
            raise EOFError("Ran out of input") from None
        except (KeyError, ValueError, IndexError, struct.error) as error:
            if not _raised_in(made, error):
                raise
            if isinstance(error, KeyError):
                raise made.UnpicklingError(f"invalid load key, {chr(error.args[0])!r}.") from None
            raise made.UnpicklingError("pickle data was truncated") from None

    load_all.__name__ = load_all.__qualname__ = "load"
    return load_all


def _raised_in(made: Any, error: BaseException) -> bool:
    """Whether the copy's own code raised it, not what the pickle called."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and last.tb_frame.f_globals is made.__dict__


def find_class(modules: Modules, module: str, name: str) -> Any:
    """What a pickle may name `module.name`, or None."""
    module, name = str.__str__(module), str.__str__(name)
    if (module, name) in EXACT:
        return EXACT[(module, name)]
    found = modules.host.find_class(module, name)
    if found is not None:
        return found
    own = None if module == "builtins" else modules.main(module)
    if own is not None:
        found = _path(modules, own, name)
        return found if issubclass(type(found), type) or own_function(found) else None
    if module == "builtins":
        found = modules.builtins.get(name)
        return found if issubclass(type(found), type) or name in BUILTINS else None
    if module not in VALUES and module.partition(".")[0] != "pathlib" and (module, name) not in ALONE:
        return None
    proxy = modules.find(module)
    return None if proxy is None else _value(_path(modules, proxy, name))


class Nameable(Mapping[str, Any]):
    """`sys.modules` as `pickle` sees it: of every module what a pickle may name."""

    def __init__(self, modules: Modules):
        self.modules = modules

    def __getitem__(self, module: str) -> Any:
        return _Names(self.modules, module)

    def __iter__(self) -> Iterator[str]:
        return iter(["__main__", "builtins"])

    def __len__(self) -> int:
        return 2

    def copy(self) -> dict[str, Any]:
        return dict(self)


class _Names:
    def __init__(self, modules: Modules, module: str):
        self._modules, self._module = modules, module

    def __getattr__(self, name: str) -> Any:
        found = find_class(self._modules, self._module, name)
        if found is None:
            raise AttributeError(name)
        return found


def _path(modules: Modules, found: Any, name: str) -> Any:
    for part in name.split("."):
        found = modules.host.attribute(found, part, None)
    return found


def _value(found: Any) -> Any:
    callable_kinds = (types.FunctionType, types.BuiltinFunctionType)
    return (
        found
        if issubclass(type(found), type) or type(found) in callable_kinds or own_class(type(found))
        else None
    )
