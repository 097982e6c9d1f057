"""What a person sees at a terminal: goldens at fixed widths, and what must hold at every width."""

import re
import time
from textwrap import dedent

import numpy as np
import pytest
from test_torch_repr import given

from tensorsh.engine.core.results import Size, named_result
from tensorsh.render.paint import STYLES, THEMES, columns, theme_of, use_theme
from tensorsh.render.pretty import pretty_text
from tensorsh.render.screen import ASCII, UNICODE
from tensorsh.text.torch_repr import PrintOptions

sort = named_result("sort", ("values", "indices"))
weights = given(np.round(np.sin(np.arange(120)), 4), "float32", shape=(3, 40))

GOLDENS = [
    (
        "a matrix",
        80,
        given([[1.0, 2.5, 0], [-3, 4, np.nan]], grad_fn="MulBackward0", requires_grad=True),
        """
        x: float32[2, 3]  cpu  requires_grad  grad_fn=MulBackward0
        ╭                         ╮
        │  1.0000  2.5000  0.0000 │
        │ -3.0000  4.0000     nan │
        ╰                         ╯
        """,
    ),
    (
        "a header that folds",
        40,
        given([[1.0]], "float64", grad_fn="torch::autograd::CopySlices", requires_grad=True),
        """
        x: float64[1, 1]  cpu  requires_grad
          grad_fn=CopySlices
        ╭    ╮
        │ 1. │
        ╰    ╯
        """,
    ),
    ("a number", 80, given(1.5, requires_grad=True), "1.5000  float32[]  cpu  requires_grad  leaf"),
    ("a row", 80, given([1, 20, 300]), "x: int64[3]  cpu\n[ 1  20  300 ]"),
    ("booleans", 80, given([True, False]), "x: bool[2]  cpu\n[ True  False ]"),
    ("no elements", 80, given([], "float32", shape=(0, 3)), "x: float32[0, 3]  cpu  no elements"),
    ("no values", 80, given(np.ones(2), "float32", device="meta"), "x: float32[2]  meta  no values on meta"),
    (
        "a row too long for the line counts its elements",
        40,
        given(np.arange(23) * 10),
        """
        x: int64[23]  cpu
         0 │   0   10   20   30   40
         5 │  50   60   70   80   90
        10 │ 100  110  120  130  140
        15 │ 150  160  170  180  190
        20 │ 200  210  220
        """,
    ),
    (
        "a large row",
        80,
        given(np.arange(2000)),
        """
        x: int64[2000]  cpu
        min 0  █████████████  max 1999  mean 999.5  1 zero
        [ 0  1  2  …  1997  1998  1999 ]
        """,
    ),
    (
        "a large matrix",
        80,
        given(np.arange(20_000), shape=(100, 200)),
        """
        x: int64[100, 200]  cpu
        min 0  █████████████  max 19999  mean 9999.5  1 zero
        ╭                                             ╮
        │     0      1      2  …    197    198    199 │
        │   200    201    202  …    397    398    399 │
        │   400    401    402  …    597    598    599 │
        │     ⋮      ⋮      ⋮  ⋱      ⋮      ⋮      ⋮ │
        │ 19400  19401  19402  …  19597  19598  19599 │
        │ 19600  19601  19602  …  19797  19798  19799 │
        │ 19800  19801  19802  …  19997  19998  19999 │
        ╰                                             ╯
        """,
    ),
    (
        "columns that do not fit at 40",
        40,
        weights,
        """
        x: float32[3, 40]  cpu
        min -1  █▃▃▃▃▂▃▃▃▃▃▄█  max 0.9999
          mean -0.001003  1 zero
        ╭                              ╮
        │  0.0000   0.8415  …   0.9638 │
        │  0.7451  -0.1586  …  -0.4441 │
        │ -0.9939  -0.6299  …  -0.3714 │
        ╰                              ╯
        """,
    ),
    (
        "matrices side by side",
        80,
        given(np.arange(24), shape=(4, 2, 3)),
        """
        x: int64[4, 2, 3]  cpu
        [0]              [1]              [2]              [3]
        ╭            ╮   ╭            ╮   ╭            ╮   ╭            ╮
        │  0   1   2 │   │  6   7   8 │   │ 12  13  14 │   │ 18  19  20 │
        │  3   4   5 │   │  9  10  11 │   │ 15  16  17 │   │ 21  22  23 │
        ╰            ╯   ╰            ╯   ╰            ╯   ╰            ╯
        """,
    ),
    (
        "matrices side by side, at 40",
        40,
        given(np.arange(24), shape=(4, 2, 3)),
        """
        x: int64[4, 2, 3]  cpu
        [0]              [1]
        ╭            ╮   ╭            ╮
        │  0   1   2 │   │  6   7   8 │
        │  3   4   5 │   │  9  10  11 │
        ╰            ╯   ╰            ╯

        [2]              [3]
        ╭            ╮   ╭            ╮
        │ 12  13  14 │   │ 18  19  20 │
        │ 15  16  17 │   │ 21  22  23 │
        ╰            ╯   ╰            ╯
        """,
    ),
    (
        "matrices left out",
        40,
        given(np.zeros((2, 500, 1, 2)), "float32"),
        """
        x: float32[2, 500, 1, 2]  cpu
        all 0
        [0, 0]       [0, 1]       [0, 2]
        ╭        ╮   ╭        ╮   ╭        ╮
        │ 0.  0. │   │ 0.  0. │   │ 0.  0. │
        ╰        ╯   ╰        ╯   ╰        ╯

        …

        [0, 497]     [0, 498]     [0, 499]
        ╭        ╮   ╭        ╮   ╭        ╮
        │ 0.  0. │   │ 0.  0. │   │ 0.  0. │
        ╰        ╯   ╰        ╯   ╰        ╯

        [1, 0]       [1, 1]       [1, 2]
        ╭        ╮   ╭        ╮   ╭        ╮
        │ 0.  0. │   │ 0.  0. │   │ 0.  0. │
        ╰        ╯   ╰        ╯   ╰        ╯

        …

        [1, 497]     [1, 498]     [1, 499]
        ╭        ╮   ╭        ╮   ╭        ╮
        │ 0.  0. │   │ 0.  0. │   │ 0.  0. │
        ╰        ╯   ╰        ╯   ╰        ╯
        """,
    ),
    ("small tensors stay in their list", 80, [given(1), given(2.0)], "[tensor(1), tensor(2.)]"),
    (
        "larger ones are laid out",
        80,
        (given([[1.0, 2.0], [3, 4]]), given([1, 2]), "x", [given([[1], [2]])]),
        """
        tuple of 4
          [0]: float32[2, 2]  cpu
          ╭        ╮
          │ 1.  2. │
          │ 3.  4. │
          ╰        ╯
          [1]: int64[2]  cpu
          [ 1  2 ]
          [2]: 'x'
          [3]: list of 1
            [0]: int64[2, 1]  cpu
            ╭   ╮
            │ 1 │
            │ 2 │
            ╰   ╯
        """,
    ),
    (
        "a named result",
        80,
        sort((given([3.0, 2.0]), given(0))),
        """
        torch.return_types.sort
          values: float32[2]  cpu
          [ 3.  2. ]
          indices: 0  int64[]  cpu
        """,
    ),
    ("text", 80, "it's", '"it\'s"'),
    ("a size", 80, Size([2, 3]), "torch.Size([2, 3])"),
    ("nothing", 80, None, "None"),
    (
        "a list that folds",
        40,
        list(range(14)),
        """
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
         12, 13]
        """,
    ),
    (
        "rows of a list",
        40,
        [[i * j for j in range(11)] for i in range(3)],
        """
        [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
         [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
         [0, 2, 4, 6, 8, 10, 12, 14, 16, 18,
          20]]
        """,
    ),
    (
        "a dictionary",
        40,
        {"lr": 0.1, "w": list(range(14)), "b": (1,)},
        """
        {'lr': 0.1,
         'w': [0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
               10, 11, 12, 13],
         'b': (1,)}
        """,
    ),
    ("a long list", 80, list(range(5000)), "[0, 1, 2, …, 4997, 4998, 4999]\n(5000 items)"),
]


