"""Tables of text: dialects, numbers to the last bit, and errors that say where."""

import io
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorsh.errors import facts_of, is_kind
from tensorsh.io import csv, csv_digits, read

F32 = np.float32
NAN = np.nan


def table(text, kind="csv", **options):
    raw = text if isinstance(text, bytes) else text.encode()
    return read("-", stdin=io.BytesIO(raw), format=kind, **options)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("1,2\n3,4", [[1, 2], [3, 4]]),
        ("1;2\n3;4\n", [[1, 2], [3, 4]]),
        ("1|2\n3|4\n", [[1, 2], [3, 4]]),
        ("1\t2\n3\t4\n", [[1, 2], [3, 4]]),
        ("1 2  3\n 4 5 6 \n", [[1, 2, 3], [4, 5, 6]]),
        ("1\n2\n", [[1], [2]]),
        ("1, 2\n 3 ,4 \n\n  \n5,6\n", [[1, 2], [3, 4], [5, 6]]),
        ("1,2\r\n3,4\r\n", [[1, 2], [3, 4]]),
        ("1,2\r3,4\r", [[1, 2], [3, 4]]),
        ("\ufeff1,2\n", [[1, 2]]),
        ("# a comment\n1,2\n  # another\n3,4\n", [[1, 2], [3, 4]]),
        ('"1","2"\n"3",4\n', [[1, 2], [3, 4]]),
        ('1,2\n"3\n",4\n', [[1, 2], [3, 4]]),
        ("007,-0\n", [[7, 0]]),
        ("1,true\n", [[1, 1]]),
        ("9223372036854775807\n-9223372036854775808\n", [[2**63 - 1], [-(2**63)]]),
    ],
)
def test_integers(text, expected):
    array = table(text).value
    assert array.dtype == np.int64 and array.tolist() == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("1,2.5\n", [[1, 2.5]]),
        ("1,,3\n4,NA,6\n", [[1, NAN, 3], [4, NAN, 6]]),
        (",1\n2,\n", [[NAN, 1], [2, NAN]]),
        ("1,,,\r\n", [[1, NAN, NAN, NAN]]),
        ("1e5,1E-3,.5,5.,-.5,+3\n", [[1e5, F32(1e-3), 0.5, 5, -0.5, 3]]),
        ("nan,inf,-Infinity,NaN\n", [[NAN, np.inf, -np.inf, NAN]]),
        ("1,2\n3.5,4\n", [[1, 2], [3.5, 4]]),
        ('1,"2,5"\n'.replace("2,5", "2.5"), [[1, 2.5]]),
    ],
)
def test_floats(text, expected):
    array = table(text).value
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, F32(expected))


def test_booleans_and_complex():
    assert table("true,False\nTRUE,false\n").value.tolist() == [[True, False], [True, False]]
    array = table("1+2j,3\n").value
    assert array.dtype == np.complex64 and array.tolist() == [[1 + 2j, 3]]


@pytest.mark.parametrize(
    "text, names",
    [
        ("a,b\n1,2\n", ("a", "b")),
        ("# c\n\na,b\n1,2\n", ("a", "b")),
        ('"a, b",c\n1,2\n', ("a, b", "c")),
        (",a,b\n0,1,2\n", ("Unnamed: 0", "a", "b")),
        ("my column\n1\n", ("my column",)),
        ("größe,b\n1,2\n", ("größe", "b")),
        ("1,2\n3,4\n", None),
    ],
)
def test_headers(text, names):
    loaded = table(text)
    assert loaded.names == names and len(loaded.value) == (1 if names else 2)


def test_said_headers_and_columns():
    assert table("1,2\n3,4\n", header=True).names == ("1", "2")
    assert table("a,b\n", header=True).value.shape == (0, 2)
    text = "name,x,y\nann,1,2\nbob,3,4.5\n"
    loaded = table(text, columns=("y", "x"))
    assert loaded.value.tolist() == [[2, 1], [4.5, 3]] and loaded.names == ("y", "x")
    assert table("1,2,3\n", columns=(-1, 0)).value.tolist() == [[3, 1]]


