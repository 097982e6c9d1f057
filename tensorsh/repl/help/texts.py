"""The texts of help, read when they are asked for: a folder for each language, English where it has none.

    LANGUAGE/topics/*.md    a page for each topic; its name is the file's
    LANGUAGE/statements.md  forms that are neither operations nor Python's, a section each
    LANGUAGE/arguments.md   what arguments of operations and layers are, by name
    LANGUAGE/tutorial.md    the steps of `:tutorial`
    LANGUAGE/errors.md      every error code (English: docs/errors.md)

The first line of a topic is `# name: summary`; a line `Also: a, b` has other names that lead to it.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
ENGLISH = "en"
#: where a checkout has what the package has in a folder of a language
CHECKOUT = {"errors.md": os.path.join(HERE, "..", "..", "..", "docs", "errors.md")}


class Topic(NamedTuple):
    name: str
    summary: str
    also: tuple[str, ...]
    text: str

    @property
    def title(self) -> str:
        return f"{self.name}: {self.summary}"


def language() -> str:
    """The language of the user's settings, if there are texts in it."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        wanted = os.environ.get(variable, "")
        if wanted:
            found = re.split(r"[_.@-]", wanted)[0].lower()
            return found if found.isalpha() and os.path.isdir(os.path.join(HERE, found)) else ENGLISH
    return ENGLISH


def read(name: str, language: str) -> str:
    """A file of texts, in English where the language has none."""
    for path in (os.path.join(HERE, language, name), os.path.join(HERE, ENGLISH, name)):
        if os.path.exists(path):
            break
    else:
        path = CHECKOUT[name]
    with open(path, encoding="utf-8") as file:
        return file.read()


def plain(name: str) -> str:
    """A name as topics are looked up: `No Grad`, `no_grad` and `no-grad` are one."""
    return re.sub(r"[\s_-]+", "-", name.strip().lower())


@cache
def topics(language: str) -> dict[str, Topic]:
    """Every topic by its name, in order."""
    names = sorted(each for each in os.listdir(os.path.join(HERE, ENGLISH, "topics")) if each.endswith(".md"))
    return {name[:-3]: topic(name[:-3], read(f"topics/{name}", language)) for name in names}


def topic(name: str, text: str) -> Topic:
    title, _, body = text.partition("\n")
    also = re.match(r"\s*Also: (.+)\n", body)
    if also:
        body = body[also.end() :]
    summary = re.split(r"[:：]\s*", title, maxsplit=1)[-1].strip("# ")
    return Topic(name, summary, tuple(also[1].split(", ")) if also else (), body.strip())


def find_topic(name: str, language: str) -> Topic | None:
    """The topic of this name, or of which this is another name."""
    found = topics(language)
    wanted = plain(name)
    for each in found.values():
        if wanted in map(plain, (each.name, *each.also)):
            return each
    return None


@cache
def sections(name: str, language: str) -> dict[str, str]:
    """The sections of a file by their headings; several headings in one line, parted by commas, are one section."""
    found = {}
    for part in re.split(r"^## ", read(name, language), flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        for each in title.split(","):
            found[each.strip()] = body.strip()
    return found


@cache
def tables(name: str, language: str) -> dict[str, dict[str, str]]:
    """The tables of a file: section → first cell → second."""
    row = re.compile(r"^\| `([^`]+)` \| (.+?) \|$", re.MULTILINE)
    return {title: dict(row.findall(body)) for title, body in sections(name, language).items()}
