"""What we believe about a site: its load, its bill, its equipment, its cheapest schedule."""
