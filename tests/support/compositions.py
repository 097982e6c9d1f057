"""Random compositions of five operators, each made from a seed: a program that ends in a backward.

`python tests/support/compositions.py 7` prints the seventh. What PyTorch computed for the first few hundred is in
`data/compositions.jsonl.gz`: shape and values of `out`, and of the gradients of its leaves.
"""

from __future__ import annotations

import math
import random
import sys

Shape = tuple[int, ...]

#: {x} → an operator of the same shape
SAME = """
torch.sin({x}) | torch.cos({x}) | torch.tanh({x}) | torch.sigmoid({x}) | torch.exp({x} * 0.5) | torch.erf({x})
torch.atan({x}) | torch.asinh({x}) | torch.sinh({x} * 0.5) | torch.log1p({x} * {x}) | torch.sqrt({x} * {x} + 1)
torch.abs({x}) | torch.square({x}) | torch.relu({x}) | torch.sinc({x}) | torch.expm1({x} * 0.3) | {x} ** 3
torch.reciprocal({x} * {x} + 1) | torch.rsqrt({x} * {x} + 1) | torch.clamp({x}, -0.5, 0.7) | {x}.clone() | -{x}
torch.where({x} > 0, {x}, {x} * 0.3) | torch.maximum({x}, -{x} * 0.5) | torch.hypot({x}, {x} + 2) | {x} / 3
torch.addcmul({x}, {x}, {x}, value=0.5) | torch.lerp({x}, {x} * {x}, 0.3) | torch.logaddexp({x}, -{x})
torch.xlogy({x}, {x} * {x} + 1) | torch.lgamma({x} * {x} + 1) | torch.digamma({x} * {x} + 1) | torch.i0({x})
torch.special.ndtr({x}) | torch.atan2({x}, {x} * {x} + 1) | torch.fmod({x}, 0.8) | torch.remainder({x}, 0.9)
F.gelu({x}) | F.silu({x}) | F.softplus({x}) | F.elu({x}) | F.selu({x}) | F.celu({x}) | F.mish({x}) | F.hardtanh({x})
F.leaky_relu({x}, 0.1) | F.logsigmoid({x}) | F.hardswish({x}) | F.softsign({x}) | F.tanhshrink({x}) | F.relu6({x})
F.hardsigmoid({x}) | F.softshrink({x}, 0.2) | F.gelu({x}, approximate='tanh') | F.threshold({x}, 0.1, -0.2)
""".replace("\n", "|")
#: the same, along a dimension: they need one
ALONG = """
torch.softmax({x}, dim={d}) | torch.log_softmax({x}, dim={d}) | torch.cumsum({x}, dim={d}) | {x}.flip({d})
torch.cumprod({x}, dim={d}) | torch.logcumsumexp({x}, dim={d}) | torch.sort({x}, dim={d})[0] | {x}.roll(1, {d})
torch.cummax({x}, dim={d})[0] | F.normalize({x}, dim={d}) | {x} - {x}.mean({d}, keepdim=True)
{x} / ({x}.abs().amax({d}, keepdim=True) + 1) | torch.softmax({x} * 2, {d}) * {x} | {x} * {x}.std({d}, keepdim=True)
torch.argsort({x}, {d}) * {x}
""".replace("\n", "|")
#: operators that take the dimension away
REDUCE = """
{x}.sum({d}) | {x}.mean({d}) | torch.logsumexp({x}, dim={d}) | {x}.amax({d}) | {x}.max({d})[0] | {x}.prod({d})
{x}.var({d}) | torch.linalg.vector_norm({x} + 3, dim={d}) | {x}.median({d}).values | {x}.std({d})
{x}.norm(dim={d})
{x}.select({d}, 0) | torch.linalg.vector_norm({x} + 3, 3, dim={d}) | {x}.nansum({d}) | {x}.aminmax(dim={d})[1]
""".replace("\n", "|")


def table(text: str) -> list[str]:
    return [entry.strip() for entry in text.split("|") if entry.strip()]


SAME_TABLE, ALONG_TABLE, REDUCE_TABLE = table(SAME), table(ALONG), table(REDUCE)


