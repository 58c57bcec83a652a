"""The packaged sample complex and how it was made."""
