"""A whole backtest of many firms: from their readings to figures, files and a page."""
