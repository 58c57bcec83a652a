"""Forecasting libraries of others, each measured in an environment of its own."""
