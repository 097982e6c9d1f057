"""torch.amp: products in 16 bits, the rest in 32, and gradients scaled so that they do not vanish there."""

from ..namespace import lazily

CONTENTS = {
    "autocast_mode": "autocast custom_bwd custom_fwd is_autocast_available",
    "grad_scaler": "GradScaler",
}
NAMESPACES = ("autocast_mode", "grad_scaler")
UNSTARRED = NAMESPACES

__getattr__, __dir__ = lazily(__name__)
