"""Re-runnable measurements of what the documents quote."""