@pytest.mark.parametrize(("what", "width", "value", "golden"), GOLDENS, ids=[golden[0] for golden in GOLDENS])
def test_goldens(what, width, value, golden):
    assert pretty_text(value, "x", color=False, width=width) == dedent(golden).strip("\n")


def test_a_wider_screen_shows_more_columns():
    shown = {}
    for width in (40, 80, 120, 400):
        first_row = pretty_text(weights, color=False, width=width).split("╮\n")[-1].split("\n")[0]
        shown[width] = len(re.findall(r"-?\d\.\d{4}", first_row)), "…" in first_row
    assert shown == {40: (3, True), 80: (8, True), 120: (12, True), 400: (40, False)}


@pytest.mark.parametrize("width", range(33, 130, 7))
def test_no_line_is_wider_than_the_screen_or_ends_in_blanks(width):
    random = np.random.default_rng(0)
    values = [
        given(random.standard_normal(shape), dtype, grad_fn="AddmmBackward0", requires_grad=True)
        for shape in [(), (5,), (50,), (3, 50), (2, 3, 4), (2, 2, 3, 9), (30, 50), (9, 9, 30), (1001, 1)]
        for dtype in ("float64", "float16")
    ]
    values += [tuple(values), sort(values[4:6]), values[:3] * 9, [[1.5] * 40] * 3, {"key": [1] * 90}]
    for value in values:
        for line in pretty_text(value, color=False, width=width).split("\n"):
            assert columns(line) <= width
            assert line == line.rstrip()


