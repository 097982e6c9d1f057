"""Files of arrays: every format there and back, what is refused, and that a failure leaves the old file."""

import io
import json
import os
import struct
import zipfile

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tensorsh.errors import facts_of
from tensorsh.io import FORMATS, load, read, save

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
PLAIN = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def refused(action, *parts):
    with pytest.raises((ValueError, OSError)) as caught:
        action()
    for part in parts:
        assert part in f"{caught.value} {facts_of(caught.value).help}"
    return caught.value


def same(a, b):
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    np.testing.assert_array_equal(a, b)


def contents(path):
    with open(path, "rb") as stream:
        return stream.read()


def there_and_back(array, kind):
    save(array, f"x.{kind}")
    loaded = load(f"x.{kind}")
    return next(iter(loaded.values())) if isinstance(loaded, dict) else loaded


# -- there and back --------------------------------------------------------------------------------

arrays = st.sampled_from(PLAIN + COMPLEX).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)


@given(arrays, st.sampled_from(("npy", "npz", "json", "safetensors")))
def test_binary_formats_and_json_keep_values_dtype_and_shape(array, kind):
    if (kind, array.dtype.name) != ("safetensors", "complex128"):
        same(there_and_back(np.asarray(array), kind), np.asarray(array))


tables = st.sampled_from(PLAIN + COMPLEX).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5))
)


@given(tables, st.sampled_from(("csv", "tsv", "txt")))
def test_tables_keep_values(table, kind):
    save(table, f"x.{kind}")
    same(load(f"x.{kind}", dtype=table.dtype, header=False), table)


@pytest.mark.parametrize("kind", ["json", "safetensors", "csv"])
def test_bfloat16(kind):
    x = np.array([[0.1, -3.0], [np.inf, 1e30]], BFLOAT16)
    save(x, f"x.{kind}")
    loaded = load(f"x.{kind}", dtype=BFLOAT16)
    same(loaded["tensor"] if kind == "safetensors" else loaded, x)


def test_bfloat16_is_float32_in_npy():
    same(there_and_back(np.array([0.5, 3], BFLOAT16), "npy"), np.float32([0.5, 3]))


def test_many_arrays_in_one_file():
    named = {"w": np.eye(2), "b": np.arange(3), "scale": np.float32(2)}
    for kind in ("npz", "safetensors", "json"):
        save(named, f"x.{kind}")
        loaded = load(f"x.{kind}")
        assert list(loaded) == ["w", "b", "scale"]
        for key, array in named.items():
            same(loaded[key], np.asarray(array))
    save([np.arange(2), np.arange(3)], "y.npz")
    assert list(load("y.npz")) == ["arr_0", "arr_1"]
    save([np.arange(2), np.arange(2)], "y.npy")
    same(load("y.npy"), np.array([[0, 1], [0, 1]]))
    refused(lambda: save([np.arange(2), np.arange(3)], "y.npy"), "holds one tensor", ".npz")


def test_numbers_are_arrays_as_in_a_literal():
    for value, dtype in ((True, bool), (3, np.int64), (1.5, np.float32), (2j, np.complex64)):
        save(value, "x.npy")
        same(load("x.npy"), np.array(value, dtype))
    save([1, 2.5], "x.npy")
    same(load("x.npy"), np.float32([1, 2.5]))


def test_dtype_converts():
    save(np.array([1.5, 2.5]), "x.npy")
    same(load("x.npy", dtype=np.int32), np.int32([1, 2]))
    save({"a": np.arange(2)}, "x.npz")
    same(load("x.npz", dtype=np.float16)["a"], np.float16([0, 1]))
    save(np.array([1 + 2j]), "x.npy")
    same(load("x.npy", dtype=np.float32), np.float32([1]))


# -- which format ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
def test_format_by_content_and_by_name(kind):
    x = np.float32([[1.5, 2], [3, 4]])
    save(x, "plain", format=kind)
    for loaded in (read("plain"), read("plain", format=kind.upper())):
        value = next(iter(loaded.value.values())) if isinstance(loaded.value, dict) else loaded.value
        same(value, x)
    assert read("plain").format in (kind, "csv" if kind == "txt" else kind)
    with open("plain", "rb") as stream:  # a stream that cannot seek
        loaded = read("-", stdin=io.BufferedReader(io.BytesIO(stream.read())))
    assert loaded.format == kind


@pytest.mark.parametrize(
    "text, kind, shape",
    [
        (b"1,2\n3,4\n", "csv", (2, 2)),
        (b"a\tb\n1\t2\n", "tsv", (1, 2)),
        (b"1 2\n3 4", "txt", (2, 2)),
        (b"5\n6\n", "txt", (2, 1)),
        (b" [[1, 2]]", "json", (1, 2)),
    ],
)
def test_standard_input(text, kind, shape):
    loaded = read("-", stdin=io.BytesIO(text))
    assert (loaded.format, loaded.value.shape) == (kind, shape)


