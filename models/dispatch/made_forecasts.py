"""Forecasts that were made while days were run: how they were passed tells how far to trust them.

A forecast of the past that is made today comes from a model that has seen what followed. So only
what was really made at its time is kept, of each firm, in memory: five days of it are enough to
learn from, and a service that starts anew begins without.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np

from feature_store.features.load_table import LoadTable
from feature_store.time_grid import STEPS_PER_DAY, KilowattArray, utc_instant
from models.dispatch.forecast_levels import LEADS, REACH_DAYS
from models.dispatch.known_load import Forecasts
from models.forecasting.load_forecast import QUANTILES, LoadForecast

LEADS_PER_DAY = STEPS_PER_DAY // LEADS
"""Forecasts of a day, each until the next."""


@dataclass(frozen=True, kw_only=True)
class MadeForecasts:
    """The first intervals of each firm's forecasts, by issue time; threads may share them."""

    by_firm: dict[str, dict[np.datetime64, KilowattArray]] = field(default_factory=dict)
    """Shape of each (LEADS, len(QUANTILES))."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, forecast: LoadForecast) -> None:
        """Keep one; of the same issue time the one that was made last."""
        with self.lock:
            of_firm = self.by_firm.setdefault(forecast.firm_id, {})
            of_firm[utc_instant(forecast.issue_time)] = forecast.demand_kw[:LEADS].copy()
            while len(of_firm) > REACH_DAYS * LEADS_PER_DAY:
                del of_firm[min(of_firm)]

    def on(self, firm_id: str, table: LoadTable) -> Forecasts:
        """Return a firm's forecasts by position; those from before the table are left out."""
        with self.lock:
            made = sorted(self.by_firm.get(firm_id, {}).items(), key=lambda one: one[0])
        made = [one for one in made if one[0] >= table.first]
        issue = table.position(np.array([instant for instant, _ in made], dtype="datetime64[s]"))
        quantiles_kw = np.zeros((len(made), LEADS, len(QUANTILES)))
        for number, (_, kept_kw) in enumerate(made):
            quantiles_kw[number] = kept_kw
        return Forecasts(issue=issue, quantiles_kw=quantiles_kw)