@pytest.mark.parametrize("header", [None, False])
def test_columns_of_texts_are_codes_with_or_without_a_header(header):
    loaded = table("5.5,setosa\n4.5,versicolor\n5.0,setosa\n", header=header)
    assert loaded.value[:, 1].tolist() == [0, 1, 0] and loaded.value[:, 0].tolist() == [5.5, 4.5, 5.0]
    assert (loaded.names, loaded.categories) == (None, {1: ("setosa", "versicolor")})
    named = table("setosa,5.5\nvirginica,4.5\n", header=True)
    assert (named.value.tolist(), named.names, named.categories) == (
        [[0, 4.5]],
        ("setosa", "5.5"),
        {0: ("virginica",)},
    )


def test_txt_comments():
    assert table("1 2 # the first\n# none\n3 4\n", "txt").value.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "text, options, message, help",
    [
        ("1,2\n3\n", {}, "line 2: 1 cell, where the first row has 2", "delimiter"),
        ("1,2\n3,4,5\n", {}, "line 2: 3 cells, where the first row has 2", "delimiter"),
        ("1,2\n\n# c\n3,x\n", {}, "line 4, column 2: 'x' is not a number", "columns=[0]"),
        ("a,b\n1,2\n3,x\n", {}, "line 3, column 2 (b): 'x' is not a number", "columns=['a']"),
        ("5.1,setosa\n4.9,3\n", {}, "line 1, column 2: 'setosa' is not a number", "header=true"),
        ("day,of\n2024-01-31,x\n", {}, "column 1 (day): '2024-01-31' is not a number", "columns=['of']"),
        ("a;b\n1,234.5;2\n", {}, "column 1 (a): '1,234.5' is not a number", 'thousands=","'),
        ("1,1_000\n", {}, "column 2: '1_000' is not a number", ""),
        ("1,1 000\n", {}, "column 2: '1 000' is not a number", ""),
        ("1,0x10\n", {}, "column 2: '0x10' is not a number", ""),
        ("1,٣\n", {}, "column 2: '٣' is not a number", ""),
        (
            "1,99999999999999999999\n",
            {},
            "column 2: 99999999999999999999 does not fit int64",
            "dtype=float64",
        ),
        ("1,\n", {"dtype": np.int64}, "line 1, column 2: no value", "float dtype"),
        ("1,inf\n", {"dtype": np.int64}, "line 1, column 2: inf", "float dtype"),
        ("1,2\n", {"columns": (5,)}, "no column 5", "0 to 1"),
        ("a,b\n1,2\n", {"columns": ("c",)}, "no column 'c'", "a, b"),
        ("1,2\n3,4,5\n", {"columns": (0,)}, "line 2: 3 cells", ""),
        ("1,2\n", {"delimiter": "::"}, "'::' cannot be a delimiter", ""),
        ("", {}, "no rows", ""),
        ("\n \n# c\n", {}, "no rows", ""),
        ("hello\n", {}, "a header, 'hello'", "header=true"),
        (b"\x93NUMPY\x01\0v\0", {}, "binary data", 'format="npy"'),
        ("1,2\n".encode("utf-16-le"), {}, "UTF-16", 'encoding="utf-16-le"'),
        ("1,2\n".encode("utf-16-be"), {}, "UTF-16", 'encoding="utf-16-be"'),
        (
            "姓名,年龄\n张三,20\n".encode("gbk"),
            {},
            "line 1: the text is not UTF-8",
            'encoding="gbk") reads 姓名 年龄',
        ),
        (
            "a,b\n1,2\n3,学生\n".encode("gbk"),
            {},
            "line 3: the text is not UTF-8",
            'encoding="gbk") reads 学生',
        ),
        ("prénom,b\n1,2\n".encode("latin-1"), {}, "line 1: the text is not", 'encoding="latin-1") reads é'),
        ("あい,b\n1,2\n".encode("shift_jis"), {}, "line 1", 'encoding="shift_jis") reads あい'),
        (b"\xff,b\n1,2\n", {"encoding": "gbk"}, "near byte 0: no gbk text", 'encoding="latin-1"'),
        ("1,2\n", {"encoding": "latin1000"}, "no encoding is called 'latin1000'", 'encoding="gbk"'),
        ("1,2\n", {"encoding": "rot13"}, "no encoding is called 'rot13'", 'encoding="gbk"'),
        ('1,"2\n3,4\n', {}, "line", ""),
    ],
)
def test_errors(text, options, message, help):
    with pytest.raises(ValueError) as caught:
        table(text, **options)
    assert "standard input" in str(caught.value) or "delimiter" in str(caught.value)
    assert message in str(caught.value)
    assert help in (facts_of(caught.value).help or "")


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-16", "utf-16-le", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings(encoding: str, end: str) -> None:
    text = end.join(["姓名,年龄,城市", *(f'"張三{i % 7}",{i},"北京' + end + '東城"' for i in range(20_000))])
    read = csv.read(io.BytesIO(text.encode(encoding)), csv.Options(name="t", encoding=encoding))
    assert read.names == ("姓名", "年龄", "城市") and read.array.shape == (20_000, 3)
    assert read.categories[0] == tuple(f"張三{i}" for i in range(7))
    assert read.categories[2] == ("北京\n東城",)
    assert read.array[:, 1].tolist() == [*range(20_000)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_say_the_encoding(encoding: str) -> None:
    read = csv.read(io.BytesIO("列,b\n1,2\n".encode(encoding)), csv.Options(name="t"))
    assert read.names == ("列", "b") and read.array.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("a,a,b,a", ("a", "a.1", "b", "a.2")),
        ("a,a,a.1", ("a", "a.2", "a.1")),
        ("a,,b,", ("a", "Unnamed: 1", "b", "Unnamed: 3")),
        ("Unnamed: 1,,b,c", ("Unnamed: 1", "Unnamed: 1.1", "b", "c")),
    ],
)
def test_names_of_columns_are_told_apart(header: str, names: tuple[str, ...]) -> None:
    text = header + "\n" + ",".join("1234"[: len(names)]) + "\n"
    assert csv.read(io.BytesIO(text.encode()), csv.Options(name="t", header=True)).names == names


