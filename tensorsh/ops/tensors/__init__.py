"""What a tensor says of itself and of its memory: attributes, dtypes, storages, copies, hooks."""
