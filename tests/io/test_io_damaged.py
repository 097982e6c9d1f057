"""Damaged and odd files: whatever a reader stumbles over is an error of the data or of an argument."""

from __future__ import annotations

import io
import json
import random
import struct
import time

import numpy as np
import pytest

from tensorsh import Session, TensorshError
from tensorsh.errors import facts_of
from tensorsh.io import load, read, save

KINDS = ("npy", "npz", "csv", "tsv", "txt", "json", "safetensors")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written(kind: str) -> bytes:
    x = np.arange(12, dtype=np.float32).reshape(3, 4) / 3
    table = kind in ("csv", "tsv", "txt", "npy")
    save(x if table else {"a": x, "b": x.astype(np.int16), "c": x[0] > 1}, f"x.{kind}")
    with open(f"x.{kind}", "rb") as stream:
        return stream.read()


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Bits flipped, mostly in the header, or a piece cut out, doubled or replaced."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(min(len(changed), rng.choice((16, 128, 10_000))) or 1)
        way = rng.randrange(8)
        if way < 5:
            changed[at] ^= 1 << rng.randrange(8)
        elif way == 5:
            del changed[at : at + rng.randrange(1, 20)]
        elif way == 6:
            changed[at:at] = changed[at : at + rng.randrange(1, 20)]
        else:
            changed[at : at + 1] = rng.choice((b"\0", b"-", b"9" * 12, b'"', b"{", b"\xff", b"\n", b"]"))
        if not changed:
            return b""
    return bytes(changed)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_an_error_of_the_data(kind: str) -> None:
    session, whole, rng = Session(), written(kind), random.Random(7)
    slowest = 0.0
    for _ in range(400):
        with open(f"y.{kind}", "wb") as stream:
            stream.write(damaged(whole, rng))
        begin = time.perf_counter()
        try:
            session.run(f'x = load("y.{kind}")')
        except TensorshError as error:
            assert error.kind == "data", (error.code, error.message)
            assert f"y.{kind}" in str(error)
        slowest = max(slowest, time.perf_counter() - begin)
    assert slowest < 5


def safetensors(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype: object = "F32", shape: object = (1,), at: object = (0, 4)) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": at}


SAFETENSORS = {
    "a list as dtype": safetensors({"a": entry(["F32"])}, bytes(4)),
    "a number as dtype": safetensors({"a": entry(3)}, bytes(4)),
    "an object as dtype": safetensors({"a": entry({"F32": 1})}, bytes(4)),
    "200 dimensions": safetensors({"a": entry(shape=[1] * 200)}, bytes(4)),
    "65 dimensions, none of a size": safetensors({"a": entry(shape=[0] * 65, at=[0, 0])}),
    "a shape in words": safetensors({"a": entry(shape=["1"])}, bytes(4)),
    "a shape of true": safetensors({"a": entry(shape=[True])}, bytes(4)),
    "a huge shape": safetensors({"a": entry(shape=[2**62, 4], at=[0, 2**66])}, bytes(4)),
    "overlapping entries": safetensors({"a": entry(), "b": entry(at=[2, 6])}, bytes(6)),
    "the same place twice": safetensors({"a": entry(), "b": entry()}, bytes(4)),
    "bytes that no entry covers": safetensors({"a": entry(), "b": entry(at=[8, 12])}, bytes(12)),
    "bytes before the first": safetensors({"a": entry(at=[4, 8])}, bytes(8)),
    "bytes after the last": safetensors({"a": entry()}, bytes(5)),
    "places backwards": safetensors({"a": entry(at=[4, 0])}, bytes(4)),
    "places of two kinds": safetensors({"a": entry(), "b": entry(at=["0", 4])}, bytes(4)),
    "an entry that is a list": safetensors({"a": [1, 2]}, bytes(4)),
    "a header that is a list": safetensors([1, 2]),
}


@pytest.mark.parametrize("name", SAFETENSORS)
def test_odd_safetensors(name: str) -> None:
    with pytest.raises(ValueError) as raised:
        read("-", stdin=io.BytesIO(SAFETENSORS[name]), format="safetensors")
    assert facts_of(raised.value).kind == "data"
    assert "standard input" in str(raised.value)
    assert raised.value.__cause__ is None, "a reader foresees this"


def test_whole_safetensors_are_still_read() -> None:
    found = {"b": entry("I16", [2], [4, 8]), "a": entry(), "none": entry(shape=[0], at=[8, 8])}
    loaded = read("-", stdin=io.BytesIO(safetensors(found, bytes(8))), format="safetensors").value
    assert {name: (a.shape, str(a.dtype)) for name, a in loaded.items()} == {
        "a": ((1,), "float32"),
        "b": ((2,), "int16"),
        "none": ((0,), "float32"),
    }


