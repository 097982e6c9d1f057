"""What names mean: those a program starts with, attributes, files, imports."""
