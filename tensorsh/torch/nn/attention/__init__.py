"""torch.nn.attention: which kernel computes attention; there is one here, whatever is chosen."""

from ...namespace import lazily

CONTENTS = {"kernels": "SDPBackend sdpa_kernel"}

__getattr__, __dir__ = lazily(__name__)
