"""How equipment is run while the load is uncertain: policies, and months lived with them."""
