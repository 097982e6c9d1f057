"""The record of an operation, its signature, and the registry that has them all."""
