"""The same once more with slots, and derivatives that are lambdas."""

import math, random


class V:
    __slots__ = ("v", "g", "back", "prev")

    def __init__(self, v, prev=(), back=None):
        self.v, self.g, self.prev, self.back = v, 0.0, prev, back or (lambda g: ())

    def __add__(self, o):
        o = o if isinstance(o, V) else V(o)
        return V(self.v + o.v, (self, o), lambda g: (g, g))

    def __mul__(self, o):
        o = o if isinstance(o, V) else V(o)
        return V(self.v * o.v, (self, o), lambda g: (g * o.v, g * self.v))

    def exp(self):
        e = math.exp(self.v)
        return V(e, (self,), lambda g: (g * e,))

    def backward(self):
        order, seen = [], set()

        def visit(n):
            if id(n) in seen:
                return
            seen.add(id(n))
            for p in n.prev:
                visit(p)
            order.append(n)

        visit(self)
        self.g = 1.0
        for n in reversed(order):
            for p, g in zip(n.prev, n.back(n.g)):
                p.g += g


random.seed(0)
w = [V(random.random()) for _ in range(5)]
for step in range(12000):
    s = V(0.0)
    for i, wi in enumerate(w):
        s = s + wi * (i - 2) + (wi * wi) * 0.5
    for wi in w:
        wi.g = 0.0
    s.backward()
    for wi in w:
        wi.v -= 0.01 * wi.g
print([round(x.v, 5) for x in w])