@pytest.mark.parametrize(
    "text",
    [
        '{"type": ["tensor"], "data": [1]}',
        '{"type": {"a": 1}, "value": 2}',
        '{"type": 3, "value": 2}',
        '{"type": null, "data": 2}',
        '{"type": "complex", "value": ["a", 1]}',
        '{"type": "complex", "value": [[1], {}]}',
        '{"type": "list", "data": 3}',
    ],
)
def test_a_type_that_is_none_of_ours_is_part_of_the_data(text: str) -> None:
    assert read("-", stdin=io.BytesIO(text.encode()), format="json").value is not Ellipsis


@pytest.mark.parametrize(
    "fields",
    [
        {"dtype": ["float32"], "shape": [1]},
        {"dtype": "float32", "shape": 3},
        {"dtype": "float32", "shape": "1"},
        {"dtype": "float32", "shape": [-1]},
        {"dtype": "float32", "shape": [1.5]},
        {"dtype": "float32", "shape": [None]},
        {"dtype": "float32", "shape": [1] * 200},
        {"dtype": "nothing", "shape": [1]},
        {"dtype": "float32"},
        {"dtype": "float32", "shape": [1], "data": {"a": 1}},
        {"dtype": "complex64", "shape": [1], "data": [["a", "b"]]},
        {"dtype": "int64", "shape": [1], "data": [1e300]},
    ],
)
def test_odd_tensors_in_json(fields: dict[str, object]) -> None:
    text = json.dumps({"type": "tensor", "data": [1]} | fields)
    try:
        read("-", stdin=io.BytesIO(text.encode()), format="json")
    except ValueError as error:
        assert facts_of(error).kind == "data"
        assert "standard input" in str(error)
    else:
        assert fields["dtype"] == "int64"


@pytest.mark.parametrize(
    ("call", "kind", "part"),
    [
        ('load("x\\0.csv")', "data", "null byte"),
        ('save(1, "x\\0.npy")', "data", "null byte"),
        ('load("x\\0")', "data", "null byte"),
        ('load("t.csv", columns=[1.5])', "type", "columns="),
        ('load("t.csv", columns=1.5)', "type", "columns="),
        ('load("t.csv", columns=[true])', "type", "columns="),
        ('load("t.csv", columns=[[0]])', "type", "columns="),
        ('load("t.csv", columns={"a": 1})', "type", "columns="),
        ('load("t.csv", delimiter=3)', "type", "delimiter="),
        ('load("t.csv", delimiter=[","])', "type", "delimiter="),
        ('load("t.csv", header=1)', "type", "header="),
        ('load("t.csv", header="yes")', "type", "header="),
        ('load("t.csv", format=3)', "type", "format="),
        ('load("t.csv", decimal=1)', "type", "decimal="),
        ('load("t.csv", thousands=tensor(1))', "type", "thousands="),
        ('load("t.csv", decimal="ab")', "data", "decimal="),
        ('load("t.csv", decimal="5")', "data", "decimal="),
        ('load("t.csv", dtype=3)', "type", "dtype"),
        ('save([1], "x.npy", format=3)', "type", "format="),
        ("load(3)", "type", "path"),
        ('load("x.npy", decimal=",")', "data", "decimal="),
    ],
)
def test_options_are_checked(call: str, kind: str, part: str) -> None:
    save(np.ones((2, 2)), "t.csv")
    save(np.ones((2, 2)), "x.npy")
    with pytest.raises(TensorshError) as raised:
        Session().run(call)
    assert (raised.value.kind, part in str(raised.value)) == (kind, True), raised.value.message


def test_several_arrays_in_one_npy_stream(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """What `-f npy` writes for several values NumPy reads one by one, and `load` all of."""
    from tensorsh.cli import main

    assert main(["-f", "npy", "-c", "[1, 2]; [[0.5]]; true"]) == 0
    data = capfdbinary.readouterr().out
    stream = io.BytesIO(data)
    assert [np.load(stream).tolist() for _ in range(3)] == [[1, 2], [[0.5]], True]
    with open("x.npy", "wb") as file:
        file.write(data)
    assert [a.tolist() for a in load("x.npy")] == [[1, 2], [[0.5]], True]
    with open("x.npy", "ab") as file:
        file.write(b"more")
    with pytest.raises(ValueError, match="array 4") as raised:
        load("x.npy")
    assert facts_of(raised.value).kind == "data"
