"""What a call's arguments may be, and PyTorch's words for those that may not."""
