"""Features: one idea a file, computed relative to an issue time from what was known then."""
