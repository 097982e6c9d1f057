"""Record what PyTorch's modules do: python tests/support/record_nn.py tests/data/nn.jsonl.gz, with a Python that has torch.

Each case is a program and what it prints. Layers are made from a seed and show their settings, state, output
and gradients; calls that must fail show their error.
"""

# ruff: noqa: E501

from __future__ import annotations

import contextlib
import gzip
import io
import json
import sys
import warnings

LAYER = """\
torch.manual_seed(7)
m = {make}
print(m)
args = {args}
for a in args[:1] if 'Loss' in type(m).__name__ else args:
    if torch.is_tensor(a) and a.is_floating_point():
        a.requires_grad_()
torch.manual_seed(3)
out = m(*args)
tensors = lambda o: [o] if torch.is_tensor(o) else [t for e in (o.values() if isinstance(o, dict) else o or ()) for t in tensors(e)]
outs = tensors(out)
for t in outs:
    print(t)
(sum((t * torch.linspace(-1, 2, t.numel()).view(t.shape)).sum() for t in outs if t.requires_grad)).backward()
for a in args:
    if torch.is_tensor(a):
        print(a.grad)
for n, p in m.named_parameters():
    print(n, p.dtype, p.grad)
for n, t in m.state_dict().items():
    print(n, t)
print(type(m), m.training, sorted(k for k in m.__dict__ if k[0] != '_'))
"""

PLAIN = """\
torch.manual_seed(7)
m = {make}
print(m)
args = {args}
torch.manual_seed(3)
print(m(*args))
print(m.eval()(*args))
"""

ERROR = """\
try:
    {call}
except Exception as e:
    print(type(e).__name__, e)
"""


