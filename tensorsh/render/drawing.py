"""A computation graph as a picture: `.svg`, `.dot`, `.html` (where hovering shows values), `.png`."""

from __future__ import annotations

import os
from html import escape

from ..engine.explain.graph_rows import Row
from ..errors import DataError
from ..io import files
from .graph import folded
from .layered import Layout, layered

#: a picture of more boxes than this shows both ends of the graph
MOST_BOXES = 300

WIDE, GAP, BETWEEN, MARGIN = 7.2, 24, 34, 16

STYLE = """
svg { font: 12px ui-monospace, Menlo, Consolas, monospace; }
rect { fill: #f6f8fa; stroke: #8c959f; rx: 6px; }
.leaf rect { fill: #ddf4ff; stroke: #0969da; }
.root rect { fill: #fff8c5; stroke: #9a6700; }
.name { font-weight: bold; fill: #1f2328; }
.spec { fill: #57606a; }
path { fill: none; stroke: #8c959f; stroke-width: 1.2; }
@media (prefers-color-scheme: dark) {
  rect { fill: #21262d; stroke: #6e7681; } .leaf rect { fill: #0c2d6b; stroke: #58a6ff; }
  .root rect { fill: #3b2e00; stroke: #d29922; } .name { fill: #e6edf3; } .spec { fill: #9198a1; }
}
"""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ margin: 1em; font: 14px system-ui, sans-serif; background: #fff; color: #1f2328; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #0d1117; color: #e6edf3; }} }}
#about {{ position: fixed; display: none; max-width: 60em; padding: .6em .8em; border: 1px solid #8c959f;
  border-radius: 6px; background: Canvas; color: CanvasText; white-space: pre; pointer-events: none;
  font: 12px ui-monospace, Menlo, Consolas, monospace; box-shadow: 0 2px 8px #0004; }}
g.box {{ cursor: help; }} g.box:hover rect, g.box:focus rect {{ stroke-width: 2.5; }}
</style></head><body>
{svg}
<div id="about" role="tooltip"></div>
<script>
const about = document.getElementById("about");
function show(box, x, y) {{
  about.textContent = box.dataset.about;
  about.style.display = "block";
  about.style.left = Math.max(8, Math.min(x + 14, innerWidth - about.offsetWidth - 8)) + "px";
  about.style.top = Math.max(8, Math.min(y + 14, innerHeight - about.offsetHeight - 8)) + "px";
}}
for (const box of document.querySelectorAll("g.box")) {{
  box.addEventListener("mousemove", event => show(box, event.clientX, event.clientY));
  box.addEventListener("focus", () => {{ const r = box.getBoundingClientRect(); show(box, r.right, r.top); }});
  for (const end of ["mouseleave", "blur"]) box.addEventListener(end, () => {{ about.style.display = "none"; }});
}}
</script></body></html>
"""


def draw(rows: list[Row], path: str) -> None:
    """Draw a graph into a file, all or nothing."""
    content = drawn(rows, os.path.splitext(path)[1].lower())
    files.replace(path, lambda stream: stream.write(content))


def drawn(rows: list[Row], kind: str) -> bytes:
    """The picture as the bytes of a file; `kind` is its suffix."""
    rows = folded(rows, MOST_BOXES)
    match kind:
        case ".dot" | ".gv":
            return dot(rows).encode()
        case ".svg":
            return svg(rows, alone=True).encode()
        case ".html" | ".htm":
            return PAGE.format(title=escape(f"graph of {rows[-1].name}"), svg=svg(rows)).encode()
        case ".png":
            return png(rows)
    raise DataError(
        f"a graph cannot be drawn into a {kind or 'file without a suffix'}",
        code="graph-format",
        help="the file's name says what is drawn: .svg .html .dot .png",
    )


def dot(rows: list[Row]) -> str:
    """Graphviz's language."""
    number = {id(row): i for i, row in enumerate(rows)}
    lines = ["digraph {", '  node [shape=box, style=rounded, fontname="monospace"]']
    for i, row in enumerate(rows):
        label = "\\n".join(part.replace("\\", "\\\\").replace('"', '\\"') for part in said(row))
        lines.append(f'  n{i} [label="{label}"{", style=filled" if row.is_leaf else ""}]')
    lines += [
        f"  n{number[id(each)]} -> n{i}" for i, row in enumerate(rows) for each in dict.fromkeys(row.inputs)
    ]
    return "\n".join([*lines, "}", ""])


def about(row: Row) -> str:
    """What is said of a box that is pointed at: the operation, its place, what it saved, value and gradient."""
    from ..text.printing import texts

    lines = [
        f"{row.name} = {row.operation}" if row.name and not row.is_leaf else f"{row.name}: leaf",
        row.spec,
    ]
    lines += [part for part in (row.line, row.saved) if part]
    t = row.tensor
    if t is not None and not t.is_meta:
        lines += ["", *clipped(texts.repr(t.detach()))]
        if t.is_leaf or t.retains:
            g = t.grad_slot
            lines += ["", *(["no gradient yet"] if g is None else ["grad", *clipped(texts.repr(g))])]
    return "\n".join(lines)


