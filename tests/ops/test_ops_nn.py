"""Neural network functions: PyTorch's recorded answers and errors, kinks, draws, second derivatives, meta."""

from __future__ import annotations

import numpy as np
import pytest

from recorded import answer, lines
from tensorsh import Session

LAYER_NORM = [
    [
        0.5714285969734192,
        0.57574462890625,
        0.7272788882255554,
        2.5497360229492188,
        1.6623324155807495,
        0.5887506604194641,
        1.8051605224609375,
        1.2640697956085205,
        0.5368005633354187,
        1.14716374874115,
    ],
    [
        0.5714285969734192,
        -1.4854915142059326,
        1.3115469217300415,
        -0.33900773525238037,
        2.864396333694458,
        0.9745373725891113,
        -0.8114724159240723,
        2.2564761638641357,
        0.727831244468689,
        -1.193633794784546,
    ],
]

#: calls of functions of x (2, 4, 6, 6) and w, whose second derivatives are checked
TWICE = {
    "conv2d": "F.conv2d(x, w, None, 2, 1)",
    "conv2d in groups": "F.conv2d(x, w[:, :1], None, 1, 0, 2, groups=4)",
    "conv_transpose2d": "F.conv_transpose2d(x, w, None, 2, 1, output_padding=1)",
    "conv_transpose2d dilated": "F.conv_transpose2d(x, w, None, 1, 0, output_padding=1, dilation=2)",
    "max_pool2d": "F.max_pool2d(x, 3, 2, 1, ceil_mode=True) ** 2",
    "avg_pool2d": "F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False) ** 2",
    "adaptive_avg_pool2d": "F.adaptive_avg_pool2d(x, (4, 5)) ** 2",
    "adaptive_max_pool2d": "F.adaptive_max_pool2d(x, (4, 5)) ** 2",
    "unfold": "F.unfold(x, (2, 3), padding=1, stride=2) ** 2",
    "bicubic": "F.interpolate(x, scale_factor=1.5, mode='bicubic') ** 2",
    "antialias": "F.interpolate(x, size=(3, 2), mode='bilinear', antialias=True) ** 2",
    "layer_norm": "F.layer_norm(x, (6,), w[0, 0, 0].repeat(2), None)",
    "group_norm": "F.group_norm(x, 2, w[:, 0, 0, 0], w[:, 1, 0, 0])",
    "batch_norm": "F.batch_norm(x, None, None, w[:, 0, 0, 0], None, True)",
    "attention": "F.scaled_dot_product_attention(x, x * 2, x + 1, is_causal=True)",
}


@pytest.mark.parametrize(("program", "expected"), lines("ops_nn.txt"))
def test_as_recorded(program: str, expected: str) -> None:
    assert answer(program) == expected


@pytest.mark.parametrize("name", TWICE)
def test_first_and_second_derivatives(name: str) -> None:
    session = Session(seed=0)
    session.run(
        "x = randn(1, 4, 6, 5, dtype=float64).requires_grad_(); "
        "w = randn(4, 4, 3, 3, dtype=float64).requires_grad_()"
        if "norm" not in name
        else "x = randn(2, 4, 1, 6, dtype=float64).requires_grad_(); "
        "w = randn(4, 4, 3, 3, dtype=float64).requires_grad_()"
    )
    session.run(
        f"f = lambda x, w: ({TWICE[name]}).sum((0, 1)) + w.sum() * 0\n"
        "one = autograd.gradcheck(f, (x, w), atol=1e-4)\n"
        "two = autograd.gradgradcheck(lambda x: f(x, w), (x,), atol=1e-3)"
    )
    assert session["one"] and session["two"]


def test_complex_convolutions_differentiate() -> None:
    session = Session(seed=0)
    session.run(
        "x, y = [randn(1, 2, 4, dtype=float64).requires_grad_() for _ in range(2)]\n"
        "w, v = [randn(2, 2, 2, dtype=float64).requires_grad_() for _ in range(2)]\n"
        "f = lambda x, y, w, v: F.conv1d(complex(x, y), complex(w, v)).abs()\n"
        "g = lambda x, y, w, v: F.conv_transpose1d(complex(x, y), complex(w, v)).abs()\n"
        "one = autograd.gradcheck(f, (x, y, w, v)); two = autograd.gradgradcheck(g, (x, y, w, v))"
    )
    assert session["one"] and session["two"]


