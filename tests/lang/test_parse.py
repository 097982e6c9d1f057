"""What each construct of the language becomes, and what is said about text that is none.

The cases are in `golden/parse.txt` and `golden/parse_errors.txt`: source, then `=>` lines with the tree of
each statement, or the error as `line:column-line:column message | help`. `TENSORSH_UPDATE=1 pytest` writes
them anew; the difference is what to review.
"""

from __future__ import annotations

import marshal
import os
import sys
import types
import unicodedata
from pathlib import Path

import pytest

from ast_text import tree
from tensorsh import kept
from tensorsh.errors import ParseError
from tensorsh.lang.code.codegen import Compiler
from tensorsh.lang.code.table import Table
from tensorsh.lang.syntax import grammar
from tensorsh.lang.syntax.parse import is_complete, parse
from tensorsh.source import Source

GOLDEN = Path(__file__).parents[1] / "golden"


def cases(name: str) -> list[tuple[str, str]]:
    """(source, expected text) of a golden file; its lines `== …` are headings."""
    text = (GOLDEN / name).read_text(encoding="utf-8")
    found = []
    for section in text.split("\n---\n"):
        lines = section.split("\n")
        source = [line for line in lines if not line.startswith(("=> ", "== "))]
        found.append(("\n".join(source), "\n".join(line for line in lines if line.startswith("=> "))))
    return found


def update(name: str, answer) -> None:
    path = GOLDEN / name
    sections = []
    for section in path.read_text(encoding="utf-8").rstrip("\n").split("\n---\n"):
        kept = [line for line in section.split("\n") if not line.startswith("=> ")]
        heading = [line for line in kept if line.startswith("== ")]
        source = [line for line in kept if not line.startswith("== ")]
        sections.append("\n".join([*heading, *source, answer("\n".join(source))]))
    path.write_text("\n---\n".join(sections) + "\n", encoding="utf-8")


def trees(text: str) -> str:
    return "\n".join(f"=> {tree(statement)}" for statement in parse(Source(text)).body)


def complaint(text: str) -> str:
    with pytest.raises(ParseError) as raised:
        compiler = Compiler(Table("<text>"))
        for statement in parse(Source(decoded(text))).body:
            list(compiler.statement(statement))
    error = raised.value
    (line, column), (last_line, last_column) = error.span.position, error.span.end_position
    where = f"{line}:{column}-{last_line}:{last_column}"
    more = " (incomplete)" if error.incomplete else ""
    return f"=> {where} {error.message} | {error.help or '-'}{more}"


def decoded(text: str) -> str:
    """`␀`, `␠`, `␉` stand for characters that do not show."""
    return text.replace("␀", "\0").replace("␠", "\xa0").replace("␉", "\t")


if os.environ.get("TENSORSH_UPDATE"):
    update("parse.txt", trees)
    update("parse_errors.txt", complaint)


@pytest.mark.parametrize(("text", "expected"), cases("parse.txt"))
def test_tree(text, expected):
    assert trees(text) == expected.rstrip("\n")


@pytest.mark.parametrize(("text", "expected"), cases("parse_errors.txt"))
def test_error(text, expected):
    assert complaint(text) == expected.rstrip("\n")


# ------------------------------------------------------------------ the shell


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "  ",
            "# why",
            "x = 1",
            "x = 1\n",
            "x;",
            "f(1,\n2)",
            '"""a\nb"""',
            "if a: b\n\n",
            "if a:\n  b\n\n",
        ),
        *("if a:\n  b\n  \n", "for x in y:\n  z\nelse:\n  w\n\n", "if a:\r\n  b\r\n\r\n", "x = \\\n1"),
        *("x =", "if a", "(1 2", "x = 'abc", "if a:\nb", "x = (1 +\ny = 3", "f(a b", "'a\\"),
    ],
)
def test_complete(text):
    assert is_complete(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "f(",
            "x = [1, 2",
            "x = [1,\n2",
            "x = [w,",
            '"""abc',
            "f'''{x}",
            "x = 1 + \\",
            "x = \\\n",
            "f(1, # why",
        ),
        *(
            "if a:",
            "class A:",
            "try:\n  x\n",
            "if a:\n",
            "if a:\n  b",
            "if a:\n  b\n",
            "if a:\n  if b:\n",
            "if a: b",
            "if a: b\n",
            "else_ = (",
        ),
        *("def f(x):  # why", "for x in y:\n  z\nelse:", "while a:\n\n", "with a:\n  # why\n"),
    ],
)
def test_incomplete(text):
    assert not is_complete(text)


# ------------------------------------------------------------------ the cache of the grammar