def test_errors_far_into_a_large_table(monkeypatch):
    monkeypatch.setattr(csv, "BLOCK", 1000)
    rows = [f"{i},{i}.5" for i in range(30_000)]
    rows[23_456] = "7,seven"
    with pytest.raises(ValueError, match="line 23457, column 2: 'seven' is not a number"):
        table("\n".join(rows))


def test_blocks_of_different_kinds(monkeypatch):
    monkeypatch.setattr(csv, "BLOCK", 100)
    rows = [["1", "2"]] * 20_000 + [["", "3.5"]] * 20 + [["true", "4"]] * 20 + [['"5"', "6"]] * 20_000
    array = table("\n".join(map(",".join, rows))).value
    assert array.shape == (40_040, 2) and array.dtype == np.float32
    assert array[19_999].tolist() == [1, 2] and np.isnan(array[20_000, 0])
    assert array[20_030].tolist() == [1, 4] and array[-1].tolist() == [5, 6]


def test_one_very_long_row():
    text = ",".join(map(str, range(100_000)))
    assert table(text).value.tolist() == [list(range(100_000))]


numbers = st.one_of(
    st.floats(allow_nan=False).map(repr),
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=4).map(lambda d: f"{d:f}"[:30]),
    st.sampled_from(["", "nan", "NA", "1e400", "-1e-400", ".5", "5.", "+0", "-0.0"]),
)
rows = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(numbers, min_size=width, max_size=width), min_size=1, max_size=8)
)


