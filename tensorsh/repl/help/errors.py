"""A page for each error code: what it means, an example that is run, how to do it instead.

The table of codes is docs/errors.md, which comes with the package.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from ...errors import TensorshError
from ...render.error import error_text
from .page import Page
from .texts import ENGLISH, read, said, sections, tables

ROW = re.compile(r"^\| `([\w-]+)` \| (.+?) \| (?:`([^`]*)`)? \|(?: (?:`([^`]*)`)? \|)?$", re.MULTILINE)
NEW_LINE = "⏎"


class Code(NamedTuple):
    """One row of the table. `instead` is the example as it runs."""

    kind: str
    name: str
    meaning: str
    example: str
    instead: str


@cache
def codes(language: str) -> tuple[Code, ...]:
    """Every code, as the page has them; the examples are the English page's."""
    found = []
    meanings = tables("errors.md", language)
    for part in re.split(r"^## ", read("errors.md", ENGLISH), flags=re.MULTILINE)[1:]:
        kind = part.split("\n", 1)[0].strip()
        found += [
            Code(
                kind,
                name,
                meanings[kind].get(name, meaning),
                example.replace(NEW_LINE, "\n"),
                instead.replace(NEW_LINE, "\n"),
            )
            for name, meaning, example, instead in ROW.findall(part)
        ]
    return tuple(found)


def find_codes(name: str, language: str) -> list[Code]:
    """The codes of this name, which may be written as an error shows it: `error[shape]`. Two kinds may share one."""
    wanted = re.sub(r"^(?:error|warning)\s*\[?\s*|\]$", "", name.strip()) or name
    return [code for code in codes(language) if code.name == wanted]


def kind_text(kind: str, language: str) -> str:
    """What the section of a kind says."""
    found = sections("errors.md", language).get(kind) or sections("errors.md", ENGLISH).get(kind, "")
    first = found.split("\n\n")[0]
    return "" if first.startswith("|") else first


def code_page(code: Code, page: Page, language: str) -> str:
    """`:help matmul-shape`."""
    lines = page.heading(f"error[{code.name}]") + page.filled(code.meaning)
    about = kind_text(code.kind, language)
    if about and code.name != code.kind:
        told = said("One of the errors of kind **{kind}**: {about}", language)
        lines += ["", *page.filled(told.format(kind=code.kind, about=about))]
    elif about:
        lines += ["", *page.filled(about)]
    if code.example:
        lines += ["", *page.example(typed(code.example)), *shown(code.example, page)]
    if code.instead:
        lines += ["", *page.filled(said("Instead:", language)), "", *page.example(typed(code.instead))]
    return "\n".join(lines)


def typed(program: str) -> list[str]:
    """A program as it is typed at the prompt."""
    first, *rest = program.rstrip("\n").split("\n")
    return [f">>> {first}", *(f"... {line}" for line in rest)]


def shown(program: str, page: Page) -> list[str]:
    """The error that a program ends in, as it is shown; a session of its own runs it."""
    from ...session import Session

    if program.startswith(":"):
        return []
    session = Session()
    session.on_warning = lambda warning: None
    try:
        session.run(program, "<example>")
    except TensorshError as error:
        return error_text(error, color=page.colored, width=page.columns, wrap=True).split("\n")
    return []
