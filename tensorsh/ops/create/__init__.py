"""New tensors: of data, filled with a value, by rule."""
