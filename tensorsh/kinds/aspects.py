"""What some aspects of a kind of value are made of: undo, printing, JSON, trees."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class Part(NamedTuple):
    """One thing that a kind of value is made of, for undo (`lang.undo.snapshot`).

    note(value, snapshot)   notes how the value is and tells the snapshot how to put it back; gives what it leads to
    replace(value, again)   puts what `again` gives in the place of what the value holds
    """

    note: Callable[[Any, Any], Iterable[Any]]
    replace: Callable[[Any, Any], None] | None = None


class Brackets(NamedTuple):
    """How the repr of a container is put together.

    entry     what stands before, between and after a key and its item; None: the keys are not shown
    between   what stands between two entries
    one       what stands after a single one
    spelled   whether the keys are names, which stand there as they are
    """

    opening: str
    closing: str
    entry: tuple[str, str, str] | None = None
    between: str = ", "
    one: str = ""
    spelled: bool = False


class Outline(NamedTuple):
    """How a value is drawn as a tree that has branches for what is in it.

    title     what it is: the name of its class
    note      its settings, which are less than its parts
    parts     what it holds by name: each is drawn as its kind says
    numbers   the tensors by name that are counted with it, on its own line; True for parameters
    """

    title: str
    note: str = ""
    parts: Iterable[tuple[str, Any]] = ()
    numbers: Iterable[tuple[str, Any, bool]] = ()


class Json(NamedTuple):
    """A value as an object of JSON with `type` and `value`.

    value(value, item)   what JSON has for it, `item` turns what is inside; None: the value itself. Arrays are
                         turned into lists of numbers afterwards
    title                its type; None: the name of the class
    bare                 inside of others, `value` alone says what it is
    whole                `value` gives the entries of the object beside its type
    """

    value: Callable[[Any, Callable[[Any], Any]], Any] | None = None
    title: str | None = None
    bare: bool = False
    whole: bool = False


class Tree(NamedTuple):
    """How a value is walked as a tree, PyTorch's pytree.

    parts(value)             (what is kept of it beside its children, its children)
    make(kind, kept, parts)  a value of the class `kind` of these
    name(kind, kept)         both in PyTorch's words, as messages show them; None: the class and what is kept
    """

    parts: Callable[[Any], tuple[Any, Iterable[Any]]]
    make: Callable[[type, Any, list[Any]], Any]
    name: Callable[[type, Any], tuple[str, str]] | None = None
