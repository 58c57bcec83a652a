"""One more kW costs what a year of demand charges rises by, no month more and no month less."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.entities.firm import Contract
from models.tariffs.billing_month import BillingMonth
from models.tariffs.expected_peaks import expected_peak
from models.tariffs.value_of_kw import ValueOfKw, value_of_kw
from tests.builders import SEOUL
from tests.models.tariffs.monthly_levels import history_of_levels, month

BASIC = 8320.0
"""Won per kW and month, high voltage A, option II."""
REMEMBERED = {12, 1, 2, 7, 8, 9}
CONTRACT = Contract(power_kw=1000)

STEADY = {
    month(text): kw
    for text, kw in {
        "2025-07": 640, "2025-08": 655, "2025-09": 630, "2025-10": 500, "2025-11": 520,
        "2025-12": 610, "2026-01": 615, "2026-02": 620, "2026-03": 540, "2026-04": 530,
        "2026-05": 510, "2026-06": 600,
    }.items()
}  # fmt: skip
"""A year before July 2026."""


def value(
    level_kw: Mapping[BillingMonth, float],
    now: str,
    *,
    reading_day: int = 1,
    power_kw: float = 1000,
) -> ValueOfKw:
    contract = CONTRACT.model_copy(update={"meter_reading_day": reading_day, "power_kw": power_kw})
    history = history_of_levels(level_kw, meter_reading_day=reading_day)
    return value_of_kw(contract, history, month(now), SEOUL)


def billed_kw(peaks_kw: Mapping[BillingMonth, float], bill: BillingMonth, power_kw: float) -> float:
    """Article 68 in one line: the month itself, six months of the eleven before, 30 %."""
    window = [bill.earlier(back) for back in range(1, 12)]
    return max(
        0.3 * power_kw,
        peaks_kw.get(bill, 0.0),
        *(peaks_kw.get(earlier, 0.0) for earlier in window if earlier.month in REMEMBERED),
    )


def charges_of_a_year(
    peaks_kw: Mapping[BillingMonth, float], now: BillingMonth, power_kw: float
) -> float:
    return sum(BASIC * billed_kw(peaks_kw, now.earlier(-ahead), power_kw) for ahead in range(12))


levels = st.floats(0, 1000)


@settings(max_examples=40, deadline=None)
@given(
    number=st.integers(month("2024-01").number, month("2026-12").number),
    year_before=st.lists(levels, min_size=12, max_size=12),
    so_far_kw=levels,
    above_kw=st.floats(0, 900),
    power_kw=st.floats(300, 3000),
)
def test_it_is_what_a_year_of_demand_charges_rises_by(
    number, year_before, so_far_kw, above_kw, power_kw
):
    now = BillingMonth.of_number(number)
    measured = {now.earlier(12 - place): kw for place, kw in enumerate(year_before)}
    found = value(measured | {now: so_far_kw}, str(now), power_kw=power_kw)
    comes_again = {now.earlier(-ahead): measured[now.earlier(12 - ahead)] for ahead in range(1, 12)}
    peak_kw = so_far_kw + above_kw

    def year_krw(kw: float) -> float:
        return charges_of_a_year(measured | comes_again | {now: kw}, now, power_kw)

    assert found.cost_krw(peak_kw + 1) - found.cost_krw(peak_kw) == pytest.approx(
        year_krw(peak_kw + 1) - year_krw(peak_kw), abs=1e-3
    )
    assert found.cost_krw(peak_kw) == pytest.approx(year_krw(peak_kw) - year_krw(so_far_kw), abs=1)


@settings(max_examples=25, deadline=None)
@given(
    number=st.integers(month("2024-01").number, month("2026-12").number),
    year_before=st.lists(levels, min_size=12, max_size=12),
    above_kw=st.floats(0, 900),
)
def test_above_the_floor_it_is_one_to_twelve_months_and_below_it_nothing(
    number, year_before, above_kw
):
    now = BillingMonth.of_number(number)
    measured = {now.earlier(12 - place): kw for place, kw in enumerate(year_before)}
    found = value(measured, str(now))
    floor_kw = found.charges[0].anyway_kw
    assert BASIC <= found.krw_per_kw(floor_kw + above_kw) <= 12 * BASIC
    assert found.krw_per_kw(floor_kw - 1) == 0
    assert len(found.charges) == 1 or now.month in REMEMBERED


@settings(max_examples=25, deadline=None)
@given(year_before=st.lists(levels, min_size=12, max_size=12))
def test_breakpoints_and_slopes_are_the_whole_function(year_before):
    now = month("2026-07")
    measured = {now.earlier(12 - place): kw for place, kw in enumerate(year_before)}
    found = value(measured, str(now))
    breakpoints, slopes = found.breakpoints_kw, found.slopes_krw_per_kw
    assert (np.diff(breakpoints) >= 0).all()
    assert (np.diff(slopes) > 0).all()
    for kw in (0.0, 450.0, 700.0, 1100.0):
        lines = slopes * kw - np.cumsum(np.diff(slopes, prepend=0.0) * breakpoints)
        assert found.cost_krw(kw) == pytest.approx(max(0.0, lines.max()), abs=1e-3)
    for low, high in pairwise([0.0, *breakpoints, 2000.0]):
        middle = (low + high) / 2
        passed = int((breakpoints <= middle).sum())
        assert found.krw_per_kw(middle) == pytest.approx(slopes[passed - 1] if passed else 0.0)


def test_a_july_peak_above_all_others_is_paid_twelve_times():
    found = value(STEADY, "2026-07")
    assert found.krw_per_kw(700) == 12 * BASIC == 99_840
    assert [str(charge.month) for charge in found.binding(700)] == [
        "2026-07", "2026-08", "2026-09", "2026-10", "2026-11", "2026-12",
        "2027-01", "2027-02", "2027-03", "2027-04", "2027-05", "2027-06",
    ]  # fmt: skip


def test_a_july_peak_that_last_august_still_bills_costs_nothing():
    # 655 kW of August 2025 are in July's window, and are expected again in August 2026.
    found = value(STEADY, "2026-07")
    assert found.breakpoints_kw.tolist() == [655.0] * 12
    assert found.krw_per_kw(654) == 0


def test_a_later_month_pays_only_above_its_own_expected_peak():
    # October is not remembered by others, but its own 700 kW are expected again; April's 690 too.
    uneven = STEADY | {month("2025-10"): 700.0, month("2026-04"): 690.0}
    found = value(uneven, "2026-07")
    assert found.krw_per_kw(660) == 10 * BASIC
    assert found.krw_per_kw(690) == 11 * BASIC
    assert found.krw_per_kw(700) == 12 * BASIC
    assert found.cost_krw(710) == pytest.approx(BASIC * (10 * 55 + 20 + 10))


def test_a_september_peak_is_worth_less_once_winter_is_expected_to_be_higher():
    winter = STEADY | {month("2026-01"): 800.0, month("2026-07"): 640.0, month("2026-08"): 655.0}
    # In September 2026 the bill remembers January's 800 kW until December; from January on the
    # next January's expected 800 kW stand. A September peak of 700 kW costs nothing at all.
    assert value(winter, "2026-09").krw_per_kw(700) == 0
    assert value(winter, "2026-09").krw_per_kw(801) == 12 * BASIC


def test_a_december_peak_pays_until_a_higher_summer_takes_over():
    measured = {
        month("2025-12"): 300.0, month("2026-01"): 310.0, month("2026-02"): 305.0,
        month("2026-07"): 420.0, month("2026-08"): 450.0, month("2026-09"): 430.0,
    }  # fmt: skip
    found = value(measured, "2026-12")
    # 450 kW of August 2026 are billed until July 2027 and expected again in August 2027.
    assert found.krw_per_kw(449) == 0
    assert found.krw_per_kw(460) == 12 * BASIC
    weaker = measured | {month("2026-07"): 320.0, month("2026-08"): 315.0, month("2026-09"): 312.0}
    # At 318 kW: July's 320 kW are remembered until June and expected again in July.
    assert value(weaker, "2026-12").krw_per_kw(318) == 0


@pytest.mark.parametrize("now", ["2026-03", "2026-04", "2026-05", "2026-06", "2026-10", "2026-11"])
def test_a_month_that_is_not_remembered_costs_itself_alone(now):
    measured = {month(now).earlier(back): 400.0 for back in range(1, 13)}
    found = value(measured, now)
    assert found.krw_per_kw(500) == BASIC
    assert [charge.month for charge in found.charges] == [month(now)]


def test_what_the_month_has_reached_already_is_paid_and_costs_no_more():
    found = value(STEADY | {month("2026-07"): 690.0}, "2026-07")
    assert found.krw_per_kw(689) == 0
    assert found.krw_per_kw(690) == 12 * BASIC


def test_meter_reading_months_are_counted_as_they_are_billed():
    # Read on the 15th, the July bill begins on 15 June.
    found = value(STEADY, "2026-07", reading_day=15)
    assert found.krw_per_kw(700) == 12 * BASIC


def test_without_a_demand_meter_a_kw_costs_nothing():
    low = Contract(tariff_class="industrial_gab_1", voltage="low", option="none", power_kw=90)
    found = value_of_kw(low, history_of_levels(STEADY), month("2026-07"), SEOUL)
    assert (found.charges, found.krw_per_kw(500), found.cost_krw(500)) == ((), 0, 0)


def test_months_of_which_nothing_is_known_are_not_charged():
    # A firm in its first month: whether later months would be lower, nobody can say.
    assert value({month("2026-07"): 100.0}, "2026-07").krw_per_kw(500) == BASIC


def test_a_coming_month_is_expected_to_be_as_a_year_ago_else_as_its_season():
    known = {month("2025-07"): 640.0, month("2026-01"): 700.0, month("2026-06"): 650.0}
    july = expected_peak(month("2026-07"), known)
    assert (july.peak_kw, july.ground, july.seen_in) == (
        640, "same_month_last_year", month("2025-07"),
    )  # fmt: skip
    august = expected_peak(month("2026-08"), known)
    assert (august.peak_kw, august.ground, august.seen_in) == (
        650, "same_season", month("2026-06"),
    )  # fmt: skip
    october = expected_peak(month("2026-10"), known)
    assert (october.peak_kw, october.ground) == (700, "any_month")
    assert expected_peak(month("2026-10"), {}) is None


def test_every_later_month_says_what_is_expected_of_it_and_why():
    charges = value(STEADY, "2026-07").charges
    assert charges[0].expected is None
    assert {charge.expected.ground for charge in charges[1:]} == {"same_month_last_year"}
    assert charges[1].expected.peak_kw == 655
