"""Reading pickles: `unpickled` finds what `names` lists, `weights` only what tensors and containers need.

Of a pickle's instructions those that call, make or fill an object look at what they are given: nothing but an
instance of a class that was found is filled, so that no file reaches into the library or a class.
"""

from __future__ import annotations

import pickle
import types
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, ClassVar

from ...engine.records.op import Op
from ...engine.values.parameters import Parameter
from ...engine.values.tensor import Tensor
from .memory import StorageType
from .names import found_by_name, modern, weights
from .safe import user_allowed

Persistent = Callable[[Any], Any]

BLOCKED = frozenset({"sys", "os", "posix", "nt"})


#: the one that is written in Python, of which typeshed does not tell
_Base: Any = pickle._Unpickler


class Unpickler(_Base):
    """Reads one pickle from a stream; `persistent` makes memory of what stands for it."""

    def __init__(self, stream: Any, persistent: Persistent, encoding: str = "utf-8", errors: str = "strict"):
        super().__init__(stream, encoding=encoding, errors=errors)
        self._persistent = persistent

    def load(self) -> Any:
        try:
            return super().load()
        except EOFError:
            raise EOFError("Ran out of input") from None

    def persistent_load(self, pid: Any) -> Any:
        return self._persistent(pid)

    def find_class(self, module: str, name: str) -> Any:
        """What a name stands for; UnpicklingError for what is not to be had."""
        if self.proto < 3:
            module, name = modern(module, name)
        module = {"torch.tensor": "torch._tensor"}.get(module, module)
        found = found_by_name(module, name)
        if found is None:
            raise pickle.UnpicklingError(
                f"Can't get {module}.{name}: files give tensors, containers and the program's own classes"
            )
        return found

    def load_build(self) -> None:
        if isinstance(
            self.stack[-2], type | Op | types.FunctionType | types.BuiltinFunctionType | StorageType
        ):
            raise pickle.UnpicklingError(f"Can only build instances, but got {self.stack[-2]}")
        super().load_build()

    dispatch: ClassVar[dict[Any, Any]] = dict(_Base.dispatch)
    dispatch[pickle.BUILD[0]] = load_build


