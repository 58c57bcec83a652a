"""Figures that tell what forecasts were worth, one idea a file."""
