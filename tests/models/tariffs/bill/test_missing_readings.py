"""A missing reading is never counted as zero: it is filled and told, or the month is refused."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from feature_store.time_grid import STEP, utc_instant
from models.tariffs.bill.errors import TooManyMissingReadingsError
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.metered_energy import MeteredEnergy
from models.tariffs.bill.monthly_bill import bill
from models.tariffs.switches import Switches
from tests.builders import SEOUL
from tests.models.tariffs.bill.metered import flat, month_of

CONTRACT = Contract(power_kw=400, option="II")
MAY = month_of("2026-05")


def at(start: str) -> int:
    moment = datetime.fromisoformat(start).replace(tzinfo=SEOUL)
    return int((utc_instant(moment) - flat("2026-05", 0).grid.starts[0]) // STEP)


def without(readings: MeteredEnergy, start: str, steps: int) -> MeteredEnergy:
    kwh = readings.kwh.copy()
    kwh[at(start) : at(start) + steps] = np.nan
    return replace(readings, kwh=kwh)


def test_a_flat_load_with_a_gap_is_billed_as_without_and_the_gap_is_told():
    whole = flat("2026-05", 100)
    made = bill(CONTRACT, without(whole, "2026-05-06T10:00", 6), MAY)
    assert made.lines == bill(CONTRACT, whole, MAY).lines
    assert (made.missing.count, made.missing.of, made.missing.filled_kwh) == (6, 2976, 150)
    (gap,) = made.missing.gaps
    assert gap.start == datetime(2026, 5, 6, 10, tzinfo=SEOUL)
    assert gap.end == datetime(2026, 5, 6, 11, 30, tzinfo=SEOUL)
    assert "same clock step" in made.missing.rule


def test_a_gap_is_filled_from_days_of_the_same_kind():
    working_kw, off_kw = 200, 40
    readings = flat("2026-05", working_kw)
    quiet = readings.grid.clock(SEOUL).weekday == 6
    kwh = np.where(quiet, off_kw / 4, working_kw / 4)
    for holiday in ("2026-05-01", "2026-05-05", "2026-05-25"):  # and 24 May is a Sunday
        kwh[at(f"{holiday}T00:00") :][:96] = off_kw / 4
    sunday = without(replace(readings, kwh=kwh), "2026-05-10T10:00", 4)
    assert bill(CONTRACT, sunday, MAY).missing.filled_kwh == pytest.approx(off_kw)
    monday = without(replace(readings, kwh=kwh), "2026-05-11T10:00", 4)
    assert bill(CONTRACT, monday, MAY).missing.filled_kwh == pytest.approx(working_kw)


def test_a_clock_step_that_no_day_of_the_kind_has_is_filled_from_any_day():
    readings = flat("2026-05", 100)
    kwh = readings.kwh.copy()
    for saturday in ("02", "09", "16", "23", "30"):
        kwh[at(f"2026-05-{saturday}T10:00")] = np.nan
    made = bill(CONTRACT, replace(readings, kwh=kwh), MAY)
    assert made.missing.filled_kwh == 125


def test_a_filled_reading_is_never_the_peak():
    # 22-23 h counted until the end of 2022 and has not since: January's 300 kW there do not count,
    # and a December gap that is filled with their mean must not either.
    contract = Contract(power_kw=100, meter_reading_day=15)
    readings = flat("2023-01", 10, reading_day=15)
    clock = readings.grid.clock(SEOUL)
    january = clock.date >= np.datetime64("2023-01-01")
    kwh = np.where(january & (clock.hour == 22), 300 / 4, readings.kwh)
    kwh[(clock.date == np.datetime64("2022-12-20")) & (clock.hour == 22)] = np.nan
    made = bill(contract, replace(readings, kwh=kwh), month_of("2023-01"))
    assert made.missing.filled_kwh > 100
    assert made.demand.kw == 30


def test_readings_that_end_early_are_missing_too():
    whole = flat("2026-05", 100)
    short = MeteredEnergy(
        grid=replace(whole.grid, steps=whole.grid.steps - 96), zone=SEOUL, kwh=whole.kwh[:-96]
    )
    made = bill(CONTRACT, short, MAY)
    assert made.missing.count == 96
    assert made.krw(LineKind.ENERGY) == bill(CONTRACT, whole, MAY).krw(LineKind.ENERGY)


def test_a_month_with_too_many_gaps_is_refused_with_the_first_and_the_next_step():
    gappy = without(flat("2026-05", 100), "2026-05-06T10:00", 400)
    with pytest.raises(
        TooManyMissingReadingsError,
        match=r"400 of 2976 .* 2026-05-06T10:00:00\+09:00, .*10% .*import",
    ):
        bill(CONTRACT, gappy, MAY)
    made = bill(CONTRACT, gappy, MAY, switches=Switches(most_missing_share=0.2))
    assert made.missing.count == 400


def test_a_month_without_any_reading_is_refused_whatever_the_switch():
    nothing = replace(flat("2026-05", 0), kwh=np.full(2976, np.nan))
    with pytest.raises(TooManyMissingReadingsError):
        bill(CONTRACT, nothing, MAY, switches=Switches(most_missing_share=1.0))
