"""A firm's questions are answered from what was known then, read no further back than they need."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.entities.firm import Contract
from feature_store.errors import NaiveTimeError, UnknownFirmError
from feature_store.time_grid import HOURS_PER_STEP
from models.diagnosis.contract_advice import advise
from models.diagnosis.known_firm import (
    KnownFirm,
    MomentAheadError,
    MonthNotOverError,
)
from models.tariffs.bill.errors import UnknownChangeError
from models.tariffs.bill.metered_energy import MeteredEnergy
from models.tariffs.bill.monthly_bill import bills
from models.tariffs.bill.what_if import WhatIf
from models.tariffs.billing_month import BillingMonth
from models.tariffs.errors import UnknownMonthError
from models.tariffs.value_of_kw import value_of_kw
from tests.builders import MONDAY, SEOUL, a_firm
from tests.fakes.memory_store import MemoryStore
from tests.fakes.metered_knowledge import MeteredKnowledge
from tests.models.diagnosis.metered_year import GRID

NOW = GRID.end + timedelta(days=3, hours=7)
"""4 November 2026, 7 h: three days without a reading yet."""
DEMAND_KW = np.random.default_rng(7).uniform(50, 300, GRID.steps)
READINGS = MeteredEnergy(grid=GRID, zone=SEOUL, kwh=DEMAND_KW * HOURS_PER_STEP)


def known_firm(*, reading_day: int = 1, moment: datetime = NOW) -> KnownFirm:
    contract = Contract(power_kw=500, meter_reading_day=reading_day)
    firm = a_firm(contract=contract)
    return KnownFirm(firm=firm, known=MeteredKnowledge(firm, READINGS, moment))


def asked_from(asked: KnownFirm) -> list[datetime]:
    assert isinstance(asked.known, MeteredKnowledge)
    return asked.known.asked_from


@settings(max_examples=15, deadline=None)
@given(
    year_and_month=st.sampled_from(["2025-12", "2026-01", "2026-05", "2026-08", "2026-10"]),
    reading_day=st.sampled_from([1, 15, 28]),
)
def test_a_bill_is_that_of_all_readings_and_reads_only_what_its_ratchet_remembers(
    year_and_month, reading_day
):
    month = BillingMonth.parse(year_and_month)
    asked = known_firm(reading_day=reading_day)
    assert asked.bill(month) == bills(asked.firm.contract, READINGS, months=[month])[0]
    begin = datetime.combine(
        month.earlier(11).first_day(reading_day), datetime.min.time(), tzinfo=SEOUL
    )
    assert asked_from(asked)
    for reached in asked_from(asked):
        assert begin - timedelta(days=1) < reached <= begin


def test_advice_is_that_of_all_readings():
    asked = known_firm()
    assert asked.advice() == advise(asked.firm.contract, READINGS, day=NOW.date())
    assert asked_from(asked)


def test_the_value_of_a_kw_is_that_of_all_readings_and_reads_thirteen_months():
    asked = known_firm(moment=datetime(2026, 8, 20, 12, tzinfo=SEOUL))
    history = asked.known.history(asked.firm.firm_id)
    august = BillingMonth.parse("2026-08")
    assert asked.value_of_kw() == value_of_kw(asked.firm.contract, history, august, SEOUL)
    assert len(asked.value_of_kw().charges) > 1
    assert {reached.date().isoformat() for reached in asked_from(asked)} == {"2025-07-31"}


def test_the_month_under_way_is_that_of_the_firms_own_clock_and_reading_day():
    last_hour = datetime(2026, 7, 31, 15, 30, tzinfo=UTC)  # half past midnight in Korea
    assert str(known_firm(moment=last_hour).value_of_kw().month) == "2026-08"
    assert str(known_firm(moment=last_hour, reading_day=15).value_of_kw().month) == "2026-08"
    later = datetime(2026, 8, 15, tzinfo=SEOUL)
    assert str(known_firm(moment=later, reading_day=15).value_of_kw().month) == "2026-09"


@pytest.mark.parametrize(("reading_day", "end"), [(1, "2026-11-01"), (15, "2026-10-15")])
def test_a_month_is_no_bill_before_its_last_interval_is_over(reading_day, end):
    october, over = BillingMonth.parse("2026-10"), datetime.fromisoformat(end).replace(tzinfo=SEOUL)
    early = known_firm(reading_day=reading_day, moment=over - timedelta(seconds=1))
    with pytest.raises(MonthNotOverError, match=rf"2026-10 ends at {end}T00:00:00.*earlier month"):
        early.bill(october)
    assert asked_from(early) == []
    in_time = known_firm(reading_day=reading_day, moment=over)
    assert in_time.bill(october).missing.count == 0


def test_a_what_if_without_bound_is_refused_before_anything_is_read():
    asked = known_firm()
    with pytest.raises(UnknownChangeError, match="power_kw cannot be inf"):
        asked.bill(BillingMonth.parse("2026-10"), what_if=WhatIf(power_kw=float("inf")))
    assert asked_from(asked) == []


def test_an_option_cannot_have_been_changed_after_the_day_of_the_advice():
    today = NOW.date()
    assert known_firm().advice(today).option_rule.last_change == today
    with pytest.raises(UnknownChangeError, match="last_change cannot be 2026-11-05"):
        known_firm().advice(today + timedelta(days=1))


def test_a_firm_is_known_as_it_was_declared_then_and_never_ahead_of_now():
    store = MemoryStore()
    store.declare(a_firm(contract=Contract(power_kw=500)), known_at=MONDAY)
    store.declare(a_firm(contract=Contract(power_kw=900)), known_at=MONDAY + timedelta(days=2))
    now = MONDAY + timedelta(days=3)

    def power_kw(as_of: datetime | None) -> float:
        return KnownFirm.at(store, "kiln_works", as_of=as_of, now=now).firm.contract.power_kw

    assert (power_kw(MONDAY), power_kw(now), power_kw(None)) == (500, 900, 900)
    with pytest.raises(UnknownFirmError):
        power_kw(MONDAY - timedelta(days=1))
    with pytest.raises(MomentAheadError, match="has not come yet, now is"):
        power_kw(now + timedelta(seconds=1))
    with pytest.raises(NaiveTimeError, match=r"\+09:00"):
        power_kw(datetime(2026, 3, 3))  # noqa: DTZ001  that is the point


@pytest.mark.parametrize(
    "text", ["2026-00", "2026-13", "2026-5", "0000-01", "9999-12", "2026-07-01", "２026-07", ""]
)
def test_a_month_is_written_one_way(text):
    with pytest.raises(UnknownMonthError, match="write it like 2026-07"):
        BillingMonth.parse(text)
    assert str(BillingMonth.parse("2026-07")) == "2026-07"
