"""How good a prediction is: numbers for people, computed outside the graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.records.op import composite
from ..engine.values.tensor import Tensor
from ..engine.values.wrapping import wrap
from ..errors import DTypeError, ShapeError


def classes_of(input: Tensor, target: Tensor) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Predicted and true classes: scores with one more dimension than `target` are argmaxed."""
    predicted, true = input.values_or_error("a metric"), target.values_or_error("a metric")
    if predicted.ndim == true.ndim + 1:
        predicted = predicted.argmax(-1)
    elif predicted.dtype.kind == "f" and true.dtype.kind in "iu" and predicted.shape == true.shape:
        predicted = (
            predicted > 0 if predicted.min(initial=0) < 0 or predicted.max(initial=0) > 1 else predicted > 0.5
        )
    if predicted.shape != true.shape:
        raise ShapeError(
            f"predictions of shape {list(input.spec.shape)} do not fit targets of shape {list(target.spec.shape)}",
            help="give one class per row, or scores of shape [rows, classes]",
            operands=(input, target),
        )
    return predicted.ravel(), true.ravel()


@composite("accuracy(Tensor input, Tensor target)", names=("accuracy",))
def accuracy(input, target):
    """The share of right predictions. `input` holds classes, or scores of shape [rows, classes].

    >>> accuracy([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], [0, 1, 1])
    0.6666666666666666
    """
    predicted, true = classes_of(input, target)
    return float(np.mean(predicted == true)) if true.size else float("nan")


@composite("confusion_matrix(Tensor input, Tensor target, int? classes=None)", names=("confusion_matrix",))
def confusion_matrix(input, target, classes):
    """Counts of (true class, predicted class): rows are the truth.

    >>> confusion_matrix([0, 1, 1], [0, 1, 0])
    tensor([[1, 1],
            [0, 1]])
    """
    predicted, true = classes_of(input, target)
    predicted, true = predicted.astype(np.int64), true.astype(np.int64)
    n = classes or int(max(predicted.max(initial=0), true.max(initial=0))) + 1
    return wrap(np.bincount(true * n + predicted, minlength=n * n).reshape(n, n).astype(np.int64))


def _counts(input: Tensor, target: Tensor) -> tuple[np.ndarray[Any, Any], ...]:
    """For each class: right predictions, predictions, occurrences."""
    matrix = confusion_matrix(input, target).array
    return matrix.diagonal(), matrix.sum(0), matrix.sum(1)


def _mean_ratio(top: np.ndarray[Any, Any], bottom: np.ndarray[Any, Any]) -> float:
    return float(np.mean(np.where(bottom > 0, top / np.maximum(bottom, 1), 0.0)))


@composite("precision(Tensor input, Tensor target)", names=("precision",))
def precision(input, target):
    """Right predictions of a class over all predictions of it, averaged over the classes.

    >>> precision([0, 1, 1], [0, 1, 0])
    0.75
    """
    right, predicted, _ = _counts(input, target)
    return _mean_ratio(right, predicted)


@composite("recall(Tensor input, Tensor target)", names=("recall",))
def recall(input, target):
    """Right predictions of a class over all occurrences of it, averaged over the classes.

    >>> recall([0, 1, 1], [0, 1, 0])
    0.75
    """
    right, _, occurring = _counts(input, target)
    return _mean_ratio(right, occurring)


@composite("f1_score(Tensor input, Tensor target)", names=("f1_score",))
def f1_score(input, target):
    """The harmonic mean of precision and recall of each class, averaged over the classes.

    >>> f1_score([0, 1, 1], [0, 1, 0])
    0.6666666666666666
    """
    right, predicted, occurring = _counts(input, target)
    return _mean_ratio(2 * right, predicted + occurring)


@composite("r2_score(Tensor input, Tensor target)", names=("r2_score",))
def r2_score(input, target):
    """Coefficient of determination: `1 - sum((y - p)²) / sum((y - mean(y))²)`.

    >>> r2_score([1., 2., 4.], [1., 2., 3.])
    0.5
    """
    predicted, true = _pair(input, target)
    residual, total = np.sum((true - predicted) ** 2), np.sum((true - true.mean()) ** 2)
    return float(1 - residual / total)


@composite("mean_squared_error(Tensor input, Tensor target)", names=("mean_squared_error",))
def mean_squared_error(input, target):
    """`mean((y - p)²)`.

    >>> mean_squared_error([1., 2.], [1., 4.])
    2.0
    """
    predicted, true = _pair(input, target)
    return float(np.mean((true - predicted) ** 2))


@composite("mean_absolute_error(Tensor input, Tensor target)", names=("mean_absolute_error",))
def mean_absolute_error(input, target):
    """`mean(|y - p|)`.

    >>> mean_absolute_error([1., 2.], [1., 4.])
    1.0
    """
    predicted, true = _pair(input, target)
    return float(np.mean(np.abs(true - predicted)))


def _pair(input: Tensor, target: Tensor) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    predicted, true = input.values_or_error("a metric"), target.values_or_error("a metric")
    if predicted.size != true.size:
        raise ShapeError(
            f"predictions of shape {list(input.spec.shape)} do not fit targets of shape {list(target.spec.shape)}",
            operands=(input, target),
        )
    if predicted.dtype.kind == "c" or true.dtype.kind == "c":
        raise DTypeError("a metric wants real numbers", help="take .real or .abs()", operands=(input, target))
    return predicted.astype(np.float64).ravel(), true.astype(np.float64).ravel()
