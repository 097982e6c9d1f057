"""Errors as the reader sees them: goldens at fixed widths, one for each thing the drawing must do."""

import json
import re
from textwrap import dedent

import pytest

from tensorsh import Session
from tensorsh.errors import ParseError, TensorshError
from tensorsh.render.error import error_json, error_text
from tensorsh.render.paint import columns
from tensorsh.source import Source, Span
from terminal import Terminal


def piece(source, text, occurrence=1):
    """The span of the nth occurrence of `text`."""
    at = -1
    for _ in range(occurrence):
        at = source.text.index(text, at + 1)
    return Span(source, at, at + len(text))


def shape_error(message, **facts):
    return TensorshError(message, kind="shape", error_class="RuntimeError", **facts)


def argument_error(message, **facts):
    return TensorshError(message, kind="type", error_class="TypeError", **facts)


def drawn(error, golden, width=80):
    """Whether the error looks like `golden` (an indented block); blanks at line ends do not count."""
    text = error_text(error, color=False, width=width)
    assert "\n".join(line.rstrip() for line in text.split("\n")) == dedent(golden).strip("\n")


def matmul_error():
    source = Source("ones(2,3) @ ones(2,3)\n", "<command>")
    return shape_error(
        "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)",
        span=piece(source, "@"),
        labels=(
            (piece(source, "ones(2,3)"), "float32[2, 3]"),
            (piece(source, "ones(2,3)", 2), "float32[2, 3]"),
        ),
        help="transpose the second operand: `ones(2,3) @ ones(2,3).T`",
    )


def test_caret_under_the_operator_and_a_label_for_each_operand():
    drawn(
        matmul_error(),
        """
        error[shape]: RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)
          --> <command>:1:11
           |
         1 | ones(2,3) @ ones(2,3)
           | --------- ^ --------- float32[2, 3]
           | |
           | float32[2, 3]
           = help: transpose the second operand: `ones(2,3) @ ones(2,3).T`
        """,
    )


def test_labels_that_would_collide_get_lines_of_their_own():
    source = Source("f(image, bb, c, d) + 1", "a.tsh")
    labels = (("image", "float32[1000, 1000]"), ("bb", "float32[2]"), ("c", "int"), ("d", "str"))
    drawn(
        argument_error(
            "f() failed",
            span=Span(source, 0, 18),
            labels=tuple((piece(source, name), text) for name, text in labels),
        ),
        """
        error[type]: TypeError: f() failed
          --> a.tsh:1:1
           |
         1 | f(image, bb, c, d) + 1
           | ^^-----^^--^^-^^-^
           |   |      |   |  |
           |   |      |   |  str
           |   |      |   int
           |   |      float32[2]
           |   float32[1000, 1000]
        """,
    )


def test_labels_with_room_share_a_line():
    source = Source("first_operand + second_operand + third_operand", "a.tsh")
    labels = (("first_operand", "int64[3]"), ("second_operand", "int64[4]"), ("third_operand", "int64[5]"))
    drawn(
        shape_error(
            "sizes",
            span=piece(source, "+"),
            labels=tuple((piece(source, name), text) for name, text in labels),
        ),
        """
        error[shape]: RuntimeError: sizes
          --> a.tsh:1:15
           |
         1 | first_operand + second_operand + third_operand
           | ------------- ^ --------------   ------------- int64[5]
           | |               |
           | int64[3]        int64[4]
        """,
    )


def test_tabs_and_wide_characters_line_up():
    source = Source("x = 1\n\ty = '日本語' @ é @ zz\n", "b.tsh")
    drawn(
        shape_error(
            "bad",
            span=piece(source, "@", 2),
            labels=((piece(source, "'日本語'"), "str"), (piece(source, "zz"), "float32[2]")),
        ),
        """
        error[shape]: RuntimeError: bad
          --> b.tsh:2:16
           |
         2 |     y = '日本語' @ é @ zz
           |         --------     ^ -- float32[2]
           |         |
           |         str
        """,
    )


