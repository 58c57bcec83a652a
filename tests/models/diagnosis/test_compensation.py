"""What a compensation saves in one month, by hand, for lagging and for leading power."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from models.diagnosis.billed_year import billed_year
from models.diagnosis.power_factor_advice import PowerFactorAdvice, power_factor_advice
from models.tariffs.bill.metered_energy import MeteredEnergy
from tests.models.tariffs.bill.metered import flat, month_of

MAY = month_of("2026-05")
TODAY = date(2026, 5, 20)
CONTRACT = Contract(power_kw=400)
BASIC_KRW = 120 * 8320
WITH_VAT_AND_FUND = 1.127
CUTS_KRW = 30


def tangent(percent: float) -> float:
    return float(np.tan(np.arccos(percent / 100)))


def with_reactive(*, lagging: float = 0, leading: float = 0) -> MeteredEnergy:
    readings = flat("2026-05", 100)
    return replace(
        readings, lagging_kvarh=lagging * readings.kwh, leading_kvarh=leading * readings.kwh
    )


def asked(readings: MeteredEnergy) -> PowerFactorAdvice | None:
    today = billed_year(CONTRACT, readings, (MAY,), TODAY)
    return power_factor_advice(CONTRACT, readings, today, TODAY)


def test_a_lagging_power_factor_of_80_percent_costs_12_points_and_saves_up_to_17():
    advice = asked(with_reactive(lagging=tangent(80)))
    assert advice is not None
    assert advice.charged_krw == int(BASIC_KRW * 0.024)
    to_95, to_97, leading = advice.targets
    assert (leading.kind, leading.saved_krw, leading.compensation_kvar) == ("leading", 0, 0)
    for target, percent, points in ((to_95, 95, 12 + 3), (to_97, 97, 12 + 5)):
        assert (target.kind, target.percent) == ("lagging", percent)
        saved_krw = BASIC_KRW * 0.002 * points * WITH_VAT_AND_FUND
        assert target.saved_krw == pytest.approx(saved_krw, abs=CUTS_KRW)
        kvar = 100 * (tangent(80) - tangent(percent))
        assert target.compensation_kvar == pytest.approx(kvar)


def test_leading_power_is_taken_to_where_it_costs_nothing_and_earns_nothing():
    advice = asked(with_reactive(leading=tangent(80)))
    assert advice is not None
    # Leading 15 below 95 at night; lagging is perfect by day and earns its 5.
    assert advice.charged_krw == int(BASIC_KRW * 0.002 * (15 - 5))
    *lagging, target = advice.targets
    assert [(one.saved_krw, one.compensation_kvar) for one in lagging] == [(0, 0), (0, 0)]
    assert (target.kind, target.percent) == ("leading", 95)
    saved_krw = BASIC_KRW * 0.002 * 15 * WITH_VAT_AND_FUND
    assert target.saved_krw == pytest.approx(saved_krw, abs=CUTS_KRW)
    assert target.compensation_kvar == pytest.approx(100 * (tangent(80) - tangent(95)))


@pytest.mark.parametrize(
    ("column", "kinds"), [("lagging_kvarh", {"leading"}), ("leading_kvarh", {"lagging"})]
)
def test_a_meter_that_tells_one_kind_alone_gets_advice_on_it_alone(column, kinds):
    advice = asked(replace(with_reactive(), **{column: None}))
    assert advice is not None
    assert {target.kind for target in advice.targets} == kinds


def test_intervals_without_a_reading_need_no_compensation():
    readings = with_reactive(lagging=tangent(80))
    kvarh = readings.lagging_kvarh.copy()
    kvarh[:4] = np.nan
    advice = asked(replace(readings, lagging_kvarh=kvarh))
    assert advice is not None
    assert advice.targets[0].compensation_kvar == pytest.approx(100 * (tangent(80) - tangent(95)))
