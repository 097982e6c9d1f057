"""Names of nodes that PyTorch does not derive from the operation's: recorded from it, chosen here when recording."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from tensorsh import Session
from tensorsh.engine.records.op import Op, registry
from tensorsh.engine.run.inplace import InPlace

BEGIN = """
import torch
F = torch.nn.functional
x1, x2, x3 = (torch.rand(1, 2, *[4] * n, requires_grad=True) for n in (1, 2, 3))
a, b, v = (torch.rand(*s, requires_grad=True) for s in ((2, 3), (4, 3, 2), (3,)))
c, w = (torch.rand(*s, dtype=torch.complex64, requires_grad=True) for s in ((1, 2, 5), (3, 2, 2)))
def name(t): return t.grad_fn.name()
def slope(f, x): return torch.autograd.grad((f(x) ** 2).sum(), x, create_graph=True)[0]
def losses(*shape):
    l = torch.rand(shape, requires_grad=True)
    t = torch.zeros(shape[:1] + shape[2:] if shape[1:] else (), dtype=torch.int64)
    return " ".join(name(F.nll_loss(l, t, reduction=r)) for r in ("mean", "none"))
"""

NAMES = {
    "name((a * 1).asinh_())": "AsinhBackward1",
    "name(F.elu_(a * 1)), name(F.elu(a))": "EluBackward1 EluBackward0",
    "name(F.selu_(a * 1)), name(F.celu_(a * 1))": "EluBackward1 CeluBackward1",
    "name(F.leaky_relu(a * 1, inplace=True)), name(F.threshold_(a * 1, 0.1, 2.0))": (
        "LeakyReluBackward1 ThresholdBackward1"
    ),
    "name(F.rrelu_(a * 1)), name(F.rrelu(a))": "RreluWithNoiseBackward1 RreluWithNoiseBackward0",
    "name((a * 1).fill_(2)), name((a * 1).fill_(v[0]))": "FillBackward2 FillBackward3",
    "name(torch.fill(a, 2)), name(torch.fill(a, v[0]))": "FillBackward0 FillBackward1",
    "name(F.interpolate(x1, size=3)), name(F.interpolate(x2, size=3))": (
        "UpsampleNearest1DBackward0 UpsampleNearest2DBackward0"
    ),
    "name(F.interpolate(x3, size=3, mode='nearest-exact'))": "UpsampleNearestExact3DBackward0",
    "name(F.interpolate(x1, size=3, mode='linear')), name(F.interpolate(x3, size=3, mode='trilinear'))": (
        "UpsampleLinear1DBackward0 UpsampleTrilinear3DBackward0"
    ),
    "name(F.interpolate(x2, size=3, mode='bicubic', antialias=True))": "UpsampleBicubic2DAaBackward0",
    "name(F.grid_sample(x2, torch.zeros(1, 2, 2, 2), align_corners=False))": "GridSampler2DBackward0",
    "name(F.grid_sample(x3, torch.zeros(1, 2, 2, 2, 3), align_corners=False))": "GridSampler3DBackward0",
    "name(F.max_pool2d(x2, 2)), name(F.adaptive_max_pool3d(x3, 2))": (
        "MaxPool2DWithIndicesBackward0 AdaptiveMaxPool3DBackward0"
    ),
    "name(F.fractional_max_pool2d(x2, 2, output_size=2))": "FractionalMaxPool2DBackward0",
    "name(slope(lambda x: F.max_pool2d(x, 2), x2))": "MaxPool2DWithIndicesBackwardBackward0",
    "name(a @ b), name(b @ a), name(v @ a.T)": "CloneBackward0 UnsafeViewBackward0 SqueezeBackward4",
    "name(torch.rand(1, 3, requires_grad=True) @ b), name(a.detach() @ b)": (
        "TransposeBackward0 UnsafeViewBackward0"
    ),
    "name(F.conv1d(c, w)), name(F.conv1d(x1, torch.rand(3, 2, 2)))": "AddBackward0 ConvolutionBackward0",
    "losses(3), losses(2, 3)": "NllLossBackward0 NllLossBackward0 NllLossBackward0 NllLossBackward0",
    "losses(2, 3, 4)": "NllLoss2DBackward0 ViewBackward0",
    "losses(2, 3, 4, 4)": "NllLoss2DBackward0 NllLoss2DBackward0",
    "name(slope(lambda x: x[torch.tensor([0, 1])], a))": "IndexPutImplBackward0",
    "name(a.index_put((torch.tensor([0]),), torch.zeros(3)))": "IndexPutBackward0",
}


@pytest.mark.parametrize("code", NAMES)
def test_as_pytorch_names_it(code: str) -> None:
    session = Session()
    session.run(BEGIN)
    found = session.run(code)[0]
    assert (found if isinstance(found, str) else " ".join(found)) == NAMES[code]


def parts(function: Any) -> Any:
    """What tells one function from another that was written in the same place."""
    code = getattr(function, "__code__", function)
    return id(code), *[repr(cell.cell_contents) for cell in getattr(function, "__closure__", None) or ()]


def test_no_record_is_there_for_a_name_alone() -> None:
    registry.load_all()
    records = {
        id(vars(op)): op for op in gc.get_objects()
        if isinstance(op, Op) and op.kernel is not None and not isinstance(op, InPlace)
    }  # fmt: skip
    seen: dict[Any, Op] = {}
    for op in records.values():
        derivatives = sorted((i, parts(d.function)) for i, d in op.derivatives.items())
        key = (parts(op.kernel), str(op.schema), parts(op.infer), repr(derivatives))
        assert key not in seen, f"{op.name}: {op.grad_fn}, {seen[key].grad_fn}"
        seen[key] = op
