"""What a program may set for everything after it: grad mode, the default dtype and device, the seed.

Each change is noted in the undo journal, so that a statement that fails after it takes it back.
"""

from __future__ import annotations

import math
from typing import Any

from ..engine.calls.arguments import device_of
from ..engine.calls.arguments import dtype as as_dtype
from ..engine.core import context, device, parallel
from ..engine.core.dtype import DType
from ..engine.core.dtype import promote_types as _promote_types
from ..engine.core.titles import Titled, titled
from ..engine.values.as_argument import type_name
from ..engine.values.tensor import Tensor
from ..errors import ArgumentError, BadValue, DTypeError, ShapeError
from ..ops.random.random_streams import Generator, Seeded, default_generator  # noqa: F401  they belong here


class fork_rng:
    """`with random.fork_rng():` gives the random stream back afterwards."""

    def __init__(
        self,
        devices: Any = None,
        enabled: bool = True,
        _caller: str = "fork_rng",
        _devices_kw: str = "devices",
        device_type: str | None = None,
    ):
        self._enabled = enabled and device_type != "meta"

    def __enter__(self) -> None:
        self._before = context.current().generator.get_state()

    def __exit__(self, *_: object) -> None:
        if self._enabled:
            context.current().generator.set_state(self._before)


def _change(name: str, value: Any) -> None:
    state = context.current()
    state.journal.save_setting(state, name)
    setattr(state, name, value)


def is_grad_enabled() -> bool:
    """Whether operations are recorded for gradients."""
    return context.current().grad_enabled


def is_inference_mode_enabled() -> bool:
    """Whether `inference_mode` is on."""
    return context.current().inference


def manual_seed(seed: Any) -> Seeded:
    """Start the random stream at `seed`: the numbers that PyTorch gives on the CPU."""
    return Seeded(int(seed))


def set_default_dtype(d: Any) -> None:
    """What floats without a dtype become."""
    if not isinstance(d, DType) and not context.current().lists:
        raise TypeError("invalid dtype object: only floating-point types are supported as the default type")
    chosen = as_dtype(d, "set_default_dtype")
    if not chosen.is_floating_point:
        raise DTypeError(
            "only floating-point types are supported as the default type",
            raises=TypeError,
            help=f"{chosen} is none of them",
        )
    _change("dtype", chosen)


def get_default_dtype() -> DType:
    """The dtype of floats that state none."""
    return context.current().dtype


def set_default_device(device: Any) -> None:
    """Where tensors without a device go; None: the processor."""
    _change("device", device_of("cpu" if device is None else device, "set_default_device", "device", 1))


def get_default_device() -> device.Device:
    """Where tensors without a device go."""
    return context.current().device


def set_num_threads(n: Any) -> None:
    """How many threads an operation may use."""
    if isinstance(n, bool) or not isinstance(n, int):
        raise BadValue(f"set_num_threads expects an int, but got {type(n).__name__}")
    if n < 1:
        raise BadValue("set_num_threads expects a positive integer")
    context.current().journal.record(parallel.threads, parallel.set_threads)
    parallel.set_threads(n)


def get_num_threads() -> int:
    """How many threads an operation may use."""
    return parallel.threads()


def is_tensor(obj: Any) -> bool:
    """Whether a value is a tensor."""
    return isinstance(obj, Tensor)


def promote_types(type1: Any, type2: Any) -> DType:
    """The smallest dtype that both fit."""
    return _promote_types(
        as_dtype(type1, "promote_types", "type1", 1), as_dtype(type2, "promote_types", "type2", 2)
    )


