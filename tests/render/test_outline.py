"""Instances and modules as trees: what a person sees of them at a terminal."""

import re
import time
from textwrap import dedent

import pytest

from tensorsh import Session
from tensorsh.render.paint import columns
from tensorsh.render.pretty import pretty_text
from tensorsh.render.screen import ASCII, UNICODE

PROGRAM = """
import torch, torch.nn as nn
from dataclasses import dataclass
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(8)
        self.net = nn.Sequential(nn.Linear(8, 16), nn.Dropout(0.1), nn.Linear(16, 8))
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(100, 8)
        self.place = nn.Parameter(torch.zeros(1, 4, 8))
        self.blocks = nn.ModuleList(Block() for _ in range(3))
        self.head = nn.Linear(8, 100, bias=False)
        self.head.weight = self.embed.weight
        self.register_buffer("mask", torch.ones(4, 4))
class Cell:
    def __init__(self):
        self.w = torch.zeros(3, 3, requires_grad=True)
        self.state = torch.zeros(3)
        self.level = torch.tensor(2.5)
        self.name = "细胞"
        self.parts = [torch.ones(2), 2.0]
        self.inner = None
class Spoken:
    def __repr__(self): return "spoken"
@dataclass
class Batch:
    x: torch.Tensor
    n: int = 3
model = Model()
frozen = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Linear(4, 2)).eval()
for p in frozen[0].parameters(): p.requires_grad_(False)
alone = nn.LSTM(4, 5)
lazy = nn.Sequential(nn.LazyLinear(3))
cell = Cell()
loop = Cell(); loop.inner = loop
holds = Cell(); holds.inner = model
batch = Batch(torch.zeros(2, 4))
spoken = Spoken()
many = [nn.Linear(2, 3), torch.zeros(2, 2)]
"""
NAMES = ["model", "frozen", "alone", "lazy", "cell", "loop", "holds", "batch", "spoken", "many"]

GOLDENS = {
    ("model", 80): """
        model: Model              place[1, 4, 8]  mask[4, 4]  params     bytes
        ├─ embed: Embedding       weight[100, 8]  100, 8         800    3.2 kB
        ├─ blocks: ModuleList                                    888   3.55 kB
        │  └─ 0-2: 3 × Block                                     888   3.55 kB
        │     ├─ norm: LayerNorm  weight[8]  bias[8]              16      64 B
        │     └─ net: Sequential                                 280   1.12 kB
        │        ├─ 0: Linear     weight[16, 8]  bias[16]        144     576 B
        │        ├─ 1: Dropout    p=0.1, inplace=False
        │        └─ 2: Linear     weight[8, 16]  bias[8]         136     544 B
        └─ head: Linear           weight[100, 8]                 800    3.2 kB
        1,720 parameters  all trainable  16 in buffers  6.94 kB  float32  cpu  training
        """,
    ("frozen", 80): """
        frozen: Sequential                                       params   bytes
        ├─ 0: Conv2d        frozen  weight[2, 1, 3, 3]  bias[2]      20    80 B
        ├─ 1: BatchNorm2d   weight[2]  bias[2]  3 buffers             4    40 B
        ├─ 2: ReLU
        └─ 3: Linear        weight[2, 4]  bias[2]                    10    40 B
        34 parameters  14 trainable  5 in buffers  160 B  float32  cpu  evaluating
        """,
    ("frozen", 40): """
        frozen: Sequential  params
        ├─ 0: Conv2d            20
        ├─ 1: BatchNorm2d        4
        ├─ 2: ReLU
        └─ 3: Linear            10
        34 parameters  14 trainable
          5 in buffers  160 B  float32  cpu
          evaluating
        """,
    ("alone", 80): """
        alone: LSTM  weight_ih_l0[20, 4]  weight_hh_l0[20, 5]  bias_ih_l0[20]
          bias_hh_l0[20]  4, 5
        220 parameters  all trainable  880 B  float32  cpu  training
        """,
    ("cell", 80): """
        cell: Cell                                      params   bytes
        ├─ w        float32[3, 3]  requires_grad  leaf       9    36 B
        ├─ state    float32[3]
        ├─ level    2.5000  float32[]
        ├─ name     '细胞'
        ├─ parts    list of 2
        │  ├─ 0     float32[2]
        │  └─ 1     2.0
        └─ inner    None
        9 parameters  all trainable  36 B  float32  cpu
        """,
    ("batch", 80): """
        batch: Batch
        ├─ x          float32[2, 4]
        └─ n          3
        """,
    ("loop", 60): """
        loop: Cell                                  params   bytes
        ├─ w        float32[3, 3]  requires_grad …       9    36 B
        ├─ state    float32[3]
        ├─ level    2.5000  float32[]
        ├─ name     '细胞'
        ├─ parts    list of 2
        │  ├─ 0     float32[2]
        │  └─ 1     2.0
        └─ inner    Cell, as above
        9 parameters  all trainable  36 B  float32  cpu
        """,
    ("many", 80): """
        list of 2
          [0]: Linear  weight[3, 2]  bias[3]  in_features=2, out_features=3, bias=True
          9 parameters  all trainable  36 B  float32  cpu  training
          [1]: float32[2, 2]  cpu
          ╭        ╮
          │ 0.  0. │
          │ 0.  0. │
          ╰        ╯
        """,
    ("spoken", 80): "spoken",
}


@pytest.fixture(scope="module")
def session():
    session = Session()
    session.run(PROGRAM)
    return session


def shown(session, name, width, **keywords):
    with session.active():
        return pretty_text(session[name], name, color=False, width=width, **keywords)


@pytest.mark.parametrize(("name", "width"), GOLDENS)
def test_goldens(session, name, width):
    assert shown(session, name, width) == dedent(GOLDENS[name, width]).strip("\n")


@pytest.mark.parametrize("width", [30, 40, 53, 80, 120])
@pytest.mark.parametrize("marks", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_no_line_is_wider_than_the_screen(session, width, marks):
    for name in NAMES:
        text = shown(session, name, width, marks=marks)
        assert all(columns(line) <= width and line == line.rstrip() for line in text.split("\n")), text
        assert marks is UNICODE or text.replace("细胞", "").isascii()


def test_colour_only_adds_colour(session):
    for name in NAMES:
        with session.active():
            coloured = pretty_text(session[name], name, color=True, width=80)
        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == shown(session, name, 80)


def test_what_is_huge_or_holds_itself_is_drawn_at_once(session):
    session.run(
        "huge = Cell(); huge.parts = list(range(1_000_000)); huge.name = 'x' * 1_000_000; huge.inner = [huge]"
    )
    began = time.process_time()
    text = shown(session, "huge", 60)
    assert time.process_time() - began < 2
    assert "list of 1000000" in text and "Cell, as above" in text
    assert all(columns(line) <= 60 for line in text.split("\n"))


def test_print_stays_as_it_is(session):
    session.run("text = repr(model.blocks[0].net)")
    assert session["text"].startswith("Sequential(\n  (0): Linear(in_features=8, out_features=16, bias=True)")
