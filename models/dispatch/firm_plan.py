"""The plan of a firm that asks for it by what its peak is expected to cost, else by its bill."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import Any

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from models.dispatch.kept_values import KeptValues
from models.forecasting.load_forecast import LoadForecast
from models.optimizer.peak_value import PeakValue
from models.optimizer.plan import plan
from models.optimizer.schedule import ByBillBecause, Outcome, Solved
from models.optimizer.site_now import AS_DECLARED, SiteNow

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PeakValues:
    """What peaks of firms are expected to cost, each month valued once a day."""

    kept: KeptValues[Any] = field(default_factory=KeptValues)

    def of(
        self, firm: Firm, history: LoadHistory, forecast: LoadForecast
    ) -> PeakValue | ByBillBecause | None:
        """Return the value, why there is none, or None for a firm that plans by its bill.

        Whatever goes wrong is logged and is no error: a plan by the bill is always right.
        """
        if firm.peak_pricing == "bill":
            return None
        try:
            from models.dispatch.firm_peak_value import firm_peak_value  # numba takes a second

            return firm_peak_value(firm, history, forecast, self.kept)
        except Exception:
            logger.exception(
                "%s: the days left of the month cannot be valued; its plan is made by the bill: "
                "look at its readings and its declaration",
                firm.firm_id,
            )
            return "value_failed"

    def plan(
        self,
        firm: Firm,
        history: LoadHistory,
        forecast: LoadForecast,
        *,
        time_limit_s: float,
        now: SiteNow = AS_DECLARED,
    ) -> Outcome:
        """Plan as :func:`models.optimizer.plan.plan` does, and tell by what it was chosen."""
        value = self.of(firm, history, forecast)
        peak_value = value if isinstance(value, PeakValue) else None
        outcome = plan(
            firm, history, forecast, peak_value=peak_value, time_limit_s=time_limit_s, now=now
        )
        if isinstance(value, PeakValue) or value is None or not isinstance(outcome, Solved):
            return outcome
        return replace(outcome, schedule=replace(outcome.schedule, by_bill_because=value))
