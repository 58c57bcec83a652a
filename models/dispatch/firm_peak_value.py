"""What the peak of a firm's plan is expected to cost, or why that is not known."""

from __future__ import annotations

from dataclasses import replace

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from models.dispatch.kept_values import KeptValues
from models.dispatch.rest_of_month import Known, RestOfMonth, begin_of_day, rest_of_month
from models.forecasting.load_forecast import LoadForecast
from models.optimizer.peak_value import PeakValue, peak_value
from models.optimizer.schedule import ByBillBecause
from models.tariffs.grid_prices import GridPrices, grid_prices
from models.tariffs.value_of_kw import ValueOfKw, value_of_kw


def firm_peak_value(
    firm: Firm, history: LoadHistory, forecast: LoadForecast, kept: KeptValues[RestOfMonth]
) -> PeakValue | ByBillBecause:
    """Return the value of the peak within a forecast's grid, on what was known when it was made.

    The days that are left are those after the day that the grid ends in; what is left of that day
    itself is not counted on, so a kW is valued a little high rather than low.

    Args:
        firm: Whose month it is.
        history: Readings that were not known at the forecast's issue time are not looked at.
        forecast: Whose grid is planned.
        kept: Where values are kept from one plan of a day to the next.
    """
    prices = grid_prices(firm.contract, forecast.grid, firm.zone)
    if len(prices.months) != 1:
        return "month_ends"
    known = history.as_of(forecast.issue_time)
    value = _value_now(firm, known, prices)
    if not value.charges:
        return "not_metered"
    today = begin_of_day(firm, forecast.issue_time)
    looked_at = Known.of(firm, known, today)
    if not looked_at.is_enough:
        return "few_days"
    rest = kept.of(looked_at.digest, lambda: rest_of_month(looked_at))
    dates = forecast.grid.clock(firm.zone).date
    day = int((dates[-1] - dates[0]).astype(int))
    days_left = rest.days_after(day)
    if not days_left:
        return "month_ends"
    return peak_value(rest.peak_kw, rest.end_krw[day], value, days_left=days_left)


def _value_now(firm: Firm, known: LoadHistory, prices: GridPrices) -> ValueOfKw:
    """What a kW will be billed, the month itself at the rate that the grid pays."""
    (billed,) = prices.months
    value = value_of_kw(firm.contract, known, billed.month, firm.zone)
    return replace(
        value,
        charges=tuple(
            replace(charge, basic_krw_per_kw=billed.basic_krw_per_kw)
            if charge.month == billed.month
            else charge
            for charge in value.charges
        ),
    )