class Limits(metaclass=Titled):
    """`finfo(dtype)` and `iinfo(dtype)`: what numbers of a dtype can be."""

    public = frozenset({"bits", "min", "max", "eps", "tiny", "smallest_normal", "resolution", "dtype"})

    def __init__(self, fields: dict[str, Any], title: str):
        self.fields = fields
        self.title = title

    def __getattr__(self, name: str) -> Any:
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(f"'torch.{self.title}' object has no attribute '{name}'") from None

    def __repr__(self) -> str:
        shown = {
            name: f"{value:g}" if isinstance(value, int | float) else value
            for name, value in self.fields.items()
        }
        return (
            f"{self.title}({', '.join(f'{name}={text}' for name, text in shown.items() if name != 'bits')})"
        )


class FloatLimits(Limits):
    """`finfo(dtype)`."""


class IntegerLimits(Limits):
    """`iinfo(dtype)`."""


titled(FloatLimits, "torch.finfo")
titled(IntegerLimits, "torch.iinfo")

#: mantissa bits and exponent range of each float: 2**-m is eps, (2 - 2**-m) * 2**e is max
FLOATS = {"float16": (10, 15), "bfloat16": (7, 127), "float32": (23, 127), "float64": (52, 1023)}


def _dtype_alone(given: Any, function: str) -> DType:
    """A dtype, or Python's type for one, where PyTorch takes no name of it."""
    if not isinstance(given, DType | type):
        raise ArgumentError(
            f"{function}(): argument 'type' (position 1) must be torch.dtype, not {type_name(given)}",
            code="argument-type",
            help="torch.float32 is one",
        )
    return as_dtype(given, function)


def finfo(type: Any = ...) -> Limits:
    """The limits of a float dtype: bits, max, min, eps, tiny, smallest_normal, resolution."""
    d = context.current().dtype if type is ... else _dtype_alone(type, "finfo").to_real()
    if d.name not in FLOATS:
        raise ArgumentError(
            "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'",
            help="integers have iinfo",
        )
    mantissa, exponent = FLOATS[d.name]
    largest = (2.0 - 2.0**-mantissa) * 2.0**exponent
    tiny = 2.0 ** (1 - exponent)
    fields = {
        "resolution": 10.0 ** -math.floor(mantissa * math.log10(2)), "min": -largest, "max": largest,
        "eps": 2.0**-mantissa, "smallest_normal": tiny, "tiny": tiny, "dtype": d.name, "bits": d.bits,
    }  # fmt: skip
    return FloatLimits(fields, "finfo")


def iinfo(type: Any) -> Limits:
    """The limits of an integer dtype: bits, min, max."""
    d = _dtype_alone(type, "iinfo")
    if d.name == "bool":
        raise ArgumentError("torch.bool is not supported by torch.iinfo")
    if d.is_floating_point or d.is_complex:
        raise ArgumentError(
            "torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'",
            help="floats have finfo",
        )
    low, high = (-(2 ** (d.bits - 1)), 2 ** (d.bits - 1) - 1) if d.is_signed else (0, 2**d.bits - 1)
    return IntegerLimits({"min": low, "max": high, "dtype": d.name, "bits": d.bits}, "iinfo")


def broadcast_shapes(*shapes: Any) -> Any:
    """The shape that tensors of these shapes broadcast to."""
    from ..engine.core.results import Size

    given = [tuple(shape) if isinstance(shape, tuple | list) else (shape,) for shape in shapes]
    found = [1] * max(map(len, given), default=0)
    for at, sizes in enumerate(given):
        for i, n in enumerate(reversed(sizes), 1):
            if isinstance(n, int) and n < 0:
                raise BadValue("Attempting to broadcast a dimension with negative length!", raises=ValueError)
            if n not in (1, found[-i]) and found[-i] != 1:
                shown = repr(shapes[at] if isinstance(shapes[at], tuple | list) else sizes)
                raise ShapeError(
                    f"Attempting to broadcast a dimension of length {n} at {-i}! Mismatching argument at index "
                    f"{at} had {shown}; but expected shape should be broadcastable to {found}",
                    code="broadcast",
                )
            found[-i] = n if found[-i] == 1 else found[-i]
    return Size(found)