DTYPES = ["float16", "bfloat16", "float32", "float64", "complex64", "complex128", "bool", "uint8", "int64"]
SHAPES = [
    (), (0,), (1,), (7,), (64,), (3, 0), (1, 1), (40, 3), (3, 40), (60, 60), (5, 0, 2), (2, 1, 300),
    (2, 2, 2, 2, 3), (1, 1, 1, 1, 1), (9, 9, 9, 9, 9)
]  # fmt: skip


@pytest.mark.parametrize("marks", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_every_kind_of_tensor_fits(width, marks):
    random = np.random.default_rng(1)
    extremes = [1e-30, 1e30, -1e-30, -1e30, 0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, 123456.0, 1e-5]
    for dtype in DTYPES:
        for shape in SHAPES:
            with np.errstate(all="ignore"):
                values = random.choice(extremes, shape)
                if dtype == "int64":
                    values = random.choice(np.array([-(2**63), 2**63 - 1, 0, 7]), shape)
                elif dtype in ("uint8", "bool"):
                    values = random.integers(0, 2, shape)
                t = given(values, dtype)
                text = pretty_text(t, "x", color=False, width=width, marks=marks)
            assert all(columns(line) <= width and line == line.rstrip() for line in text.split("\n")), text
            assert marks is UNICODE or text.isascii()
            assert text.count("\n") < 160


def test_a_large_tensor_says_what_is_in_it():
    values = np.linspace(-1, 1, 2000)
    values[:5], values[10] = np.nan, np.inf
    text = pretty_text(given(values, "float64"), "x", color=False, width=80).split("\n")[1]
    assert text == "min -0.995  █████████████  max 1  mean 0.002999  5 nan  1 inf"
    counted = pretty_text(given(np.arange(3000) % 3), color=False, width=80).split("\n")[1]
    assert counted == "min 0  ███  max 2  mean 1  1,000 zeros"
    true = pretty_text(given(np.arange(4000) % 4 == 0), color=False, width=80).split("\n")[1]
    assert true == "1,000 of 4,000 are True  25 %"
    nothing = pretty_text(given(np.full(3000, np.nan), "float32"), color=False, width=80).split("\n")[1]
    assert nothing == "nothing finite  3,000 nan"
    sizes = pretty_text(given(np.full(3000, 3 + 4j)), color=False, width=80).split("\n")[1]
    assert sizes == "all of size 5"


def test_a_huge_tensor_is_not_read_whole():
    began = time.process_time()
    view = np.broadcast_to(np.float32(2.0), (1 << 20, 1 << 20))
    assert "all 2" in pretty_text(given(view, "float32"), color=False, width=80)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("theme", THEMES)
def test_tones_tell_sign_and_size(theme):
    before = dict(STYLES)
    try:
        use_theme(theme)
        text = pretty_text(given([0.5, -0.5, 8.0, -8.0]), color=True, width=80)
        codes = [
            re.search(rf"(\x1b\[[\d;]*m)?{re.escape(n)}", text)[1] for n in ("-0.5000", "8.0000", "-8.0000")
        ]
        assert len(set(codes)) == 3
    finally:
        STYLES.update(before)


def test_the_theme_is_what_the_terminal_says():
    assert theme_of({"TERM": "xterm"}) == "sixteen"
    assert theme_of({"TERM": "xterm-256color"}) == "dark"
    assert theme_of({"TERM": "xterm-256color", "COLORFGBG": "0;15"}) == "light"
    assert theme_of({"TERM": "xterm", "COLORTERM": "truecolor", "COLORFGBG": "15;0"}) == "dark"


def test_colour_only_adds_colour():
    value = given([[0.0, np.nan], [1.0, -np.inf]], grad_fn="MulBackward0", requires_grad=True)
    plain, coloured = (pretty_text(value, "x", color=color, width=80) for color in (False, True))
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain
    assert "\x1b[35mrequires_grad  grad_fn=MulBackward0\x1b[0m" in coloured


def test_print_options_hold_here_too():
    options = PrintOptions(precision=1, threshold=3, edgeitems=1)
    assert pretty_text(given([0.5, 1.5, 2.5, 3.5]), color=False, width=80, options=options).endswith(
        "[ 0.5  …  3.5 ]"
    )
    options = PrintOptions(threshold=3, edgeitems=0)
    assert pretty_text(given([0.5] * 4), color=False, width=80, options=options).endswith("\n…")


def test_lists_that_hold_themselves_or_nest_deeply_end():
    loop = []
    loop += [loop] * 30
    assert "[...]" in pretty_text(loop, color=False, width=40)
    deep = []
    for _ in range(50_000):
        deep = [deep]
    assert pretty_text(deep, color=False, width=40).count("[") == 50_001
