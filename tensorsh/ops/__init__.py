"""All operations. A module is imported when one of its names is first asked for; there is no list to keep."""

from ..engine.values.operation_index import enter

enter(__name__)
