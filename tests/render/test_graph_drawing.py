"""`graph y`: the list, and the pictures: what is in them, and that their boxes stand apart."""

from __future__ import annotations

import random
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tensorsh import Session, TensorshError
from tensorsh.display import text
from tensorsh.render.layered import layered

LAYER = """param w = [[1., 2.], [3., 4.]]
param b = [0.5, 0.5]
x = [[0.1, 0.2]]
h = tanh(x @ w + b)
y = (h * h).sum()
"""

LISTED = """\
w   leaf                 float32[2, 2]  requires_grad
%2  MmBackward0(·, w)    float32[1, 2]  saved: input float32[1, 2]                       # h = tanh(x @ w + b)
b   leaf                 float32[2]     requires_grad
%4  AddBackward0(%2, b)  float32[1, 2]                                                   # h = tanh(x @ w + b)
h   TanhBackward0(%4)    float32[1, 2]  saved: result                                    # h = tanh(x @ w + b)
%6  MulBackward0(h, h)   float32[1, 2]  saved: input float32[1, 2], other float32[1, 2]  # y = (h * h).sum()
y   SumBackward0(%6)     float32[]                                                       # y = (h * h).sum()"""


def shown(program: str, width: int = 120) -> str:
    (value,) = Session().run(program)
    return text(value, None, "torch", color=False, width=width)


def test_the_list_has_names_and_lines_of_the_program() -> None:
    assert shown(LAYER + "graph y") == LISTED


def test_lines_of_the_program_are_cut_where_the_screen_ends() -> None:
    rows = shown(LAYER + "graph y", 110).split("\n")
    assert max(map(len, rows)) == 110
    assert rows[-1].endswith("# y = (h * h).sum()") and rows[-1].startswith(LISTED.rpartition("\n")[2][:60])
    leaf, made = shown("param 名字 = [1.]\ny = 名字 * 2; z = 3\ngraph y", 64).split("\n")
    assert leaf.startswith("名字  leaf ") and made.startswith("y     MulBackward0(名字, ·)  float32[1] ")
    assert made.endswith("# y = 名字 * 2")


MODEL = """import torch, torch.nn as nn
class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.feed_forward = nn.Sequential(nn.Linear(width, 32), nn.GELU(), nn.Linear(32, width))
        self.norm = nn.LayerNorm(width)
    def forward(self, x):
        return self.norm(x + self.feed_forward(self.attention(x, x, x)[0]))
network = nn.Sequential(Block(8), Block(8))
y = network(torch.ones(2, 5, 8)).sum()
"""


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_the_graph_of_a_model_fits_the_screen(width: int) -> None:
    rows = shown(MODEL + "graph y", width).split("\n")
    assert 80 - 8 * (width == 80) <= max(map(len, rows)) <= width
    names = [row.split()[0] for row in rows if " leaf " in row]
    assert len(set(names)) == 20 and not any(name.startswith("%") for name in names)
    assert ("network[1].attention" in names[10]) == (width > 120)
    assert ("saved:" in "".join(rows)) == (width > 100)
    for name in names:  # what uses it calls it that
        assert sum(name in row for row in rows) > 1, name


def test_gradients_are_shown_on_demand() -> None:
    before = shown(LAYER + "graph y --grads")
    assert len(re.findall("no gradient yet", before)) == 2
    after = shown(LAYER + "backward y\ngraph y --grads")
    assert re.search(r"^b .* \|grad\| [\d.]+ … [\d.]+ ", after, re.M) and "freed" in after
    assert "grad" not in shown(LAYER + "graph y").replace("requires_grad", "")


@pytest.mark.parametrize("name", ["to", "grads"])
def test_the_words_stay_names(name: str) -> None:
    assert Session().run(f"{name} = 3\n{name} + 1\nx = 5\nx --{name}") == [4, 8]
    (value,) = Session().run(f"param {name} = 3.\ny = {name} * 2\ngraph {name} * 2")
    assert value.value.item() == 6


def test_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Session().run(
        LAYER + 'backward y retain\nfor kind in ["svg", "dot", "html"]:\n    graph y to f"y.{kind}"\n'
    )
    svg = ElementTree.parse(tmp_path / "y.svg").getroot()
    boxes = [g for g in svg if g.tag.endswith("}g")]
    titles = [g[0].text or "" for g in boxes]
    assert len(boxes) == 7 and sum("leaf" in g.get("class", "") for g in boxes) == 2
    assert any(t.startswith("b: leaf") and "grad\ntensor([" in t for t in titles)
    assert len([p for p in svg if p.tag.endswith("}path")]) == 6
    dot = (tmp_path / "y.dot").read_text()
    assert dot.count(" -> ") == 6 and 'label="y\\nSumBackward0\\nfloat32[]"' in dot
    page = (tmp_path / "y.html").read_text()
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", page)  # it needs nothing from elsewhere
    assert page.count("data-about=") == 7


@pytest.mark.parametrize(
    ("to", "code"), [('"y.jpg"', "graph-format"), ('"y"', "graph-format"), ("3", "argument-type")]
)
def test_what_cannot_be_drawn(to: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TensorshError) as raised:
        Session().run(LAYER + f"graph y to {to}")
    assert raised.value.code == code and raised.value.help
    assert not list(tmp_path.iterdir())


def test_large_graphs_are_folded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program = 'param h = [1., 2.]\nfor i in range(2000):\n    h = h * 1.5\ngraph h\ngraph h to "h.svg"'
    assert re.search(r"^ +… 1,601 more$", shown(program), re.M)
    assert "… 1,701 more" in (tmp_path / "h.svg").read_text()


@pytest.mark.parametrize("seed", range(40))
def test_boxes_stand_apart_and_below_what_they_use(seed: int) -> None:
    draw = random.Random(seed)
    n = draw.randrange(1, 60)
    widths = [draw.uniform(10, 200) for _ in range(n)]
    edges = sorted({(draw.randrange(b), b) for b in range(1, n) for _ in range(draw.randrange(1, 4))})
    found = layered(widths, edges, 20)
    for (a, b), way in zip(edges, found.edges, strict=True):
        assert [box.layer for box in way] == list(range(found.boxes[a].layer, found.boxes[b].layer + 1))
    for layer in range(found.layers):
        row = sorted((box for box in found.boxes if box.layer == layer), key=lambda box: box.x)
        for left, right in pairwise(row):
            assert right.x - right.width / 2 - (left.x + left.width / 2) >= 19.9
    assert min(box.x - box.width / 2 for box in found.boxes) >= -1e-6
    assert max(box.x + box.width / 2 for box in found.boxes) <= found.width + 1e-6
