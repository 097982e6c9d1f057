"""The same work in JAX, a step one compiled function."""

import sys

import jax
import jax.numpy as jnp
import numpy as np

rows = np.loadtxt("samples/data/digits.csv", delimiter=",", dtype=np.float32)
X, Y = jnp.asarray(rows[:1792, :64] / 16), jnp.asarray(rows[:1792, 64].astype(int))
keys = jax.random.split(jax.random.key(0))
params = (
    jax.random.normal(keys[0], (64, 32)) * 0.1, jnp.zeros(32), jax.random.normal(keys[1], (32, 10)) * 0.1, jnp.zeros(10)
)  # fmt: skip


def loss_of(params, x, y):
    w1, b1, w2, b2 = params
    logits = jax.nn.relu(x @ w1 + b1) @ w2 + b2
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()


@jax.jit
def step(params, i):
    x, y = jax.lax.dynamic_slice_in_dim(X, i, 64), jax.lax.dynamic_slice_in_dim(Y, i, 64)
    loss, grads = jax.value_and_grad(loss_of)(params, x, y)
    return loss, jax.tree.map(lambda p, g: p - 0.1 * g, params, grads)


for _ in range(int(sys.argv[1]) // 28):
    for i in range(0, 1792, 64):
        loss, params = step(params, i)
print(f"{loss.item():.4f}")
