"""Which module has which name; written by `python tools/generate.py`."""

NAMES = {
    "accuracy": "metrics",
    "adam": "optim",
    "adamw": "optim",
    "categories": "tables",
    "confusion_matrix": "metrics",
    "describe": "tables",
    "f1_score": "metrics",
    "heatmap": "charts",
    "hist": "charts",
    "image": "charts",
    "mean_absolute_error": "metrics",
    "mean_squared_error": "metrics",
    "plot": "charts",
    "precision": "metrics",
    "r2_score": "metrics",
    "recall": "metrics",
    "rmsprop": "optim",
    "sgd": "optim",
    "train_test_split": "holdout",
}
