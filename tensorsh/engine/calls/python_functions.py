"""Which functions PyTorch has in Python, where the others are C++ behind its parser of arguments."""

from __future__ import annotations

import re
from functools import cache

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

#: namespaces whose functions are in Python
SPACES = ("nn.functional.", "signal.", "masked.", "autograd.", "func.", "random.")

#: methods and operators of tensors that are in Python, beside those below
METHODS = """
    dim_order eig index is_shared lstsq lu register_hook register_post_accumulate_grad_hook resize resize_as
    share_memory_ solve storage storage_type symeig to_sparse_coo unflatten
    __rsub__ __rtruediv__ __floordiv__ __rfloordiv__ __rmod__ __rmatmul__ __pow__ __rpow__ __ipow__ __rlshift__
    __rrshift__ __len__ __contains__ __repr__ __format__ __array__ __deepcopy__
"""

#: those elsewhere, and those whose signature or name is another than here
PYTHON = """
    Tensor.backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None)
    Tensor.dim_order(self, *, ambiguity_check=False)
    Tensor.is_shared(self)
    Tensor.istft(self, n_fft, hop_length=None, win_length=None, window=None, center=True, normalized=False,
        onesided=None, length=None, return_complex=False)
    Tensor.norm(self, p="fro", dim=None, keepdim=False, dtype=None)
    Tensor.register_hook(self, hook)
    Tensor.register_post_accumulate_grad_hook(self, hook)
    Tensor.share_memory_(self)
    Tensor.split(self, split_size, dim=0)
    Tensor.stft(self, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode="reflect",
        normalized=False, onesided=None, return_complex=None, align_to_window=None)
    Tensor.storage(self)
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
    get_rng_state()
    initial_seed()
    meshgrid(*tensors, indexing=None)
    norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None)
    seed()
    set_rng_state(new_state)
    split(tensor, split_size_or_sections, dim=0)
    stft(input, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode="reflect",
        normalized=False, onesided=None, return_complex=None, align_to_window=None)
    tensordot(a, b, dims=2, out=None)
    unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None)
    unique_consecutive(input, return_inverse=False, return_counts=False, dim=None)
    unravel_index(indices, shape)
    vmap(func, in_dims=0, out_dims=0, randomness="error", *, chunk_size=None)
    nn.functional.max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
        return_indices=False)
    nn.functional.max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
        return_indices=False)
    nn.functional.max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
        return_indices=False)
"""


@cache
def python_signatures() -> dict[str, tuple[str, str]]:
    """Name → how messages call it, and its parameters."""
    found = re.findall(r"(?:([\w.]+) )?([\w.]+)\(([^)]*)\)", PYTHON)
    return {name or title: (title, parameters) for name, title, parameters in found}


@cache
def methods_in_python() -> frozenset[str]:
    """The names of tensors' methods and operators that PyTorch has in Python."""
    of_signatures = [name[7:] for name in python_signatures() if name.startswith("Tensor.")]
    return frozenset((*METHODS.split(), *of_signatures))


def in_python(name: str) -> bool:
    """Whether PyTorch's function of this name (`einsum`, `nn.functional.relu`) is one in Python."""
    if name in python_signatures():
        return True
    return name.startswith(SPACES) and name.removeprefix("nn.functional.") not in NATIVE
