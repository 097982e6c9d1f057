"""The work in JAX, each step one compiled function."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

import clock

rng = np.random.default_rng(0)


def randn(*shape: int, scale: float = 1.0):
    return jnp.asarray(rng.standard_normal(shape, dtype=np.float32) * np.float32(scale))


def training(sizes, rate, loss_of):
    n, hidden, out = sizes
    parameters = (
        randn(n, hidden, scale=0.1),
        jnp.zeros(hidden),
        randn(hidden, out, scale=0.1),
        jnp.zeros(out),
    )

    @jax.jit
    def update(parameters):
        loss, gradients = jax.value_and_grad(loss_of)(parameters)
        return loss, jax.tree.map(lambda p, g: p - rate * g, parameters, gradients)

    def step():
        nonlocal parameters
        _, parameters = update(parameters)
        jax.block_until_ready(parameters)

    return step


def digits():
    x, t, rows = randn(64, 64), jnp.asarray(rng.integers(0, 10, 64)), jnp.arange(64)

    def loss(parameters):
        w1, b1, w2, b2 = parameters
        s = jax.nn.relu(x @ w1 + b1) @ w2 + b2
        return -jax.nn.log_softmax(s)[rows, t].mean()

    return training((64, 32, 10), 0.1, loss)


def tanh():
    x, t = randn(64, 32), randn(64, 1)

    def loss(parameters):
        w1, b1, w2, b2 = parameters
        return ((jnp.tanh(x @ w1 + b1) @ w2 + b2 - t) ** 2).mean()

    return training((32, 64, 1), 0.01, loss)


def gradients(function, arguments, weight=1.0):
    """Forward and backward as one compiled function."""
    weight = jnp.asarray(weight, jnp.float32)

    @jax.jit
    def both(arguments, weight):
        value, back = jax.vjp(function, *arguments)
        return value, back(weight)

    return lambda: jax.block_until_ready(both(arguments, weight))


def chain():
    return gradients(lambda a, b: (jnp.tanh(a * b + a) ** 2).mean(), (randn(4_000_000), randn(4_000_000)))


def cross_entropy():
    t, rows = jnp.asarray(rng.integers(0, 1000, 4000)), jnp.arange(4000)
    return gradients(lambda x: -jax.nn.log_softmax(x)[rows, t].mean(), (randn(4000, 1000),))


def layer_norm():
    def norm(x, w, b):
        d = x - x.mean(1, keepdims=True)
        return d * jax.lax.rsqrt((d * d).mean(1, keepdims=True) + 1e-5) * w + b

    return gradients(norm, (randn(4000, 1000), jnp.ones(1000), jnp.zeros(1000)), randn(4000, 1000))


def gelu():
    return gradients(lambda x: jax.nn.gelu(x, approximate=False), (randn(4_000_000),), randn(4_000_000))


def adam():
    g = randn(4_000_000)
    state = (randn(4_000_000), jnp.zeros(4_000_000), jnp.zeros(4_000_000), 0.0)

    @jax.jit
    def update(x, m, v, n):
        n = n + 1
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        return x - 0.001 * (m / (1 - 0.9**n)) / (jnp.sqrt(v / (1 - 0.999**n)) + 1e-8), m, v, n

    def step():
        nonlocal state
        state = jax.block_until_ready(update(*state))

    return step


def matmul():
    return gradients(jnp.matmul, (randn(1500, 1500), randn(1500, 1500)), randn(1500, 1500))


def bmm():
    return gradients(jnp.matmul, (randn(64, 128, 256), randn(64, 256, 128)), randn(64, 128, 128))


def conv2d():
    def convolution(x, w, b):
        return jax.lax.conv(x, w, (1, 1), "SAME") + b[:, None, None]

    return gradients(
        convolution, (randn(64, 3, 32, 32), randn(64, 3, 3, 3), jnp.zeros(64)), randn(64, 64, 32, 32)
    )


WORK = {
    "start": lambda: lambda: print(jnp.asarray(1) + 1),
    "digits": digits,
    "tanh": tanh,
    "chain": chain,
    "cross_entropy": cross_entropy,
    "layer_norm": layer_norm,
    "gelu": gelu,
    "adam": adam,
    "matmul": matmul,
    "bmm": bmm,
    "conv2d": conv2d,
}

if __name__ == "__main__":
    clock.main(WORK)
