"""How beliefs are made and chosen: backtests, metrics, tracked training runs."""