def test_calls_innermost_first_and_recursion_counted():
    source = Source("def f(x):\n  return g(x) @ 1\n\nf(a)\n", "c.tsh")
    error = shape_error("bad", span=piece(source, "@"))
    error.trail = (piece(source, "f(a)"), piece(source, "g(x)"))
    drawn(
        error,
        """
        error[shape]: RuntimeError: bad
          --> c.tsh:2:15
           |
         2 |   return g(x) @ 1
           |               ^
           = in g, called at c.tsh:2:10
           = in f, called at c.tsh:4:1
        """,
    )
    deep = TensorshError(
        "maximum recursion depth exceeded",
        kind="recursion",
        error_class="RecursionError",
        span=piece(source, "g(x)"),
    )
    deep.trail = (piece(source, "f(a)"), *[piece(source, "g(x)")] * 998)
    assert "   = in g, called at c.tsh:2:10 (998 times)\n" in error_text(deep, color=False, width=80)
    deep.trail = tuple(piece(source, text) for text in ("f(a)", "g(x)")) * 50
    assert "   = ... 92 more calls\n" in error_text(deep, color=False, width=80)


def test_help_is_wrapped_and_its_lines_are_kept():
    drawn(
        argument_error("bad", help="one of these is what you want, perhaps:\n  x = ones(2)"),
        """
        error[type]: TypeError: bad
           = help: one of these is what you want,
                   perhaps:
                     x = ones(2)
        """,
        width=42,
    )


def test_a_range_of_many_lines():
    source = Source("foo(a,\n    b,\n    c,\n    d,\n    e,\n  f)\nbar(a,\n  b)\n", "d.tsh")
    drawn(
        shape_error("bad", span=Span(source, 0, source.text.index(")") + 1)),
        """
        error[shape]: RuntimeError: bad
          --> d.tsh:1:1
           |
         1 | foo(a,
           | ^^^^^^
         2 |     b,
           |     ^^
        ...
         6 |   f)
           |   ^^
        """,
    )
    drawn(
        shape_error("bad", span=Span(source, source.text.index("bar"), len(source.text))),
        """
        error[shape]: RuntimeError: bad
          --> d.tsh:7:1
           |
         7 | bar(a,
           | ^^^^^^
         8 |   b)
           |   ^^
        """,
    )


def test_line_numbers_share_a_gutter():
    source = Source("\n" * 7 + "n = 3\n" + "\n" * 95 + "x[n]\n", "e.tsh")
    drawn(
        shape_error("bad", span=piece(source, "x[n]"), labels=((piece(source, "n"), "bound here"),)),
        """
        error[shape]: RuntimeError: bad
            --> e.tsh:104:1
             |
           8 | n = 3
             | - bound here
        ...
         104 | x[n]
             | ^^^^
        """,
    )


def test_a_label_in_another_file():
    here, there = Source("x: float32[n] = y", "<shell 2>"), Source("\nn = 3\n", "lib.tsh")
    drawn(
        shape_error("n is 4", span=piece(here, "y"), labels=((piece(there, "n"), "3 since here"),)),
        """
        error[shape]: RuntimeError: n is 4
          --> <shell 2>:1:17
           |
         1 | x: float32[n] = y
           |                 ^
          ::: lib.tsh:2:1
           |
         2 | n = 3
           | - 3 since here
        """,
    )


LONG = Source("y = " + " + ".join(f"v{number}" for number in range(200)) + " @ bad", "long.tsh")


def test_a_long_line_is_cut_around_the_caret():
    drawn(
        TensorshError(
            "name 'bad' is not defined", kind="name", error_class="NameError", span=piece(LONG, "bad")
        ),
        """
        error[name]: NameError: name 'bad' is not defined
          --> long.tsh:1:1295
           |
         1 | …+ v193 + v194 + v195 + v196 + v197 + v198 + v199 @ bad
           |                                                     ^^^
        """,
        width=60,
    )
    labels = ((piece(LONG, "v99"), "int64[]"), (piece(LONG, "v3"), "int64[2]"))
    drawn(
        shape_error("bad", span=piece(LONG, "v100"), labels=labels),
        """
        error[shape]: RuntimeError: bad
          --> long.tsh:1:595
           |
         1 | …+ v96 + v97 + v98 + v99 + v100 + v101 + v102 + v103 +…
           |                      ---   ^^^^
           |                      |
           |                      int64[]
           | … v3: int64[2]
        """,
        width=60,
    )


