"""The table's rows: what is measured, who takes part, and what is promised."""

from __future__ import annotations

from dataclasses import dataclass, field

ALL = ("tensorsh", "numpy", "numpy_out", "torch", "jax", "autograd")
LARGE = ("tensorsh", "numpy", "torch", "jax")


@dataclass(frozen=True)
class Promise:
    """tensorsh takes at most `ratio` times what `against` takes, of `what`: inner, whole, peak."""

    ratio: float
    against: str
    what: str = "inner"


@dataclass(frozen=True)
class Row:
    """`times` steps make the whole process; `inner` says that a step is also timed in a loop of its own."""

    title: str
    contestants: tuple[str, ...]
    promises: tuple[Promise, ...] = ()
    times: int = 1
    inner: bool = True
    stdin: bool = False
    note: str = field(default="")


ROWS = {
    "start": Row(
        "`1+1`",
        ("tensorsh", "numpy", "torch", "jax", "python"),
        (Promise(1.5, "numpy", "whole"),),
        inner=False,
        note="NumPy imports itself and adds",
    ),
    "digits": Row(
        "training step of 64-32-10, batch 64: cross entropy, SGD",
        ALL,
        (Promise(1.0, "numpy"), Promise(0.4, "torch")),
        times=1000,
    ),
    "tanh": Row(
        "training step of 32-64-1, tanh, full batch of 64: mean square, SGD",
        ALL,
        (Promise(1.0, "numpy"), Promise(1.0, "jax")),
        times=1000,
    ),
    "chain": Row(
        "mean(tanh(a*b+a)**2), 4 M float32",
        ("tensorsh", "numpy", "numpy_out", "torch", "jax"),
        (Promise(0.25, "torch"), Promise(0.5, "torch", "peak")),
    ),
    "cross_entropy": Row("cross_entropy of 4000×1000", LARGE, (Promise(1.0, "torch"),)),
    "layer_norm": Row("layer_norm of 4000×1000", LARGE, (Promise(1.0, "torch"),)),
    "gelu": Row("gelu of 4 M", LARGE, (Promise(1.0, "torch"),)),
    "adam": Row(
        "Adam's update of 4 M",
        ("tensorsh", "numpy", "numpy_out", "torch", "jax"),
        (Promise(1.0, "torch"),),
    ),
    "matmul": Row("matmul of 1500×1500", LARGE, (Promise(1.0, "torch"),)),
    "bmm": Row("matmul of 64×128×256 and 64×256×128", LARGE, (Promise(1.0, "torch"),)),
    "conv2d": Row("conv2d, 64×3×32×32 to 64 channels, k 3, padding 1", LARGE, (Promise(2.0, "torch"),)),
    "scalars": Row("`for j in range(1000000): s = s + j`", ("tensorsh", "python"), (Promise(4.0, "python"),)),
    "graph": Row("a graph of 10⁶ additions, then backward", ("tensorsh", "torch"), (Promise(2.0, "torch"),)),
    "csv": Row(
        "200 MB of CSV (22 M numbers) through a pipe, column means",
        ("tensorsh", "numpy", "pandas"),
        (Promise(1.5, "pandas", "whole"),),
        inner=False,
        stdin=True,
        note="the float32 array has 88 MB",
    ),
}

NAMES = {
    "tensorsh": "tensorsh",
    "numpy": "NumPy",
    "numpy_out": "NumPy, `out=`",
    "torch": "PyTorch",
    "jax": "JAX, jit",
    "autograd": "autograd",
    "pandas": "pandas",
    "python": "CPython",
}
#: the module that a contestant needs, where the interpreter of `--python` may lack it
MODULES = {"torch": "torch", "jax": "jax", "autograd": "autograd", "pandas": "pandas"}
