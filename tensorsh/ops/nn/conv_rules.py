"""What a convolution asks of its arguments, in PyTorch's words."""

from __future__ import annotations

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadValue, DTypeError, ShapeError
from .windows import Ints


def per_dimension(name: str, given: Ints, n: int) -> Ints:
    """One number for each dimension, from one for all."""
    if len(given) == n:
        return given
    if len(given) != 1:
        raise ArgumentError(
            f"expected {name} to be a single integer value or a list of {n} values to match the convolution "
            f"dimensions, but got {name}={list(given)}",
            raises=RuntimeError,
            code="conv-geometry",
        )
    return given * n


def check_numbers(
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    extra: Ints,
    groups: int,
    is_transposed: bool,
    by_mkldnn: bool,
) -> None:
    problem = None
    if groups <= 0:
        problem = "non-positive groups is not supported"
    elif min(padding) < 0:
        problem = "negative padding is not supported"
    elif min(extra) < 0:
        problem = "negative output_padding is not supported"
    elif min(stride) <= 0:
        problem = "non-positive stride is not supported"
    elif min(dilation) < 0:
        problem = "dilation should be greater than zero"
    elif min(dilation) == 0 and by_mkldnn:
        problem = "non-positive dilation is not supported"
    elif min(dilation) == 0:
        numbers = [1] * (len(dilation) == 1) + list(dilation)
        axes = ("depth", "height", "width")[-len(numbers) :]
        named = (f"dilation_{n}: {d}" for n, d in zip(axes, numbers, strict=True))
        shown = ", ".join(named) if is_transposed else numbers
        problem = f"dilation should be greater than zero, but got {shown}"
    if problem:
        raise BadValue(problem, code="conv-geometry")


def check_shapes(x: Spec, w: Spec, bias: Spec | None, groups: int, is_transposed: bool) -> None:
    def fail(message: str, help: str | None = None) -> None:
        raise ShapeError(message, code="conv-shape", help=help)

    kernel = list(w.shape)
    if w.shape[0] < groups:
        fail(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight "
            f"of size {kernel} instead"
        )
    if w.shape[0] % groups:
        fail(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got "
            f"weight of size [{kernel}] instead"
        )
    given = f"transposed={int(is_transposed)}" if is_transposed else f"groups={groups}"
    channels = w.shape[0] if is_transposed else w.shape[1] * groups
    if x.shape[1] != channels:
        fail(
            f"Given {given}, weight of size {kernel}, expected input{list(x.shape)} to have {channels} "
            f"channels, but got {x.shape[1]} channels instead",
            "channels are dimension 1 of the input; a convolution's weight is (out, in / groups, *kernel), "
            "a transposed one's (in, out / groups, *kernel)",
        )
    outputs = w.shape[1] * groups if is_transposed else w.shape[0]
    if bias is not None and bias.shape != (outputs,):
        fail(
            f"Given {'transposed=1, ' if is_transposed else ''}weight of size {kernel}, expected bias to be "
            f"1-dimensional with {outputs} elements, but got bias of size {list(bias.shape)} instead"
        )


def flat(sizes: Ints) -> list[int]:
    """Spatial sizes as PyTorch's kernels for two dimensions see those of one."""
    return [1] * (len(sizes) == 1) + list(sizes)


def by(sizes: Ints) -> str:
    return f"({' x '.join(map(str, flat(sizes)))})"


def check_kernel(kernel: Ints) -> None:
    """A window of at least one element, as the kernel that adds up sees it."""
    if min(kernel) > 0:
        return
    sizes = flat(kernel)
    shown = f": {' x '.join(map(str, sizes))} (TxHxW)"
    if len(sizes) == 2:
        shown = " kernel_height: {} kernel_width: {}".format(*sizes)
    raise BadValue(f"kernel size should be greater than zero, but got{shown}", code="conv-geometry")


def check_not_empty(x: Ints, w: Ints) -> None:
    """A transposed convolution's weight has elements, and so has its input but for batch and channels."""
    n = len(w) - 2
    if 0 in w[1:] and (n == 3 or not w[1]):
        wanted = "non-empty 2D or 4D weight tensor expected"
        if n == 3:
            wanted = (
                "non-empty 5D (n_output_plane x n_input_plane x kernel_depth x kernel_height x kernel_width) tensor "
                "expected for weight"
            )
        raise ShapeError(f"{wanted}, but got: {[*w[:2], *flat(w[2:])]}", code="conv-shape")
    if 0 in x[2:]:
        raise ShapeError(
            f"Only zero batch or zero channel inputs are supported, but got input shape: {[*x[:2], *flat(x[2:])]}",
            code="conv-shape",
        )


