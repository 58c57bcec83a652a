"""The cheapest schedule of a site's equipment for a forecast, and what it changes."""
