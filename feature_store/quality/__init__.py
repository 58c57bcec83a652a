"""Which readings cannot be believed, why, and what stands in for them by a named rule."""
