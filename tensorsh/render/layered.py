"""Where the boxes of a drawn graph stand: in layers, each below what it uses, with few crossings.

The layers are those of the longest ways (Sugiyama, Tagawa and Toda, 1981): an edge over several layers is led
through points of its own, the order within a layer is that of the middles of the neighbours, swept down and up
until it stays, and places are moved towards the neighbours as far as the order lets them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

SWEEPS = 8


@dataclass(slots=True)
class Box:
    """A box, or a point of an edge (`width` 0): its layer and where its middle is."""

    width: float
    layer: int = 0
    x: float = 0.0
    above: list[Box] = field(default_factory=list)
    below: list[Box] = field(default_factory=list)


@dataclass(slots=True)
class Layout:
    """`boxes` as they were given; `edges`: for each, the boxes and points that it leads through; `width` of all."""

    boxes: list[Box]
    edges: list[list[Box]]
    layers: int
    width: float


def layered(widths: Sequence[float], edges: Sequence[tuple[int, int]], gap: float) -> Layout:
    """Place boxes of these widths; an edge is (the box above, the box below), and boxes are given in that order."""
    boxes = [Box(width) for width in widths]
    for a, b in edges:
        boxes[b].layer = max(boxes[b].layer, boxes[a].layer + 1)
    inner = {b for _, b in edges}
    nearest: dict[int, int] = {}
    for a, b in edges:
        nearest[a] = min(nearest.get(a, boxes[b].layer), boxes[b].layer)
    for a, layer in nearest.items():  # a leaf that is used late stands just above where it is used
        if a not in inner:
            boxes[a].layer = layer - 1
    ways = []
    layers: list[list[Box]] = [[] for _ in range(max((box.layer for box in boxes), default=0) + 1)]
    for box in boxes:
        layers[box.layer].append(box)
    for a, b in edges:
        way = [boxes[a]]
        for layer in range(boxes[a].layer + 1, boxes[b].layer):
            point = Box(0.0, layer)
            layers[layer].append(point)
            way.append(point)
        way.append(boxes[b])
        for upper, lower in pairwise(way):
            upper.below.append(lower)
            lower.above.append(upper)
        ways.append(way)
    _order(layers)
    _place(layers, gap)
    left = min((box.x - box.width / 2 for row in layers for box in row), default=0.0)
    for row in layers:
        for box in row:
            box.x -= left
    right = max((box.x + box.width / 2 for row in layers for box in row), default=0.0)
    return Layout(boxes, ways, len(layers), right)


def _order(layers: list[list[Box]]) -> None:
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for row in layers if down else reversed(layers):
            for place, box in enumerate(row):
                near = box.above if down else box.below
                box.x = sum(each.x for each in near) / len(near) if near else float(place)
            row.sort(key=lambda box: box.x)
            for place, box in enumerate(row):
                box.x = float(place)


def _place(layers: list[list[Box]], gap: float) -> None:
    for row in layers:
        x = 0.0
        for box in row:
            box.x = x + box.width / 2
            x += box.width + gap
    for sweep in range(2 * SWEEPS):
        for row in layers if sweep % 2 == 0 else reversed(layers):
            for box in row:
                near = (box.above if sweep % 2 == 0 else box.below) or [*box.above, *box.below]
                if near:
                    box.x = sum(each.x for each in near) / len(near)
            _apart(row, gap)


def _apart(row: list[Box], gap: float) -> None:
    """Move boxes away from each other, in their order, half of the way to either side."""
    wanted = [box.x for box in row]
    for before, box in pairwise(row):
        box.x = max(box.x, before.x + (before.width + box.width) / 2 + gap)
    pushed = [box.x for box in row]
    for box, x in zip(row, wanted, strict=True):
        box.x = x
    for after, box in pairwise(reversed(row)):
        box.x = min(box.x, after.x - (after.width + box.width) / 2 - gap)
    for box, right in zip(row, pushed, strict=True):
        box.x = (box.x + right) / 2