def layers() -> list[tuple[str, str]]:
    """(constructor, arguments) of each layer."""
    x = "torch.randn(4, 6)"
    found = [
        ("nn.Identity(3, a=1)", x),
        ("nn.Linear(6, 3)", x),
        ("nn.Linear(6, 3, bias=False)", "torch.randn(2, 2, 6)"),
        ("nn.Linear(6, 3, dtype=torch.float64)", "torch.randn(6, dtype=torch.float64)"),
        ("nn.Bilinear(6, 5, 3)", "torch.randn(4, 6), torch.randn(4, 5)"),
        ("nn.Bilinear(6, 5, 3, bias=False)", "torch.randn(4, 6), torch.randn(4, 5)"),
        ("nn.LazyLinear(3)", x),
        ("nn.LazyLinear(3, bias=False)", x),
    ]
    for make in (
        "Threshold(0.1, 20)",
        "ReLU()",
        "RReLU()",
        "RReLU(0.1, 0.2)",
        "Hardtanh()",
        "Hardtanh(-0.5, 0.3)",
        "ReLU6()",
        "Sigmoid()",
        "Hardsigmoid()",
        "Tanh()",
        "SiLU()",
        "Mish()",
        "Hardswish()",
        "ELU()",
        "ELU(0.5)",
        "CELU(1.5)",
        "SELU()",
        "GLU()",
        "GLU(0)",
        "GELU()",
        "GELU('tanh')",
        "Hardshrink()",
        "LeakyReLU()",
        "LeakyReLU(0.2)",
        "LogSigmoid()",
        "Softplus()",
        "Softplus(2, 1)",
        "Softshrink(0.2)",
        "PReLU()",
        "PReLU(6)",
        "PReLU(init=0.1)",
        "Softsign()",
        "Tanhshrink()",
        "Softmin(1)",
        "Softmax(-1)",
        "LogSoftmax(0)",
    ):
        found.append((f"nn.{make}", x))
    found.append(("nn.Softmax2d()", "torch.randn(2, 3, 2, 2)"))
    for d, size in ((1, "7"), (2, "6, 5"), (3, "4, 4, 3")):
        image = f"torch.randn(2, 4, {size})"
        single = f"torch.randn(4, {size})"
        for make, given in (
            (f"Conv{d}d(4, 6, 3)", image),
            (f"Conv{d}d(4, 2, 2, stride=2, bias=False)", single),
            (f"Conv{d}d(4, 6, 3, padding=1, groups=2)", image),
            (f"Conv{d}d(4, 2, 2, dilation=2)", image),
            (f"Conv{d}d(4, 2, 2, padding='same')", image),
            (f"Conv{d}d(4, 2, 3, padding='valid')", image),
            (f"Conv{d}d(4, 2, 3, padding=1, padding_mode='circular')", image),
            (f"Conv{d}d(4, 2, 3, padding=1, padding_mode='replicate')", image),
            (f"Conv{d}d(4, 2, 3, padding=1, padding_mode='reflect')", image),
            (f"LazyConv{d}d(3, 2)", image),
            (f"ConvTranspose{d}d(4, 3, 3)", image),
            (f"ConvTranspose{d}d(4, 2, 2, stride=2, output_padding=1, groups=2, bias=False)", image),
            (f"ConvTranspose{d}d(4, 2, 3, padding=1, dilation=2)", single),
            (f"LazyConvTranspose{d}d(3, 2)", image),
            (f"MaxPool{d}d(2)", image),
            (f"MaxPool{d}d(3, stride=1, padding=1, return_indices=True)", image),
            (f"AvgPool{d}d(2)", image),
            (f"AvgPool{d}d(3, stride=2, padding=1, count_include_pad=False, ceil_mode=True)", image),
            (f"LPPool{d}d(2, 2)", image),
            (f"AdaptiveAvgPool{d}d(2)", image),
            (f"AdaptiveMaxPool{d}d(3)", single),
            (f"ConstantPad{d}d(1, 3.5)", image),
            (f"ZeroPad{d}d(2)", image),
            (f"ReflectionPad{d}d(1)", image),
            (f"ReplicationPad{d}d(2)", single),
            (f"CircularPad{d}d(1)", image),
            (f"BatchNorm{d}d(4)", image),
            (f"BatchNorm{d}d(4, momentum=None, affine=False)", image),
            (f"BatchNorm{d}d(4, track_running_stats=False)", image),
            (f"BatchNorm{d}d(4, bias=False)", image),
            (f"BatchNorm{d}d(4).eval()", image),
            (f"LazyBatchNorm{d}d()", image),
            (f"InstanceNorm{d}d(4)", image),
            (f"InstanceNorm{d}d(4, affine=True, track_running_stats=True)", single),
            (f"LazyInstanceNorm{d}d(affine=True)", image),
            (f"Dropout{d}d(0.5)", image),
        ):
            found.append((f"nn.{make}", given))
    image = "torch.randn(2, 4, 6, 6)"
    found += [
        ("nn.BatchNorm1d(6)", x),
        ("nn.SyncBatchNorm(6)", x),
        ("nn.AdaptiveAvgPool2d((None, 2))", image),
        ("nn.FractionalMaxPool2d(2, output_size=3)", image),
        ("nn.FractionalMaxPool3d(2, output_ratio=0.5)", "torch.randn(1, 2, 5, 5, 5)"),
        ("nn.LayerNorm(6)", x),
        ("nn.LayerNorm((4, 6), bias=False)", "torch.randn(2, 4, 6)"),
        ("nn.LayerNorm([6], elementwise_affine=False, eps=1e-3)", x),
        ("nn.GroupNorm(2, 4)", image),
        ("nn.GroupNorm(2, 4, affine=False)", image),
        ("nn.GroupNorm(4, 4, bias=False)", "torch.randn(2, 4, 3)"),
        ("nn.RMSNorm(6)", x),
        ("nn.RMSNorm(6, eps=1e-2, elementwise_affine=False)", x),
        ("nn.LocalResponseNorm(3)", image),
        ("nn.Dropout()", x),
        ("nn.Dropout(0.3)", "torch.randn(200)"),
        ("nn.Dropout(1.0)", x),
        ("nn.AlphaDropout(0.4)", x),
        ("nn.FeatureAlphaDropout(0.4)", image),
        ("nn.Embedding(5, 3)", "torch.tensor([[1, 2], [4, 0]])"),
        ("nn.Embedding(5, 3, padding_idx=-1)", "torch.tensor([1, 4, 4])"),
        ("nn.Embedding(5, 3, max_norm=1.0, scale_grad_by_freq=True)", "torch.tensor([1, 1, 3])"),
        ("nn.Embedding.from_pretrained(torch.ones(4, 2), freeze=False)", "torch.tensor([1, 3])"),
        ("nn.EmbeddingBag(5, 3)", "torch.tensor([1, 2, 4, 0]), torch.tensor([0, 3])"),
        ("nn.EmbeddingBag(5, 3, mode='sum', padding_idx=1)", "torch.tensor([[1, 2], [4, 0]])"),
        ("nn.EmbeddingBag(5, 3, mode='max')", "torch.tensor([[1, 2], [4, 0]])"),
        ("nn.PairwiseDistance()", "torch.randn(4, 3), torch.randn(4, 3)"),
        ("nn.PairwiseDistance(p=1, keepdim=True)", "torch.randn(4, 3), torch.randn(4, 3)"),
        ("nn.CosineSimilarity(dim=0)", "torch.randn(4, 3), torch.randn(4, 3)"),
        ("nn.PixelShuffle(2)", image),
        ("nn.PixelUnshuffle(2)", image),
        ("nn.ChannelShuffle(2)", image),
        ("nn.Upsample(scale_factor=2)", image),
        ("nn.Upsample(size=(3, 4), mode='bilinear', align_corners=False)", image),
        ("nn.UpsamplingNearest2d(scale_factor=2)", image),
        ("nn.UpsamplingBilinear2d(size=4)", image),
        ("nn.Flatten()", image),
        ("nn.Flatten(0, 2)", image),
        ("nn.Unflatten(1, (2, 3))", x),
        ("nn.Unfold((2, 3))", image),
        ("nn.Fold((4, 5), (2, 2))", "torch.randn(1, 8, 12)"),
        ("nn.AdaptiveLogSoftmaxWithLoss(6, 20, [5, 10])", "torch.randn(4, 6), torch.tensor([1, 7, 15, 3])"),
        ("nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 2))", x),
        ("nn.Sequential(nn.Linear(6, 4), nn.Sequential(nn.Tanh(), nn.BatchNorm1d(4)), nn.Dropout(0.2))", x),
        ("nn.MaxUnpool2d(2)", "*nn.MaxPool2d(2, return_indices=True)(torch.randn(2, 4, 6, 6)),"),
    ]
    two, classes = "torch.randn(4, 6), torch.randn(4, 6)", "torch.randn(4, 6), torch.tensor([1, 0, 5, 2])"
    probabilities = "torch.rand(4, 6), torch.rand(4, 6).round()"
    signs = "torch.randn(4, 6), torch.randn(4, 6).sign()"
    three = "torch.randn(4, 6), torch.randn(4, 6), torch.randn(4, 6)"
    for reduction in ("mean", "sum", "none"):
        r = f"reduction='{reduction}'"
        found += [
            (f"nn.L1Loss({r})", two),
            (f"nn.MSELoss({r})", two),
            (f"nn.SmoothL1Loss({r}, beta=0.5)", two),
            (f"nn.HuberLoss({r}, delta=0.5)", two),
            (f"nn.NLLLoss({r})", classes),
            (f"nn.NLLLoss(torch.arange(6.), ignore_index=5, {r})", classes),
            (f"nn.CrossEntropyLoss({r})", classes),
            (f"nn.CrossEntropyLoss(torch.arange(6.), label_smoothing=0.1, {r})", classes),
            (f"nn.CrossEntropyLoss({r})", "torch.randn(4, 6), torch.rand(4, 6).softmax(1)"),
            (f"nn.BCELoss({r})", probabilities),
            (f"nn.BCEWithLogitsLoss({r}, pos_weight=torch.arange(6.))", probabilities),
            (f"nn.PoissonNLLLoss({r}, full=True)", probabilities),
            (f"nn.GaussianNLLLoss({r})", "torch.randn(4, 6), torch.randn(4, 6), torch.rand(4, 6)"),
            (f"nn.KLDivLoss({r}, log_target=True)", two),
            (f"nn.HingeEmbeddingLoss({r})", signs),
            (
                f"nn.MultiLabelMarginLoss({r})",
                "torch.randn(2, 4), torch.tensor([[3, 0, -1, 1], [1, -1, 0, 2]])",
            ),
            (f"nn.SoftMarginLoss({r})", signs),
            (f"nn.MultiLabelSoftMarginLoss({r})", probabilities),
            (
                f"nn.CosineEmbeddingLoss(0.1, {r})",
                "torch.randn(4, 6), torch.randn(4, 6), torch.tensor([1, -1, 1, -1])",
            ),
            (
                f"nn.MarginRankingLoss(0.1, {r})",
                "torch.randn(4), torch.randn(4), torch.tensor([1, -1, 1, -1])",
            ),
            (f"nn.MultiMarginLoss(p=2, {r})", classes),
            (f"nn.TripletMarginLoss({r}, swap=True)", three),
            (f"nn.TripletMarginWithDistanceLoss({r})", three),
            (
                f"nn.CTCLoss({r})",
                "torch.randn(6, 2, 5).log_softmax(2), torch.tensor([[1, 2], [3, 3]]), torch.tensor([6, 5]), torch.tensor([2, 1])",
            ),
        ]
    return found


