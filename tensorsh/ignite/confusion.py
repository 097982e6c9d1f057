"""The confusion matrix, and metrics made of it."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

from ..torch.namespace import torch
from .arithmetic import MetricsLambda
from .metric import Metric, NotComputableError, _same, reinit__is_reduced

__name__ = "ignite.metrics.confusion_matrix"


class ConfusionMatrix(Metric):
    """`(classes, classes)` counts: rows are what is true, columns what was predicted."""

    _state_dict_all_req_keys = ("confusion_matrix", "_num_examples")

    def __init__(
        self,
        num_classes: int,
        average: str | None = None,
        output_transform: Callable[[Any], Any] = _same,
        device: Any = "cpu",
        skip_unrolling: bool = True,
    ):
        if average is not None and average not in ("samples", "recall", "precision"):
            raise ValueError("Argument average can None or one of 'samples', 'recall', 'precision'")
        if num_classes <= 1:
            raise ValueError("Argument num_classes needs to be > 1")
        self.num_classes = num_classes
        self._num_examples = 0
        self.average = average
        super().__init__(output_transform, device, skip_unrolling)

    @reinit__is_reduced
    def reset(self) -> None:
        self.confusion_matrix = torch.zeros(self.num_classes, self.num_classes, dtype=torch.int64)
        self._num_examples = 0

    def _check_shape(self, y_pred: Any, y: Any) -> None:
        shape = f"(batch_size, num_classes (currently set to {self.num_classes}), ...)"
        if y_pred.ndim < 2:
            raise ValueError(f"y_pred must have shape {shape}, but given {y_pred.shape}")
        if y_pred.shape[1] != self.num_classes:
            raise ValueError(
                f"y_pred does not have correct number of classes: {y_pred.shape[1]} vs {self.num_classes}"
            )
        if y.ndim + 1 != y_pred.ndim:
            raise ValueError(
                f"y_pred must have shape {shape} and y must have shape of (batch_size, ...), but given {y.shape} vs "
                f"{y_pred.shape}."
            )
        if tuple(y.shape) != (y_pred.shape[0], *y_pred.shape[2:]):
            raise ValueError("y and y_pred must have compatible shapes.")

    @reinit__is_reduced
    def update(self, output: Any) -> None:
        y_pred, y = output[0].detach(), output[1].detach()
        self._check_shape(y_pred, y)
        self._num_examples += y_pred.shape[0]
        y_pred, y = torch.argmax(y_pred, dim=1).flatten(), y.flatten()
        counted = (y >= 0) & (y < self.num_classes)
        cells = self.num_classes * y[counted] + y_pred[counted]
        counts = torch.bincount(cells, minlength=self.num_classes**2)
        self.confusion_matrix += counts.reshape(self.num_classes, self.num_classes).to(self.confusion_matrix)

    def compute(self) -> Any:
        if self._num_examples == 0:
            raise NotComputableError(
                "Confusion matrix must have at least one example before it can be computed."
            )
        if not self.average:
            return self.confusion_matrix
        self.confusion_matrix = self.confusion_matrix.float()
        if self.average == "samples":
            return self.confusion_matrix / self._num_examples
        return self.normalize(self.confusion_matrix, self.average)

    @staticmethod
    def normalize(matrix: Any, average: str) -> Any:
        """Rows ("recall") or columns ("precision") that add up to 1."""
        if average == "recall":
            return matrix / (matrix.sum(dim=1).unsqueeze(1) + 1e-15)
        if average == "precision":
            return matrix / (matrix.sum(dim=0) + 1e-15)
        raise ValueError("Argument average should be one of 'samples', 'recall', 'precision'")


def IoU(cm: ConfusionMatrix, ignore_index: int | None = None) -> MetricsLambda:
    """Intersection over union of each class."""
    _check(cm, ignore_index)
    if cm.average not in (None, "samples"):
        raise ValueError("ConfusionMatrix should have average attribute either None or 'samples'")
    m = cm.to(torch.double)
    return _without(m.diag() / (m.sum(dim=1) + m.sum(dim=0) - m.diag() + 1e-15), ignore_index, "IoU")


def mIoU(cm: ConfusionMatrix, ignore_index: int | None = None) -> MetricsLambda:
    """The mean of `IoU`."""
    return IoU(cm, ignore_index).mean()


def JaccardIndex(cm: ConfusionMatrix, ignore_index: int | None = None) -> MetricsLambda:
    """Another name of `IoU`."""
    return IoU(cm, ignore_index)


def DiceCoefficient(cm: ConfusionMatrix, ignore_index: int | None = None) -> MetricsLambda:
    """The Dice coefficient of each class."""
    _check(cm, ignore_index)
    m = cm.to(torch.double)
    return _without(2.0 * m.diag() / (m.sum(dim=1) + m.sum(dim=0) + 1e-15), ignore_index, "Dice")


def cmAccuracy(cm: ConfusionMatrix) -> MetricsLambda:
    """The share of right predictions."""
    m = cm.to(torch.double)
    return m.diag().sum() / (m.sum() + 1e-15)


def cmPrecision(cm: ConfusionMatrix, average: bool = True) -> MetricsLambda:
    """The precision of each class, or their mean."""
    m = cm.to(torch.double)
    each = m.diag() / (m.sum(dim=0) + 1e-15)
    return each.mean() if average else each


def cmRecall(cm: ConfusionMatrix, average: bool = True) -> MetricsLambda:
    """The recall of each class, or their mean."""
    m = cm.to(torch.double)
    each = m.diag() / (m.sum(dim=1) + 1e-15)
    return each.mean() if average else each


def _check(cm: Any, ignore_index: int | None) -> None:
    if not isinstance(cm, ConfusionMatrix):
        raise TypeError(f"Argument cm should be instance of ConfusionMatrix, but given {type(cm)}")
    if ignore_index is not None and not (
        isinstance(ignore_index, numbers.Integral) and 0 <= ignore_index < cm.num_classes
    ):
        raise ValueError(
            f"ignore_index should be integer and in the range of [0, {cm.num_classes}), but given {ignore_index}"
        )


def _without(metric: Any, index: int | None, name: str) -> Any:
    """A vector metric without one class."""
    if index is None:
        return metric

    def rest(vector: Any) -> Any:
        if index >= len(vector):
            raise ValueError(f"ignore_index {index} is larger than the length of {name} vector {len(vector)}")
        return vector[[i for i in range(len(vector)) if i != index]]

    return MetricsLambda(rest, metric)
