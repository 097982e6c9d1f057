"""Shapes that broadcast, dimensions that are counted, strides that lie in order: what operations ask of a spec."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorsh.engine.core import spec as specs
from tensorsh.engine.core.device import cpu, meta
from tensorsh.engine.core.dtype import float32, int64
from tensorsh.engine.core.spec import broadcast_shapes, common_shape, spec, wrap_dim
from tensorsh.errors import facts_of

SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 300]), max_size=5).map(tuple)


@given(st.lists(SHAPES, max_size=4))
def test_shapes_broadcast_as_numpy_s(shapes: list[tuple[int, ...]]) -> None:
    try:
        expected = np.broadcast_shapes(*shapes)
    except ValueError:
        assert common_shape(*shapes) is None
        with pytest.raises(RuntimeError, match="must match the size of tensor b"):
            broadcast_shapes(*shapes)
    else:
        assert common_shape(*shapes) == broadcast_shapes(*shapes) == expected


def test_a_shorter_shape_stands_at_the_end_of_longer_ones() -> None:
    assert common_shape((7, 2, 3, 4), (2, 3, 4), (4,)) == (7, 2, 3, 4)
    assert common_shape((7, 1, 3, 1, 5), (2, 3, 4, 5), (1, 4, 1)) == (7, 2, 3, 4, 5)


def test_a_large_size_is_compared_by_its_value() -> None:
    assert common_shape((int("1000"),), (int("1000"),)) == (1000,)


@pytest.mark.parametrize(
    ("shapes", "sizes", "dimension"),
    [
        (((2, 3), (2, 4)), (3, 4), 1),
        (((2, 3), (4, 3)), (2, 4), 0),
        (((5, 2, 3), (4, 3)), (2, 4), 1),
        (((3,), (2, 0)), (3, 0), 1),
        (((0,), (1,), (2,)), (0, 2), 0),  # no size is a size
        (((5, 2), (2,), (3,)), (2, 3), 1),  # where a shape is at its end nothing clashes
        (((2, 1), (1, 3), (4, 3)), (2, 4), 0),
        (((2, 3), (3, 2)), (3, 2), 1),  # both clash: the last one is told
    ],
)
def test_the_last_dimension_that_clashes_is_told(
    shapes: tuple[tuple[int, ...], ...], sizes: tuple[int, int], dimension: int
) -> None:
    with pytest.raises(RuntimeError) as told:
        broadcast_shapes(*shapes)
    assert str(told.value) == (
        f"The size of tensor a ({sizes[0]}) must match the size of tensor b ({sizes[1]}) "
        f"at non-singleton dimension {dimension}"
    )


@pytest.mark.parametrize("ndim", [0, 1, 2, 5])
def test_dimensions_are_counted_from_both_ends(ndim: int) -> None:
    n = max(ndim, 1)
    assert [wrap_dim(dim, ndim) for dim in range(-n, n)] == [*range(n)] * 2
    for dim in (-n - 1, n, n + 300):
        with pytest.raises(IndexError) as told:
            wrap_dim(dim, ndim)
        assert f"[{-n}, {n - 1}], but got {dim}" in str(told.value)
        facts = facts_of(told.value)
        assert facts is not None and facts.help == f"the tensor has {ndim} dimension" + (
            "" if ndim == 1 else "s"
        )


@pytest.mark.parametrize("shape", [(), (3,), (3, 1), (2, 3), (1, 3), (2, 1, 3), (1, 1, 2), (4, 1, 1)])
def test_strides_lie_in_order_and_tell_sizes_of_one_apart(shape: tuple[int, ...]) -> None:
    steps = [step // 4 for step in spec(shape, float32).in_order.strides]
    for i, n in enumerate(shape):
        if n > 1:
            assert steps[i] == prod(shape[i + 1 :])
        else:  # no dimension of the array could have it
            assert steps[i] == prod(shape) + i


def test_a_spec_knows_its_sizes() -> None:
    found = spec((2, 0, 3), float32, meta)
    assert (found.ndim, found.numel, tuple(found.size), found.is_meta) == (3, 0, (2, 0, 3), True)
    placeholder = spec((1 << 20, 1 << 20), float32, meta).placeholder
    assert (placeholder.shape, placeholder.strides, placeholder.dtype) == (
        (1 << 20, 1 << 20),
        (0, 0),
        np.float32,
    )
    assert found.with_shape([4]).with_dtype(int64) is spec((4,), int64, meta)


def test_specs_say_their_device_where_it_is_another() -> None:
    assert repr(spec((2, 3), float32, cpu)) == "float32[2, 3]"
    assert repr(spec((), int64, meta)) == "int64[] on meta"


def test_specs_are_remembered_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specs, "_interned", {})
    monkeypatch.setattr(specs, "_LIMIT", 2)
    first = spec((1,), float32)
    assert spec((1,), float32) is first
    for n in range(2, 5):
        spec((n,), float32)
    assert len(specs._interned) == 1  # the fourth began anew
    assert spec((1,), float32) is not first


def test_sizes_are_no_floats() -> None:
    spec((7,), float32)
    with pytest.raises(TypeError, match=r"sizes are integers, not \[6.5\]"):
        spec((6.5,), float32)  # type: ignore[arg-type]