def clipped(text: str) -> list[str]:
    lines = text.splitlines()
    return lines if len(lines) <= 14 else [*lines[:12], "…", lines[-1]]


def said(row: Row) -> list[str]:
    """What stands in a box."""
    operation = row.operation.partition("(")[0]
    return [part for part in (row.name if row.name[:1] != "%" else "", operation, row.spec) if part]


def placed(rows: list[Row]) -> Layout:
    number = {id(row): i for i, row in enumerate(rows)}
    edges = [(number[id(each)], i) for i, row in enumerate(rows) for each in dict.fromkeys(row.inputs)]
    widths = [max(map(len, said(row)), default=1) * WIDE + 16 for row in rows]
    return layered(widths, edges, GAP)


def heights(rows: list[Row], layout: Layout) -> list[float]:
    """Where each layer begins, and where the last ends."""
    tops = [float(MARGIN)]
    for layer in range(layout.layers):
        lines = max(
            (len(said(r)) for r, b in zip(rows, layout.boxes, strict=True) if b.layer == layer), default=1
        )
        tops.append(tops[-1] + 10 + 15 * lines + BETWEEN)
    return tops


def svg(rows: list[Row], alone: bool = False) -> str:
    """The drawing; `alone` with a style of its own and titles instead of data for a script."""
    layout = placed(rows)
    tops = heights(rows, layout)
    width, height = layout.width + 2 * MARGIN, tops[-1] - BETWEEN + MARGIN
    high = [tops[i + 1] - tops[i] - BETWEEN for i in range(layout.layers)]
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', f"<style>{STYLE}</style>"]
    for way in layout.edges:
        points = []
        for i, box in enumerate(way):
            top, bottom = tops[box.layer], tops[box.layer] + high[box.layer]
            points += (
                [(box.x, top), (box.x, bottom)] if 0 < i < len(way) - 1 else [(box.x, top if i else bottom)]
            )
        parts.append(f'<path d="{_curve(points)}"/>')
    for i, (row, box) in enumerate(zip(rows, layout.boxes, strict=True)):
        top = tops[box.layer]
        lines = said(row)
        kind = "leaf" if row.is_leaf else "root" if i == len(rows) - 1 else "operation"
        told = escape(about(row), quote=True)
        data = "" if alone else f' tabindex="0" data-about="{told}"'
        parts.append(f'<g class="box {kind}"{data}>' + (f"<title>{told}</title>" if alone else ""))
        parts.append(
            f'<rect x="{box.x - box.width / 2 + MARGIN:.1f}" y="{top:.1f}" width="{box.width:.1f}" '
            f'height="{high[box.layer]:.1f}"/>'
        )
        for k, line in enumerate(lines):
            y = top + high[box.layer] / 2 + 15 * (k - (len(lines) - 1) / 2) + 4
            style = "name" if k == 0 else "spec"
            parts.append(
                f'<text class="{style}" x="{box.x + MARGIN:.1f}" y="{y:.1f}" text-anchor="middle">{escape(line)}</text>'
            )
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _curve(points: list[tuple[float, float]]) -> str:
    x, y = points[0]
    text = f"M{x + MARGIN:.1f} {y:.1f}"
    for nx, ny in points[1:]:
        middle = (y + ny) / 2
        text += f" C{x + MARGIN:.1f} {middle:.1f} {nx + MARGIN:.1f} {middle:.1f} {nx + MARGIN:.1f} {ny:.1f}"
        x, y = nx, ny
    return text


def png(rows: list[Row]) -> bytes:
    """With matplotlib, where it is installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise DataError(
            "a graph is drawn into a .png by matplotlib, which is not installed",
            code="graph-format",
            help="pip install 'tensorsh[plot]', or draw into a .svg",
        ) from None
    import io

    layout = placed(rows)
    tops = heights(rows, layout)
    width, height = layout.width + 2 * MARGIN, tops[-1] - BETWEEN + MARGIN
    figure = Figure(figsize=(width / 96, height / 96), dpi=192)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    for way in layout.edges:
        xs, ys = [], []
        for i, box in enumerate(way):
            top, bottom = tops[box.layer], tops[box.layer + 1] - BETWEEN
            for y in (top, bottom) if 0 < i < len(way) - 1 else (top if i else bottom,):
                xs.append(box.x + MARGIN)
                ys.append(y)
        axes.plot(xs, ys, color="#8c959f", linewidth=1)
    for row, box in zip(rows, layout.boxes, strict=True):
        top, bottom = tops[box.layer], tops[box.layer + 1] - BETWEEN
        axes.text(
            box.x + MARGIN,
            (top + bottom) / 2,
            "\n".join(said(row)),
            ha="center",
            va="center",
            family="monospace",
            fontsize=8,
            bbox={
                "boxstyle": "round",
                "facecolor": "#ddf4ff" if row.is_leaf else "#f6f8fa",
                "edgecolor": "#0969da" if row.is_leaf else "#8c959f",
            },
        )
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()
