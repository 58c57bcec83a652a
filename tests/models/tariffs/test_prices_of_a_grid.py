"""A month cut out of a longer grid is priced as if it had been asked for alone."""

from dataclasses import fields

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from models.tariffs.bands import IntervalBands
from models.tariffs.bill.month_grid import month_grid, prices_of_month
from models.tariffs.grid_prices import BilledMonth, GridPrices, grid_prices
from tests.builders import SEOUL
from tests.models.tariffs.bill.metered import month_of

CONTRACT = Contract(power_kw=400, option="II")


@pytest.mark.parametrize(("month", "position"), [("2026-03", 0), ("2026-04", 1), ("2026-06", 3)])
def test_a_month_of_a_span_equals_the_month_alone_in_every_figure(month, position):
    span = grid_prices(CONTRACT, month_grid(month_of("2026-03"), 1, SEOUL, months=4), SEOUL)
    alone = grid_prices(CONTRACT, month_grid(month_of(month), 1, SEOUL), SEOUL)
    cut_out = prices_of_month(span, position)
    assert cut_out.grid == alone.grid
    for field in fields(GridPrices):
        if field.name not in {"grid", "bands", "months"}:
            one, other = getattr(cut_out, field.name), getattr(alone, field.name)
            np.testing.assert_array_equal(one, other, err_msg=field.name)
    for field in fields(IntervalBands):
        if field.name not in {"clock", "days", "day"}:
            one, other = getattr(cut_out.bands, field.name), getattr(alone.bands, field.name)
            np.testing.assert_array_equal(one, other, err_msg=field.name)
    for name in ("date", "weekday", "step_of_day"):
        one, other = getattr(cut_out.bands.clock, name), getattr(alone.bands.clock, name)
        np.testing.assert_array_equal(one, other, err_msg=name)
    days = cut_out.bands.days[cut_out.bands.day]
    np.testing.assert_array_equal(days, alone.bands.days[alone.bands.day])
    (billed,), (expected,) = cut_out.months, alone.months
    for field in fields(BilledMonth):
        one, other = getattr(billed, field.name), getattr(expected, field.name)
        np.testing.assert_array_equal(one, other, err_msg=field.name)


def test_a_later_month_of_a_grid_looks_at_what_its_ratchet_remembers():
    span = grid_prices(CONTRACT, month_grid(month_of("2026-07"), 1, SEOUL, months=4), SEOUL)
    assert [str(billed.month) for billed in span.months] == [
        "2026-07",
        "2026-08",
        "2026-09",
        "2026-10",
    ]
    own = [
        billed.steps[np.isin(billed.steps, np.flatnonzero(span.counted))] for billed in span.months
    ]
    for position, billed in enumerate(span.months):
        expected = np.concatenate(own[: position + 1])
        np.testing.assert_array_equal(billed.counted_steps, expected)
        assert (billed.basic_krw_per_kw, billed.excess_krw_per_kw) == (8320, 12_480)


def test_a_later_month_forgets_the_spring():
    span = grid_prices(CONTRACT, month_grid(month_of("2026-04"), 1, SEOUL, months=2), SEOUL)
    may = span.months[1]
    own = may.steps[span.counted[may.steps]]
    np.testing.assert_array_equal(may.counted_steps, own)


def test_a_month_forgets_the_same_month_of_the_year_before():
    span = grid_prices(CONTRACT, month_grid(month_of("2025-07"), 1, SEOUL, months=13), SEOUL)
    june, july = span.months[-2:]
    assert june.counted_steps[0] < june.steps[0]
    assert june.counted_steps[0] in span.months[0].steps  # June 2026 remembers July 2025
    assert july.counted_steps[0] not in span.months[0].steps  # July 2026 does not
    assert july.counted_steps[0] in span.months[1].steps