def recurrent() -> list[tuple[str, str]]:
    """Recurrent layers and cells."""
    found = []
    for kind in ("RNN", "LSTM", "GRU"):
        for settings, given in (
            ("", "torch.randn(5, 2, 3)"),
            (", batch_first=True", "torch.randn(2, 5, 3)"),
            (", num_layers=2, bidirectional=True", "torch.randn(5, 2, 3)"),
            (", num_layers=3, dropout=0.5", "torch.randn(5, 2, 3)"),
            (", bias=False", "torch.randn(5, 3)"),
            (", dtype=torch.float64", "torch.randn(4, 1, 3, dtype=torch.float64)"),
            (
                ", num_layers=2, dropout=0.4, bidirectional=True, dtype=torch.float64",
                "torch.randn(4, 2, 3).double()",
            ),
        ):
            found.append((f"nn.{kind}(3, 4{settings})", given))
        state = "torch.randn(1, 2, 4)"
        pair = f"({state}, {state})"
        found.append((f"nn.{kind}(3, 4)", f"torch.randn(5, 2, 3), {pair if kind == 'LSTM' else state}"))
        state = "torch.randn(2, 4)"
        pair = f"({state}, {state})"
        found.append((f"nn.{kind}Cell(3, 4)", "torch.randn(2, 3)"))
        found.append(
            (f"nn.{kind}Cell(3, 4, bias=False)", f"torch.randn(2, 3), {pair if kind == 'LSTM' else state}")
        )
        found.append((f"nn.{kind}Cell(3, 4)", "torch.randn(3)"))
    found += [
        ("nn.RNN(3, 4, nonlinearity='relu')", "torch.randn(5, 2, 3)"),
        ("nn.RNN(3, 4, 2, 'relu')", "torch.randn(5, 2, 3)"),
        ("nn.RNNCell(3, 4, nonlinearity='relu')", "torch.randn(2, 3)"),
        ("nn.LSTM(3, 4, proj_size=2)", "torch.randn(5, 2, 3)"),
        ("nn.LSTM(3, 4, num_layers=2, proj_size=2, bidirectional=True)", "torch.randn(5, 2, 3)"),
    ]
    return found