class Composition:
    """One program, as it is being written."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.dtype = self.random.choice(["float64", "float64", "float32"])
        self.lines = ["import torch", "import torch.nn.functional as F"]
        self.leaves: list[str] = []

    def leaf(self, shape: Shape) -> str:
        name = f"w{len(self.leaves)}"
        step, start = self.random.choice([0.37, 0.61, 0.23]), self.random.choice([0.4, 1.1, 2.3])
        n = max(math.prod(shape), 1)
        self.lines.append(
            f"{name} = (torch.arange({n}, dtype=torch.float64) * {step} + {start}).sin().reshape({shape})"
            f".to(torch.{self.dtype}).requires_grad_()"
        )
        self.leaves.append(name)
        return name

    def operator(self, x: str, shape: Shape) -> tuple[str, Shape]:
        """One operator applied to `x`, and the shape it gives."""
        choose, ndim = self.random.choice, len(shape)
        kind = self.random.randrange(10)
        d = self.random.randrange(ndim) if ndim else 0
        if kind <= 2 or not ndim:
            return choose(SAME_TABLE).format(x=x), shape
        if kind == 3:
            return choose(ALONG_TABLE).format(x=x, d=choose([d, d - ndim])), shape
        if kind == 4:
            return choose(REDUCE_TABLE).format(x=x, d=choose([d, d - ndim])), shape[:d] + shape[d + 1 :]
        if kind == 5:
            sign = choose(["+", "-", "*", "/ (1.5 +", "@"])
            if sign == "@" and ndim >= 2:
                w = self.leaf((shape[-1], 2))
                return f"{x} @ {w}", (*shape[:-1], 2)
            other = self.leaf(choose([shape, shape[-1:], ()]))
            return (f"{x} / (1.5 + {other})", shape) if sign[0] in "/@" else (f"{x} {sign} {other}", shape)
        if kind == 6:
            return choose(
                [
                    (f"{x}.reshape(-1)", (math.prod(shape),)),
                    (
                        f"{x}.transpose(0, {ndim - 1})",
                        (shape[-1], *shape[1:-1], shape[0]) if ndim > 1 else shape,
                    ),
                    (f"{x}.unsqueeze({d})", (*shape[:d], 1, *shape[d:])),
                    (f"torch.cat([{x}, {x} * 2], dim={d})", (*shape[:d], 2 * shape[d], *shape[d + 1 :])),
                    (f"torch.stack([{x}, {x}.sin()], dim={d})", (*shape[:d], 2, *shape[d:])),
                    (f"{x}.expand(2, {', '.join(map(str, shape))})", (2, *shape)),
                    (f"{x}.repeat(2, {', '.join('1' * ndim)})", (2, *shape)),
                    (f"F.pad({x}, (1, 1))", (*shape[:-1], shape[-1] + 2)),
                ]
            )
        if kind == 7:
            index = f"torch.tensor([0, {shape[d] - 1}, 0])"
            return choose(
                [
                    (f"{x}.index_select({d}, {index})", (*shape[:d], 3, *shape[d + 1 :])),
                    (f"{x}[[0, -1, 0]]", (3, *shape[1:])),
                    (f"{x}[..., 0]", shape[:-1]),
                    (f"{x}.narrow({d}, 0, 1)", (*shape[:d], 1, *shape[d + 1 :])),
                    (f"{x}.masked_fill({x} < 0, 0.25)", shape),
                    (f"torch.gather({x}, {d}, torch.zeros_like({x}, dtype=torch.int64))", shape),
                    (f"{x}.index_add({d}, {index}, {x}.index_select({d}, {index}))", shape),
                ]
            )
        if kind == 8 and ndim == 2:
            return choose(
                [
                    (f"torch.einsum('ij,kj->ik', {x}, {x})", (shape[0], shape[0])),
                    (f"F.linear({x}, {self.leaf((2, shape[1]))})", (shape[0], 2)),
                    (f"F.layer_norm({x}, ({shape[1]},))" if shape[1] > 1 else f"{x} * 2", shape),
                    (f"torch.cdist({x}, {x} + 1)", (shape[0], shape[0])),
                    (f"{x}.tril()", shape),
                    (f"torch.linalg.inv({x} @ {x}.T + 2 * torch.eye({shape[0]}).to({x}))", (shape[0],) * 2),
                    (f"F.cosine_similarity({x}, {x} + 1, dim=1)", shape[:1]),
                ]
            )
        return choose(
            [
                (f"F.mse_loss({x}, {x} * {x}, reduction='none')", shape),
                (f"F.smooth_l1_loss({x}, 1 - {x}, reduction='none')", shape),
                (
                    f"F.binary_cross_entropy_with_logits({x}, torch.ones_like({x}) * 0.3, reduction='none')",
                    shape,
                ),
                (f"torch.diff({x}, dim={d})", (*shape[:d], shape[d] - 1, *shape[d + 1 :]))
                if shape[d] > 1
                else (f"{x} * 1.5", shape),
                (f"torch.outer({x}, {x})", shape * 2) if ndim == 1 else (f"{x}.mul(0.7)", shape),
            ]
        )

    def program(self) -> str:
        shape: Shape = self.random.choice([(3,), (4,), (2, 3), (3, 2), (2, 2, 3), ()])
        steps, name = [], self.leaf(shape)
        for k in range(5):
            text, new = self.operator(name, shape)
            while math.prod(new) > 60:
                text, new = self.operator(name, shape)
            steps.append(f"t{k} = {text}")
            name, shape = f"t{k}", new
        weight = "(torch.arange(out.numel(), dtype=out.dtype).reshape(out.shape) * 0.3 + 0.5).cos()"
        loss = f"(out * {weight}).sum().backward()"
        return "\n".join([*self.lines, *steps, f"out = {name}", loss]) + "\n"


def composition(seed: int) -> tuple[str, list[str]]:
    """The program of a seed, and the names of its leaves."""
    made = Composition(seed)
    return made.program(), made.leaves


if __name__ == "__main__":
    print(composition(int(sys.argv[1]))[0], end="")
