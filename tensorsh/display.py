"""One displayed value in one of the formats: `pretty`, `torch`, `json`, `csv`, `npy`."""

from __future__ import annotations

from typing import Any

from .engine.explain.explanation import Explanation
from .lang.run.queries import Graph
from .text.printing import texts


def text(
    value: Any, name: str | None, format: str, *, color: bool, width: int, encoding: str | None = "utf-8"
) -> str:
    """The value as text, without a newline at its end unless the format has one.

    `encoding` is that of the screen: where it has no lines and dots, `pretty` and charts do without.
    """
    if isinstance(value, Graph | Explanation):
        if format == "json":
            import json

            return json.dumps({"type": type(value).__name__.lower(), "value": answer(value)})
        from .render.screen import can_show
        from .streams import IN_ASCII

        told = answer(value, width)
        return told if told.isascii() or can_show(encoding) else told.translate(IN_ASCII)
    if type(value).__module__ == "tensorsh.train.charts" and format not in ("json", "csv"):
        from .render.chart import chart_text
        from .render.screen import can_show

        return chart_text(value, color=color, width=width, ascii=not can_show(encoding))
    if format == "json":
        from .render.machine import json_line

        return json_line(name, value)
    if format == "csv":
        from .render.machine import csv_text

        return csv_text(value)

    if format == "pretty":
        from .render.pretty import pretty_text
        from .render.screen import ASCII, UNICODE, can_show

        marks = UNICODE if can_show(encoding) else ASCII
        return pretty_text(value, name, color=color, width=width, options=texts.options(), marks=marks)
    return texts.repr(value)


def answer(value: Graph | Explanation, width: int | None = None) -> str:
    """What `graph` or `explain` has to say."""
    if isinstance(value, Graph):
        from .render.graph import graph_text

        return graph_text(value.rows, value.gradients, width)
    from .render.explain import explain_text

    return explain_text(value, texts.repr, width)


def binary(value: Any) -> bytes:
    """The value as the bytes of an `.npy` file."""
    from .render.machine import npy_bytes

    return npy_bytes(value)