@given(rows, st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_every_number_is_rounded_as_python_does(cells, delimiter, newline, quoted):
    cells[0][0] = "1.5"  # neither a header nor an empty line
    cells = [[cell or "NA" for cell in row] if len(row) == 1 else row for row in cells]
    shown = [[f'"{cell}"' for cell in row] if quoted else row for row in cells]
    text = newline.join(delimiter.join(row) for row in shown)
    expected = [[NAN if cell in ("", "NA") else float(cell) for cell in row] for row in cells]
    array = table(text, dtype=np.float64, delimiter=delimiter).value
    np.testing.assert_array_equal(array, np.array(expected))


@given(st.text(alphabet="0123456789.,-+e nax\"'#\t;\n\r", max_size=60))
def test_any_text_is_a_table_or_a_data_error(text):
    try:
        array = table(text).value
    except ValueError as error:
        assert is_kind(error, "data")
        return
    assert array.ndim == 2


plain = st.one_of(
    st.integers(0, 10**16 - 1).map(str),
    st.tuples(st.text("0123456789", max_size=8), st.text("0123456789", max_size=8)).map(".".join),
).map(lambda text: text if text != "." else "0")
plain_rows = st.lists(st.tuples(plain, plain, st.sampled_from(["", "-"])), min_size=1, max_size=9)


@given(plain_rows, st.sampled_from(["\n", "\r\n"]))
def test_plain_numbers_are_read_all_at_once(cells, newline):
    text = "".join(f"{sign}{a},{b}{newline}" for a, b, sign in cells)
    expected = [[float(sign + a), float(b)] for a, b, sign in cells]
    found = csv_digits.parse(text.encode(), ord(","), 2)
    if found is not None:
        np.testing.assert_array_equal(found.astype(np.float64), expected)
    else:
        assert any(abs(number) * 10**8 >= 2**53 for row in expected for number in row)


@pytest.mark.parametrize(
    "text", ["1,2\n3\n", "1\n2,3\n", "1,\n", "1,.\n", "1,-\n", "1,2.3.4\n1,2\n", "1,2-3\n", "1,--2\n", "1,2e3\n",
             "1,nan\n", "1,+2\n", "1, 2\n", "1,12345678901234567\n", "1,2:\n", "1,2\n\n"]
)  # fmt: skip
def test_what_is_not_plain_is_left_to_others(text):
    assert csv_digits.parse(text.encode(), ord(","), 2) is None


@pytest.mark.parametrize("last", ["1.5,2.5", "7,8", '"3","4"', "nan,1e5"])
def test_rows_of_many_blocks_and_kinds_are_one_array(monkeypatch, last):
    monkeypatch.setattr(csv, "BLOCK", 1 << 10)
    text = "1,2\n" * 5000 + "0.5,-0.25\n" * 5000 + last + "\n" + "3,4\n" * 5000
    array = table(text).value
    expected = [[1, 2]] * 5000 + [[0.5, -0.25]] * 5000
    expected += [[float(cell.strip('"')) for cell in last.split(",")]] + [[3, 4]] * 5000
    assert array.dtype == F32
    np.testing.assert_array_equal(array, np.array(expected, F32))


def test_memory_is_little_more_than_the_array(monkeypatch):
    monkeypatch.setattr(csv, "BLOCK", 1 << 13)
    stream = io.BytesIO(b"0.125,-1.500000,2.250000,100.5\n" * 200_000)
    tracemalloc.start()
    try:
        array = read("-", stdin=stream, format="csv").value
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert array.shape == (200_000, 4)
    assert peak < 1.6 * array.nbytes


@pytest.mark.parametrize(
    "text, expected, names",
    [
        ('"a\nb",c\n1,2\n', [[1, 2]], ("a\nb", "c")),
        ('"a\n\nb","c; d"\n1,2\n"3","4\n"\n', [[1, 2], [3, 4]], ("a\n\nb", "c; d")),
        ('x,"' + "y\n" * 40 + '"\n1,2\n', [[1, 2]], ("x", "y\n" * 40)),
        ('a;"b,\nc"\r\n1;2\r\n', [[1, 2]], ("a", "b,\nc")),
        ("a,true,nan\n1,2,3\n", [[1, 2, 3]], ("a", "true", "nan")),
        ("inf,id\n1,2\n", [[1, 2]], ("inf", "id")),
        ("% change,°C\n1,2\n", [[1, 2]], ("% change", "°C")),
        ("true,false\nfalse,true\n", [[True, False], [False, True]], None),
        ("a,\n1,2\n", [[1, 2]], ("a", "Unnamed: 1")),
        ("2019,2020\n1,2\n", [[2019, 2020], [1, 2]], None),
    ],
)
def test_names_in_headers(text, expected, names):
    found = table(text)
    assert (found.value.tolist(), found.names and tuple(n.strip() for n in found.names)) == (
        expected,
        names and tuple(n.strip() for n in names),
    )


@pytest.mark.parametrize("text", ["2024-01-01,12:30\n1,2\n", "?,a\n1,2\n", "$5,$6\n1,2\n", "1st,2nd\n1,2\n"])
def test_a_first_row_that_is_neither_numbers_nor_names_is_not_dropped(text):
    with pytest.raises(ValueError, match=r"line 1: '.*' is neither a number nor a name") as raised:
        table(text)
    assert "header=true" in facts_of(raised.value).help
    assert table(text, header=True).value.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    "text, place",
    [
        ('a,"b\n1,2\n3,4\n', "line 1, character 3"),
        ('a,b\n1,2\n3,"4\n5,6\n', "line 3, character 3"),
        ('a,b\n"1",2\n "3"",4\n5,6\n', "line 3, character 2"),
        ('1,2\n3,"4\n' + "5,6\n" * 100_000, "line 2, character 3"),
        ('"1,2\n' + "5,6\n" * 100_000, "line 1, character 1"),
    ],
)
def test_a_quote_that_is_never_closed(text, place):
    with pytest.raises(ValueError, match=place + ": a quote that is never closed"):
        table(text)


