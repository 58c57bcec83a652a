"""Forecasts of a firm's load: distributions over the intervals to come."""
