"""Months lived again with a policy, each interval seeing only what was known at it."""
