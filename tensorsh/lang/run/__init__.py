"""Running statements, each all or nothing: what compiled code calls, Ctrl-C, time by line."""
