"""Charts: what stands where, at every width, with and without colour, in ASCII; pictures; what is refused."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from tensorsh import Session, TensorshError
from tensorsh.cli import main, show_chart
from tensorsh.display import text
from tensorsh.modules import plots_shown
from tensorsh.options import Options
from tensorsh.render.chart import Axis, chart_text
from tensorsh.train.charts import Chart, Series

ESCAPES = re.compile(r"\x1b\[[\d;]*m")

PROGRAMS = [
    "plot([1., 2., 4., 8.])",
    'plot(linspace(0, 10, 50), {"a": randn(50), "b": randn(50)}, title="two", xlabel="x", ylabel="y")',
    "plot([1e-9, 1e-3, 1e3], ylog=true)",
    "plot([1., nan, 3., inf, 5.])",
    "plot([3., 3., 3.])",
    "scatter(randn(40, 2))",
    "scatter([1., 2.], [3., 4.], labels='points')",
    "hist(randn(1000), bins=7)",
    "hist([1., nan, inf])",
    "heatmap(randn(5, 200))",
    "heatmap([[1., nan], [2., 3.]])",
    "image(rand(12, 64), labels=range(12))",
    "image(rand(3, 10, 12))",
    "image(rand(28, 28))",
]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("width", [20, 41, 80, 200])
def test_nothing_is_wider_than_the_screen(program: str, width: int) -> None:
    (chart,) = Session(seed=0).run(program)
    for color in (False, True):
        for ascii in (False, True):
            drawn = chart_text(chart, color=color, width=width, ascii=ascii)
            plain = ESCAPES.sub("", drawn)
            assert max(map(len, plain.split("\n"))) <= width
            assert color or plain == drawn
            assert not ascii or plain.isascii()


def test_a_line_goes_from_corner_to_corner() -> None:
    (chart,) = Session().run("plot([0., 1., 2., 3.])")
    lines = text(chart, None, "torch", color=False, width=40).split("\n")
    margin = lines[0].index("┤") + 1
    assert len(lines[0]) == 40 and lines[0][-1] in "⠁⠉⡠⠊⠈⠔"
    assert lines[15][margin] in "⡠⣀⢀⡀⠤⠔"
    assert lines[16].index("└") == margin - 1 and lines[17].split() == ["0", "1", "2", "3"]


def test_bars_are_as_high_as_their_counts() -> None:
    chart = Chart([Series("bars", np.array([0.0, 1.0, 2.0]), np.array([4.0, 2.0]))])
    lines = chart_text(chart, color=False, width=40).split("\n")
    heights = [sum(line[column : column + 1] == "█" for line in lines[:16]) for column in (8, 35)]
    assert heights == [16, 8]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 10, ["0", "5", "10"]), (-1, 1, ["-1", "0", "1"]), (0, 0.03, ["0.00", "0.01", "0.02", "0.03"])],
)
def test_ticks_are_round(low: float, high: float, ticks: list[str]) -> None:
    assert [t for _, t in Axis([np.array([low, high])], False, 3).ticks] == ticks


def test_an_image_of_rows_of_digits_has_tiles_with_labels() -> None:
    (chart,) = Session().run("image(rand(3, 64), labels=[7, 8, 9])")
    assert len(chart.cells) == 3 and chart.labels == ["7", "8", "9"]
    first, second = chart_text(chart, color=False, width=80).split("\n")[:2]
    assert first.split() == ["7", "8", "9"] and len(second) <= 3 * 16 + 4


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("plot([1., 2.], [1., 2., 3.])", "x has 2 values and y has 3"),
        ("plot('loss')", "cannot draw str"),
        ("plot([1j, 2j])", "complex numbers have no place on an axis"),
        ("hist([1.], bins=0)", "hist() wants a positive number of bins, got 0"),
        ("heatmap(randn(2, 3, 4))", "heatmap() wants a matrix, got [2, 3, 4]"),
        (
            "image(randn(2, 2, 2, 2, 2))",
            "image() wants (height, width) or (3, height, width), got [2, 2, 2, 2, 2]",
        ),
        ("plot([1.], labels=['a', 'b'])", "got 1 series and 2 labels"),
        ("plot([1.], save='x.gif')", "a chart cannot be drawn into a .gif"),
    ],
)
def test_what_cannot_be_drawn(program: str, message: str) -> None:
    with pytest.raises(TensorshError, match=re.escape(message)) as raised:
        Session().run(program)
    assert raised.value.kind != "internal"


def test_files_want_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        with pytest.raises(TensorshError, match="matplotlib, which is not installed"):
            Session().run('plot([1., 2.], save="y.svg")')
        for text in (
            'hist([1., 2.]).save("h.png")',
            'c = heatmap([[1., 2.]]); c.save("h.png")',
            'import torch\nplot([1., 2.]).save("y.svg")',
        ):
            with pytest.raises(TensorshError, match="matplotlib, which is not installed"):
                Session().run(text)
        assert not list(tmp_path.iterdir())
        return
    assert Session().run('plot([1., 2.], save="y.svg"); hist([1., 2.]).save("h.png"); heatmap([[1., 2.]])')
    assert (tmp_path / "y.svg").read_text().startswith("<?xml") and (tmp_path / "h.png").stat().st_size > 1000


def test_the_graph_of_what_is_drawn_is_left_alone() -> None:
    session = Session()
    session.run("param w = [1., 2.]\ny = w * w\nplot(y)\nbackward y.sum()")
    assert session["w"].grad.tolist() == [2, 4]


PYPLOT = """
import torch
import matplotlib.pyplot as plt
x = torch.linspace(0, 6, 50)
plt.figure(figsize=(8, 4))
plt.plot(x, torch.sin(x), label="sin")
plt.plot(x, torch.cos(x), "r--", label="cos")
plt.title("waves"); plt.legend(); plt.show()
fig, (a, b) = plt.subplots(1, 2)
a.scatter([1, 2, 3], [1, 4, 9]); a.set_title("points"); a.set(xlabel="x")
b.imshow(torch.rand(8, 8), cmap="gray"); b.axis("off")
plt.tight_layout(); plt.show()
plt.hist(torch.randn(100), bins=5); plt.yscale("log"); plt.show()
plt.show()
"""


def test_what_pyplot_shows_is_drawn_where_there_is_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list = []
    monkeypatch.setitem(plots_shown.front, "show", found.append)
    Session().run(f"import matplotlib.pyplot as plt; plt.close('all')  # what other tests left\n{PYPLOT}")
    waves, points, picture, bars = found
    assert [s.label for s in waves.series] == ["sin", "cos"] and waves.title == "waves"
    assert points.series[0].kind == "points" and (points.title, points.xlabel) == ("points", "x")
    assert picture.cells[0].shape == (8, 8) and not picture.colours
    assert bars.series[0].kind == "bars" and len(bars.series[0].x) == 6 and bars.ylog
    for each in found:
        assert chart_text(each, color=False, width=60)


def test_elsewhere_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert plots_shown.front["show"] is None
    Session().run(PYPLOT)
    assert capsys.readouterr().out == ""


def test_a_chart_is_drawn_in_the_characters_of_its_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown(encoding: str, *options: str) -> str:
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding))
        assert main(["-c", "plot([1., 2.])", *options]) == 0
        return written.getvalue().decode(encoding)

    plain = shown("ascii")
    assert "*" in plain and shown("cp437") == shown("gbk") == plain
    assert shown("gb18030") == shown("utf-8") != plain
    file = tmp_path / "chart.txt"
    assert shown("ascii", "-o", str(file)) == ""
    assert file.read_text("utf-8") == shown("utf-8")


def test_a_chart_that_a_program_shows_is_drawn_in_the_characters_of_the_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chart, drawn = Session().evaluate("plot([1., 2.])"), []
    for encoding in ("utf-8", "gb18030", "gbk"):
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding))
        show_chart(chart, Options())
        sys.stdout.flush()
        drawn.append(written.getvalue().decode(encoding))
    assert drawn[0] == drawn[1] != drawn[2]
