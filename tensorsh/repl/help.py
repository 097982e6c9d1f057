"""`:help` and `:vars` as text: about operations (from their records), variables, statements, the shell."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from ..engine.columns import columns_of
from ..engine.dtype import DType
from ..engine.op import Op, registry
from ..engine.tensor import Tensor
from ..errors import TensorshError
from ..lang.host import Dual
from ..lang.namespace import Namespace, TypeName, did_you_mean
from ..lang.places import describe
from ..render.derivatives import formulas
from ..render.paint import Paint
from ..session import Session
from ..text.printing import texts
from .lookup import UNKNOWN, method, resolve, signature, variables
from .scan import KEYWORDS, SOFT_KEYWORDS, place

if TYPE_CHECKING:
    from .commands import Command

#: what tensorsh has that is neither an operation nor Python's: forms, and what they mean
TOPICS = {
    "backward": (
        "backward y\nbackward y with [1., 0.1]\nbackward y retain        # or: create",
        "Add the gradient of y to the leaves it was computed from. `with` weights the elements of a y that "
        "is not one number; `retain` keeps the graph for a second time, `create` records the gradient too.",
    ),
    "grad": (
        "grad w\ngrad y wrt x\ngrad y wrt (w, b)",
        "The gradient accumulated in w; or dy/dx, which accumulates nothing. A part of any expression: "
        "w -= 0.1 * grad w.",
    ),
    "wrt": ("grad y wrt x\nexplain y wrt x", "With respect to: names what the derivative is taken by."),
    "graph": (
        'graph y\ngraph y --grads\ngraph y to "y.svg"        # or: .html .dot .png',
        "The computation graph of y: leaves, operations, shapes, what each saved, the line that asked for it. "
        "`--grads` adds the gradients that leaves have. `to` draws it into a file; in an .html page, pointing at "
        "a box shows its value and gradient.",
    ),
    "explain": (
        "explain y\nexplain y wrt x",
        "The chain rule, line by line, for each leaf or those named: the values on the way, then the gradients, "
        "each line as code that can be run.",
    ),
    "param": (
        "param w = randn(3)\nparam w: float32[d, 1] = randn(d, 1)",
        "A leaf with requires_grad: backward fills its .grad.",
    ),
    "as": ("x as float16\n(x @ w) as float64 on meta", "A conversion of dtype, device or both."),
    "on": (
        "randn(2, 3) on meta\nx: float32[2, 3] on cpu = …",
        "Where a tensor is: cpu, or meta (shapes without values).",
    ),
    "import": ('import "other.tsh"', "Run another file once; its names land here."),
}
TOPICS["retain"] = TOPICS["create"] = TOPICS["backward"]

WIDEST = 100


class Page:
    """How wide help may be, and how it is coloured."""

    def __init__(self, columns: int, paint: Paint):
        self.width = max(columns, 20)
        self.columns = min(self.width, WIDEST)  # lines of text
        self.paint = paint

    def text(self, text: str) -> list[str]:
        """Paragraphs, filled; examples and tables (lines with `>>>` or an indentation) as they are."""
        lines: list[str] = []
        for block in text.split("\n\n"):
            kept = re.search(r"^(>>>|\s)", block, re.MULTILINE)
            lines += block.split("\n") if kept else self.filled(" ".join(block.split()))
            lines.append("")
        return lines[:-1]

    def heading(self, text: str) -> list[str]:
        """A name or signature; what does not fit goes on further in."""
        lines = wrap(text, self.columns, subsequent_indent="    ", break_on_hyphens=False)
        return [self.paint(line, "message") for line in lines]

    def filled(self, text: str) -> list[str]:
        return wrap(text, self.columns, break_on_hyphens=False) or [""]

    def table(self, rows: Sequence[tuple[str, str]]) -> list[str]:
        """Two columns; a text on the right that is too long is wrapped below itself."""
        size = max(len(left) for left, _ in rows)
        lines = []
        for left, right in rows:
            first, *rest = wrap(right, max(self.columns - size - 4, 20)) or [""]
            lines.append(f"  {self.paint(left.ljust(size), 'label')}  {first}".rstrip())
            lines += [" " * (size + 4) + line for line in rest]
        return lines


START = """\
Numbers in brackets are a tensor: `x = [1., 2.]`. Everything PyTorch has keeps its name: `x.sum()`,
`torch.tanh(x)`, `F.relu(x)`. `param w = …`, `backward y`, `grad w`, `grad y wrt x`, `explain y wrt x`."""
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
    """`:help` alone."""
    rows = [(each.usage, each.summary) for each in commands.values()]
    rows += [("name?", "the same as :help name")]
    return "\n".join([*page.text(START), "", *page.table(rows), "", *page.table(KEYS)])


def about(session: Session, name: str, page: Page) -> str:
    """`:help NAME`; TensorshError with a near name."""
    parts = []
    value = _value(session, name)
    if name in TOPICS and name not in session:
        forms, text = TOPICS[name]
        parts.append(
            "\n".join([*(page.paint(form, "message") for form in forms.split("\n")), "", *page.filled(text)])
        )
    if value is not UNKNOWN:
        parts.append(_described(session, name, value, page))
    elif name in KEYWORDS and name not in TOPICS:
        parts.append(f"`{name}` is a keyword, as in Python.")
    if parts:
        return "\n\n".join(parts)
    if name in session:
        return variable(name, session[name], page)
    last = name.rpartition(".")[2]
    if last in Tensor.public:
        doc = inspect.getdoc(getattr(Tensor, last, None))
        return "\n".join([*page.heading(f"{last}: an attribute of tensors"), *(["", doc] if doc else [])])
    known = {*session.names(), *session.builtin_names(), *KEYWORDS, *SOFT_KEYWORDS}
    raise TensorshError(
        f"there is no help on '{name}'", kind="name", error_class="NameError", help=did_you_mean(name, known)
    )


def _value(session: Session, name: str) -> Any:
    """What the name stands for; a name that only methods have is the method."""
    chain = place(name + ".").receiver
    value = resolve(session, chain)
    if value is UNKNOWN and chain and (len(chain) == 1 or chain[0] == "Tensor" or chain[0] in session):
        value = method(chain[-1] or "")
    return value


def _described(session: Session, name: str, value: Any, page: Page) -> str:
    if isinstance(value, Dual):
        value = value.op
    record = getattr(value, "__func__", value)
    if isinstance(record, Op):
        return operation(record, name.rpartition(".")[2], page)
    if isinstance(value, Namespace):
        inside = ", ".join(sorted(value.names(), key=str.lower))
        return "\n".join([page.paint(value.__name__, "message"), "", *page.filled(inside)])
    if isinstance(value, DType):
        return f"{page.paint(repr(value), 'message')}: {value.bits} bits"
    if isinstance(value, TypeName):
        return f"{page.paint(value.title, 'message')}: a type"
    if not callable(value) or (name in session and not hasattr(value, "__name__")):
        return variable(name, value, page)
    last = name.rpartition(".")[2]
    called = signature(value, last, bound=value is method(last))
    lines = page.heading(str(called) if called else name)
    doc = _doc(value)
    if doc:
        lines += ["", *page.text(doc)]
    elif name in session:
        lines += ["", "a function of this session"]
    return "\n".join(lines)


def _doc(value: Any) -> str | None:
    """What a function says about itself; an object that can be called says it in its `__call__`."""
    of_itself = hasattr(value, "__code__") or isinstance(value, type) or inspect.isbuiltin(value)
    return inspect.getdoc(value if of_itself else type(value).__call__)


def operation(record: Op, name: str, page: Page) -> str:
    """All that an operation's record says."""
    called = signature(record, name)
    lines = page.heading(str(called))
    if record.doc:
        lines += ["", *page.text(record.doc)]
    facts = [("names", _spellings(record))]
    gradient = _gradient(record)
    if gradient:
        facts.append(("gradient", gradient))
    known = formulas(getattr(record, "of", record)) if gradient else None
    if known is not None:
        facts.append(("", f"of {known.call}, grad being the gradient of the output:"))
        facts += [(f"d {name}", formula) for name, formula in known.by.items()]
    return "\n".join([*lines, "", *page.table(facts)])


