"""torch.cuda.amp: the old names of what is in torch.amp."""

from ...namespace import lazily

CONTENTS = {"deprecated": "GradScaler autocast custom_bwd custom_fwd"}
NAMESPACES = ()

__getattr__, __dir__ = lazily(__name__)
