"""The same with a dataclass for nodes that keep pairs of inputs and slopes, sorted by a stack."""

from __future__ import annotations

import math
import random
import sys
from dataclasses import dataclass, field


@dataclass(eq=False)
class Node:
    value: float
    inputs: list[tuple[Node, float]] = field(default_factory=list)
    grad: float = 0.0

    def __add__(self, other: Node | float) -> Node:
        if not isinstance(other, Node):
            return Node(self.value + other, [(self, 1.0)])
        return Node(self.value + other.value, [(self, 1.0), (other, 1.0)])

    __radd__ = __add__

    def __sub__(self, other: Node | float) -> Node:
        if not isinstance(other, Node):
            return Node(self.value - other, [(self, 1.0)])
        return Node(self.value - other.value, [(self, 1.0), (other, -1.0)])

    def __mul__(self, other: Node | float) -> Node:
        if not isinstance(other, Node):
            return Node(self.value * other, [(self, other)])
        return Node(self.value * other.value, [(self, other.value), (other, self.value)])

    __rmul__ = __mul__

    def relu(self) -> Node:
        return Node(max(0.0, self.value), [(self, 1.0 if self.value > 0 else 0.0)])

    def sigmoid(self) -> Node:
        s = 1 / (1 + math.exp(-self.value))
        return Node(s, [(self, s * (1 - s))])

    def backward(self) -> None:
        order: list[Node] = []
        seen: set[int] = set()
        stack: list[tuple[Node, bool]] = [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                for source, _ in node.inputs:
                    stack.append((source, False))
        self.grad = 1.0
        for node in reversed(order):
            for source, slope in node.inputs:
                source.grad += slope * node.grad


def layer(weights: list[list[Node]], biases: list[Node], x: list) -> list[Node]:
    return [sum((w * v for w, v in zip(row, x)), b) for row, b in zip(weights, biases)]


rng = random.Random(7)
w1 = [[Node(rng.gauss(0, 1)) for _ in range(2)] for _ in range(4)]
b1 = [Node(0.0) for _ in range(4)]
w2 = [[Node(rng.gauss(0, 1)) for _ in range(4)]]
b2 = [Node(0.0)]
parameters = [p for row in w1 + w2 for p in row] + b1 + b2
data = [((0.0, 0.0), 0.0), ((0.0, 1.0), 1.0), ((1.0, 0.0), 1.0), ((1.0, 1.0), 0.0)]
steps = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
for step in range(steps):
    loss = Node(0.0)
    for x, target in data:
        hidden = [h.relu() for h in layer(w1, b1, list(x))]
        error = layer(w2, b2, hidden)[0].sigmoid() - target
        loss = loss + error * error
    for p in parameters:
        p.grad = 0.0
    loss.backward()
    for p in parameters:
        p.value -= 0.5 * p.grad
print(f"{loss.value:.6f}")
