"""Random numbers against streams recorded from PyTorch: draws of every kind, interleaved on one stream."""

import gzip
import json
import pathlib
import zlib
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorsh import Session
from tensorsh.engine.random import generator
from tensorsh.engine.random.generator import Generator
from tensorsh.engine.random.generator_stream import temper, untemper

DATA = pathlib.Path(__file__).parents[1] / "data" / "generator.json.gz"
RECORDED = json.loads(gzip.decompress(DATA.read_bytes()))
TOLERANCE = {"float16": 2e-3, "bfloat16": 1e-2, "float32": 1e-6, "complex64": 1e-6}


def dtype_of(name):
    return np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)


def ramp(n, dtype, step=37, low=0.0, high=1.0):
    """The same deterministic arguments that the recording used."""
    x = (np.arange(n) * step % 101) / 101 * (high - low) + low
    return x.astype(np.float64 if dtype == "float64" else np.float32).astype(dtype_of(dtype))


def draw(g, kind, n, *args):
    match kind:
        case "cuniform":
            return g.uniform(n, args[0])
        case "cnormal":
            return g.normal(n, args[0])
        case "dropout_mask":
            dtype, p = dtype_of(args[0]), args[1]
            return g.bernoulli(1 - p, n, dtype) / dtype.type(1 - p)
        case "randint":
            dtype, low, high = args
            return g.randint(low, high, n, dtype_of(dtype))
        case "random_from":
            return g.random_from(args[1], n, dtype_of(args[0]))
        case "bernoulli_p":
            return g.bernoulli(args[1], n, dtype_of(args[0]))
        case "bernoulli":
            return g.bernoulli(ramp(n, args[0]), n, dtype_of(args[1]))
        case "multinomial":
            dtype, rows, samples, replacement = args
            p = ramp(n * max(rows, 1), dtype, low=0.01, high=2.0)
            return g.multinomial(p.reshape(rows, n) if rows else p, samples, replacement)
        case "poisson":
            return g.poisson(ramp(n, args[0], high=args[1]))
        case "normal_elementwise":
            mean, std = ramp(n, args[0], low=-2, high=3), ramp(n, args[0], step=53)
            means = -0.3 if args[1] == "tm" else mean
            stds = {"mt": 0.7, "mt_std": std.astype(np.float64)}.get(args[1], std)
            return g.normal_elementwise(means, stds)
    return getattr(g, kind)(n, dtype_of(args[0]), *args[1:])


@pytest.mark.parametrize("program", RECORDED["programs"], ids=lambda p: f"seed {p['seed']}")
def test_interleaved_draws(program):
    g = Generator(program["seed"])
    for expected in program["draws"]:
        kind, *args = expected["draw"]
        if "error" in expected:
            with pytest.raises((RuntimeError, TypeError, ValueError)) as caught:
                draw(g, kind, *args)
            assert str(caught.value) == expected["error"]
            continue
        result = draw(g, kind, *args)
        assert list(result.shape) == expected["shape"], expected
        if result.dtype.name == "bfloat16":
            result = result.astype(np.float32)
        if "crc32" in expected:
            assert zlib.crc32(np.ascontiguousarray(result).tobytes()) == expected["crc32"], expected
        flat = result.ravel()
        ends = flat if flat.size <= 8 else np.concatenate((flat[:3], flat[-3:]))
        wanted = [complex(*v) if isinstance(v, list) else float(v) for v in expected["ends"]]
        dtype = args[1] if kind != "bernoulli" else args[2]
        tolerance = TOLERANCE.get(dtype, 1e-12)
        np.testing.assert_allclose(ends, wanted, rtol=tolerance, atol=tolerance, err_msg=str(expected))
    assert zlib.crc32(g.pack_state().tobytes()) == program["state_crc32"]


def test_negative_seeds_count_down_from_2_to_the_64():
    assert Generator(-1).initial_seed() == 2**64 - 1
    assert Generator(-(2**63)).initial_seed() == 2**63
    for seed in (2**64, -(2**63) - 1):
        with pytest.raises(ValueError, match="Overflow when unpacking long long"):
            Generator(seed)


