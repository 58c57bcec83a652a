"""Dated KEPCO tariff tables and the formulas that price a plan and a bill alike."""
