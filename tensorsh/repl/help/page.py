"""How help is laid out: paragraphs filled to the screen, tables, examples, with and without colour."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from ...render.paint import Paint
from ...text.width import columns

WIDEST = 100
#: a word, what is in backticks in one piece, or one wide character, between which a line may end
PIECES = re.compile(r"(?:`[^`]*`|[^\s`]|`)+")
#: the pieces of one that has wide characters; what ends a clause stays with what is before it
WIDE = re.compile(
    r"[\u2e80-\uffef][，。、；：！？）」』]*|(?:`[^`]*`|[^\u2e80-\uffef])+[，。、；：！？）」』]*"
)
PUNCTUATION = "，。、；：！？（）「」『』"
#: what is marked in a line: code, strong words, links
MARKS = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\([^)]+\)")
FENCE = "```"
#: how the last line of an error begins
HELP = "   = help: "


def unmarked(text: str) -> str:
    """A text with only the marks that are read on a screen: no links, no bold."""
    return re.sub(r"\[([^\]]+)\]\([^)]+\)|\*\*([^*]+)\*\*", lambda found: found[1] or found[2], text)


class Page:
    """How wide help may be, and how it is coloured; `code` colours an input of a program."""

    def __init__(self, width: int, paint: Paint, code: Callable[[str], str] = str):
        self.width = max(width, 20)
        self.columns = min(self.width, WIDEST)  # lines of text
        self.paint = paint
        self.code = code

    @property
    def colored(self) -> bool:
        return bool(self.paint("", "message"))

    def text(self, text: str) -> list[str]:
        """A docstring: paragraphs, filled; examples and tables (`>>>` or an indentation) as they are."""
        lines: list[str] = []
        for block in text.split("\n\n"):
            if re.search(r"^(>>>|\s)", block, re.MULTILINE):
                lines += self.example(block.split("\n"))
            else:
                lines += self.filled(" ".join(block.split()))
            lines.append("")
        return lines[:-1]

    def markdown(self, text: str) -> list[str]:
        """A page of ours: headings, paragraphs, lists, tables, examples."""
        lines: list[str] = []
        for block in blocks(text):
            first = block[0]
            if first.startswith(FENCE):
                lines += self.example(block[1:-1])
            elif first.startswith("#"):
                lines += self.heading(" ".join(block).lstrip("# "))
            elif first.startswith("|"):
                lines += self.table(rows(block))
            elif first.startswith("- "):
                for item in re.split(r"\n(?=- )", "\n".join(block)):
                    start, *more = self.filled(joined(item[2:].split("\n")), 2)
                    lines += [f"- {start}", *(f"  {line}" for line in more)]
            else:
                lines += self.filled(joined(block))
            lines.append("")
        return lines[:-1]

    def heading(self, text: str) -> list[str]:
        """A name or signature; what does not fit goes on further in."""
        first, *rest = wrapped(text, self.columns) or [""]
        if rest:
            rest = ["    " + line for line in wrapped(" ".join(rest), self.columns - 4)]
        return [self.paint(line, "message") for line in (first, *rest)]

    def filled(self, text: str, indent: int = 0) -> list[str]:
        lines = wrapped(unmarked(text), self.columns - indent, "`" * self.colored) or [""]
        return [self.marked(line) for line in lines]

    def marked(self, line: str) -> str:
        """Code in colour instead of backticks, where there is colour."""
        if not self.colored:
            return line
        return MARKS.sub(lambda found: self.paint(found[1], "label") if found[1] else found[0], line)

    def example(self, lines: Sequence[str]) -> list[str]:
        """What is typed and what it prints."""
        return [
            self.paint(line[:4], "note") + self.code(line[4:])
            if line.startswith((">>> ", "... ", "$ "))
            else line
            for line in self.refilled(lines)
        ]

    def refilled(self, lines: Sequence[str]) -> Iterator[str]:
        """The same with the help of errors in lines that fit."""
        margin, at = " " * len(HELP), 0
        while at < len(lines):
            end = at + 1
            if lines[at].startswith(HELP):
                while end < len(lines) and lines[end].startswith(margin):
                    end += 1
            if end > at + 1 or (lines[at].startswith(HELP) and columns(lines[at]) > self.columns):
                text = " ".join(line[len(HELP) :] for line in lines[at:end])
                first, *rest = wrapped(text, self.columns - len(HELP))
                yield HELP + first
                yield from (margin + line for line in rest)
            else:
                yield from lines[at:end]
            at = end

    def table(self, rows: Sequence[tuple[str, str]]) -> list[str]:
        """Two columns; a text on the right that is too long is wrapped below itself, and where there is no
        room beside the left column it stands below that."""
        rows = [(left.replace("`", ""), right) for left, right in rows if left or right]
        size = max(columns(left) for left, _ in rows)
        beside = size + 4 if size <= self.columns // 2 else 8
        lines = []
        for left, right in rows:
            first, *rest = self.filled(right, beside)
            label = "  " + self.paint(left, "label") if left else "  "
            gap = beside - 2 - columns(left)
            if gap < 2 and right:
                lines.append(label)
                label, gap = "", beside
            lines.append((label + " " * gap + first).rstrip())
            lines += [" " * beside + line for line in rest]
        return lines


def blocks(text: str) -> Iterator[list[str]]:
    """The lines of each paragraph, list, table or example of a page."""
    block: list[str] = []
    fenced = False
    for line in text.split("\n"):
        if line.startswith("<!--"):
            continue
        if line.startswith(FENCE):
            fenced = not fenced
        if line.strip() or fenced:
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def joined(lines: Sequence[str]) -> str:
    """Lines as one: there is no blank between wide characters, nor beside their punctuation."""
    text = ""
    for line in map(str.strip, lines):
        ends = text[-1:], line[:1]
        apart = not (
            all(columns(end) == 2 for end in ends) or any(end and end in PUNCTUATION for end in ends)
        )
        text += " " * bool(text and apart) + line
    return text


def rows(block: Sequence[str]) -> list[tuple[str, str]]:
    """The rows of a table of two columns; its head, if it says anything, is the first."""
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block]
    kept = [row for i, row in enumerate(cells) if i != 1]
    return [(row[0], " ".join(row[1:])) for row in kept]


def wrapped(text: str, width: int, unseen: str = "") -> list[str]:
    """Lines of at most `width` columns. Between wide characters a line may end as it may between words.

    `unseen` is a sign that will not be on the screen.
    """
    lines: list[str] = []
    line, size = "", 0
    for gap, piece in _pieces(text):
        wide = columns(piece.replace(unseen, "") if unseen else piece)
        if line and size + len(gap) + wide > width:
            lines.append(line)
            line, size = piece, wide
        elif line:
            line, size = line + gap + piece, size + len(gap) + wide
        else:
            line, size = piece, wide
    return [*lines, line] if line else lines


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """(the blank before it, piece): what a line may not be broken within."""
    end = 0
    for found in PIECES.finditer(text):
        gap = " " if found.start() > end else ""
        end = found.end()
        if found[0].isascii():
            yield gap, found[0]
            continue
        for piece in WIDE.findall(found[0]):
            yield gap, piece
            gap = ""
