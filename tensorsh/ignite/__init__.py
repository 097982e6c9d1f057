"""pytorch-ignite in plain Python on the library: engines that fire events, metrics, handlers.

`CONTENTS` says which names each module of ignite's has and which file of ours they are in; `names("ignite.engine")`
imports them. A program imports them as modules of its session (`tensorsh.modules.tables.ignite`).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_ENGINE = {
    "engine": "Engine",
    "events": "CallableEventWithFilter EventEnum Events EventsList RemovableEventHandle State",
    "supervised": "create_supervised_evaluator create_supervised_trainer supervised_evaluation_step "
    "supervised_training_step",
}
_METRICS = {
    "metric": "Metric",
    "usage": "BatchFiltered BatchWise EpochWise MetricUsage",
    "arithmetic": "MetricsLambda",
    "averages": "Average GeometricAverage Loss RunningAverage VariableAccumulation",
    "collected": "EpochMetric MetricGroup",
    "classification": "Accuracy TopKCategoricalAccuracy",
    "precision_recall": "Fbeta Precision Recall",
    "confusion": "ConfusionMatrix DiceCoefficient IoU JaccardIndex mIoU",
    "regression": "MeanAbsoluteError MeanPairwiseDistance MeanSquaredError RootMeanSquaredError",
}
_HANDLERS = {
    "checkpoint": "Checkpoint DiskSaver ModelCheckpoint",
    "stopping": "EarlyStopping TerminateOnNan TimeLimit Timer",
    "schedules": "BaseParamScheduler CosineAnnealingScheduler CyclicalScheduler LinearCyclicalScheduler ParamScheduler "
    "PiecewiseLinear",
    "combined_schedules": "ConcatScheduler LRScheduler ParamGroupScheduler create_lr_scheduler_with_warmup",
    "averaging": "EMAHandler",
    "collected": "EpochOutputStore",
    "progress": "ProgressBar",
    "steps": "global_step_from_engine",
}
_UTILS = {
    "trees": "apply_to_tensor apply_to_type convert_tensor to_onehot",
    "session": "manual_seed setup_logger",
}

#: module of ignite's → file of ours → names
CONTENTS: dict[str, dict[str, str]] = {
    "ignite": {},
    "ignite.engine": _ENGINE,
    "ignite.engine.engine": {"engine": "Engine"},
    "ignite.engine.events": {"events": _ENGINE["events"]},
    "ignite.metrics": _METRICS,
    "ignite.metrics.metric": {
        "metric": "Metric reinit__is_reduced sync_all_reduce",
        "usage": _METRICS["usage"] + " RunningBatchWise RunningEpochWise SingleEpochRunningBatchWise",
    },
    **{
        f"ignite.metrics.{module}": {file: listed}
        for module, file, listed in (
            ("accumulation", "averages", "Average GeometricAverage VariableAccumulation"),
            ("accuracy", "classification", "Accuracy"),
            ("confusion_matrix", "confusion", _METRICS["confusion"] + " cmAccuracy cmPrecision cmRecall"),
            ("epoch_metric", "collected", "EpochMetric EpochMetricWarning"),
            ("loss", "averages", "Loss"),
            ("metric_group", "collected", "MetricGroup"),
            ("metrics_lambda", "arithmetic", "MetricsLambda"),
            ("precision", "precision_recall", "Precision"),
            ("recall", "precision_recall", "Recall"),
            ("running_average", "averages", "RunningAverage"),
        )
    },
    "ignite.handlers": _HANDLERS,
    "ignite.handlers.checkpoint": {
        "checkpoint": _HANDLERS["checkpoint"] + " BaseSaveHandler CheckpointEvents"
    },
    "ignite.handlers.early_stopping": {"stopping": "EarlyStopping"},
    "ignite.handlers.ema_handler": {"averaging": "EMAHandler"},
    "ignite.handlers.stores": {"collected": "EpochOutputStore"},
    "ignite.handlers.terminate_on_nan": {"stopping": "TerminateOnNan"},
    "ignite.handlers.time_limit": {"stopping": "TimeLimit"},
    "ignite.handlers.timing": {"stopping": "Timer"},
    "ignite.handlers.param_scheduler": {
        file: _HANDLERS[file] for file in ("schedules", "combined_schedules")
    },
    "ignite.handlers.tqdm_logger": {"progress": "ProgressBar"},
    "ignite.contrib": {},
    "ignite.contrib.handlers": {
        "progress": "ProgressBar",
        "schedules": "CosineAnnealingScheduler LinearCyclicalScheduler PiecewiseLinear",
        "combined_schedules": _HANDLERS["combined_schedules"],
    },
    "ignite.contrib.handlers.param_scheduler": {
        file: _HANDLERS[file] for file in ("schedules", "combined_schedules")
    },
    "ignite.contrib.handlers.tqdm_logger": {"progress": "ProgressBar"},
    "ignite.exceptions": {"metric": "NotComputableError"},
    "ignite.utils": _UTILS,
}
VERSION = "0.5.5"


def names(module: str) -> dict[str, Any]:
    """What a module of ignite's holds."""
    found: dict[str, Any] = {"__version__": VERSION} if module == "ignite" else {}
    for file, listed in CONTENTS[module].items():
        source = import_module(f"{__name__}.{file}")
        found |= {name: getattr(source, name) for name in listed.split()}
    return found