@pytest.mark.parametrize(
    ("call", "slopes"),
    [
        ("F.hardtanh(x)", [0, 0, 1, 0, 0]),
        ("F.relu6(x * 6)", [0, 0, 0, 0, 0]),
        ("F.hardshrink(x, 1)", [1, 0, 0, 0, 1]),
        ("F.softshrink(x, 1)", [1, 0, 0, 0, 1]),
        ("F.threshold(x, 1, 0)", [0, 0, 0, 0, 1]),
        ("F.leaky_relu(x, 0.5)", [0.5, 0.5, 0.5, 1, 1]),
        ("F.elu(x)", [np.exp(-2), np.exp(-1), 1, 1, 1]),
        ("F.hardsigmoid(x * 3) * 2", [0, 0, 1, 0, 0]),
        ("F.smooth_l1_loss(x, zeros(5), reduction='none')", [-1, -1, 0, 1, 1]),
        ("F.huber_loss(x, zeros(5), reduction='none')", [-1, -1, 0, 1, 1]),
    ],
)
def test_slopes_at_kinks(call: str, slopes: list[float]) -> None:
    session = Session()
    session.run(
        f"x = tensor([-2., -1., 0., 1., 2.], requires_grad=True); ({call}).sum().backward(); g = x.grad"
    )
    np.testing.assert_allclose(session["g"].numpy(), slopes, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "values"),
    [
        ("F.dropout(ones(6))", [0, 0, 2, 0, 0, 0]),
        ("F.dropout1d(ones(2, 3, 1)).flatten()", [0, 0, 2, 0, 0, 0]),
        ("F.alpha_dropout(ones(6), 0.5, True)", [-0.7792, -0.7792, 1.6656, -0.7792, -0.7792, -0.7792]),
        (
            "F.rrelu(tensor([-1., 2, 0, -1, -1]), 0.1, 0.9, training=True)",
            [-0.876042, 2, 0, -0.467506, -0.836598],
        ),
    ],
)
def test_draws_are_pytorchs(call: str, values: list[float]) -> None:
    session = Session()
    session.run(f"torch.manual_seed(0); y = {call}")
    np.testing.assert_allclose(session["y"].numpy(), values, atol=1e-4)


def test_in_place_activations_write_and_differentiate() -> None:
    for name in ("elu_", "leaky_relu_", "selu_", "celu_", "hardtanh_", "rrelu_"):
        session = Session()
        session.run(
            "x = tensor([-0.5, 0.5], requires_grad=True); y = x * 1\n"
            f"z = F.{name}(y); z.sum().backward(); same = z is y\n"
            f"v = x.detach().clone().requires_grad_(); F.{name[:-1]}(v).sum().backward(); a, b = x.grad, v.grad"
        )
        assert session["same"]
        np.testing.assert_allclose(session["a"].numpy(), session["b"].numpy(), rtol=1e-6)


def test_dropped_arguments_leave_the_input_alone() -> None:
    session = Session()
    session.run("x = ones(3); same = F.dropout(x, 0.) is x and F.dropout(x, training=False) is x")
    assert session["same"]


def test_statistics_of_channels_are_added_one_by_one() -> None:
    """In float64, from the first number of the first sample on: a large one takes what came before with it."""
    session = Session()
    session.run(
        "m = zeros(1); x = ones(2, 1, 16); x[..., 1] = 2.**60; x[..., 8] = -(2.**60)\n"
        "F.batch_norm(x, m, ones(1), training=True, momentum=1.)"
    )
    assert session["m"].tolist() == [7 / 32]


def test_batch_norm_moves_its_statistics() -> None:
    session = Session()
    session.run(
        "m, v = zeros(2), ones(2)\n"
        "F.batch_norm(tensor([[1., 2.], [3., 6.]]), m, v, training=True, momentum=0.5)"
    )
    np.testing.assert_allclose(session["m"].numpy(), [1, 2])
    np.testing.assert_allclose(session["v"].numpy(), [1.5, 4.5])


def test_max_pool_of_padding_alone_stays_inside() -> None:
    session = Session()
    session.run("v, i = F.max_pool1d(full((1, 4), -inf), 2, padding=1, return_indices=True)")
    assert session["i"].tolist() == [[0, 1, 3]]


def test_ignored_targets_have_no_gradient() -> None:
    session = Session()
    session.run(
        "x = randn(3, 4, requires_grad=True); F.cross_entropy(x, tensor([1, -100, 2])).backward(); g = x.grad"
    )
    assert (session["g"].numpy()[1] == 0).all()


def test_layer_norm_to_the_last_bit() -> None:
    # recorded from PyTorch: layer_norm of float32 (7 k mod 11) / 7, scaled and shifted
    session = Session()
    session.run("x = (arange(20.) * 7 % 11 / 7).reshape(2, 10); y = F.layer_norm(x, (10,), x[0], x[1])")
    assert session["y"].numpy().tolist() == LAYER_NORM