def test_unseeded_streams_differ():
    a, b = Generator(), Generator()
    assert a.initial_seed() != b.initial_seed()
    before = a.initial_seed()
    assert a.seed() == a.initial_seed() != before


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=40))
def test_snapshots_return_to_the_same_words(steps):
    words = np.random.RandomState(7).randint(0, 2**32, 60_000, dtype=np.uint32)
    sizes = [0, 1, 2, 5, 100, 623, 624, 3744, 3745, 5000]
    g, position, kept = Generator(7), 0, []
    for what, which in steps:
        n = sizes[which]
        if what < 3 and position + n <= len(words):
            np.testing.assert_array_equal(g.random_u32(n), words[position : position + n])
            position += n
        elif what == 3:
            kept.append((position, g.get_state(), g.pack_state()))
        elif kept:
            position, state, packed = kept[which % len(kept)]
            if what == 4:
                g.set_state(state)
            else:
                g.unpack_state(packed)
            if which % 2:
                g = g.fork()


def test_a_fork_leaves_the_stream_alone():
    g = Generator(3)
    g.normal(5)
    other = g.fork()
    np.testing.assert_array_equal(other.normal(7), g.normal(7))
    other.random_u32(10_000)
    state = g.get_state()
    ahead = g.uniform(4)
    g.random_u32(50_000)
    g.set_state(state)
    np.testing.assert_array_equal(g.uniform(4), ahead)


def test_untemper_undoes_temper():
    words = np.random.RandomState(0).randint(0, 2**32, 5000, dtype=np.uint32)
    np.testing.assert_array_equal(untemper(temper(words)), words)


def test_large_draws_equal_small_ones():
    a, b = Generator(1), Generator(1)
    parts = [b.uniform(size) for size in (1, 70_000, 3, 29_996)]
    np.testing.assert_array_equal(a.uniform(100_000), np.concatenate(parts))


def test_randperm_is_fisher_yates():
    for n in (0, 1, 2, 3, 50, 3000):
        order, words = list(range(n)), Generator(5).random_u32(n)
        for i in range(n - 1):
            j = i + int(words[i]) % (n - i)
            order[i], order[j] = order[j], order[i]
        assert Generator(5).randperm(n).tolist() == order