def _spellings(record: Op) -> str:
    names = list(record.names)
    found = [f"x.{n.removeprefix('Tensor.')}" if n.startswith("Tensor.") else n for n in names]
    for n in names:
        method = n.removeprefix("Tensor.")
        if n.startswith("Tensor.") and f"Tensor.{method}_" in registry:
            found.append(f"x.{method}_")
    return ", ".join(dict.fromkeys(found))


def _gradient(record: Op) -> str:
    """Which inputs have a derivative, and the name of the backward node."""
    node = record.grad_fn if isinstance(record.grad_fn, str) else ""
    of = getattr(record, "of", record)
    if record.nondifferentiable:
        return "none: it is constant or has no derivative"
    if of.derivatives:
        inputs = [of.schema.parameters[i].name for i in sorted(of.derivatives)]
        return ", ".join(inputs) + (f"; grad_fn {node}" if node and of is record else "")
    if of.factory or not (of.tensors or of.lists):
        return ""
    return "through the operations it is made of" if of.body is not None else "not declared"


# ------------------------------------------------------------------ variables


def variable(name: str, value: Any, page: Page) -> str:
    """`x?`: everything about a value but its elements."""
    if not isinstance(value, Tensor):
        text = shortened(texts.repr(value), 500)
        return f"{page.paint(name, 'message')}: {describe(value)}\n{text}"
    size = value.spec.numel * value.dtype.itemsize
    facts = [
        ("dtype", value.dtype.name),
        ("shape", str(list(value.shape))),
        ("device", str(value.device)),
        ("size", f"{value.spec.numel} elements, {size} bytes"),
        ("requires_grad", str(value.requires_grad)),
    ]
    if value.grad_fn is not None:
        facts.append(("grad_fn", value.grad_fn.name()))
    if value.requires_grad and value.is_leaf:
        facts.append(("grad", "none yet" if value.grad_slot is None else describe(value.grad_slot)))
    return "\n".join([f"{page.paint(name, 'message')}: tensor", *page.table(facts)])