def test_the_line_of_an_error_after_a_cell_of_several_lines():
    with pytest.raises(ValueError, match="line 4, column 2"):
        table('1,"2\n\n"\n3,x\n')


@pytest.mark.parametrize(
    "text, options, expected",
    [
        ("1,5;2,5\n3,5;-4,25\n", {"decimal": ","}, [[1.5, 2.5], [3.5, -4.25]]),
        ("x;y\n1.234,5;1.000.000\n", {"decimal": ",", "thousands": "."}, [[1234.5, 1000000]]),
        ("1.234.567;1\n", {"decimal": ",", "thousands": "."}, [[1234567, 1]]),
        ("1'000'000,2\n3,-4'000\n", {"thousands": "'"}, [[1000000, 2], [3, -4000]]),
        ("1 234;5\n", {"thousands": " "}, [[1234, 5]]),
        ("1\u202f234,5;5\n", {"thousands": "\u202f", "decimal": ","}, [[1234.5, 5]]),
        ('"1,234",5\n"2,000","6"\n', {"thousands": ","}, [[1234, 5], [2000, 6]]),
        ('"1,5",5\n2,"6,25"\n', {"decimal": ","}, [[1.5, 5], [2, 6.25]]),
        ("1,5e3\t2\n\tNA\n", {"decimal": ",", "kind": "tsv"}, [[1500, 2], [NAN, NAN]]),
        ("a;b\n1,5;x\n", {"decimal": ",", "columns": ["a"]}, [[1.5]]),
    ],
)
def test_other_ways_to_write_numbers(text, options, expected):
    np.testing.assert_array_equal(table(text, **options).value, np.array(expected))


@pytest.mark.parametrize("cell", ["1.23", "1234.567", "1.2345", "1,234.567", ".123", "1..234"])
def test_digits_between_separators_come_in_threes(cell):
    with pytest.raises(ValueError, match=f"'{cell}' is not a number"):
        table(f"1;2\n{cell};1\n", decimal=",", thousands=".")


def test_a_point_is_no_decimal_comma():
    with pytest.raises(ValueError, match=r"'1\.5' is not a number"):
        table("2;2\n1.5;2\n", decimal=",")
    with pytest.raises(ValueError, match=r"'1,5' is not a number") as raised:
        table("a;b\n1,5;2\n", delimiter=";")
    assert 'decimal=","' in facts_of(raised.value).help


def test_a_large_table_with_decimal_commas_is_the_same_as_with_points():
    values = np.random.default_rng(0).standard_normal((20_000, 3)) * 10_000
    points = "\n".join(";".join(f"{v:,.3f}" for v in row) for row in values) + "\n"
    commas = points.translate(str.maketrans(",.", ".,"))
    np.testing.assert_array_equal(
        table(commas, decimal=",", thousands=".").value, table(points.replace(",", "")).value
    )


@pytest.mark.parametrize("block", [7, 1 << 18])
@pytest.mark.parametrize("skip", [0, 1, 3, 5000, 5003, 5004])
def test_lines_left_out_at_the_top(monkeypatch, block, skip):
    monkeypatch.setattr(csv, "BLOCK", block)
    text = "".join(f"line {i}\n" for i in range(skip)) + "1,2\n3,4"
    assert table(text, skip=skip).value.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(ValueError, match="no rows"):
        table(text, skip=skip + 2)
    with pytest.raises(ValueError, match="no rows"):
        table(text, skip=skip + 9)


@pytest.mark.parametrize(
    "rows, place",
    [
        ("1,2\n3,x\n", "line 7, column 2: 'x' is not a number"),
        ("a,b\n1,2\n3,x\n", "line 8, column 2 \\(b\\): 'x' is not a number"),
        ("1,2\n3,4,5\n", "line 7: 3 cells"),
        ("12:30,13:30\n1,2\n", "line 6: '12:30' is neither a number nor a name"),
        ('1,2\n3,"4\n5,6\n', "line 7, character 3: a quote that is never closed"),
        ('"1,2\n5,6\n', "line 6, character 1: a quote that is never closed"),
    ],
)
def test_errors_name_the_line_of_the_file_whatever_was_left_out(rows, place):
    with pytest.raises(ValueError, match=place):
        table("measured by hand\n" * 5 + rows, skip=5)
