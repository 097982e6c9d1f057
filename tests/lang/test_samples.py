"""Batches of a program's own datasets that are found at once: which, and that they are what samples give."""

from __future__ import annotations

import pytest

from tensorsh import Session
from tensorsh.lang.loops import samples

START = """
import torch
from torch.utils.data import DataLoader, Dataset
torch.manual_seed(0)
X = torch.randn(40, 6)
Y = torch.randint(0, 5, (40,))
mean, std = X.mean(0), X.std(0)
class Mine(Dataset):
    def __init__(self):
        self.x, self.y, self.transform, self.seen = X, Y, None, 0
    def __len__(self):
        return 30
    def __getitem__(self, i):
{body}
dataset = Mine()
loader = DataLoader(dataset, batch_size=4, shuffle=True)
found = []
for epoch in range(3):
    for batch in loader:
        found.append(batch)
        {change}
"""
TOGETHER = {
    "rows": "return self.x[i], self.y[i]",
    "of globals": "return X[i]",
    "a dictionary": 'return {"x": (X[i] - mean) / std, "y": Y[i].float().unsqueeze(0), "at": i}',
    "a list": "return [self.x[i], [self.y[-1 - i], i * 3]]",
    "slices": "return self.y[i:i + 7], self.x[i + 1:i + 3]",
    "no transform": "x = self.x[i]\n        if self.transform:\n            x = self.transform(x)\n        return x",
    "a function": "return take(self.x, i), self.y[i]",
    "a large product": "return X[i * 6364136223846793005 * 1442695040888963407 % 40]",
    "a division that has no result for rows that are not asked for": "return X[20 // (i - 35)]",
    "another shape": "return self.x[i].view(2, 3) * 2",
}
ONE_BY_ONE = {
    "counts": "self.seen += 1\n        return self.x[i]",
    "prints": "print(i)\n        return self.x[i]",
    "draws": "return self.x[i] + torch.randn(6)",
    "reduces": "return self.x[i].sum()",
    "lists": "return self.x[i], [1.0, 2.0][i % 2]",
    "the same": "return self.x",
    "its index in numbers": "return self.x[i] * i",
}
HELPER = "def take(x, i):\n    return x[i]\n"


def batches(body: str, compile: bool, change: str = "pass") -> list[object]:
    session = Session(compile=compile)
    session.run(HELPER + START.format(body="        " + body, change=change))
    return plain(session.evaluate("found"))


def plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [type(value).__name__, *map(plain, value)]
    return str(value.dtype), value.shape, value.array.strides, value.tolist()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    counted: list[bool] = []
    batch = samples.Together.batch

    def counts(self: samples.Together, indices: samples.Array) -> object:
        found = batch(self, indices)
        counted.append(found is not None)
        return found

    monkeypatch.setattr(samples.Together, "batch", counts)
    return counted


@pytest.mark.parametrize("name", [*TOGETHER, *ONE_BY_ONE])
def test_batches_are_those_of_samples(name: str, at_once: list[bool]) -> None:
    body = (TOGETHER | ONE_BY_ONE)[name]
    assert batches(body, True) == batches(body, False)
    assert at_once.count(True) == (22 if name in TOGETHER else 0)


@pytest.mark.parametrize(
    "change",
    [
        "if len(found) == 9: dataset.x = X * 2",
        "if len(found) == 9: X[:] = 1",
        "if len(found) == 9: dataset.transform = lambda x: x - 5",
        "if len(found) == 9: Mine.__getitem__ = lambda self, i: X[i] + 3",
        "if len(found) == 9: dataset.x = X[:29]; dataset.x = torch.cat([dataset.x, X])",
        "batch += 1",
    ],
)
def test_what_was_relied_on_changes(change: str, at_once: list[bool]) -> None:
    body = TOGETHER["no transform"]
    assert batches(body, True, change) == batches(body, False, change)
    assert True in at_once


def test_a_branch_on_the_index_is_taken_by_each_sample() -> None:
    body = "return self.x[i] if i % 2 else -self.x[i]"
    assert batches(body, True) == batches(body, False)


def test_a_loader_can_be_copied(at_once: list[bool]) -> None:
    body, change = TOGETHER["rows"], "pass"
    session = Session()
    session.run(HELPER + START.format(body="        " + body, change=change))
    session.run(
        "import copy\nother = copy.deepcopy(loader)\nboth = [len(list(x)) for x in (copy.copy(loader), other, loader)]"
    )
    assert session.evaluate("both") == [8, 8, 8]
