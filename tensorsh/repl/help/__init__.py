"""`:help`, `name?`, `tensorsh help` and `help()` of programs: where each looks, and what it shows.

A name is looked for among commands (`:save`), variables, statements, topics, operations and everything else that
programs find, error codes and families of operations. All that fits is shown. Texts are in `en/` (`texts`), how
they are laid out says `page`; what is derived (operations, classes, errors) is in `values`, `variables`, `errors`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...engine.records.op import registry
from ...engine.values.tensor import Tensor
from ...errors import TensorshError, UsageError
from ...lang.names.namespace import did_you_mean
from ...render.paint import painter
from ...services.scan import KEYWORDS, SOFT_KEYWORDS, place
from ...services.signatures import UNKNOWN, method, resolve
from ...session import Session
from .errors import code_page, codes, find_codes
from .families import FAMILIES, members
from .page import Page
from .texts import find_topic, language, plain, said, sections, topics
from .values import described
from .variables import shortened, table_of_variables, variable

if TYPE_CHECKING:
    from ..commands import Command

START = """\
Numbers in brackets are a tensor: `x = [1., 2.]`. Everything PyTorch has keeps its name: `x.sum()`,
`torch.tanh(x)`, `F.relu(x)`. `param w = …`, `backward y`, `grad w`, `grad y wrt x`, `explain y wrt x`.
New here? `:tutorial` takes ten short steps. `name?` tells all about a name, `:apropos word` searches."""
OUTSIDE = """\
`tensorsh help NAME` shows a page about a topic, an operation (`softmax`), a class (`nn.Linear`), a command of the
shell (`:save`) or an error code (`matmul-shape`); in the shell `:help NAME` or `NAME?`, in programs `help(softmax)`."""
KEYS = (
    ("Tab", "complete"),
    ("Enter", "run, or go on where more is to come; an empty line ends a block"),
    ("Alt-Enter", "run as it is"),
    ("Up, Ctrl-R", "earlier inputs, search in them"),
    ("Ctrl-C", "clear the input; interrupt what runs"),
    ("Ctrl-X Ctrl-E", "edit the input in $EDITOR"),
    ("Ctrl-D", "leave"),
)


def overview(commands: Mapping[str, Command], page: Page) -> str:
    """`:help` alone; without commands, what `tensorsh help` shows outside of the shell."""
    tongue = language()
    lines = page.filled(said(" ".join((START if commands else OUTSIDE).split()), tongue))
    lines += ["", *page.heading(said("Topics", tongue) + "  (:help broadcasting)" * bool(commands))]
    lines += page.table([(each.name, each.summary) for each in topics(tongue).values()])
    statements = dict.fromkeys(sections("statements.md", tongue))
    lines += [
        "",
        *page.heading(said("Statements", tongue)),
        *("  " + line for line in page.filled(" ".join(statements), 2)),
    ]
    lines += ["", *page.heading(said("Operations by family", tongue) + "  (:help linear-algebra)")]
    lines += page.table([(name, said(FAMILIES[name][0], tongue)) for name in members()])
    if commands:
        rows = [
            *((each.usage, each.summary) for each in commands.values()),
            ("name?", "the same as :help name"),
        ]
        for title, told in (("Commands", rows), ("Keys", KEYS)):
            lines += ["", *page.heading(said(title, tongue))]
            lines += page.table([(left, said(right, tongue)) for left, right in told])
    return "\n".join(lines)


def about(session: Session, name: str, page: Page, commands: Mapping[str, Command] | None = None) -> str:
    """`:help NAME`: all that there is of this name; TensorshError with a near name if there is nothing."""
    found = [text for text in _all_about(session, name, page, commands or {}) if text]
    if found:
        return "\n\n".join(found)
    known = {
        *session.names(),
        *session.builtin_names(),
        *KEYWORDS,
        *SOFT_KEYWORDS,
        *(each for each, _ in pages()),
    }
    raise TensorshError(
        f"there is no help on '{name}'",
        kind="name",
        error_class="NameError",
        help=did_you_mean(name, known) or "`:apropos word` searches all there is",
    )


def outside(name: str, columns: int, color: bool) -> str:
    """`tensorsh help NAME`; UsageError if there is nothing of this name."""
    from ..commands import ALL
    from ..highlight import colored

    session = Session()
    page = Page(columns, painter(color), (lambda text: colored(session, text)) if color else str)
    if not name:
        return overview({}, page)
    try:
        with session.active():
            return about(session, name, page, ALL)
    except TensorshError as error:
        raise UsageError(
            error.message, help=error.help and error.help.replace(":apropos", "in the shell :apropos")
        ) from None


def of_value(session: Session, value: Any = None) -> str:
    """`help(value)` in a program, as it is printed. A text is the name of a page or operation."""
    page = Page(80, painter(False))
    if value is None:
        return overview({}, page)
    if isinstance(value, str):
        try:
            return about(session, value, page)
        except TensorshError as error:
            return error.message
    if type(value).__module__.startswith(("torch.nn", "torch.optim", "__main__")) and not hasattr(
        value, "__name__"
    ):
        value = type(value)  # an instance: what its class says
    name = str(getattr(value, "__name__", type(value).__name__))
    text = described(value, name, page, language(), own=session.source_of(value) is not None)
    return variable(name, value, page) if text is None else text


def pages() -> list[tuple[str, str]]:
    """(name, what it is about) of every page: topics, statements, families of operations, error codes."""
    tongue = language()
    found = [(each.name, each.summary) for each in topics(tongue).values()]
    found += [(name, "statement") for name in sections("statements.md", tongue)]
    found += [(name, "operations") for name in FAMILIES if name not in topics(tongue)]
    return found + [(code.name, "error") for code in codes(tongue)]


def _all_about(
    session: Session, name: str, page: Page, commands: Mapping[str, Command]
) -> Iterator[str | None]:
    tongue = language()
    if name.startswith(":"):
        yield about_command(name, commands, page)
        return
    if name.startswith(("error[", "error ", "warning[")):
        yield from (code_page(code, page, tongue) for code in find_codes(name, tongue))
        return
    yield written(name, page, tongue, name in session)
    value = value_of(session, name)
    text = None if value is UNKNOWN else described(value, name, page, tongue, own=name in session)
    if text is None and name in session:
        text = variable(name, session[name], page)
    elif text is None and value is not UNKNOWN:
        text = variable(name, value, page)
    elif text is None:
        text = _attribute(name, page)
    yield text
    if text is None and name in KEYWORDS and name not in sections("statements.md", tongue):
        yield f"`{name}` is a keyword, as in Python."
    errors = find_codes(name, tongue)
    if errors and (text is not None or find_topic(name, tongue)):
        yield page.marked(f"{said('There is an error of this name, too:', tongue)} `:help error {name}`")
    else:
        yield from (code_page(code, page, tongue) for code in errors)
    yield family(name, page, short=find_topic(name, tongue) is not None)


def written(name: str, page: Page, tongue: str, taken: bool = False) -> str | None:
    """The statement or topic of this name; a statement's is not meant where the name is `taken` by a variable."""
    statements = sections("statements.md", tongue)
    if name in statements and not taken:
        return "\n".join(page.markdown(statements[name].replace(">>> ", "")))
    topic = find_topic(name, tongue)
    if topic is None:
        return None
    return "\n".join([*page.heading(topic.title), "", *page.markdown(topic.text)])


