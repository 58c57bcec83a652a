"""Readers of real file formats: a file becomes checked readings, or is refused row by row."""
