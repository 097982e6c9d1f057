"""All there is to say about a value that can be called or looked into: operations, functions, classes, namespaces."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

from ...engine.core.dtype import DType
from ...engine.records.op import Op, registry
from ...engine.records.schema import Parameter
from ...lang.names.host import Dual
from ...lang.names.namespace import Namespace, TypeName
from ...numpy_docs import load
from ...render.derivatives import formulas
from ...services.signatures import Signature, method, signature
from .page import Page
from .texts import tables


def described(value: Any, name: str, page: Page, language: str, own: bool = False) -> str | None:
    """What a value is, under the name it was asked for by; None if that is only its value.

    `own`: it is a variable of a program.
    """
    if isinstance(value, Dual):
        value = value.op
    last = name.rpartition(".")[2]
    record = getattr(value, "__func__", value)
    if isinstance(record, Op):
        return operation(record, last, page, language)
    if isinstance(value, Namespace | ModuleType):
        names = value.names() if isinstance(value, Namespace) else dir(value)
        inside = ", ".join(sorted((each for each in names if not each.startswith("_")), key=str.lower))
        return "\n".join([*page.heading(value.__name__), "", *page.filled(inside)])
    if isinstance(value, DType):
        return f"{page.paint(repr(value), 'message')}: {value.bits} bits"
    if isinstance(value, TypeName):
        return f"{page.paint(value.title, 'message')}: a type"
    if not callable(value) or (own and not hasattr(value, "__name__")):
        return None
    called = signature(value, last, bound=value is method(last))
    return "\n".join(
        [*page.heading(str(called) if called else name), *_told(name, value, called, page, language, own)]
    )


def _told(name: str, value: Any, called: Signature | None, page: Page, language: str, own: bool) -> list[str]:
    """What a function or class says of itself, its arguments, what can be done with what it makes."""
    lines = []
    doc = documentation(value)
    if doc:
        lines += ["", *page.text(doc)]
    elif own:
        kind = "class" if isinstance(value, type) else "function"
        lines += [
            "",
            *page.filled(f"A {kind} without a docstring; in the shell `{name}??` shows its source."),
        ]
    ours = str(getattr(value, "__module__", "")).startswith(("torch", "tensorsh")) and not own
    about = arguments(called, getattr(value, "__name__", ""), language) if ours else []
    if about:
        lines += ["", *page.table(about)]
    if isinstance(value, type):
        bases = [base.__name__ for base in value.__mro__[1:-1]]
        inside = [
            each for each in vars(value) if not each.startswith("_") and callable(getattr(value, each, None))
        ]
        facts = [("class", "built on " + ", ".join(bases))] if bases else []
        facts += [("methods", ", ".join(inside))] if inside else []
        lines += ["", *page.table(facts)] if facts else []
    return lines


def documentation(value: Any) -> str | None:
    """What a function says about itself; an object that can be called says it in its `__call__`."""
    load()
    of_itself = hasattr(value, "__code__") or isinstance(value, type) or inspect.isbuiltin(value)
    if isinstance(value, type):
        inherited = [base.__doc__ for base in value.__mro__[1:]]
        return None if value.__doc__ in (None, *inherited) else inspect.getdoc(value)
    return inspect.getdoc(value if of_itself else type(value).__call__)


def arguments(called: Signature | None, name: str, language: str) -> list[tuple[str, str]]:
    """A row for each parameter of a function or layer, where something is known of one."""
    if called is None:
        return []
    found = [(text, meaning(name, parameter, language)) for parameter, text in called.parameters if parameter]
    return found if any(right for _, right in found) else []


def meaning(name: str, parameter: str, language: str) -> str:
    """What a parameter of an operation or layer is, as far as it is written down."""
    known = tables("arguments.md", language)
    for section in (name, name.rpartition(".")[2], "any"):
        if parameter in known.get(section, {}):
            return known[section][parameter]
    return ""


# ------------------------------------------------------------------ operations


def operation(record: Op, name: str, page: Page, language: str) -> str:
    """All that an operation's record says."""
    lines = page.heading(str(signature(record, name)))
    if record.doc:
        lines += ["", *page.text(record.doc)]
    if record.schema.parameters:
        lines += ["", *page.table([_argument(record, p, language) for p in record.schema.parameters])]
    facts = [("names", _spellings(record))]
    gradient = _gradient(record)
    if gradient:
        facts.append(("gradient", gradient))
    known = formulas(getattr(record, "of", record)) if gradient else None
    if known is not None:
        facts.append(("", f"of {known.call}, grad being the gradient of the output:"))
        facts += [(f"d {name}", formula) for name, formula in known.by.items()]
    return "\n".join([*lines, "", *page.table(facts)])


def _argument(record: Op, p: Parameter, language: str) -> tuple[str, str]:
    """How a parameter is written, and: what it takes, what it is for."""
    kinds = tables("arguments.md", language)["kinds"]
    text = kinds.get(p.type, "")
    if p.optional and text:
        text += kinds["?"]
    told = meaning(record.name, p.name, language)
    return f"*{p}" if p.varargs else str(p), ": ".join(part for part in (text, told) if part)


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
