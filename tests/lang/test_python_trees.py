"""Python's own texts through our front: what is compiled is what Python's parser reads in them."""

from __future__ import annotations

import ast
import sysconfig
import tokenize
from pathlib import Path

import pytest

from python_trees import made, written

LIBRARY = Path(sysconfig.get_path("stdlib"))
#: files of many kinds: classes, generators, formats, odd layouts, every form of the grammar
FILES = """
argparse.py ast.py bisect.py calendar.py collections/__init__.py configparser.py copy.py dataclasses.py decimal.py
difflib.py enum.py fractions.py functools.py heapq.py inspect.py json/decoder.py logging/__init__.py pprint.py
random.py statistics.py string.py textwrap.py tokenize.py typing.py test/test_grammar.py
test/test_generators.py test/test_fstring.py test/test_unpack_ex.py test/test_exceptions.py test/test_super.py
test/test_named_expressions.py test/test_string_literals.py test/test_slice.py test/test_except_star.py
test/test_positional_only_arg.py test/test_keywordonlyarg.py test/test_decorators.py test/test_dictcomps.py
test/test_scope.py test/test_global.py test/test_listcomps.py test/test_with.py
"""


ASYNCHRONOUS = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)


def is_asynchronous(node: ast.AST) -> bool:
    """Whether it is of the part of the grammar that tensorsh has not."""
    return isinstance(node, ASYNCHRONOUS) or (isinstance(node, ast.comprehension) and bool(node.is_async))


@pytest.mark.parametrize("name", FILES.split())
def test_a_file_of_python_s(name: str) -> None:
    path = LIBRARY / name
    if not path.exists():
        pytest.skip("not on this machine")
    with tokenize.open(path) as file:
        text = file.read()
    if any(map(is_asynchronous, ast.walk(ast.parse(text)))):
        pytest.skip("it is asynchronous")
    assert made(text) == written(text)