def test_cache_is_written_and_read(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = grammar.load()
    (written,) = (tmp_path / "tensorsh").iterdir()
    monkeypatch.setattr(grammar, "_compute", None)
    assert grammar.load().rows == made.rows
    assert [path.name for path in written.parent.iterdir()] == [written.name]


def test_what_a_wheel_holds_is_taken_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none"))
    held = types.ModuleType("tensorsh.lang.syntax.table")
    exec(grammar.as_module(), held.__dict__)
    monkeypatch.setitem(sys.modules, held.__name__, held)
    monkeypatch.setattr(grammar, "_compute", None)
    assert (grammar.load().rows, grammar.load().start) == (held.DATA["rows"], held.DATA["start"])
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("damage", [b"", b"abc", b"\0" * 1000, None])
def test_damaged_cache_is_computed_again(tmp_path, monkeypatch, damage):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = grammar.load()
    (written,) = (tmp_path / "tensorsh").iterdir()
    written.write_bytes(written.read_bytes()[:-5] if damage is None else damage)
    assert grammar.load().names == made.names
    monkeypatch.setattr(grammar, "_compute", None)
    assert grammar.load().names == made.names


def test_cache_of_another_grammar_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    grammar.load()
    ((name,),) = [[path.name for path in (tmp_path / "tensorsh").iterdir()]]
    kept.write(name, marshal.dumps(("another grammar", {"names": []})), kept.checksum)
    assert grammar.load().names


def test_grammars_side_by_side_keep_their_tables(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    grammar.load()
    with monkeypatch.context() as other:
        other.setattr(grammar, "FORMAT", 0)
        grammar.load()
    for number in range(20):
        (tmp_path / "tensorsh" / f"grammar-{number:08x}.table").touch(0o600)
        os.utime(tmp_path / "tensorsh" / f"grammar-{number:08x}.table", (0, 0))
    with monkeypatch.context() as other:
        other.setattr(grammar, "FORMAT", -1)
        grammar.load()
    assert len(list((tmp_path / "tensorsh").iterdir())) == kept.MOST
    monkeypatch.setattr(grammar, "_compute", None)
    assert grammar.load().names


def test_no_cache_folder_does_not_matter(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert grammar.load().names
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere" / "file"))
    assert grammar.load().names


def test_grammar_has_no_conflicts():
    """Lark would settle them silently; the reference should not need that."""
    import logging

    from lark import Lark, logger

    messages = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        with open(grammar._grammar_file(), encoding="utf-8") as file:
            Lark(file.read(), parser="lalr", lexer="basic", start="program", debug=True)
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
    assert not [message for message in messages if "conflict" in message]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("x = ones（2，3）", "x = ones(2,3)"),
        ("x = torch。tensor（【1，2】）", "x = torch.tensor([1,2])"),
        ("x = １２ + ３．５", "x = 12 + 3.5"),
        ("print（“你好，世界”）  # （注释）", 'print("你好，世界")  # （注释）'),
        ('s = "（"；\u3000t = ‘，’', "s = \"（\"; t = '，'"),
        ("a = 1\nif a ≥ 0：\n    print（a）", "a = 1\nif a >= 0:\n    print(a)"),
        ('s = """（\n（"""\nf（s）', 's = """（\n（"""\nf(s)'),
        ("f（", None),
        ("x = 1 ¬ 2（", None),
        ("f'{，", None),
        ("，f'{“", None),
    ],
)
def test_what_was_meant_by_full_width_characters(text: str, meant: str | None) -> None:
    with pytest.raises(ParseError) as raised:
        parse(Source(text))
    assert raised.value.suggestion == meant
    if meant is not None:
        parse(Source(meant))
        assert raised.value.help.removeprefix("type `").removesuffix("`") in meant


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if a:\nb", "IndentationError"),
        ("  a", "IndentationError"),
        ("if a:\n    b\n  c", "IndentationError"),
        ("if a:\n\tb\n        c", "TabError"),
        ("".join(" " * depth + "if a:\n" for depth in range(100)) + " " * 100 + "b", "IndentationError"),
        ("a b", "SyntaxError"),
    ],
)
def test_the_class_is_python_s(text: str, expected: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse(Source(text))
    assert raised.value.error_class == expected
    with pytest.raises(SyntaxError) as told:
        compile(text, "<text>", "exec")
    assert type(told.value).__name__ == expected


def test_as_many_levels_as_in_python() -> None:
    text = "".join(" " * depth + "if a:\n" for depth in range(99)) + " " * 99 + "b"
    compile(text, "<text>", "exec")
    parse(Source(text))


@pytest.mark.parametrize(
    "name", ["cafe\u0301", "नमस्ते", "வணக்கம்", "สวัสดีครับ", "for\u0301", "as\u0327", "℘", "a‿b"]
)
@pytest.mark.parametrize("pythonic", [False, True])
def test_names_have_marks(name: str, pythonic: bool) -> None:
    """What goes on with a name in Python does so here, and a keyword with an accent is none."""
    assert name.isidentifier()
    text = f"{name} = f'{{1}}'; x.{name} + {name}"
    first, last = parse(Source(text), pythonic=pythonic).body
    read = {first.targets[0].id, last.value.left.name, last.value.right.id}
    assert read == {unicodedata.normalize("NFKC", name)}