def table_of_variables(session: Session, page: Page) -> str:
    """`:vars`: a row for each variable."""
    rows = [(name, *_row(session[name])) for name in variables(session)]
    if not rows:
        return "no variables"
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = []
    for row in rows:
        cells = [cell.ljust(size) for cell, size in zip(row, widths, strict=True)]
        plain = "  ".join(cells).rstrip()
        plain = shortened(plain, page.width)
        lines.append(page.paint(plain[: len(row[0])], "message") + plain[len(row[0]) :])
    return "\n".join(lines)


def _row(value: Any) -> tuple[str, str]:
    """(what it is, what else is to know)."""
    if not isinstance(value, Tensor):
        if isinstance(value, bool | int | float | complex):
            return type(value).__name__, texts.repr(value)
        if callable(value) and hasattr(value, "__name__"):
            called = signature(value, value.__name__)
            return "function", str(called or value.__name__)
        return describe(value), shortened(re.sub(r"\s+", " ", texts.repr(value)), 60)
    notes = []
    if value.grad_fn is not None:
        notes.append(value.grad_fn.name())
    elif value.requires_grad:
        notes.append("requires_grad, " + ("no grad yet" if value.grad_slot is None else "has grad"))
    if (columns := columns_of(value)) is not None:
        notes.append(shortened(", ".join(columns.names), 60))
    return describe(value), "  ".join(notes)


def shortened(text: str, length: int) -> str:
    """At most `length` characters."""
    return text if len(text) <= length else text[: length - 1] + "…"
