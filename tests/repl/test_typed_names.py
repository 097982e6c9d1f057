"""Names that a half-typed program binds itself, and those that its functions and classes see."""

from __future__ import annotations

import pytest

from tensorsh import Session
from tensorsh.lang.syntax.parse import grammar
from tensorsh.lang.syntax.soft_keywords import SOFT_WORDS
from tensorsh.services.complete import complete
from tensorsh.services.highlight import highlight
from tensorsh.services.scan import KEYWORDS, SOFT_KEYWORDS, place
from tensorsh.services.typed import bound_at

NET = """\
class Net(nn.Module):
    width = 4
    def __init__(self, hidden):
        super().__init__()
        self.layer = nn.Linear(self.width, hidden)
    def scaled(self, x): return x * 2
"""


@pytest.fixture
def session() -> Session:
    made = Session()
    made.run("import torch\nfrom torch import nn\nouter = torch.ones(2)")
    return made


def found(session: Session, text: str) -> dict[str, str]:
    return {each.text: each.meta for each in complete(session, text)}


@pytest.mark.parametrize(
    ("text", "name", "what"),
    [
        ("def f(inputs, weight=1, *rest, **more):\n    inp", "inputs", "argument"),
        ("def f(inputs, weight=1, *rest, **more):\n    mor", "more", "argument"),
        ("def f(x):\n    middle = x\n    return mid", "middle", "variable"),
        ("def f(x):\n    middle = x\n    def g():\n        return mid", "middle", "variable"),
        ("for item in range(3):\n    it", "item", "variable"),
        ("for नमस्ते in range(3):\n    नमस्", "नमस्ते", "variable"),
        ("def helper(): pass\nhel", "helper", "function"),
        (NET + "Ne", "Net", "class"),
        ("import numpy as numbers\nnum", "numbers", "variable"),
        ("with open('a') as handle:\n    han", "handle", "variable"),
        ("try:\n    value = 1\n    val", "value", "variable"),
        ("try:\n    value = 1\nexcept Error as reason:\n    rea", "reason", "variable"),
        ("def f(x):\n    try:\n        value = x\n    finally:\n        val", "value", "variable"),
        ("if True:\n    value = [\n        1]\n    f(val", "value", "variable"),
        ("def f(first):\n    return torch.stack([\n        fir", "first", "argument"),
        (NET + "    def forward(self, x):\n        return self.la", "layer", "attribute"),
        (NET + "    def forward(self, x):\n        return self.sca", "scaled", "method"),
        (NET + "    def forward(self, x):\n        return self.wid", "width", "attribute"),
        (NET + "    def forward(me, x):\n        return me.lay", "layer", "attribute"),
        (NET + "    wi", "width", "variable"),
        ("param w = [1., 2.]\nvector = w * 2\nvec", "vector", "variable"),
    ],
)
def test_what_the_text_binds_is_offered(session: Session, text: str, name: str, what: str) -> None:
    assert found(session, text).get(name) == what


def test_what_a_class_inherits_is_offered(session: Session) -> None:
    inherited = found(session, NET + "    def forward(self, x):\n        self.regis")
    assert {"register_buffer", "register_parameter"} <= set(inherited)
    assert inherited["register_buffer"].startswith("(name")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("def f(within):\n    pass\nwit", "within"),  # seen only within
        (
            NET + "    def forward(self, x):\n        return wid",
            "width",
        ),  # of the class, not of its functions
        ("def f(:\n    pass\nf", "pass_"),
    ],
)
def test_what_is_not_seen_is_not_offered(session: Session, text: str, name: str) -> None:
    assert name not in found(session, text)


def test_a_name_of_the_text_hides_one_of_the_session(session: Session) -> None:
    assert found(session, "def f(outer):\n    out")["outer"] == "argument"
    assert "sum" in found(session, "def f(input):\n    input.su")


def test_what_is_read_is_not_run(session: Session) -> None:
    before = session.names()
    bound = bound_at(session, "made = torch.ones(3)\n", 21)
    assert bound.names == {"made": "variable"}
    assert session.names() == before


def test_any_beginning_of_a_program_can_be_read(session: Session) -> None:
    program = (
        NET + "try:\n    Net(2)\nexcept (ValueError, OSError) as e:\n    match e:\n        case 1: pass\n"
    )
    for end in range(len(program)):
        bound_at(session, program[:end], place(program[:end]).start)


def test_keywords_are_those_of_the_grammar(session: Session) -> None:
    hard = set(grammar().keywords) - {"True", "False", "None"}
    assert hard - set(SOFT_WORDS) <= KEYWORDS <= hard | {"with"}
    assert not KEYWORDS & SOFT_KEYWORDS
    assert next(iter(found(session, "cla"))) == "class"


@pytest.mark.parametrize(
    "word", ["class", "try", "raise", "finally", "global", "yield", "nonlocal", "except"]
)
def test_every_keyword_has_its_colour(session: Session, word: str) -> None:
    assert highlight(session, f"{word} ")[0] == (0, len(word), "keyword")


def test_match_is_a_keyword_where_it_is_one(session: Session) -> None:
    text = "match x:\n    case 1: pass\nmatch = 2\n"
    styled = [text[start:end] for start, end, style in highlight(session, text) if style == "keyword"]
    assert styled == ["match", "case", "pass"]