def check_fits(x: Spec, w: Spec, padding: Ints, dilation: Ints) -> None:
    padded = [n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True)]
    kernel = [d * (k - 1) + 1 for k, d in zip(w.shape[2:], dilation, strict=True)]
    if any(n < k for n, k in zip(padded, kernel, strict=True)):
        raise ShapeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel size: "
            f"({' x '.join(map(str, kernel))}). Kernel size can't be greater than actual input size",
            code="conv-kernel",
            help="a larger padding= or a smaller kernel makes room",
        )


def uses_mkldnn(x: Spec, w: Spec, groups: int, is_transposed: bool) -> bool:
    """Whether PyTorch hands the work to MKLDNN, which has words of its own for dtypes that differ."""
    if x.dtype is dt.bfloat16:
        return True
    large = groups > 1 or min(w.shape[2:]) > 3 or x.shape[0] > 1 or x.numel > 20480
    return x.dtype is dt.float32 and not is_transposed and large


def check_bias_dtype(x: Spec, bias: Spec) -> None:
    """What `conv1d`, `conv2d` and `conv3d` look at before anything else where the padding is in numbers."""
    if bias.dtype is not x.dtype:
        raise DTypeError(
            f"Input type ({dt.c_names[x.dtype]}) and bias type ({dt.c_names[bias.dtype]}) should be the same",
            code="dtype-mismatch",
        )


def check_dtypes(x: Spec, w: Spec, bias: Spec | None, groups: int, is_transposed: bool) -> None:
    """Input and weight have one dtype, which the kernel has; a bias beside a transposed one can be cast to it."""
    n = len(w.shape) - 2
    own = f"Input type ({x.dtype.tensor_title}) and {{}} type ({{}}) should be the same"
    if x.dtype in _WITHOUT_KERNEL[is_transposed]:
        kernel = ("slow_conv2d_cpu", "compute_columns3d")[n == 3]
        if is_transposed:
            kernel = f"slow_conv_transpose{max(n, 2)}d_out_cpu"
        raise DTypeError(
            f"\"{kernel}\" not implemented for '{x.dtype.title}'",
            raises=NotImplementedError,
            code="not-implemented",
        )
    if x.dtype is not w.dtype:
        message = f"expected scalar type {x.dtype.title} but found {w.dtype.title}"
        if x.dtype.is_complex:
            message = own.format("weight", w.dtype.tensor_title)
        elif uses_mkldnn(x, w, groups, is_transposed):
            more = " or input should be a MKLDNN tensor and weight is a dense tensor"
            message = own.format("weight", w.dtype.tensor_title) + more
        raise DTypeError(message, code="dtype-mismatch", help=f"convert the weight: w.to({x.dtype.name})")
    if bias is None or bias.dtype is x.dtype:
        return
    if x.dtype.is_complex:
        raise DTypeError(own.format("bias", bias.dtype.tensor_title), code="dtype-mismatch")
    if n == 3:
        message = f"expected scalar type {x.dtype.title} but found {bias.dtype.title}"
        raise DTypeError(message, code="dtype-mismatch")
    if bias.dtype.category > x.dtype.category:
        have = dt.promote_types(x.dtype, bias.dtype).title
        raise DTypeError(
            f"result type {have} can't be cast to the desired output type {x.dtype.title}",
            code="dtype-mismatch",
        )


#: what a convolution, and a transposed one, does not compute with
_WITHOUT_KERNEL = ((dt.bool_,), (dt.bool_, dt.uint8, dt.int8, dt.int16, dt.int32))


def check_extra(stride: Ints, dilation: Ints, extra: Ints) -> None:
    if all(e < s or e < d for e, s, d in zip(extra, stride, dilation, strict=True)):
        return
    names = ("depth", "height", "width")[-max(len(extra), 2) :]
    fill = len(names) - len(extra)
    shown = [
        f"{name}_{part}: {v}"
        for name, values, missing in (
            ("output_padding", extra, 0),
            ("stride", stride, 1),
            ("dilation", dilation, 1),
        )
        for part, v in zip(names, (missing,) * fill + values, strict=True)
    ]
    raise BadValue(
        f"output padding must be smaller than either stride or dilation, but got {' '.join(shown)}",
        code="conv-geometry",
    )


def batched_input(input: Tensor, n: int, name: str) -> tuple[Tensor, bool]:
    """The input with its batch dimension, and whether it had one."""
    if input.ndim == n + 2:
        return input, True
    if input.ndim == n + 1:
        return input.unsqueeze(0), False
    raise ShapeError(
        f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input of size: "
        f"{list(input.shape)}",
        code="conv-rank",
        operands=(input,),
    )
