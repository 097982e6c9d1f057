"""Charts in a terminal: lines and points in braille, bars in blocks, pictures in half blocks."""

from __future__ import annotations

import math

import numpy as np

from ..train.charts import Array, Chart, Picture, Series

#: of series, in turn: colour, and what stands for a series where there is no colour
COLOURS = ("34", "33", "32", "31", "35", "36")
MARKS = "•+x*o#"
LOWER_BLOCKS = " ▁▂▃▄▅▆▇█"
SHADES = " ░▒▓█"
ASCII_SHADES = " .:-=+*#%@"
HEIGHT = 16
WIDEST = 100
#: red, green, blue of viridis at equal steps (Smith and van der Walt)
VIRIDIS = np.array([
    (68, 1, 84), (71, 44, 122), (59, 81, 139), (44, 113, 142), (33, 144, 141), (39, 173, 129), (92, 200, 99),
    (170, 220, 50), (253, 231, 37),
], float)  # fmt: skip


def chart_text(chart: Chart | Picture, *, color: bool, width: int, ascii: bool = False) -> str:
    """The chart as lines of text, none wider than `width`."""
    width = max(min(width, WIDEST), 20)
    drawn = (
        _picture(chart, color, width, ascii)
        if isinstance(chart, Picture)
        else _chart(chart, color, width, ascii)
    )
    title = [chart.title[:width].center(width).rstrip()] if chart.title else []
    return "\n".join([*title, *drawn])


# ------------------------------------------------------------------ axes


class Axis:
    """A range of values on `cells` cells; positions are in 0…1."""

    def __init__(self, values: list[Array], log: bool, room: int, from_zero: bool = False):
        self.log = log
        with np.errstate(all="ignore"):
            every = np.concatenate([np.log10(v) if log else v for v in values]) if values else np.empty(0)
        every = every[np.isfinite(every)]
        low, high = (float(every.min()), float(every.max())) if every.size else (0.0, 1.0)
        if from_zero:
            low = min(low, 0.0)
        if low == high:
            low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
        self.low, self.high = low, high
        self.ticks = self._ticks(max(room, 2))

    def place(self, values: Array) -> Array:
        with np.errstate(all="ignore"):
            at = np.log10(values) if self.log else values
            return (at - self.low) / (self.high - self.low)

    def _ticks(self, most: int) -> list[tuple[float, str]]:
        """(position, text) of at most so many round numbers."""
        span = self.high - self.low
        raw = span / most
        power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
        step = next((power * k for k in (1, 2, 5, 10) if power * k >= raw), power * 10)
        if self.log:
            step = max(1.0, round(step))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        found = []
        for i in range(first, last + 1):
            value = i * step
            text = f"{10.0**value:g}" if self.log else _number(value, step)
            found.append(((value - self.low) / span, text))
        return found


def _number(value: float, step: float) -> str:
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    if digits > 5 or abs(value) >= 1e6:
        return f"{value:.3g}"
    return f"{value:.{digits}f}"


# ------------------------------------------------------------------ lines, points, bars


