"""What is not known of reactive energy is told, and never decides a power factor."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from models.tariffs.bill.line import Line, LineKind
from models.tariffs.bill.metered_energy import MeteredEnergy
from models.tariffs.bill.monthly_bill import bill
from models.tariffs.switches import Switches
from tests.models.tariffs.bill.metered import flat, month_of

CONTRACT = Contract(power_kw=400, option="II")
JULY = "2026-07"
BASIC_KRW = 998_400  # 30 % of 400 kW at 8,320
POINT_KRW = BASIC_KRW * 0.002
ROOT = np.sqrt(100**2 - 80**2) / 80  # kvarh per kWh of a power factor of 80 %


def line_of(readings: MeteredEnergy, switches: Switches | None = None) -> Line:
    made = bill(CONTRACT, readings, month_of(JULY), switches=switches or Switches())
    (line,) = [one for one in made.lines if one.kind is LineKind.POWER_FACTOR]
    return line


def lagging_at_80(unread: slice) -> MeteredEnergy:
    """100 kW at 80 % lagging, nothing leading, kvarh not read in some steps."""
    readings = flat(JULY, 100)
    lagging, leading = ROOT * readings.kwh, 0 * readings.kwh
    lagging[unread] = leading[unread] = np.nan
    return replace(readings, lagging_kvarh=lagging, leading_kvarh=leading)


def test_two_readings_of_a_month_do_not_decide_its_power_factor():
    line = line_of(lagging_at_80(slice(0, -2)))
    assert line.amount_krw == 0
    assert "기준역률" in line.name.ko
    assert "too few reactive readings" in line.name.en


def test_a_few_missing_readings_are_left_out_and_told():
    line = line_of(lagging_at_80(slice(100, 200)))
    assert line.amount_krw == int(12 * POINT_KRW)
    assert line.power_factor is not None
    assert line.power_factor.unread == 50  # half hours
    assert "무효전력 검침 누락" in line.name.ko
    whole = line_of(lagging_at_80(slice(0, 0)))
    assert (whole.note, whole.amount_krw) == (None, line.amount_krw)


@pytest.mark.parametrize(("unread_days", "points"), [(3, 12), (4, 0)])
def test_the_share_that_may_be_missing_is_the_switch(unread_days, points):
    readings = lagging_at_80(slice(0, unread_days * 96))  # of 31 days: 9.7 % and 12.9 %
    assert line_of(readings).amount_krw == int(points * POINT_KRW)
    wider = Switches(most_missing_share=0.2)
    assert line_of(readings, wider).amount_krw == int(12 * POINT_KRW)


def test_one_kind_that_was_not_read_is_its_standard_and_told():
    readings = lagging_at_80(slice(0, 0))
    line = line_of(replace(readings, leading_kvarh=None))
    assert line.amount_krw == int(12 * POINT_KRW)
    assert "taken as standard" in line.name.en


def test_an_idle_half_hour_has_no_power_factor_whatever_is_magnetised():
    readings = flat(JULY, 100)
    idle = np.arange(readings.grid.steps) < 960  # ten days
    kwh = np.where(idle, 0.0, readings.kwh)
    magnetising = replace(
        readings,
        kwh=kwh,
        lagging_kvarh=np.where(idle, 20.0, 0.0),
        leading_kvarh=np.where(idle, 5.0, 0.0),
    )
    line = line_of(magnetising)
    assert line.quantity == -5  # 97 % of 92: the bonus of the hours that drew anything
    assert line.amount_krw == -int(5 * POINT_KRW)


def test_the_bill_prints_the_power_factors():
    line = line_of(lagging_at_80(slice(0, 0)))
    assert "지상 80 % 진상 100 %" in line.name.ko
    assert "lagging 80 % leading 100 %" in line.name.en