def about_command(name: str, commands: Mapping[str, Command], page: Page) -> str | None:
    """`:help :save`."""
    found = commands.get(name.lstrip(":").strip())
    if found is None:
        return None
    names = [f":{each}" for each, command in commands.items() if command is found and each != found.name]
    summary = said(found.summary, language())
    summary = summary[0].upper() + summary[1:] + ("." if summary.isascii() else "。")
    lines = [*page.heading(found.usage), "", *page.filled(summary)]
    doc = inspect.getdoc(found.run)
    lines += ["", *page.text(doc)] if doc else []
    lines += ["", *page.table([("also", ", ".join(names))])] if names else []
    return "\n".join(lines)


def family(name: str, page: Page, short: bool = False) -> str | None:
    """`:help linear-algebra`: the operations of a family, each with the first line of its help unless `short`."""
    wanted = plain(name)
    tongue = language()
    titles = {key: (key, plain(FAMILIES[key][0]), plain(said(FAMILIES[key][0], tongue))) for key in FAMILIES}
    key = next((key for key in FAMILIES if wanted in titles[key]), None)
    if key is None:
        return None
    names = members()[key]
    if short:
        listed = page.filled(" ".join(map(spelled, names)), 2)
        title = page.heading(said("Operations", language()))
        return "\n".join([*title, *("  " + line for line in listed)])
    title = page.heading(said(FAMILIES[key][0], language()))
    return "\n".join([*title, "", *page.table(list(first_lines(names)))])


def first_lines(names: list[str]) -> Iterator[tuple[str, str]]:
    """(name, the first line of its help) of operations."""
    for name in names:
        record = registry.get(name)
        if record is None:
            continue
        first = (getattr(record, "doc", None) or inspect.getdoc(record) or "").strip().split("\n")[0]
        yield spelled(name), first


def spelled(name: str) -> str:
    """An operation as programs write it: a method after a dot, functions of `nn.functional` by their bare names."""
    if name.startswith("Tensor."):
        return f"x.{name.removeprefix('Tensor.')}"
    bare = name.removeprefix("nn.functional.")
    return name if bare in registry.names() else bare


def value_of(session: Session, name: str) -> Any:
    """What the name stands for; a name that only methods have is the method."""
    if not all(part.isidentifier() for part in name.split(".")):
        return UNKNOWN
    chain = place(name + ".").receiver
    value = resolve(session, chain)
    if value is UNKNOWN and chain and (len(chain) == 1 or chain[0] == "Tensor" or chain[0] in session):
        value = method(chain[-1] or "")
    return value


def _attribute(name: str, page: Page) -> str | None:
    last = name.rpartition(".")[2]
    if last not in Tensor.public:
        return None
    doc = inspect.getdoc(getattr(Tensor, last, None))
    return "\n".join([*page.heading(f"{last}: an attribute of tensors"), *(["", doc] if doc else [])])


__all__ = [
    "about", "about_command", "of_value", "outside", "overview", "pages", "shortened", "table_of_variables",
    "value_of", "variable", "written",
]  # fmt: skip