def test_refusals():
    open("x.pt", "wb").close()
    refused(lambda: load("x.pt"), "could run any code", "safetensors")
    with open("disguised", "wb") as stream:
        stream.write(b"\x80\x04K\x01.")
    refused(lambda: load("disguised"), "pickle")
    with zipfile.ZipFile("torch.npz", "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    refused(lambda: load("torch.npz"), "pickle")
    np.save("objects.npy", np.array([{}], object), allow_pickle=True)
    refused(lambda: load("objects.npy"), "objects.npy", "could run any code")
    refused(lambda: load("-", stdin=io.BytesIO(b"")), "empty")
    refused(lambda: load("-", stdin=io.BytesIO(b"\0\1\2")), "no format")
    refused(lambda: load("x.csv", format="xls"), "'xls' is no format", "npy, npz, csv")
    refused(lambda: save(np.arange(2), "x.foo"), "x.foo", ".npy")
    refused(lambda: save("text", "x.npy"), "not a str")
    refused(lambda: save(np.zeros((2, 2, 2)), "x.csv"), "3 dimensions", "reshape(2, -1)")
    refused(lambda: save(np.zeros(2, np.complex128), "x.safetensors"), "complex128")
    save(np.arange(2), "x.npy")
    refused(lambda: load("x.npy", header=True), "header= is for tables")


def test_missing_files_suggest_what_is_there():
    save(np.arange(2), "weights.npy")
    error = refused(lambda: load("wieghts.npy"), "No such file or directory: 'wieghts.npy'")
    assert facts_of(error).help == "did you mean 'weights.npy'?"
    refused(lambda: load("nowhere/x.npy"), "there is no folder 'nowhere'")
    refused(lambda: save(np.arange(2), "nowhere/x.npy"), "there is no folder 'nowhere'")
    refused(lambda: load("."), "Is a directory")
    refused(lambda: save(1, ".", format="npy"), "Is a directory")
    refused(lambda: load("a\0b.npy"), "null byte")


# -- writing is all or nothing ---------------------------------------------------------------------


def test_a_failed_write_keeps_the_old_file():
    for kind in FORMATS:
        save(np.arange(2), f"x.{kind}")
        before = contents(f"x.{kind}")
        refused(lambda kind=kind: save({"a": np.arange(2), "b": object()}, f"x.{kind}"))
        assert contents(f"x.{kind}") == before
    before = sorted(os.listdir())
    refused(lambda: save({"a": np.arange(2), "b": np.zeros(1, np.complex128)}, "x.safetensors"))
    assert sorted(os.listdir()) == before
    assert sorted(load("x.safetensors")) == ["tensor"]


def test_replacing_keeps_permissions_and_links():
    save(np.arange(2), "real.npy")
    os.chmod("real.npy", 0o640)
    os.symlink("real.npy", "link.npy")
    save(np.arange(3), "link.npy")
    assert os.path.islink("link.npy") and load("real.npy").shape == (3,)
    assert os.stat("real.npy").st_mode & 0o777 == 0o640
    save(np.arange(2), "/dev/null", format="npy")


# -- npy -------------------------------------------------------------------------------------------


def test_npy_as_others_write_it():
    x = np.arange(6.0).reshape(2, 3)
    for version in ((1, 0), (2, 0), (3, 0)):
        with open("x.npy", "wb") as stream:
            np.lib.format.write_array(stream, x, version=version)
        same(load("x.npy"), x)
    np.save("x.npy", np.asfortranarray(x))
    assert load("x.npy").flags.c_contiguous
    for stored, dtype in (
        (">f8", "float64"),
        (">i2", "int16"),
        ("u2", "int32"),
        ("u4", "int64"),
        ("u8", "int64"),
    ):
        np.save("x.npy", x.astype(stored))
        same(load("x.npy"), x.astype(dtype))
    np.save("x.npy", x.astype(np.longdouble))
    same(load("x.npy"), x)
    np.save("x.npy", np.array(2**63, np.uint64))
    refused(lambda: load("x.npy"), "does not fit int64")
    for strange in (np.array(["text"]), np.zeros(1, [("a", float)]), np.array(["2020-01-01"], "M8[D]")):
        np.save("x.npy", strange)
        refused(lambda: load("x.npy"), "no dtype of tensors")


def test_broken_binary_files():
    for kind in ("npy", "npz", "safetensors"):
        save(np.arange(1000), f"x.{kind}")
        whole = contents(f"x.{kind}")
        for length in (0, 5, 20, 100, len(whole) - 8):
            with open(f"x.{kind}", "wb") as stream:
                stream.write(whole[:length])
            refused(lambda kind=kind: load(f"x.{kind}"), f"x.{kind}")
    with open("x.npy", "wb") as stream:
        np.lib.format.write_array_header_1_0(
            stream, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)}
        )
    refused(lambda: load("x.npy"), "x.npy")


