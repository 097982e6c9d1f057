"""Tables for a first look: names of columns, texts as codes, compressed files, parts of files, `describe`."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

from tensorsh import Session, TensorshError
from tensorsh.display import text
from tensorsh.io import read

IRIS = """sepal_length,sepal_width,species
5.1,3.5,setosa
4.9,,setosa
7.0,3.2,versicolor
6.3,3.3,virginica
"""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "iris.csv").write_text(IRIS)
    s = Session()
    s.run('t = load("iris.csv")')
    return s


def test_columns_by_name(session: Session) -> None:
    assert session.evaluate('t["species"].tolist()') == [0, 0, 1, 2]
    assert session.evaluate('t[1:]["sepal_length"].tolist()') == pytest.approx([4.9, 7.0, 6.3])
    assert session.evaluate('t[0]["sepal_length"].item()') == pytest.approx(5.1)
    assert session.evaluate('t[["species", "sepal_width"]].shape') == (4, 2)
    for lost in ("t * 2", "t[:, 1:]", "t.T", "t.clone()"):
        with pytest.raises(TensorshError):
            session.run(f'({lost})["species"]')
    with pytest.raises(TensorshError, match="there is no column 'petal'") as raised:
        session.run('t["petal"]')
    assert raised.value.error_class == "KeyError" and "'sepal_width'" in raised.value.help


def test_texts_are_codes_with_their_categories(session: Session) -> None:
    assert session.evaluate('categories(t, "species")') == ["setosa", "versicolor", "virginica"]
    with pytest.raises(TensorshError, match="has numbers, not texts"):
        session.run('categories(t, "sepal_width")')
    with pytest.raises(TensorshError, match="wants a table as load"):
        session.run('categories(ones(2, 2), "a")')


def test_describe_of_columns_with_wide_names(session: Session) -> None:
    Path("zh.csv").write_text("姓名,年龄\n张三,20\n", encoding="utf-8")
    head, names, numbers, texts = repr(session.evaluate('describe(load("zh.csv"))')).split("\n")
    assert head.startswith("1 row, 2 columns, ")
    assert names.startswith("      count") and numbers.startswith("年龄      1") and texts == "姓名  张三 1"


def test_texts_of_a_table_without_a_header(session: Session) -> None:
    Path("plain.csv").write_text("5.1,setosa\n4.9,versicolor\n5.0,setosa\n")
    session.run('p = load("plain.csv")')
    assert session.evaluate("p[:, 1].tolist()") == [0, 1, 0]
    for column in ('"1"', "1", "-1"):
        assert session.evaluate(f"categories(p, {column})") == ["setosa", "versicolor"]
    with pytest.raises(TensorshError, match="'0' has numbers"):
        session.run("categories(p, 0)")
    with pytest.raises(TensorshError, match="column 2 is out of range: there are 2"):
        session.run("categories(p, 2)")
    assert session.evaluate('p["0"].tolist()') == pytest.approx([5.1, 4.9, 5.0])
    loaded = read("plain.csv")
    assert loaded.names is None and loaded.categories == {1: ("setosa", "versicolor")}
    assert repr(session.evaluate("describe(p)")).endswith("\n1  setosa 2, versicolor 1")


def test_a_column_of_both_is_an_error(session: Session) -> None:
    Path("bad.csv").write_text("a,b\n1,2\n3,x\n")
    with pytest.raises(TensorshError, match=r"line 3, column 2 \(b\): 'x' is not a number"):
        session.run('load("bad.csv")')
    Path("words.csv").write_text("a,b\nx,y\nz,w\n")
    with pytest.raises(TensorshError, match="is not a number"):  # no numbers at all: no table of them
        session.run('load("words.csv")')


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ("nrows=2", 2),
        ("nrows=0", 0),
        ("nrows=99", 4),
        ("skip=2, header=false", 3),
        ("skip=3, nrows=1", 1),
    ],
)
def test_parts_of_a_file(session: Session, options: str, rows: int) -> None:
    assert session.evaluate(f'load("iris.csv", {options}).shape') == (rows, 3)


def test_compressed_files(session: Session) -> None:
    Path("iris.csv.gz").write_bytes(gzip.compress(IRIS.encode()))
    assert session.evaluate('load("iris.csv.gz")["species"].tolist()') == [0, 0, 1, 2]
    Path("cut.csv.gz").write_bytes(gzip.compress(IRIS.encode() * 99)[:60])
    with pytest.raises(TensorshError) as raised:
        session.run('load("cut.csv.gz")')
    assert raised.value.kind == "data"
    session.run('save(ones(2, 3), "x.npy")')
    for content in (gzip.compress(IRIS.encode())[:40], b"\x1f\x8b\x08\0\0\0\0\0\0\3\xff\xff"):
        Path("cut").write_bytes(content)  # its name says nothing, and its beginning cannot be looked at
        with pytest.raises(TensorshError, match="cut: not a file that can be read") as found:
            session.run('load("cut")')
        assert found.value.code == "data"
    Path("x.npy.gz").write_bytes(gzip.compress(Path("x.npy").read_bytes()))
    assert session.evaluate('load("x.npy.gz").shape') == (2, 3)


def of_zstandard(data: bytes) -> bytes:
    """A frame of one block that is stored as it is."""
    assert len(data) < 256
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(data)]) + (len(data) << 3 | 1).to_bytes(3, "little") + data


def test_zstandard_is_read_where_a_package_can(session: Session) -> None:
    if sys.version_info < (3, 14):
        pytest.importorskip("zstandard")
    Path("iris.csv.zst").write_bytes(of_zstandard(IRIS.encode()))
    assert session.evaluate('load("iris.csv.zst")["species"].tolist()') == [0, 0, 1, 2]
    Path("cut.csv.zst").write_bytes(of_zstandard(IRIS.encode())[:40])
    with pytest.raises(TensorshError) as raised:
        session.run('load("cut.csv.zst")')
    assert raised.value.kind == "data"


def test_what_reads_zstandard_is_named_where_nothing_does(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("compression", "zstandard"):
        monkeypatch.setitem(sys.modules, name, None)
    Path("iris.csv.zst").write_bytes(of_zstandard(IRIS.encode()))
    with pytest.raises(TensorshError, match=r"iris\.csv\.zst is compressed with Zstandard") as raised:
        session.run('load("iris.csv.zst")')
    assert (raised.value.kind, raised.value.help) == ("data", "pip install zstandard")


def test_describe(session: Session) -> None:
    (found,) = session.run("describe(t)")
    assert repr(found) == (
        "4 rows, 3 columns, float32\n"
        "              count  missing   mean     std  min   25%  50%    75%  max\n"
        "sepal_length      4        0  5.825  0.9979  4.9  5.05  5.7  6.475    7\n"
        "sepal_width       3        1  3.333  0.1528  3.2  3.25  3.3    3.4  3.5\n"
        "species  setosa 2, versicolor 1, virginica 1"
    )
    (plain,) = session.run("describe(tensor([[1, 2], [3, 4]]))")
    assert [name for name, _ in plain.rows] == ["0", "1"] and plain.rows[0][1][2] == 2


def test_csv_keeps_the_names(session: Session) -> None:
    shown = text(session["t"], "t", "csv", color=False, width=80)
    assert shown.split("\n")[0] == "sepal_length,sepal_width,species"
    assert not text(session.evaluate("t * 1"), None, "csv", color=False, width=80).startswith("sepal")


def test_what_was_read_says_names_and_categories(session: Session) -> None:
    loaded = read("iris.csv")
    assert loaded.names == ("sepal_length", "sepal_width", "species")
    assert loaded.categories == {2: ("setosa", "versicolor", "virginica")}
    assert read("iris.csv", columns=["species", "sepal_length"]).categories == {
        0: ("setosa", "versicolor", "virginica")
    }


def test_texts_of_several_lines_are_described_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_bytes(b'a,"b\r\nc"\r\n1,"x\r\ny"\r\n2,z\r\n')
    session = Session()
    session.run('t = load("t.csv")')
    assert session.run("categories(t, 1)") == [["x\ny", "z"]]
    (described,) = session.run("describe(t)")
    assert repr(described).endswith("\nb c  x y 1, z 1")


def test_the_grid_names_the_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("width,高度,c\n1,2,3\n4,5,6\n", encoding="utf-8")
    session = Session()
    session.run('t = load("t.csv")')
    for shown, named in (("t", True), ("t[:1]", True), ("t * 2", False), ("t.T", False)):
        (value,) = session.run(shown)
        assert ("\ncolumns  width  高度  c\n" in text(value, None, "pretty", color=False, width=80)) is named
    Path("w.csv").write_text(",".join(f"a{i}" for i in range(300)) + "\n" + ",".join("1" * 300) + "\n")
    (value,) = session.run('load("w.csv")')
    lines = text(value, None, "pretty", color=False, width=60).split("\n")
    assert "a9  …" in " ".join(lines[1:4]) and max(map(len, lines)) <= 60