@pytest.mark.parametrize(
    "call",
    [
        "F.conv2d(x, w)",
        "F.max_pool2d(x, 2)",
        "F.avg_pool2d(x, 2)",
        "F.interpolate(x, scale_factor=2)",
        "F.batch_norm(x, None, None, training=True)",
        "F.group_norm(x, 2)",
        "F.dropout(x)",
        "F.cross_entropy(x, zeros(2, 6, 6).long().to('meta'))",
        "F.unfold(x, 2)",
        "F.gelu(x)",
    ],
)
def test_meta_agrees_with_values(call: str) -> None:
    session = Session()
    session.run(
        f"x, w = ones(2, 4, 6, 6), ones(3, 4, 2, 2); real = {call.replace('.to(' + repr('meta') + ')', '')}"
    )
    session.run(f"x, w = x.to('meta'), w.to('meta'); meta = {call}")
    assert session["meta"].is_meta
    assert session["meta"].shape == session["real"].shape and session["meta"].dtype is session["real"].dtype


#: a pool, the sizes of what it is given, the sums of the bits of result and gradient in PyTorch; draws go on
OVERLAPPING = [
    ("nn.MaxPool2d(3, 1)", "4, 3, 12, 11", [1152591063049, -46647158510]),
    ("nn.MaxPool2d(3, 1, 1, ceil_mode=True)", "2, 3, 9, 9", [517991557941, -12195555541]),
    ("nn.MaxPool1d(5, 1)", "3, 4, 40", [436290273691, -20932091174]),
    ("nn.MaxPool3d(3, 1)", "2, 2, 7, 7, 7", [536105264076, -4253415135]),
    ("nn.AdaptiveMaxPool2d(5)", "2, 3, 13, 12", [160468956369, -26590142137]),
    ("nn.FractionalMaxPool2d(3, output_size=7)", "2, 3, 16, 16", [314217284671, -30431250751]),
    ("nn.MaxPool2d(3, 2, 1)", "5, 6, 20, 20", [3173600705260, -46141242935]),
    ("nn.MaxPool2d((5, 3), (1, 1), (2, 1), (1, 2))", "2, 3, 20, 20", [2302314929784, -2298586425]),
]


def test_gradients_of_overlapping_max_pools_are_added_one_by_one() -> None:
    session = Session()
    session.execute(
        "import torch, torch.nn as nn\ntorch.manual_seed(0)\n"
        "def bits(t): return t.detach().contiguous().view(torch.int32).sum().item()\n"
    )
    for pool, sizes, bits in OVERLAPPING:
        session.execute(
            f"x = torch.randn({sizes}, requires_grad=True)\ny = {pool}(x)\ny.backward(torch.randn(y.shape))\n"
            "found = [bits(y), bits(x.grad)]",
        )
        assert session["found"] == bits, pool


#: sizes of a batch of rows, and the sums of the bits of what batch norm makes of it in PyTorch; draws go on
MANY_ROWS = [
    ((256, 32), [-164527423550, -141453516011, 4724670755, -1507309214, -11069807208, 34090404639]),
    ((200, 7), [-3545848040, 28446202033, 1211106908, -1003198883, -1633122924, 7457277847]),
    ((1000, 16), [-178785549721, -177408547540, -1673698164, -1733894941, -3582664063, 17045274683]),
    ((4096, 8), [-545011892373, -518755374913, 261563713, -1878913545, -730222310, 8522758053]),
    ((193, 64), [-237821585537, -307662424373, -5393113187, -1160532701, -15469115160, 68180090835]),
    ((2000, 3), [-135968652486, -157121013861, 1156081930, 1149789036, 2991128729, 3195977393]),
    ((512, 100), [-830989062054, -594013164096, 17252441560, -10920218349, -34051835370, 106533483483]),
]


def test_batch_norm_of_many_rows() -> None:
    session = Session()
    session.execute(
        "import torch, torch.nn as nn\ntorch.manual_seed(0)\n"
        "def bits(t): return t.detach().contiguous().view(torch.int32).sum().item()\n"
    )
    for sizes, bits in MANY_ROWS:
        session.execute(
            f"m = nn.BatchNorm1d({sizes[1]})\nx = torch.randn({sizes}, requires_grad=True)\ny = m(x)\n"
            f"y.backward(torch.randn({sizes}))\n"
            "found = list(map(bits, (y, x.grad, m.weight.grad, m.bias.grad, m.running_mean, m.running_var)))"
        )
        assert session["found"] == bits, sizes
