"""The texts of help, read when they are asked for: a folder for each language, English where it has none.

    LANGUAGE/topics/*.md    a page for each topic; its name is the file's
    LANGUAGE/statements.md  forms that are neither operations nor Python's, a section each
    LANGUAGE/arguments.md   what arguments of operations and layers are, by name
    LANGUAGE/tutorial.md    the steps of `:tutorial`
    LANGUAGE/errors.md      what every error code means (English: docs/errors.md, with the examples)
    LANGUAGE/words.md       headings, summaries of commands and titles of families, by the English ones

The first line of a topic is `# name: summary`; a line `Also: a, b` has other names that lead to it. An example is
written once, in English: an empty block of code in another language stands for the next one of the English page.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
ENGLISH = "en"
CODE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: the language that was set; that of the user's locale where none was
chosen: list[str] = []
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
    """The language that was set, else that of the user's locale, if there are texts in it."""
    if chosen:
        return chosen[0]
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        wanted = os.environ.get(variable, "")
        if wanted:
            found = re.split(r"[_.@-]", wanted)[0].lower()
            return found if found.isalpha() and os.path.isdir(os.path.join(HERE, found)) else ENGLISH
    return ENGLISH


def languages() -> tuple[str, ...]:
    """Those that there are texts in."""
    return tuple(sorted(each for each in os.listdir(HERE) if len(each) == 2))


def choose(name: str) -> None:
    """Texts of help are in this language from now on; `auto` is that of the user's locale."""
    chosen[:] = [] if name == "auto" else [name]


def said(text: str, language: str) -> str:
    """A text of help that stands in the program, in a language."""
    if language == ENGLISH:
        return text
    for rows in tables("words.md", language).values():
        if text in rows:
            return rows[text]
    return text


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
    return {name[:-3]: topic(name[:-3], with_examples(f"topics/{name}", language)) for name in names}


def with_examples(name: str, language: str) -> str:
    """A file of texts, with the examples of the English one where it has only the places."""
    text = read(name, language)
    if not any(not found[2] for found in CODE.finditer(text)):
        return text
    examples = (found[0] for found in CODE.finditer(read(name, ENGLISH)))
    return CODE.sub(lambda found: found[0] if found[2] else next(examples), text)


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
    for tongue in (language, ENGLISH):  # English names lead to a page in any language
        for each in topics(tongue).values():
            if wanted in map(plain, (each.name, *each.also)):
                return found[each.name]
    return None


@cache
def sections(name: str, language: str) -> dict[str, str]:
    """The sections of a file by their headings; several headings in one line, parted by commas, are one section."""
    found = {}
    for part in re.split(r"^## ", with_examples(name, language), flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        for each in title.split(","):
            found[each.strip()] = body.strip()
    return found


@cache
def tables(name: str, language: str) -> dict[str, dict[str, str]]:
    """The tables of a file: section → first cell → second; what another language lacks is there in English."""
    row = re.compile(r"^\| (?:`([^`]+)`|([^|\n]+?)) \| (.+?) \|(?: .*)?$", re.MULTILINE)
    found: dict[str, dict[str, str]] = {}
    for tongue in dict.fromkeys((ENGLISH, language)):
        if tongue == ENGLISH and not exists(name):
            continue
        for title, body in sections(name, tongue).items():
            rows = {code or text: told for code, text, told in row.findall(body)}
            found[title] = found.get(title, {}) | rows
    return found


def exists(name: str) -> bool:
    """Whether there is a file of texts in English."""
    return os.path.exists(os.path.join(HERE, ENGLISH, name)) or name in CHECKOUT
