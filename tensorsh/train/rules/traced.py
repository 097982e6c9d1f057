"""Update rules as steps of a compiled program, each rounded as in the rule itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.compile.steps import External, Step
from ...engine.core import dtype as dt
from ...engine.core.spec import spec
from ...engine.numerics import fma, vector_sqrt
from ...engine.values.tensor import make_tensor
from .parts import Array, Options, State, count, number

FLOAT32 = np.dtype(np.float32)
#: arrays of more elements are changed in blocks, by the rule
MOST = 1 << 15
#: Adam's rule is one pass of machine code, which is worth the way to it
MOST_ADAM = (1 << 12) - 1


def sgd(trace: Any, w: Any, g: Any, state: State, options: Options) -> bool:
    """The plain rule as one call; of float32 also with momentum and weight decay."""
    momentum, decay, dampening = (options[name] for name in ("momentum", "weight_decay", "dampening"))
    plain = momentum == 0 == decay
    if w.dtype.kind != "f" or not all(type(each) in (int, float) for each in (momentum, decay, dampening)):
        return False
    if not plain and (w.dtype != FLOAT32 or g.dtype != FLOAT32 or w.size > MOST or not w.ndim):
        return False
    if momentum and state.get("momentum_buffer") is None:
        return False
    if not trace.expect(options, momentum=momentum, weight_decay=decay, maximize=False):
        return False
    step = -trace.option(options, "lr")
    if decay:
        g = trace.call(fma.added, (g, w, float(decay)), g.shape, g.dtype, alike=True)
    if momentum:
        nesterov = bool(options["nesterov"])
        trace.expect(options, nesterov=nesterov, dampening=dampening)
        velocity = _memory(trace, state, "momentum_buffer")
        trace.write(velocity, trace.ufunc(np.multiply, velocity, FLOAT32.type(momentum)))
        _add(trace, velocity, g, 1 - dampening)
        if nesterov:
            g = trace.call(fma.added, (g, velocity, float(momentum)), g.shape, g.dtype, alike=True)
        else:
            g = velocity
    _add(trace, w, g, step)
    return True


def _add(trace: Any, x: Any, y: Any, alpha: Any) -> None:
    """`fma.add`."""
    alpha = float(alpha) if type(alpha) is int else alpha
    trace.write(x, trace.call(fma.added, (x, y, alpha), x.shape, x.dtype, alike=True))


def adam(trace: Any, w: Any, g: Any, state: State, options: Options) -> bool:
    """Adam and AdamW of float32; what depends on the step is computed by a call of its own."""
    if w.dtype != FLOAT32 or g.dtype != FLOAT32 or w.size > MOST_ADAM or not state or not w.ndim:
        return False
    betas, decay = options["betas"], options["weight_decay"]
    decay = float(decay) if type(decay) is int else decay
    if not all(type(each) is float for each in (*betas, decay)):
        return False
    decoupled = options["decoupled_weight_decay"]
    if not trace.expect(options, maximize=False, amsgrad=False, betas=betas, weight_decay=decay):
        return False
    if not trace.expect(options, decoupled_weight_decay=decoupled):
        return False
    size, correction, eps, kept = _numbers_of(trace, w, g, state, options)
    beta1, beta2 = betas
    mean, square = (_memory(trace, state, name) for name in ("exp_avg", "exp_avg_sq"))
    single = FLOAT32.type

    def fused(function: Any, x: Any, *rest: Any) -> None:
        trace.write(x, trace.call(function, (x, *rest), x.shape, x.dtype, alike=True))

    if decay and decoupled:
        trace.write(w, trace.ufunc(np.multiply, w, kept))
    elif decay:
        g = trace.call(fma.added, (g, w, decay), g.shape, g.dtype, alike=True)
    way, weight = trace.ufunc(np.subtract, g, mean), 1 - beta1
    if weight < 0.5:
        fused(fma.added, mean, way, weight)
    else:  # as `fma.lerp` does
        back = float(single(weight)) - 1
        trace.write(mean, trace.call(fma.added, (g, way, back), mean.shape, FLOAT32))
    trace.write(square, trace.ufunc(np.multiply, square, single(beta2)))
    fused(fma.combined, square, trace.ufunc(np.multiply, g, single(1 - beta2)), g)
    root = trace.call(vector_sqrt.sqrt, (square,), square.shape, FLOAT32, alike=True)
    scale = trace.ufunc(np.divide, root, correction)
    scale = trace.ufunc(np.add, scale, eps)
    change = trace.ufunc(np.divide, trace.ufunc(np.multiply, mean, size), scale)
    trace.write(w, trace.ufunc(np.add, w, change))
    return True


def _numbers_of(trace: Any, w: Any, g: Any, state: State, options: Options) -> list[Any]:
    """What `adam_numbers` gives, once for all parameters that are as many steps old."""
    trace.note(Step("effect", one_more, (w, g, state, options), (), "one_more"))
    stepped = "stepped", id(state["exp_avg"])  # a state may be another dictionary each time
    times = trace.marks[stepped] = trace.marks.get(stepped, 0) + 1
    # a state in a trace is as old as before it: how often the program steps it comes on top
    key = "adam", id(options), state["step"].item() + times
    known = trace.marks.get(key)
    if known is None:
        made = trace.call(adam_numbers, (state, options), (4,), FLOAT32)
        numbers = [trace.view(element, made, k, label="element") for k in range(4)]
        known = trace.marks[key] = state, numbers, times
    elif known[0]["exp_avg"] is not state["exp_avg"]:
        first, this = trace.named(known[0]), trace.named(state)
        trace.guards.append(f"{this}['step'] + {times} == {first}['step'] + {known[2]}")
    found: list[Any] = known[1]
    return found


def _memory(trace: Any, state: State, name: str) -> Any:
    """An array of a state, as memory that the program changes."""
    array = state[name]
    key = "memory", id(array)
    known = trace.marks.get(key)
    if known is None:
        t = make_tensor(array, spec(array.shape, dt.of(array)))
        trace.guards.append(f"{trace.named(state)}[{name!r}] is {trace.named(array)}")
        e = External(t, trace.named(t), True)
        e.written = True
        trace.externals.append(e)
        trace.adopt(e)
        known = trace.marks[key] = trace.value(t)
    return known


def one_more(w: Array, g: Array, state: State, options: Options) -> None:
    """Another step."""
    count(state)


def adam_numbers(state: State, options: Options, out: Array) -> None:
    """The size of Adam's next step, what its scale is divided by, eps, and what decay leaves of a parameter."""
    step, lr = state["step"].item(), number(options["lr"])
    beta1, beta2 = map(number, options["betas"])
    out[0] = -(lr / (1 - beta1**step))
    out[1] = (1 - beta2**step) ** 0.5
    out[2] = options["eps"]
    out[3] = 1 - lr * options["weight_decay"]


def element(x: Array, k: int) -> Any:
    return x[k, ...]
