"""Which days are not working days: for a firm, and for KEPCO's bill."""