def _chart(chart: Chart, color: bool, width: int, ascii: bool) -> list[str]:
    bars = [s for s in chart.series if s.kind == "bars"]
    y_axis = Axis([s.y for s in chart.series], chart.ylog, HEIGHT // 4, from_zero=bool(bars))
    margin = max((len(text) for _, text in y_axis.ticks), default=0) + 2
    cells = width - margin
    x_axis = Axis([s.x for s in chart.series], chart.xlog, max(cells // 12, 2))
    canvas = Canvas(cells, HEIGHT, ascii)
    for number, series in enumerate(chart.series):
        canvas.draw(number, series, x_axis, y_axis, one=len(chart.series) == 1 or color)
    lines = canvas.lines(color)
    labels = {round((1 - at) * (HEIGHT - 1)): text for at, text in y_axis.ticks}
    side, corner, flat, tick = ("|", "+", "-", "+") if ascii else ("┤", "└", "─", "┬")
    plain = "|" if ascii else "│"
    drawn = [] if not chart.ylabel else [chart.ylabel[:width]]
    for row, line in enumerate(lines):
        label = labels.get(row, "")
        drawn.append(f"{label:>{margin - 1}}{side if label else plain}{line}".rstrip())
    below, ruler = [" "] * width, [flat] * cells
    for at, text in x_axis.ticks:
        middle = margin + round(at * (cells - 1))
        ruler[middle - margin] = tick
        start = min(max(middle - len(text) // 2, 0), width - len(text))
        if all(c == " " for c in below[max(start - 1, 0) : start + len(text) + 1]):
            below[start : start + len(text)] = text
    drawn.append(" " * (margin - 1) + corner + "".join(ruler))
    drawn.append("".join(below).rstrip())
    if chart.xlabel:
        drawn.append(" " * margin + chart.xlabel[:cells].center(cells).rstrip())
    legend = [
        f"{_paint(_mark(n, color, ascii), n, color)} {s.label}" for n, s in enumerate(chart.series) if s.label
    ]
    if legend:
        drawn.append(" " * margin + "   ".join(legend))
    return drawn


def _mark(number: int, color: bool, ascii: bool) -> str:
    return "■" if color and not ascii else MARKS[number % len(MARKS)] if not ascii else "*+xo#@"[number % 6]


def _paint(text: str, number: int, color: bool) -> str:
    return f"\x1b[{COLOURS[number % len(COLOURS)]}m{text}\x1b[0m" if color and text.strip() else text


class Canvas:
    """Cells of text; in braille a cell has 2 × 4 dots."""

    DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])

    def __init__(self, width: int, height: int, ascii: bool):
        self.width, self.height, self.ascii = width, height, ascii
        self.dots = np.zeros((height, width), int)
        self.text = np.full((height, width), " ", dtype="<U1")
        self.owner = np.zeros((height, width), int)

    def draw(self, number: int, series: Series, x: Axis, y: Axis, one: bool) -> None:
        if series.kind == "bars":
            return self._bars(number, series, x, y)
        fine = one and not self.ascii
        across, down = (2, 4) if fine else (1, 1)
        px = x.place(series.x) * (self.width * across - 1)
        py = (1 - y.place(series.y)) * (self.height * down - 1)
        if series.kind == "line":
            px, py = _joined(px, py)
        good = np.isfinite(px) & np.isfinite(py)
        i, j = np.rint(py[good]).astype(int), np.rint(px[good]).astype(int)
        inside = (i >= 0) & (i < self.height * down) & (j >= 0) & (j < self.width * across)
        i, j = i[inside], j[inside]
        if fine:
            np.bitwise_or.at(self.dots, (i // 4, j // 2), self.DOTS[i % 4, j % 2])
            self.owner[i // 4, j // 2] = number
        else:
            self.text[i, j] = _mark(number, False, self.ascii)
            self.owner[i, j] = number

    def _bars(self, number: int, series: Series, x: Axis, y: Axis) -> None:
        edges = x.place(series.x) * self.width
        tops = y.place(series.y) * self.height
        middles = np.arange(self.width) + 0.5
        which = np.clip(np.searchsorted(edges, middles, "right") - 1, 0, len(series.y) - 1)
        for column, top in enumerate(tops[which]):
            eighths = round(float(top) * 8)
            if eighths == 0 and series.y[which[column]] > 0:
                eighths = 1  # something is there
            for row in range(self.height):
                part = min(max(eighths - 8 * row, 0), 8)
                if part:
                    at = self.height - 1 - row, column
                    self.text[at] = ("#" if part > 3 else " ") if self.ascii else LOWER_BLOCKS[part]
                    self.owner[at] = number

    def lines(self, color: bool) -> list[str]:
        found = []
        for row in range(self.height):
            line, run, owner = [], "", -1
            for column in range(self.width):
                dots = self.dots[row, column]
                c = chr(0x2800 + dots) if dots else str(self.text[row, column])
                mine = int(self.owner[row, column])
                if mine != owner and c != " ":
                    line.append(_paint(run, owner, color))
                    run, owner = "", mine
                run += c
            line.append(_paint(run, owner, color))
            found.append("".join(line))
        return found


def _joined(x: Array, y: Array) -> tuple[Array, Array]:
    """Points close together along the line through these; it breaks off where a value is not finite."""
    if len(x) < 2:
        return x, y
    xs, ys = [], []
    for a, b, c, d in zip(x, y, x[1:], y[1:], strict=False):
        if not (np.isfinite(a + b + c + d)):
            xs.append(np.array([a]))
            ys.append(np.array([b]))
            continue
        n = int(min(max(abs(c - a), abs(d - b)), 4000)) + 1
        xs.append(np.linspace(a, c, n + 1))
        ys.append(np.linspace(b, d, n + 1))
    return np.concatenate([*xs, x[-1:]]), np.concatenate([*ys, y[-1:]])


# ------------------------------------------------------------------ pictures


def _picture(chart: Picture, color: bool, width: int, ascii: bool) -> list[str]:
    scale = 1 if color and not ascii else 2  # columns for a cell
    widest = max((t.shape[1] for t in chart.cells), default=1)
    shown = [_fitted(t, width // scale) for t in chart.cells]
    low, high = _range(chart.cells)
    across = max(1, (width + 2) // (min(widest, width // scale) * scale + 2))
    lines: list[str] = []
    for start in range(0, len(shown), across):
        tiles = shown[start : start + across]
        labels = chart.labels[start : start + across]
        if labels:
            sizes = [t.shape[1] * scale for t in tiles]
            names = [label[:size].center(size) for label, size in zip(labels, sizes, strict=False)]
            lines.append("  ".join(names).rstrip())
        blocks = [_tile(t, low, high, chart.colours, color, ascii) for t in tiles]
        height = max(map(len, blocks))
        for row in range(height):
            parts = [
                b[row] if row < len(b) else " " * t.shape[1] * scale
                for b, t in zip(blocks, tiles, strict=True)
            ]
            lines.append("  ".join(parts).rstrip() if not color else "  ".join(parts))
    if chart.colours:
        first, last = f"{low:.3g} ", f" {high:.3g}"
        room = (width - len(first) - len(last)) // scale
        ramp = np.linspace(low, high, max(min(room, 30), 1))[None].repeat(2 if color and not ascii else 1, 0)
        (bar,) = _tile(ramp, low, high, True, color, ascii)
        lines.append(first + bar + last)
    return lines


def _range(cells: list[Array]) -> tuple[float, float]:
    values = np.concatenate([c.ravel() for c in cells]) if cells else np.empty(0)
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _fitted(cells: Array, width: int) -> Array:
    """Not wider than `width`: means of blocks."""
    k = -(-cells.shape[1] // width)
    if k <= 1:
        return cells
    h, w = cells.shape[0] // k * k or k, cells.shape[1] // k * k
    padded = cells if cells.shape[0] >= k else np.repeat(cells, k, 0)
    blocks = padded[:h, :w].reshape(h // k, k, w // k, k, *cells.shape[2:])
    return np.asarray(blocks.mean((1, 3)))


def _tile(cells: Array, low: float, high: float, colours: bool, color: bool, ascii: bool) -> list[str]:
    with np.errstate(all="ignore"):
        at = np.clip((cells - low) / (high - low), 0, 1) if cells.ndim == 2 else np.clip(cells, 0, 1)
    if not color or ascii:
        grey = np.nan_to_num(at if at.ndim == 2 else at.mean(2))
        shades = ASCII_SHADES if ascii else SHADES
        index = np.minimum((grey * len(shades)).astype(int), len(shades) - 1)
        return ["".join(shades[i] * 2 for i in row) for row in index]
    rgb = _colours(at, colours)
    lines = []
    for top in range(0, len(rgb), 2):
        line = []
        for column in range(rgb.shape[1]):
            upper = ";".join(map(str, rgb[top, column]))
            if top + 1 < len(rgb):
                lower = ";".join(map(str, rgb[top + 1, column]))
                line.append(f"\x1b[38;2;{upper};48;2;{lower}m▀")
            else:
                line.append(f"\x1b[0;38;2;{upper}m▀")
        lines.append("".join(line) + "\x1b[0m")
    return lines


def _colours(at: Array, colours: bool) -> Array:
    """Red, green, blue in 0…255 of each cell; what is not a number is red."""
    if at.ndim == 3:
        return np.rint(np.nan_to_num(at) * 255).astype(int)
    if not colours:
        return np.rint(np.nan_to_num(at) * 255).astype(int)[..., None].repeat(3, 2)
    place = np.nan_to_num(at) * (len(VIRIDIS) - 1)
    below = np.minimum(place.astype(int), len(VIRIDIS) - 2)
    part = (place - below)[..., None]
    rgb = VIRIDIS[below] * (1 - part) + VIRIDIS[below + 1] * part
    rgb[~np.isfinite(at)] = (200, 0, 0)
    return np.rint(rgb).astype(int)
