"""Printing is PyTorch's, byte for byte: a golden for each rule, then recorded cases of every kind."""

import base64
import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from tensorsh.engine.core.results import Size, named_result
from tensorsh.kinds import Kind, describe
from tensorsh.text.host_repr import host_repr, host_str, scalar_format
from tensorsh.text.torch_repr import PrintOptions, tensor_repr

inf, nan = np.inf, np.nan


@dataclass
class Named:
    """A dtype or device: what printing wants to know of them."""

    name: str
    prefix: str = ""

    def __str__(self):
        return self.prefix + self.name

    @property
    def type(self):
        return self.name.partition(":")[0]


@dataclass
class Node:
    label: str

    def name(self):
        return self.label


@dataclass
class Given:
    """A tensor as printing sees it."""

    array: np.ndarray | None
    shape: tuple = field(default=())
    dtype: Named = field(default=None)
    device: Named = field(default_factory=lambda: Named("cpu"))
    requires_grad: bool = False
    grad_fn: Node | None = None


describe(Given, Kind(text=lambda t, options: tensor_repr(t, options=options)))


def given(data, dtype=None, *, shape=None, device="cpu", grad_fn=None, requires_grad=False):
    if dtype is None:
        kind = np.asarray(data).dtype.kind
        dtype = {"b": "bool", "i": "int64", "f": "float32", "c": "complex64"}[kind]
    array = np.asarray(data, ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    if shape is not None:
        array = array.reshape(shape)
    return Given(
        None if device.startswith("meta") else array,
        array.shape,
        Named(dtype, "torch."),
        Named(device),
        requires_grad,
        Node(grad_fn) if grad_fn else None,
    )


GOLDENS = {
    # integers and bools: one width for all
    "tensor([  1,  20, 300])": given([1, 20, 300]),
    "tensor([-1,  2])": given([-1, 2]),
    "tensor(7)": given(7),
    "tensor([ True, False])": given([True, False]),
    # floats that are all integers keep only the dot; one that is not turns digits on for all
    "tensor([1., 2.])": given([1.0, 2.0]),
    "tensor([1.0000, 2.5000])": given([1.0, 2.5]),
    "tensor([18.0000])": given([18.000002]),
    "tensor(1.5000)": given(1.5),
    "tensor(-0.)": given(-0.0),
    # scientific: above 1000 times the smallest, above 1e8, below 1e-4; zeros do not count
    "tensor([1.0000e+00, 1.0010e+03])": given([1.0, 1001.0]),
    "tensor([   1., 1000.])": given([1.0, 1000.0]),
    "tensor([1.0000e+09])": given([1e9]),
    "tensor([1.0000e-05])": given([1e-5]),
    "tensor([0.0000e+00, 1.0000e-05])": given([0.0, 1e-5]),
    "tensor([0., -0.])": given([0.0, -0.0]),
    # nan and inf keep integers integers and do not widen the column
    "tensor([1., nan, inf])": given([1.0, nan, inf]),
    "tensor([nan, -inf])": given([nan, -inf]),
    "tensor([0.5000,    nan,   -inf])": given([0.5, nan, -inf]),
    # real and imaginary parts each have their own notation
    "tensor([1.+0.5000j, 2.-3.0000j])": given([1 + 0.5j, 2 - 3j]),
    "tensor(1.+2.j)": given(1 + 2j),
    "tensor(nan+nanj)": given(complex(nan, nan)),
    # 16-bit floats and other dtypes say so; so do integers in an empty tensor
    "tensor([1.5000], dtype=torch.bfloat16)": given([1.5], "bfloat16"),
    "tensor(0.1000, dtype=torch.float16)": given(0.1, "float16"),
    "tensor([1], dtype=torch.int32)": given([1], "int32"),
    "tensor([])": given([], "float32"),
    "tensor([], dtype=torch.int64)": given([], "int64"),
    "tensor([], size=(0, 3))": given([], "float32", shape=(0, 3)),
    # gradients
    "tensor([1., 2.], requires_grad=True)": given([1.0, 2.0], requires_grad=True),
    "tensor(3., grad_fn=<SumBackward0>)": given(3.0, grad_fn="SumBackward0", requires_grad=True),
    "tensor([2.], grad_fn=<CopySlices>)": given([2.0], grad_fn="torch::autograd::CopySlices"),
    # meta has no values
    "tensor(..., device='meta', size=(2, 3))": given(np.ones((2, 3)), "float32", device="meta"),
    "tensor(..., device='meta', size=(), dtype=torch.int64)": given(1, device="meta"),
    # axes
    "tensor([[1, 2],\n        [3, 4]])": given([[1, 2], [3, 4]]),
    "tensor([[[1],\n         [2]],\n\n        [[3],\n         [4]]])": given([[[1], [2]], [[3], [4]]]),
    # summaries: above 1,000 elements, three at each end; what is not shown does not count
    "tensor([   0,    1,    2,  ...,  998,  999, 1000])": given(np.arange(1001)),
    "tensor([1., 1., 1.,  ..., 1., 1., 1.])": given([1.0] * 600 + [0.5] + [1.0] * 600),
    "tensor([[0],\n        [0],\n        [0],\n        ...,\n        [0],\n        [0],\n"
    "        [0]])": given([0] * 1001, shape=(1001, 1)),
    # a suffix that would end beyond column 80 gets a line of its own
    "tensor([1.0000, 2.0000, 3.0000, 4.0000, 5.0000, 6.5000], dtype=torch.float64,\n"
    "       requires_grad=True)": given([1, 2, 3, 4, 5, 6.5], "float64", requires_grad=True),
}


@pytest.mark.parametrize("text", GOLDENS)
def test_one_rule_at_a_time(text):
    assert tensor_repr(GOLDENS[text]) == text


def test_lines_break_at_80_columns():
    lines = tensor_repr(given(np.arange(30.0) + 0.5)).split("\n")
    assert lines[0] == "tensor([ 0.5000,  1.5000,  2.5000,  3.5000,  4.5000,  5.5000,  6.5000,  7.5000,"
    assert lines[1] == "         8.5000,  9.5000, 10.5000, 11.5000, 12.5000, 13.5000, 14.5000, 15.5000,"
    assert lines[-1] == "        24.5000, 25.5000, 26.5000, 27.5000, 28.5000, 29.5000])"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"precision": 2}, "tensor([1.00, 2.50])"),
        ({"precision": 0}, "tensor([1, 2])"),
        ({"sci_mode": True}, "tensor([1.0000e+00, 2.5000e+00])"),
        ({"linewidth": 10}, "tensor([1.0000,\n        2.5000])"),
        ({"threshold": 1, "edgeitems": 0}, "tensor([...], size=(2,))"),
        ({"profile": "short"}, "tensor([1.00, 2.50])"),
        ({"profile": "short", "precision": 3}, "tensor([1.000, 2.500])"),
    ],
)
def test_print_options(options, text):
    assert tensor_repr(given([1.0, 2.5]), options=PrintOptions().updated(**options)) == text


