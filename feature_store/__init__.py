"""What was known about a firm, and when."""