# -- safetensors -----------------------------------------------------------------------------------


def test_safetensors_as_its_library_writes_it():
    header = b'{"__metadata__":{"format":"np"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
    header += b'"b":{"dtype":"BF16","shape":[],"data_offsets":[8,10]}}  '
    with open("x.safetensors", "wb") as stream:
        stream.write(struct.pack("<Q", len(header)) + header + struct.pack("<ff", 1.5, -2) + b"\x80\x3f")
    loaded = load("x.safetensors")
    same(loaded["a"], np.float32([1.5, -2]))
    same(loaded["b"], np.array(1, BFLOAT16))


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]},
        {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]},
        {"dtype": "F8_E4M3", "shape": [8], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": 2, "data_offsets": [0, 8]},
        {"shape": [2], "data_offsets": [0, 8]},
        [1],
    ],
)
def test_safetensors_with_a_wrong_header(entry):
    header = json.dumps({"a": entry}).encode()
    with open("x.safetensors", "wb") as stream:
        stream.write(struct.pack("<Q", len(header)) + header + bytes(8))
    refused(lambda: load("x.safetensors"), "x.safetensors")


# -- json ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        ("[1, 2]", np.array([1, 2])),
        ("[[1, 2], [3, 4.5]]", np.float32([[1, 2], [3, 4.5]])),
        ("[true, false]", np.array([True, False])),
        ("[true, 2]", np.array([1, 2])),
        ('[1, "nan", "inf", "-inf"]', np.float32([1, np.nan, np.inf, -np.inf])),
        ("[NaN, -Infinity]", np.float32([np.nan, -np.inf])),
        ("[1.5, 9223372036854775808]", np.float32([1.5, 2.0**63])),
        ('{"type": "tensor", "dtype": "uint8", "shape": [2], "data": [1, 2]}', np.uint8([1, 2])),
        ('{"type": "tensor", "dtype": "float64", "shape": [], "data": "-inf"}', np.array(-np.inf)),
        ('{"type": "tensor", "dtype": "float32", "shape": [2, 0], "data": [[], []]}', np.zeros((2, 0), "f")),
        (
            '{"name": "x", "type": "tensor", "dtype": "complex64", "shape": [1], "data": [[1.0, "inf"]]}',
            np.complex64([complex(1, np.inf)]),
        ),
    ],
)
def test_json_arrays(text, expected):
    same(load("-", stdin=io.BytesIO(text.encode()), format="json"), expected)


def test_json_of_other_things():
    def loads(text):
        return load("-", stdin=io.BytesIO(text.encode()), format="json")

    assert loads("3") == 3 and loads('"inf"') == np.inf and loads("null") is None and loads("[]") == []
    assert loads('[1, "a"]') == [1, "a"]
    assert [part.tolist() for part in loads("[[1, 2], [3]]")] == [[1, 2], [3]]
    value = loads('{"a": [1, 2], "b": 3}')
    assert value["a"].tolist() == [1, 2] and value["b"] == 3
    lines = loads('{"type": "int", "value": 3}\n\n{"type": "complex", "value": [1.0, 2.0]}\n[1.5]\n')
    assert lines[:2] == [3, 1 + 2j] and lines[2].dtype == np.float32


@pytest.mark.parametrize(
    "text, message",
    [
        ("[1,\n2", "line 2, column 2"),
        ("[1, 2,, 3]", "line 1, column 7"),
        ("[1]\n[2\n", "line 2, column 3"),
        ("[9223372036854775808]", "9223372036854775808 does not fit int64"),
        ("[1, 99999999999999999999]", "99999999999999999999 does not fit int64"),
        ("[" * 100_000, "nested too deeply"),
        ('{"type": "tensor", "dtype": "float32", "shape": [2], "data": null}', "meta"),
        ('{"type": "tensor", "dtype": "float32", "shape": [2], "data": [1]}', "not of shape [2]"),
        ('{"type": "tensor", "dtype": "object", "shape": [2], "data": [1]}', "without dtype or shape"),
    ],
)
def test_json_errors(text, message):
    refused(lambda: load("-", stdin=io.BytesIO(text.encode()), format="json"), message, "standard input")


def test_json_is_utf_8():
    refused(lambda: load("-", stdin=io.BytesIO(b'["\xe9"]'), format="json"), "not UTF-8 text (byte 2)")


def test_what_numpy_could_not_write_is_told_in_its_words(tmp_path, monkeypatch):
    def write(array, stream):
        raise OSError("100000 requested and 224 written")

    monkeypatch.setattr("tensorsh.io.npy.write", write)
    with pytest.raises(OSError, match="100000 requested and 224 written"):
        save(np.ones(3), str(tmp_path / "x.npy"))
    assert list(tmp_path.iterdir()) == []
