"""`torch.Size` and named results: tuples first, with PyTorch's extras and refusals."""
# ruff: noqa: RUF005  the sums are what is tested

import pytest

from tensorsh.engine.core.results import Size, named_result

sort = named_result("sort", ("values", "indices"))


def test_reprs():
    assert repr(Size([2, 3])) == "torch.Size([2, 3])"
    assert repr(Size()) == "torch.Size([])"
    assert repr((sort((1, 2)),)) == "(torch.return_types.sort(\nvalues=1,\nindices=2),)"
    assert repr(sort) == "<class 'torch.return_types.sort'>"


def test_size_is_a_tuple_that_stays_a_size():
    size = Size([2, 3])
    assert size == (2, 3)
    assert hash(size) == hash((2, 3))
    assert (size.numel(), Size().numel()) == (6, 1)
    for same in (
        size[:],
        size + (),
        () + size,
        Size([2]) + (3,),
        (2,) + Size([3]),
        Size([2, True])[:1] + (3,),
    ):
        assert type(same) is Size
        assert repr(same) == "torch.Size([2, 3])"
    assert repr(2 * size) == repr(size * 2) == "torch.Size([2, 3, 2, 3])"
    assert size[-1] == 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Size([1.5]), "torch.Size() takes an iterable of 'int' (item 0 is 'float')"),
        (lambda: Size([1, "a"]), "torch.Size() takes an iterable of 'int' (item 1 is 'str')"),
        (lambda: Size([2]) + [1], "can only concatenate tuple (not list) to torch.Size"),
        (lambda: sort((1,)), "torch.return_types.sort() takes a 2-sequence (1-sequence given)"),
    ],
)
def test_sizes_and_results_refuse_in_pytorchs_words(wrong, message):
    with pytest.raises(TypeError) as raised:
        wrong()
    assert str(raised.value) == message


def test_a_named_result_is_a_tuple_with_attributes():
    result = sort(("v", "i"))
    values, indices = result
    assert (values, indices) == (result.values, result.indices) == ("v", "i")
    assert type(result[:1]) is tuple
    assert type(result) is named_result("sort", ("values", "indices"))
    with pytest.raises(AttributeError, match=r"'torch\.return_types\.sort' object has no attribute 'mode'"):
        _ = result.mode
