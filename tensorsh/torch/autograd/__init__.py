"""torch.autograd: gradients, functions with a backward of their own, hooks, forward mode."""

from ..namespace import lazily

CONTENTS = {
    "anomaly_mode": "detect_anomaly set_detect_anomaly",
    "function": "Function NestedIOFunction",
    "grad_mode": (
        "no_grad enable_grad enforce_grad_layout_policy set_grad_enabled inference_mode set_multithreading_enabled"
    ),
    "variable": "Variable",
}
NAMESPACES = (
    "anomaly_mode", "forward_ad", "function", "grad_mode", "graph", "profiler", "variable",
)  # fmt: skip
UNSTARRED = ("anomaly_mode", "forward_ad", "function", "functional", "graph", "profiler")

__getattr__, __dir__ = lazily(__name__)
