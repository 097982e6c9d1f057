"""The tensor types of CUDA devices: constructors that say there is none."""

from __future__ import annotations

from typing import Any

from ..tensor_types import DTYPES


class cuda_type(type):
    """The type of `torch.cuda.FloatTensor`."""

    def __call__(cls, *values: Any, **options: Any) -> Any:
        raise TypeError(
            f"type torch.cuda.{cls.__name__} not available. Torch not compiled with CUDA enabled."
        )


def __getattr__(name: str) -> Any:
    if name not in DTYPES:
        raise AttributeError(name)
    made = globals()[name] = cuda_type(name, (), {"__module__": "torch.cuda", "dtype": DTYPES[name]})
    return made
