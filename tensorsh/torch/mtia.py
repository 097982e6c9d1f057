"""torch.mtia: there is no such device, and these say so."""

from .absent_device import *  # noqa: F403
from .absent_device import __all__ as __all__
