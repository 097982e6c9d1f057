"""The parser on text nobody would write: it answers or says what is wrong, and agrees with Python."""

from __future__ import annotations

import ast as py
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from program_writer import Writer
from python_twin import of_python, of_tensorsh
from tensorsh.errors import ParseError
from tensorsh.lang.syntax import ast
from tensorsh.lang.syntax.parse import is_complete, parse
from tensorsh.source import Source, Span

settings.register_profile("parser", deadline=None, max_examples=150)
settings.load_profile("parser")

# ------------------------------------------------------------------ programs that Python has too

SEEDS = st.integers(0, 2**32)


@settings(max_examples=400)
@given(SEEDS)
def test_same_tree_as_python(seed):
    same_tree(Writer(seed).program())


@pytest.mark.parametrize(
    "text",
    [
        "x = [((1)), ( (-2 ) ), 3]",
        "[(# why\n[\n-1, -(+0.1) , ])], [[1], ([2])], [ # (\n[1]], ([3])",
        "x = (1,\n# comment\n  2)\n\n\n\nif_ = 1",
        "if a:\n\tb\n\tif c:\n\t\td\nelif e: f; g\nelse:\n  h\n# end",
        "if a:\r\n  b\r\n  c\relse:\n  d",
        "if a:\n  b\n\f\n  c\n \n#\n  d",
        "\ufeffx = 1",
        "x = \\\n  1 + \\\r\n 2",
        "f\"{a!r:>{b}}\" \"c\" r\"\\d\" '''x\ny'''",
        "a if b else c if d else e",
        "not a in b",
        "-a ** -b ** c",
        "a < b == c is not d",
        "lambda: (yield_)",
        "1if a else 2",
        "x = a,",
        "(a) = (b).c = 1",
        "for a, in b: pass",
        "print(*a, sep='')",
    ],
)
def test_same_tree_as_python_here(text):
    same_tree(text)


def same_tree(text: str) -> None:
    try:
        expected = of_python(text)
    except (SyntaxError, ValueError):
        return
    assert of_tensorsh(parse(Source(text))) == expected, text


@settings(max_examples=300)
@given(SEEDS)
def test_literals_are_pythons_numbers(seed):
    text = Writer(seed).literal()
    node = parse(Source(text)).body[0].value
    assert isinstance(node, ast.TensorLiteral), text
    assert repr(node.values) == repr(eval(text)), text


@given(st.lists(st.lists(st.floats(-1e9, 1e9), min_size=3, max_size=3), min_size=30, max_size=40))
def test_long_literals_too(rows):
    """Those that the JSON parser reads."""
    short = re.sub(r"\.0(?=[,\]])", ".", re.sub(r"(?<=[ \[])0(?=\.[0-9]{2})", "", repr(rows)))
    for text in (repr(rows), short.replace("]]", ",],\n]").replace("1", "1_0")):
        assert repr(parse(Source(text)).body[0].value.values) == repr(eval(text))


# ------------------------------------------------------------------ spans


@pytest.mark.parametrize(
    "text",
    [
        "param w: float32[n, 2] on cuda:0 = zeros(2) as int8[_] on cpu\nbackward w, w with [1.] retain",
        "grad (x * x).sum() wrt (w, b); explain y wrt x; graph y\nx: [2, 3] = a on meta",
    ],
)
def test_every_span_is_inside_its_parents_here(text):
    spans_are_nested(text)


@given(SEEDS)
def test_every_span_is_inside_its_parents(seed):
    spans_are_nested(Writer(seed).program())


def spans_are_nested(text: str) -> None:
    source = Source(text)
    try:
        pending: list[ast.Node] = [parse(source)]
    except ParseError:
        return
    while pending:
        parent = pending.pop()
        assert parent.span.source is source
        for child in children(parent):
            assert parent.span.start <= child.span.start <= child.span.end <= parent.span.end, (parent, child)
            assert child.span.text == child.span.text.strip() or isinstance(child, ast.Constant | ast.FString)
            pending.append(child)


def children(node: ast.Node) -> list[ast.Node]:
    found, fields = [], [getattr(node, name) for name in node.__match_args__ if name != "span"]
    while fields:
        each = fields.pop()
        if isinstance(each, tuple):
            fields.extend(each)
        elif isinstance(each, ast.Node):
            found.append(each)
        elif isinstance(each, Span):
            assert node.span.start <= each.start < each.end <= node.span.end
    return found


