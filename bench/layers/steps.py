"""Layers of the sizes that tutorials and papers have: forward and backward, least CPU time of what fits a second."""

import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
torch.manual_seed(0)
r = torch.randn


def first(layer):
    """Of a layer that gives several results the first one."""
    return lambda *given: layer(*given)[0]


def attended(layer):
    return lambda x: layer(x, x, x)[0]


def rows(n, *size):
    return torch.randint(0, n, size)


LAYERS = {
    "Conv2d 3→6, 5×5, 4 × 32×32": (nn.Conv2d(3, 6, 5), r(4, 3, 32, 32)),
    "Conv2d 32→64, 3×3, 64 × 26×26": (nn.Conv2d(32, 64, 3), r(64, 32, 26, 26)),
    "Conv2d 3→64, 7×7, stride 2, 8 × 96×96": (nn.Conv2d(3, 64, 7, 2, 3), r(8, 3, 96, 96)),
    "Conv2d 64→64, 3×3, 32 × 32×32": (nn.Conv2d(64, 64, 3, padding=1), r(32, 64, 32, 32)),
    "Conv2d 64→128, 3×3, stride 2, 32 × 32×32": (nn.Conv2d(64, 128, 3, 2, 1), r(32, 64, 32, 32)),
    "Conv2d 64→256, 1×1, 32 × 16×16": (nn.Conv2d(64, 256, 1), r(32, 64, 16, 16)),
    "Conv2d 64, 3×3, each channel by itself": (nn.Conv2d(64, 64, 3, padding=1, groups=64), r(16, 64, 32, 32)),
    "Conv2d 64, 3×3, 4 groups": (nn.Conv2d(64, 64, 3, padding=1, groups=4), r(16, 64, 32, 32)),
    "Conv1d 16→32, 5, 32 × 1000": (nn.Conv1d(16, 32, 5, padding=2), r(32, 16, 1000)),
    "Conv3d 4→8, 3×3×3, 4 × 16³": (nn.Conv3d(4, 8, 3, padding=1), r(4, 4, 16, 16, 16)),
    "ConvTranspose2d 128→64, 4×4, stride 2": (nn.ConvTranspose2d(128, 64, 4, 2, 1), r(16, 128, 8, 8)),
    "ConvTranspose2d 64→3, 4×4, stride 2": (nn.ConvTranspose2d(64, 3, 4, 2, 1), r(16, 64, 32, 32)),
    "BatchNorm2d 64, 32 × 32×32": (nn.BatchNorm2d(64), r(32, 64, 32, 32)),
    "GroupNorm 8 of 64, 32 × 16×16": (nn.GroupNorm(8, 64), r(32, 64, 16, 16)),
    "LayerNorm 512, 16 × 64": (nn.LayerNorm(512), r(16, 64, 512)),
    "MaxPool2d 2, 32 × 64 × 32×32": (nn.MaxPool2d(2), r(32, 64, 32, 32)),
    "MaxPool2d 3, stride 2, padding 1": (nn.MaxPool2d(3, 2, 1), r(8, 64, 48, 48)),
    "AvgPool2d 2, 32 × 64 × 32×32": (nn.AvgPool2d(2), r(32, 64, 32, 32)),
    "Upsample bilinear, 8 × 32 × 32×32": (nn.Upsample(scale_factor=2, mode="bilinear"), r(8, 32, 32, 32)),
    "GELU, 2 M": (nn.GELU(), r(16, 64, 2048)),
    "SiLU, 2 M": (nn.SiLU(), r(32, 64, 32, 32)),
    "LeakyReLU, 2 M": (nn.LeakyReLU(0.2), r(32, 64, 32, 32)),
    "Dropout, 2 M": (nn.Dropout(0.5), r(32, 64, 32, 32)),
    "LSTM 128→256, 32 × 50": (first(nn.LSTM(128, 256, batch_first=True)), r(32, 50, 128)),
    "GRU 128→256, 32 × 50": (first(nn.GRU(128, 256, batch_first=True)), r(32, 50, 128)),
    "MultiheadAttention 512, 8 heads, 8 × 64": (
        attended(nn.MultiheadAttention(512, 8, batch_first=True)),
        r(8, 64, 512),
    ),
    "TransformerEncoderLayer 256, 8 × 64": (
        nn.TransformerEncoderLayer(256, 8, 1024, batch_first=True),
        r(8, 64, 256),
    ),
    "Embedding 10,000 × 128, 32 × 50": (nn.Embedding(10000, 128), rows(10000, 32, 50)),
    "cross_entropy of 10,000 classes, 512": (
        lambda x, y=rows(10000, 512): F.cross_entropy(x, y),
        r(512, 10000),
    ),
    "Linear 784→512, 64": (nn.Linear(784, 512), r(64, 784)),
    "Linear 2048→2048, 64": (nn.Linear(2048, 2048), r(64, 2048)),
    "bmm 64 × 128×128": (torch.bmm, r(64, 128, 128), r(64, 128, 128)),
    "topk 5 of 1024, 512": (first(lambda x: x.topk(5)), r(512, 1024)),
    "sort 1024, 512": (first(lambda x: x.sort(1)), r(512, 1024)),
    "cumsum 1024, 512": (lambda x: x.cumsum(1), r(512, 1024)),
}


def least(layer, given):
    """Milliseconds of a forward and a backward pass."""
    leaves = [x.requires_grad_() for x in given if x.is_floating_point()]
    leaves += layer.parameters() if isinstance(layer, nn.Module) else []
    grad = torch.randn(layer(*given).shape)
    layer(*given).backward(grad)  # the first may import or make something
    found, end = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        layer(*given).backward(grad)
        found = min(found, time.perf_counter() - start)
        for leaf in leaves:
            leaf.grad = None
    return found * 1000


for name, (layer, *given) in LAYERS.items():
    print(f"{name}\t{least(layer, given):.3f}", flush=True)