@pytest.mark.parametrize(
    "refused, message",
    [
        (lambda g: g.randint(5, 5, 2), "random_ expects 'from' to be less than 'to', but got from=5 >= to=5"),
        (lambda g: g.randint(0, 300, 2, np.uint8), "to - 1 is out of bounds for unsigned char"),
        (lambda g: g.randint(0, 3, 2, bool), "to - 1 is out of bounds for bool"),
        (lambda g: g.randint(-200, 3, 2, np.int8), "from is out of bounds for signed char"),
        (lambda g: g.randint(0, 70000, 2, np.float16), "to - 1 is out of bounds for c10::Half"),
        (lambda g: g.randint(0, 2**63, 2), "Overflow when unpacking long long"),
        (lambda g: g.random(3, np.complex64), "\"random_kernel_cpu\" not implemented for 'ComplexFloat'"),
        (
            lambda g: g.uniform(3, np.float32, 2, 1),
            "uniform_ expects to return a [from, to) range, but found from=2 > to=1",
        ),
        (lambda g: g.uniform(3, np.float32, 0, 1e39), "to is out of bounds for float"),
        (
            lambda g: g.uniform(3, np.float32, -3e38, 3e38),
            "uniform_ expects to-from <= std::numeric_limits<Float>::max(), but found to=3e+38 and "
            "from=-3e+38 which result in to-from to exceed the limit",
        ),
        (lambda g: g.uniform(3, np.int64), "\"check_uniform_bounds\" not implemented for 'Long'"),
        (lambda g: g.normal(3, np.float32, 0, -1), "normal expects std >= 0.0, but found std -1"),
        (lambda g: g.normal(3, np.float32, 0, float("nan")), "normal expects std >= 0.0, but found std nan"),
        (lambda g: g.normal(3, np.int64), "\"normal_kernel_cpu\" not implemented for 'Long'"),
        (
            lambda g: g.normal_elementwise(0.0, np.array([1.0, -1.0])),
            "normal expects all elements of std >= 0.0",
        ),
        (lambda g: g.bernoulli(1.5, 3), "bernoulli_ expects p to be in [0, 1], but got p=1.5"),
        (lambda g: g.bernoulli(np.array([1, 0])), "\"bernoulli_tensor_cpu_p_\" not implemented for 'Long'"),
        (
            lambda g: g.bernoulli(np.array([2.0])),
            "Expected p_in >= 0 && p_in <= 1 to be true",
        ),
        (
            lambda g: g.exponential(3, np.float32, -1),
            "exponential_ expects lambda > 0.0, but found lambda=-1",
        ),
        (
            lambda g: g.exponential(3, np.int64),
            "Exponential distribution is a continuous probability distribution. "
            "dtype must be a floating point but you specified Long",
        ),
        (lambda g: g.geometric(3, np.float32, 1), "geometric_ expects p to be in (0, 1), but got p=1"),
        (lambda g: g.geometric(3, bool, 0.5), "\"geometric_cpu\" not implemented for 'Bool'"),
        (lambda g: g.cauchy(3, np.float32, 0, 0), "cauchy_ expects sigma > 0.0, but found sigma=0"),
        (lambda g: g.log_normal(3, np.float32, 0, 0), "log_normal_ expects std > 0.0, but found std=0"),
        (lambda g: g.randperm(-1), "Trying to create tensor with negative dimension -1: [-1]"),
        (lambda g: g.randperm(129, np.int8), "value cannot be converted to type int8_t without overflow"),
        (lambda g: g.randperm(2050, np.float16), "n cannot be greater than 2049 for Half type."),
        (lambda g: g.randperm(3, bool), "\"randperm\" not implemented for 'Bool'"),
        (
            lambda g: g.multinomial(np.ones(3), 5),
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement",
        ),
        (lambda g: g.multinomial(np.ones(3), 0), "cannot sample n_sample <= 0 samples"),
        (
            lambda g: g.multinomial(np.zeros(3), 1),
            "invalid multinomial distribution (sum of probabilities <= 0)",
        ),
        (
            lambda g: g.multinomial(np.array([1.0, np.nan]), 1, True),
            "probability tensor contains either `inf`, `nan` or element < 0",
        ),
        (lambda g: g.multinomial(np.ones(()), 1), "prob_dist must be 1 or 2 dim"),
        (lambda g: g.poisson(np.array([-1.0])), "invalid Poisson rate, expected rate to be non-negative"),
        (lambda g: g.unpack_state(np.zeros(5056, np.uint8)), "Invalid mt19937 state"),
    ],
)
def test_refusals_draw_nothing(refused, message):
    g = Generator(0)
    g.random_u32(3)
    before = g.pack_state()
    with pytest.raises((RuntimeError, TypeError, ValueError)) as caught:
        refused(g)
    assert str(caught.value).startswith(message)
    np.testing.assert_array_equal(g.pack_state(), before)


def test_normals_made_ahead_are_those_of_single_draws(monkeypatch):
    """Small draws in a row look ahead in the words; whatever is drawn or restored between them, and by whom."""
    monkeypatch.setattr(generator, "NORMALS", SimpleNamespace(ready=lambda work: False))  # no machine code
    plain, ahead = Generator(3), Generator(3)
    kinds = np.random.default_rng(0)
    state = None
    for _ in range(600):
        kind, n = int(kinds.integers(12)), 16 * int(kinds.integers(1, 9))
        if kind == 0:
            drawn = [g.random_u32(n % 7 + 1) for g in (plain, ahead)]
        elif kind == 1:
            drawn = [g.normal(n + 5) for g in (plain, ahead)]
        elif kind == 2 and state is not None:
            plain.set_state(state)
            ahead.set_state(state)
            continue
        else:
            plain._ahead = plain._normal = None
            of = (1.0, 2.0) if kind == 3 else (0.0, 1.0)
            drawn = [g.normal(n, np.float32, *of) for g in (plain, ahead)]
            drawn[1] += 0  # what is given away is the program's own
        np.testing.assert_array_equal(*drawn)
        if kind == 4:
            state = plain.get_state()
    assert ahead._ahead is not None


def test_what_is_drawn_for_chances_is_drawn_row_by_row_up_to_a_wrong_one() -> None:
    session = Session()
    session.run("""import torch
torch.manual_seed(0)
p = torch.rand(3, 4)
x = torch.bernoulli(p.t())
found = [x.stride(), x.flatten().int().tolist()]
p[1, 2] = 1.5
for wrong in (p, p.double()):
    try: torch.bernoulli(wrong)
    except RuntimeError: found.append(torch.rand(2).tolist())
""")
    assert session["found"] == [
        (3, 1),
        [1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0],
        [0.3051000237464905, 0.9320003986358643],
        [0.13871687650680542, 0.242235004901886],
    ]