class WeightsUnpickler(Unpickler):
    """What `weights_only=True` reads with: PyTorch's subset of instructions, names and targets, in its words."""

    def load(self) -> Any:
        try:
            return super().load()
        except EOFError:
            raise EOFError from None

    def load_proto(self) -> None:
        self.proto = self.read(1)[0]
        if self.proto != 2:
            from ...engine.core.warn import warn

            warn(
                f"Detected pickle protocol {self.proto} in the checkpoint, which was not the default pickle protocol "
                "used by `torch.load` (2). The weights_only Unpickler might not support all instructions implemented "
                "by this protocol, please file an issue for adding support if you encounter this."
            )

    def find_class(self, module: str, name: str) -> Any:
        module, name = modern(module, name)
        full = f"{module}.{name}"
        if module in BLOCKED:
            raise pickle.UnpicklingError(
                f"Trying to load unsupported GLOBAL {full} whose module {module} is blocked."
            )
        found = weights().get(full)
        if found is None:
            found = user_allowed().get(full)
        if found is None:
            full = full.removeprefix("builtins.")
            raise pickle.UnpicklingError(
                f"Unsupported global: GLOBAL {full} was not an allowed global by default. Please use "
                f"`torch.serialization.add_safe_globals([{full}])` or the "
                f"`torch.serialization.safe_globals([{full}])` context manager to allowlist this global if you trust "
                "this class/function."
            )
        return found

    def load_reduce(self) -> None:
        function = self.stack[-2]
        if not _allowed(function):
            message = f"Trying to call reduce for unrecognized function {function}"
            if hasattr(function, "__self__"):
                message += f" which belongs to {function.__self__}"
            raise pickle.UnpicklingError(message)
        super().load_reduce()

    def load_newobj(self) -> None:
        kind = self.stack[-2]
        if kind is not Parameter and not _allowed(kind):
            raise pickle.UnpicklingError(
                "Can only create new object for nn.Parameter or classes allowlisted via `add_safe_globals` but got "
                f"{kind}"
            )
        super().load_newobj()

    def load_build(self) -> None:
        target = self.stack[-2]
        known = isinstance(target, Tensor) or type(target) is OrderedDict
        if not known and not _allowed(type(target)):
            raise pickle.UnpicklingError(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, but got "
                f"{type(target)}"
            )
        super().load_build()

    def load_append(self) -> None:
        item, target = self.stack.pop(), self.stack[-1]
        if type(target) is not list:
            raise pickle.UnpicklingError(f"Can only append to lists, but got {type(target)}")
        target.append(item)

    def load_appends(self) -> None:
        target = self.metastack[-1][-1]
        if type(target) is not list:
            raise pickle.UnpicklingError(f"Can only extend lists, but got {type(target)}")
        super().load_appends()

    def load_setitem(self) -> None:
        _check_mapping("SETITEM", self.stack[-3])
        super().load_setitem()

    def load_setitems(self) -> None:
        _check_mapping("SETITEMS", self.metastack[-1][-1])
        super().load_setitems()

    def load_binpersid(self) -> None:
        pid = self.stack[-1]
        if type(pid) is not tuple and type(pid) is not int:
            raise pickle.UnpicklingError(f"persistent_load id must be tuple or int, but got {type(pid)}")
        if type(pid) is tuple and pid and pid[0] not in ("storage", b"storage"):
            raise pickle.UnpicklingError(
                f"Only persistent_load of storage is allowed, but got {type(pid[0])}"
            )
        super().load_binpersid()

    def load_binget(self) -> None:
        self.append(self.memo[self.read(1)[0]])

    class _Table(dict[int, Any]):
        def __missing__(self, code: int) -> Any:
            raise pickle.UnpicklingError(f"Unsupported operand {code}")

    dispatch: ClassVar[dict[Any, Any]] = _Table()


def _allowed(value: Any) -> bool:
    return any(value is known for table in (weights(), user_allowed()) for known in table.values())


def _check_mapping(instruction: str, target: Any) -> None:
    if type(target) not in (dict, OrderedDict, Counter):
        raise pickle.UnpicklingError(
            f"Can only {instruction} for dict, collections.OrderedDict, collections.Counter, but got {type(target)}"
        )


#: the instructions that `weights_only` knows
_INSTRUCTIONS = (
    "APPEND APPENDS BINFLOAT BINGET BININT BININT1 BININT2 BINPERSID BINPUT BINUNICODE BUILD EMPTY_DICT EMPTY_LIST "
    "EMPTY_SET EMPTY_TUPLE GLOBAL LONG1 LONG_BINGET LONG_BINPUT MARK NEWFALSE NEWOBJ NEWTRUE NONE PROTO REDUCE "
    "SETITEM SETITEMS SHORT_BINSTRING STOP TUPLE TUPLE1 TUPLE2 TUPLE3"
)
for _name in _INSTRUCTIONS.split():
    _code = getattr(pickle, _name)[0]
    _own = {
        "REDUCE": WeightsUnpickler.load_reduce, "NEWOBJ": WeightsUnpickler.load_newobj,
        "BUILD": WeightsUnpickler.load_build, "APPEND": WeightsUnpickler.load_append,
        "APPENDS": WeightsUnpickler.load_appends, "SETITEM": WeightsUnpickler.load_setitem,
        "SETITEMS": WeightsUnpickler.load_setitems, "BINPERSID": WeightsUnpickler.load_binpersid,
        "BINGET": WeightsUnpickler.load_binget, "PROTO": WeightsUnpickler.load_proto,
    }  # fmt: skip
    WeightsUnpickler.dispatch[_code] = _own.get(_name, Unpickler.dispatch[_code])
