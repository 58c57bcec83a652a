"""Many firms of one complex, scheduled together where they share a limit, a battery or a price."""
