"""How many predictions are right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..torch.namespace import torch
from .metric import Metric, NotComputableError, _same, reinit__is_reduced

__name__ = "ignite.metrics.accuracy"


class Classification(Metric):
    """Base of metrics of (y_pred, y): tells binary, multiclass and multilabel data from their shapes."""

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = _same,
        is_multilabel: bool = False,
        device: Any = "cpu",
        skip_unrolling: bool = False,
    ):
        self._is_multilabel = is_multilabel
        self._type: str | None = None
        self._num_classes: int | None = None
        super().__init__(output_transform, device, skip_unrolling)

    def reset(self) -> None:
        self._type = None
        self._num_classes = None

    def _check_shape(self, output: Any) -> None:
        y_pred, y = output
        if y_pred.ndim not in (y.ndim, y.ndim + 1):
            raise ValueError(
                "y must have shape of (batch_size, ...) and y_pred must have shape of (batch_size, num_categories, "
                f"...) or (batch_size, ...), but given {y.shape} vs {y_pred.shape}."
            )
        shape = tuple(y_pred.shape)
        if y.ndim + 1 == y_pred.ndim:
            shape = (shape[0], *shape[2:])
        if tuple(y.shape) != shape:
            raise ValueError("y and y_pred must have compatible shapes.")
        if self._is_multilabel and not (y.shape == y_pred.shape and y.ndim > 1 and y.shape[1] > 1):
            raise ValueError(
                "y and y_pred must have same shape of (batch_size, num_categories, ...) and num_categories > 1."
            )

    def _check_type(self, output: Any) -> None:
        y_pred, y = output
        if y.ndim + 1 == y_pred.ndim:
            classes = y_pred.shape[1]
            kind = "binary" if classes == 1 else "multiclass"
        else:
            kind = "multilabel" if self._is_multilabel else "binary"
            classes = y_pred.shape[1] if self._is_multilabel else 1
        if kind != "multiclass":
            for name, each in (("y", y), ("y_pred", y_pred)):
                if not torch.equal(each, each**2):
                    raise ValueError(f"For binary cases, {name} must be comprised of 0's and 1's.")
        if self._type is None:
            self._type, self._num_classes = kind, classes
        elif self._type != kind:
            raise RuntimeError(f"Input data type has changed from {self._type} to {kind}.")
        elif self._num_classes != classes:
            raise ValueError(
                f"Input data number of classes has changed from {self._num_classes} to {classes}"
            )


class Accuracy(Classification):
    """The share of right predictions; of multilabel data, of rows that are right in all labels."""

    _state_dict_all_req_keys = ("_num_correct", "_num_examples")

    @reinit__is_reduced
    def reset(self) -> None:
        self._num_correct = torch.tensor(0)
        self._num_examples = 0
        super().reset()

    @reinit__is_reduced
    def update(self, output: Any) -> None:
        self._check_shape(output)
        self._check_type(output)
        y_pred, y = output[0].detach(), output[1].detach()
        if self._type == "binary":
            correct = torch.eq(y_pred.view(-1).to(y), y.view(-1))
        elif self._type == "multiclass":
            correct = torch.eq(torch.argmax(y_pred, dim=1), y).view(-1)
        else:
            classes, last = y_pred.size(1), y_pred.ndim - 1
            y_pred = torch.transpose(y_pred, 1, last).reshape(-1, classes)
            y = torch.transpose(y, 1, last).reshape(-1, classes)
            correct = torch.all(y == y_pred.type_as(y), dim=-1)
        self._num_correct += torch.sum(correct)
        self._num_examples += correct.shape[0]

    def compute(self) -> float:
        if self._num_examples == 0:
            raise NotComputableError("Accuracy must have at least one example before it can be computed.")
        return self._num_correct.item() / self._num_examples


class TopKCategoricalAccuracy(Metric):
    """The share of examples whose class is among the `k` likeliest."""

    _state_dict_all_req_keys = ("_num_correct", "_num_examples")

    def __init__(
        self,
        k: int = 5,
        output_transform: Callable[[Any], Any] = _same,
        device: Any = "cpu",
        skip_unrolling: bool = False,
    ):
        super().__init__(output_transform, device, skip_unrolling)
        self._k = k

    @reinit__is_reduced
    def reset(self) -> None:
        self._num_correct = torch.tensor(0)
        self._num_examples = 0

    @reinit__is_reduced
    def update(self, output: Any) -> None:
        y_pred, y = output[0].detach(), output[1].detach()
        likeliest = torch.topk(y_pred, self._k, dim=1)[1]
        correct = torch.eq(likeliest, y.view(-1, 1).expand(-1, self._k)).sum(dim=1)
        self._num_correct += torch.sum(correct)
        self._num_examples += correct.shape[0]

    def compute(self) -> float:
        if self._num_examples == 0:
            raise NotComputableError(
                "TopKCategoricalAccuracy must have at least one example before it can be computed."
            )
        return self._num_correct.item() / self._num_examples


TopKCategoricalAccuracy.__module__ = "ignite.metrics.top_k_categorical_accuracy"