def attention() -> list[tuple[str, str]]:
    """Attention and transformers."""
    found = []
    q, kv = "torch.randn(3, 2, 4)", "torch.randn(5, 2, 4)"
    masks = (
        "",
        ", attn_mask=torch.ones(3, 5).tril().log()",
        ", attn_mask=torch.ones(3, 5).triu(2).bool()",
        ", key_padding_mask=torch.tensor([[False] * 5, [False] * 3 + [True] * 2])",
        ", attn_mask=torch.zeros(4, 3, 5), key_padding_mask=torch.zeros(2, 5)",
    )
    wrap = "type('W', (nn.Module,), {{'__init__': lambda s: (nn.Module.__init__(s), setattr(s, 'm', {make}))[0], "
    wrap += "'forward': lambda s, *a: s.m(*a{more})}})()"
    for settings in (
        "",
        ", bias=False",
        ", add_bias_kv=True",
        ", add_zero_attn=True",
        ", dropout=0.5",
        ", add_bias_kv=True, add_zero_attn=True, batch_first=True",
    ):
        for mask in masks:
            given = (
                (q, kv, kv)
                if "batch_first" not in settings
                else ("torch.randn(2, 3, 4)", "torch.randn(2, 5, 4)", "torch.randn(2, 5, 4)")
            )
            make = f"nn.MultiheadAttention(4, 2{settings})"
            found.append((wrap.format(make=make, more=mask), ", ".join(given)))
            if not settings:
                found.append((wrap.format(make=make, more=mask + ", need_weights=False"), ", ".join(given)))
                found.append(
                    (wrap.format(make=make, more=mask + ", average_attn_weights=False"), ", ".join(given))
                )
    found += [
        ("nn.MultiheadAttention(4, 2)", "*[torch.randn(3, 2, 4)] * 3"),
        ("nn.MultiheadAttention(4, 2, batch_first=True)", "*[torch.randn(3, 2, 4)] * 3"),
        ("nn.MultiheadAttention(4, 2).eval()", "*[torch.randn(3, 4)] * 3"),
        (
            "nn.MultiheadAttention(4, 2, kdim=3, vdim=5)",
            "torch.randn(3, 2, 4), torch.randn(5, 2, 3), torch.randn(5, 2, 5)",
        ),
        (
            "nn.MultiheadAttention(4, 4, dtype=torch.float64)",
            "torch.randn(3, 2, 4).double(), torch.randn(5, 2, 4).double(), torch.randn(5, 2, 4).double()",
        ),
        ("nn.TransformerEncoderLayer(4, 2, 6)", q),
        (
            "nn.TransformerEncoderLayer(4, 2, 6, dropout=0, activation='gelu', norm_first=True, batch_first=True)",
            q,
        ),
        ("nn.TransformerEncoderLayer(4, 2, 6, bias=False, activation=torch.tanh)", q),
        ("nn.TransformerEncoderLayer(4, 2, 6).eval()", q),
        ("nn.TransformerDecoderLayer(4, 2, 6)", f"{q}, {kv}"),
        ("nn.TransformerDecoderLayer(4, 2, 6, norm_first=True, activation='gelu')", f"{q}, {kv}"),
        ("nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6), 2)", q),
        (
            "nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6, batch_first=True), 2, nn.LayerNorm(4))",
            q,
        ),
        ("nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 6), 2, nn.LayerNorm(4))", f"{q}, {kv}"),
        ("nn.Transformer(4, 2, 1, 1, 6)", f"{kv}, {q}"),
        (
            "nn.Transformer(4, 2, 2, 1, 6, batch_first=True, dropout=0)",
            "torch.randn(2, 5, 4), torch.randn(2, 3, 4)",
        ),
    ]
    return found


