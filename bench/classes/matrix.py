"""A network of a matrix class that keeps rows of numbers."""

import math, random

random.seed(1)


class Matrix:
    def __init__(self, rows):
        self.rows = rows
        self.n, self.m = len(rows), len(rows[0])

    def __matmul__(self, other):
        cols = list(zip(*other.rows))
        return Matrix([[sum(a * b for a, b in zip(r, c)) for c in cols] for r in self.rows])

    def __add__(self, other):
        return Matrix([[a + b for a, b in zip(r, s)] for r, s in zip(self.rows, other.rows)])

    def map(self, f):
        return Matrix([[f(x) for x in r] for r in self.rows])

    @property
    def T(self):
        return Matrix([list(c) for c in zip(*self.rows)])

    def __getitem__(self, ij):
        return self.rows[ij[0]][ij[1]]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


x = Matrix([[random.random() for _ in range(4)] for _ in range(8)])
y = [[sum(r) > 2.0] for r in x.rows]
w1 = Matrix([[random.gauss(0, 1) for _ in range(5)] for _ in range(4)])
w2 = Matrix([[random.gauss(0, 1)] for _ in range(5)])
lr = 0.1
for epoch in range(4000):
    h = (x @ w1).map(sigmoid)
    o = (h @ w2).map(sigmoid)
    err = [[o[i, 0] - y[i][0]] for i in range(8)]
    d2 = Matrix([[err[i][0] * o[i, 0] * (1 - o[i, 0])] for i in range(8)])
    d1 = d2 @ w2.T
    d1 = Matrix([[d1[i, j] * h[i, j] * (1 - h[i, j]) for j in range(5)] for i in range(8)])
    g2 = h.T @ d2
    g1 = x.T @ d1
    w2 = w2 + g2.map(lambda v: -lr * v)
    w1 = w1 + g1.map(lambda v: -lr * v)
    if epoch % 1000 == 0:
        loss = sum(e[0] ** 2 for e in err)
        print(f"{epoch} {loss:.4f}")
