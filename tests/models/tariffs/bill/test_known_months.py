"""What other months leave to a bill: excesses that were announced, peaks that were partly read."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from models.tariffs.bill.errors import ImpossiblePeakError
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.monthly_bill import bill, bills
from models.tariffs.bill.statement import PastMonths
from models.tariffs.switches import Switches
from tests.models.tariffs.bill.metered import flat, month_of, pulses

A1 = Contract(power_kw=500, option="I")
JULY = month_of("2026-07")
EXCESS_KRW = 20 * 7_220 * 3 // 2  # 520 kW at a contract of 500: 4 % above


def excess_krw(made) -> int:
    return made.krw(LineKind.EXCESS)


def peaks(*at: tuple[str, float], first: str = "2026-06", months: int = 2):
    """A light load with one quarter hour at each peak, given by its local start and kW."""
    readings = flat(first, 10, months=months)
    for start, kw in at:
        one = pulses(first, (start, 0.25), kw=kw, months=months)
        readings = replace(readings, kwh=np.maximum(readings.kwh, one.kwh))
    return readings


def test_an_excess_that_the_bill_rounds_away_announces_nothing():
    june_kw = 500.3  # billed as 500: no excess line in June, so July's is the first
    june, july = bills(A1, peaks(("2026-06-03T10:00", june_kw), ("2026-07-01T10:00", 520)))
    assert [excess_krw(june), excess_krw(july)] == [0, 0]
    june, july = bills(A1, peaks(("2026-06-03T10:00", 500.5), ("2026-07-01T10:00", 520)))
    assert [excess_krw(june), excess_krw(july)] == [0, EXCESS_KRW]


@pytest.mark.parametrize(("first", "noticed"), [("2025-08", True), ("2025-07", False)])
def test_an_announcement_is_looked_for_in_eleven_months_however_the_bill_is_asked_for(
    first, noticed
):
    months = 12 if noticed else 13
    readings = peaks(
        (f"{first}-05T23:00", 510), ("2026-07-01T23:00", 520), first=first, months=months
    )
    alone = bills(A1, readings, months=[JULY])[0]
    among_all = bills(A1, readings)[-1]
    assert alone == among_all
    assert excess_krw(alone) == (EXCESS_KRW if noticed else 0)


def test_the_first_month_can_be_taken_as_announced_and_the_bill_says_how_it_was_read():
    readings = flat("2026-07", 520)
    first = bill(A1, readings, JULY)
    assert excess_krw(first) == 0
    assert "excess_notice" in {choice.name for choice in first.switches.choices()}
    given = bill(A1, readings, JULY, switches=Switches(excess_notice="given"))
    assert excess_krw(given) == EXCESS_KRW
    told = bill(A1, readings, JULY, past=PastMonths(excess_noticed=True))
    assert excess_krw(told) == EXCESS_KRW


def test_a_peak_told_of_an_earlier_month_announces_and_one_of_the_month_itself_does_not():
    readings = flat("2026-07", 520)
    earlier = PastMonths(peaks_kw={month_of("2026-05"): 501.0})
    assert excess_krw(bill(A1, readings, JULY, past=earlier)) == EXCESS_KRW
    itself = PastMonths(peaks_kw={JULY: 520.0})
    assert excess_krw(bill(A1, readings, JULY, past=itself)) == 0


def test_a_peak_entered_from_the_statement_is_held_against_the_contract_power():
    entered = PastMonths(peaks_kw={JULY: 520.0}, excess_noticed=True)
    made = bill(A1, flat("2026-07", 490), JULY, past=entered)
    assert made.demand.kw == 520
    assert excess_krw(made) == EXCESS_KRW


def test_a_month_whose_counted_hours_were_partly_read_is_named():
    readings = flat("2026-01", 100, months=7)
    kwh = readings.kwh.copy()
    kwh[40:72] = np.nan  # 1 January, a holiday: nothing counts
    assert bills(A1, replace(readings, kwh=kwh))[-1].demand.partly_read == ()
    kwh[5 * 96 : 6 * 96] = np.nan  # Tuesday 6 January
    made = bills(A1, replace(readings, kwh=kwh))[-1]
    assert made.demand.partly_read == (month_of("2026-01"),)
    told = PastMonths(peaks_kw={month_of("2026-01"): 100.0})
    assert bills(A1, replace(readings, kwh=kwh), past=told)[-1].demand.partly_read == ()


def test_gaps_of_the_billed_month_itself_are_named_too():
    readings = flat("2026-07", 100)
    kwh = readings.kwh.copy()
    kwh[40:44] = np.nan  # Wednesday 1 July, 10-11 h
    assert bill(A1, replace(readings, kwh=kwh), JULY).demand.partly_read == (JULY,)


@pytest.mark.parametrize("peak_kw", [-1.0, float("nan"), float("inf")])
def test_a_peak_that_no_statement_can_print_is_refused(peak_kw):
    with pytest.raises(ImpossiblePeakError, match="2026-01"):
        PastMonths(peaks_kw={month_of("2026-01"): peak_kw})
