"""Precision, recall and what is made of both."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from ..torch.namespace import torch
from .classification import Classification
from .metric import NotComputableError, _same, reinit__is_reduced
from .trees import to_onehot

__name__ = "ignite.metrics"

EPS = 1e-20


class PrecisionRecall(Classification):
    """Base of both: true positives by what was predicted, or by what is true."""

    _state_dict_all_req_keys = ("_numerator", "_denominator", "_weight", "_updated")

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = _same,
        average: bool | str | None = False,
        is_multilabel: bool = False,
        device: Any = "cpu",
        skip_unrolling: bool = False,
    ):
        if not (
            average is None
            or isinstance(average, bool)
            or average in ("macro", "micro", "weighted", "samples")
        ):
            raise ValueError(
                "Argument average should be None or a boolean or one of values 'macro', 'micro', 'weighted' and "
                "'samples'."
            )
        self._average = "macro" if average is True else average
        self.eps = EPS
        self._updated = False
        super().__init__(output_transform, is_multilabel, device, skip_unrolling)

    def _relevant(self, y_pred: Any, y: Any) -> Any:
        """What true positives are divided by: the predicted, or the true ones."""
        raise NotImplementedError

    def _check_type(self, output: Any) -> None:
        super()._check_type(output)
        if self._type in ("binary", "multiclass") and self._average == "samples":
            raise ValueError(
                "Argument average='samples' is incompatible with binary and multiclass input data."
            )
        y_pred, y = output
        if self._type == "multiclass" and y.dtype != torch.long:
            warnings.warn(
                "`y` should be of dtype long when entry type is multiclass", RuntimeWarning, stacklevel=2
            )
        if (
            self._type == "binary"
            and self._average is not False
            and (y.dtype != torch.long or y_pred.dtype != torch.long)
        ):
            warnings.warn(
                "`y` and `y_pred` should be of dtype long when entry type is binary and average!=False",
                RuntimeWarning,
                stacklevel=2,
            )

    def _prepared(self, output: Any) -> tuple[Any, Any, Any]:
        y_pred, y = output[0].detach(), output[1].detach()
        if self._type == "multilabel":
            labels = y_pred.size(1)
            y_pred = torch.transpose(y_pred, 1, -1).reshape(-1, labels)
            y = torch.transpose(y, 1, -1).reshape(-1, labels)
        else:
            classes = 2 if self._type == "binary" else y_pred.size(1)
            if self._type == "multiclass" and y.max() + 1 > classes:
                raise ValueError(
                    "y_pred contains fewer classes than y. Number of classes in the prediction is "
                    f"{classes} and an element in y has invalid class = {y.max().item() + 1}."
                )
            y = y.view(-1)
            if self._type == "binary" and self._average is False:
                y_pred = y_pred.view(-1)
            else:
                y = to_onehot(y.long(), classes)
                chosen = torch.argmax(y_pred, dim=1) if self._type == "multiclass" else y_pred.long()
                y_pred = to_onehot(chosen.view(-1), classes)
        y_pred, y = y_pred.to(torch.float64), y.to(torch.float64)
        return y_pred, y, y * y_pred

    @reinit__is_reduced
    def reset(self) -> None:
        self._numerator: Any = 0
        self._denominator: Any = 0
        self._weight: Any = 0
        self._updated = False
        super().reset()

    @reinit__is_reduced
    def update(self, output: Any) -> None:
        self._check_shape(output)
        self._check_type(output)
        y_pred, y, correct = self._prepared(output)
        relevant = self._relevant(y_pred, y)
        if self._average == "samples":
            self._numerator += torch.sum(correct.sum(dim=1) / (relevant.sum(dim=1) + EPS))
            self._denominator += y.size(0)
        elif self._average == "micro":
            self._denominator += relevant.sum()
            self._numerator += correct.sum()
        else:
            self._denominator += relevant.sum(dim=0)
            self._numerator += correct.sum(dim=0)
            if self._average == "weighted":
                self._weight += y.sum(dim=0)
        self._updated = True

    def compute(self) -> Any:
        if not self._updated:
            raise NotComputableError(
                f"{type(self).__name__} must have at least one example before it can be computed."
            )
        fraction = self._numerator / (self._denominator + (EPS if self._average != "samples" else 0))
        if self._average == "weighted":
            return (fraction @ self._weight / (self._weight.sum() + EPS)).item()
        if self._average in ("micro", "samples"):
            return fraction.item()
        return fraction.mean().item() if self._average == "macro" else fraction


class Precision(PrecisionRecall):
    """True positives by all that were predicted."""

    def _relevant(self, y_pred: Any, y: Any) -> Any:
        return y_pred


class Recall(PrecisionRecall):
    """True positives by all that are true."""

    def _relevant(self, y_pred: Any, y: Any) -> Any:
        return y


def Fbeta(
    beta: float,
    average: bool = True,
    precision: Precision | None = None,
    recall: Recall | None = None,
    output_transform: Callable[[Any], Any] | None = None,
    device: Any = None,
) -> Any:
    """The F-beta score of each class, or their mean."""
    if not beta > 0:
        raise ValueError(f"Beta should be a positive integer, but given {beta}")
    for name, metric in (("precision", precision), ("recall", recall)):
        for option, value in (("output_transform", output_transform), ("device", device)):
            if metric is not None and value is not None:
                raise ValueError(f"If {name} argument is provided, {option} should be None")
        if metric is not None and metric._average:
            raise ValueError(f"Input {name} metric should have average=False")
    transform = output_transform or _same
    p = Precision(transform, average=False) if precision is None else precision
    r = Recall(transform, average=False) if recall is None else recall
    score = (1.0 + beta**2) * p * r / (beta**2 * p + r + 1e-15)
    return score.mean().item() if average else score


Precision.__module__, Recall.__module__ = "ignite.metrics.precision", "ignite.metrics.recall"
