"""Schedules proposed to operators, and what the operators decided."""