def errors() -> list[str]:
    """Calls that fail."""
    return [
        "nn.Linear(6, 3)(torch.randn(2, 5))",
        "nn.Linear(6)",
        "nn.Linear(6, 3, 4, 5, 6, 7)",
        "nn.Linear(6, 3)(torch.randn(2, 6), 1)",
        "nn.Linear(6, 3)()",
        "nn.Linear(2, 2, foo=1)",
        "nn.Bilinear(0, 2, 3)",
        "nn.Conv2d(3, 4)",
        "nn.Conv2d(3, 4, 3, groups=2)",
        "nn.Conv2d(4, 3, 3, groups=2)",
        "nn.Conv2d(4, 3, 3, groups=0)",
        "nn.Conv2d(4, 4, 3, padding='same', stride=2)",
        "nn.Conv2d(3, 4, 3)(torch.randn(2, 2, 5, 5))",
        "nn.Conv2d(3, 4, 3)(torch.randn(5, 5))",
        "nn.Conv2d(3, 4, 6)(torch.randn(1, 3, 5, 5))",
        "nn.ConvTranspose2d(3, 4, 3, padding_mode='reflect')",
        "nn.ConvTranspose2d(3, 4, 3, stride=2)(torch.randn(1, 3, 4, 4), output_size=[20, 20])",
        "nn.ConvTranspose2d(3, 4, 3, stride=2)(torch.randn(1, 3, 4, 4), output_size=[20])",
        "nn.BatchNorm1d(3)(torch.randn(2, 3, 4, 4))",
        "nn.BatchNorm2d(3)(torch.randn(2, 3))",
        "nn.BatchNorm3d(3)(torch.randn(2, 3))",
        "nn.BatchNorm1d()",
        "nn.BatchNorm1d(3)(torch.randn(1, 3))",
        "nn.BatchNorm1d(3)(torch.randn(2, 4))",
        "nn.InstanceNorm2d(3)(torch.randn(2, 3))",
        "nn.InstanceNorm2d(3, affine=True)(torch.randn(2, 4, 3, 3))",
        "nn.GroupNorm(3, 4)",
        "nn.LayerNorm(3)(torch.randn(2, 4))",
        "nn.Dropout(1.5)",
        "nn.Dropout(-0.1)",
        "nn.Embedding(3, 2, padding_idx=5)",
        "nn.Embedding(3, 2)(torch.tensor([3]))",
        "nn.Embedding(3, 2)(torch.tensor([1.0]))",
        "nn.Embedding(3, 2, _weight=torch.ones(2, 2))",
        "nn.Embedding.from_pretrained(torch.ones(3))",
        "nn.Unflatten(1, 3)",
        "nn.Unflatten(1, (1.5, 2))",
        "nn.Softmax2d()(torch.randn(2, 2))",
        "nn.Hardtanh(1, 0)",
        "nn.HuberLoss(delta='a')",
        "nn.MultiMarginLoss(p=3)",
        "nn.TripletMarginLoss(margin=-1)",
        "nn.CrossEntropyLoss()(torch.randn(3, 5), torch.tensor([1, 2]))",
        "nn.CrossEntropyLoss()(torch.randn(2, 5), torch.tensor([1, 7]))",
        "nn.CrossEntropyLoss()(torch.randn(2, 5), torch.tensor([1.0, 2.0]))",
        "nn.NLLLoss()(torch.randn(2, 5), torch.tensor([1., 2.]))",
        "nn.BCELoss()(torch.rand(2, 5) + 2, torch.ones(2, 5))",
        "nn.BCELoss()(torch.rand(2, 5), torch.ones(2, 4))",
        "nn.MSELoss(reduction='abc')(torch.randn(2), torch.randn(2))",
        "nn.FractionalMaxPool2d(2)",
        "nn.FractionalMaxPool2d(2, output_ratio=1.5)",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 10, [])",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 10, [5, 3])",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 10, [5])(torch.randn(2, 4), torch.tensor([1, 11]))",
        "nn.Sequential(3)",
        "nn.Sequential(nn.ReLU())[2]",
        "nn.Sequential(nn.ReLU()) + 3",
        "nn.Sequential(nn.ReLU()) * 0",
        "nn.Sequential(nn.ReLU()) * 'a'",
        "nn.Sequential(nn.ReLU()).insert(5, nn.ReLU())",
        "nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 2))(torch.randn(1, 2))",
        "nn.ModuleList([nn.ReLU()])[3]",
        "nn.ModuleList(3)",
        "nn.ModuleList([3])",
        "nn.ModuleList([nn.ReLU()])(torch.randn(2))",
        "nn.ModuleDict({'a': 3})",
        "nn.ModuleDict({'a': nn.ReLU()})['b']",
        "nn.ModuleDict([('a',)])",
        "nn.ModuleDict({'a.b': nn.ReLU()})",
        "nn.ParameterList([torch.ones(2)])(3)",
        "nn.ParameterDict({3: torch.ones(2)})",
        "nn.Module(3)",
        "nn.Module(a=3)",
        "nn.Module()(3)",
        "nn.Module().foo",
        "nn.Linear(2, 2).wieght",
        "setattr(nn.Linear(2, 2), 'weight', torch.ones(2, 2))",
        "setattr(nn.Linear(2, 2), 'weight', 3)",
        "setattr(nn.Sequential(nn.ReLU()), '0', 3)",
        "setattr(nn.BatchNorm1d(2), 'running_mean', 3)",
        "delattr(nn.Linear(2, 2), 'foo')",
        "nn.Module().register_parameter('a.b', None)",
        "nn.Module().register_parameter('', None)",
        "nn.Module().register_parameter('a', torch.ones(2))",
        "nn.Module().register_parameter('training', None)",
        "nn.Module().register_buffer('a', 3)",
        "nn.Module().register_buffer(3, None)",
        "nn.Module().register_buffer('a.b', None)",
        "nn.Module().add_module('a', 3)",
        "nn.Module().add_module(3, nn.ReLU())",
        "nn.Module().add_module('a.b', nn.ReLU())",
        "nn.Module().add_module('forward', nn.ReLU())",
        "nn.Module().train(3)",
        "nn.Module().get_submodule('a')",
        "nn.Linear(2, 2).get_submodule('weight')",
        "nn.Linear(2, 2).get_parameter('a')",
        "nn.Linear(2, 2).get_parameter('in_features')",
        "nn.Linear(2, 2).get_buffer('weight')",
        "nn.Linear(2, 2).set_submodule('', nn.ReLU())",
        "nn.Linear(2, 2).set_submodule('a', 3)",
        "nn.Linear(2, 2).to(torch.int64)",
        "nn.Linear(2, 2).load_state_dict(3)",
        "nn.Linear(2, 2).load_state_dict({'weight': torch.ones(3, 2), 'x': 1})",
        "nn.Linear(2, 2).load_state_dict({'weight': 3, 'bias': torch.ones(2)})",
        "nn.Sequential(nn.Linear(2, 2)).load_state_dict({'0.weight': torch.ones(2, 2), '1.weight': torch.ones(1)})",
        "nn.Parameter(torch.tensor([1]))",
        "nn.Parameter(3)",
        "nn.LSTM(3, 4)(torch.randn(5, 2, 4))",
        "nn.LSTM(3, 4)(torch.randn(5))",
        "nn.LSTM(3, 4)(torch.randn(5, 2, 3), torch.randn(1, 2, 4))",
        "nn.LSTM(3, 4)(torch.randn(5, 2, 3), (torch.randn(1, 2, 5), torch.randn(1, 2, 4)))",
        "nn.LSTM(3, 4)(torch.randn(5, 2, 3), (torch.randn(1, 2, 4), torch.randn(1, 3, 4)))",
        "nn.LSTM(3, 4)(torch.randn(5, 2, 3), (torch.randn(2, 4), torch.randn(2, 4)))",
        "nn.LSTM(3, 4)(torch.randn(5, 2, 3).double())",
        "nn.LSTM(3, 4, proj_size=4)",
        "nn.LSTM(3, 4, dropout=2)",
        "nn.LSTM(3, 0)",
        "nn.LSTM(3)",
        "nn.LSTM(3, 4.0)",
        "nn.GRU(3, 4, proj_size=2)",
        "nn.GRU(3, 4)(torch.randn(5, 2, 3), torch.randn(1, 3, 4))",
        "nn.GRU(3, 4)(torch.randn(5, 2, 3), torch.randn(3, 4))",
        "nn.GRU(3, 4)(torch.randn(5, 3), torch.randn(1, 3, 4))",
        "nn.RNN(3, 4)(torch.randn(5))",
        "nn.RNN(3, 4, nonlinearity='sin')",
        "nn.RNNCell(3, 4)(torch.randn(2, 5))",
        "nn.GRUCell(3, 4)(torch.randn(2, 3), torch.randn(2, 5))",
        "nn.LSTMCell(3, 4)(torch.randn(2, 2, 3))",
        "nn.MultiheadAttention(5, 2)",
        "nn.MultiheadAttention(0, 2)",
        "nn.MultiheadAttention(4, 2)(torch.ones(3, 2, 4), torch.ones(3, 4), torch.ones(3, 4))",
        "nn.MultiheadAttention(4, 2)(torch.ones(3), torch.ones(3), torch.ones(3))",
        "nn.MultiheadAttention(4, 2)(*[torch.ones(3, 2, 5)] * 3)",
        "nn.MultiheadAttention(4, 2)(torch.ones(3, 2, 4), torch.ones(5, 2, 4), torch.ones(4, 2, 4))",
        "nn.MultiheadAttention(4, 2)(*[torch.ones(3, 2, 4)] * 3, attn_mask=torch.zeros(2, 2))",
        "nn.MultiheadAttention(4, 2)(*[torch.ones(3, 2, 4)] * 3, attn_mask=torch.zeros(2, 3, 3))",
        "nn.MultiheadAttention(4, 2)(*[torch.ones(3, 2, 4)] * 3, attn_mask=torch.zeros(3))",
        "nn.MultiheadAttention(4, 2)(*[torch.ones(3, 2, 4)] * 3, attn_mask=torch.zeros(3, 3).int())",
        "nn.MultiheadAttention(4, 2)(*[torch.ones(3, 2, 4)] * 3, key_padding_mask=torch.zeros(3, 3))",
        "nn.MultiheadAttention(4, 2)(*[torch.ones(3, 2, 4)] * 3, key_padding_mask=torch.zeros(3))",
        "nn.MultiheadAttention(4, 2)(*[torch.ones(3, 2, 4)] * 3, is_causal=True)",
        "nn.MultiheadAttention(4, 2, kdim=3)(*[torch.ones(3, 2, 4)] * 3)",
        "nn.TransformerEncoderLayer(5, 2)",
        "nn.TransformerEncoderLayer(4, 2, activation='tanh')",
        "nn.Transformer(4, 2, 1, 1, 6)(torch.ones(3, 2, 4), torch.ones(3, 1, 4))",
        "nn.Transformer(4, 2, 1, 1, 6)(torch.ones(3, 2, 5), torch.ones(3, 2, 4))",
        "nn.init.xavier_uniform_(torch.ones(3))",
        "nn.init.kaiming_normal_(torch.ones(3, 2), mode='fan')",
        "nn.init.kaiming_normal_(torch.ones(3, 2), nonlinearity='sin')",
        "nn.init.orthogonal_(torch.ones(3))",
        "nn.init.eye_(torch.ones(3))",
        "nn.init.dirac_(torch.ones(3, 2))",
        "nn.init.sparse_(torch.ones(3), 0.5)",
        "nn.init.calculate_gain('foo')",
        "nn.init.calculate_gain('leaky_relu', 'a')",
    ]


def main() -> None:
    import nn_programs

    cases = [
        ("layer", LAYER.format(make=make, args=f"[{args}]"))
        for make, args in layers() + recurrent() + attention()
    ]
    cases += [("both modes", PLAIN.format(make=make, args=f"[{args}]")) for make, args in layers()[::3]]
    cases += [("error", ERROR.format(call=call)) for call in errors()]
    cases += [("program", text) for text in nn_programs.PROGRAMS]
    with gzip.GzipFile(sys.argv[1], "wb", mtime=0) as file:
        for kind, program in cases:
            file.write(
                json.dumps({"kind": kind, "program": program, "prints": answer(program)}).encode() + b"\n"
            )


def answer(program: str) -> str:
    """What a program prints."""
    import torch
    import torch.func
    import torch.nn.utils.prune

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(program, {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "__name__": "__main__"})
    return printed.getvalue()


if __name__ == "__main__":
    main()