def test_a_profile_resets_and_sci_mode_is_always_reset():
    options = PrintOptions().updated(precision=9, sci_mode=True)
    assert options.updated(linewidth=60) == PrintOptions(precision=9, linewidth=60)
    assert options.updated(profile="default") == PrintOptions()
    assert PrintOptions().as_dict() == {
        "precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "bad", [{"precision": -1}, {"edgeitems": "3"}, {"linewidth": 1.5}, {"threshold": True}]
)
def test_bad_print_options_are_refused_when_set(bad):
    with pytest.raises((TypeError, ValueError, RuntimeError)):
        PrintOptions().updated(**bad)


def test_the_default_dtype_needs_no_suffix():
    options = PrintOptions(default_dtype="float64")
    assert tensor_repr(given([1.5], "float64"), options=options) == "tensor([1.5000])"
    assert tensor_repr(given([1.5]), options=options) == "tensor([1.5000], dtype=torch.float32)"
    assert tensor_repr(given([1j], "complex128"), options=options) == "tensor([0.+1.j])"
    assert tensor_repr(given([1j]), options=options) == "tensor([0.+1.j], dtype=torch.complex64)"


def test_a_summary_reads_only_the_edges():
    # One element in memory, 10^16 of them to NumPy: touching them all would never end.
    endless = np.broadcast_to(np.float32(1), (10**8, 10**8))
    assert tensor_repr(Given(endless, endless.shape, Named("float32", "torch."))).count("1.") == 36


def recorded():
    path = Path(__file__).parents[1] / "data" / "torch_repr.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("default_dtype", ["float32", "float64", "float16", "bfloat16"])
