"""The page that tells how a backtest went: one file, nothing is fetched."""
