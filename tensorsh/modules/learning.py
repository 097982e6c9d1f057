"""`sklearn` where it is installed, behind a wall: data sets, splits, preprocessing, metrics.

Arrays and tensors go in, arrays come out. Nothing is fetched, and estimators are sklearn's own alone.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from .behind import Behind, Wall
from .numpy_state import lent

MODULES = {
    "sklearn.datasets": "load_breast_cancer load_diabetes load_digits load_iris load_linnerud load_wine make_blobs "
    "make_circles make_classification make_friedman1 make_gaussian_quantiles make_moons make_regression make_s_curve "
    "make_swiss_roll",
    "sklearn.model_selection": "KFold ShuffleSplit StratifiedKFold StratifiedShuffleSplit",
    "sklearn.preprocessing": "Binarizer LabelBinarizer LabelEncoder MaxAbsScaler MinMaxScaler Normalizer "
    "OneHotEncoder OrdinalEncoder PolynomialFeatures QuantileTransformer RobustScaler StandardScaler label_binarize "
    "maxabs_scale minmax_scale normalize scale",
    "sklearn.metrics": "accuracy_score auc average_precision_score balanced_accuracy_score brier_score_loss "
    "classification_report cohen_kappa_score confusion_matrix explained_variance_score f1_score fbeta_score "
    "hamming_loss jaccard_score log_loss matthews_corrcoef max_error mean_absolute_error "
    "mean_absolute_percentage_error mean_squared_error median_absolute_error precision_recall_curve "
    "precision_recall_fscore_support precision_score r2_score recall_score roc_auc_score roc_curve "
    "root_mean_squared_error silhouette_score top_k_accuracy_score zero_one_loss",
}
#: of estimators, splitters and data sets
OBJECTS = """
DESCR feature_names_in_ frame categories_ classes_ data data_max_ data_min_ data_range_ feature_names fit fit_transform
get_feature_names_out get_n_splits get_params images inverse_transform items keys max_abs_ mean_ min_
n_features_in_ n_features_out_ n_output_features_ n_samples_seen_ partial_fit quantiles_ scale_ set_params split
target target_names transform values var_ center_ powers_ y_type_
"""
HAS = frozenset(OBJECTS.split()).__contains__


def names(module: str, modules: Any) -> dict[str, Any]:
    """The names of one of sklearn's modules."""
    from . import frames

    source = importlib.import_module(module)
    wall = Wall(
        ("sklearn",), HAS, beside={"pandas": lambda: frames.of(modules)}, draws=lambda real: lent(modules)
    )
    made = {
        name: wall.function(getattr(source, name)) if name[0].islower() else wall.give(getattr(source, name))
        for name in MODULES[module].split()
        if hasattr(source, name)
    }
    if module == "sklearn.model_selection":
        made["train_test_split"] = splitting(wall)
    return made


def splitting(wall: Wall) -> Any:
    """`train_test_split`, which splits tensors too."""

    def train_test_split(*arrays: Any, **options: Any) -> list[Any]:
        """The two parts of each array, list, tensor or table, as what it was: the rows are drawn as in sklearn."""
        if not arrays:
            raise ValueError("At least one array required as input")
        lengths = [len(each) for each in arrays]
        if len(set(lengths)) > 1:
            raise ValueError(f"Found input variables with inconsistent numbers of samples: {lengths}")
        draw = importlib.import_module("sklearn.model_selection").train_test_split
        taken = {key: wall.take(each) for key, each in options.items()}
        parts = wall.inside(draw, (np.arange(lengths[0]),), taken)
        return [_rows(each, part) for each in arrays for part in parts]

    return train_test_split


def _rows(array: Any, which: Any) -> Any:
    if isinstance(array, Behind) and hasattr(array, "iloc"):
        return array.iloc[which]
    if isinstance(array, list | tuple):
        return [array[i] for i in which]
    return array[which]
