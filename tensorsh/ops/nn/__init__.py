"""Layers as functions: convolutions, pools, norms, attention, embeddings, dropout, padding."""
