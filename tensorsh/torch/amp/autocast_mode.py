"""autocast: inside it, products are computed in 16 bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any, Literal

import numpy as np

from ...engine.core import context
from ...engine.core.device import parse
from ...engine.core.warn import warn
from ..namespace import torch
from ..switches import set_switch, switch
from . import casts

__all__ = ["autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]

AVAILABLE = ("cpu", "cuda", "xpu", "hpu", "mps", "mtia", "maia", "xla", "ipu")


class Autocast:
    """An autocast in force: the dtype of products, and the parameters that were cast to it."""

    __slots__ = ("cache", "dtype")

    def __init__(self, dtype: Any, cache: dict[int, Any] | None):
        self.dtype = dtype
        self.cache = cache


class autocast:
    """`with torch.autocast("cpu"):` products are computed in bfloat16; also a decorator.

    dtype           bfloat16 or float16
    enabled         False: as without it, inside another
    cache_enabled   parameters are cast once while it is in force
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ):
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.fast_dtype = get_autocast_dtype(device_type) if dtype is None else dtype
        self.device = device_type
        if not is_autocast_available(device_type):
            raise RuntimeError(f"User specified an unsupported autocast device_type '{device_type}'")
        self._cache_enabled = True if cache_enabled is None else cache_enabled
        supported = (torch.bfloat16, torch.float16)
        if enabled and device_type == "cuda":
            warn("CUDA is not available or torch_xla is imported. Disabling autocast.")
            enabled = False
        elif enabled and self.fast_dtype not in supported:
            name = device_type.upper()
            warn(
                f"In {name} autocast, but the target dtype is not supported. Disabling autocast.\n{name} Autocast only "
                f"supports dtypes of {', '.join(map(str, supported))} currently."
            )
            enabled = False
        self._enabled = enabled
        self._before: list[Any] = []

    def __enter__(self) -> autocast:
        state = context.current()
        self._before.append(state.autocast)
        if self.device == "cpu" and (self._enabled or state.autocast is not None):
            shared = None if state.autocast is None else state.autocast.cache
            cache = ({} if shared is None else shared) if self._cache_enabled else None
            casts.put(Autocast(self.fast_dtype, cache) if self._enabled else None)
        return self

    def __exit__(self, *_: object) -> Literal[False]:
        before = self._before.pop()
        if self.device == "cpu" and (before is not None or context.current().autocast is not None):
            casts.put(before)
            if before is None:
                casts.leave()
        return False

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(func)
        def decorate_autocast(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return decorate_autocast


autocast.__module__ = "torch.amp.autocast_mode"  # as `print(type(x))` shows it


def is_autocast_available(device_type: str) -> bool:
    """Whether PyTorch has an autocast for such a device."""
    return parse(device_type).type in AVAILABLE


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether an autocast is in force for such a device; without one, for CUDA devices."""
    return device_type == "cpu" and context.current().autocast is not None


def is_autocast_cpu_enabled() -> bool:
    """Whether an autocast is in force."""
    return context.current().autocast is not None


def get_autocast_dtype(device_type: str) -> Any:
    """The dtype in which products are computed under autocast."""
    kind = parse(device_type).type
    if kind not in AVAILABLE:
        raise RuntimeError("unsupported scalarType")
    if kind == "cpu" and context.current().autocast is not None:
        return context.current().autocast.dtype
    usual = torch.float16 if kind in ("cuda", "mps", "ipu") else torch.bfloat16
    return switch(f"autocast {kind}", usual)


def set_autocast_dtype(device_type: str, dtype: Any) -> None:
    """In which dtype products are computed under an autocast that does not say it."""
    kind, now = parse(device_type).type, context.current().autocast
    if kind == "cpu" and now is not None:
        casts.put(Autocast(dtype, now.cache))
    set_switch(f"autocast {kind}", dtype)


def set_autocast_enabled(device_type: Any, enabled: bool | None = None) -> None:
    """Begin an autocast that lasts until it is switched off; without a device, for CUDA devices."""
    if enabled is None or parse(device_type).type != "cpu":
        return
    on = is_autocast_cpu_enabled()
    if enabled and not on:
        casts.put(Autocast(get_autocast_dtype("cpu"), {}))
    elif on and not enabled:
        casts.put(None)
        casts.leave()


set_autocast_cpu_dtype = partial(set_autocast_dtype, "cpu")
set_autocast_cpu_enabled = partial(set_autocast_enabled, "cpu")
get_autocast_cpu_dtype = partial(get_autocast_dtype, "cpu")
get_autocast_gpu_dtype = partial(get_autocast_dtype, "cuda")


def is_autocast_cache_enabled() -> bool:
    """Whether parameters are cast once."""
    return context.current().autocast is None or context.current().autocast.cache is not None


def clear_autocast_cache() -> None:
    """Cast parameters again."""
    if context.current().autocast is not None and context.current().autocast.cache:
        context.current().autocast.cache.clear()


def custom_fwd(
    fwd: Callable[..., Any] | None = None, *, device_type: str, cast_inputs: Any = None
) -> Callable[..., Any]:
    """Decorates the `forward` of an autograd.Function; with `cast_inputs`, it runs in that dtype without autocast."""
    _check_device(device_type)
    if fwd is None:
        return partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @wraps(fwd)
    def decorate_fwd(*args: Any, **kwargs: Any) -> Any:
        args[0]._dtype = get_autocast_dtype(device_type)
        enabled = is_autocast_enabled(device_type)
        args[0]._fwd_used_autocast = enabled and cast_inputs is None
        if cast_inputs is None or not enabled:
            return fwd(*args, **kwargs)
        with autocast(device_type=device_type, enabled=False):
            return fwd(
                *_all_cast(args, device_type, cast_inputs), **_all_cast(kwargs, device_type, cast_inputs)
            )

    return decorate_fwd


def custom_bwd(bwd: Callable[..., Any] | None = None, *, device_type: str) -> Callable[..., Any]:
    """Decorates the `backward` of an autograd.Function: it runs with autocast as the forward did."""
    _check_device(device_type)
    if bwd is None:
        return partial(custom_bwd, device_type=device_type)

    @wraps(bwd)
    def decorate_bwd(*args: Any, **kwargs: Any) -> Any:
        with autocast(device_type=device_type, enabled=args[0]._fwd_used_autocast, dtype=args[0]._dtype):
            return bwd(*args, **kwargs)

    return decorate_bwd


def _check_device(device_type: Any) -> None:
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")


def _all_cast(value: Any, device_type: str, dtype: Any) -> Any:
    if isinstance(value, torch.Tensor):
        fits = (
            value.is_floating_point()
            and value.device.type == device_type
            and value.dtype is not torch.float64
        )
        return value.to(dtype) if fits else value
    if isinstance(value, str | np.ndarray):
        return value
    if isinstance(value, Mapping):
        return {key: _all_cast(item, device_type, dtype) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([_all_cast(item, device_type, dtype) for item in value])
    return value