# ------------------------------------------------------------------ anything at all

WORDS = [
    *(
        "a",
        "grad",
        "on",
        "wrt",
        "param",
        "backward",
        "graph",
        "explain",
        "retain",
        "create",
        "with",
        "as",
        "if",
    ),
    *(
        "else",
        "elif",
        "for",
        "in",
        "while",
        "def",
        "return",
        "break",
        "lambda",
        "and",
        "or",
        "not",
        "is",
        "True",
    ),
    *(
        "None",
        "class",
        "import",
        "from",
        "torch",
        "del",
        "assert",
        "pass",
        "1",
        "2.5",
        ".5",
        "1e",
        "0x",
        "'a'",
    ),
    *('"b"', 'f"', "f'", '"""', "{", "}", "(", ")", "[", "]", ":", ";", ",", ".", "...", "=", "==", "+", "-"),
    *(
        "*",
        "**",
        "@",
        "~",
        "!",
        "!=",
        "->",
        ":=",
        "+=",
        "<",
        "\\",
        "#",
        "\n",
        "\n\t",
        "\n  ",
        " ",
        "\r",
        "\f",
    ),
    *("\0", "，", "“", "²", "é", ""),
]


def survives(text: str) -> None:
    source = Source(text)
    try:
        parse(source)
    except ParseError as error:
        assert error.message
        assert error.span is not None
        assert 0 <= error.span.start <= error.span.end <= len(text)
    assert is_complete(text) in (True, False)


@settings(max_examples=600)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
def test_any_tokens(text):
    survives(text)


@settings(max_examples=300)
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
def test_any_characters(text):
    survives(text)


@settings(max_examples=400)
@given(SEEDS, st.integers(0, 10**6), st.integers(0, 8), st.sampled_from(WORDS))
def test_programs_with_a_piece_replaced(seed, at, length, piece):
    text = Writer(seed).program()
    at %= len(text) + 1
    survives(text[:at] + piece + text[at + length :])


# ------------------------------------------------------------------ long and deep


@pytest.mark.parametrize(
    "text",
    [
        "1+" * 100_000 + "1",
        "-" * 20_000 + "1",
        "2**" * 20_000 + "2",
        "not " * 20_000 + "x",
        "x = " * 20_000 + "1",
        "1 if a else " * 10_000 + "2",
        "lambda: " * 10_000 + "2",
        "a" + ".b" * 20_000 + "()" * 20_000,
        "if a: b\n" + "elif a: b\n" * 5_000,
        "x = '" + "a" * 1_000_000 + "'",
        "x = 1\n" * 20_000,
        "[1, 2]\n" * 20_000,
        "f(" + "[1, 2], " * 20_000 + ")",
        "[" * 150 + "1, " * 5_000 + "]" * 150,
        "[" * 150 + "1, " * 5_000 + "x" + "]" * 150,
    ],
)
def test_long_programs(text):
    parse(Source(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(" * 10_000, "too many nested brackets"),
        ("[" * 10_000 + "1" + "]" * 10_000, "too many nested brackets"),
        ("[1, " * 10_000, "too many nested brackets"),
        ("f(" * 10_000, "too many nested brackets"),
        ('f"{' * 300, "f-string: expressions nested too deeply"),
        ("".join(" " * depth + "if a:\n" for depth in range(200)), "too many levels of indentation"),
        ("grad y wrt " * 5_000 + "x", "invalid syntax: an inner gradient needs brackets"),
        ("backward y retain " * 3_000, "invalid syntax: expected the end of the line, not `backward`"),
    ],
)
def test_too_deep(text, message):
    with pytest.raises(ParseError) as raised:
        parse(Source(text))
    assert raised.value.message == message


def test_pythons_own_parser_agrees_on_strings():
    text = r"""'\a\b\f\n\r\t\v\0\101\x41\u0041\U0001F600\N{BULLET}\'\"\\\
\q' "a" 'b' u'c' R'\n' '''it's
two lines'''"""
    assert parse(Source(text)).body[0].value.value == py.literal_eval(text)
