"""The same work in NumPy by hand, its gradients derived on paper."""

import sys

import numpy as np

rows = np.loadtxt("samples/data/digits.csv", delimiter=",", dtype=np.float32)
X, Y = rows[:1792, :64] / np.float32(16), rows[:1792, 64].astype(int)
rng, f32, at = np.random.default_rng(0), np.float32, np.arange(64)
w1, b1 = rng.standard_normal((64, 32), dtype=f32) * f32(0.1), np.zeros(32, f32)
w2, b2 = rng.standard_normal((32, 10), dtype=f32) * f32(0.1), np.zeros(10, f32)
for _ in range(int(sys.argv[1]) // 28):
    for i in range(0, 1792, 64):
        x, y = X[i : i + 64], Y[i : i + 64]
        z = x @ w1 + b1
        h = np.maximum(z, 0)
        s = h @ w2 + b2
        s -= s.max(1, keepdims=True)
        p = np.exp(s)
        total = p.sum(1, keepdims=True)
        loss = (np.log(total[:, 0]) - s[at, y]).mean()
        p /= total
        p[at, y] -= 1
        p /= 64
        dz = (p @ w2.T) * (z > 0)
        w2 -= f32(0.1) * (h.T @ p)
        b2 -= f32(0.1) * p.sum(0)
        w1 -= f32(0.1) * (x.T @ dz)
        b1 -= f32(0.1) * dz.sum(0)
print(f"{loss:.4f}")
