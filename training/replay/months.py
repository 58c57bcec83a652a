"""The billing months of a replay: their prices, and what their peaks cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import KilowattArray
from models.dispatch.perfect_foresight import RatchetMonth
from models.dispatch.policy import Month, PeakCost
from models.dispatch.storage_value import DayPrices
from models.tariffs.billed_demand import (
    billed_demand_rule,
    demand_floor_kw,
    remembered_months,
)
from models.tariffs.billing_month import BillingMonth
from models.tariffs.grid_prices import BilledMonth, GridPrices, grid_prices
from models.tariffs.value_of_kw import value_of_kw
from training.replay.not_replayable import NotReplayableError
from training.replay.site import ReplaySite


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The billing months of a site within its readings."""

    site: ReplaySite
    prices: GridPrices
    months: tuple[BilledMonth, ...]
    """Those to be lived, in order."""

    @classmethod
    def of(cls, site: ReplaySite, first: date, end: date) -> Calendar:
        """Return the whole billing months from ``first`` to before ``end``.

        Raises:
            NotReplayableError: There is none in the readings.
        """
        prices = grid_prices(site.firm.contract, site.history.grid, site.firm.zone)
        day = site.firm.contract.meter_reading_day
        dates = site.history.grid.clock(site.firm.zone).date
        whole = tuple(
            billed
            for billed in prices.months
            if (begin := billed.month.first_day(day)) >= first
            and (after := billed.month.earlier(-1).first_day(day)) <= end
            and dates[0] < np.datetime64(begin) <= dates[-1]
            and dates[-1] >= np.datetime64(after) - 1
        )
        if not whole:
            raise NotReplayableError(
                f"{site.name}: no whole billing month lies between {first} and {end} in its "
                f"readings, which go from {dates[0]} to {dates[-1]}; a month needs readings "
                "before it to learn from"
            )
        return cls(site=site, prices=prices, months=whole)

    def month(self, billed: BilledMonth, history: LoadHistory, *, alone: bool) -> Month:
        """Return a month as a policy begins it.

        Args:
            billed: One of ``months``.
            history: What had been drawn from the grid by then, by that policy.
            alone: Whether its own peak alone is billed.
        """
        return Month(
            name=str(billed.month),
            first=int(billed.steps[0]),
            prices=DayPrices(
                krw_per_kwh=self.prices.krw_per_kwh[billed.steps],
                counted=self.prices.counted[billed.steps],
            ),
            store=self.site.store,
            peak_cost=_alone(billed) if alone else self._remembered(billed.month, history),
            flexible=self.site.flexible_over(int(billed.steps[0]), len(billed.steps)),
            batteries=self.site.batteries,
        )

    def ratchet_months(self) -> tuple[RatchetMonth, ...]:
        """Return the months as one stretch, with what each remembers of the others."""
        contract = self.site.firm.contract
        place = {billed.month: number for number, billed in enumerate(self.months)}
        before = self.known_before(self.months[0], self.site.history.demand_kw)
        return tuple(
            RatchetMonth(
                month=self.month(billed, before, alone=True),
                krw_per_kw=billed.basic_krw_per_kw,
                floor_kw=self.billed_anyway_kw(billed, before),
                remembers=tuple(
                    place[earlier]
                    for earlier in remembered_months(
                        billed_demand_rule(contract, billed.month), billed.month
                    )
                    if earlier in place
                ),
            )
            for billed in self.months
        )

    def billed_anyway_kw(self, billed: BilledMonth, history: LoadHistory) -> float:
        """Return what a month is billed for whatever its peak is."""
        firm = self.site.firm
        return demand_floor_kw(history, firm.contract, firm.zone, billed.month)

    def known_before(self, billed: BilledMonth, import_kw: KilowattArray) -> LoadHistory:
        """Return the history up to a month, with ``import_kw`` for what was drawn."""
        first = int(billed.steps[0])
        history = self.site.history
        drawn_kw = np.where(np.arange(history.grid.steps) < first, import_kw, np.nan)
        return replace(history, demand_kw=drawn_kw)

    def _remembered(self, month: BillingMonth, history: LoadHistory) -> PeakCost:
        firm = self.site.firm
        value = value_of_kw(firm.contract, history, month, firm.zone)
        return PeakCost(
            krw_per_kw=np.array([charge.basic_krw_per_kw for charge in value.charges]),
            above_kw=np.array([charge.anyway_kw for charge in value.charges]),
        )


def _alone(billed: BilledMonth) -> PeakCost:
    return PeakCost(krw_per_kw=np.array([billed.basic_krw_per_kw]), above_kw=np.zeros(1))