def test_no_line_is_wider_than_the_terminal_and_the_caret_stays_under_its_text():
    text = "é = '日本' + x\t+ " * 400
    source = Source(text, "f.tsh")
    for at in range(0, len(text), 97):
        for width in (30, 60, 80):
            lines = error_text(
                ParseError("?", span=Span(source, at, at + 1)), color=False, width=width
            ).split("\n")
            shown, marked = lines[3:5]
            assert columns(shown) <= width
            caret = marked.index("^")
            under = ""
            for char in shown:
                if columns(under) >= caret:
                    assert char == text[at].replace("\t", " ")
                    break
                under += char


def test_the_end_of_the_text_and_empty_sources():
    drawn(
        ParseError("unexpected end", span=Span(Source("[1, 2", "g"), 5, 5)),
        """
        error[syntax]: SyntaxError: unexpected end
          --> g:1:6
           |
         1 | [1, 2
           |      ^
        """,
    )
    assert error_text(ParseError("?", span=Span(Source("", "g"), 0, 0)), color=False, width=80).endswith("^")


def test_nothing_in_the_source_can_steer_the_terminal():
    source = Source("\x1b[31m x\x00 \u202e = ３＋4", "evil\x1b]0;")
    error = ParseError(
        "bad \x1b", span=piece(source, "＋"), labels=((piece(source, "x"), "\x07"),), help="\x9b"
    )
    text = error_text(error, color=False, width=80)
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text) is None
    assert " 1 | ␛[31m x␀ \ufffd = ３＋4" in text


def test_colour_only_adds_colour():
    plain, coloured = (error_text(matmul_error(), color=color, width=80) for color in (False, True))
    assert coloured.startswith("\x1b[1;31merror[shape]\x1b[0m")
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


@pytest.mark.parametrize("message", ["one\nline", "two \u2028 'lines'", "lone \ud800"])
def test_json_is_one_ascii_line(message):
    error = matmul_error()
    error.message = message
    text = error_json(error)
    assert text.isascii()
    assert "\n" not in text
    assert json.loads(text) == {
        "error": {
            "kind": "shape",
            "class": "RuntimeError",
            "code": "shape",
            "message": message,
            "file": "<command>",
            "line": 1,
            "column": 11,
            "end_line": 1,
            "end_column": 12,
            "help": "transpose the second operand: `ones(2,3) @ ones(2,3).T`",
        }
    }
    assert json.loads(error_json(argument_error("x")))["error"]["line"] is None


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_message_wraps_between_words_on_a_terminal(width: int) -> None:
    message = (
        "Expected all tensors to have the same shape:\n  add(Tensor input, Tensor other) and nothing "
        "else that 张量 could be\n\n    indented code stays"
    )
    error = shape_error(message)
    text = error_text(error, color=False, width=width, wrap=True)
    assert text.split() == f"error[shape]: RuntimeError: {message}".split()
    for line in text.split("\n"):
        assert columns(line) <= width or " " not in line.strip()
        assert line == line.rstrip()
    if width > 60:
        assert "\n  add(Tensor" in text and "\n\n    indented code stays" in text
    assert error_text(error, color=False, width=width).startswith(f"error[shape]: RuntimeError: {message}")


@pytest.mark.parametrize("width", [40, 80])
def test_the_terminal_says_where_a_message_wraps(width: int) -> None:
    program = "param w = [1.]; y = w * w; backward y; backward y"
    with Terminal("--color=never", "-c", program, columns=width) as terminal:
        rows = terminal.feed().lines
    end = next(i for i, row in enumerate(rows) if "-->" in row)
    message = "Trying to backward through the graph a second time (or directly access saved tensors"
    assert " ".join(rows[:end]).startswith(f"error[graph-freed]: RuntimeError: {message}")


def test_methods_that_take_nothing_say_so_in_the_exception_itself() -> None:
    """Recorded from PyTorch 2.13."""
    program = (
        "import torch\nx = torch.zeros(())\nsaid = []\n"
        "for f in (lambda: x.item(3), lambda: x.tolist(3, 4), lambda: x.dim(3), lambda: x.numpy(3), "
        "lambda: torch.Tensor.item(x, 2)):\n"
        "    try:\n        f()\n    except TypeError as e:\n        said.append(str(e))\nsaid"
    )
    assert Session().run(program)[0] == [
        "TensorBase.item() takes no arguments (1 given)",
        "TensorBase.tolist() takes no arguments (2 given)",
        "TensorBase.dim() takes no arguments (1 given)",
        "numpy() takes 0 positional arguments but 1 was given",
        "TensorBase.item() takes no arguments (1 given)",
    ]