def test_recorded_cases(default_dtype):
    cases = [case for case in recorded() if case["default_dtype"] == default_dtype]
    assert cases
    for case in cases:
        dtype, meta = case["dtype"], case["device"] == "meta"
        np_dtype = ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype
        array = (
            None if meta else np.frombuffer(base64.b64decode(case["data"]), np_dtype).reshape(case["shape"])
        )
        node = Node(case["grad_fn"]) if case["grad_fn"] else None
        tensor = Given(
            array,
            tuple(case["shape"]),
            Named(dtype, "torch."),
            Named(case["device"]),
            case["requires_grad"],
            node,
        )
        options = PrintOptions(default_dtype=default_dtype).updated(**case["options"] or {})
        assert tensor_repr(tensor, options=options) == case["expect"]


# ------------------------------------------------------------------ host values


@pytest.mark.parametrize(
    ("tensor", "spec", "text"),
    [
        (given(1.5), "", "1.5"),
        (given(0.1), "", "0.10000000149011612"),
        (given(0.1, "bfloat16"), "", "0.10009765625"),
        (given(1.5), ".2f", "1.50"),
        (given(3), ">5", "    3"),
        (given(3), ".2f", "3.00"),
        (given(True), "", "True"),
        (given(True), ">6", "     1"),
        (given(1 + 2j), "", "(1+2j)"),
        (given([3.0, 1.0]), "", "tensor([3., 1.])"),
        (given(3, device="meta"), "", "tensor(..., device='meta', size=(), dtype=torch.int64)"),
    ],
)
def test_formatting_a_tensor(tensor, spec, text):
    assert scalar_format(tensor, spec) == text


@pytest.mark.parametrize(
    ("tensor", "spec", "kind", "message"),
    [
        (given([1.5]), ".2f", TypeError, "unsupported format string passed to Tensor.__format__"),
        (
            given(1.5, device="meta"),
            "d",
            TypeError,
            "unsupported format string passed to Tensor.__format__",
        ),
        (given(1.5), "d", ValueError, "Unknown format code 'd' for object of type 'float'"),
    ],
)
def test_formats_a_tensor_does_not_take(tensor, spec, kind, message):
    with pytest.raises(kind) as raised:
        scalar_format(tensor, spec)
    assert str(raised.value) == message


a, b = given(1), given([0.5, 2.0])
sort = named_result("sort", ("values", "indices"))


def double(x):
    return 2 * x


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([a, b], "[tensor(1), tensor([0.5000, 2.0000])]"),
        ((b,), "(tensor([0.5000, 2.0000]),)"),
        ([b, [a, (), []]], "[tensor([0.5000, 2.0000]), [tensor(1), (), []]]"),
        ((1, "x", 2.5, None, True, a), "(1, 'x', 2.5, None, True, tensor(1))"),
        ([given([[0.0], [1.0]])], "[tensor([[0.],\n        [1.]])]"),
        (["it's", 'say "no"', "\n"], "[\"it's\", 'say \"no\"', '\\n']"),
        ({"lr": 0.1, "w": a}, "{'lr': 0.1, 'w': tensor(1)}"),
        ((Size([2, 3]), [Size()]), "(torch.Size([2, 3]), [torch.Size([])])"),
        (sort((b, a)), "torch.return_types.sort(\nvalues=tensor([0.5000, 2.0000]),\nindices=tensor(1))"),
        ((sort((1, 2)),), "(torch.return_types.sort(\nvalues=1,\nindices=2),)"),
        ([range(3), range(0, 9, 2)], "[range(0, 3), range(0, 9, 2)]"),
        ([-0.0, 1e16, nan, 2j], "[-0.0, 1e+16, nan, 2j]"),
        ([double, lambda x: x], "[<function double>, <function <lambda>>]"),
        ((x for x in ()), "<generator object <genexpr>>"),
        (enumerate([]), "<enumerate object>"),
    ],
)
def test_host_values_print_as_in_python(value, text):
    assert host_repr(value) == text
    assert host_str(value) == text


def test_strings_and_devices_print_without_their_repr():
    from tensorsh.engine.core import device

    assert (host_str("it's"), host_repr("it's")) == ("it's", '"it\'s"')
    assert (host_str(device.cpu), host_repr(device.cpu)) == ("cpu", "device(type='cpu')")
    assert host_str([device.cpu, "x"]) == "[device(type='cpu'), 'x']"


def test_a_container_inside_itself_and_deep_nesting():
    items = [1]
    items += [items, (items,)]
    assert host_repr(items) == repr(items)
    deep = []
    for _ in range(50_000):
        deep = [deep]
    assert len(host_repr(deep)) == 2 * 50_001
