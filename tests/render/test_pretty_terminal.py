"""How values look on a real terminal: what is seen at two sizes, with and without colour, and page by page."""

from __future__ import annotations

from pathlib import Path

import pytest

from screens import at_prompt, shows
from terminal import Terminal

VALUES = [
    "manual_seed(0)",
    "param w = randn(2, 3)",
    "w",
    "x = randn(60, 50); x[0, 0] = nan; x",
    "(w * 2, [1, 2] > 1)",
    "randn(2, 2, 2)",
    "randn(2, 12)",
]
#: what is seen at both widths, and what there is room for at each
SEEN = """
>>> manual_seed(0)
>>> param w = randn(2, 3)
>>> w
w: float32[2, 3]  cpu  requires_grad  leaf
╭                          ╮
│ 1.5410  -0.2934  -2.1788 │
│ 0.5684  -1.0845  -1.3986 │
╰                          ╯
>>> x = randn(60, 50); x[0, 0] = nan; x
x: float32[60, 50]  cpu
min -3.088  ▁▁▂▅▇██▅▃▁▁▁▁  max 4.101  mean -0.003785  1 nan
╭                                                         ╮
│     nan   0.5239  -0.6659  …   3.4105   0.5943   1.5419 │
│  0.5073  -0.5910  -0.5692  …  -1.2952  -0.7502  -1.3120 │
│ -0.2188  -2.4351  -0.0729  …  -0.3173   0.9671  -0.9911 │
│       ⋮        ⋮        ⋮  ⋱        ⋮        ⋮        ⋮ │
│  0.2501   0.4419   1.4177  …   0.8689   0.8526  -0.3825 │
│  0.1034  -0.1527   1.4909  …  -0.5887   0.5232  -0.3512 │
│  0.6872   0.0256  -1.1755  …   0.9454  -0.6851   3.5346 │
╰                                                         ╯
>>> (w * 2, [1, 2] > 1)
tuple of 2
  [0]: float32[2, 3]  cpu  requires_grad  grad_fn=MulBackward0
  ╭                          ╮
  │ 3.0820  -0.5869  -4.3576 │
  │ 1.1369  -2.1690  -2.7972 │
  ╰                          ╯
  [1]: bool[2]  cpu
  [ False  True ]
>>> randn(2, 2, 2)
float32[2, 2, 2]  cpu
[0]                    [1]
╭                  ╮   ╭                  ╮
│  0.0240  -0.0143 │   │ -0.0089  -1.2557 │
│  0.4545   1.3816 │   │ -0.8173   0.0180 │
╰                  ╯   ╰                  ╯
>>> randn(2, 12)
float32[2, 12]  cpu
"""
LAST = {
    80: """\
min -2.118  ▄ █ ▆█▆▄▄▂  ▆  max 1.711  mean -0.3621
╭                                                                           ╮
│ -0.8764   0.2567   1.7114  -0.8766  …   0.1488   0.3214  -1.2574  -0.3838 │
│ -2.1179  -0.0779  -0.1979   0.5558  …  -1.5247  -2.0558  -0.2998  -0.6449 │
╰                                                                           ╯
""",
    120: """\
╭                                                                                                           ╮
│ -0.8764   0.2567   1.7114  -0.8766  -0.3948  0.1443  -0.5682  -1.2470   0.1488   0.3214  -1.2574  -0.3838 │
│ -2.1179  -0.0779  -0.1979   0.5558  -1.5177  1.4197  -0.8918   1.6847  -1.5247  -2.0558  -0.2998  -0.6449 │
╰                                                                                                           ╯
""",
}


def shell(home: Path, *arguments: str, columns: int, rows: int, **environment: str) -> Terminal:
    places = {"HOME": str(home), "XDG_STATE_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    return Terminal("-q", *arguments, columns=columns, rows=rows, **places, **environment).feed(at_prompt, 30)


def prompts(terminal: Terminal) -> int:
    return sum(line.startswith(">>>") for line in terminal.lines)


def enter(terminal: Terminal, text: str) -> None:
    """Type an input, and wait for the next prompt."""
    before = prompts(terminal)
    terminal.type(text + "\r")
    terminal.feed(lambda t: prompts(t) > before and at_prompt(t), 20)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40)])
def test_what_is_seen(tmp_path, columns, rows):
    seen = []
    for color in ("always", "never"):
        with shell(tmp_path, f"--color={color}", columns=columns, rows=rows) as terminal:
            for text in VALUES:
                enter(terminal, text)
            seen.append(
                [line for line in terminal.lines if not line.startswith("tensorsh ")]
            )  # with the time
            styles = {c.fg for row in terminal.screen.buffer.values() for c in row.values()}
            assert (len(styles) > 3) == (color == "always")
    assert seen[0] == seen[1]
    assert "\n".join(seen[0]).removesuffix(">>>").rstrip() == (SEEN + LAST[columns]).strip("\n")


def test_a_value_longer_than_the_screen_is_turned_page_by_page(tmp_path):
    with shell(tmp_path, "--color=never", columns=80, rows=24, PAGER="less", LESS="-R") as terminal:
        terminal.type("randn(40, 2)\r")
        terminal.feed(shows(":"), 20)
        assert sum(line.startswith("│") for line in terminal.screen.display) == 21
        assert not shows("╰")(terminal)
        terminal.type(" ")
        terminal.feed(shows("╰"), 20)
        terminal.type("q")
        terminal.feed(at_prompt, 20)
        enter(terminal, "1 + 1")
        assert shows("2")(terminal)


def test_pages_can_be_set_off(tmp_path):
    with shell(tmp_path, "--color=never", columns=80, rows=24, PAGER="less", LESS="-R") as terminal:
        enter(terminal, ":set pager off")
        enter(terminal, "randn(40, 2)")
        assert sum(line.startswith("│") for line in terminal.lines) == 40


@pytest.mark.parametrize("off", [{"PAGER": "cat"}, {"PAGER": ""}])
def test_no_pages_where_nobody_wants_them(tmp_path, off):
    with shell(tmp_path, "--color=never", columns=80, rows=24, **off) as terminal:
        enter(terminal, "randn(40, 2)")
        assert sum(line.startswith("│") for line in terminal.lines) == 40
