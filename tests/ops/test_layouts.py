"""In which order results lie in memory, as in PyTorch: what can be viewed depends on it, and how sums are added up."""

from __future__ import annotations

import zlib
from itertools import combinations
from typing import Any

import pytest

from tensorsh import torch

F = torch.nn.functional
nn = torch.nn

#: of pictures, and the strides of what batch normalisation makes of them: channels last, or in order
PICTURES: list[Any] = [
    (lambda x: x, (144, 48, 6, 1)),
    (lambda x: x.transpose(1, 3), (144, 24, 3, 1)),
    (lambda x: x.permute(0, 2, 3, 1), (144, 18, 3, 1)),
    (lambda x: x.contiguous(memory_format=torch.channels_last), (144, 1, 18, 3)),
    (lambda x: x.transpose(0, 1), (96, 48, 6, 1)),
    (lambda x: x[:, :, ::2], (72, 24, 6, 1)),
]


@pytest.mark.parametrize(("view", "strides"), PICTURES)
def test_batch_normalisation(view: Any, strides: tuple[int, ...]) -> None:
    x = view(torch.randn(2, 3, 8, 6))
    layer = nn.BatchNorm2d(x.shape[1])
    assert layer(x).stride() == layer.eval()(x).stride() == strides


def test_pools_of_turned_sequences() -> None:
    x = torch.randn(2, 8, 6).transpose(1, 2)
    wanted = x.clone().requires_grad_()
    for pool in (F.avg_pool1d, F.adaptive_avg_pool1d, F.adaptive_max_pool1d):
        assert pool(x, 2).stride()[1:] == pool(wanted, 2).stride()[1:] == (1, 6)
    assert F.max_pool1d(x, 2).stride() == (24, 4, 1)  # a kernel of its own, which has no gradient
    assert F.max_pool1d(wanted, 2).stride() == (24, 1, 6)
    with torch.no_grad():
        assert F.max_pool1d(wanted, 2).stride() == (24, 4, 1)
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        F.avg_pool1d(x, 2).view(2, -1)


#: channels, outputs, places; checksums of the gradients by input, weight and bias
CONVOLUTIONS: list[Any] = [
    ((64, 12, 5), [1438518924, 480257401, 138284945]),
    ((64, 300, 7), [3815263289, 2642025396, 1743671820]),
    ((600, 512, 5), [310977823, 1593258210, 1098087360]),
]
#: a shape, the order in which its dimensions are seen, a checksum of the sums over all combinations of them
SUMS: list[Any] = [
    ((3, 20, 5, 6), (0, 1, 2, 3), 3836963667),
    ((4, 8, 16, 16), (0, 1, 2, 3), 3271263462),
    ((4, 16, 16, 8), (0, 3, 1, 2), 3933635772),
    ((2, 7, 30), (0, 2, 1), 2919177440),
    ((40, 30, 50), (1, 0, 2), 1352099325),
]


@pytest.mark.parametrize(("sizes", "wanted"), CONVOLUTIONS)
def test_gradients_of_a_convolution_whose_result_is_turned(sizes: tuple[int, ...], wanted: list[int]) -> None:
    torch.manual_seed(0)
    channels, outputs, length = sizes
    layer, x = nn.Conv1d(channels, outputs, 1), torch.randn(1, length, channels, requires_grad=True)
    layer(x.transpose(1, 2)).transpose(1, 2).backward(torch.randn(1, length, outputs))
    found = [
        zlib.crc32(g.contiguous().numpy().tobytes()) for g in (x.grad, layer.weight.grad, layer.bias.grad)
    ]
    assert found == wanted


@pytest.mark.parametrize(("shape", "order", "wanted"), SUMS)
def test_sums_over_any_dimensions(shape: tuple[int, ...], order: tuple[int, ...], wanted: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(shape).permute(order)
    dims = [d for n in range(1, len(shape) + 1) for d in combinations(range(len(shape)), n)]
    assert zlib.crc32(b"".join(x.sum(d).contiguous().numpy().tobytes() for d in dims)) == wanted
