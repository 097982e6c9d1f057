"""Calls that failed: NumPy's spellings are tried, and PyTorch's own words for what is wrong are found.

Most of PyTorch's functions are C++ behind a parser of arguments (`native`). The others are Python functions,
with Python's complaints: those of `nn.functional` but for a few, and some of the rest.
"""

from __future__ import annotations

import re
from functools import cache
from types import FunctionType
from typing import Any

from ..errors import ArgumentError
from . import native
from .op import Op
from .schema import Schema

#: keyword spellings PyTorch takes over from NumPy
ALIASES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "self": "input", "a": "input", "x2": "other"}


def rebind(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], error: TypeError) -> Any:
    """Try NumPy's spellings; otherwise say in one sentence what is wrong with the call."""
    names = {p.name for p in op.schema.parameters}
    renamed = {ALIASES.get(k, k) if k not in names else k: v for k, v in kwargs.items()}
    if renamed.keys() != kwargs.keys() and renamed.keys() <= names:
        try:
            return op.bound(*args, **renamed)
        except TypeError as again:
            error = again
    message = re.sub(r"^\w+\(\)", f"{op.schema.title}()", str(error))
    raise ArgumentError(
        message, code="signature", help=f"the signature is {op.schema}", operands=args
    ) from None


def refusal(op: Op, written: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ArgumentError | None:
    """PyTorch's error for a call that its signature refuses; None if it is not the call's form that is wrong.

    `written` is what the program called the operation: "torch.sum", "sum", "F.relu".
    """
    names = [name.removeprefix("torch.") for name in op.names]
    path = written.removeprefix("torch.")
    last = path.rpartition(".")[2]
    same = sorted((n for n in names if n.rpartition(".")[2] == last), key=lambda n: n.count("."))
    name = path if path in names else same[0] if same else op.name
    method = op.is_method
    args = args[1:] if method else args
    python = python_function(op, name, method)
    if python is None:
        name = name.removeprefix("nn.functional.").removeprefix("Tensor.")
        message = native.refusal(op, name, args, kwargs, method)
    else:
        message = python_refusal(python, (None, *args) if method else args, kwargs)
    if message is None:
        return None
    code = "argument-type" if re.search(r"must be|combination|expected Tensor", message) else "signature"
    return ArgumentError(message, code=code, help=f"the signature is {op.schema}")


# ------------------------------------------------------------------ what PyTorch has in Python

#: functions of nn.functional that PyTorch has in C++
NATIVE = frozenset(
    (
        "adaptive_avg_pool1d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "bilinear", "celu_",
        "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
        "conv_transpose3d", "cosine_similarity", "elu_", "gelu", "hardshrink", "hardtanh_",
        "leaky_relu_", "linear", "logsigmoid", "one_hot", "pairwise_distance", "pdist", "pixel_shuffle",
        "pixel_unshuffle", "prelu", "relu_", "rrelu_", "scaled_dot_product_attention", "selu_",
        "softplus", "softshrink", "threshold_",
    )
)  # fmt: skip

IN_PYTHON = ("nn.functional.", "signal.", "masked.", "autograd.", "func.")

#: those elsewhere, and those whose signature or name is another than here
PYTHON = """
    Tensor.backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None)
    Tensor.norm(self, p="fro", dim=None, keepdim=False, dtype=None)
    Tensor.split(self, split_size, dim=0)
    Tensor.unique(self, sorted=True, return_inverse=False, return_counts=False, dim=None)
    Tensor.unique_consecutive(self, return_inverse=False, return_counts=False, dim=None)
    atleast_1d(*tensors)
    atleast_2d(*tensors)
    atleast_3d(*tensors)
    block_diag(*tensors)
    broadcast_tensors(*tensors)
    cartesian_prod(*tensors)
    cdist(x1, x2, p=2.0, compute_mode="")
    chain_matmul(*matrices, out=None)
    einsum(*args)
    meshgrid(*tensors, indexing=None)
    norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None)
    split(tensor, split_size_or_sections, dim=0)
    stft(input, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode="reflect",
        normalized=False, onesided=None, return_complex=None, align_to_window=None)
    tensordot(a, b, dims=2, out=None)
    unravel_index(indices, shape)
    nn.functional.max_pool1d _max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1,
        ceil_mode=False, return_indices=False)
    nn.functional.max_pool2d _max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1,
        ceil_mode=False, return_indices=False)
    nn.functional.max_pool3d _max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1,
        ceil_mode=False, return_indices=False)
    nn.functional.adaptive_max_pool1d _adaptive_max_pool1d(input, output_size, return_indices=False)
    nn.functional.adaptive_max_pool2d _adaptive_max_pool2d(input, output_size, return_indices=False)
    nn.functional.adaptive_max_pool3d _adaptive_max_pool3d(input, output_size, return_indices=False)
    nn.functional.threshold _threshold(input, threshold, value, inplace=False)
"""


@cache
def python_signatures() -> dict[str, tuple[str, str]]:
    """Name → how messages call it, and its parameters."""
    found = re.findall(r"(?:([\w.]+) )?([\w.]+)\(([^)]*)\)", PYTHON)
    return {name or title: (title, parameters) for name, title, parameters in found}


def python_function(op: Op, name: str, method: bool) -> FunctionType | None:
    """A function with the signature that PyTorch's has in Python; None if PyTorch has it in C++."""
    key = f"Tensor.{name.removeprefix('Tensor.')}" if method else name
    entry = python_signatures().get(key)
    if entry is None:
        if method or not name.startswith(IN_PYTHON) or name.removeprefix("nn.functional.") in NATIVE:
            return None
        entry = name.rpartition(".")[2], python_parameters(op.schema)
    title, parameters = entry
    scope: dict[str, Any] = {}
    exec(f"def function({parameters}): pass", scope)
    function: FunctionType = scope["function"]
    function.__qualname__ = title
    return function


def python_parameters(schema: Schema) -> str:
    """A signature as Python writes it."""
    parts, starred = [], False
    for p in schema.parameters:
        if p.keyword_only and not starred:
            parts.append("*")
        starred = starred or p.keyword_only or p.varargs
        parts.append(f"*{p.name}" if p.varargs else p.name if p.required else f"{p.name}=None")
    return ", ".join(parts)


def python_refusal(function: FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    try:
        function(*args, **kwargs)
    except TypeError as error:
        return str(error)
    return None
