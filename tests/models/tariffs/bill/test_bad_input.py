"""What cannot be billed is refused by a named error that says the fix, and nothing is billed."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from feature_store.errors import NaiveTimeError, SandanError
from feature_store.time_grid import TimeGrid
from models.tariffs.bill.errors import (
    NegativeReadingError,
    ReadingsOutsideMonthError,
    UnknownChangeError,
)
from models.tariffs.bill.metered_energy import MeteredEnergy
from models.tariffs.bill.monthly_bill import bill, bills
from models.tariffs.bill.what_if import WhatIf, changed
from models.tariffs.errors import NoTariffError, UnknownSwitchError
from models.tariffs.switches import switched
from tests.builders import SEOUL
from tests.models.tariffs.bill.metered import flat, month_of

CONTRACT = Contract(power_kw=400, option="II")
MAY = month_of("2026-05")


@pytest.mark.parametrize("column", ["kwh", "lagging_kvarh", "leading_kvarh"])
@pytest.mark.parametrize("value", [-0.01, np.inf])
def test_a_negative_or_infinite_reading_is_refused_with_its_time(column, value):
    readings = flat("2026-05", 100)
    wrong = readings.kwh.copy()
    wrong[4] = value
    with pytest.raises(
        NegativeReadingError, match=rf"{column} of 2026-05-01T01:00:00\+09:00.*corr"
    ):
        replace(readings, **{column: wrong})


@pytest.mark.parametrize(("given", "asked"), [("2026-04", "2026-05"), ("2026-06", "2026-05")])
def test_readings_of_another_month_are_refused(given, asked):
    with pytest.raises(ReadingsOutsideMonthError, match=r"2026-05-01 00:00 to 2026-06-01 00:00"):
        bill(CONTRACT, flat(given, 100), month_of(asked))


def test_readings_of_two_months_are_for_the_function_that_takes_many():
    with pytest.raises(ReadingsOutsideMonthError, match=r"bills\(\)"):
        bill(CONTRACT, flat("2026-05", 100, months=2), MAY)


def test_without_a_whole_month_there_is_nothing_to_bill_by_itself():
    grid = TimeGrid(datetime(2026, 5, 2, tzinfo=SEOUL), steps=20 * 96)
    readings = MeteredEnergy(grid=grid, zone=SEOUL, kwh=np.ones(grid.steps))
    with pytest.raises(ReadingsOutsideMonthError, match="no whole billing month"):
        bills(CONTRACT, readings)


def test_a_month_before_the_first_table_is_refused_with_what_is_covered():
    with pytest.raises(NoTariffError, match=r"2020-12-01.*from 2021-01-01"):
        bill(CONTRACT, flat("2020-12", 100), month_of("2020-12"))
    lived_again = CONTRACT.model_copy(update={"tariff_date": datetime(2026, 6, 1).date()})  # noqa: DTZ001  a day
    assert bill(lived_again, flat("2020-12", 100), month_of("2020-12")).total_krw > 0


def test_a_naive_time_is_refused():
    with pytest.raises(NaiveTimeError, match=r"\+09:00"):
        TimeGrid(datetime(2026, 5, 1), steps=96)  # noqa: DTZ001  that is the point


def test_readings_that_do_not_lie_on_their_grid_are_refused():
    with pytest.raises(ValueError, match="shape"):
        replace(flat("2026-05", 100), kwh=np.ones(5))


@pytest.mark.parametrize(
    ("what_if", "said"),
    [
        (WhatIf(tariff_class="homes"), "tariff_class cannot be 'homes'.*'industrial_gab_1'"),
        (WhatIf(option="IV"), "option cannot be 'IV'"),
        (WhatIf(voltage="high"), "voltage cannot be 'high'"),
        (WhatIf(power_kw=0), "power_kw cannot be 0"),
    ],
)
def test_a_what_if_that_no_contract_can_have_is_refused(what_if, said):
    with pytest.raises(UnknownChangeError, match=said) as refused:
        changed(CONTRACT, what_if)
    assert isinstance(refused.value, SandanError)


def test_a_what_if_changes_the_terms_it_names_and_the_bill_follows():
    dearer = changed(CONTRACT, WhatIf(option="III"))
    assert dearer == CONTRACT.model_copy(update={"option": "III"})
    readings = flat("2026-05", 100)
    assert bill(dearer, readings, MAY).subtotal_krw != bill(CONTRACT, readings, MAY).subtotal_krw
    other_class = changed(CONTRACT, WhatIf(tariff_class="industrial_gab_2", power_kw=250))
    assert bill(other_class, readings, MAY).demand.kw == 100


def test_an_option_that_the_class_does_not_have_is_refused_with_those_it_has():
    other = changed(CONTRACT, WhatIf(tariff_class="industrial_gab_2", option="III"))
    with pytest.raises(NoTariffError, match="high_a/I, high_a/II"):
        bill(other, flat("2026-05", 100), MAY)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("splitting=by_days", "no switch 'splitting'; there are .*split"),
        ("split=by_hour", "split cannot be 'by_hour'"),
        ("most_missing_share", "most_missing_share cannot be ''"),
    ],
)
def test_a_switch_that_does_not_exist_is_refused(setting, said):
    with pytest.raises(UnknownSwitchError, match=said):
        switched([setting])
