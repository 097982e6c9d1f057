"""Displayed values for other programs: JSON lines, delimited text, `.npy` bytes."""

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from ml_dtypes import bfloat16

from tensorsh import Session
from tensorsh.engine.core.device import Device
from tensorsh.engine.core.dtype import float32
from tensorsh.engine.values.wrapping import wrap
from tensorsh.errors import facts_of
from tensorsh.io import load
from tensorsh.io.json import array_data
from tensorsh.render.machine import csv_text, json_line, npy_bytes


def tensor(array, device="cpu", grad=False):
    given = wrap(np.array(array))
    if device == "meta":
        return Session().evaluate(f"zeros({list(given.shape)}, dtype={given.dtype.name}) on meta")
    if grad:
        given.requires_grad = True
    return given * 1 if grad else given


def test_a_tensor_as_a_line_of_json():
    assert json_line(None, tensor(np.float32([1, 2]))) == (
        '{"name": null, "type": "tensor", "dtype": "float32", "shape": [2], "device": "cpu", '
        '"requires_grad": false, "is_leaf": true, "grad_fn": null, "data": [1.0, 2.0]}'
    )
    shown = json.loads(json_line("y", tensor(np.float32(2), grad=True)))
    assert (shown["name"], shown["grad_fn"], shown["is_leaf"], shown["data"]) == (
        "y",
        "MulBackward0",
        False,
        2.0,
    )
    shown = json.loads(json_line(None, tensor(np.zeros((2, 3)), "meta")))
    assert (shown["shape"], shown["device"], shown["data"]) == ([2, 3], "meta", None)


def test_numbers_that_json_has_not():
    def data(array):
        return json.loads(json_line(None, tensor(array)))["data"]

    assert data(np.array([np.nan, np.inf, -np.inf, 1.5])) == ["nan", "inf", "-inf", 1.5]
    assert data(np.array([[1 + 2j]])) == [[[1.0, 2.0]]]
    assert data(np.array(complex(np.inf, 0))) == ["inf", 0.0]
    assert data(np.array(np.nan, np.float16)) == "nan"
    assert data(np.zeros((2, 0))) == [[], []]


@pytest.mark.parametrize(
    "value, line",
    [
        (3, '{"type": "int", "value": 3}'),
        (True, '{"type": "bool", "value": true}'),
        (1.5, '{"type": "float", "value": 1.5}'),
        (float("-inf"), '{"type": "float", "value": "-inf"}'),
        (2j, '{"type": "complex", "value": [0.0, 2.0]}'),
        ('a"b', '{"type": "str", "value": "a\\"b"}'),
        (None, '{"type": "NoneType", "value": null}'),
        ([1, [2.5, None]], '{"type": "list", "value": [1, [2.5, null]]}'),
        ((1, "x"), '{"type": "tuple", "value": [1, "x"]}'),
        ([(1,)], '{"type": "list", "value": [{"type": "tuple", "value": [1]}]}'),
        (range(3), '{"type": "range", "value": [0, 3, 1]}'),
        ({"a": 1}, '{"type": "dict", "value": {"a": 1}}'),
        (float32, '{"type": "dtype", "value": "float32"}'),
        (Device("cpu"), '{"type": "device", "value": "cpu"}'),
    ],
)
def test_other_values_as_a_line_of_json(value, line):
    assert json_line(None, value) == line
    assert json.loads(json_line("x", value))["name"] == "x"


@pytest.mark.parametrize("kind", [np.float16, np.float32, bfloat16])
def test_floats_have_the_shortest_digits_of_their_dtype(kind):
    """Every 16-bit number, and as many 32-bit ones, is read back as itself, and nothing shorter is."""
    bits = np.arange(1 << 16, dtype=np.uint16)
    if kind is np.float32:
        bits = np.random.default_rng(0).integers(0, 1 << 32, 1 << 14, dtype=np.uint32)
    with np.errstate(all="ignore"):
        numbers = bits.view(kind)
        numbers = numbers[np.isfinite(numbers.astype(np.float64))]
        written = array_data(numbers)
        assert (np.array(written).astype(kind) == numbers).all()
        for text, number in zip(map(repr, written), numbers, strict=True):
            digits = len(text.partition("e")[0].strip("-0.").replace(".", "").rstrip("0"))
            shorter = float(f"{float(number):.{max(digits - 1, 1)}g}")
            assert digits <= 1 or kind(shorter) != number, (text, shorter)
    tenths = np.array([[0.1, 1e-30], [1e30, 3e8]], kind) if kind is not np.float16 else np.array([0.1], kind)
    assert array_data(tenths) == ([[0.1, 1e-30], [1e30, 3e8]] if tenths.ndim == 2 else [0.1])
    assert array_data(np.array(0.1, kind)) == 0.1


def test_lists_without_end():
    endless = []
    endless.append(endless)
    with pytest.raises(RecursionError, match="nested too deeply"):
        json_line(None, endless)


@given(
    st.sampled_from(["bool", "uint8", "int64", "float16", "float32", "float64", "complex64"]).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    )
)
def test_json_lines_read_back(array):
    line = json_line("x", tensor(array)).encode()
    assert b"\n" not in line
    loaded = load("-", stdin=io.BytesIO(line))
    assert (loaded.dtype, loaded.shape) == (np.asarray(array).dtype, np.shape(array))
    np.testing.assert_array_equal(loaded, array)


@pytest.mark.parametrize(
    "value, text",
    [
        (tensor(np.float32([[0.1, 2], [np.nan, -np.inf]])), "0.1,2.0\nnan,-inf"),
        (tensor([1, 2, 3]), "1,2,3"),
        (tensor(np.array(1.5)), "1.5"),
        (tensor([True, False]), "True,False"),
        (tensor([1 + 2j]), "1+2j"),
        (tensor(np.zeros((0, 3))), ""),
        (3, "3"),
        ("a,b", '"a,b"'),
        ([1, 2.5, "x"], "1,2.5,x"),
        ((2, 3), "2,3"),
        ([tensor([1, 2]), tensor([3, 4])], "1,2\n3,4"),
        ([tensor(np.array(1)), tensor(np.array(2))], "1,2"),
        ({"a": 1, "b": 2}, "a,1\nb,2"),
        (None, "None"),
        (float32, "torch.float32"),
    ],
)
def test_csv(value, text):
    assert csv_text(value) == text


@given(hnp.arrays(np.float32, (3, 2)))
def test_csv_reads_back(array):
    text = csv_text(tensor(array)).encode()
    np.testing.assert_array_equal(load("-", stdin=io.BytesIO(text), format="csv", dtype=np.float32), array)


def test_what_has_no_table_or_data():
    with pytest.raises(RuntimeError) as caught:
        csv_text(tensor(np.zeros((2, 3, 4))))
    assert "3 dimensions" in str(caught.value) and "reshape(2, -1)" in facts_of(caught.value).help
    for render in (csv_text, npy_bytes):
        with pytest.raises(RuntimeError, match="no data"):
            render(tensor(np.zeros(2), "meta"))


def test_npy():
    def loads(value):
        return np.load(io.BytesIO(npy_bytes(value)))

    np.testing.assert_array_equal(loads(tensor(np.float32([[1, 2]]))), np.float32([[1, 2]]))
    assert loads(3).shape == () and loads([1, 2.5]).dtype == np.float32
    assert loads([tensor([1, 2]), tensor([3, 4])]).tolist() == [[1, 2], [3, 4]]
    with pytest.raises(ValueError):
        npy_bytes("text")
